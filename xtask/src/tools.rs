//! The programs that everything else needs: found, or installed where that can be done without asking. What cannot is
//! said in one sentence with its remedy.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    parse, process,
    process::say,
    stamp::Stamp,
    workspace::{WASM, Workspace, cache},
};

/// The oldest Node.js that wrangler and the test runner's options work with.
const NODE: (u32, u32, u32) = (20, 11, 0);

/// Node.js, checked.
pub fn node() -> Result<PathBuf> {
    let Some(node) = on_path("node") else {
        bail!("Node.js is missing: install version {}.{} or newer from https://nodejs.org", NODE.0, NODE.1);
    };
    let found = process::output(Command::new(&node).arg("--version"))?;
    if parse::version(&found).is_none_or(|version| version < NODE) {
        bail!("Node.js is {found}: install version {}.{} or newer from https://nodejs.org", NODE.0, NODE.1);
    }
    Ok(node)
}

/// Installs what package-lock.json lists, unless that is what is installed.
pub fn npm_packages(ws: &Workspace) -> Result<()> {
    let modules = ws.root.join("node_modules");
    let inputs = [ws.root.join("package.json"), ws.root.join("package-lock.json")];
    let stamp = Stamp::new(modules.join(".footlights"), &inputs, "npm ci")?;
    if stamp.holds(&modules.join("miniflare")) {
        return Ok(());
    }
    let npm = on_path("npm")
        .context("npm is missing: it comes with Node.js, on some systems as a package `npm`")?;
    say("installing npm packages, once");
    process::run(Command::new(npm).current_dir(&ws.root).args(["ci", "--no-audit", "--no-fund"]))?;
    stamp.keep()
}

/// The wasm target of the toolchain in use.
pub fn wasm_target(ws: &Workspace) -> Result<()> {
    let rustc = || Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let mut query = rustc();
    query.current_dir(&ws.root).args(["--print", "target-libdir", "--target", WASM]);
    if Path::new(&process::output(&mut query)?).exists() {
        return Ok(());
    }
    let Some(rustup) = on_path("rustup") else {
        bail!(
            "Rust's {WASM} target is missing: install it, or rustup from https://rustup.rs, which does it by itself"
        );
    };
    say(format_args!("adding the {WASM} target, once"));
    process::run(Command::new(rustup).current_dir(&ws.root).args(["target", "add", WASM]))
}

/// wasm-bindgen's command, at the version of the library that the crates are locked to: they must be the same.
pub fn wasm_bindgen(ws: &Workspace) -> Result<PathBuf> {
    cargo_tool(ws, "wasm-bindgen-cli", "wasm-bindgen", "wasm-bindgen")
}

/// worker-build, at the version of the `worker` library: the two are released together.
pub fn worker_build(ws: &Workspace) -> Result<PathBuf> {
    cargo_tool(ws, "worker-build", "worker-build", "worker")
}

/// The program `program` of the crate `package`, installed at the version at which `library` is locked.
fn cargo_tool(ws: &Workspace, package: &str, program: &str, library: &str) -> Result<PathBuf> {
    let lockfile = ws.lockfile()?;
    let version =
        parse::locked_version(&lockfile, library).with_context(|| format!("Cargo.lock has no {library}"))?;
    let directory = format!("tools/{program}-{version}");
    let homes: Vec<PathBuf> =
        cache().into_iter().chain([ws.target.clone()]).map(|home| home.join(&directory)).collect();
    let file = Path::new("bin").join(program).with_extension(std::env::consts::EXE_EXTENSION);
    if let Some(found) = homes.iter().map(|home| home.join(&file)).find(|path| path.exists()) {
        return Ok(found);
    }
    let home = homes.iter().find(|home| std::fs::create_dir_all(home).is_ok());
    let home = home.with_context(|| {
        format!("no place to install {package}: neither the cache nor target/ can be written")
    })?;
    say(format_args!("building {package} {version}, about 4 minutes, once"));
    openssl_headers(package)?;
    let install = |locked: &[&str]| {
        let mut cargo = ws.cargo();
        // Outside the workspace, so that neither its target directory nor its settings apply.
        cargo.current_dir(home).env_remove("CARGO_TARGET_DIR");
        cargo.args(["install", package, "--version", version, "--quiet", "--root"]).arg(home).args(locked);
        process::run(&mut cargo)
    };
    // A published lock file can name a dependency that has since been withdrawn.
    install(&["--locked"]).or_else(|_| {
        say(format_args!("trying {package} again with the newest dependencies"));
        install(&[])
    })?;
    Ok(home.join(file))
}

