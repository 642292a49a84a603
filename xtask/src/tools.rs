//! The programs that only tests need: found, or installed where that can be done without asking. What cannot is said in
//! one sentence with its remedy.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use footlights_cli::{
    cache,
    process::{self, say},
    tools::on_path,
};

use crate::workspace::Workspace;

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

/// WebKitGTK for the browser tests: its WebDriver, and the browser that it starts, which Debian has in a folder of its own.
/// `$WEBKIT_DRIVER_BIN` and `$WEBKIT_BIN` name others. None where there is none to be had: the tests that need it say that
/// they are skipped.
pub fn webkit() -> Result<Option<(PathBuf, PathBuf)>> {
    let named = ["WEBKIT_DRIVER_BIN", "WEBKIT_BIN"].map(|name| std::env::var_os(name).map(PathBuf::from));
    if let [Some(driver), Some(browser)] = named {
        return Ok(Some((driver, browser)));
    }
    if on_path("WebKitWebDriver").is_none() || on_path("Xvfb").is_none() {
        try_apt_install("webkit2gtk-driver");
        try_apt_install("xvfb");
    }
    let driver = on_path("WebKitWebDriver").filter(|_| on_path("Xvfb").is_some());
    let browser = mini_browser();
    let found = driver.zip(browser);
    if found.is_none() {
        say("no WebKit, so its tests are skipped (Debian: apt-get install webkit2gtk-driver xvfb)");
    }
    Ok(found)
}

/// WebKitGTK's browser: below `/usr/lib/MACHINE/webkit2gtk-VERSION`.
fn mini_browser() -> Option<PathBuf> {
    let below = |folder: PathBuf| {
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
    };
    let machines = below("/usr/lib".into()).chain(below("/usr/libexec".into()));
    let all = machines.flat_map(|machine| below(machine.clone()).chain([machine]));
    let mut found: Vec<PathBuf> =
        all.map(|folder| folder.join("MiniBrowser")).filter(|path| path.is_file()).collect();
    found.sort();
    found.pop()
}

/// A Python with what `tests/data/requirements.txt` pins: pandas, DuckDB and typos. None where there is no Python that can
/// make one.
pub fn python(ws: &Workspace) -> Result<Option<PathBuf>> {
    python_with(ws, "tests/data/requirements.txt")
}

/// A Python with what a file pins, in an environment of its own. None where there is no Python that can make one: the tests
/// that need it are skipped, which is said.
pub fn python_with(ws: &Workspace, requirements: &str) -> Result<Option<PathBuf>> {
    let Some(python) = on_path("python3") else {
        say(format_args!("no Python, so the tests that need {requirements} are skipped"));
        return Ok(None);
    };
    let file = ws.root.join(requirements);
    let pinned = std::fs::read(&file).with_context(|| format!("reading {requirements}"))?;
    let name = format!("tools/python-{:016x}", footlights_env::digest::of_bytes(&pinned));
    let home = cache().unwrap_or_else(|| ws.target.clone()).join(name);
    let (found, whole) = (home.join("bin/python"), home.join("whole"));
    if whole.exists() {
        return Ok(Some(found));
    }
    say(format_args!("installing what {requirements} lists, once"));
    let made = process::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&home)).and_then(|()| {
        let mut pip = Command::new(&found);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        process::run(pip.arg(&file))
    });
    match made {
        Ok(()) => {
            std::fs::write(whole, "")?;
            Ok(Some(found))
        }
        Err(error) => {
            say(format_args!("what {requirements} lists is not there, so its tests are skipped: {error:#}"));
            Ok(None)
        }
    }
}

/// The driver of Chromium for tests that run inside it: `$CHROMEDRIVER`, one on the path, or a freshly installed one. None
/// where there is none to be had: the tests that need it are left out, which is said.
pub fn chromedriver() -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os("CHROMEDRIVER") {
        return Ok(Some(named.into()));
    }
    if on_path("chromedriver").is_none() {
        try_apt_install("chromium-driver");
    }
    let found = on_path("chromedriver");
    if found.is_none() {
        say("no chromedriver, so tests inside a browser engine are skipped: install it, or set CHROMEDRIVER");
    }
    Ok(found)
}

/// The version of cargo-deny.
const CARGO_DENY: &str = "0.20.2";

/// cargo-deny, compiled once into the user's cache.
pub fn cargo_deny(ws: &Workspace) -> Result<PathBuf> {
    let home = cache().unwrap_or_else(|| ws.target.clone()).join(format!("tools/cargo-deny-{CARGO_DENY}"));
    let program = home.join("bin/cargo-deny").with_extension(std::env::consts::EXE_EXTENSION);
    if !program.exists() {
        say("compiling cargo-deny, once");
        let mut cargo = ws.cargo();
        cargo
            .args(["install", "cargo-deny", "--locked", "--debug", "--version", CARGO_DENY, "--root"])
            .arg(&home);
        process::run(cargo.env("CARGO_TARGET_DIR", home.join("target")))?;
        std::fs::remove_dir_all(home.join("target")).context("removing what cargo-deny was compiled in")?;
    }
    Ok(program)
}

/// R, for the book's snippets: the one on the path, or a freshly installed one. None where there is none to be had: the test
/// that needs it says that it is skipped.
pub fn rscript() -> Result<Option<PathBuf>> {
    if on_path("Rscript").is_none() {
        try_apt_install("r-base-core");
    }
    Ok(on_path("Rscript"))
}

/// The same for what tests can do without: where it cannot be installed, that is said.
fn try_apt_install(package: &str) {
    if let Err(error) = apt_install(&[package]) {
        say(format_args!("{package} is not installed: {error:#}"));
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    /// The versions that a lockfile of npm has, by the folders of the packages.
    fn locked(text: &str) -> Vec<(String, String)> {
        let lock: Value = serde_json::from_str(text).unwrap();
        let packages = lock["packages"].as_object().unwrap().iter().filter(|(folder, _)| !folder.is_empty());
        packages.map(|(folder, found)| (folder.clone(), found["version"].as_str().unwrap().into())).collect()
    }

    #[test]
    fn tests_run_on_the_packages_that_labs_have() {
        let (here, labs) = (
            locked(include_str!("../../package-lock.json")),
            locked(include_str!("../../footlights/cli/edge/package-lock.json")),
        );
        let version = |wanted: &str| here.iter().find(|(folder, _)| folder == wanted).map(|(_, found)| found);
        let mut both = 0;
        for (folder, labs) in &labs {
            if let Some(here) = version(folder) {
                assert_eq!(here, labs, "{folder}");
                both += 1;
            }
        }
        assert!(version("node_modules/miniflare").is_some() && version("node_modules/wrangler").is_some());
        assert!(both > 20, "only {both} packages are in both");
    }
}
