//! An environment with its configuration, seed and state, without its types: what rooms, browsers and tools drive.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    agent::{Agent, PerAgent},
    digest,
    environment::{Environment, HudItem, View},
    error::EnvError,
    label::Labels,
    msgpack,
    overview::Overview,
    record::RecordValue,
    rng::{Rng, Stream},
    space::{ActionValue, Space},
    spec::Spec,
    step::Step,
    surface::Surface,
};

/// The most actions that a mask has: it is made before every tick of a policy.
const MAX_MASK: u32 = 4096;

/// A running environment. Ticks count from the reset, which is tick 0.
///
/// ```
/// # use footlights_env::prelude::*;
/// # struct Coin;
/// # #[derive(Clone, Copy, Discrete)] enum Flip { Flip }
/// # impl Environment for Coin {
/// #     type Config = (); type State = u32; type Action = Flip; type Observation = [f32; 1];
/// #     const ID: &'static str = "coin-v0";
/// #     fn spec(_: &()) -> Spec { Spec { id: Self::ID.into(),
/// #         agents: vec![AgentSpec::new(Flip::space(), Space::uniform_box(1, 0.0, 1e9))], max_steps: 50,
/// #         reward_range: (0.0, 1.0), viewport: Viewport { width: 1.0, height: 1.0 } } }
/// #     fn reset(_: &(), rng: &mut Rng) -> u32 { rng.below(9) }
/// #     fn step(_: &(), s: &mut u32, _: &[Flip], rng: &mut Rng) -> Step { *s += rng.below(2); Step::solo(0.0, false) }
/// #     fn observe(_: &(), s: &u32, _: Agent) -> [f32; 1] { [*s as f32] }
/// #     fn draw(_: &(), s: &u32, _: View, surface: &mut Surface) { surface.circle(0.5, 0.5, 0.1).id(*s as u16); }
/// # }
/// let mut sim: Box<dyn Simulation> = Box::new(Sim::<Coin>::new(())?);
/// sim.reset(7, 0);
/// let start = sim.save()?;
/// sim.step(&[Flip::Flip.into()])?;
/// let after = sim.digest()?;
/// sim.load(&start)?;
/// sim.step(&[Flip::Flip.into()])?;
/// assert_eq!(sim.digest()?, after);
/// # Ok::<(), EnvError>(())
/// ```
pub trait Simulation: Send {
    /// The declaration.
    fn spec(&self) -> &Spec;
    /// What the numbers mean.
    fn labels(&self) -> Labels;
    /// Starts an episode. The same (seed, episode) gives the same start.
    fn reset(&mut self, seed: u64, episode: u32);
    /// One tick; one action an agent, in order. At the step limit the episode is truncated for all agents that have not
    /// reached its end, as by Gymnasium's [TimeLimit](https://gymnasium.farama.org/api/wrappers/misc_wrappers/).
    ///
    /// # Errors
    ///
    /// When an action is missing or not in its space, and when a reward is not finite. The state has not changed, except
    /// after [`EnvError::NonFinite`]: then the episode must end.
    fn step(&mut self, actions: &[ActionValue]) -> Result<Step, EnvError>;
    /// The steps after which an episode is truncated.
    fn step_limit(&self) -> u32;
    /// Lowers the step limit; it is never more than [`Spec::max_steps`]. Snapshots do not hold it.
    fn limit_steps(&mut self, limit: u32);
    /// Appends the flat observation of `agent`.
    fn observe(&self, agent: Agent, out: &mut Vec<f32>);
    /// Writes the flat observation of `agent` into a slice that is as long as one.
    fn observe_into(&self, agent: Agent, out: &mut [f32]);
    /// What is recorded of the state: one value for each of [`Labels::state`].
    fn record(&self) -> Vec<RecordValue>;
    /// The state for other programs, see [`Environment::describe`].
    fn describe(&self) -> Value;
    /// Whether the action lies in the agent's action space and the rules allow it now.
    fn is_valid(&self, agent: Agent, action: &ActionValue) -> bool;
    /// Whether the rules allow each of the agent's discrete actions now, in order; empty for those of a `Box`, and where
    /// there are more than 4,096.
    fn action_mask(&self, agent: Agent) -> Vec<bool> {
        let Space::Discrete { n: n @ 0..=MAX_MASK } = *self.spec().action_space(agent) else {
            return Vec::new();
        };
        let actions = (0..n).map(|k| ActionValue::Discrete(k as i32));
        actions.map(|action| self.is_valid(agent, &action)).collect()
    }
    /// Draws what `view` may see.
    fn draw(&self, view: View, surface: &mut Surface);
    /// Text for the panel around the picture.
    fn hud(&self, view: View) -> Vec<HudItem>;
    /// What a page that watches shows beside the picture.
    fn overview(&self) -> Overview;
    /// xxh3 over the canonical state.
    ///
    /// # Errors
    ///
    /// When a number of the state is not finite, or the state cannot be serialised.
    fn digest(&self) -> Result<u64, EnvError>;
    /// A snapshot: seed, episode, tick and state.
    ///
    /// # Errors
    ///
    /// When the state cannot be serialised.
    fn save(&self) -> Result<Vec<u8>, EnvError>;
    /// Goes back to a snapshot.
    ///
    /// # Errors
    ///
    /// When the bytes are no snapshot of this environment; nothing has changed then.
    fn load(&mut self, snapshot: &[u8]) -> Result<(), EnvError>;
    /// The same simulation in the same state, for itself.
    fn fork(&self) -> Box<dyn Simulation>;
    /// The seed of the last reset.
    fn seed(&self) -> u64;
    /// The episode, from 0.
    fn episode(&self) -> u32;
    /// Steps since the reset.
    fn tick(&self) -> u32;
    /// The configuration, as it would be written in an experiment.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    fn config(&self) -> Result<Value, EnvError>;
    /// The configuration for a browser's module, see [`Sim::from_packed`].
    ///
    /// # Errors
    ///
    /// When it cannot be written as MessagePack.
    fn packed_config(&self) -> Result<Vec<u8>, EnvError>;
}

