//! How a game ended, as a whole and for each participant: what is stored when it is over, and what each participant goes on with.

use serde::{Deserialize, Serialize};

use footlights_experiment::{Globals, progress::GameResult, record::GameInfo};
use footlights_protocol::{Outcome, Tick};

/// How a game ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// For the game, and for the participants who stayed.
    pub outcome: Outcome,
    /// For each participant, by agent; `None` for the seats that policies held from the beginning.
    pub seats: Vec<Option<SeatVerdict>>,
}

/// How a game ended for one participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeatVerdict {
    /// A participant who left or was excluded has an outcome of their own.
    pub outcome: Outcome,
    /// Sum of the participant's rewards: up to the tick of their dropout, if they left.
    pub score: f64,
    /// Ticks until the game was over for the participant.
    pub tick: Tick,
    /// What the scene's hooks leave to later scenes; nothing before the game is over.
    pub globals: Globals,
}

impl Verdict {
    /// Of a game that cannot go on, because a deployment took its scene away or changed what it stands on.
    pub fn failed(info: &GameInfo) -> Self {
        let seat = || SeatVerdict {
            outcome: Outcome::Failed,
            score: 0.0,
            tick: Tick::ZERO,
            globals: Globals::new(),
        };
        let seats = info.seats.iter().map(|seated| seated.subject.as_ref().map(|_| seat())).collect();
        Self { outcome: Outcome::Failed, seats }
    }
}

impl SeatVerdict {
    /// What the participant's own object goes on with.
    pub fn played(&self, info: &GameInfo) -> GameResult {
        GameResult {
            scene: info.scene.clone(),
            outcome: self.outcome,
            game: info.game_id.clone(),
            score: self.score,
            globals: self.globals.clone(),
            condition: info.condition.clone(),
        }
    }
}
