//! `simulate`: compiles the program that lets bots walk an experiment, builds what they walk through, and becomes it.

use std::{iter::once, path::Path, process::Command};

use anyhow::{Result, bail};
use clap::Parser as _;
use footlights_app::App;
use footlights_simulate::Options;

use crate::{
    build::{self, Purpose},
    cargo, process,
    process::say,
    project::Project,
    shim, tools,
};

/// `args` are the program's. What is wrong with them is said before anything is compiled.
pub fn run(app: &App, root: &Path, args: &[String]) -> Result<()> {
    let options = Options::parse_from(once("simulate").chain(args.iter().map(String::as_str)));
    let known: Vec<String> = app.experiments().into_iter().map(|experiment| experiment.id).collect();
    if !known.contains(&options.experiment) {
        bail!("--experiment {:?}: this lab has {}", options.experiment, known.join(", "));
    }
    let project = &Project::at(root, app)?;
    if options.url.is_none() {
        build::run(project, Purpose::Serve { models: project.needs_models })?;
    }
    say("compiling the bots");
    let shims = shim::write(project)?;
    let mut command = Command::new("cargo");
    command.current_dir(&shims).args(["build", "--package", &shim::simulate(project)]);
    let programs = cargo::build(command.env("CARGO_TARGET_DIR", &project.target))?;
    let [program] = programs.as_slice() else { bail!("cargo made no program that simulates") };
    let (edge, built) = (tools::edge()?, Purpose::Serve { models: true }.folder(project));
    let mut simulate = Command::new(program);
    simulate.current_dir(&project.root).args(args).env("FOOTLIGHTS_LAB", &project.root);
    simulate
        .env("FOOTLIGHTS_BUILT", built)
        .env("FOOTLIGHTS_NODE", tools::node()?)
        .env("FOOTLIGHTS_SIMULATE_EDGE", edge.join("simulate.mjs"));
    process::replace(&mut simulate)
}
