//! The five gates every environment passes. Call [`check`] in one test of yours:
//!
//! ```
//! # use footlights_env::*;
//! # struct Coin;
//! # #[derive(Clone, serde::Serialize, serde::Deserialize)] pub struct State { left: u32 }
//! # #[derive(Clone, Copy)] pub struct Flip;
//! # impl TryFrom<ActionValue> for Flip { type Error = (); fn try_from(_: ActionValue) -> Result<Self, ()> { Ok(Flip) } }
//! # impl From<Flip> for ActionValue { fn from(_: Flip) -> Self { ActionValue::Discrete(0) } }
//! # impl Environment for Coin {
//! #     type Config = (); type State = State; type Action = Flip; type Observation = [f32; 1];
//! #     const ID: &'static str = "coin-v0";
//! #     fn spec(_: &()) -> Spec { Spec { id: Self::ID.into(), agents: 1, action_space: Space::Discrete { n: 1 },
//! #         observation_space: Space::uniform_box(1, 0.0, 1e9), max_steps: 50, reward_range: (0.0, 1.0),
//! #         viewport: Viewport { width: 1.0, height: 1.0 } } }
//! #     fn reset(_: &(), rng: &mut Rng) -> State { State { left: 20 + rng.below(1000) % 30 } }
//! #     fn step(_: &(), s: &mut State, _: &[Flip], _: &mut Rng) -> Step { s.left -= 1; Step {
//! #         rewards: [1.0].into_iter().collect(), terminated: [s.left == 0].into_iter().collect(),
//! #         truncated: [false].into_iter().collect(), infos: vec![] } }
//! #     fn observe(_: &(), s: &State, _: Agent) -> [f32; 1] { [s.left as f32] }
//! #     fn draw(_: &(), s: &State, _: View, surface: &mut Surface) { surface.circle(0.5, 0.5, 0.1).id(s.left as u16); }
//! # }
//! let report = footlights_env::conformance::check(&Entry::of::<Coin>()).expect("passes every gate");
//! assert!(report.snapshot_bytes < 100);
//! ```

use crate::{
    digest,
    environment::{Agent, PerAgent, View},
    error::EnvError,
    registry::Entry,
    rng::{Rng, Stream},
    simulation::Simulation,
    space::{ActionValue, Space},
    surface::{Encoder, Record, Scene, Surface},
};

/// The seed of the golden digest.
pub const GOLDEN_SEED: u64 = 2026;
/// How many random ticks the golden digest covers.
pub const GOLDEN_TICKS: u32 = 600;
const EPISODES: u32 = 3;
const ROLLBACK: usize = 8;

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
pub fn check(entry: &Entry) -> Result<Report, Failure> {
    let fail = |gate: &'static str| move |what: String| Failure { env: entry.id, gate, what };
    let make = || entry.make_default();
    let error = |e: EnvError| e.to_string();
    (|| rollback(make().map_err(error)?.as_mut()))().map_err(fail("sync"))?;
    let snapshot_bytes = (|| save_load(make().map_err(error)?.as_mut(), make().map_err(error)?.as_mut()))()
        .map_err(fail("save"))?;
    let longest_episode = (|| spaces(make().map_err(error)?.as_mut()))().map_err(fail("spaces"))?;
    (|| seeds_and_order(make().map_err(error)?.as_mut()))().map_err(fail("spaces"))?;
    (|| pictures(make().map_err(error)?.as_mut()))().map_err(fail("draw"))?;
    let golden = (|| golden(make().map_err(error)?.as_mut()).map_err(error))().map_err(fail("golden"))?;
    let again =
        (|| self::golden(make().map_err(error)?.as_mut()).map_err(error))().map_err(fail("golden"))?;
    if golden != again {
        return Err(fail("golden")("two runs differ".into()));
    }
    Ok(Report { golden, snapshot_bytes, longest_episode })
}

/// Digest over [`GOLDEN_TICKS`] random ticks from [`GOLDEN_SEED`], going on with the next episode at each end.
pub fn golden(sim: &mut dyn Simulation) -> Result<u64, EnvError> {
    random_play(sim, GOLDEN_SEED, GOLDEN_TICKS)
}

/// Digest over the declaration and 64 random ticks: equal ones mean that two builds simulate alike.
pub fn fingerprint(sim: &mut dyn Simulation) -> Result<u64, EnvError> {
    let declared = crate::msgpack::encode(sim.spec()).unwrap_or_default();
    let played = random_play(sim, GOLDEN_SEED, 64)?;
    Ok(digest::of_bytes(&[declared.as_slice(), &played.to_le_bytes()].concat()))
}

/// One action an agent, drawn for the tick that comes next.
pub fn random_actions(sim: &dyn Simulation, seed: u64) -> PerAgent<ActionValue> {
    let spec = sim.spec();
    let draw = |agent: Agent| {
        let mut rng = Rng::derive(seed, Stream::Policy(agent.0), sim.episode(), sim.tick() + 1);
        spec.action_space.sample(&mut rng)
    };
    spec.agents().map(draw).collect()
}

