//! Plays a stored game again: checks it once from end to end, and then shows any moment of it.
//!
//! While every digest is compared, a copy of the simulation is kept at regular steps, a keyframe. So going anywhere costs
//! no more steps than lie between two keyframes. What differs from the record cannot be watched, and everything before it
//! can. Time is an argument; nothing here knows a page.

use footlights_data::replay::{Replay, ReplayEpisode, ReplayError};
use footlights_env::{
    Agent, HudItem, PerAgent, Simulation, Surface, View, Viewport,
    surface::{Encoder, Item, Scene},
};
use footlights_protocol::MonotonicMs;

use crate::{check::ReplayCheck, position::ReplayPosition};

/// The largest number of keyframes.
const MAX_KEYFRAMES: u32 = 256;
/// The smallest number of steps between keyframes.
const MIN_KEYFRAME_GAP: u32 = 32;
/// A picture that comes later than this after the last one was late, and the game does not run to catch up, ms.
const LATE_MS: f64 = 250.0;
/// The slowest and the fastest that a game is played.
const SPEEDS: (f64, f64) = (0.25, 8.0);

/// A stored game that is played again.
pub struct ReplayController {
    replay: Replay,
    /// In the state that is shown; while the game is checked, in the state that is checked.
    sim: Box<dyn Simulation>,
    /// The state after the one that is shown, once it was asked for.
    next: Option<Box<dyn Simulation>>,
    checked: ReplayCheck,
    /// The next step of the check; `None` once it is over.
    cursor: Option<CheckCursor>,
    /// Steps between keyframes.
    keyframe_gap: u32,
    /// What can be watched.
    episodes: Vec<CheckedEpisode>,
    /// The place of the episode in the replay, and the step.
    at: (usize, u32),
    transport: Transport,
    /// Pictures of the state that is shown and of the next, by agent.
    scenes: [Vec<Option<Scene>>; 2],
}

/// Whether and how fast the game plays.
#[derive(Debug, Clone, Copy)]
struct Transport {
    /// How far the picture is on its way to the next step, 0 to 1.
    part: f32,
    is_playing: bool,
    /// Whether to stop at the end of the episode.
    one_episode: bool,
    /// 1 is as fast as it was played.
    speed: f64,
    /// When time passed last, ms.
    advanced_at: Option<MonotonicMs>,
}

impl Transport {
    const PAUSED: Self =
        Self { part: 0.0, is_playing: false, one_episode: false, speed: 1.0, advanced_at: None };
}

/// The next step of the check.
#[derive(Debug, Clone, Copy)]
struct CheckCursor {
    place: usize,
    /// 0 is the start of the episode.
    step: u32,
}

/// An episode as far as it can be watched.
#[derive(Default)]
struct CheckedEpisode {
    rewards: Vec<PerAgent<f32>>,
    /// Copies of the simulation, by step.
    keyframes: Vec<(u32, Box<dyn Simulation>)>,
}

impl CheckedEpisode {
    fn steps(&self) -> u32 {
        self.rewards.len() as u32
    }
}

impl ReplayController {
    /// A replay to be checked with [`ReplayController::check`]. `sim` was made with its configuration, and `here` is the
    /// fingerprint of the simulation in this build.
    #[must_use]
    pub fn open(replay: Replay, sim: Box<dyn Simulation>, here: u64) -> Self {
        let steps = |episode: &ReplayEpisode| episode.actions.len() as u32;
        let all: u32 = replay.episodes.iter().map(steps).sum();
        let checked = ReplayCheck {
            steps: 0,
            all,
            episodes: replay.episodes.len() as u32,
            every_step: replay.episodes.iter().all(|episode| episode.digests.len() == episode.actions.len()),
            other_build: (here != replay.fingerprint).then(|| ReplayError::OtherBuild {
                environment: replay.environment.clone(),
                recorded: replay.fingerprint,
                here,
            }),
            trouble: None,
        };
        Self {
            replay,
            sim,
            next: None,
            checked,
            cursor: Some(CheckCursor { place: 0, step: 0 }),
            keyframe_gap: MIN_KEYFRAME_GAP.max(all.div_ceil(MAX_KEYFRAMES)),
            episodes: Vec::new(),
            at: (0, 0),
            transport: Transport::PAUSED,
            scenes: [Vec::new(), Vec::new()],
        }
    }

