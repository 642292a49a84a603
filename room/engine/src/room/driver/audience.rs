//! What the room and its driver say to each other.

use footlights_env::Agent;
use footlights_protocol::{EpochMs, timeline::Move};

use super::super::{game::Game, outbox::Outbox, seats::Seats};

/// Whether a tick is decided now or repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TickSource {
    /// The room has just decided it.
    Live,
    /// A lost process had decided it, and browsers have brought it back. Everyone has seen it.
    Restored,
}

/// A tick that was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct DecidedTick {
    /// When it was decided.
    pub at_ms: EpochMs,
    /// The moves that are not the default one.
    pub moves: Vec<(Agent, Move)>,
    /// The digest of the state after it.
    pub digest: u64,
    /// Where it comes from.
    pub source: TickSource,
}

/// What a driver shows, and to whom.
pub struct Audience<'a> {
    /// The game.
    pub game: &'a Game,
    /// Who listens.
    pub seats: &'a Seats,
    /// Where messages go.
    pub out: &'a mut Outbox,
}

/// Whether a message has a meaning in this way to run a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// It has.
    Accepted,
    /// It comes from a browser that does what it should, and means nothing here.
    Ignored,
    /// Only a broken or forged browser sends it: the connection is closed for this reason.
    Refused(&'static str),
}

/// What happens to key changes that wait for their tick when their connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuedInputs {
    /// All keys are released in the next tick.
    Release,
    /// They are discarded; the browser sends those that were not decided again.
    Discard,
}
