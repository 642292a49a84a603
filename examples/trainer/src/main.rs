//! `cargo run --release -p footlights-trainer -- slime-volleyball-v0 --out FILE`: progress on standard error, the result's evaluation on standard
//! output.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Parser;
use footlights_env::{Discrete as _, Environment as _, Policy, RandomPolicy};
use footlights_environments::slime_volleyball::{Chaser, Config, Move, SlimeVolleyball};
use footlights_onnx::Model;
use footlights_trainer::{FRAME_SKIP, Score, Settings, evaluate, play_config};

/// Trains a policy from scratch and writes it as an ONNX file.
#[derive(Debug, Parser)]
struct Args {
    /// The environment; there is a recipe for slime-volleyball-v0
    environment: String,
    /// Where the ONNX file goes
    #[arg(long)]
    out: PathBuf,
    /// Another seed gives another policy
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds of playing and learning
    #[arg(long, default_value_t = 800)]
    iterations: u32,
    /// Points played against each opponent in the evaluation
    #[arg(long, default_value_t = 1000)]
    points: u32,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    ensure!(args.environment == SlimeVolleyball::ID, "there is a recipe for {} only", SlimeVolleyball::ID);
    let settings = Settings {
        seed: args.seed,
        iterations: args.iterations,
        frame_skip: FRAME_SKIP,
        rate: 0.002,
        entropy: 0.003,
        discount: 0.995,
    };
    let threads = std::thread::available_parallelism()?;
    let actor = footlights_trainer::train(&settings, threads, |iteration, score| {
        report(iteration, args.iterations, score)
    });
    let bytes = actor.to_onnx();
    std::fs::write(&args.out, &bytes).with_context(|| format!("cannot write {}", args.out.display()))?;

    let spec = SlimeVolleyball::spec(&Config::default());
    let mut policy = Model::load(&bytes, play_config(), &spec)?.policy()?;
    let opponents: [(&str, Box<dyn Policy>); 2] =
        [("scripted", Box::new(Chaser)), ("random", Box::new(RandomPolicy(Move::space())))];
    for (name, mut opponent) in opponents {
        let [left, right] = evaluate::both_sides(&mut policy, opponent.as_mut(), 0, args.points)?;
        for (side, tally) in [("left", left), ("right", right), ("both", left.and(right))] {
            println!(
                "{name} opponent, {side}: mean reward {:+.3} ({} won, {} lost, {} drawn; {:.1} s a point)",
                tally.mean(),
                tally.won,
                tally.lost,
                tally.drawn,
                tally.ticks as f32 / 30.0 / tally.points().max(1) as f32
            );
        }
    }
    Ok(())
}

fn report(iteration: u32, iterations: u32, score: Score) {
    let [scripted, random, _] = score.map(|(points, sum)| sum / points.max(1) as f32);
    eprintln!(
        "{iteration:5}/{iterations}: mean reward {scripted:+.2} against scripted, {random:+.2} against random"
    );
}
