//! A researcher's hooks in one room, kept to what they declare. They are shown things and never asked for leave.

use std::collections::BTreeMap;

use footlights_experiment::{
    Answer, GameScene, Globals,
    hooks::Hooks,
    record::{EpisodeRecord, GameInfo, StepRecord},
};
use footlights_protocol::Outcome;

/// The hooks of one room.
pub(super) struct Hooked {
    hooks: Box<dyn Hooks>,
    columns: usize,
    globals: Vec<String>,
}

impl Hooked {
    /// New hooks, if the scene has any, that know of the episode that begins.
    pub fn open(scene: &GameScene, episode: u32, initial: &[f32]) -> Option<Self> {
        let mut hooks = scene.hooks.as_ref().map(|make| make())?;
        hooks.episode_start(episode, initial);
        Some(Self { columns: hooks.columns().len(), globals: hooks.globals(), hooks })
    }

    pub fn episode_start(&mut self, episode: u32, initial: &[f32]) {
        self.hooks.episode_start(episode, initial);
    }

    /// Fills the row's columns.
    pub fn tick(&mut self, row: &mut StepRecord) {
        let mut values = self.hooks.tick(row);
        values.truncate(self.columns);
        row.hooks = values;
    }

    /// Fills the episode's metrics.
    pub fn episode_end(&mut self, episode: &mut EpisodeRecord) {
        episode.metrics = self.hooks.episode_end(episode);
        episode.metrics.retain(|_, value| value.is_finite());
    }

    /// Globals by agent; none but those that were declared.
    pub fn game_end(&mut self, game: &GameInfo, outcome: Outcome) -> Vec<Globals> {
        let mut all: Vec<BTreeMap<_, _>> = self.hooks.game_end(game, outcome);
        for globals in &mut all {
            // JSON, in which all of this is stored, has no word for what is not a number.
            let storable = |value: &Answer| !matches!(value, Answer::Number(n) if !n.is_finite());
            globals.retain(|name, value| self.globals.contains(name) && storable(value));
        }
        all
    }

    pub fn save(&self) -> Vec<u8> {
        self.hooks.save()
    }

    pub fn load(&mut self, state: &[u8]) -> Result<(), String> {
        self.hooks.load(state)
    }
}
