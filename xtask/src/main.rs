//! `cargo xtask`: the developer's and the researcher's command.
//!
//! It brings a machine to where everything runs, and starts what the architecture keeps apart. What a machine may read
//! goes to standard output, everything else to standard error.
#![forbid(unsafe_code)]

mod build;
mod dev;
mod parse;
mod process;
mod replay;
mod rollout;
mod stamp;
mod test;
mod tools;
mod workspace;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

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
    /// Set up, build, and run everything on 127.0.0.1, with R2 and D1 embedded
    Dev {
        /// Where to listen
        #[arg(long, default_value_t = 8787)]
        port: u16,
    },
    /// Set up and pass every test, or one stage of them
    Test {
        /// One stage, or several; all of them without
        stages: Vec<Stage>,
        /// Only tests whose names contain this
        #[arg(long)]
        filter: Option<String>,
    },
    /// Build the client and the worker, as wrangler.toml's [build] does
    Build {
        /// Optimise the modules for size as well: minutes the first time
        #[arg(long)]
        release: bool,
    },
    /// Play an environment and print every step as a line of JSON
    Rollout(rollout::Options),
    /// Play a stored game again and compare every digest
    Replay {
        /// A `.msgpack` file from the bucket's `replays` folder
        file: PathBuf,
    },
    /// Download the data of experiments and unpack them
    Export {
        /// --to DIR, and what else `export` takes
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Train the shipped policy of an environment
    Train {
        /// The environment's id, then what `train` takes
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run the benchmarks on the optimised build
    Bench {
        /// A benchmark's name, --json, and what else `bench` takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Let bots walk an experiment as participants do, and compare what they saw with what was stored
    #[command(disable_help_flag = true)]
    Simulate {
        /// --experiment ID --participants N [--url U] [--json], and what else `simulate --help` lists;
        /// --test-experiments runs the local edge with the experiments of the tests too
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
    /// Go through a deployment without deploying, and print what would be uploaded
    DeployCheck,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A reader such as `head` that has seen enough is not a failure.
            if error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
            {
                return ExitCode::SUCCESS;
            }
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Rollout(options) => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            rollout::run(&footlights_example_environments::registry(), &options, &mut out)?;
            Ok(out.flush()?)
        }
        Command::Replay { file } => replay::run(&footlights_example_environments::registry(), &file),
        Command::Dev { port } => dev::run(&Workspace::find()?, port),
        Command::Test { stages, filter } => test::run(&Workspace::find()?, &stages, filter.as_deref()),
        Command::Build { release } => {
            if std::env::var_os("FOOTLIGHTS_SKIP_BUILD").is_some() {
                eprintln!("build skipped: FOOTLIGHTS_SKIP_BUILD is set");
                return Ok(());
            }
            build::run(&Workspace::find()?, release)
        }
        Command::Export { args } => {
            let ws = Workspace::find()?;
            let mut cargo = ws.cargo();
            cargo.args(["run", "--quiet", "--package", "footlights-export", "--"]).args(&args);
            // The local edge's token is for the local edge: no other address gets it.
            let elsewhere = args.iter().any(|arg| arg == "--url" || arg.starts_with("--url="));
            let given = args.iter().any(|arg| arg == "--token" || arg.starts_with("--token="));
            let known = std::env::var_os(dev::ADMIN_TOKEN).is_some();
            if !elsewhere && !given && !known {
                cargo.envs(dev::admin_token(&ws)?.map(|token| (dev::ADMIN_TOKEN, token)));
            }
            process::replace(&mut cargo)
        }
        Command::Train { args } => {
            let ws = Workspace::find()?;
            process::replace(
                ws.cargo().args(["run", "--release", "--package", "footlights-trainer", "--"]).args(args),
            )
        }
        Command::Bench { args } => {
            let ws = Workspace::find()?;
            build::run(&ws, true)?;
            let all = args.iter().all(|arg| arg.starts_with('-'));
            let runs = |name: &str| all || args.iter().any(|arg| arg == name);
            // Not for a benchmark that does without: it is installed where it is missing.
            let chromium =
                if runs("browser_rollback") { Some(("CHROMIUM_BIN", tools::chromium()?)) } else { None };
            let served =
                if runs("load") || runs("latency") { Some(build::for_tests(&ws, true)?) } else { None };
            process::replace(
                ws.cargo()
                    .args(["run", "--release", "--package", "footlights-bench", "--"])
                    .args(args)
                    .envs(chromium)
                    .envs(served)
                    .env("FOOTLIGHTS_NODE", tools::node()?)
                    .env("FOOTLIGHTS_WASM_BINDGEN", tools::wasm_bindgen(&ws)?)
                    .env("FOOTLIGHTS_EDGE", ws.root.join(dev::EDGE)),
            )
        }
        Command::Simulate { mut args } => {
            let ws = Workspace::find()?;
            let own_edge = !args.iter().any(|arg| arg.starts_with("--url") || arg == "--help" || arg == "-h");
            let for_tests = args.iter().position(|arg| arg == "--test-experiments").map(|at| args.remove(at));
            let served = match (own_edge, for_tests) {
                (true, None) => build::run(&ws, false).map(|()| None)?,
                (true, Some(_)) => Some(build::for_tests(&ws, false)?),
                (false, _) => None,
            };
            process::replace(
                ws.cargo()
                    .args(["run", "--quiet", "--package", "footlights-simulate", "--"])
                    .args(args)
                    .envs(served)
                    .env("FOOTLIGHTS_NODE", tools::node()?),
            )
        }
        Command::Fuzz { args } => process::replace(&mut test::fuzz(&Workspace::find()?, args)),
        Command::DeployCheck => test::deploy_check(&Workspace::find()?),
    }
}
