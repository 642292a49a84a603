//! `dev`: from a fresh checkout to a page in the browser, and from a saved file to the next one.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use footlights_app::App;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use serde_json::json;

use crate::{
    build::{self, Purpose},
    cargo, check, parse, process,
    process::say,
    project::Project,
    stamp::Stamp,
    tools,
};

/// What the local edge must know: what cookies are signed with, and what opens the admin routes.
const SECRETS: [&str; 2] = ["FOOTLIGHTS_SECRET", ADMIN_TOKEN];
/// What opens the admin routes.
pub const ADMIN_TOKEN: &str = "FOOTLIGHTS_ADMIN_TOKEN";
/// Editors write a file in several steps; this long nothing may happen before it is looked at.
const QUIET: Duration = Duration::from_millis(150);

/// What `dev` waits for.
enum Happening {
    /// A file was saved.
    Saved,
    /// Watching the files failed.
    Blind(String),
    /// The local edge is gone.
    Ended,
}

/// Builds what has changed, serves it, and builds and serves again whenever a file is saved. `program` is the directory of
/// the package whose program this is.
pub fn run(app: &App, root: &Path, program: &Path, port: u16) -> Result<()> {
    // The edge would say so too, but only after the build.
    if TcpListener::bind(("127.0.0.1", port)).is_err() {
        bail!("port {port} is in use: end what listens there, or choose another with --port");
    }
    // Asked now: once it is compiled anew, this file is gone.
    let own = std::env::current_exe().context("finding this program")?;
    check(app, root)?;
    let project = Project::at(root, app)?;
    // What is saved while the first build runs is built after it.
    let (told, happening) = channel();
    let mut watcher = watcher(&project, told.clone())?;
    let mut watch = || {
        if let Err(error) = watch(&project, &mut watcher) {
            say(format_args!("not all files are watched, start again after a change: {error:#}"));
        }
    };
    watch();
    let runtime = Runtime::of(&project)?;
    let purpose = Purpose::Serve { models: runtime.is_compiled() };
    if !purpose.folder(&project).exists() {
        say("the first build compiles all that the pages and the worker stand on: some minutes, once");
    }
    build::run(&project, purpose)?;
    local_secrets(&project.root)?;
    let waiting = project.with_models.iter().filter(|_| runtime == Runtime::Missing);
    let waiting: BTreeSet<&str> = waiting.map(|(experiment, _)| experiment.as_str()).collect();
    let mut edge = Edge::start(&project, port, &waiting, told)?;
    if runtime == Runtime::Missing {
        say(
            "pages are served already; what plays models follows when their runtime is compiled, once, in minutes",
        );
        let built = build::run(&project, Purpose::Serve { models: true });
        runtime.note(&project, &built)?;
        match &built {
            Ok(()) => say(format_args!("what plays models is served now at http://127.0.0.1:{port}")),
            Err(error) => say(format_args!("what plays models is not served: {error:#}")),
        }
        edge.show(built)?;
    }
    follow(&happening, || {
        say("a file was saved");
        // There may be a new folder.
        watch();
        edge.tell(&json!({ "working": true }))?;
        let built = again(root, program, &own);
        match &built {
            Ok(()) => say(format_args!("served again at http://127.0.0.1:{port}")),
            Err(_) => say("not served again, until what is wrong is mended"),
        }
        edge.show(built)
    })?;
    edge.wait()
}

/// Calls `saved` whenever files were saved, until the local edge ends.
fn follow(happening: &Receiver<Happening>, mut saved: impl FnMut() -> Result<()>) -> Result<()> {
    let mut is_saved = false;
    loop {
        // What is saved meanwhile is built with it.
        let next = if is_saved { happening.recv_timeout(QUIET).ok() } else { happening.recv().ok() };
        match next {
            Some(Happening::Saved) => is_saved = true,
            Some(Happening::Blind(why)) => say(format_args!("files are not watched any more: {why}")),
            Some(Happening::Ended) => return Ok(()),
            None if is_saved => {
                is_saved = false;
                saved()?;
            }
            None => return Ok(()),
        }
    }
}

