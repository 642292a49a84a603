//! `cargo xtask test`: every test there is, in the order in which a failure is cheapest to find.

// Time is only reported here, never computed with.
#![allow(clippy::disallowed_types)]

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{
    build, process,
    process::{headline, say},
    tools,
    workspace::{WASM, Workspace},
};

/// One part of the tests. The order is that of running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Formatting, clippy for the host and for wasm, modules without cycles, and documentation
    Lint,
    /// Rust tests on this machine
    Host,
    /// Damaged input for what reads messages and files of strangers, a minute in total
    Fuzz,
    /// The wasm module in Node.js: the same digests as on this machine
    Wasm,
    /// The worker and its objects in workerd
    Edge,
    /// Whole participants in Chromium, and in Firefox where there is one
    Browser,
    /// A deployment, up to the upload
    Deploy,
}

/// Runs the stages, all if none are named, and stops at the first that fails.
pub fn run(ws: &Workspace, stages: &[Stage], filter: Option<&str>) -> Result<()> {
    let began = Instant::now();
    for stage in Stage::value_variants().iter().filter(|stage| stages.is_empty() || stages.contains(stage)) {
        let name = stage.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        headline(&name);
        let started = Instant::now();
        match stage {
            Stage::Lint => lint(ws),
            Stage::Host => host(ws, filter),
            Stage::Fuzz => FUZZ_TARGETS.iter().try_for_each(|target| process::run(&mut fuzz(ws, [*target]))),
            Stage::Wasm => {
                let worker = build::for_tests(ws, false)?;
                node_tests(ws, "wasm", filter, vec![worker])
            }
            Stage::Edge => {
                let worker = build::for_tests(ws, false)?;
                process::run(ws.cargo().args(["build", "--package", "footlights-simulate"]))?;
                let python = tools::python(ws)?.map(|path| ("FOOTLIGHTS_PYTHON", path));
                node_tests(ws, "edge", filter, python.into_iter().chain([worker]).collect())
            }
            Stage::Browser => {
                let mut browsers = vec![("CHROMIUM_BIN", tools::chromium()?)];
                browsers.extend(tools::firefox()?.map(|path| ("FIREFOX_BIN", path)));
                browsers.push(build::for_tests(ws, false)?);
                node_tests(ws, "browser", filter, browsers)
            }
            Stage::Deploy => {
                build::run(ws, false)?;
                dry_run(ws, true)
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
    build::run(ws, true)?;
    dry_run(ws, false)
}

fn lint(ws: &Workspace) -> Result<()> {
    const DENY: [&str; 3] = ["--", "-D", "warnings"];
    process::run(ws.cargo().args(["fmt", "--all", "--check"]))?;
    process::run(ws.cargo().args(["clippy", "--workspace", "--all-targets"]).args(DENY))?;
    tools::wasm_target(ws)?;
    let mut clippy = ws.cargo();
    clippy.args(["clippy", "--target", WASM]);
    // One of them is built in two ways.
    let mut directories = build::PAGES.map(|page| page.directory).to_vec();
    directories.dedup();
    for directory in directories.into_iter().chain(["worker"]) {
        clippy.args(["--package", ws.package(directory)?]);
    }
    process::run(clippy.args(DENY))?;
    let mut clippy = ws.cargo();
    clippy.args(["clippy", "--target", WASM, "--package", "footlights-client", build::WITHOUT_SIMULATION]);
    process::run(clippy.args(DENY))?;
    let mut clippy = ws.cargo();
    clippy.args(["clippy", "--target", WASM, "--package", ws.package("worker")?]);
    process::run(clippy.args(build::WITH_TEST_EXPERIMENTS).args(DENY))?;
    process::run(ws.cargo().args(["run", "--quiet", "--package", "footlights-modules"]))?;
    // Broken links and public items without a word are errors.
    process::run(ws.cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn host(ws: &Workspace, filter: Option<&str>) -> Result<()> {
    process::run(ws.cargo().args(["test", "--workspace"]).args(filter))
}

/// What strangers can reach, 20 seconds each.
const FUZZ_TARGETS: [&str; 3] = ["wire", "receipts", "onnx"];

/// `cargo xtask fuzz`, and the stage of the tests. Not optimised: what is slow is optimised always, and the checks of such
/// a build find more.
pub fn fuzz<A: AsRef<std::ffi::OsStr>>(ws: &Workspace, args: impl IntoIterator<Item = A>) -> Command {
    let mut cargo = ws.cargo();
    cargo.args(["run", "--quiet", "--package", "footlights-fuzz", "--"]).args(args);
    cargo
}

/// Runs `tests/{directory}/*.test.mjs`, one file after the other: some of them measure time.
fn node_tests(
    ws: &Workspace,
    directory: &str,
    filter: Option<&str>,
    programs: Vec<(&str, PathBuf)>,
) -> Result<()> {
    let directory = ws.root.join("tests").join(directory);
    let entries =
        std::fs::read_dir(&directory).with_context(|| format!("reading {}", directory.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    if files.is_empty() {
        bail!("no tests in {}", directory.display());
    }
    let mut node = Command::new(tools::node()?);
    // A test that hangs fails after twenty minutes; nothing waits for ever.
    node.current_dir(&ws.root).args(["--test", "--test-concurrency=1", "--test-timeout=1200000"]);
    node.args(filter.map(|filter| format!("--test-name-pattern={filter}"))).args(files);
    node.envs(programs);
    process::run(&mut node)
}

/// `wrangler deploy` without the upload. Its word about sizes is what a machine may want to read.
fn dry_run(ws: &Workspace, built: bool) -> Result<()> {
    let mut wrangler = Command::new(ws.root.join("node_modules/.bin/wrangler"));
    wrangler.current_dir(&ws.root).args(["deploy", "--dry-run", "--outdir", "build/deploy"]);
    wrangler.env("WRANGLER_SEND_METRICS", "false").env("CI", "true");
    if built {
        wrangler.env("FOOTLIGHTS_SKIP_BUILD", "1");
    }
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
