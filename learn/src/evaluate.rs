//! How good a network plays.

use footlights_env::{ActionValue, Agent, EnvError, PerAgent, Rng, Simulation, Stream};

use crate::{
    common::Output,
    dqn::highest_of,
    net::{Net, Trace},
    ppo,
};

/// What came of some episodes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// The reward of the first agent, by episode.
    pub rewards: Vec<f64>,
    /// The steps, by episode.
    pub lengths: Vec<u32>,
}

impl Score {
    /// The mean reward.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.rewards.iter().sum::<f64>() / self.rewards.len().max(1) as f64
    }

    /// The mean length.
    #[must_use]
    pub fn steps(&self) -> f64 {
        self.lengths.iter().map(|steps| f64::from(*steps)).sum::<f64>() / self.lengths.len().max(1) as f64
    }
}

/// Plays some episodes as the network is meant to be played: every agent takes the action of the highest value, or one that
/// is drawn with its probability. `net` takes observations as they are.
///
/// # Errors
/// The environment cannot be played.
pub fn play(
    sim: &dyn Simulation,
    net: &Net,
    output: Output,
    seed: u64,
    episodes: u32,
) -> Result<Score, EnvError> {
    let mut sim = sim.fork();
    let (mut score, mut trace, mut observation) = (Score::default(), Trace::default(), Vec::new());
    for episode in 0..episodes {
        sim.reset(seed, episode);
        let mut reward = 0.0;
        loop {
            let mut actions = PerAgent::<ActionValue>::new();
            for agent in 0..sim.spec().agents.len() {
                let agent = Agent(agent as u8);
                observation.clear();
                sim.observe(agent, &mut observation);
                net.forward(&observation, &mut trace);
                let mask = sim.action_mask(agent);
                let may = |action: usize| mask.get(action).copied().unwrap_or(true);
                let action = match output {
                    Output::QValues => highest_of(trace.out(), may),
                    Output::Logits => {
                        let stream = Stream::Policy(agent.0);
                        let mut rng = Rng::derive(seed, stream, episode, sim.tick() + 1);
                        ppo::draw_from(trace.out(), may, &mut rng)
                    }
                };
                actions.push(ActionValue::Discrete(action as i32));
            }
            let step = sim.step(&actions)?;
            reward += step.rewards.first().copied().map_or(0.0, f64::from);
            if step.done() {
                break;
            }
        }
        score.rewards.push(reward);
        score.lengths.push(sim.tick());
    }
    Ok(score)
}
