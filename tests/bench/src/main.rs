//! `cargo xtask bench`: every figure of `ARCHITECTURE.md`, measured again.
//!
//! Figures go to standard output, as a table or as JSON lines; what is being done goes to standard error. It expects
//! the optimised build that `cargo xtask bench` makes before it starts this.

mod bots;
mod browser;
mod bundles;
mod conditions;
mod context;
mod crowd;
mod edge;
mod game;
mod inference;
mod kernels;
mod latency;
mod load;
mod measure;
mod node;
mod process;
mod report;
mod rollback;
mod rooms;
mod steps;
mod study;
mod swarm;
mod watching;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};

use crate::{
    conditions::Conditions,
    context::{Context, given},
    report::Report,
};

#[derive(Parser)]
#[command(name = "cargo xtask bench", about = "Measures, on the optimised build")]
struct Cli {
    /// One benchmark, or several; all of them without
    names: Vec<Name>,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
    /// The ONNX file of the policy that `inference_wasm` measures
    #[arg(long, default_value = "examples/models/slime_volleyball.onnx")]
    policy: PathBuf,
}

/// In the order of running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Name {
    /// Environment steps a second, natively
    EnvStepsNative,
    /// The same in WebAssembly, and its ratio to native
    EnvStepsWasm,
    /// Ticks a second of a room with two people
    RoomTicks,
    /// Bytes of a frame on the wire
    FrameBytes,
    /// Size and cost of a snapshot
    Snapshot,
    /// What browser execution costs: going back, snapshots, messages, playing a game again
    Rollback,
    /// What two people at a distance see in Chromium: from a key to its picture, missed frames, rollbacks: minutes
    BrowserRollback,
    /// Time of a decision of an ONNX policy in WebAssembly
    InferenceWasm,
    /// Size of what is deployed
    WorkerBundle,
    /// Size of what a browser loads
    ClientBundle,
    /// Games at once on one local edge, with full frame rate for everybody: minutes
    Load,
    /// Time from a key to the first frame that knows it
    Latency,
    /// A whole experiment of a hundred participants at once: waits, and costs of each: minutes
    Study,
    /// A class of three hundred sessions and a training run with two hundred viewers: how late frames are
    Watching,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let root = package_directory().join("../..").canonicalize()?;
    let node = given("FOOTLIGHTS_NODE", "node");
    let report = Report::begin(cli.json, &Conditions::find(&node))?;
    let edge = given("FOOTLIGHTS_EDGE", root.join("footlights/cli/edge/edge.mjs"));
    let mut context = Context::new(root, node, edge, cli.policy, report);
    for name in Name::value_variants().iter().filter(|name| cli.names.is_empty() || cli.names.contains(name))
    {
        let words = name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        eprintln!("bench: {words}");
        let run = match name {
            Name::EnvStepsNative => steps::native,
            Name::EnvStepsWasm => steps::wasm,
            Name::RoomTicks => rooms::ticks,
            Name::FrameBytes => rooms::frame_bytes,
            Name::Snapshot => rooms::snapshot,
            Name::Rollback => rollback::run,
            Name::BrowserRollback => browser::run,
            Name::InferenceWasm => inference::wasm,
            Name::WorkerBundle => bundles::worker,
            Name::ClientBundle => bundles::client,
            Name::Load => load::run,
            Name::Latency => latency::run,
            Name::Study => study::run,
            Name::Watching => watching::run,
        };
        run(&mut context).with_context(|| format!("benchmark {words}"))?;
    }
    Ok(())
}

/// The directory of this package: cargo says it where it runs the program. Two checkouts that share a target directory
/// may share the program, too, so what the compiler knew comes second.
fn package_directory() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into()
}
