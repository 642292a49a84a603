//! The wasm modules: those of pages, participants' and the replay's, laid out as static assets; and the worker, with the
//! JavaScript that Cloudflare loads it by. Nothing that is up to date is made again.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use footlights_env::digest;

use crate::{
    process,
    process::say,
    stamp::Stamp,
    tools,
    workspace::{WASM, Workspace},
};

/// A module of pages. With its JavaScript, which has the name of the package's directory, and the package's static files
/// it is served below `/{name}/`.
pub struct Page {
    /// What it is called.
    pub name: &'static str,
    /// Where its package is.
    pub directory: &'static str,
    /// One for each build of a package, since cargo keeps one file of each.
    profile: &'static str,
    /// What cargo is told besides.
    arguments: &'static [&'static str],
}

/// What `client` is without what only games need that browsers simulate.
pub const WITHOUT_SIMULATION: &str = "--no-default-features";

/// All of them. The policies share the worker's build of their runtime.
pub const PAGES: [Page; 4] = [
    Page { name: "client", directory: "client", profile: "client", arguments: &[WITHOUT_SIMULATION] },
    Page { name: "simulating", directory: "client", profile: "simulating", arguments: &[] },
    Page { name: "replay", directory: "client/replay", profile: "simulating", arguments: &[] },
    Page { name: "policies", directory: "client/policies", profile: "release", arguments: &[] },
];

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

/// A build of the worker. Cargo keeps what all of them share; each is packed into a directory of its own.
struct Worker {
    /// What it is called.
    name: &'static str,
    /// Where it is packed, from the root.
    out: &'static str,
    /// What cargo is told besides.
    arguments: &'static [&'static str],
}

/// What is deployed: wrangler.toml's `main` is its `index.js`.
const PRODUCT: Worker = Worker { name: "worker", out: "worker/build", arguments: &[] };

/// What tests and benchmarks run: it serves their experiments too.
const FOR_TESTS: Worker =
    Worker { name: "test-worker", out: "build/test-worker", arguments: &WITH_TEST_EXPERIMENTS };

/// What makes the worker one for tests.
pub const WITH_TEST_EXPERIMENTS: [&str; 2] = ["--features", "test-experiments"];

/// The variable by which the local edge runs another worker than the one that is deployed.
pub const OTHER_WORKER: &str = "FOOTLIGHTS_WORKER";

/// Builds what is deployed, what browsers load for size and the worker for speed; `optimise` runs wasm-opt over them
/// too.
pub fn run(ws: &Workspace, optimise: bool) -> Result<()> {
    pages(ws, optimise)?;
    worker(ws, &PRODUCT, optimise).map(|_| ())
}

/// Builds the same pages and the worker that serves the experiments of the tests. Returns what [`OTHER_WORKER`] must be
/// for a program that starts an edge with it.
pub fn for_tests(ws: &Workspace, optimise: bool) -> Result<(&'static str, PathBuf)> {
    pages(ws, optimise)?;
    Ok((OTHER_WORKER, worker(ws, &FOR_TESTS, optimise)?))
}

fn pages(ws: &Workspace, optimise: bool) -> Result<()> {
    tools::node()?;
    tools::npm_packages(ws)?;
    tools::wasm_target(ws)?;
    for of in &PAGES {
        page(ws, of, optimise)?;
    }
    assets(ws)
}

/// client/dist/assets: what the experiments show.
fn assets(ws: &Workspace) -> Result<()> {
    let (from, to) = (ws.root.join("examples/assets"), ws.root.join("client/dist/assets"));
    if to.exists() {
        std::fs::remove_dir_all(&to)?;
    }
    if from.exists() { copy(&from, &to) } else { Ok(()) }
}

/// client/dist/{name}: a page's module, its JavaScript and its static files.
fn page(ws: &Workspace, of: &Page, optimise: bool) -> Result<()> {
    let Page { name, directory, profile, arguments } = *of;
    let bindgen = tools::wasm_bindgen(ws)?;
    let compiled = compile(ws, directory, profile, arguments)?;
    let statics = ws.root.join(directory).join("static");
    let out = ws.root.join("client/dist").join(name);
    let (_, script) = directory.rsplit_once('/').unwrap_or(("", directory));
    let packed = format!("{script}_bg.wasm");
    let settings = format!("{name}, {}, optimised: {optimise}", bindgen.display());
    let stamp = ws.root.join("build/stamps").join(name);
    let stamp = Stamp::new(stamp, &[compiled.clone(), statics.clone()], &settings)?;
    if stamp.holds(&out.join(&packed)) {
        return Ok(());
    }
    say(format_args!("packing the {name}"));
    // Beside the old one until it is whole, so that a build that fails or is interrupted leaves something that works.
    let fresh = ws.root.join("build").join(name);
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    copy(&statics, &fresh)?;
    let mut command = Command::new(bindgen);
    command
        .args(["--target", "web", "--no-typescript", "--out-name", script, "--out-dir"])
        .arg(&fresh)
        .arg(compiled);
    process::run(&mut command)?;
    minify(ws, &fresh.join(script).with_extension("js"))?;
    if optimise {
        wasm_opt(ws, name, &fresh.join(&packed), "-Oz")?;
    }
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    std::fs::create_dir_all(ws.root.join("client/dist"))?;
    std::fs::rename(&fresh, &out)?;
    stamp.keep()
}