/// Compiles this program, whose path is `own`, anew, because experiments are code; and lets it check and build.
fn again(root: &Path, program: &Path, own: &Path) -> Result<()> {
    let mut command = Command::new("cargo");
    let manifest = program.join("Cargo.toml");
    command.current_dir(root).args(["build", "--bins", "--manifest-path"]).arg(&manifest);
    let programs = cargo::build(&mut command)?;
    let fresh = programs.iter().find(|program| program.file_name() == own.file_name());
    let fresh = fresh.with_context(|| format!("{} does not make this program", manifest.display()))?;
    let report = root.join("target/footlights/problem.txt");
    let _ = std::fs::remove_file(&report);
    let status = Command::new(fresh).args(["rebuild", "--report"]).arg(&report).status();
    if status.with_context(|| format!("starting {}", fresh.display()))?.success() {
        return Ok(());
    }
    bail!(std::fs::read_to_string(&report).unwrap_or_else(|_| "the terminal says why".into()))
}

/// What the program that [`again`] compiled does: checks, and builds for the edge that runs.
pub fn rebuild(app: &App, root: &Path, report: &Path) -> Result<()> {
    let built = check(app, root).and_then(|()| {
        let project = Project::at(root, app)?;
        let runtime = Runtime::of(&project)?;
        let built = build::run(&project, Purpose::Serve { models: runtime != Runtime::Unneeded });
        runtime.note(&project, &built)?;
        built
    });
    if let Err(error) = &built {
        std::fs::write(report, problem(error)).with_context(|| format!("writing {}", report.display()))?;
    }
    built
}

/// What is wrong, in words for the page.
fn problem(error: &anyhow::Error) -> String {
    match error.downcast_ref::<cargo::DoesNotCompile>() {
        Some(found) => found.diagnostics.clone(),
        None => format!("{error:#}"),
    }
}

/// Whether the runtime of models is part of what is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runtime {
    /// No experiment has a model.
    Unneeded,
    /// It was never compiled for this lab, with these versions.
    Missing,
    /// It is there, so that building with it is as quick as without.
    Compiled,
}

impl Runtime {
    fn of(project: &Project) -> Result<Self> {
        let is_there = || Ok::<_, anyhow::Error>(Self::stamp(project)?.holds(&project.target));
        Ok(match project.needs_models {
            false => Self::Unneeded,
            true if is_there()? => Self::Compiled,
            true => Self::Missing,
        })
    }

    fn is_compiled(self) -> bool {
        self == Self::Compiled
    }

    /// Remembers that it is there now.
    fn note(self, project: &Project, built: &Result<()>) -> Result<()> {
        if self == Self::Missing && built.is_ok() { Self::stamp(project)?.keep() } else { Ok(()) }
    }

    fn stamp(project: &Project) -> Result<Stamp> {
        let compiler = process::output(Command::new("rustc").current_dir(&project.root).arg("--version"))?;
        let lock = project.workspace.join("Cargo.lock");
        let settings = format!("{compiler}, {}", project.target.display());
        Stamp::new(project.out().join("stamps/runtime"), &[lock], &settings)
    }
}

/// The local edge, which reads what has changed from its standard input, a line of JSON each.
struct Edge {
    child: Child,
    input: ChildStdin,
}

impl Edge {
    /// Serves what is built; experiments that are `waiting` for the runtime of models only say so.
    fn start(
        project: &Project,
        port: u16,
        waiting: &BTreeSet<&str>,
        told: Sender<Happening>,
    ) -> Result<Self> {
        let mut node = Command::new(tools::node()?);
        node.arg(tools::edge()?.join("dev.mjs")).arg("--root").arg(&project.root);
        node.arg("--built").arg(Purpose::Serve { models: true }.folder(project));
        node.args(["--port", &port.to_string(), "--persist"]).arg(project.root.join(".wrangler/state/v3"));
        node.args(waiting.iter().flat_map(|experiment| ["--waiting", *experiment]));
        node.current_dir(&project.root).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = node.spawn().context("starting the local edge")?;
        let input = child.stdin.take().context("the local edge has no standard input")?;
        let output = child.stdout.take().context("the local edge has no standard output")?;
        // Its output ends when it does.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                println!("{line}");
            }
            let _ = told.send(Happening::Ended);
        });
        Ok(Self { child, input })
    }

    fn tell(&mut self, news: &serde_json::Value) -> Result<()> {
        // Whoever ended it has read why.
        if writeln!(self.input, "{news}").is_err() {
            self.wait()?;
        }
        Ok(())
    }

    /// What was built is served, or what is wrong is shown in the pages.
    fn show(&mut self, built: Result<()>) -> Result<()> {
        match built {
            Ok(()) => self.tell(&json!({ "reload": true })),
            Err(error) => self.tell(&json!({ "problem": problem(&error) })),
        }
    }

    /// Ends as it ends.
    fn wait(&mut self) -> Result<()> {
        let status = self.child.wait().context("waiting for the local edge")?;
        if status.success() { std::process::exit(0) } else { bail!("the local edge ended ({status})") }
    }
}

