//! From a compiled module to what browsers and the edge load: the JavaScript that wasm-bindgen makes, bundled and small.
//!
//! wasm-bindgen is a library here and no command, so that cargo keeps its version equal to that of the crates.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use footlights_env::digest;
use wasm_bindgen_cli_support::Bindgen;

use crate::{models, process};

/// Counts changes of what is done here: a module that was packed in another way is packed again.
pub const VERSION: u32 = 3;

/// What the modules use beyond WebAssembly's first version. Named one by one, so that wasm-opt never emits what an edge
/// or a browser does not know yet.
const FEATURES: [&str; 8] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
    "--enable-simd",
];

/// Functions with one caller stay functions, and lie by name: what is alike lies together and packs better. A tenth
/// less to load.
const PACKING: [&str; 2] = ["--one-caller-inline-max-function-size=0", "--reorder-functions-by-name"];

/// Writes `{name}.js` and `{name}_bg.wasm` for browsers into a directory.
///
/// # Errors
/// The file is no module that wasm-bindgen can read, or the directory cannot be written.
pub fn web(module: &Path, name: &str, directory: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(false).web(true)?;
    // The script finds its module beside itself.
    bindgen.omit_default_module_path(false);
    bindgen.generate(directory).with_context(|| format!("packing {}", module.display()))
}

/// Writes `index.js` and `index_bg.wasm` for the edge into a directory, where `entry.js` and the list of models are already. `esbuild` makes one
/// file of it, of what wasm-bindgen writes, and of the list of models.
pub fn worker(module: &Path, directory: &Path, esbuild: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("index").typescript(false).module(true)?;
    // What worker's own macros count on: a new instance after an abort, and being told of one.
    bindgen.reset_state_function(true).force_enable_abort_handler(true);
    bindgen.generate(directory).with_context(|| format!("packing {}", module.display()))?;
    let mut command = Command::new(esbuild);
    command.current_dir(directory).args(["entry.js", "--bundle", "--minify", "--format=esm"]);
    command.args(["--external:./index_bg.wasm", "--external:./models/*"]);
    command.args(["--external:cloudflare:*", "--log-level=warning"]);
    process::run(command.args(["--outfile=index.js", "--allow-overwrite"]))?;
    // Cloudflare's own words for an import of a module without an instance.
    let script = directory.join("index.js");
    let written = std::fs::read_to_string(&script).context("reading index.js")?;
    std::fs::write(&script, written.replace("import source ", "import ")).context("writing index.js")?;
    for made in ["entry.js", models::LIST] {
        std::fs::remove_file(directory.join(made))?;
    }
    let snippets = directory.join("snippets");
    if snippets.exists() { Ok(std::fs::remove_dir_all(snippets)?) } else { Ok(()) }
}

/// Makes JavaScript smaller, in place.
pub fn minify(script: &Path, esbuild: &Path) -> Result<()> {
    let mut command = Command::new(esbuild);
    command.arg(script).args(["--minify", "--format=esm", "--allow-overwrite", "--log-level=warning"]);
    process::run(command.arg(format!("--outfile={}", script.display())))
}

/// Replaces a module by its optimised form. It takes minutes for a large one, so the result is remembered in `kept` by
/// the digest of its input; only the latest is kept. Returns both sizes in words.
pub fn optimise(name: &str, module: &Path, level: &str, kept: &Path, wasm_opt: &Path) -> Result<String> {
    let before = std::fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let level = [&[level], PACKING.as_slice(), &FEATURES].concat();
    let key = digest::of_bytes(&[before.as_slice(), level.join(" ").as_bytes()].concat());
    let optimised = kept.join(format!("{key:016x}.wasm"));
    if !optimised.exists() {
        if kept.exists() {
            std::fs::remove_dir_all(kept)?;
        }
        std::fs::create_dir_all(kept)?;
        let partial = kept.join("partial.wasm");
        process::run(Command::new(wasm_opt).arg(module).arg("-o").arg(&partial).args(level))?;
        std::fs::rename(partial, &optimised)?;
    }
    std::fs::copy(&optimised, module)?;
    let kib = |bytes: usize| bytes / 1024;
    let after = std::fs::read(module)?.len();
    Ok(format!("{name}: {} KiB, {} KiB optimised", kib(before.len()), kib(after)))
}
