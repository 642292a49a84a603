//! What the keys of a game's seats do.

use footlights_env::{ActionValue, Agent, AgentSpec, Spec};
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
}

impl Controls {
    /// No keys yet, for these agents.
    pub(super) fn new(agents: Vec<AgentSpec>) -> Self {
        Self {
            input_mode: InputMode::PressedKeys,
            keyboards: vec![Keyboard::default(); agents.len()],
            default_actions: agents.into_iter().map(|agent| agent.noop).collect(),
            missing_action: MissingAction::Default,
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
        if keyboard.keys.len() > Keyboard::MAX_KEYS {
            let why = format!("{} keys, at most {}", keyboard.keys.len(), Keyboard::MAX_KEYS);
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