/// [`Simulation`] over one [`Environment`].
pub struct Sim<E: Environment> {
    config: E::Config,
    spec: Spec,
    limit: u32,
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
        Self {
            config: self.config.clone(),
            spec: self.spec.clone(),
            limit: self.limit,
            at: self.at,
            state: self.state.clone(),
        }
    }
}

impl<E: Environment> Sim<E> {
    /// A simulation at the reset of seed 0, episode 0.
    ///
    /// # Errors
    ///
    /// When the environment refuses the configuration, or declares no agent or more than 255.
    pub fn new(config: E::Config) -> Result<Self, EnvError> {
        let refused = |why| EnvError::Config { env: E::ID, why };
        E::validate(&config).map_err(refused)?;
        let spec = E::spec(&config);
        if !(1..=255).contains(&spec.agents.len()) {
            return Err(refused(format!("{} agents, there must be 1 to 255", spec.agents.len())));
        }
        let at = At { seed: 0, episode: 0, tick: 0 };
        let state = E::reset(&config, &mut Rng::derive(0, Stream::Environment, 0, 0));
        Ok(Self { config, limit: spec.max_steps, spec, at, state })
    }

    /// The same from JSON; null stands for the default configuration.
    ///
    /// # Errors
    ///
    /// When the JSON is no configuration, or [`Sim::new`] refuses it.
    pub fn from_json(config: &Value) -> Result<Self, EnvError> {
        let config = match config {
            Value::Null => E::Config::default(),
            value => serde_json::from_value(value.clone())
                .map_err(|e| EnvError::Config { env: E::ID, why: e.to_string() })?,
        };
        Self::new(config)
    }

    /// The same from MessagePack, in which a browser gets it.
    ///
    /// # Errors
    ///
    /// When the bytes are no configuration, or [`Sim::new`] refuses it.
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

    fn labels(&self) -> Labels {
        E::labels(&self.config)
    }

    fn reset(&mut self, seed: u64, episode: u32) {
        self.at = At { seed, episode, tick: 0 };
        self.state = E::reset(&self.config, &mut Rng::derive(seed, Stream::Environment, episode, 0));
    }

    fn step(&mut self, actions: &[ActionValue]) -> Result<Step, EnvError> {
        let expected = self.spec.agents.len();
        if actions.len() != expected {
            return Err(EnvError::ActionCount { env: E::ID, expected, found: actions.len() });
        }
        let mut typed = PerAgent::<E::Action>::new();
        for (agent, (declared, action)) in (0..=u8::MAX).map(Agent).zip(self.spec.agents.iter().zip(actions))
        {
            let refused = || EnvError::Action { env: E::ID, agent, action: action.to_string() };
            if !declared.action_space.contains(action) {
                return Err(refused());
            }
            typed.push(E::Action::try_from(action.clone()).map_err(|_| refused())?);
        }
        self.at.tick += 1;
        let mut rng = Rng::derive(self.at.seed, Stream::Environment, self.at.episode, self.at.tick);
        let mut step = E::step(&self.config, &mut self.state, &typed, &mut rng);
        if step.rewards.iter().any(|r| !r.is_finite()) {
            return Err(EnvError::NonFinite { env: E::ID, what: "a reward", tick: self.at.tick });
        }
        if self.at.tick >= self.limit {
            step.truncate();
        }
        Ok(step)
    }

    fn step_limit(&self) -> u32 {
        self.limit
    }

    fn limit_steps(&mut self, limit: u32) {
        self.limit = self.spec.max_steps.min(limit);
    }

    fn observe(&self, agent: Agent, out: &mut Vec<f32>) {
        // Adding 0.0 makes a zero of -0.0, which would otherwise differ in data and in what a policy sees.
        out.extend(E::observe(&self.config, &self.state, agent).as_ref().iter().map(|v| v + 0.0));
    }

    fn observe_into(&self, agent: Agent, out: &mut [f32]) {
        let observation = E::observe(&self.config, &self.state, agent);
        for (slot, value) in out.iter_mut().zip(observation.as_ref()) {
            *slot = value + 0.0;
        }
    }

    fn record(&self) -> Vec<RecordValue> {
        E::record(&self.config, &self.state)
    }

    fn describe(&self) -> Value {
        E::describe(&self.config, &self.state)
    }

    fn is_valid(&self, agent: Agent, action: &ActionValue) -> bool {
        self.spec.action_space(agent).contains(action)
            && E::Action::try_from(action.clone())
                .is_ok_and(|action| E::is_valid(&self.config, &self.state, agent, action))
    }

    fn draw(&self, view: View, surface: &mut Surface) {
        E::draw(&self.config, &self.state, view, surface);
    }

    fn hud(&self, view: View) -> Vec<HudItem> {
        E::hud(&self.config, &self.state, view)
    }

    fn overview(&self) -> Overview {
        E::overview(&self.config, &self.state)
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

    fn config(&self) -> Result<Value, EnvError> {
        serde_json::to_value(&self.config)
            .map_err(|e| EnvError::Config { env: E::ID, why: format!("it cannot be written as JSON: {e}") })
    }

    fn packed_config(&self) -> Result<Vec<u8>, EnvError> {
        msgpack::encode(&self.config).map_err(|e| EnvError::Config { env: E::ID, why: e.to_string() })
    }
}
