//! `cargo xtask test`: every test there is, in the order in which a failure is cheapest to find.

// Time is only reported here, never computed with.
#![allow(clippy::disallowed_types)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use footlights_cli::{
    WASM,
    build::{self, Purpose},
    process::{self, headline, say},
    tools::{node, npm_packages, wasm_target},
};

use crate::{tools, workspace::Workspace};

/// One part of the tests. The order is that of running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Formatting, clippy for the host and for wasm, modules without cycles, packages, licences, spelling, documentation, the book
    Lint,
    /// Rust tests on this machine
    Host,
    /// The Python package: Gymnasium's and PettingZoo's own tests, and the reference implementations beside it
    Python,
    /// Damaged input for what reads messages and files of strangers, a minute in total
    Fuzz,
    /// The wasm module in Node.js: the same digests as on this machine
    Wasm,
    /// The worker and its objects in workerd
    Edge,
    /// Whole participants in Chromium, and in Firefox and WebKit where they are
    Browser,
    /// A lab's repository from nothing to data: made, tested, built, played in Chromium, exported
    NewLab,
    /// A deployment, up to the upload
    Deploy,
    /// Policies that are trained and cloned in PyTorch: gigabytes to install, so only where it is named
    Recipes,
}

/// Runs the stages, all but that of recipes if none are named, and stops at the first that fails.
pub fn run(ws: &Workspace, stages: &[Stage], filter: Option<&str>) -> Result<()> {
    let began = Instant::now();
    let is_wanted = |stage: &Stage| match stages {
        [] => *stage != Stage::Recipes,
        named => named.contains(stage),
    };
    for stage in Stage::value_variants().iter().filter(|stage| is_wanted(stage)) {
        let name = stage.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        headline(&name);
        let started = Instant::now();
        match stage {
            Stage::Lint => lint(ws),
            Stage::Host => host(ws, filter),
            Stage::Python => python(ws, filter),
            Stage::Recipes => recipes(ws, filter),
            Stage::Fuzz => FUZZ_TARGETS.iter().try_for_each(|target| process::run(&mut fuzz(ws, [*target])?)),
            Stage::Wasm => wasm_tests(ws, filter, "footlights-client", "game_scene", None)
                .and_then(|()| node_tests(ws, "wasm", 1, filter, Vec::new())),
            Stage::NewLab => new_lab(ws, filter),
            Stage::Edge => {
                let simulate = ("FOOTLIGHTS_SIMULATE", ws.program("footlights-simulate-tests")?);
                let python = tools::python(ws)?.map(|path| ("FOOTLIGHTS_PYTHON", path));
                let package = tools::python_with(ws, GYMNASIUM)?.map(|path| ("FOOTLIGHTS_GYMNASIUM", path));
                let this = ("FOOTLIGHTS_XTASK", std::env::current_exe().context("finding this program")?);
                node_tests(
                    ws,
                    "edge",
                    // They wait for games most of the time, and none of them measures any.
                    4,
                    filter,
                    python.into_iter().chain(package).chain([simulate, this, ws.simulate_edge()]).collect(),
                )
            }
            Stage::Browser => {
                if let Some(driver) = tools::chromedriver()? {
                    wasm_tests(ws, filter, "footlights-canvas", "browser", Some(driver))?;
                }
                let mut browsers = vec![("CHROMIUM_BIN", tools::chromium()?)];
                browsers.extend(tools::firefox()?.map(|path| ("FIREFOX_BIN", path)));
                if let Some((driver, browser)) = tools::webkit()? {
                    browsers.extend([("WEBKIT_DRIVER_BIN", driver), ("WEBKIT_BIN", browser)]);
                }
                // One computes pictures while the other waits for a game.
                node_tests(ws, "browser", 2, filter, browsers)
            }
            Stage::Deploy => {
                build::run(&ws.examples()?, Purpose::Deploy { optimise: false })?;
                dry_run(ws)
            }
        }
        .with_context(|| format!("stage {name}; run it alone with `cargo xtask test {name}`"))?;
        say(format_args!("{name} passed in {} s", started.elapsed().as_secs()));
    }
    headline(format_args!("passed in {} s", began.elapsed().as_secs()));
    Ok(())
}

/// `cargo xtask deploy-check`: the deployment as `wrangler deploy` would do it, optimised build and all.
pub fn deploy_check(ws: &Workspace) -> Result<()> {
    build::run(&ws.examples()?, Purpose::Deploy { optimise: true })?;
    dry_run(ws)
}

