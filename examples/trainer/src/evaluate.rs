//! Plays whole points the way a room does, through the type-erased simulation and the policies themselves.

use anyhow::Context as _;
use footlights_env::{Agent, Policy, Rng, Sim, Simulation, Stream};
use footlights_environments::slime_volleyball::{Config, SlimeVolleyball};

/// How some points ended for one policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Points won.
    pub won: u32,
    /// Points lost.
    pub lost: u32,
    /// Points that nobody won within the time limit.
    pub drawn: u32,
    /// Ticks played.
    pub ticks: u32,
}

impl Tally {
    /// Points played.
    pub fn points(&self) -> u32 {
        self.won + self.lost + self.drawn
    }

    /// Mean reward of a one-life episode.
    pub fn mean(&self) -> f32 {
        (self.won as f32 - self.lost as f32) / self.points().max(1) as f32
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            won: self.won + other.won,
            lost: self.lost + other.lost,
            drawn: self.drawn + other.drawn,
            ticks: self.ticks + other.ticks,
        }
    }
}

/// Plays one-life episodes of that seed; `policies` are left and right, the tally is `side`'s.
pub fn play(
    mut policies: [&mut dyn Policy; 2],
    side: usize,
    seed: u64,
    points: u32,
) -> anyhow::Result<Tally> {
    let mut sim = Sim::<SlimeVolleyball>::new(Config::default())?;
    let mut tally = Tally::default();
    let (mut actions, mut seen) = (Vec::new(), Vec::new());
    for episode in 0..points {
        sim.reset(seed, episode);
        policies.iter_mut().for_each(|policy| policy.reset());
        let rewards = loop {
            actions.clear();
            for (agent, policy) in (0u8..).zip(&mut policies) {
                seen.clear();
                sim.observe(Agent(agent), &mut seen);
                let mut rng = Rng::derive(seed, Stream::Policy(agent), episode, sim.tick() + 1);
                actions.push(policy.act(&seen, &mut rng)?);
            }
            let step = sim.step(&actions)?;
            if step.done() {
                break step.rewards;
            }
        };
        tally.ticks += sim.tick();
        let reward = *rewards.get(side).context("there are two sides")?;
        *match reward {
            r if r > 0.0 => &mut tally.won,
            r if r < 0.0 => &mut tally.lost,
            _ => &mut tally.drawn,
        } += 1;
    }
    Ok(tally)
}

/// Half of the points from each side, against a fresh `opponent`.
pub fn both_sides(
    policy: &mut dyn Policy,
    opponent: &mut dyn Policy,
    seed: u64,
    points: u32,
) -> anyhow::Result<[Tally; 2]> {
    let left = play([policy, opponent], 0, seed, points / 2)?;
    let right = play([opponent, policy], 1, seed + 1, points - points / 2)?;
    Ok([left, right])
}
