//! Runs a scene's hooks in one room and holds them to what they declare.
//!
//! Hooks are observers: they cannot change or veto anything.

use std::collections::BTreeMap;

use footlights_experiment::{
    Answer, GameScene, Globals,
    hooks::Hooks,
    record::{EpisodeRecord, GameInfo, StepRecord},
};
use footlights_protocol::Outcome;

/// The hooks of one room.
pub struct HookRunner {
    hooks: Box<dyn Hooks>,
    columns: usize,
    globals: Vec<String>,
}

impl HookRunner {
    /// New hooks that have seen the start of `episode`; `None` if the scene has none.
    pub fn new(scene: &GameScene, episode: u32, initial: &[f32]) -> Option<Self> {
        let mut hooks = scene.recording.make_hooks()?;
        hooks.episode_start(episode, initial);
        Some(Self { columns: hooks.columns().len(), globals: hooks.globals(), hooks })
    }

    /// An episode begins with these observations.
    pub fn episode_start(&mut self, episode: u32, initial: &[f32]) {
        self.hooks.episode_start(episode, initial);
    }

    /// Fills the row's hook columns.
    pub fn tick(&mut self, row: &mut StepRecord) {
        let mut values = self.hooks.tick(row);
        values.truncate(self.columns);
        row.hooks = values;
    }

    /// Fills the episode's metrics; those that are not finite are dropped.
    pub fn episode_end(&mut self, episode: &mut EpisodeRecord) {
        episode.metrics = self.hooks.episode_end(episode);
        episode.metrics.retain(|_, value| value.is_finite());
    }

    /// Globals by agent; those that were not declared are dropped.
    pub fn game_end(&mut self, game: &GameInfo, outcome: Outcome) -> Vec<Globals> {
        let mut all: Vec<BTreeMap<_, _>> = self.hooks.game_end(game, outcome);
        for globals in &mut all {
            // Globals are stored as JSON, which has no number that is not finite.
            let storable = |value: &Answer| !matches!(value, Answer::Number(n) if !n.is_finite());
            globals.retain(|name, value| self.globals.contains(name) && storable(value));
        }
        all
    }

    /// The hooks' own state.
    pub fn save(&self) -> Vec<u8> {
        self.hooks.save()
    }

    /// Goes back to a saved state.
    ///
    /// # Errors
    /// With the hooks' own words if they cannot read it.
    pub fn load(&mut self, state: &[u8]) -> Result<(), String> {
        self.hooks.load(state)
    }
}
