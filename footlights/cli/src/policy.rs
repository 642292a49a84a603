//! `policy check`: looks at an ONNX model in the module that plays models, before an experiment has it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use footlights_app::App;
use serde_json::{Value, json};

use crate::{build, project::Project, rollout, tools};

/// What to do with a policy.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Say what a model is, whether it fits an environment, and how a seat is given it
    Check(Options),
}

/// Which model, and what for.
#[derive(Debug, Args)]
pub struct Options {
    /// The ONNX file
    file: PathBuf,
    /// The environment's id
    #[arg(long)]
    env: String,
    /// The environment's configuration as JSON; its default without
    #[arg(long)]
    config: Option<String>,
    /// The number of the agent that it plays
    #[arg(long, default_value_t = 0)]
    agent: u8,
    /// Write the model there, with the values in it that it keeps in other files
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Prints what was found.
///
/// # Errors
/// There is no such environment or file, or the model does not fit.
pub fn check(app: &App, root: &Path, options: &Options) -> Result<()> {
    let entry = rollout::entry(app.registry(), &options.env)?;
    let config = match &options.config {
        Some(text) => serde_json::from_str(text).context("--config is not JSON")?,
        None => Value::Null,
    };
    let config = entry.make(&config)?.packed_config()?;
    let file = options.file.canonicalize().with_context(|| format!("reading {}", options.file.display()))?;
    let out = options.out.as_ref().map(std::path::absolute).transpose()?;
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let asked = json!({
        "environment": options.env,
        "config": config,
        "agent": options.agent,
        "name": name,
        "out": out,
    });
    let policies = build::policies(&Project::at(root, app)?)?;
    let mut node = Command::new(tools::node()?);
    node.arg(tools::edge()?.join("policy.mjs")).arg(policies).arg(&file);
    let mut node = node.stdin(Stdio::piped()).spawn().context("starting Node.js")?;
    // Its end is where Node.js begins. If Node.js has ended before, its status says so.
    let _ = node.stdin.take().map(|mut input| input.write_all(asked.to_string().as_bytes()));
    if node.wait().context("waiting for Node.js")?.success() {
        return Ok(());
    }
    bail!("the model cannot play {} as it is", options.env)
}
