//! What the keys of a game's seats do.

use footlights_env::{ActionValue, Agent, AgentSpec, Space, Spec};
use footlights_protocol::keys::{InputMode, Keyboard, MissingAction};
use serde::Serialize;

/// What the keys of a game's seats do, and what a seat does without them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Controls {
    /// When a key counts.
    pub input_mode: InputMode,
    /// What keys do, by agent.
    pub keyboards: Vec<Keyboard>,
    /// What each agent does while no key is held; the environment's noop where nothing else is chosen.
    pub default_actions: Vec<Option<ActionValue>>,
    /// What a seat does in a tick without a press, in the modes that count presses.
    pub missing_action: MissingAction,
    /// What agents can do.
    #[serde(skip)]
    spaces: Vec<Space>,
}

impl Controls {
    /// No keys yet, for these agents.
    pub(super) fn new(agents: Vec<AgentSpec>) -> Self {
        Self {
            input_mode: InputMode::PressedKeys,
            keyboards: vec![Keyboard::default(); agents.len()],
            default_actions: agents.iter().map(|agent| agent.noop.clone()).collect(),
            missing_action: MissingAction::Default,
            spaces: agents.into_iter().map(|agent| agent.action_space).collect(),
        }
    }

    /// Adds a control for the next number of every agent's continuous action. One that has no such number is found by
    /// [`Controls::validate`].
    pub(super) fn add_axis(&mut self, down: &[&str], up: &[&str], label: &str) {
        for (keyboard, space) in self.keyboards.iter_mut().zip(&self.spaces) {
            let bounds = match space {
                Space::Box { low, high } => low.get(keyboard.axes.len()).zip(high.get(keyboard.axes.len())),
                Space::Discrete { .. } => None,
            };
            let (low, high) = bounds.unwrap_or((&0.0, &0.0));
            keyboard.add_axis((*low, *high), down, up, label);
        }
    }

    /// The keys of one agent's seat.
    #[must_use]
    pub fn keyboard(&self, agent: Agent) -> Option<&Keyboard> {
        self.keyboards.get(agent.index())
    }

    /// Whether an agent can do what its keys and its default action say.
    pub(super) fn validate(&self, agent: Agent, spec: &Spec) -> Result<(), (&'static str, String)> {
        let space = spec.action_space(agent);
        let outside =
            |action: &ActionValue| format!("{action} is not in the action space {space:?} of {agent}");
        match self.default_actions.get(agent.index()).and_then(Option::as_ref) {
            Some(action) if space.contains(action) => {}
            Some(action) => return Err(("default_action", outside(action))),
            None => {
                let why = format!(
                    "{} declares no action with which {agent} does nothing: say what it does while no key is held",
                    spec.id
                );
                return Err(("default_action", why));
            }
        }
        let Some(keyboard) = self.keyboard(agent) else { return Ok(()) };
        let axes = keyboard.axes.len();
        if axes > 0 {
            let numbers = match space {
                Space::Box { low, .. } => low.len(),
                Space::Discrete { .. } => 0,
            };
            if axes != numbers || axes > Keyboard::MAX_AXES {
                let why = format!(
                    "{axes} axes, but an action of {agent} has {numbers} continuous numbers; there can be {} axes",
                    Keyboard::MAX_AXES
                );
                return Err(("axis", why));
            }
            if let Some(axis) =
                keyboard.axes.iter().find(|axis| !axis.low.is_finite() || !axis.high.is_finite())
            {
                return Err(("axis", format!("{:?} has no ends: {} to {}", axis.label, axis.low, axis.high)));
            }
            if self.input_mode != InputMode::PressedKeys {
                return Err((
                    "axis",
                    "an axis counts in every tick: the input mode must be PressedKeys".into(),
                ));
            }
        }
        if keyboard.keys.len() > keyboard.max_keys() {
            let why = format!("{} keys, at most {}", keyboard.keys.len(), keyboard.max_keys());
            return Err(("action", why));
        }
        for chord in &keyboard.chords {
            if chord.keys.is_empty() {
                return Err(("action", format!("no key for action {}", chord.action)));
            }
            if !space.contains(&chord.action) {
                return Err(("action", outside(&chord.action)));
            }
        }
        Ok(())
    }
}