/// Makes JavaScript smaller, in place.
fn minify(ws: &Workspace, script: &Path) -> Result<()> {
    let mut command = Command::new(ws.root.join("node_modules/.bin/esbuild"));
    command.arg(script).args(["--minify", "--format=esm", "--allow-overwrite", "--log-level=warning"]);
    process::run(command.arg(format!("--outfile={}", script.display())))
}

/// Packs a worker; the path of the JavaScript that Cloudflare loads it by.
fn worker(ws: &Workspace, of: &Worker, optimise: bool) -> Result<PathBuf> {
    let Worker { name, out, arguments } = *of;
    let bindgen = tools::wasm_bindgen(ws)?;
    let worker_build = tools::worker_build(ws)?;
    let module = compile(ws, "worker", "release", arguments)?;
    let directory = ws.root.join(out);
    let settings =
        format!("{name}, {}, {}, optimised: {optimise}", bindgen.display(), worker_build.display());
    let stamp = Stamp::new(ws.root.join("build/stamps").join(name), &[module], &settings)?;
    let (main, packed) = (directory.join("index.js"), directory.join("index_bg.wasm"));
    if stamp.holds(&main) && packed.exists() {
        return Ok(main);
    }
    say(format_args!("packing the {name}"));
    let mut command = Command::new(worker_build);
    // wasm-opt comes afterwards: the same one, in the same way, as for the client.
    command.current_dir(&ws.root).args(["--release", "--no-opt", "--out-dir"]);
    // It counts from the package's directory.
    command.arg(Path::new("..").join(out)).arg("worker").args(arguments);
    command.env("WASM_BINDGEN_BIN", bindgen).env("ESBUILD_BIN", ws.root.join("node_modules/.bin/esbuild"));
    process::run(&mut command)?;
    if optimise {
        wasm_opt(ws, name, &packed, "-Os")?;
    }
    stamp.keep()?;
    Ok(main)
}

/// Compiles the library of a directory's package to wasm. Cargo decides whether there is anything to do.
fn compile(ws: &Workspace, directory: &str, profile: &str, arguments: &[&str]) -> Result<PathBuf> {
    let package = ws.package(directory)?;
    let mut cargo = ws.cargo();
    // The directory, the arguments and the variable are those of worker-build, which then finds everything compiled.
    cargo.current_dir(ws.root.join(directory)).args([
        "build",
        "--lib",
        "--profile",
        profile,
        "--target",
        WASM,
    ]);
    process::run(cargo.args(arguments).env("WASM_BINDGEN_USE_JS_SYS", "1"))?;
    Ok(ws.target.join(WASM).join(profile).join(package.replace('-', "_")).with_extension("wasm"))
}

/// Replaces a module by its optimised form. It takes minutes for a large one, so the result is remembered by the digest
/// of its input; only the latest of each name is kept.
fn wasm_opt(ws: &Workspace, name: &str, module: &Path, level: &str) -> Result<()> {
    let before = std::fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let level = [&[level], PACKING.as_slice(), &FEATURES].concat();
    let directory = ws.root.join("build/wasm-opt").join(name);
    let key = digest::of_bytes(&[before.as_slice(), level.join(" ").as_bytes()].concat());
    let optimised = directory.join(format!("{key:016x}.wasm"));
    if !optimised.exists() {
        say(format_args!("optimising the {name}, minutes for a large module, once for each change"));
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        let partial = directory.join("partial.wasm");
        let mut command = Command::new(ws.root.join("node_modules/.bin/wasm-opt"));
        process::run(command.arg(module).arg("-o").arg(&partial).args(level))?;
        std::fs::rename(partial, &optimised)?;
    }
    std::fs::copy(&optimised, module)?;
    let kib = |bytes: usize| bytes / 1024;
    say(format_args!(
        "{name}: {} KiB, {} KiB optimised",
        kib(before.len()),
        kib(std::fs::read(module)?.len())
    ));
    Ok(())
}

/// Copies a directory and everything in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
