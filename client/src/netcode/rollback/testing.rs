//! Games for the tests of this folder and of those that use it.

use footlights_env::{ActionValue, Agent, Viewport};
use footlights_protocol::{
    EpochMs, InputDelay, KeySet, ShownScores,
    keys::{InputMode, Keyboard, MissingAction},
    timeline::{Move, Moves, Rules, Timeline},
    wire::{ConfirmedTick, SimulationSetup, VERSION, Welcome},
};

use super::game::{LocalEngine, Rollback};

/// The environment of all these games: two agents, and a ball that moves by itself.
const ENVIRONMENT: &str = "slime-volleyball-v0";

/// Ticks a second.
pub const FPS: f32 = 20.0;

/// What a browser can compute: the environments of the examples, and no policy.
pub const ENGINE: LocalEngine = LocalEngine {
    make: |id, config| footlights_environments::registry().get(id)?.make_packed(config),
    infer: |_, _| None,
};

/// What its inputs mean: both agents have one key that moves them.
pub fn rules() -> Rules {
    let mut keyboard = Keyboard::default();
    keyboard.add(&["ArrowLeft"], ActionValue::Discrete(5), "left");
    Rules {
        input_mode: InputMode::PressedKeys,
        missing_action: MissingAction::Default,
        default_actions: vec![Some(ActionValue::Discrete(0)); 2],
        keyboards: vec![keyboard.clone(), keyboard],
        episodes: 2,
        max_steps: Some(80),
        carry_score: true,
        shown_scores: ShownScores::All,
    }
}

/// A game at its start.
pub fn timeline() -> Timeline {
    let registry = footlights_environments::registry();
    let sim = registry.get(ENVIRONMENT).and_then(|entry| entry.make_default()).unwrap();
    Timeline::new(rules(), sim, 1)
}

/// What a room says of such a game.
pub fn setup(single_player: bool) -> SimulationSetup {
    let registry = footlights_environments::registry();
    SimulationSetup {
        environment: ENVIRONMENT.into(),
        fingerprint: registry.get(ENVIRONMENT).and_then(|entry| entry.fingerprint()).unwrap(),
        config: timeline().sim().packed_config().unwrap(),
        rules: rules(),
        single_player,
        policies: Vec::new(),
        pauses: false,
        input_delay: InputDelay::Fixed(1),
        prediction_window: 8,
    }
}

/// A browser in the state of the game's start.
pub fn rollback(single_player: bool) -> Rollback {
    let mut rollback = Rollback::new(Agent(0), FPS, setup(single_player), ENGINE).unwrap();
    rollback.load(&timeline().save().unwrap(), []).unwrap();
    rollback
}

/// The room, which decides tick by tick.
pub struct Referee(pub Timeline);

impl Referee {
    /// Decides the next tick: who is named changes keys to this.
    pub fn decide(&mut self, keys: &[(u8, KeySet)]) -> ConfirmedTick {
        let mut moves = Moves::new();
        for (agent, held) in keys {
            moves.insert(Agent(*agent), Move::Keys(vec![Some(*held)]));
        }
        let ticked = self.0.advance(&moves).unwrap();
        // Between episodes the digest is of the state before the reset.
        let digest = self.0.digest().ok();
        if ticked.step.done() {
            self.0.next_episode();
        }
        ConfirmedTick {
            tick: self.0.tick(),
            at_ms: EpochMs(0),
            moves: moves.into_iter().collect(),
            tag: 0,
            digest,
            persisted: None,
        }
    }
}

/// The greeting of a room whose game browsers simulate as this says, or which streams pictures.
pub fn welcome(simulated: Option<SimulationSetup>) -> Welcome {
    Welcome {
        version: VERSION,
        agent: Agent(0),
        names: Vec::new(),
        fps: 30.0,
        viewport: Viewport { width: 4.0, height: 2.0 },
        keyboard: Keyboard::default(),
        simulated,
    }
}
