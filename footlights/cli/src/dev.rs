//! `dev`: from a fresh checkout to a page in the browser.

use std::{io::Write, net::TcpListener, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{build, parse, process, project::Project, tools};

/// What the local edge must know: what cookies are signed with, and what opens the admin routes.
const SECRETS: [&str; 2] = ["FOOTLIGHTS_SECRET", ADMIN_TOKEN];
/// What opens the admin routes.
pub const ADMIN_TOKEN: &str = "FOOTLIGHTS_ADMIN_TOKEN";

/// Builds what has changed and becomes the local edge.
pub fn run(project: &Project, port: u16) -> Result<()> {
    // The edge would say so too, but only after the build.
    if TcpListener::bind(("127.0.0.1", port)).is_err() {
        bail!("port {port} is in use: end what listens there, or choose another with --port");
    }
    build::run(project, false)?;
    local_secrets(&project.root)?;
    let mut edge = Command::new(tools::node()?);
    edge.arg(tools::edge()?.join("edge.mjs")).arg("--root").arg(&project.root);
    edge.args(["--greet", "--port", &port.to_string(), "--persist"])
        .arg(project.root.join(".wrangler/state/v3"));
    process::replace(edge.current_dir(&project.root))
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
