//! `train`: learns an environment on this machine, by deep Q-learning or proximal policy optimisation. The same options
//! give the same network, bit for bit.
#![allow(clippy::disallowed_types, reason = "how long it takes is told to a person and decides nothing")]

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use footlights_env::{Registry, Simulation};
use footlights_learn::{
    Common, Run, Shaping,
    dqn::{self, Exploration},
    evaluate, onnx, ppo,
    run::{Length, Method, Settings},
};
use serde_json::Value;

use crate::{broadcast::Broadcast, dev, process::say, rollout};

/// How often it is said how it goes.
const TELL: Duration = Duration::from_secs(10);
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
    /// How it learns
    #[arg(long, value_enum, default_value_t = Learner::Dqn)]
    learner: Learner,
    /// Games that are played at the same time
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
    /// INFO=WEIGHT: an info of the steps that is paid beside the reward; less and less, and nothing after half of the run
    #[arg(long)]
    shaping: Option<Paid>,
    /// dqn: batches of 64 steps between two copies of the network to the one that judges
    #[arg(long, default_value_t = 4_000)]
    target_every: u64,
    /// dqn: steps that are remembered
    #[arg(long, default_value_t = 200_000)]
    capacity: usize,
    /// ppo: what randomness is worth at the start
    #[arg(long, default_value_t = 0.01)]
    entropy: f32,
    /// ppo: steps of every game between two updates
    #[arg(long, default_value_t = 128)]
    horizon: usize,
    /// A deployment, such as http://127.0.0.1:8787, that shows the run at /train?run=NAME and stores its models
    #[arg(long)]
    broadcast: Option<String>,
    /// The name of the run in the deployment
    #[arg(long = "run", default_value = "training")]
    name: String,
    /// The deployment's FOOTLIGHTS_ADMIN_TOKEN; better in the environment than on the command line
    #[arg(long, env = dev::ADMIN_TOKEN, hide_env_values = true)]
    token: Option<String>,
    /// Episodes of the evaluation, in which it plays as the model is played
    #[arg(long, default_value_t = 100)]
    evaluate: u32,
}

/// A way of learning.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Learner {
    /// Deep Q-learning: every game has another share of random actions
    Dqn,
    /// Proximal policy optimisation: for several agents, who play with each other and with earlier selves
    Ppo,
}

/// What is paid beside the reward.
#[derive(Debug, Clone)]
struct Paid(Shaping);

impl FromStr for Paid {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (info, weight) = text.split_once('=').context("it is INFO=WEIGHT")?;
        Ok(Self(Shaping::new(info, weight.parse().context("WEIGHT is a number")?)))
    }
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
    let common = Common {
        seed: options.seed,
        hidden: options.hidden.clone(),
        games: options.games,
        discount: options.discount,
        reward_scale: options.reward_scale,
        rate: options.rate,
        last_rate: 0.1,
        shaping: options.shaping.clone().map(|Paid(shaping)| shaping),
    };
    let method = match options.learner {
        Learner::Dqn => Method::Dqn(dqn::Settings {
            batch: 64,
            capacity: options.capacity,
            warm_up: 5_000,
            target_every: options.target_every,
            exploration: Exploration::Spread { anneal: 100_000, highest: 0.5, exponent: 4.0 },
            ..dqn::Settings::default()
        }),
        Learner::Ppo => Method::Ppo(ppo::Settings {
            horizon: options.horizon.max(1),
            entropy: options.entropy,
            ..ppo::Settings::default()
        }),
    };
    let settings = Settings { common, method, length: Length::Steps(options.steps) };
    let mut run = Run::new(sim.as_ref(), settings).map_err(|error| anyhow!("{error}"))?;
    let mut broadcast = match &options.broadcast {
        Some(url) => {
            let (name, token) = (&options.name, options.token.as_deref());
            Some(Broadcast::begin(url, name, token, sim.as_ref(), &config, &run).context("--broadcast")?)
        }
        None => None,
    };
    let mut keep = options.keep.clone();
    keep.sort_by_key(|kept| kept.steps);
    let mut keep = keep.into_iter().peekable();
    let (began, mut told) = (Instant::now(), Instant::now());
    let (mut episodes, mut rewards, mut lengths) = (0u32, 0.0, 0u64);
    let mut past = (0u32, 0.0);
    let mut stopped = false;
    while !run.is_over() && !stopped {
        let finished = run.round().map_err(|error| anyhow!("{error}"))?.finished;
        if let Some(broadcast) = &mut broadcast {
            stopped = broadcast.round(&run, &finished)?;
        }
        for finished in finished {
            // Games with earlier selves say something else than games of equals.
            if finished.against_past.is_some() {
                past = (past.0 + 1, past.1 + finished.reward());
                continue;
            }
            episodes += 1;
            rewards += finished.reward();
            lengths += u64::from(finished.length);
        }
        while let Some(kept) = keep.next_if(|kept| kept.steps <= run.steps()) {
            report(sim.as_ref(), &run, options, &kept.file, began.elapsed())?;
            if let Some(broadcast) = &mut broadcast {
                broadcast.checkpoint(&run, &format!("step{}", run.steps()));
            }
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            let count = f64::from(episodes.max(1));
            let greedy = evaluate::play(sim.as_ref(), &run.network(), run.output(), options.seed, 1)?;
            let better = match past {
                (0, _) => String::new(),
                (games, sum) => format!("; with earlier selves {:.2}", sum / f64::from(games)),
            };
            say(format_args!(
                "{:5.0} s, {} of {} steps: while it learns {:.1} in {:.0} steps, as it is played {:.1} in {:.0}{better}",
                began.elapsed().as_secs_f64(),
                run.steps(),
                options.steps,
                rewards / count,
                lengths as f64 / count,
                greedy.mean(),
                greedy.steps(),
            ));
            (episodes, rewards, lengths, past) = (0, 0.0, 0, (0, 0.0));
        }
    }
    report(sim.as_ref(), &run, options, &options.out, began.elapsed())?;
    match broadcast {
        Some(mut broadcast) => {
            broadcast.checkpoint(&run, "final");
            broadcast.end()
        }
        None => Ok(()),
    }
}

/// Writes a model, and prints how good it is.
fn report(sim: &dyn Simulation, run: &Run, options: &Options, file: &Path, after: Duration) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let (net, output, steps) = (run.network(), run.output(), run.steps());
    std::fs::write(file, onnx::write(&net, output.name()))
        .with_context(|| format!("writing {}", file.display()))?;
    let score = evaluate::play(sim, &net, output, options.seed, options.evaluate)?;
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
