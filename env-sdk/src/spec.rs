//! What an environment declares about itself: its agents with their spaces, its limits, and what is drawn into.

use serde::{Deserialize, Serialize};

use crate::{
    agent::Agent,
    space::{ActionValue, Space},
};

/// The visible part of the world, in world units, origin at the top left, y down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Viewport {
    /// Width in world units.
    pub width: f32,
    /// Height in world units.
    pub height: f32,
}

/// What one agent does and observes.
///
/// ```
/// use footlights_env::{ActionValue, AgentSpec, Space};
///
/// let steering = AgentSpec::new(Space::uniform_box(1, -1.0, 1.0), Space::uniform_box(8, 0.0, 1.0))
///     .noop(ActionValue::Continuous(vec![0.0]));
/// assert_eq!(steering.observation_space.len(), 8);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSpec {
    /// The space of the agent's action.
    pub action_space: Space,
    /// The space of the agent's flat observation.
    pub observation_space: Space,
    /// What the agent does when it does nothing, where the environment has such an action. A game takes it while no key
    /// is held, unless the experiment chooses another one.
    pub noop: Option<ActionValue>,
}

impl AgentSpec {
    /// An agent with these spaces, and without an action that does nothing.
    #[must_use]
    pub fn new(action_space: Space, observation_space: Space) -> Self {
        Self { action_space, observation_space, noop: None }
    }

    /// Declares the action that does nothing.
    #[must_use]
    pub fn noop(mut self, action: impl Into<ActionValue>) -> Self {
        self.noop = Some(action.into());
        self
    }
}

/// What an environment declares about itself.
///
/// Every agent has spaces of its own, as in PettingZoo (<https://pettingzoo.farama.org/api/parallel/>). Where all are
/// alike, `vec![agent; n]` says so; [`Spec::action_space`] and [`Spec::observation_space`] look one up.
///
/// ```
/// use footlights_env::{Agent, AgentSpec, Space, Spec, Viewport};
///
/// let seeker = AgentSpec::new(Space::Discrete { n: 5 }, Space::uniform_box(4, -1.0, 1.0));
/// let hider = AgentSpec::new(Space::Discrete { n: 4 }, Space::uniform_box(2, -1.0, 1.0));
/// let spec = Spec {
///     id: "hide-and-seek-v0".into(),
///     agents: vec![seeker, hider],
///     max_steps: 600,
///     reward_range: (-1.0, 1.0),
///     viewport: Viewport { width: 16.0, height: 9.0 },
/// };
/// assert_eq!(spec.agents().count(), 2);
/// assert_eq!(spec.action_space(Agent(1)), &Space::Discrete { n: 4 });
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// `name-vN`, as in Gymnasium.
    pub id: String,
    /// The agents that act in every step, in order: 1 to 255.
    pub agents: Vec<AgentSpec>,
    /// The most steps of an episode. [`Sim`](crate::Sim) truncates the episode there; the environment need not count.
    pub max_steps: u32,
    /// Lowest and highest reward of one step.
    pub reward_range: (f32, f32),
    /// What `draw` draws into.
    pub viewport: Viewport,
}

/// No value lies in it.
static EMPTY: Space = Space::Discrete { n: 0 };

impl Spec {
    /// All agents, in order.
    pub fn agents(&self) -> impl Iterator<Item = Agent> + use<> {
        (0..=u8::MAX).map(Agent).take(self.agents.len())
    }

    /// What is declared of `agent`, if there is one.
    #[must_use]
    pub fn agent(&self, agent: Agent) -> Option<&AgentSpec> {
        self.agents.get(agent.index())
    }

    /// The space of the agent's actions; of an agent that does not exist the empty space.
    #[must_use]
    pub fn action_space(&self, agent: Agent) -> &Space {
        self.agent(agent).map_or(&EMPTY, |agent| &agent.action_space)
    }

    /// The space of the agent's flat observations; of an agent that does not exist the empty space.
    #[must_use]
    pub fn observation_space(&self, agent: Agent) -> &Space {
        self.agent(agent).map_or(&EMPTY, |agent| &agent.observation_space)
    }

    /// What the agent does when it does nothing, if that is declared.
    #[must_use]
    pub fn noop(&self, agent: Agent) -> Option<&ActionValue> {
        self.agent(agent)?.noop.as_ref()
    }

    /// The spaces that all agents share; none where roles differ.
    #[must_use]
    pub fn shared_spaces(&self) -> Option<(&Space, &Space)> {
        let first = self.agents.first()?;
        let alike = |agent: &AgentSpec| {
            agent.action_space == first.action_space && agent.observation_space == first.observation_space
        };
        self.agents.iter().all(alike).then_some((&first.action_space, &first.observation_space))
    }
}
