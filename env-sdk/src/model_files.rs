//! Which model files a policy is made from. A policy is made by code, so which files that takes is seen only by making it
//! and looking on. A build packs just those files, a browser is sent just those, and no model is loaded for it.

use std::{cell::RefCell, collections::BTreeMap};

/// Files by name. The contents are empty in WebAssembly, where a module asks its host for them.
pub type ModelFiles = BTreeMap<&'static str, &'static [u8]>;

thread_local! {
    static NOTED: RefCell<Option<ModelFiles>> = const { RefCell::new(None) };
}

/// Calls `make`, and returns the files that were noted meanwhile beside what it made. Whoever notes a file is told not to
/// load it: a model takes time and memory that only who plays it should spend.
///
/// ```
/// use footlights_env::model_files::{self, Use};
///
/// let (made, files) = model_files::used_by(|| model_files::note("lab/models/cook.onnx", b"..."));
/// assert_eq!((made, files.into_keys().collect::<Vec<_>>()), (Use::Named, vec!["lab/models/cook.onnx"]));
/// assert_eq!(model_files::note("lab/models/cook.onnx", b"..."), Use::Loaded);
/// ```
pub fn used_by<T>(make: impl FnOnce() -> T) -> (T, ModelFiles) {
    let outer = NOTED.replace(Some(ModelFiles::new()));
    let made = make();
    let noted = NOTED.replace(outer).unwrap_or_default();
    for (name, bytes) in &noted {
        note(name, bytes);
    }
    (made, noted)
}

/// What becomes of a model file that a policy is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is loaded, and the policy plays.
    Loaded,
    /// Only its name is asked for, by [`used_by`].
    Named,
}

/// Notes that a file is used, and says what for.
pub fn note(name: &'static str, bytes: &'static [u8]) -> Use {
    NOTED.with_borrow_mut(|noted| match noted {
        None => Use::Loaded,
        Some(noted) => {
            noted.insert(name, bytes);
            Use::Named
        }
    })
}
