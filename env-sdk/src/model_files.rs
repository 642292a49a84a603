//! Which model files a policy was made from. A policy is made by code, so who makes it sees only by looking on which files
//! that takes; a build packs just those, and a browser is sent just those.

use std::{cell::RefCell, collections::BTreeMap};

/// Files by name. The contents are empty in WebAssembly, where a module asks its host for them.
pub type ModelFiles = BTreeMap<&'static str, &'static [u8]>;

thread_local! {
    static NOTED: RefCell<Option<ModelFiles>> = const { RefCell::new(None) };
}

/// Calls `make`, and returns the files that were noted meanwhile beside what it made.
///
/// ```
/// use footlights_env::model_files;
///
/// let (made, files) = model_files::used_by(|| {
///     model_files::note("lab/models/cook.onnx", b"...");
///     7
/// });
/// assert_eq!((made, files.into_keys().collect::<Vec<_>>()), (7, vec!["lab/models/cook.onnx"]));
/// ```
pub fn used_by<T>(make: impl FnOnce() -> T) -> (T, ModelFiles) {
    let outer = NOTED.replace(Some(ModelFiles::new()));
    let made = make();
    let noted = NOTED.replace(outer).unwrap_or_default();
    noted.iter().for_each(|(name, bytes)| note(name, bytes));
    (made, noted)
}

/// Notes that a file is used; nobody needs to be looking on.
pub fn note(name: &'static str, bytes: &'static [u8]) {
    NOTED.with_borrow_mut(|noted| {
        if let Some(noted) = noted {
            noted.insert(name, bytes);
        }
    });
}
