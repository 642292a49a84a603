//! Rollback games: the room decides each tick by its own clock, and every browser simulates ahead of it and goes back when
//! the room decided otherwise. The room takes each key change in the tick that it is stamped for, or in the next one if
//! that is over, and sends everyone what was decided. A restored room gets those ticks back.

use footlights_env::EnvError;
use footlights_experiment::GameScene;
use footlights_protocol::wire::ClientToRoom;

use super::{
    super::{game::Game, seats::Seats},
    audience::Acceptance,
    schedule::Schedule,
    simulation_sync::{Lead, SimulationSync},
};

/// How far ahead a key change can be stamped, in seconds of the game.
const MAX_STAMP_LEAD_S: f32 = 5.0;

/// Runs a rollback game.
pub struct RollbackDriver {
    /// When ticks are due.
    pub schedule: Schedule,
    /// The browsers' simulations.
    pub sync: SimulationSync,
}

impl RollbackDriver {
    /// Nothing was decided yet.
    ///
    /// # Errors
    /// If the environment's configuration does not encode.
    pub fn new(scene: &GameScene, phase_ms: u64, game: &Game, seats: &Seats) -> Result<Self, EnvError> {
        let lead = Lead { prediction_window: scene.stepping.prediction_window, stamps_s: MAX_STAMP_LEAD_S };
        Ok(Self {
            schedule: Schedule::new(scene.stepping.fps, phase_ms),
            sync: SimulationSync::new(scene, false, &lead, game, seats)?,
        })
    }

    /// The room's clock is the game's, so no browser can say how far it has come.
    pub fn accepts(&self, message: &ClientToRoom) -> Acceptance {
        match message {
            ClientToRoom::Advanced { .. } => Acceptance::Refused("this game is not played alone"),
            ClientToRoom::RestoreReceipts { .. } => Acceptance::Ignored,
            ClientToRoom::Hello { .. }
            | ClientToRoom::Keys { .. }
            | ClientToRoom::StampedKeys { .. }
            | ClientToRoom::RestoreTicks { .. }
            | ClientToRoom::RenderReport(_)
            | ClientToRoom::Desync { .. }
            | ClientToRoom::AssetFailed { .. }
            | ClientToRoom::Ping { .. } => Acceptance::Accepted,
        }
    }
}
