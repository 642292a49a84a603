//! `cargo xtask dev`: from a fresh checkout to a page in the browser.

use std::{io::Write, net::TcpListener, process::Command};

use anyhow::{Context, Result, bail};

use crate::{build, parse, process, tools, workspace::Workspace};

/// The local edge, for everything that starts one.
pub const EDGE: &str = "xtask/edge/edge.mjs";
const SECRET: &str = "FOOTLIGHTS_SECRET";

/// Builds what has changed and becomes the local edge.
pub fn run(ws: &Workspace, port: u16) -> Result<()> {
    // The edge would say so too, but only after the build.
    if TcpListener::bind(("127.0.0.1", port)).is_err() {
        bail!("port {port} is in use: end what listens there, or choose another with --port");
    }
    build::run(ws, false)?;
    local_secret(ws)?;
    let mut edge = Command::new(tools::node()?);
    edge.arg(ws.root.join(EDGE)).args(["--greet", "--port", &port.to_string(), "--persist"]);
    process::replace(edge.arg(ws.root.join(".wrangler/state/v3")).current_dir(&ws.root))
}

/// Makes sure that `.dev.vars` has a secret to sign with: random, for this checkout alone, never committed.
fn local_secret(ws: &Workspace) -> Result<()> {
    let path = ws.root.join(".dev.vars");
    let kept = if path.exists() {
        std::fs::read_to_string(&path).context("reading .dev.vars")?
    } else {
        String::new()
    };
    if parse::has_variable(&kept, SECRET) {
        return Ok(());
    }
    let random = "process.stdout.write(require('node:crypto').randomBytes(32).toString('hex'))";
    let secret = process::output(Command::new(tools::node()?).args(["-e", random]))?;
    let gap = if kept.is_empty() || kept.ends_with('\n') { "" } else { "\n" };
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).context("writing .dev.vars")?;
    Ok(writeln!(file, "{gap}{SECRET}={secret}")?)
}
