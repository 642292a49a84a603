//! A researcher's own code in a running game: it sees every step and may add columns, metrics and globals.
//!
//! Hooks are observers. They return data and cannot change the game, so a replay needs none of them. Their state is part
//! of the checkpoint: if the server loses a room, its hooks go on from the last checkpoint.

use std::{collections::BTreeMap, sync::Arc};

use footlights_protocol::Outcome;

use crate::{
    answer::Answer,
    record::{EpisodeRecord, GameInfo, StepRecord},
};

/// Makes the hooks of a game when its room opens.
pub type HooksFactory = Arc<dyn Fn() -> Box<dyn Hooks> + Send + Sync>;

/// What a room tells a researcher's code. Every method has a default that does nothing.
///
/// ```
/// use footlights_environments::mountain_car::{Config, MountainCar};
/// use footlights_experiment::{GameScene, hooks::Hooks, record::StepRecord};
///
/// /// Records the energy of the car in a column.
/// struct Energy {
///     gravity: f64,
/// }
///
/// impl Hooks for Energy {
///     fn columns(&self) -> Vec<String> {
///         vec!["energy".into()]
///     }
///
///     fn tick(&mut self, step: &StepRecord) -> Vec<f64> {
///         let [position, velocity] = step.observations[..] else { return Vec::new() };
///         vec![self.gravity * f64::from(position) + f64::from(velocity).powi(2) / 2.0]
///     }
/// }
///
/// let gravity = 0.0025;
/// let game = GameScene::new::<MountainCar>("drive", Config::default())
///     .hooks(move || Box::new(Energy { gravity }));
/// ```
pub trait Hooks {
    /// The names of the columns that [`Hooks::tick`] fills, in its order; the data have them as `hooks.name`.
    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    /// The names of the globals that [`Hooks::game_end`] sets, without the scene's id.
    fn globals(&self) -> Vec<String> {
        Vec::new()
    }

    /// An episode begins. `initial` has the observations at the reset, those of one agent after those of another.
    fn episode_start(&mut self, _episode: u32, _initial: &[f32]) {}

    /// A tick is over. Returns the values of [`Hooks::columns`]; missing values are empty in the data.
    fn tick(&mut self, _step: &StepRecord) -> Vec<f64> {
        Vec::new()
    }

    /// An episode is over. Returns its metrics by name, for the game's metadata.
    fn episode_end(&mut self, _episode: &EpisodeRecord) -> BTreeMap<String, f64> {
        BTreeMap::new()
    }

    /// The game is over. Returns globals by agent, for later scenes. Those of one agent have room for 16 KiB of JSON; what
    /// does not fit is left out, and `global_dropped` is in the events.
    fn game_end(&mut self, _game: &GameInfo, _outcome: Outcome) -> Vec<BTreeMap<String, Answer>> {
        Vec::new()
    }

    /// The state to go on from after a recovery.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// The state cannot be read. The game goes on with hooks in their initial state.
    fn load(&mut self, _state: &[u8]) -> Result<(), String> {
        Ok(())
    }
}
