//! How good a network plays.

use footlights_env::{ActionValue, Agent, EnvError, PerAgent, Rng, Simulation, Step, Stream};

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

impl Output {
    /// What an agent does in the next step, as the network is meant to be played: the action of the highest value, or one that
    /// is drawn with its probability. The same state draws the same.
    pub(crate) fn choose(
        self,
        out: &[f32],
        may: impl Fn(usize) -> bool,
        sim: &dyn Simulation,
        agent: Agent,
    ) -> usize {
        match self {
            Self::QValues => highest_of(out, may),
            Self::Logits => {
                let stream = Stream::Policy(agent.0);
                let mut rng = Rng::derive(sim.seed(), stream, sim.episode(), sim.tick() + 1);
                ppo::draw_from(out, may, &mut rng)
            }
        }
    }
}

/// A game in which one network plays all agents, as it is meant to be played: the action of the highest value, or one that is
/// drawn with its probability.
pub struct Game {
    /// The environment.
    pub sim: Box<dyn Simulation>,
    net: Net,
    output: Output,
    trace: Trace,
    observation: Vec<f32>,
}

impl Game {
    /// A game of an environment, at no episode yet. `net` takes observations as they are.
    #[must_use]
    pub fn new(sim: &dyn Simulation, net: Net, output: Output) -> Self {
        Self { sim: sim.fork(), net, output, trace: Trace::default(), observation: Vec::new() }
    }

    /// Plays with another network from now on.
    pub fn seat(&mut self, net: Net) {
        self.net = net;
    }

    /// Plays one step.
    ///
    /// # Errors
    /// The environment cannot be played.
    pub fn step(&mut self) -> Result<Step, EnvError> {
        let mut actions = PerAgent::<ActionValue>::new();
        for agent in 0..self.sim.spec().agents.len() {
            let agent = Agent(agent as u8);
            self.observation.clear();
            self.sim.observe(agent, &mut self.observation);
            self.net.forward(&self.observation, &mut self.trace);
            let mask = self.sim.action_mask(agent);
            let may = |action: usize| mask.get(action).copied().unwrap_or(true);
            let action = self.output.choose(self.trace.out(), may, self.sim.as_ref(), agent);
            actions.push(ActionValue::Discrete(action as i32));
        }
        self.sim.step(&actions)
    }
}

/// Plays some episodes. `net` takes observations as they are.
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
    let mut game = Game::new(sim, net.clone(), output);
    let mut score = Score::default();
    for episode in 0..episodes {
        game.sim.reset(seed, episode);
        let mut reward = 0.0;
        loop {
            let step = game.step()?;
            reward += step.rewards.first().copied().map_or(0.0, f64::from);
            if step.done() {
                break;
            }
        }
        score.rewards.push(reward);
        score.lengths.push(game.sim.tick());
    }
    Ok(score)
}
