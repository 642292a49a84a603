//! A researcher's own code in a running game: it sees every step and may add columns, metrics and globals.
//!
//! Hooks look on. What they return is data; they cannot change the game, so a replay needs none of them. Their state is
//! part of the checkpoint, so a game that lost its process goes on counting where it was.

use std::collections::BTreeMap;

use crate::{
    Answer,
    record::{EpisodeRecord, GameInfo, StepRecord},
};
use footlights_protocol::Outcome;

/// Makes the hooks of a game when its room opens.
pub type HooksFactory = fn() -> Box<dyn Hooks>;

/// What a researcher's code is called with. Everything has a default that does nothing.
pub trait Hooks {
    /// The columns that [`Hooks::tick`] fills, in its order; in the data they are `hooks.name`.
    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    /// The globals that [`Hooks::game_end`] sets, without the scene's id.
    fn globals(&self) -> Vec<String> {
        Vec::new()
    }

    /// An episode begins, `initial` its observations, one agent's behind the other's.
    fn episode_start(&mut self, _episode: u32, _initial: &[f32]) {}

    /// A tick is over. The values of [`Hooks::columns`]; missing ones are empty in the data.
    fn tick(&mut self, _row: &StepRecord) -> Vec<f64> {
        Vec::new()
    }

    /// An episode is over. Its metrics, by name; they are in the metadata.
    fn episode_end(&mut self, _episode: &EpisodeRecord) -> BTreeMap<String, f64> {
        BTreeMap::new()
    }

    /// The game is over. Globals by agent, for later scenes.
    fn game_end(&mut self, _game: &GameInfo, _outcome: Outcome) -> Vec<BTreeMap<String, Answer>> {
        Vec::new()
    }

    /// State to go on from.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from there. What cannot be read is an error, and the game begins to count anew.
    fn load(&mut self, _state: &[u8]) -> Result<(), String> {
        Ok(())
    }
}
