//! The five gates every environment passes. Call [`check`] in one test of yours:
//!
//! ```
//! # use footlights_env::prelude::*;
//! # struct Coin;
//! # #[derive(Clone, Copy, Discrete)] enum Flip { Flip }
//! # impl Environment for Coin {
//! #     type Config = (); type State = u32; type Action = Flip; type Observation = [f32; 1];
//! #     const ID: &'static str = "coin-v0";
//! #     fn spec(_: &()) -> Spec { Spec { id: Self::ID.into(),
//! #         agents: vec![AgentSpec::new(Flip::space(), Space::uniform_box(1, 0.0, 1e9))], max_steps: 50,
//! #         reward_range: (0.0, 1.0), viewport: Viewport { width: 1.0, height: 1.0 } } }
//! #     fn reset(_: &(), rng: &mut Rng) -> u32 { 20 + rng.below(1000) % 30 }
//! #     fn step(_: &(), left: &mut u32, _: &[Flip], _: &mut Rng) -> Step { *left -= 1; Step::solo(1.0, *left == 0) }
//! #     fn observe(_: &(), left: &u32, _: Agent) -> [f32; 1] { [*left as f32] }
//! #     fn draw(_: &(), left: &u32, _: View, surface: &mut Surface) { surface.circle(0.5, 0.5, 0.1).id(*left as u16); }
//! # }
//! use footlights_env::{Entry, conformance};
//!
//! let report = conformance::check(&Entry::of::<Coin>()).expect("passes every gate");
//! assert!(report.snapshot_bytes < 100);
//! ```

mod episode;
mod order;
mod pictures;
mod snapshots;
mod spaces;

use std::collections::BTreeMap;

pub use crate::random::random_actions;
use crate::{
    error::EnvError,
    random::random_play,
    registry::{Entry, Registry},
    simulation::Simulation,
};

/// The seed of the golden digest.
pub const GOLDEN_SEED: u64 = 2026;
/// How many random ticks the golden digest covers.
pub const GOLDEN_TICKS: u32 = 600;

/// What the kit measured on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The golden digest: compare it with a constant on every target.
    pub golden: u64,
    /// Size of the largest snapshot, in bytes.
    pub snapshot_bytes: usize,
    /// Steps of the longest of the random episodes.
    pub longest_episode: u32,
}

/// A gate that does not hold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{env}, gate {gate}: {what}")]
pub struct Failure {
    /// The environment's id.
    pub env: &'static str,
    /// Which of the five.
    pub gate: &'static str,
    /// What happened.
    pub what: String,
}

/// Runs all five gates on the default configuration.
///
/// # Errors
///
/// The first gate that does not hold, and what happened there.
pub fn check(entry: &Entry) -> Result<Report, Failure> {
    check_configured(entry.id, &|| entry.make_default())
}

/// Runs all five gates on the configuration that `make` gives the environment.
///
/// # Errors
///
/// The first gate that does not hold, and what happened there.
pub fn check_configured(
    env: &'static str,
    make: &dyn Fn() -> Result<Box<dyn Simulation>, EnvError>,
) -> Result<Report, Failure> {
    let fail = |gate: &'static str| move |what: String| Failure { env, gate, what };
    let make = |gate: &'static str| make().map_err(|e| fail(gate)(e.to_string()));
    snapshots::rollback(make("sync")?.as_mut()).map_err(fail("sync"))?;
    let snapshot_bytes =
        snapshots::save_load(make("save")?.as_mut(), make("save")?.as_mut()).map_err(fail("save"))?;
    let longest_episode = spaces::spaces(make("spaces")?.as_mut()).map_err(fail("spaces"))?;
    order::seeds_and_order(make("spaces")?.as_mut()).map_err(fail("spaces"))?;
    pictures::pictures(make("draw")?.as_mut()).map_err(fail("draw"))?;
    let run = || golden(make("golden")?.as_mut()).map_err(|e| fail("golden")(e.to_string()));
    let (golden, again) = (run()?, run()?);
    if golden != again {
        return Err(fail("golden")("two runs differ".into()));
    }
    Ok(Report { golden, snapshot_bytes, longest_episode })
}

/// Digest over [`GOLDEN_TICKS`] random ticks from [`GOLDEN_SEED`], going on with the next episode at each end.
///
/// # Errors
///
/// When a step fails or a state is not finite.
pub fn golden(sim: &mut dyn Simulation) -> Result<u64, EnvError> {
    random_play(sim, GOLDEN_SEED, GOLDEN_TICKS)
}

/// The golden digests of all environments in their default configurations, by id, as 16 hexadecimal digits: what a
/// `goldens.json` holds.
///
/// # Errors
///
/// When an environment refuses its default configuration or cannot be simulated.
pub fn goldens(registry: &Registry) -> Result<BTreeMap<String, String>, EnvError> {
    let digest = |entry: &Entry| {
        let golden = golden(entry.make_default()?.as_mut())?;
        Ok((entry.id.to_owned(), format!("{golden:016x}")))
    };
    registry.iter().map(digest).collect()
}