    /// Plays `steps` more steps and compares them; true while there are more. Nothing can be watched before the check is
    /// over.
    pub fn check(&mut self, steps: u32) -> bool {
        for _ in 0..steps {
            let Some(cursor) = self.cursor else { return false };
            match self.check_one(cursor) {
                Ok(next) => self.cursor = next,
                Err(trouble) => {
                    self.checked.trouble = Some(trouble);
                    self.cursor = None;
                }
            }
            if self.cursor.is_none() {
                self.go(0, 0);
            }
        }
        self.cursor.is_some()
    }

    fn check_one(
        &mut self,
        CheckCursor { place, step }: CheckCursor,
    ) -> Result<Option<CheckCursor>, ReplayError> {
        let Some(recorded) = self.replay.episodes.get(place) else { return Ok(None) };
        let steps = recorded.actions.len() as u32;
        if step == 0 {
            self.replay.start(self.sim.as_mut(), place)?;
            self.episodes.push(CheckedEpisode::default());
        } else {
            let taken = self.replay.step(self.sim.as_mut(), place, step)?;
            self.checked.steps += 1;
            if let Some(episode) = self.episodes.last_mut() {
                episode.rewards.push(taken.rewards);
                if self.checked.steps.is_multiple_of(self.keyframe_gap) {
                    episode.keyframes.push((step, self.sim.fork()));
                }
            }
        }
        Ok(Some(if step < steps {
            CheckCursor { place, step: step + 1 }
        } else {
            CheckCursor { place: place + 1, step: 0 }
        }))
    }

    /// What the check has found so far.
    pub fn checked(&self) -> &ReplayCheck {
        &self.checked
    }

    /// The record.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The viewport of the pictures.
    pub fn viewport(&self) -> Viewport {
        self.sim.spec().viewport
    }

    /// The agents, in order.
    pub fn agents(&self) -> impl Iterator<Item = Agent> + use<> {
        self.sim.spec().agents()
    }

    /// The episodes that can be watched, as the data number them, and how many steps of each.
    pub fn episodes(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let numbers = self.replay.episodes.iter().map(|episode| episode.episode);
        numbers.zip(self.episodes.iter().map(CheckedEpisode::steps))
    }

    /// What is shown.
    pub fn place(&self) -> ReplayPosition {
        ReplayPosition { episode: self.number(self.at.0), step: self.at.1 }
    }

    fn number(&self, place: usize) -> u32 {
        self.replay.episodes.get(place).map_or(0, |episode| episode.episode)
    }

    /// Steps of the episode that is shown, as far as they can be watched.
    pub fn steps(&self) -> u32 {
        self.steps_of(self.at.0)
    }

    fn steps_of(&self, place: usize) -> u32 {
        self.episodes.get(place).map_or(0, CheckedEpisode::steps)
    }

    /// Ticks a second, as they were played.
    pub fn fps(&self) -> f64 {
        let fps = f64::from(self.replay.fps);
        if fps.is_finite() && fps > 0.0 { fps } else { 30.0 }
    }

    /// Seconds of play since the episode's reset.
    pub fn seconds(&self, step: u32) -> f64 {
        f64::from(step) / self.fps()
    }

    /// The digest of what is shown.
    pub fn digest(&self) -> Option<u64> {
        self.sim.digest().ok()
    }

    /// What an agent did in the step that led to what is shown, in the environment's words where it has some.
    pub fn action(&self, agent: Agent) -> Option<String> {
        let before = (self.at.1 as usize).checked_sub(1)?;
        let action = self.replay.episodes.get(self.at.0)?.actions.get(before)?.get(agent.index())?;
        let name = match action {
            footlights_env::ActionValue::Discrete(n) => {
                self.sim.labels().actions(agent).get(*n as usize).copied()
            }
            footlights_env::ActionValue::Continuous(_) => None,
        };
        Some(name.map_or_else(|| action.to_string(), str::to_owned))
    }

