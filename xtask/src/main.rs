//! `cargo xtask`: the developer's and the researcher's command.
//!
//! It brings a machine to where everything runs, and starts what the architecture keeps apart. What a machine may read
//! goes to standard output, everything else to standard error.
#![forbid(unsafe_code)]

mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use footlights_cli::{
    build::{self, Purpose},
    process,
    tools::node,
};

use crate::{test::Stage, workspace::Workspace};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    version,
    about = "Everything around Footlights that is not the product itself."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What a lab's own command does, here with the examples
    #[command(flatten)]
    Lab(footlights_cli::Command),
    /// Set up and pass every test, or one stage of them
    Test {
        /// One stage, or several; all of them without
        stages: Vec<Stage>,
        /// Only tests whose names contain this
        #[arg(long)]
        filter: Option<String>,
    },
    /// Run the benchmarks on the optimised build
    Bench {
        /// A benchmark's name, --json, and what else `bench` takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Feed damaged input to what reads messages and files of strangers
    #[command(disable_help_flag = true)]
    Fuzz {
        /// TARGET [--seconds N] [--seed N] [--input FILE]; the targets are wire, receipts and onnx
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Make the pages of the book, in target/book
    Book {
        /// Take its pictures anew, in Chromium
        #[arg(long)]
        pictures: bool,
    },
    /// Go through a deployment of the examples without deploying, and print what would be uploaded
    DeployCheck,
    /// Build what tests run, as the test lab's wrangler.toml says
    BuildTestLab,
}

fn main() -> ExitCode {
    footlights_cli::exit(run(Cli::parse().command))
}

fn run(command: Command) -> Result<()> {
    let ws = Workspace::find()?;
    match command {
        Command::Lab(command) => {
            command.run(footlights_examples::app, &ws.root.join("examples"), &ws.root.join("xtask"))
        }
        Command::Test { stages, filter } => test::run(&ws, &stages, filter.as_deref()),
        Command::Bench { args } => {
            let examples = ws.examples()?;
            build::run(&examples, Purpose::Deploy { optimise: true })?;
            let all = args.iter().all(|arg| arg.starts_with('-'));
            let runs = |name: &str| all || args.iter().any(|arg| arg == name);
            // Not for a benchmark that does without: it is installed where it is missing.
            let chromium =
                if runs("browser_rollback") { Some(("CHROMIUM_BIN", tools::chromium()?)) } else { None };
            let lab = ws.test_lab()?;
            if ["load", "latency", "study", "watching", "browser_rollback"].iter().any(|name| runs(name)) {
                build::run(&lab, Purpose::Deploy { optimise: true })?;
                footlights_cli::tools::npm_packages(&ws.root)?;
            }
            let simulate = if runs("study") {
                Some(("FOOTLIGHTS_SIMULATE", ws.program("footlights-simulate-tests")?))
            } else {
                None
            };
            process::replace(
                ws.cargo()
                    .args(["run", "--release", "--package", "footlights-bench", "--"])
                    .args(args)
                    .envs(chromium)
                    .envs(simulate)
                    .envs([ws.simulate_edge()])
                    .env("FOOTLIGHTS_LAB", &lab.root)
                    .env("FOOTLIGHTS_NODE", node()?),
            )
        }
        Command::Fuzz { args } => process::replace(&mut test::fuzz(&ws, args)?),
        Command::Book { pictures } => {
            if pictures {
                test::pictures(&ws)?;
            }
            test::book(&ws)
        }
        Command::DeployCheck => test::deploy_check(&ws),
        Command::BuildTestLab => build::run(&ws.test_lab()?, Purpose::Deploy { optimise: false }),
    }
}
