//! The game itself: its timeline, its sums and records, and the hooks that watch it. Nothing here knows of connections,
//! clocks or modes.

use std::collections::BTreeMap;

use footlights_env::{ActionValue, Agent, EnvError};
use footlights_experiment::{
    GameScene,
    record::{EpisodeRecord, GameInfo, StepRecord},
};
use footlights_protocol::{
    EpochMs, Outcome, Tick,
    timeline::{Moves, TickResult, Timeline},
};
use serde::{Deserialize, Serialize};

use super::{
    hook_runner::{HookGlobals, HookRunner},
    seats::Seats,
};

/// What one tick did.
pub struct Ticked {
    /// The tick's row.
    pub row: StepRecord,
    /// The actions that the environment's rules refused.
    pub refused: Vec<(Agent, ActionValue)>,
    /// The digest of the state after it.
    pub digest: u64,
    /// Whether state and observations are finite; if not, the game cannot go on.
    pub is_finite: bool,
    /// How the episode ended, if it did: `terminated` or `truncated`.
    pub end: Option<&'static str>,
}

/// What a checkpoint keeps of the game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedGame {
    #[serde(with = "serde_bytes")]
    timeline: Vec<u8>,
    totals: Vec<f64>,
    episode: EpisodeRecord,
    /// What the scene's hooks saved; `None` if there are none.
    hooks: Option<Vec<u8>>,
}

/// A game in play.
pub struct Game {
    timeline: Timeline,
    /// Sum of all rewards by agent.
    totals: Vec<f64>,
    /// The record of the current episode.
    episode: EpisodeRecord,
    hooks: Option<HookRunner>,
}

/// Flat observations of all agents, one behind the other.
fn observe(timeline: &Timeline) -> Vec<f32> {
    let sim = timeline.sim();
    let spec = sim.spec();
    let numbers = spec.agents().map(|agent| spec.observation_space(agent).len()).sum();
    let mut flat = Vec::with_capacity(numbers);
    for agent in spec.agents() {
        sim.observe(agent, &mut flat);
    }
    flat
}

/// The record of an episode that begins.
fn new_episode(timeline: &Timeline, now: EpochMs) -> EpisodeRecord {
    EpisodeRecord {
        episode: timeline.sim().episode(),
        started_ms: now,
        initial_observations: observe(timeline),
        steps: 0,
        returns: vec![0.0; timeline.sim().spec().agents.len()],
        end: "interrupted".into(),
        digest: 0,
        metrics: BTreeMap::new(),
        initial_state: timeline.sim().record(),
    }
}

impl Game {
    /// The game at the start of its first episode.
    pub fn new(scene: &GameScene, timeline: Timeline, now: EpochMs) -> Self {
        let episode = new_episode(&timeline, now);
        let hooks = HookRunner::new(scene, episode.episode, &episode.initial_observations);
        Self { totals: vec![0.0; episode.returns.len()], timeline, episode, hooks }
    }

    /// The timeline, to look at.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Ticks since the game began.
    pub fn tick(&self) -> Tick {
        self.timeline.tick()
    }

    /// The sum of an agent's rewards.
    pub fn total(&self, agent: Agent) -> f64 {
        self.totals.get(agent.index()).copied().unwrap_or(0.0)
    }

    /// Runs one tick that was decided at `now`.
    ///
    /// # Errors
    /// If the environment fails; the game cannot go on then.
    pub fn advance(&mut self, now: EpochMs, moves: &Moves, seats: &Seats) -> Result<Ticked, EnvError> {
        let TickResult { actions, sources, mut step, refused } = self.timeline.advance(moves)?;
        self.episode.steps += 1;
        for (sum, reward) in self.episode.returns.iter_mut().zip(&step.rewards) {
            *sum += reward;
        }
        for (total, reward) in self.totals.iter_mut().zip(&step.rewards) {
            *total += f64::from(*reward);
        }
        let observations = observe(&self.timeline);
        let digest = self.timeline.digest();
        let is_finite = digest.is_ok() && observations.iter().all(|v| v.is_finite());
        let digest = digest.unwrap_or(0);
        let terminated = step.terminated.iter().any(|t| *t);
        let end = step.done().then_some(if terminated { "terminated" } else { "truncated" });
        let sample = |agent| seats.player(agent).map(|player| player.sample(self.timeline.keys_seen(agent)));
        let mut row = StepRecord {
            tick: self.timeline.tick(),
            episode: self.episode.episode,
            step: self.episode.steps,
            server_time_ms: now,
            actions: actions.into_vec(),
            sources,
            rewards: step.rewards.to_vec(),
            terminated: step.terminated.to_vec(),
            truncated: step.truncated.to_vec(),
            observations,
            digest,
            infos: step.infos.drain(..).map(|info| (info.agent, info.key.to_owned(), info.value)).collect(),
            people: seats.agents().map(sample).collect(),
            hooks: Vec::new(),
            state: self.timeline.sim().record(),
        };
        if let Some(hooks) = &mut self.hooks {
            hooks.tick(&mut row);
        }
        Ok(Ticked { row, refused, digest, is_finite, end })
    }

