//! `cargo xtask export`: the data of a deployment's experiments, each in a folder of its own.
#![forbid(unsafe_code)]

mod unpack;

use std::{fs::File, io, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde_json::Value;
use ureq::http::{Response, StatusCode};

#[derive(Parser)]
#[command(name = "cargo xtask export", about = "Download the data of experiments and unpack them")]
struct Options {
    /// Where to: a folder for each experiment is made there, or replaced
    #[arg(long)]
    to: PathBuf,
    /// The deployment
    #[arg(long, default_value = "http://127.0.0.1:8787")]
    url: String,
    /// One experiment, or several; all of them without
    #[arg(long = "experiment")]
    experiments: Vec<String>,
    /// The deployment's FOOTLIGHTS_ADMIN_TOKEN; better in the environment than on the command line
    #[arg(long, env = "FOOTLIGHTS_ADMIN_TOKEN", hide_env_values = true)]
    token: String,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let mut experiments = options.experiments.clone();
    if experiments.is_empty() {
        let mut list = get(options, "experiments")?;
        let list: Value = serde_json::from_str(&list.body_mut().read_to_string()?)?;
        let ids = list["experiments"].as_array().context("the deployment lists no experiments")?;
        experiments = ids.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect();
    }
    for experiment in &experiments {
        if !unpack::is_id(experiment) {
            bail!("{experiment:?} is no id of an experiment");
        }
        std::fs::create_dir_all(&options.to).with_context(|| format!("making {}", options.to.display()))?;
        // Beside the old folder until it is whole.
        let partial = options.to.join(format!(".{experiment}.zip"));
        let mut response = get(options, &format!("experiments/{experiment}/export.zip"))?;
        let mut file = File::create(&partial).with_context(|| format!("writing {}", partial.display()))?;
        io::copy(&mut response.body_mut().as_reader(), &mut file).context("the download broke off")?;
        let folder = options.to.join(experiment);
        let files = unpack::unpack(&partial, &folder)?;
        std::fs::remove_file(&partial)?;
        println!("{}: {files} files", folder.display());
    }
    Ok(())
}

fn get(options: &Options, path: &str) -> Result<Response<ureq::Body>> {
    let url = format!("{}/api/admin/{path}", options.url.trim_end_matches('/'));
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let request = agent.get(&url).header("authorization", format!("Bearer {}", options.token));
    let mut response = request.call().with_context(|| format!("asking {url}"))?;
    if response.status() != StatusCode::OK {
        let said = response.body_mut().read_to_string().unwrap_or_default();
        let error = serde_json::from_str::<Value>(&said).ok();
        let error = error.as_ref().and_then(|value| value["error"].as_str()).unwrap_or(said.trim());
        bail!("{url}: {}: {error}", response.status());
    }
    Ok(response)
}
