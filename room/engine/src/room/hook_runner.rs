//! Runs a scene's hooks in one room and holds them to what they declare.
//!
//! Hooks are observers: they cannot change or veto anything.

use footlights_env::Agent;
use footlights_experiment::{
    Answer, GameScene, Globals,
    hooks::Hooks,
    record::{EpisodeRecord, GameInfo, StepRecord},
};
use footlights_protocol::Outcome;

/// How many bytes of JSON one agent's globals may take: a participant's record holds those of all their games.
const MAX_GLOBALS_BYTES: usize = 16_384;

/// What hooks leave when a game is over.
#[derive(Default)]
pub struct HookGlobals {
    /// The globals of each agent.
    pub by_agent: Vec<Globals>,
    /// Which ones were left out because they were too large, each with its size.
    pub too_large: Vec<(Agent, String)>,
}

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

    /// The globals that the hooks leave; those that were not declared are dropped.
    pub fn game_end(&mut self, game: &GameInfo, outcome: Outcome) -> HookGlobals {
        let mut all = HookGlobals { by_agent: self.hooks.game_end(game, outcome), too_large: Vec::new() };
        for (agent, globals) in (0u8..).map(Agent).zip(&mut all.by_agent) {
            let mut left = MAX_GLOBALS_BYTES;
            globals.retain(|name, value| {
                // Globals are stored as JSON, which has no number that is not finite.
                if !self.globals.contains(name) || matches!(value, Answer::Number(n) if !n.is_finite()) {
                    return false;
                }
                let bytes = serde_json::to_vec(&(name, value)).map_or(usize::MAX, |bytes| bytes.len());
                let fits = bytes <= left;
                if fits {
                    left -= bytes;
                } else {
                    all.too_large.push((agent, format!("{name}: {bytes} bytes")));
                }
                fits
            });
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