    /// Closes the record of the current episode, if it had any steps.
    pub fn interrupt_episode(&mut self) -> Option<EpisodeRecord> {
        (self.episode.steps > 0).then(|| self.close_episode("interrupted"))
    }

    /// Closes the record of the current episode.
    pub fn close_episode(&mut self, end: &'static str) -> EpisodeRecord {
        let mut record = self.episode.clone();
        record.end = end.into();
        record.digest = self.timeline.digest().unwrap_or(0);
        if let Some(hooks) = &mut self.hooks {
            hooks.episode_end(&mut record);
        }
        self.episode.steps = 0;
        record
    }

    /// Begins the next episode at `now`. Returns false if there is none.
    pub fn next_episode(&mut self, now: EpochMs) -> bool {
        if !self.timeline.next_episode() {
            return false;
        }
        self.episode = new_episode(&self.timeline, now);
        if let Some(hooks) = &mut self.hooks {
            hooks.episode_start(self.episode.episode, &self.episode.initial_observations);
        }
        true
    }

    /// The game is over. Returns the globals that the hooks leave.
    pub fn end(&mut self, info: &GameInfo, outcome: Outcome) -> HookGlobals {
        self.hooks.as_mut().map(|hooks| hooks.game_end(info, outcome)).unwrap_or_default()
    }

    /// What a checkpoint keeps.
    ///
    /// # Errors
    /// If the environment's state does not encode.
    pub fn save(&self) -> Result<SavedGame, EnvError> {
        Ok(SavedGame {
            timeline: self.timeline.save()?,
            totals: self.totals.clone(),
            episode: self.episode.clone(),
            hooks: self.hooks.as_ref().map(HookRunner::save),
        })
    }

    /// The game as it was at a checkpoint. Hooks that cannot read their state start over; the second value says why.
    ///
    /// # Errors
    /// If the environment does not read its state.
    pub fn restore(&mut self, scene: &GameScene, saved: SavedGame) -> Result<Option<String>, EnvError> {
        self.timeline.load(&saved.timeline)?;
        self.totals = saved.totals;
        self.episode = saved.episode;
        let loaded = match (&mut self.hooks, saved.hooks) {
            (Some(hooks), Some(saved)) => hooks.load(&saved),
            (Some(_), None) => Err("the checkpoint is older than the scene's hooks".into()),
            (None, _) => Ok(()),
        };
        if loaded.is_err() {
            self.hooks = HookRunner::new(scene, self.episode.episode, &self.episode.initial_observations);
        }
        Ok(loaded.err())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{pair, parts},
        *,
    };

    #[test]
    fn a_restored_game_goes_on_to_the_same_rows() {
        let scene = pair().max_steps(40).episodes(2);
        let (mut game, seats) = parts(&scene);
        for _ in 0..25 {
            game.advance(EpochMs(0), &Moves::new(), &seats).unwrap();
        }
        let (mut restored, _) = parts(&scene);
        assert_eq!(restored.restore(&scene, game.save().unwrap()), Ok(None));
        for _ in 25..40 {
            let ticked = game.advance(EpochMs(0), &Moves::new(), &seats).unwrap();
            let again = restored.advance(EpochMs(0), &Moves::new(), &seats).unwrap();
            assert_eq!(again.row, ticked.row);
            assert_eq!(again.end, (ticked.row.tick == Tick(40)).then_some("truncated"));
        }
    }

    #[test]
    fn an_episode_is_recorded_once_and_an_empty_one_is_not() {
        let scene = pair().max_steps(3).episodes(2);
        let (mut game, seats) = parts(&scene);
        assert_eq!(game.interrupt_episode(), None);
        for _ in 0..3 {
            game.advance(EpochMs(0), &Moves::new(), &seats).unwrap();
        }
        let record = game.close_episode("truncated");
        assert_eq!((record.episode, record.steps, &*record.end), (0, 3, "truncated"));
        assert_eq!(game.interrupt_episode(), None);
        assert!(game.next_episode(EpochMs(9)));
        game.advance(EpochMs(9), &Moves::new(), &seats).unwrap();
        let record = game.interrupt_episode().unwrap();
        assert_eq!((record.episode, record.steps, record.started_ms), (1, 1, EpochMs(9)));
        assert!(!game.next_episode(EpochMs(10)));
    }
}
