//! Seat tickets: what lets a participant connect to a room. The worker signs them; what they say is decided here.

use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};

/// How long after a match a seat must be taken for the first time, ms. A participant who has taken it may return with the
/// same ticket while the game lasts.
pub const TICKET_MS: u64 = 60_000;

/// A seat in a room.
///
/// ```
/// use footlights_engine::seat_ticket::{SeatTicket, TICKET_MS};
/// use footlights_protocol::EpochMs;
///
/// let ticket = SeatTicket::new(EpochMs(1_000), "e-s-any-0", "0f", 1, "s1");
/// assert!(ticket.is_for("e-s-any-0", "0f") && !ticket.is_for("e-s-any-0", "1a"));
/// assert!(!ticket.is_expired(EpochMs(1_000) + TICKET_MS) && ticket.is_expired(EpochMs(1_001) + TICKET_MS));
/// assert_eq!(ticket.socket_path("signed"), "/rooms/e-s-any-0/0f?ticket=signed");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatTicket {
    /// The name of the `Rooms` object.
    pub object: String,
    /// The game.
    pub game: String,
    /// The agent's index.
    pub agent: u8,
    /// The participant's `subject_id`.
    pub subject: String,
    /// Until when it can be used for the first time.
    pub expires: EpochMs,
}

impl SeatTicket {
    /// A ticket that is issued at `now`.
    #[must_use]
    pub fn new(now: EpochMs, object: &str, game: &str, agent: u8, subject: &str) -> Self {
        let (object, game, subject) = (object.to_owned(), game.to_owned(), subject.to_owned());
        Self { object, game, agent, subject, expires: now + TICKET_MS }
    }

    /// Whether it opens a seat in this game of this object.
    #[must_use]
    pub fn is_for(&self, object: &str, game: &str) -> bool {
        self.object == object && self.game == game
    }

    /// Whether it is too late to take the seat for the first time.
    #[must_use]
    pub fn is_expired(&self, now: EpochMs) -> bool {
        now > self.expires
    }

    /// Path and query of the room's socket, with the signed ticket in it.
    #[must_use]
    pub fn socket_path(&self, signed: &str) -> String {
        format!("/rooms/{}/{}?ticket={signed}", self.object, self.game)
    }
}
