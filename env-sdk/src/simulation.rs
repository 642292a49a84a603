//! An environment with its configuration, seed and state, without its types: what rooms, browsers and tools drive.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    digest,
    environment::{Agent, Environment, HudItem, Legend, PerAgent, Spec, Step, View},
    error::EnvError,
    msgpack,
    rng::{Rng, Stream},
    space::ActionValue,
    surface::Surface,
};

/// A running environment. Ticks count from the reset, which is tick 0.
pub trait Simulation {
    /// The declaration.
    fn spec(&self) -> &Spec;
    /// What the numbers mean.
    fn legend(&self) -> Legend;
    /// Starts an episode. The same (seed, episode) gives the same start.
    fn reset(&mut self, seed: u64, episode: u32);
    /// One tick; one action an agent, in order. On an error the state has not changed, except for
    /// [`EnvError::NonFinite`], after which the episode must end.
    fn step(&mut self, actions: &[ActionValue]) -> Result<Step, EnvError>;
    /// Appends the flat observation of `agent`.
    fn observe(&self, agent: Agent, out: &mut Vec<f32>);
    /// Whether the action lies in the action space and the rules allow it now.
    fn is_valid(&self, agent: Agent, action: &ActionValue) -> bool;
    /// Draws what `view` may see.
    fn draw(&self, view: View, surface: &mut Surface);
    /// Text for the panel around the picture.
    fn hud(&self, view: View) -> Vec<HudItem>;
    /// xxh3 over the canonical state.
    fn digest(&self) -> Result<u64, EnvError>;
    /// A snapshot: seed, episode, tick and state.
    fn save(&self) -> Result<Vec<u8>, EnvError>;
    /// Goes back to a snapshot.
    fn load(&mut self, snapshot: &[u8]) -> Result<(), EnvError>;
    /// The same simulation in the same state, for itself.
    fn fork(&self) -> Box<dyn Simulation>;
    /// The seed of the last reset.
    fn seed(&self) -> u64;
    /// The episode, from 0.
    fn episode(&self) -> u32;
    /// Steps since the reset.
    fn tick(&self) -> u32;
    /// The configuration, as it would be written in a study.
    fn config(&self) -> Value;
    /// The configuration for a browser's module, see [`Sim::from_packed`].
    fn packed_config(&self) -> Result<Vec<u8>, EnvError>;
}

/// [`Simulation`] over one [`Environment`].
pub struct Sim<E: Environment> {
    config: E::Config,
    spec: Spec,
    at: At,
    state: E::State,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct At {
    seed: u64,
    episode: u32,
    tick: u32,
}

impl<E: Environment> Clone for Sim<E> {
    fn clone(&self) -> Self {
        Self { config: self.config.clone(), spec: self.spec.clone(), at: self.at, state: self.state.clone() }
    }
}

impl<E: Environment> Sim<E> {
    /// A simulation at the reset of seed 0, episode 0.
    pub fn new(config: E::Config) -> Result<Self, EnvError> {
        E::check(&config).map_err(|why| EnvError::Config { env: E::ID, why })?;
        let spec = E::spec(&config);
        let at = At { seed: 0, episode: 0, tick: 0 };
        let state = E::reset(&config, &mut Rng::derive(0, Stream::Environment, 0, 0));
        Ok(Self { config, spec, at, state })
    }

    /// The same from JSON; null stands for the default configuration.
    pub fn from_json(config: &Value) -> Result<Self, EnvError> {
        let config = match config {
            Value::Null => E::Config::default(),
            value => serde_json::from_value(value.clone())
                .map_err(|e| EnvError::Config { env: E::ID, why: e.to_string() })?,
        };
        Self::new(config)
    }

    /// The same from MessagePack, in which a browser gets it.
    pub fn from_packed(config: &[u8]) -> Result<Self, EnvError> {
        let config =
            msgpack::decode(config).map_err(|e| EnvError::Config { env: E::ID, why: e.to_string() })?;
        Self::new(config)
    }
}

impl<E: Environment> Simulation for Sim<E> {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn legend(&self) -> Legend {
        E::legend(&self.config)
    }

    fn reset(&mut self, seed: u64, episode: u32) {
        self.at = At { seed, episode, tick: 0 };
        self.state = E::reset(&self.config, &mut Rng::derive(seed, Stream::Environment, episode, 0));
    }

    fn step(&mut self, actions: &[ActionValue]) -> Result<Step, EnvError> {
        let expected = usize::from(self.spec.agents);
        if actions.len() != expected {
            return Err(EnvError::ActionCount { env: E::ID, expected, found: actions.len() });
        }
        let mut typed = PerAgent::<E::Action>::new();
        for (agent, action) in self.spec.agents().zip(actions) {
            let refused = || EnvError::Action { env: E::ID, agent, action: action.to_string() };
            if !self.spec.action_space.contains(action) {
                return Err(refused());
            }
            typed.push(E::Action::try_from(action.clone()).map_err(|_| refused())?);
        }
        self.at.tick += 1;
        let mut rng = Rng::derive(self.at.seed, Stream::Environment, self.at.episode, self.at.tick);
        let step = E::step(&self.config, &mut self.state, &typed, &mut rng);
        if step.rewards.iter().any(|r| !r.is_finite()) {
            return Err(EnvError::NonFinite { env: E::ID, what: "a reward", tick: self.at.tick });
        }
        Ok(step)
    }

    fn observe(&self, agent: Agent, out: &mut Vec<f32>) {
        // Adding 0.0 makes a zero of -0.0, which would otherwise differ in data and in what a policy sees.
        out.extend(E::observe(&self.config, &self.state, agent).as_ref().iter().map(|v| v + 0.0));
    }

    fn is_valid(&self, agent: Agent, action: &ActionValue) -> bool {
        self.spec.action_space.contains(action)
            && E::Action::try_from(action.clone())
                .is_ok_and(|action| E::is_valid(&self.config, &self.state, agent, action))
    }

    fn draw(&self, view: View, surface: &mut Surface) {
        E::draw(&self.config, &self.state, view, surface);
    }

    fn hud(&self, view: View) -> Vec<HudItem> {
        E::hud(&self.config, &self.state, view)
    }

    fn digest(&self) -> Result<u64, EnvError> {
        digest::of(&(self.at, &self.state)).map_err(|e| match e {
            digest::DigestError::NonFinite => {
                EnvError::NonFinite { env: E::ID, what: "the state", tick: self.at.tick }
            }
            other => EnvError::Snapshot { env: E::ID, why: other.to_string() },
        })
    }

    fn save(&self) -> Result<Vec<u8>, EnvError> {
        msgpack::encode(&(self.at, &self.state))
            .map_err(|e| EnvError::Snapshot { env: E::ID, why: e.to_string() })
    }

    fn load(&mut self, snapshot: &[u8]) -> Result<(), EnvError> {
        (self.at, self.state) =
            msgpack::decode(snapshot).map_err(|e| EnvError::Snapshot { env: E::ID, why: e.to_string() })?;
        Ok(())
    }

    fn fork(&self) -> Box<dyn Simulation> {
        Box::new(self.clone())
    }

    fn seed(&self) -> u64 {
        self.at.seed
    }

    fn episode(&self) -> u32 {
        self.at.episode
    }

    fn tick(&self) -> u32 {
        self.at.tick
    }

    fn config(&self) -> Value {
        serde_json::to_value(&self.config).unwrap_or(Value::Null)
    }

    fn packed_config(&self) -> Result<Vec<u8>, EnvError> {
        msgpack::encode(&self.config).map_err(|e| EnvError::Config { env: E::ID, why: e.to_string() })
    }
}
