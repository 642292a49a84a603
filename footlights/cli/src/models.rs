//! The model files of experiments: beside the worker, which imports them, and among the pages' files, from where a browser
//! loads those of its game.

use std::path::Path;

use anyhow::{Context, Result};
use footlights_env::{digest, model_files::ModelFiles};

use crate::disk::keep;

/// The list of models that the worker's JavaScript is bundled with.
pub const LIST: &str = "models.js";

/// Writes those that browsers load among the files of pages, which everybody can read: the model `a/models/b.onnx` is `/models/a/models/b.onnx`.
pub fn for_pages(models: &ModelFiles, directory: &Path) -> Result<()> {
    if directory.exists() {
        std::fs::remove_dir_all(directory).with_context(|| format!("removing {}", directory.display()))?;
    }
    models.iter().try_for_each(|(name, bytes)| keep(&directory.join(name), bytes))
}

/// Puts them beside the worker, with the list of them. They end with `.bin`, which Cloudflare's tools import as bytes.
pub fn for_worker(models: &ModelFiles, directory: &Path) -> Result<()> {
    let (mut imports, mut entries) = (String::new(), String::new());
    for (k, (name, bytes)) in models.iter().enumerate() {
        let file = format!("./models/{k}.bin");
        keep(&directory.join(&file), bytes)?;
        imports.push_str(&format!("import m{k} from {file:?};\n"));
        entries.push_str(&format!("{name:?}: m{k}, "));
    }
    let list = format!("{imports}export default {{ {entries}}};\n");
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join(LIST), list).with_context(|| format!("writing {LIST}"))
}

/// A line for each, which changes with its contents.
pub fn digests(models: &ModelFiles) -> String {
    models.iter().map(|(name, bytes)| format!("\n{name} {:016x}", digest::of_bytes(bytes))).collect()
}
