//! What is wrong, as Python's exceptions.

use footlights_env::EnvError;
use pyo3::{PyErr, exceptions::PyValueError};

/// A `ValueError` with the sentence of what is wrong.
pub fn value(why: impl ToString) -> PyErr {
    PyValueError::new_err(why.to_string())
}

pub fn env(error: EnvError) -> PyErr {
    value(error)
}