    /// The reward of the step that led to what is shown.
    pub fn reward(&self, agent: Agent) -> Option<f32> {
        let before = (self.at.1 as usize).checked_sub(1)?;
        self.episodes.get(self.at.0)?.rewards.get(before)?.get(agent.index()).copied()
    }

    /// The sum of an agent's rewards in the episode, up to what is shown.
    pub fn score(&self, agent: Agent) -> f32 {
        let Some(episode) = self.episodes.get(self.at.0) else { return 0.0 };
        let rewards = episode.rewards.iter().take(self.at.1 as usize);
        // From 0.0 on: the sum of nothing is -0.0 otherwise, and would be shown as that.
        rewards.filter_map(|rewards| rewards.get(agent.index())).fold(0.0, |sum, reward| sum + reward)
    }

    /// What stood beside the agent's picture.
    pub fn hud(&self, agent: Agent) -> Vec<HudItem> {
        self.sim.hud(View::Agent(agent))
    }

    /// The items of what an agent saw, in painting order; on their way to the next step while the game is playing.
    pub fn items(&mut self, agent: Agent) -> Vec<Item> {
        let viewport = self.viewport();
        let part = self.transport.part;
        if part > 0.0 && self.look_ahead() {
            let (before, after) = (self.scene(0, agent), self.scene(1, agent));
            return after.items_between(&before, part, viewport);
        }
        self.scene(0, agent).items(viewport)
    }

    /// Makes the state after the one that is shown; false at the end of the episode.
    fn look_ahead(&mut self) -> bool {
        let (place, step) = self.at;
        if self.next.is_none() && step < self.steps_of(place) {
            let mut next = self.sim.fork();
            let actions =
                self.replay.episodes.get(place).and_then(|episode| episode.actions.get(step as usize));
            if actions.is_some_and(|actions| next.step(actions).is_ok()) {
                self.next = Some(next);
            }
        }
        self.next.is_some()
    }

    /// The picture of what is shown (0) or of the state after it (1).
    fn scene(&mut self, which: usize, agent: Agent) -> Scene {
        let sim = if which == 0 { Some(&self.sim) } else { self.next.as_ref() };
        let (Some(sim), Some(scenes)) = (sim, self.scenes.get_mut(which)) else { return Scene::default() };
        if scenes.len() <= agent.index() {
            scenes.resize(agent.index() + 1, None);
        }
        let Some(slot) = scenes.get_mut(agent.index()) else { return Scene::default() };
        slot.get_or_insert_with(|| draw(sim.as_ref(), agent)).clone()
    }

    /// Goes to a moment of the game, or to the nearest that can be watched. A game that is playing goes on from there.
    pub fn seek(&mut self, to: ReplayPosition) {
        let known = self.episodes().position(|(episode, _)| episode >= to.episode);
        match known {
            Some(place) if self.number(place) == to.episode => self.go(place, to.step),
            Some(place) => self.go(place, 0),
            None => self.go(self.episodes.len().saturating_sub(1), u32::MAX),
        }
    }

    /// Goes `by` steps ahead or back, and pauses. It stops at the edge of an episode, and from the edge it goes on to the
    /// next or previous episode.
    pub fn step(&mut self, by: i64) {
        self.pause();
        let (place, step) = self.at;
        let (steps, last) = (self.steps(), self.episodes.len().saturating_sub(1));
        match by.signum() {
            1 if step == steps && place < last => self.go(place + 1, 0),
            -1 if step == 0 && place > 0 => self.go(place - 1, u32::MAX),
            _ => {
                let to = (i64::from(step) + by).clamp(0, i64::from(steps));
                self.go(place, u32::try_from(to).unwrap_or(0));
            }
        }
    }

