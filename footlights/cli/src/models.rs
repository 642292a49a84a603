//! The model files of experiments: beside the worker, which imports them, and among the pages' files, from where a browser
//! loads those of its game. And whether they fit the games that play them.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use footlights_env::{digest, model_files::ModelFiles};

use crate::{disk::keep, files, process::busy, project::Project, shim::Module, stamp::Stamp, tools};

/// The list of models that the worker's JavaScript is bundled with.
pub const LIST: &str = "models.js";

/// Writes them by their names into a directory, which holds nothing else then. Among the files of pages, where everybody
/// can read them, the model `a/models/b.onnx` is `/models/a/models/b.onnx`.
pub fn write(models: &ModelFiles, directory: &Path) -> Result<()> {
    if directory.exists() {
        std::fs::remove_dir_all(directory).with_context(|| format!("removing {}", directory.display()))?;
    }
    models.iter().try_for_each(|(name, bytes)| keep(&directory.join(name), bytes))
}

/// Loads every model of every game in the module that plays it, as it was built into `folder`, under Node.js. A build for
/// this machine knows the files and not whether they fit, because the runtime of models takes minutes to compile for it.
///
/// # Errors
/// The models that do not fit, a line each.
pub fn check(project: &Project, folder: &Path, edge: &Path, part: &str) -> Result<()> {
    let policies = files::pages(folder).join(Module::Policies.name());
    let games = serde_json::to_string(&project.with_models)?;
    let settings = format!("{games}{}", digests(&project.models));
    let stamp = Stamp::new(folder.join("stamps/models"), std::slice::from_ref(&policies), &settings)?;
    if project.with_models.is_empty() || stamp.holds(&policies) {
        return Ok(());
    }
    let kept = project.out().join("models");
    write(&project.models, &kept)?;
    let mut node = Command::new(tools::node()?);
    node.arg(edge.join("models.mjs")).args([&policies, &kept]);
    let found = busy(format_args!("loading the models, to see whether they fit ({part})"), || {
        let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // Its end is where Node.js begins. If Node.js has ended before, its status says so.
        let _ = node.stdin.take().map(|mut input| input.write_all(games.as_bytes()));
        node.wait_with_output()
    });
    let found = found.context("loading the models")?;
    if !found.status.success() {
        bail!("the models could not be loaded ({})", found.status);
    }
    let wrong: Vec<String> = serde_json::from_slice(&found.stdout).context("reading what does not fit")?;
    if wrong.is_empty() {
        return stamp.keep();
    }
    bail!("a model does not fit the game that plays it:\n  {}", wrong.join("\n  "))
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
