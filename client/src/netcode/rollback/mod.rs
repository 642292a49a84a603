//! Rollback (GGPO's): the browser simulates the game itself, ahead of the room, and goes back when the room decided
//! something else.
//!
//! There are two copies of the game. `confirmed` has only what the room decided; its ticks are run once. `present` is
//! `confirmed` plus what is guessed: own keys as they were stamped, others as they were last. When a guess was wrong,
//! `present` is made anew from `confirmed`, at most [`SimulationSetup::prediction_window`] ticks. Going back to the last
//! confirmed state is enough: nothing before it ever changes, so there is no need of a ring of snapshots.
//!
//! Who plays alone has nobody to guess: the present runs by this browser's clock, and tells the room how far it is
//! ([`Rollback::played`]).

mod alone;
mod clock;
mod local_policies;
mod pace;
mod picture;

use std::collections::VecDeque;

use footlights_env::{Agent, EnvError, Simulation, Viewport, fingerprint, surface::Item};
use footlights_protocol::{
    Hud, InputDelay,
    timeline::{MAX_CHANGES_PER_TICK, Move, Moves, Timeline},
    wire::{ConfirmedTick, RenderReport, SimulationSetup, TickReport},
};

use clock::Clock;
pub use local_policies::Act;
use local_policies::{LocalPolicies, known};
use picture::Painter;

/// Makes the simulation of an environment's id with a packed configuration.
pub type Make = fn(&str, &[u8]) -> Result<Box<dyn Simulation>, EnvError>;

/// What this browser can do by itself.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// Makes simulations.
    pub make: Make,
    /// Asks policies.
    pub act: Act,
}

/// A present that is further behind what is confirmed, and than the window, was out of sight.
const MOVEMENT_TICKS: u32 = 15;

/// How many notes one report holds: a message to the room is short.
const MOST_NOTES: usize = 40;
/// How many notes wait to be told; beyond that the oldest are forgotten.
const MOST_WAITING: usize = 10_000;

/// How many confirmed ticks are kept at most until they are stored, which takes two seconds or so.
const MOST_KEPT: usize = 3_600;

/// A change of own keys that is not confirmed yet.
#[derive(Debug, Clone, Copy)]
struct Own {
    /// The first tick that sees it.
    stamp: u32,
    held: u32,
    /// When the keys changed.
    time: f64,
    /// The tick in which the present applied it.
    applied: Option<u32>,
    /// The room was told, in a game that is played alone.
    told: bool,
}

/// What a confirmed tick showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Fine,
    /// The state here has this digest, and the room's has another one: only a snapshot helps.
    Differs(u64),
    /// The simulation fails, or a tick is missing: only a snapshot helps.
    Broken,
}

/// One browser's copy of a game.
#[derive(Debug, Clone)]
pub struct Rollback {
    me: Agent,
    fps: f32,
    alone: bool,
    pauses: bool,
    window: u32,
    delay: InputDelay,
    delayed: u32,
    shortened: f64,
    confirmed: Timeline,
    present: Timeline,
    /// What policies did last.
    guesses: Moves,
    local_policies: LocalPolicies,
    own: VecDeque<Own>,
    /// What was confirmed and is not stored yet, as it was told.
    log: VecDeque<ConfirmedTick>,
    /// The present does not follow from `confirmed` any more.
    stale: bool,
    /// The present is at the end of an episode, and does not know when it goes on.
    ended: bool,
    /// The tick that ended an episode last, and the state's digest before the reset.
    end: Option<(u32, u64)>,
    /// The same of what is confirmed.
    confirmed_end: Option<(u32, u64)>,
    /// How far the room was told that this browser is.
    told: u32,
    clock: Clock,
    /// Where the present is to be, in ticks; its fraction is the way to the next one.
    phase: f64,
    /// The last tick whose changes of own keys are in the picture that was made last.
    shown: u32,
    running: bool,
    /// It runs, and no tick was confirmed since it does.
    counting: bool,
    asked: Option<f64>,
    /// The room knew of this browser before.
    greeted: bool,
    stalled_ms: f64,
    /// Of that, how much is told already.
    told_ms: f64,
    notes: VecDeque<TickReport>,
    /// Up to this tick all was reported, or is unknown here.
    reported: u32,
    /// Ticks after the first and up to the second are unknown here: a snapshot skipped them.
    gap: Option<(u32, u32)>,
    rollbacks: u32,
    deepest: u32,
    painter: Painter,
}

