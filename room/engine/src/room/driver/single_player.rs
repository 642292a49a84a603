//! Single-player games: the only participant's browser simulates by its own clock and says how far it has come. The room
//! runs the same ticks with the same keys, and compares. Such a game never waits for the network.

use footlights_env::{Agent, EnvError};
use footlights_experiment::GameScene;
use footlights_protocol::{EpochMs, wire::ClientToRoom};

use super::{
    super::{game::Game, seats::Seats},
    audience::Acceptance,
    client_clock::{ClientClock, MAX_LEAD_S},
    simulation_sync::{Lead, SimulationSync},
};

/// Runs a single-player game.
pub struct SinglePlayerDriver {
    /// The participant's seat.
    pub agent: Agent,
    /// The browser's clock.
    pub clock: ClientClock,
    /// The browser's simulation.
    pub sync: SimulationSync,
}

impl SinglePlayerDriver {
    /// The browser has not begun yet.
    ///
    /// # Errors
    /// If the environment's configuration does not encode.
    pub fn new(scene: &GameScene, game: &Game, seats: &Seats, now: EpochMs) -> Result<Self, EnvError> {
        let lead = Lead { prediction_window: (MAX_LEAD_S * scene.stepping.fps) as u32, stamps_s: MAX_LEAD_S };
        Ok(Self {
            agent: scene.human_agents().next().unwrap_or(Agent(0)),
            clock: ClientClock::new(scene.stepping.fps, now),
            sync: SimulationSync::new(scene, true, &lead, game, seats)?,
        })
    }

    /// The browser knows the state, and there are no receipts to bring back.
    pub fn accepts(&self, message: &ClientToRoom) -> Acceptance {
        match message {
            ClientToRoom::RestoreReceipts { .. } => Acceptance::Ignored,
            ClientToRoom::Hello { .. }
            | ClientToRoom::Keys { .. }
            | ClientToRoom::StampedKeys { .. }
            | ClientToRoom::Advanced { .. }
            | ClientToRoom::RestoreTicks { .. }
            | ClientToRoom::RenderReport(_)
            | ClientToRoom::Desync { .. }
            | ClientToRoom::AssetFailed { .. }
            | ClientToRoom::Ping { .. } => Acceptance::Accepted,
        }
    }
}