fn random_play(sim: &mut dyn Simulation, seed: u64, ticks: u32) -> Result<u64, EnvError> {
    let mut chain = Vec::with_capacity(ticks as usize * 8);
    let mut episode = 0;
    sim.reset(seed, episode);
    for _ in 0..ticks {
        let step = sim.step(&random_actions(sim, seed))?;
        chain.extend_from_slice(&sim.digest()?.to_le_bytes());
        if step.done() {
            episode += 1;
            sim.reset(seed, episode);
        }
    }
    Ok(digest::of_bytes(&chain))
}

/// Plays one random episode, calling `each` after every step; returns its number of steps.
fn episode(
    sim: &mut dyn Simulation,
    seed: u64,
    episode: u32,
    mut each: impl FnMut(&mut dyn Simulation, &crate::Step) -> Result<(), String>,
) -> Result<u32, String> {
    sim.reset(seed, episode);
    let limit = sim.spec().max_steps;
    for tick in 1..=limit {
        let step = sim.step(&random_actions(sim, seed)).map_err(|e| e.to_string())?;
        each(sim, &step)?;
        if step.done() {
            return Ok(tick);
        }
    }
    Err(format!("episode {episode} did not end within its {limit} steps"))
}

/// Gate 1: step, snapshot, roll back, step again; the digests are equal.
fn rollback(sim: &mut dyn Simulation) -> Result<(), String> {
    for number in 0..EPISODES {
        let mut history: Vec<(Vec<u8>, PerAgent<ActionValue>, u64)> = Vec::new();
        sim.reset(1, number);
        for _ in 0..sim.spec().max_steps {
            let before = sim.save().map_err(|e| e.to_string())?;
            let actions = random_actions(sim, 1);
            let step = sim.step(&actions).map_err(|e| e.to_string())?;
            history.push((before, actions, sim.digest().map_err(|e| e.to_string())?));
            let window = history.len().saturating_sub(ROLLBACK);
            if let Some((start, ..)) = history.get(window) {
                sim.load(start).map_err(|e| e.to_string())?;
            }
            for (_, actions, digest) in history.iter().skip(window) {
                sim.step(actions).map_err(|e| e.to_string())?;
                if sim.digest().map_err(|e| e.to_string())? != *digest {
                    return Err(format!(
                        "episode {number}, tick {}: the digest differs after a rollback",
                        sim.tick()
                    ));
                }
            }
            if step.done() {
                break;
            }
        }
    }
    Ok(())
}

/// Gate 3: through bytes and back at every tick, into a simulation that was elsewhere.
fn save_load(sim: &mut dyn Simulation, other: &mut dyn Simulation) -> Result<usize, String> {
    let mut largest = 0;
    for number in 0..EPISODES {
        episode(sim, 3, number, |sim, _| {
            let saved = sim.save().map_err(|e| e.to_string())?;
            largest = largest.max(saved.len());
            other.load(&saved).map_err(|e| e.to_string())?;
            let same = other.save().map_err(|e| e.to_string())? == saved
                && other.digest() == sim.digest()
                && (other.tick(), other.episode()) == (sim.tick(), sim.episode());
            if same {
                Ok(())
            } else {
                Err(format!("tick {}: a loaded snapshot is not the state", sim.tick()))
            }
        })?;
    }
    if other.load(&[0xc1, 0xff]).is_ok() {
        return Err("garbage was accepted as a snapshot".into());
    }
    Ok(largest)
}

/// Gate 4, first half: everything finite and inside what was declared; ends within the limit.
fn spaces(sim: &mut dyn Simulation) -> Result<u32, String> {
    let legend = sim.legend();
    let (places, actions) = (sim.spec().observation_space.len(), sim.spec().action_space.clone());
    if ![0, places].contains(&legend.observations.len()) {
        return Err(format!("the legend explains {} of {places} observations", legend.observations.len()));
    }
    match actions {
        Space::Discrete { n } if [0, n as usize].contains(&legend.actions.len()) => {}
        Space::Box { .. } if legend.actions.is_empty() => {}
        _ => return Err(format!("the legend's {} actions are not those of the space", legend.actions.len())),
    }
    let mut longest = 0;
    let mut flat = Vec::new();
    for number in 0..EPISODES {
        let steps = episode(sim, 4, number, |sim, step| {
            let spec = sim.spec().clone();
            let agents = usize::from(spec.agents);
            if [step.rewards.len(), step.terminated.len(), step.truncated.len()] != [agents; 3] {
                return Err(format!("a step must have one entry for each of {agents} agents"));
            }
            let (low, high) = spec.reward_range;
            if let Some(reward) = step.rewards.iter().find(|r| !(**r >= low && **r <= high)) {
                return Err(format!("tick {}: reward {reward} is outside {low}..{high}", sim.tick()));
            }
            if let Some(info) = step.infos.iter().find(|info| legend.infos.iter().all(|f| f.name != info.key))
            {
                return Err(format!("tick {}: the legend does not list the info {:?}", sim.tick(), info.key));
            }
            for agent in spec.agents() {
                flat.clear();
                sim.observe(agent, &mut flat);
                if !spec.observation_space.contains_flat(&flat) {
                    return Err(format!("tick {}: {agent} observes {flat:?}, outside the space", sim.tick()));
                }
            }
            Ok(())
        })?;
        longest = longest.max(steps);
    }
    Ok(longest)
}

