//! The module of Python: its classes and functions.

mod batch;
mod error;
mod game;
mod replay;
mod scripted;
mod spaces;

use footlights_app::App;
use pyo3::prelude::*;

/// Fills Python's module with the environments of an app: its classes `Game`, `Batch`, `Replay` and `Scripted`, and
/// `environments()`.
///
/// # Errors
/// Python refuses a class, which it does not.
pub fn fill(module: &Bound<'_, PyModule>, app: fn() -> App) -> PyResult<()> {
    footlights_app::install(app);
    module.add_class::<game::Game>()?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<replay::Replay>()?;
    module.add_class::<scripted::Scripted>()?;
    module.add_function(wrap_pyfunction!(environments, module)?)
}

/// The ids of all environments.
#[pyfunction]
fn environments() -> Vec<&'static str> {
    footlights_app::installed().registry().iter().map(|entry| entry.id).collect()
}