impl Rollback {
    /// The game that `simulated` describes, without a state yet.
    ///
    /// # Errors
    ///
    /// [`EnvError::Fingerprint`] where this build simulates the configuration differently from the room's, and whatever
    /// keeps the environment from being made.
    pub fn new(me: Agent, fps: f32, simulated: SimulationSetup, engine: Engine) -> Result<Self, EnvError> {
        let SimulationSetup { environment, config, rules, single_player: alone, policies, pauses, .. } =
            simulated;
        let SimulationSetup { input_delay, prediction_window, .. } = simulated;
        let mut sim = (engine.make)(&environment, &config)?;
        let here = fingerprint(sim.as_mut())?;
        if here != simulated.fingerprint {
            return Err(EnvError::Fingerprint { env: environment, here, there: simulated.fingerprint });
        }
        let viewport = sim.spec().viewport;
        let confirmed = Timeline::new(rules, sim, 0);
        Ok(Self {
            me,
            fps,
            alone,
            pauses,
            window: prediction_window,
            delay: input_delay,
            delayed: if let InputDelay::Fixed(ticks) = input_delay { ticks } else { 0 },
            shortened: 0.0,
            present: confirmed.clone(),
            confirmed,
            guesses: Moves::new(),
            local_policies: LocalPolicies::new(policies, engine.act),
            own: VecDeque::new(),
            log: VecDeque::new(),
            stale: false,
            ended: false,
            end: None,
            confirmed_end: None,
            told: 0,
            clock: Clock::new(1_000.0 / f64::from(fps)),
            phase: 0.0,
            shown: 0,
            running: false,
            counting: false,
            asked: None,
            greeted: false,
            stalled_ms: 0.0,
            told_ms: 0.0,
            notes: VecDeque::new(),
            reported: 0,
            gap: None,
            rollbacks: 0,
            deepest: 0,
            painter: Painter::new(viewport),
        })
    }

    /// What the pictures are drawn into.
    pub fn viewport(&self) -> Viewport {
        self.confirmed.sim().spec().viewport
    }

    /// The last confirmed state.
    pub fn confirmed(&self) -> &Timeline {
        &self.confirmed
    }

    /// The state that is shown.
    pub fn present(&self) -> &Timeline {
        &self.present
    }

    /// Whether nobody else plays.
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Whether the game goes on in this browser even if nothing comes from the room.
    pub fn goes_on(&self) -> bool {
        self.alone && self.running && !self.ended && self.present.tick() < self.confirmed.tick() + self.window
    }

    /// The panel, from what is certain.
    pub fn hud(&self) -> Hud {
        let certain = if self.alone { &self.present } else { &self.confirmed };
        certain.hud(self.me, self.fps)
    }

    /// By how many ticks own keys are delayed now.
    pub fn input_delay(&self) -> u32 {
        self.delayed
    }

    /// For how long the window has been exhausted so far, ms.
    pub fn stalled_ms(&self) -> f64 {
        self.stalled_ms
    }

    /// How often a guess was wrong, and how many ticks that undid at most.
    pub fn rollbacks(&self) -> (u32, u32) {
        (self.rollbacks, self.deepest)
    }

    /// A round trip was measured.
    pub fn round_trip(&mut self, ms: f64) {
        self.clock.round_trip(ms);
    }

    /// The ticks after `tick` that were confirmed here, if the room that is at `tick` can have forgotten them.
    pub fn forgotten(&self, tick: u32) -> Option<Vec<ConfirmedTick>> {
        let first = self.log.iter().position(|told| told.tick == tick.saturating_add(1))?;
        Some(self.log.iter().skip(first).cloned().collect())
    }

