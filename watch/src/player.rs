//! Policies play an environment, and what is worth telling of each step is kept.

use std::collections::VecDeque;

use footlights_env::{
    ActionValue, Agent, PerAgent, Policy, PolicyError, Preferences, RandomPolicy, Rng, Simulation, Space,
    Step, Stream,
};
use footlights_experiment::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::heat::Heat;

/// The most actions of a person that wait for their steps.
const MOST_WAITING: usize = 3;

/// A person who plays an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The agent.
    pub agent: Agent,
    /// What they do as long as they do nothing else.
    held: i32,
    /// What they have done since the last step: each is for a step of its own, so that a short press is one.
    waiting: VecDeque<i32>,
}

impl Person {
    /// They do something else from now on.
    pub fn act(&mut self, action: i32) {
        if self.waiting.len() >= MOST_WAITING {
            self.waiting.pop_back();
        }
        self.waiting.push_back(action);
    }

    /// What they do in the next step.
    fn next(&mut self) -> i32 {
        if let Some(action) = self.waiting.pop_front() {
            self.held = action;
        }
        self.held
    }
}

/// A game of policies, one agent of which a person may play.
pub struct Player {
    /// The environment.
    pub sim: Box<dyn Simulation>,
    policies: Vec<Box<dyn Policy>>,
    /// Who plays an agent in place of its policy.
    pub person: Option<Person>,
    /// Where agents have been since the model was chosen.
    pub heat: Heat,
    /// The last step; none at the start of an episode.
    pub last: Option<Played>,
    /// Rewards of the episode so far, by agent.
    pub totals: PerAgent<f64>,
}

/// A step that was played.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// What the agents did.
    pub actions: PerAgent<ActionValue>,
    /// What the step returned.
    pub step: Step,
    /// What the first agent's policy thought of its actions.
    pub preferences: Option<Preferences>,
}

impl Played {
    /// The values of the actions, or their probabilities, of which there is one at most.
    #[must_use]
    pub(crate) fn told(&self) -> (Option<&[f32]>, Option<&[f32]>) {
        match &self.preferences {
            Some(Preferences::Values(values)) => (Some(values), None),
            Some(Preferences::Probabilities(shares)) => (None, Some(shares)),
            None => (None, None),
        }
    }
}

/// What a stored session keeps of a game.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    sim: Vec<u8>,
    policies: Vec<Vec<u8>>,
    heat: Heat,
    totals: Vec<f64>,
}

impl Player {
    /// A game at its reset, in which a checkpoint holds every seat.
    ///
    /// # Errors
    /// The environment or the policy cannot be made.
    pub fn new(checkpoint: &Checkpoint, seed: u64) -> Result<Self, PolicyError> {
        let refuse = |why: String| PolicyError::Load { name: checkpoint.name.clone(), why };
        let mut sim = checkpoint.environment.make().map_err(|error| refuse(error.to_string()))?;
        sim.reset(seed, 0);
        let policies = policies(checkpoint, sim.as_ref())?;
        let totals = sim.spec().agents().map(|_| 0.0).collect();
        Ok(Self { sim, policies, person: None, heat: Heat::default(), last: None, totals })
    }

    /// Gives the seats to another checkpoint of the same environment and configuration, in the middle of the episode.
    ///
    /// # Errors
    /// The policy cannot be made; the former one goes on.
    pub fn seat(&mut self, checkpoint: &Checkpoint) -> Result<(), PolicyError> {
        self.policies = policies(checkpoint, self.sim.as_ref())?;
        Ok(())
    }

    /// Lets a person play an agent, or the policies all of them.
    ///
    /// # Errors
    /// There is no such agent, or its actions are not discrete; in words for the person.
    pub fn take(&mut self, agent: Option<u8>) -> Result<(), String> {
        let Some(agent) = agent.map(Agent) else {
            self.person = None;
            return Ok(());
        };
        let spec = self.sim.spec();
        if spec.agent(agent).is_none() {
            return Err(format!("There is no agent {}; there are {}.", agent.0, spec.agents.len()));
        }
        let Space::Discrete { .. } = spec.action_space(agent) else {
            return Err("Only agents with discrete actions can be played here.".into());
        };
        let noop = match spec.noop(agent) {
            Some(ActionValue::Discrete(noop)) => *noop,
            _ => 0,
        };
        self.person = Some(Person { agent, held: noop, waiting: VecDeque::new() });
        Ok(())
    }

