//! The command of a lab's repository: `cargo run -- dev`, `build`, `deploy` and what else [`Command`] lists.
//!
//! It brings a machine to where everything runs, builds the lab's WebAssembly modules, and starts what the architecture
//! keeps apart. What a machine may read goes to standard output, everything else to standard error.

mod broadcast;
pub mod build;
mod cargo;
mod check;
mod config;
mod deploy;
mod dev;
mod disk;
mod excel;
mod export;
mod files;
mod golden;
mod models;
mod new;
mod pack;
mod parse;
mod policy;
pub mod process;
mod project;
mod python;
mod replay;
mod rollout;
mod shim;
mod simulate;
mod stamp;
pub mod tools;
mod train;
mod unpack;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Parser, Subcommand};
use footlights_app::App;

use crate::build::Purpose;

pub use check::check;
pub use deploy::{SKIP_BUILD, wrangler};
pub use pack::web as pack_for_browsers;
pub use project::{Project, WASM, cache};
pub use python::python;
pub use stamp::Stamp;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up, build, and serve everything on 127.0.0.1, with R2 and D1 embedded
    Dev {
        /// Where to listen
        #[arg(long, default_value_t = 8787)]
        port: u16,
    },
    /// What `dev` calls after a file was saved
    #[command(hide = true)]
    Rebuild {
        /// Where to write what is wrong
        #[arg(long)]
        report: PathBuf,
    },
    /// Say what is wrong with the experiments, if anything
    Check,
    /// Build the pages and the worker, as wrangler.toml's [build] does
    Build {
        /// Optimise the modules for size as well: minutes the first time
        #[arg(long)]
        release: bool,
    },
    /// Build and deploy to Cloudflare
    Deploy {
        /// What `wrangler deploy` takes, such as --env staging or --dry-run
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Call the wrangler that this version was tested with, such as `wrangler login` or `wrangler secret put NAME`
    Wrangler {
        /// What wrangler takes
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Download the data of experiments and unpack them
    Export(export::Options),
    /// Compare the digests of the environments with those in goldens.json
    Golden {
        /// Write them there instead
        #[arg(long)]
        accept: bool,
    },
    /// Make the repository of a new lab
    New(new::Options),
    /// Look at an ONNX model: what it is, whether it fits an environment, and how a seat is given it
    #[command(subcommand)]
    Policy(policy::Action),
    /// Build the environments as a package for Python, with Gymnasium's and PettingZoo's interfaces
    Python(python::Options),
    /// Play an environment and print every step as a line of JSON
    Rollout(rollout::Options),
    /// Train a policy for an environment by deep Q-learning, and write it as an ONNX file
    Train(Box<train::Options>),
    /// Let bots walk an experiment as participants do, and compare what they saw with what was stored
    #[command(disable_help_flag = true)]
    Simulate {
        /// --experiment ID --participants N [--url U] [--json], and what else `simulate --help` lists
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Play a stored game again and compare every digest
    Replay {
        /// A `.msgpack` file from the bucket's `replays` folder
        file: PathBuf,
    },
}

impl Command {
    /// Does it for the lab whose package is in `root` and whose app is made by `app`. `program` is the directory of the package
    /// whose program this is.
    ///
    /// # Errors
    /// What could not be done, with its cause.
    pub fn run(self, app: fn() -> App, root: &Path, program: &Path) -> Result<()> {
        match self {
            Self::Dev { port } => dev::run(&app(), root, program, port),
            Self::Rebuild { report } => dev::rebuild(&app(), root, &report),
            Self::Check => check(&app(), root),
            Self::Build { release } => {
                if std::env::var_os(deploy::SKIP_BUILD).is_some() {
                    process::say(format_args!("not built again: {} is set", deploy::SKIP_BUILD));
                    return Ok(());
                }
                check(&app(), root)?;
                build::run(&Project::at(root, &app())?, Purpose::Deploy { optimise: release })
            }
            Self::Deploy { args } => {
                check(&app(), root)?;
                deploy::run(&Project::at(root, &app())?, &args)
            }
            Self::Wrangler { args } => process::replace(&mut deploy::wrangler(root, &args)?),
            Self::Export(options) => export::run(root, &options),
            Self::Golden { accept } => golden::run(app().registry(), root, accept),
            Self::New(options) => new::run(&options, Project::at(root, &app())?.depend("footlights")?),
            Self::Policy(policy::Action::Check(options)) => policy::check(&app(), root, &options),
            Self::Python(options) => python::run(&Project::at(root, &app())?, &options),
            Self::Rollout(options) => {
                let mut out = std::io::BufWriter::new(std::io::stdout().lock());
                rollout::run(app().registry(), &options, &mut out)?;
                Ok(out.flush()?)
            }
            Self::Train(options) => train::run(app().registry(), &options),
            Self::Simulate { args } => simulate::run(&app(), root, &args),
            Self::Replay { file } => replay::run(app().registry(), &file),
        }
    }
}

#[derive(Parser)]
#[command(
    name = "cargo run --",
    bin_name = "cargo run --",
    version,
    about = "Everything around this lab's experiments"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The whole `main` of a lab: reads the command line and does what it says. `root` is the directory of the lab's package.
pub fn main(app: fn() -> App, root: &str) -> ExitCode {
    exit(Cli::parse().command.run(app, Path::new(root), Path::new(root)))
}

/// Says what went wrong, if anything, and which code to end with.
pub fn exit(result: Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    // A reader such as `head` that has seen enough is not a failure.
    let io = error.downcast_ref::<std::io::Error>();
    if io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