    fn go(&mut self, place: usize, step: u32) {
        let Some(episode) = self.episodes.get(place) else { return };
        let step = step.min(episode.steps());
        self.transport.part = 0.0;
        let from = match episode.keyframes.iter().rev().find(|(of, _)| *of <= step) {
            Some((of, keyframe)) => {
                self.sim = keyframe.fork();
                *of
            }
            None => {
                self.sim.reset(self.replay.info.seed, self.number(place));
                0
            }
        };
        let actions = self.replay.episodes.get(place).map_or(&[][..], |episode| &episode.actions);
        for actions in actions.iter().take(step as usize).skip(from as usize) {
            // Every step here has been taken before.
            if self.sim.step(actions).is_err() {
                break;
            }
        }
        self.at = (place, step);
        self.next = None;
        self.scenes.iter_mut().for_each(Vec::clear);
    }

    /// Whether it is playing.
    pub fn is_playing(&self) -> bool {
        self.transport.is_playing
    }

    /// Whether the last moment that can be watched is shown.
    pub fn is_over(&self) -> bool {
        self.at.0 + 1 >= self.episodes.len() && self.at.1 >= self.steps()
    }

    /// Plays on; from the end, the last episode again.
    pub fn play(&mut self, now: MonotonicMs) {
        if self.is_over() {
            self.go(self.at.0, 0);
        }
        (self.transport.is_playing, self.transport.one_episode, self.transport.advanced_at) =
            (!self.is_over(), false, Some(now));
    }

    /// Plays the episode that is shown from its start to its end, as fast as it was played.
    pub fn play_episode(&mut self, now: MonotonicMs) {
        self.go(self.at.0, 0);
        self.transport.speed = 1.0;
        (self.transport.is_playing, self.transport.one_episode, self.transport.advanced_at) =
            (self.steps() > 0, true, Some(now));
    }

    /// Pauses on a step.
    pub fn pause(&mut self) {
        self.transport.is_playing = false;
        self.transport.part = 0.0;
    }

    /// How fast it plays; 1 is as fast as it was played.
    pub fn speed(&self) -> f64 {
        self.transport.speed
    }

    /// Sets the speed; 1 is as fast as it was played.
    pub fn set_speed(&mut self, speed: f64) {
        self.transport.speed = if speed.is_finite() { speed.clamp(SPEEDS.0, SPEEDS.1) } else { 1.0 };
    }

    /// Time passes.
    pub fn advance(&mut self, now: MonotonicMs) {
        let passed =
            self.transport.advanced_at.replace(now).map_or(0.0, |last| (now - last).clamp(0.0, LATE_MS));
        if !self.transport.is_playing {
            return;
        }
        let mut part = f64::from(self.transport.part) + passed * self.fps() * self.transport.speed / 1000.0;
        while part >= 1.0 && self.transport.is_playing {
            part -= 1.0;
            self.forward();
        }
        self.transport.part = if self.transport.is_playing { part as f32 } else { 0.0 };
    }

    /// One step ahead, or to the start of the next episode; stands still at the end.
    fn forward(&mut self) {
        let (place, step) = self.at;
        if self.look_ahead()
            && let Some(next) = self.next.take()
        {
            self.sim = next;
            self.at = (place, step + 1);
            let [shown, ahead] = &mut self.scenes;
            *shown = std::mem::take(ahead);
        } else if !self.transport.one_episode {
            self.go(place + 1, 0);
        }
        let over = if self.transport.one_episode { self.at.1 >= self.steps() } else { self.is_over() };
        if over || self.at == (place, step) {
            self.transport.is_playing = false;
        }
    }
}

/// A whole picture.
fn draw(sim: &dyn Simulation, agent: Agent) -> Scene {
    let mut surface = Surface::new();
    sim.draw(View::Agent(agent), &mut surface);
    let mut scene = Scene::default();
    // A full picture fits any.
    let _ = scene.apply(&Encoder::new(sim.spec().viewport).encode(&surface));
    scene
}

#[cfg(test)]
mod tests;