    /// What the person does from now on.
    ///
    /// # Errors
    /// Nobody plays, or the agent has no such action.
    pub fn act(&mut self, action: i32) -> Result<(), String> {
        let Some(person) = &mut self.person else { return Err("You play no agent: say take first.".into()) };
        match self.sim.spec().action_space(person.agent) {
            Space::Discrete { n } if (0..*n as i32).contains(&action) => {
                person.act(action);
                Ok(())
            }
            _ => Err(format!("There is no action {action}.")),
        }
    }

    /// Starts an episode.
    pub fn reset(&mut self, seed: u64, episode: u32) {
        self.sim.reset(seed, episode);
        self.policies.iter_mut().for_each(|policy| policy.reset());
        self.totals.iter_mut().for_each(|total| *total = 0.0);
        self.last = None;
    }

    /// Plays one step, and says whether the episode is over.
    ///
    /// # Errors
    /// A policy or the environment fails. The episode must end.
    pub fn step(&mut self) -> Result<bool, String> {
        let (seed, episode, tick) = (self.sim.seed(), self.sim.episode(), self.sim.tick() + 1);
        let mut actions = PerAgent::<ActionValue>::new();
        let mut observation = Vec::new();
        for (agent, policy) in (0..=u8::MAX).map(Agent).zip(&mut self.policies) {
            observation.clear();
            self.sim.observe(agent, &mut observation);
            let mut rng = Rng::derive(seed, Stream::Policy(agent.0), episode, tick);
            let mask = self.sim.action_mask(agent);
            if let Some(person) = self.person.as_mut().filter(|person| person.agent == agent) {
                let action = person.next();
                // Rules that refuse it now may allow it in the next step.
                let allowed = mask.get(action as usize).copied().unwrap_or(true);
                let fallback = self.sim.spec().noop(agent).cloned().unwrap_or(ActionValue::Discrete(0));
                actions.push(if allowed { ActionValue::Discrete(action) } else { fallback });
                continue;
            }
            actions
                .push(policy.act_masked(&observation, &mask, &mut rng).map_err(|error| error.to_string())?);
        }
        let step = self.sim.step(&actions).map_err(|error| error.to_string())?;
        for (total, reward) in self.totals.iter_mut().zip(&step.rewards) {
            *total += exact(*reward);
        }
        let overview = self.sim.overview();
        self.heat.count(&overview.positions, self.sim.spec().viewport);
        let plays = self.person.as_ref().is_none_or(|person| person.agent != Agent(0));
        let first = self.policies.first().filter(|_| plays);
        let preferences = first.and_then(|policy| policy.preferences());
        let over = step.done();
        self.last = Some(Played { actions, step, preferences });
        Ok(over)
    }

    /// Everything that a later process needs to go on.
    ///
    /// # Errors
    /// A state cannot be written.
    pub(crate) fn save(&self) -> Result<Saved, String> {
        let policies = self.policies.iter().map(|policy| policy.save().map_err(|error| error.to_string()));
        Ok(Saved {
            sim: self.sim.save().map_err(|error| error.to_string())?,
            policies: policies.collect::<Result<_, _>>()?,
            heat: self.heat.clone(),
            totals: self.totals.to_vec(),
        })
    }

    /// Goes on from there.
    ///
    /// # Errors
    /// It is of another environment or policy.
    pub(crate) fn load(&mut self, saved: Saved) -> Result<(), String> {
        self.sim.load(&saved.sim).map_err(|error| error.to_string())?;
        for (policy, state) in self.policies.iter_mut().zip(&saved.policies) {
            policy.load(state).map_err(|error| error.to_string())?;
        }
        self.heat = saved.heat;
        for (total, saved) in self.totals.iter_mut().zip(saved.totals) {
            *total = saved;
        }
        self.last = None;
        Ok(())
    }
}

fn policies(checkpoint: &Checkpoint, sim: &dyn Simulation) -> Result<Vec<Box<dyn Policy>>, PolicyError> {
    let spec = sim.spec();
    spec.agents()
        .map(|agent| match checkpoint.policy()? {
            Some(policy) => Ok(policy),
            None => Ok(Box::new(RandomPolicy(spec.action_space(agent).clone())) as Box<dyn Policy>),
        })
        .collect()
}

/// The double that is written like the single: 1.7265 and not 1.7265000343.
#[must_use]
pub fn exact(x: f32) -> f64 {
    x.to_string().parse().unwrap_or_else(|_| f64::from(x))
}
