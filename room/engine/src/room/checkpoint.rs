//! What a room stores of itself, so that another process can go on from there.

use serde::{Deserialize, Serialize};

use footlights_protocol::Tick;

use super::{
    attendance::{Attendance, SavedAttendee},
    driver::Driver,
    game::{Game, SavedGame},
    io::RoomError,
    journal::{Journal, SavedJournal},
    seats::{SavedSeat, Seats},
};

/// Everything of a room that does not follow from its scene, its ids and its stored chunks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Ticks since the game began; rows up to this one are stored.
    pub tick: Tick,
    /// The simulation and its records.
    pub game: SavedGame,
    /// The policies' states, and who has left.
    pub seats: Vec<SavedSeat>,
    /// Who has arrived, and how much of their pause budget is spent.
    pub attendance: Vec<SavedAttendee>,
    /// The event budget and the chain of tags.
    pub journal: SavedJournal,
    /// How often the schedule was moved.
    pub slips: u32,
}

impl Checkpoint {
    /// The checkpoint of these parts.
    ///
    /// # Errors
    /// If the state of the environment or of a policy does not encode.
    pub fn new(
        game: &Game,
        seats: &Seats,
        attendance: &Attendance,
        journal: &Journal,
        driver: &Driver,
    ) -> Result<Self, RoomError> {
        Ok(Self {
            tick: game.tick(),
            game: game.save()?,
            seats: seats.save()?,
            attendance: attendance.save(),
            journal: journal.save(),
            slips: driver.slips(),
        })
    }

    /// As bytes.
    ///
    /// # Errors
    /// If it does not encode.
    pub fn encode(&self) -> Result<Vec<u8>, RoomError> {
        rmp_serde::to_vec(self).map_err(|e| RoomError::Checkpoint(e.to_string()))
    }

    /// From bytes.
    ///
    /// # Errors
    /// If the bytes are no checkpoint of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, RoomError> {
        rmp_serde::from_slice(bytes).map_err(|e| RoomError::Checkpoint(e.to_string()))
    }
}
