//! `cargo xtask fuzz TARGET`: damaged input for what reads messages and files that strangers send.
//!
//! It needs nothing but the stable toolchain, and the same seed tries the same inputs. Inputs are made from valid ones,
//! those of a target and those in `corpus/`, by changing bytes. What leads to an answer that was not seen before is kept
//! and changed further. A panic, a wrong answer or an endless computation is a failure: its input is written down, and
//! `--input FILE` tries it again.

// Time decides how long to go on, and never what is tried.
#![allow(clippy::disallowed_types)]

mod mutate;
#[cfg(feature = "onnx")]
mod onnx;
mod receipts;
mod target;
mod wire;

use std::{
    collections::BTreeSet,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, ValueEnum};
use footlights_env::{Rng, Stream, digest};

use crate::{mutate::mutate, target::Target};

/// More inputs than this are not kept: the oldest make room.
const MAX_KEPT: usize = 2_000;

#[derive(Parser)]
#[command(name = "cargo xtask fuzz", about = "Feeds damaged input to what strangers can reach")]
struct Cli {
    /// What reads the input
    target: Name,
    /// How long to go on
    #[arg(long, value_name = "S", default_value_t = 20)]
    seconds: u64,
    /// Every input follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tries this file and nothing else
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Every message of the protocol
    Wire,
    /// What browsers bring back to a room that lost its process
    Receipts,
    /// Model files
    #[cfg(feature = "onnx")]
    Onnx,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<String> {
    let target: Box<dyn Target> = match cli.target {
        Name::Wire => Box::new(wire::Wire),
        Name::Receipts => Box::new(receipts::Receipts::new()?),
        #[cfg(feature = "onnx")]
        Name::Onnx => Box::new(onnx::Onnx),
    };
    if let Some(file) = &cli.input {
        let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        return Ok(target.read(&bytes));
    }
    let name = cli.target.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let directory = package_directory().join("corpus").join(&name);
    let mut kept = target.seeds();
    kept.extend(corpus(&directory)?);
    // A panic that a target catches itself is an answer, and one that it does not catch is reported below.
    panic::set_hook(Box::new(|_| {}));
    let mut rng = Rng::derive(cli.seed, Stream::Environment, 0, 0);
    let mut answers = BTreeSet::new();
    for input in &kept {
        answers.insert(attempt(target.as_ref(), &name, input)?);
    }
    let began = Instant::now();
    let mut tried: u64 = 0;
    while began.elapsed() < Duration::from_secs(cli.seconds) {
        let input = mutate(&kept, &mut rng);
        let answer = attempt(target.as_ref(), &name, &input)?;
        tried += 1;
        if answers.insert(answer) {
            if kept.len() >= MAX_KEPT {
                kept.remove(0);
            }
            kept.push(input);
        }
    }
    Ok(format!("{name}: {tried} inputs, {} different answers, seed {}", answers.len(), cli.seed))
}

/// The files of a directory, in the order of their names; none if there is no such directory.
fn corpus(directory: &Path) -> Result<Vec<Vec<u8>>> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut files =
        std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    files.iter().map(|file| std::fs::read(file).with_context(|| file.display().to_string())).collect()
}

/// What tells answers apart: their words, without numbers and without what they quote of the input.
fn kind(answer: &str) -> String {
    let own = answer.split(['`', '"']).step_by(2);
    own.flat_map(str::chars).filter(|c| c.is_ascii() && !c.is_ascii_digit()).collect()
}

/// The kind of the answer to one input.
fn attempt(target: &dyn Target, name: &str, input: &[u8]) -> Result<String> {
    let began = Instant::now();
    let answer = panic::catch_unwind(AssertUnwindSafe(|| target.read(input)));
    let took = began.elapsed();
    let why = match answer {
        Ok(answer) if took <= target.limit() => return Ok(kind(&answer)),
        Ok(_) => format!("it took {} ms", took.as_millis()),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let words = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            words.to_owned()
        }
    };
    let file = std::env::temp_dir().join(format!("footlights-fuzz-{name}-{:016x}", digest::of_bytes(input)));
    std::fs::write(&file, input)?;
    bail!("{name}: {why}; try it again with `cargo xtask fuzz {name} --input {}`", file.display())
}

/// The directory of this package: cargo says it where it runs the program. Two checkouts that share a target directory may
/// share the program, too, so what the compiler knew comes second.
fn package_directory() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into()
}
