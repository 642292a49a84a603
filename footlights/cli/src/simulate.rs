//! `simulate`: compiles the program that lets bots walk an experiment, builds what they walk through, and becomes it.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    build::{self, Purpose},
    cargo, process,
    process::say,
    project::Project,
    shim, tools,
};

/// `args` are the program's.
pub fn run(project: &Project, args: &[String]) -> Result<()> {
    let only_asks = args.iter().any(|arg| arg == "--help" || arg == "-h");
    let is_elsewhere = args.iter().any(|arg| arg.starts_with("--url"));
    if !only_asks && !is_elsewhere {
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