/// What is compiled for wasm, and what cargo is told besides.
const WASM_BUILDS: [(&[&str], &[&str]); 2] = [
    (&["footlights-client"], &["--no-default-features"]),
    (
        &["footlights-client", "footlights-replay", "footlights-policies", "footlights-worker"],
        &["--features", "footlights-client/simulate"],
    ),
];

fn lint(ws: &Workspace) -> Result<()> {
    const DENY: [&str; 3] = ["--", "-D", "warnings"];
    process::run(ws.cargo().args(["fmt", "--all", "--check"]))?;
    process::run(ws.cargo().args(["clippy", "--workspace", "--all-targets"]).args(DENY))?;
    wasm_target(&ws.root)?;
    // Each of them as a lab's build compiles it.
    for (packages, features) in WASM_BUILDS {
        let mut clippy = ws.cargo();
        clippy.args(["clippy", "--target", WASM]).args(features);
        clippy.args(packages.iter().flat_map(|package| ["--package", package]));
        process::run(clippy.args(DENY))?;
    }
    process::run(ws.cargo().args(["run", "--quiet", "--package", "footlights-modules"]))?;
    // What would be published is whole, and depends on nothing that is not. Compiling it again takes minutes.
    let mut package = ws.cargo();
    package.args(["package", "--workspace", "--no-verify", "--allow-dirty", "--quiet"]);
    process::run(package.args(ws.unpublished.iter().flat_map(|name| ["--exclude", name])))?;
    // Known holes are looked up elsewhere, by CI: their list is on the network and changes by itself.
    let mut deny = Command::new(tools::cargo_deny(ws)?);
    process::run(deny.current_dir(&ws.root).args([
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))?;
    book(ws)?;
    if let Some(python) = tools::python(ws)? {
        process::run(Command::new(python.with_file_name("typos")).current_dir(&ws.root))?;
    }
    // Broken links and public items without a word are errors.
    process::run(ws.cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// `cargo xtask book`: the pages of the book, without a link that leads nowhere.
pub fn book(ws: &Workspace) -> Result<()> {
    let mut book = ws.cargo();
    book.args(["run", "--quiet", "--package", "footlights-book", "--"]);
    process::run(book.arg(ws.root.join("target/book")))
}

/// Takes the pictures of the book.
pub fn pictures(ws: &Workspace) -> Result<()> {
    let lab = ws.test_lab()?;
    build::run(&lab, Purpose::Deploy { optimise: false })?;
    npm_packages(&ws.root)?;
    let mut node = Command::new(node()?);
    node.current_dir(&ws.root).arg("tests/book/pictures.mjs");
    process::run(node.env("CHROMIUM_BIN", tools::chromium()?).env("FOOTLIGHTS_LAB", &lab.root))
}

fn host(ws: &Workspace, filter: Option<&str>) -> Result<()> {
    process::run(ws.cargo().args(["test", "--workspace"]).args(filter))
}

/// Gymnasium, PettingZoo, and what our environments are compared with.
const GYMNASIUM: &str = "tests/python/requirements.txt";

/// Builds the package of the examples' environments and runs `tests/python`.
fn python(ws: &Workspace, filter: Option<&str>) -> Result<()> {
    let Some(python) = tools::python_with(ws, GYMNASIUM)? else { return Ok(()) };
    let mut pip = Command::new(&python);
    pip.current_dir(ws.root.join("tests/python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    process::run(pip.args(["--no-deps", "--requirement", "without-dependencies.txt"]))?;
    footlights_cli::python(&ws.examples()?, Some(&python))?;
    let this = std::env::current_exe().context("finding this program")?;
    process::run(pytest(ws, &python, "python", filter).env("FOOTLIGHTS_XTASK", this))
}

/// Runs `tests/recipes` with the package of the examples' environments and PyTorch.
fn recipes(ws: &Workspace, filter: Option<&str>) -> Result<()> {
    let Some(python) = tools::python_with(ws, "tests/recipes/requirements.txt")? else { return Ok(()) };
    footlights_cli::python(&ws.examples()?, Some(&python))?;
    process::run(&mut pytest(ws, &python, "recipes", filter))
}

/// The tests in a folder of `tests` that are written in Python.
fn pytest(ws: &Workspace, python: &Path, folder: &str, filter: Option<&str>) -> Command {
    let mut pytest = Command::new(python);
    pytest.current_dir(ws.root.join("tests").join(folder));
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    pytest.args(filter.iter().flat_map(|filter| ["-k", filter])).env("PYTHONDONTWRITEBYTECODE", "1");
    pytest
}

/// What strangers can reach, 20 seconds each.
const FUZZ_TARGETS: [&str; 3] = ["wire", "receipts", "onnx"];

/// `cargo xtask fuzz`, and the stage of the tests. Not optimised: what is slow is optimised always, and the checks of such
/// a build find more.
pub fn fuzz<A: AsRef<std::ffi::OsStr>>(ws: &Workspace, args: impl IntoIterator<Item = A>) -> Result<Command> {
    let mut fuzz = Command::new(ws.program("footlights-fuzz")?);
    fuzz.current_dir(&ws.root).args(args);
    Ok(fuzz)
}

/// Runs a test of a package, compiled to WebAssembly: with a driver in a headless Chromium, otherwise in Node.js.
fn wasm_tests(
    ws: &Workspace,
    filter: Option<&str>,
    package: &str,
    test: &str,
    driver: Option<PathBuf>,
) -> Result<()> {
    wasm_target(&ws.root)?;
    // With the features that `cargo test --workspace` chooses: what it is made of is compiled once.
    process::run(ws.cargo().args(["build", "--workspace", "--bin", "footlights-wasm-runner"]))?;
    let runner =
        ws.target.join("debug/footlights-wasm-runner").with_extension(std::env::consts::EXE_EXTENSION);
    let mut cargo = ws.cargo();
    cargo.args(["test", "--target", WASM, "--package", package, "--test", test]).args(filter);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    process::run(cargo.envs(driver.map(|driver| ("CHROMEDRIVER", driver))))
}

/// Runs `tests/new-lab`, which makes a lab and builds it. The target directory is ours, so that what it stands on is
/// compiled once.
fn new_lab(ws: &Workspace, filter: Option<&str>) -> Result<()> {
    npm_packages(&ws.root)?;
    let this = std::env::current_exe().context("finding this program")?;
    let mut node = node_test(ws, 1, filter)?;
    node.arg(ws.root.join("tests/new-lab/lab.test.mjs")).env("CHROMIUM_BIN", tools::chromium()?);
    node.envs(tools::python(ws)?.map(|path| ("FOOTLIGHTS_PYTHON", path)));
    node.envs(tools::python_with(ws, GYMNASIUM)?.map(|path| ("FOOTLIGHTS_GYMNASIUM", path)));
    node.envs(tools::rscript()?.map(|path| ("FOOTLIGHTS_RSCRIPT", path)));
    process::run(node.env("FOOTLIGHTS_XTASK", this).env("CARGO_TARGET_DIR", &ws.target))
}

/// Builds the lab of the tests and runs `tests/{directory}/*.test.mjs`, so many files at once.
fn node_tests(
    ws: &Workspace,
    directory: &str,
    at_once: usize,
    filter: Option<&str>,
    programs: Vec<(&str, PathBuf)>,
) -> Result<()> {
    let lab = ws.test_lab()?;
    build::run(&lab, Purpose::Deploy { optimise: false })?;
    npm_packages(&ws.root)?;
    let directory = ws.root.join("tests").join(directory);
    let entries =
        std::fs::read_dir(&directory).with_context(|| format!("reading {}", directory.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    if files.is_empty() {
        bail!("no tests in {}", directory.display());
    }
    let mut node = node_test(ws, at_once, filter)?;
    node.args(files).envs(programs).env("FOOTLIGHTS_LAB", &lab.root);
    process::run(&mut node)
}

/// Node's test runner, up to the files.
fn node_test(ws: &Workspace, at_once: usize, filter: Option<&str>) -> Result<Command> {
    let mut node = Command::new(node()?);
    // A file of tests that hangs fails after forty minutes; nothing waits for ever. Those of a new lab compile for twenty on a
    // machine that has compiled nothing.
    node.current_dir(&ws.root).args(["--test", "--test-timeout=2400000"]);
    node.arg(format!("--test-concurrency={at_once}"));
    node.args(filter.map(|filter| format!("--test-name-pattern={filter}")));
    Ok(node)
}

/// `wrangler deploy` without the upload. Its word about sizes is what a machine may want to read.
fn dry_run(ws: &Workspace) -> Result<()> {
    let args = ["deploy", "--dry-run", "--outdir", "target/footlights/deploy"].map(str::to_owned);
    let mut wrangler = footlights_cli::wrangler(&ws.root.join("examples"), &args)?;
    wrangler.env(footlights_cli::SKIP_BUILD, "1").env("WRANGLER_SEND_METRICS", "false").env("CI", "true");
    let out = wrangler.stderr(Stdio::inherit()).output().context("starting wrangler")?;
    let text = String::from_utf8_lossy(&out.stdout);
    eprint!("{text}");
    if !out.status.success() {
        bail!("wrangler deploy --dry-run failed ({})", out.status);
    }
    let size = text.lines().find(|line| line.contains("Total Upload")).context("wrangler named no size")?;
    println!("{}", size.trim());
    Ok(())
}