    /// The room's state, from which to go on. Whatever was guessed is forgotten.
    pub fn snapshot(
        &mut self,
        timeline: &[u8],
        policy_states: impl IntoIterator<Item = (Agent, Vec<u8>)>,
    ) -> Result<(), EnvError> {
        let before = self.confirmed.tick();
        self.confirmed.load(timeline)?;
        self.local_policies.set(self.confirmed.tick(), policy_states);
        let tick = self.confirmed.tick();
        if tick > before {
            let owed = self.gap.map_or(before, |(owed, _)| owed);
            self.gap = Some((owed, tick));
        } else {
            // What was seen after it will be decided anew.
            self.reported = self.reported.min(tick);
            self.gap =
                self.gap.filter(|(owed, _)| *owed < tick).map(|(owed, skipped)| (owed, skipped.min(tick)));
            self.notes.retain(|note| note.tick <= tick);
        }
        if self.log.back().is_some_and(|told| told.tick != tick) {
            self.log.clear();
        }
        // Alone, a room that is there has seen these; otherwise some may be late and still to come.
        self.own.retain(|own| !self.alone || own.stamp > tick);
        self.stale = true;
        self.painter.jump();
        if self.phase < f64::from(self.confirmed.tick()) {
            self.phase = f64::from(self.confirmed.tick());
        }
        Ok(())
    }

    /// A new connection: the room has forgotten which keys are held, and what of them was not confirmed. Whether it must
    /// be told what is held.
    pub fn reconnected(&mut self) -> bool {
        if self.alone {
            self.told = self.confirmed.tick();
            for own in &mut self.own {
                own.told = false;
            }
            return !std::mem::replace(&mut self.greeted, true);
        }
        self.own.clear();
        self.stale = true;
        true
    }

    /// The keys held changed at `now`: the first tick that sees it.
    pub fn hold(&mut self, held: u32, now: f64) -> u32 {
        // At the end of an episode time passes without a tick: keys are for the next one's first.
        let here = if self.ended { 0 } else { self.phase as u32 };
        let next = self.present.tick().max(here) + 1 + self.delayed;
        // Where the present is held back, in lockstep or by the window, the tick that this will reach in time. Where it
        // only catches up, keys show at once, even if they count later.
        let held_back = !self.ended && self.phase + 1.0 >= f64::from(self.confirmed.tick() + self.window);
        let first = match self.target(now).filter(|_| held_back) {
            Some(target) => next.max(target as u32 + 1 + self.delayed),
            None => next,
        };
        let mut stamp = self.own.back().map_or(first, |last| first.max(last.stamp));
        // No more count in one tick; while the game stands still, all are for the same.
        if self.own.iter().rev().take_while(|own| own.stamp == stamp).count() >= MAX_CHANGES_PER_TICK {
            stamp += 1;
        }
        self.own.push_back(Own { stamp, held, time: now, applied: None, told: false });
        self.painter.outdated();
        stamp
    }

    /// How the last ticks were shown. What a snapshot skipped is in no report.
    pub fn report(&mut self) -> RenderReport {
        if let Some((_, skipped)) = self.gap.take_if(|(owed, _)| self.reported >= *owed) {
            self.reported = skipped;
        }
        let end = self.gap.map_or(self.confirmed.tick(), |(owed, _)| owed);
        let due = self.notes.iter().take_while(|note| note.tick <= end).count();
        let notes: Vec<TickReport> = self.notes.drain(..due.min(MOST_NOTES)).collect();
        let last = notes.last().filter(|_| due > MOST_NOTES).map(|note| note.tick);
        let until = last.unwrap_or(end);
        let input_delay = u8::try_from(self.delayed).unwrap_or(u8::MAX);
        // After a reset the room has the digest of the state before it.
        let digest = match self.confirmed_end {
            _ if until != self.confirmed.tick() => None,
            _ if self.confirmed.sim().tick() > 0 => self.confirmed.digest().ok(),
            Some((tick, digest)) if tick == until => Some(digest),
            _ => None,
        };
        let from = std::mem::replace(&mut self.reported, until);
        RenderReport { until, digest, input_delay, notes, ticks: until.saturating_sub(from) }
    }

    /// Whether something was shown otherwise than it should be.
    pub fn has_notes(&self) -> bool {
        !self.notes.is_empty()
    }