/// worker-build links the system's OpenSSL.
fn openssl_headers(package: &str) -> Result<()> {
    let found = |command: &str, args: &[&str]| {
        Command::new(command).args(args).output().is_ok_and(|o| o.status.success())
    };
    if package != "worker-build"
        || !cfg!(target_os = "linux")
        || found("pkg-config", &["--exists", "openssl"])
    {
        return Ok(());
    }
    if apt_install(&["pkg-config", "libssl-dev"])? || std::env::var_os("OPENSSL_DIR").is_some() {
        return Ok(());
    }
    bail!(
        "worker-build needs OpenSSL's headers: install pkg-config and libssl-dev (or your system's names for them)"
    )
}

/// A browser for the tests.
struct Browser {
    /// Names an executable to be taken.
    variable: &'static str,
    /// What it is called on the path.
    names: &'static [&'static str],
    /// Where it is on macOS.
    mac: &'static str,
    /// Debian's package.
    package: &'static str,
}

const CHROMIUM: Browser = Browser {
    variable: "CHROMIUM_BIN",
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    mac: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    package: "chromium",
};

const FIREFOX: Browser = Browser {
    variable: "FIREFOX_BIN",
    names: &["firefox-esr", "firefox"],
    mac: "/Applications/Firefox.app/Contents/MacOS/firefox",
    package: "firefox-esr",
};

impl Browser {
    /// The one that the variable names, or one that is installed.
    fn known(&self) -> Result<Option<PathBuf>> {
        match std::env::var_os(self.variable).map(PathBuf::from) {
            Some(named) if named.exists() => Ok(Some(named)),
            Some(named) => bail!("{} names {}, which does not exist", self.variable, named.display()),
            None => Ok(self.installed()),
        }
    }

    fn installed(&self) -> Option<PathBuf> {
        let on_path = self.names.iter().find_map(|name| on_path(name));
        on_path.or_else(|| Some(self.mac.into()).filter(|mac: &PathBuf| mac.exists()))
    }

    fn advice(&self) -> String {
        format!("install it (Debian: apt-get install {}), or set {}", self.package, self.variable)
    }
}

/// A Chromium for the browser tests: `$CHROMIUM_BIN`, one on the path, or a freshly installed one.
pub fn chromium() -> Result<PathBuf> {
    if let Some(known) = CHROMIUM.known()? {
        return Ok(known);
    }
    apt_install(&[CHROMIUM.package])?;
    let found = CHROMIUM.installed();
    found.with_context(|| format!("no Chromium for the browser tests: {}", CHROMIUM.advice()))
}

/// A Firefox for the browser tests: `$FIREFOX_BIN`, one on the path, or a freshly installed one. None where there is none
/// to be had: the tests that need it say that they are skipped.
pub fn firefox() -> Result<Option<PathBuf>> {
    if let Some(known) = FIREFOX.known()? {
        return Ok(Some(known));
    }
    let why = match apt_install(&[FIREFOX.package]) {
        Ok(_) => FIREFOX.advice(),
        Err(error) => format!("{error:#}"),
    };
    let found = FIREFOX.installed();
    if found.is_none() {
        say(format_args!("no Firefox, so its tests are skipped: {why}"));
    }
    Ok(found)
}

/// A Python with what `tests/data/requirements.txt` pins, in an environment of its own. None where there is no Python that
/// can make one: the tests that need it say that they are skipped.
pub fn python(ws: &Workspace) -> Result<Option<PathBuf>> {
    let Some(python) = on_path("python3") else { return Ok(None) };
    let requirements = ws.root.join("tests/data/requirements.txt");
    let pinned = std::fs::read(&requirements).context("reading tests/data/requirements.txt")?;
    let name = format!("tools/python-{:016x}", footlights_env::digest::of_bytes(&pinned));
    let home = cache().unwrap_or_else(|| ws.target.clone()).join(name);
    let (found, whole) = (home.join("bin/python"), home.join("whole"));
    if whole.exists() {
        return Ok(Some(found));
    }
    say("installing pandas and DuckDB for the tests of the data, once");
    let made = process::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&home)).and_then(|()| {
        let mut pip = Command::new(&found);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        process::run(pip.arg(&requirements))
    });
    match made {
        Ok(()) => {
            std::fs::write(whole, "")?;
            Ok(Some(found))
        }
        Err(error) => {
            say(format_args!("no pandas and no DuckDB, so their tests are skipped: {error:#}"));
            Ok(None)
        }
    }
}

/// Installs Debian packages where that needs no password: as root, with apt-get. False where it cannot.
fn apt_install(packages: &[&str]) -> Result<bool> {
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    let Some(apt) = on_path("apt-get").filter(|_| root) else { return Ok(false) };
    say(format_args!("installing {}, once", packages.join(" and ")));
    let apt_get = || {
        let mut command = Command::new(&apt);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt_get().args(["update", "-qq"]))?;
    process::run(apt_get().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))?;
    Ok(true)
}

/// Where a program lies on the path.
fn on_path(program: &str) -> Option<PathBuf> {
    let file = Path::new(program).with_extension(std::env::consts::EXE_EXTENSION);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(&file))
        .find(|path| path.is_file())
}
