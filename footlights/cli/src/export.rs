//! `export`: the data of a deployment's experiments, each in a folder of its own.
//!
//! Node.js downloads, because it speaks HTTPS and is there anyway; here the archives become folders.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::{dev, excel, tools, unpack};

/// What to export.
#[derive(Debug, Args)]
pub struct Options {
    /// Where to: a folder for each experiment is made there, or replaced
    #[arg(long)]
    to: PathBuf,
    /// The deployment; without it the local edge that `dev` runs, on whichever port
    #[arg(long)]
    url: Option<String>,
    /// One experiment, or several; all of them without
    #[arg(long = "experiment")]
    experiments: Vec<String>,
    /// Also copies of the tables for Excel, below excel/: it reads them as UTF-8, and runs no answer as a formula
    #[arg(long)]
    excel: bool,
    /// The deployment's FOOTLIGHTS_ADMIN_TOKEN; better in the environment than on the command line
    #[arg(long, env = dev::ADMIN_TOKEN, hide_env_values = true)]
    token: Option<String>,
}

/// Where `dev` writes down the address of the edge that it runs.
const RUNNING: &str = ".wrangler/footlights.json";

/// Downloads and unpacks.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    let url = options.url.clone().or_else(|| running(root)).unwrap_or_else(|| "http://127.0.0.1:8787".into());
    let token = match &options.token {
        Some(token) => token.clone(),
        None => local_token(root, &url)?,
    };
    if let Some(wrong) = options.experiments.iter().find(|id| !unpack::is_id(id)) {
        bail!("{wrong:?} is no id of an experiment");
    }
    std::fs::create_dir_all(&options.to).with_context(|| format!("making {}", options.to.display()))?;
    let mut node = Command::new(tools::node()?);
    node.arg(tools::edge()?.join("export.mjs")).arg(&url).arg(&options.to).args(&options.experiments);
    let out = node.env(dev::ADMIN_TOKEN, token).stderr(Stdio::inherit()).output().context("starting node")?;
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        let downloaded: Value = serde_json::from_str(line)?;
        let experiment = downloaded["experiment"].as_str().filter(|id| unpack::is_id(id));
        let experiment = experiment.context("the deployment lists an experiment without an id")?;
        // Beside the old folder until it is whole.
        let archive = options.to.join(format!(".{experiment}.zip"));
        let folder = options.to.join(experiment);
        let files = unpack::unpack(&archive, &folder)?;
        std::fs::remove_file(&archive)?;
        println!("{}: {files} files", folder.display());
        if options.excel {
            let tables = excel::copy(&folder)?;
            println!("{}: {tables} tables", folder.join(excel::FOLDER).display());
        }
    }
    if out.status.success() { Ok(()) } else { bail!("the export is not complete; the reason is above") }
}

/// The local edge's token is for the local edge: no other address gets it.
fn local_token(root: &Path, url: &str) -> Result<String> {
    if !is_local(url) {
        bail!("{url} asks for its token: set {} to it", dev::ADMIN_TOKEN);
    }
    let token = dev::admin_token(root)?;
    token.with_context(|| {
        format!("there is no {} in .dev.vars: run `dev` first, or give --token", dev::ADMIN_TOKEN)
    })
}

fn is_local(url: &str) -> bool {
    let host =
        url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

fn running(root: &Path) -> Option<String> {
    let text = std::fs::read_to_string(root.join(RUNNING)).ok()?;
    let value: Value = serde_json::from_str(&text).ok()?;
    value["url"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_token_goes_to_this_machine_alone() {
        for url in ["http://127.0.0.1:8787", "http://localhost/", "http://[::1]:9000/x", "http://127.0.0.1"] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://example.org",
            "http://127.0.0.1.example.org:8787",
            "http://localhost@example.org/",
            "http://example.org/127.0.0.1",
            "http://127.0.0.1:8787@example.org/",
            "",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