    /// What the room decided for one tick.
    pub fn confirm(&mut self, decided: ConfirmedTick, now: f64) -> Finding {
        if decided.tick <= self.confirmed.tick() {
            // A room that was restored says again what somebody brought back.
            return Finding::Fine;
        }
        if let Some(persisted) = decided.persisted {
            while self.log.pop_front_if(|told| told.tick <= persisted).is_some() {}
        }
        self.log.push_back(decided.clone());
        if self.log.len() > MOST_KEPT {
            self.log.pop_front();
        }
        let ConfirmedTick { tick, moves, digest, .. } = decided;
        let moves: Moves = known(moves);
        self.counting = false;
        self.clock.confirmed(tick, now);
        let ahead = self.present.tick();
        // What is made anew in any case is made anew once.
        let first = !self.stale;
        let right = first && ahead >= tick && self.was_guessed(tick, &moves);
        let stalled = self.stalled_ms - std::mem::replace(&mut self.told_ms, self.stalled_ms);
        let mut note = TickReport { tick, predicted: ahead >= tick, rollback: 0, stalled_ms: stalled as u16 };
        self.settle_own(&moves);
        self.guesses.retain(|agent, _| moves.contains_key(agent));
        for (agent, moved) in &moves {
            if let (true, Move::Action(_)) = (*agent != self.me, moved) {
                self.guesses.insert(*agent, moved.clone());
            }
        }
        if tick != self.confirmed.tick() + 1 {
            return Finding::Broken;
        }
        let Ok(ticked) = self.confirmed.advance(&moves) else { return Finding::Broken };
        let found = digest.and_then(|expected| match self.confirmed.digest() {
            Ok(here) if here == expected => None,
            Ok(here) => Some(Finding::Differs(here)),
            Err(_) => Some(Finding::Broken),
        });
        let done = ticked.step.done();
        if done {
            self.confirmed_end = self.confirmed.digest().ok().map(|digest| (tick, digest));
            // The room counts down to the next one.
            if self.confirmed.next_episode() && self.pauses {
                self.stand_still();
            }
            self.local_policies.reset(tick);
        }
        if !right || (done && self.ended) {
            if note.predicted && first {
                let depth = ahead - tick;
                note.rollback = u16::try_from(depth).unwrap_or(u16::MAX);
                self.rollbacks += u32::from(depth > 0);
                self.deepest = self.deepest.max(depth);
            }
            self.stale = true;
        }
        if note.rollback > 0 || !note.predicted || note.stalled_ms > 0 {
            self.notes.push_back(note);
        }
        if self.notes.len() > MOST_WAITING {
            self.notes.pop_front();
        }
        self.local_policies.confirmed(tick);
        found.unwrap_or(Finding::Fine)
    }

    /// Whether the present did in `tick` what was decided for it.
    fn was_guessed(&self, tick: u32, moves: &Moves) -> bool {
        let mine: Vec<Option<u32>> =
            self.own.iter().filter(|own| own.applied == Some(tick)).map(|own| Some(own.held)).collect();
        let told = self.local_policies.did(tick);
        let agents = self.confirmed.sim().spec().agents();
        agents.into_iter().all(|agent| {
            let decided = moves.get(&agent);
            if agent == self.me {
                return match decided {
                    Some(Move::Keys(changes)) => *changes == mine,
                    _ => mine.is_empty(),
                };
            }
            decided == told.and_then(|told| told.get(&agent)).or(self.guesses.get(&agent))
        })
    }

    /// Takes away what of the own changes is confirmed now.
    fn settle_own(&mut self, moves: &Moves) {
        if let Some(Move::Keys(changes)) = moves.get(&self.me) {
            for _ in changes.iter().flatten() {
                self.own.pop_front();
            }
        }
    }

    /// Brings the present to where it is to be at `now`.
    pub fn advance(&mut self, now: f64) {
        let passed = self.asked.map_or(0.0, |asked| (now - asked).max(0.0));
        // The time of a picture is that of its frame, which may have begun before the last look at the clock.
        self.asked = Some(self.asked.map_or(now, |asked| asked.max(now)));
        if self.running {
            self.follow(passed, now);
        }
        let to = (self.phase as u32).min(self.confirmed.tick() + self.window);
        if self.stale || self.present.tick() < self.confirmed.tick() {
            self.correct(to);
            self.resimulate();
            self.painter.outdated();
        }
        self.run_to(to);
    }

    /// The present is about to be made anew, up to tick `to`.
    fn correct(&mut self, to: u32) {
        let (here, there) = (self.present.tick(), self.confirmed.tick());
        let another = self.present.sim().episode() != self.confirmed.sim().episode();
        if another || here + self.window.max(MOVEMENT_TICKS) < there {
            // A new episode, or the page was out of sight: that is no movement.
            self.painter.jump();
        } else if !self.painter.has_painted() {
            // There is nothing to glide from.
        } else if self.window == 0 {
            // In lockstep nothing is shown of a guess: from one tick to the next everything glides.
            self.painter.correct(0.0);
        } else {
            // As it would be shown had the guess been right, own keys included: only what differs is an error.
            self.run_to(to);
            self.draw();
            self.painter.correct(self.part());
        }
    }

