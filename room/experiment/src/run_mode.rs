//! How a game scene is run.

use serde::Serialize;

use crate::seat::Seat;

/// Where a game's environment is stepped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// In the room, on the server. A browser gets only what its seat may see.
    #[default]
    Server,
    /// In the room and in every browser. A browser runs ahead of the room and goes back when the room decides otherwise
    /// (GGPO's rollback), so that the participant's own keys act at once at any distance. Every browser holds the whole
    /// state, so nothing in it is secret. If one participant plays, their browser's clock is the game's: nothing is
    /// ever undone, and the connection may be lost for ten seconds before the game notices.
    Browser,
}

/// Who simulates a game, and whose clock it goes by. It follows from the scene's [`Execution`] and from how many
/// participants play.
///
/// ```
/// use footlights_experiment::{Execution, RunMode, Seat};
///
/// let (person, computer) = (Seat::Human, Seat::Random);
/// assert_eq!(RunMode::new(Execution::Server, &[Seat::Human]), RunMode::Streamed);
/// assert_eq!(RunMode::new(Execution::Browser, &[Seat::Human, Seat::Human]), RunMode::Rollback);
/// assert_eq!(RunMode::new(Execution::Browser, &[person, computer]), RunMode::SinglePlayer);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// Only the room simulates, by its own clock; browsers are sent pictures.
    Streamed,
    /// The room decides by its own clock; all browsers simulate ahead of it and go back when it decided otherwise.
    Rollback,
    /// The only participant's browser simulates by its own clock; the room follows and checks.
    SinglePlayer,
}

impl RunMode {
    /// How a game with these seats is run.
    #[must_use]
    pub fn new(execution: Execution, seats: &[Seat]) -> Self {
        let participants = seats.iter().filter(|seat| seat.is_human()).count();
        match (execution, participants) {
            (Execution::Server, _) => Self::Streamed,
            (Execution::Browser, 1) => Self::SinglePlayer,
            (Execution::Browser, _) => Self::Rollback,
        }
    }

    /// Whether browsers simulate the game, and so hold its whole state.
    #[must_use]
    pub fn simulates_in_browser(self) -> bool {
        self != Self::Streamed
    }
}