/// What sends a word when one of the files is saved that the lab, and whatever it depends on by path, is made of.
fn watcher(project: &Project, told: Sender<Happening>) -> Result<RecommendedWatcher> {
    let packages = project.local.clone();
    let is_ours = move |path: &Path| {
        // The innermost package that it lies in.
        let inside = packages.iter().filter_map(|package| path.strip_prefix(package).ok());
        let inside = inside.min_by_key(|inside| inside.components().count());
        inside.is_some_and(|inside| is_source(inside) || path.is_dir() && is_source(&inside.join("any")))
    };
    Ok(notify::recommended_watcher(move |found: notify::Result<Event>| {
        let _ = match found {
            // A compiler that reads a file saves nothing.
            Ok(Event { kind: EventKind::Access(_), .. }) => Ok(()),
            Ok(event) if event.paths.iter().any(|path| is_ours(path)) => told.send(Happening::Saved),
            Ok(_) => Ok(()),
            Err(error) => told.send(Happening::Blind(error.to_string())),
        };
    })?)
}

/// Watches those files, in the folders that there are now. To watch one a second time changes nothing.
fn watch(project: &Project, watcher: &mut RecommendedWatcher) -> Result<()> {
    for package in &project.local {
        // Not the whole folder: what is built lies in it, and would be watched file by file.
        watcher.watch(package, RecursiveMode::NonRecursive)?;
        for entry in std::fs::read_dir(package)?.flatten().filter(|entry| entry.path().is_dir()) {
            if is_source(&Path::new(&entry.file_name()).join("any")) {
                watcher.watch(&entry.path(), RecursiveMode::Recursive)?;
            }
        }
    }
    Ok(())
}

/// What lies in a package's folder and is not what modules are built of.
const OTHERS: [&str; 4] = ["target", "node_modules", "tests", "data"];
/// The files in it that modules are built of; those of its other folders are all.
const FILES: [&str; 3] = ["Cargo.toml", "build.rs", "wrangler.toml"];

/// Whether modules may be built of a file, by its path in its package: not where git, a build or an export writes, and not
/// what an editor leaves beside a file.
fn is_source(inside: &Path) -> bool {
    let names: Vec<String> = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    let is_other = match names.as_slice() {
        [] => true,
        [file] => !FILES.contains(&file.as_str()),
        [folder, ..] => OTHERS.contains(&folder.as_str()),
    };
    !is_other && names.iter().all(|name| !name.starts_with('.') && !name.ends_with('~'))
}

/// Makes sure that `.dev.vars` has the secrets: random, for this checkout alone, never committed.
fn local_secrets(root: &Path) -> Result<()> {
    for name in SECRETS {
        let kept = dev_vars(root)?;
        if parse::variable(&kept, name).is_some() {
            continue;
        }
        let random = "process.stdout.write(require('node:crypto').randomBytes(32).toString('hex'))";
        let secret = process::output(Command::new(tools::node()?).args(["-e", random]))?;
        let gap = if kept.is_empty() || kept.ends_with('\n') { "" } else { "\n" };
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(root.join(".dev.vars")).context("writing .dev.vars")?;
        writeln!(file, "{gap}{name}={secret}")?;
    }
    Ok(())
}

fn dev_vars(root: &Path) -> Result<String> {
    let path = root.join(".dev.vars");
    if path.exists() {
        std::fs::read_to_string(&path).context("reading .dev.vars")
    } else {
        Ok(String::new())
    }
}

/// The admin token of the local edge of the lab in `root`, if it has one yet.
///
/// # Errors
/// `.dev.vars` cannot be read.
pub fn admin_token(root: &Path) -> Result<Option<String>> {
    Ok(parse::variable(&dev_vars(root)?, ADMIN_TOKEN).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_modules_are_built_of_is_watched() {
        for source in [
            "src/lib.rs",
            "src/data/maze.rs",
            "assets/cook.png",
            "models/a.onnx",
            "Cargo.toml",
            "wrangler.toml",
        ] {
            assert!(is_source(Path::new(source)), "{source}");
        }
        for other in [
            "target/debug/lab",
            "Cargo.lock",
            ".git/index",
            "src/.lib.rs.swp",
            "src/lib.rs~",
            "data/x.csv",
            "README.md",
            "goldens.json",
            "",
        ] {
            assert!(!is_source(Path::new(other)), "{other}");
        }
    }
}