/// Gate 4, second half: seeds and episodes matter; the order in which agents are asked does not.
fn seeds_and_order(sim: &mut dyn Simulation) -> Result<(), String> {
    let mut start = |seed, number| {
        sim.reset(seed, number);
        crate::msgpack::encode(&observations(sim, sim.spec().agents().collect())).unwrap_or_default()
    };
    let first = start(1, 0);
    if (2..34).all(|seed| start(seed, 0) == first) {
        return Err("32 seeds give the same start".into());
    }
    if (1..33).all(|number| start(1, number) == first) {
        return Err("32 episodes of one seed give the same start".into());
    }
    if start(1, 0) != first {
        return Err("the same seed and episode give another start".into());
    }
    let forward: Vec<Agent> = sim.spec().agents().collect();
    let mut backward = forward.clone();
    backward.reverse();
    episode(sim, 5, 0, |sim, _| {
        let a = observations(sim, forward.clone());
        let before = sim.digest();
        let mut b = observations(sim, backward.clone());
        b.reverse();
        if a == b && before == sim.digest() { Ok(()) } else { Err("the agents' order matters".into()) }
    })?;
    Ok(())
}

fn observations(sim: &dyn Simulation, agents: Vec<Agent>) -> Vec<Vec<f32>> {
    let one = |agent| {
        let mut flat = Vec::new();
        sim.observe(agent, &mut flat);
        flat
    };
    agents.into_iter().map(one).collect()
}

/// Gate 5: valid ids, finite, the same for the same state, and every picture survives its delta. Items may lie off the
/// viewport only where nothing of the viewport's neighbourhood (one viewport to each side) is left.
fn pictures(sim: &mut dyn Simulation) -> Result<(), String> {
    let views: Vec<View> =
        sim.spec().agents().map(View::Agent).chain(std::iter::once(View::Spectator)).collect();
    let viewport = sim.spec().viewport;
    for view in views {
        let (mut encoder, mut scene) = (Encoder::new(viewport), Scene::default());
        let (mut once, mut twice) = (Surface::new(), Surface::new());
        episode(sim, 6, 0, |sim, _| {
            once.clear();
            twice.clear();
            sim.draw(view, &mut once);
            sim.draw(view, &mut twice);
            if once != twice {
                return Err(format!("tick {}: two pictures of one state differ", sim.tick()));
            }
            if once.items().is_empty() {
                return Err(format!("tick {}: nothing is drawn", sim.tick()));
            }
            let mut ids: Vec<u16> = once.items().iter().map(|item| item.id).collect();
            ids.sort_unstable();
            if let Some(id) = ids.windows(2).find_map(|w| (w.first() == w.last()).then(|| w.first().copied()))
            {
                return Err(format!("tick {}: id {id:?} is used twice", sim.tick()));
            }
            let (w, h) = (viewport.width, viewport.height);
            for item in once.items() {
                let inside = points(&item.shape)
                    .iter()
                    .all(|(x, y)| *x >= -w && *x <= 2.0 * w && *y >= -h && *y <= 2.0 * h);
                if !inside {
                    return Err(format!(
                        "tick {}: item {} is far outside: {:?}",
                        sim.tick(),
                        item.id,
                        item.shape
                    ));
                }
            }
            scene.apply(&encoder.encode(&once)).map_err(|e| e.to_string())?;
            match once.items().iter().find(|item| scene.get(item.id) != Some(&Record::of(item, viewport))) {
                Some(item) => Err(format!("tick {}: item {} is lost in the delta", sim.tick(), item.id)),
                None => Ok(()),
            }
        })?;
    }
    Ok(())
}

fn points(shape: &crate::surface::Shape) -> Vec<(f32, f32)> {
    use crate::surface::Shape::{Arc, Circle, Ellipse, Image, Line, Polygon, Rect, Text};
    match shape {
        Rect { x, y, width, height, .. } | Image { x, y, width, height, .. } => {
            vec![(*x, *y), (x + width, y + height)]
        }
        Circle { x, y, .. } | Ellipse { x, y, .. } | Arc { x, y, .. } | Text { x, y, .. } => vec![(*x, *y)],
        Line { x1, y1, x2, y2 } => vec![(*x1, *y1), (*x2, *y2)],
        Polygon { points } => points.clone(),
    }
}
