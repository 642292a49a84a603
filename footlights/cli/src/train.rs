//! `train`: deep Q-learning of an environment on this machine. The same options give the same network, bit for bit.
#![allow(clippy::disallowed_types, reason = "how long it takes is told to a person and decides nothing")]

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use footlights_env::{Registry, Simulation};
use footlights_learn::{
    Net, Run, dqn, evaluate, onnx,
    run::{Exploration, Length, Settings},
};
use serde_json::Value;

use crate::{process::say, rollout};

/// How often it is said how it goes.
const TELL: Duration = Duration::from_secs(10);
/// The output of the model file.
const OUTPUT: &str = "q_values";

/// What to learn, and how.
#[derive(Debug, Args)]
pub struct Options {
    /// The environment's id
    #[arg(long)]
    env: String,
    /// The environment's configuration as JSON; its default without
    #[arg(long)]
    config: Option<String>,
    /// Where the model goes, such as models/cook.onnx
    #[arg(long)]
    out: PathBuf,
    /// STEPS=FILE: also writes the model as it is after so many steps; may be given several times
    #[arg(long)]
    keep: Vec<Kept>,
    /// Another seed gives another policy
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of all games together
    #[arg(long, default_value_t = 3_000_000)]
    steps: u64,
    /// Games that are played at the same time, each with another share of random actions
    #[arg(long, default_value_t = 16)]
    games: usize,
    /// Widths of the hidden layers
    #[arg(long, value_delimiter = ',', default_value = "128,128")]
    hidden: Vec<usize>,
    /// The optimiser's step at the start; it falls to a tenth
    #[arg(long, default_value_t = 1e-3)]
    rate: f32,
    /// What a reward is worth one step earlier
    #[arg(long, default_value_t = 0.99)]
    discount: f32,
    /// Rewards are multiplied by it, so that values are small numbers
    #[arg(long, default_value_t = 0.03)]
    reward_scale: f32,
    /// Batches of 64 steps between two copies of the network to the one that judges
    #[arg(long, default_value_t = 4_000)]
    target_every: u64,
    /// Steps that are remembered
    #[arg(long, default_value_t = 200_000)]
    capacity: usize,
    /// Episodes of the evaluation, in which no action is random
    #[arg(long, default_value_t = 100)]
    evaluate: u32,
}

/// A model on the way.
#[derive(Debug, Clone)]
struct Kept {
    steps: u64,
    file: PathBuf,
}

impl FromStr for Kept {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (steps, file) = text.split_once('=').context("it is STEPS=FILE")?;
        Ok(Self { steps: steps.replace('_', "").parse().context("STEPS is a number")?, file: file.into() })
    }
}

/// Trains a policy and writes it.
///
/// # Errors
/// The environment is unknown or cannot be learnt so, or a file cannot be written.
pub fn run(registry: &Registry, options: &Options) -> Result<()> {
    let config = match &options.config {
        Some(text) => serde_json::from_str(text).context("--config is not JSON")?,
        None => Value::Null,
    };
    ensure!(
        options.hidden.iter().all(|width| (1..=4_096).contains(width)),
        "a hidden layer has 1 to 4096 units"
    );
    ensure!((1..=255).contains(&options.games), "there are 1 to 255 games at the same time");
    let sim = rollout::entry(registry, &options.env)?.make(&config)?;
    let settings = Settings {
        learner: dqn::Settings {
            seed: options.seed,
            hidden: options.hidden.clone(),
            steps: 5,
            discount: options.discount,
            reward_scale: options.reward_scale,
            rate: options.rate,
            batch: 64,
            capacity: options.capacity,
            warm_up: 5_000,
            target_every: options.target_every,
            games: options.games,
            ..dqn::Settings::default()
        },
        length: Length::Steps(options.steps),
        exploration: Exploration::Spread { anneal: 100_000, highest: 0.5, exponent: 4.0 },
        batches: 1,
        last_rate: 0.1,
    };
    let mut run = Run::new(sim.as_ref(), settings).map_err(|error| anyhow!("{error}"))?;
    let mut keep = options.keep.clone();
    keep.sort_by_key(|kept| kept.steps);
    let mut keep = keep.into_iter().peekable();
    let (began, mut told) = (Instant::now(), Instant::now());
    let (mut episodes, mut rewards, mut lengths) = (0u32, 0.0, 0u64);
    while !run.is_over() {
        for finished in run.round().map_err(|error| anyhow!("{error}"))? {
            episodes += 1;
            rewards += finished.rewards.first().copied().unwrap_or_default();
            lengths += u64::from(finished.length);
        }
        while let Some(kept) = keep.next_if(|kept| kept.steps <= run.steps()) {
            report(sim.as_ref(), &run.network(), options, &kept.file, run.steps(), began.elapsed())?;
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            let count = f64::from(episodes.max(1));
            let greedy = evaluate::greedy(sim.as_ref(), &run.network(), options.seed, 1)?;
            say(format_args!(
                "{:5.0} s, {} of {} steps: with random actions {:.1} in {:.0} steps, without {:.1} in {:.0}",
                began.elapsed().as_secs_f64(),
                run.steps(),
                options.steps,
                rewards / count,
                lengths as f64 / count,
                greedy.mean(),
                greedy.steps(),
            ));
            (episodes, rewards, lengths) = (0, 0.0, 0);
        }
    }
    report(sim.as_ref(), &run.network(), options, &options.out, run.steps(), began.elapsed())
}

/// Writes a model, and prints how good it is.
fn report(
    sim: &dyn Simulation,
    net: &Net,
    options: &Options,
    file: &Path,
    steps: u64,
    after: Duration,
) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    std::fs::write(file, onnx::write(net, OUTPUT)).with_context(|| format!("writing {}", file.display()))?;
    let score = evaluate::greedy(sim, net, options.seed, options.evaluate)?;
    let (least, most) = (score.lengths.iter().min(), score.lengths.iter().max());
    let (Some(least), Some(most)) = (least, most) else { bail!("--evaluate is at least 1") };
    println!(
        "{}: after {steps} steps and {:.0} s, mean reward {:.1}, mean length {:.1} ({least} to {most}) in {} episodes",
        file.display(),
        after.as_secs_f64(),
        score.mean(),
        score.steps(),
        options.evaluate
    );
    Ok(())
}