    /// Makes the present anew from what is confirmed and what is guessed, up to the tick where it is.
    pub fn resimulate(&mut self) {
        let to = self.present.tick().min(self.phase as u32).min(self.confirmed.tick() + self.window);
        self.present = self.confirmed.clone();
        self.local_policies.back_to(self.confirmed.tick());
        (self.stale, self.ended) = (false, false);
        for own in &mut self.own {
            own.applied = None;
        }
        self.run_to(to);
    }

    fn run_to(&mut self, tick: u32) {
        while self.present.tick() < tick && !self.ended {
            let moves = self.guess();
            if !self.step(&moves) {
                return;
            }
        }
    }

    /// The moves of the present's next tick.
    fn guess(&mut self) -> Moves {
        let next = self.present.tick() + 1;
        let mut moves = self.guesses.clone();
        for (agent, moved) in self.local_policies.go(self.present.sim(), next).into_iter().flatten() {
            moves.insert(agent, moved);
        }
        let mut mine = Vec::new();
        let due = self.own.iter_mut().filter(|own| own.applied.is_none() && own.stamp <= next);
        for own in due.take(MAX_CHANGES_PER_TICK) {
            own.applied = Some(next);
            mine.push(Some(own.held));
        }
        if !mine.is_empty() {
            moves.insert(self.me, Move::Keys(mine));
        }
        moves
    }

    fn step(&mut self, moves: &Moves) -> bool {
        let Ok(ticked) = self.present.advance(moves) else {
            // Only the room can say whether this really is the end.
            self.ended = true;
            return false;
        };
        if ticked.step.done() {
            self.end = self.present.digest().ok().map(|digest| (self.present.tick(), digest));
            self.ended = self.pauses || !self.present.next_episode();
            if !self.ended {
                self.local_policies.reset(self.present.tick());
            }
        }
        true
    }

    /// What to paint at `now`, in painting order; `None` if what was painted last still holds.
    pub fn picture(&mut self, now: f64) -> Option<Vec<Item>> {
        self.advance(now);
        if self.painter.is_outdated(self.present.tick()) {
            self.draw();
        }
        let part = self.part();
        // On its way to the next tick the picture shows what that one sees.
        self.shown = self.present.tick() + u32::from(part > 0.0);
        self.painter.paint(part, now)
    }

    /// How far the picture is on its way to the next tick, 0 to 1.
    fn part(&self) -> f32 {
        if self.ended || self.window == 0 {
            return 0.0;
        }
        (self.phase - f64::from(self.present.tick())).clamp(0.0, 1.0) as f32
    }

    /// Gives the painter the present and its next tick.
    fn draw(&mut self) {
        let after = (self.part() > 0.0 || self.running).then(|| self.preview()).flatten();
        self.painter.set(&self.present, after.as_ref(), self.me);
    }

    /// The last tick whose changes of own keys are in the picture that was made last.
    pub fn shown(&self) -> u32 {
        self.shown
    }

    /// The present after its next tick, as far as it is known: keys held now are in it, so that they show at once.
    fn preview(&self) -> Option<Timeline> {
        if self.ended || self.window == 0 {
            return None;
        }
        let mut next = self.present.clone();
        let tick = next.tick() + 1;
        let mut moves = self.guesses.clone();
        for (agent, moved) in self.local_policies.look(next.sim()).into_iter().flatten() {
            moves.insert(agent, moved);
        }
        let mine: Vec<Option<u32>> = self
            .own
            .iter()
            .filter(|own| own.applied.is_none() && own.stamp <= tick)
            .take(MAX_CHANGES_PER_TICK)
            .map(|own| Some(own.held))
            .collect();
        moves.insert(self.me, Move::Keys(mine));
        let ticked = next.advance(&moves).ok()?;
        // The start of another episode is no place to move to.
        (!ticked.step.done()).then_some(next)
    }

    /// The next picture must be painted even if nothing changed.
    pub fn repaint(&mut self) {
        self.painter.repaint();
    }
}
