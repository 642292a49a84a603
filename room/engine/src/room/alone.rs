//! Somebody who plays alone has nobody to wait for: their browser's clock is the game's. It simulates without looking
//! back and tells now and then how far it is; the room does the same ticks with the same keys, and compares.
//!
//! A browser can be ahead of the room by [`AHEAD_S`], through which a connection may be lost and found again. It can be
//! slower than time, which is logged, and hardly faster.

use footlights_data::event::EventKind;
use std::collections::VecDeque;

use footlights_env::Agent;

use super::{CloseCode, Output, Room, SILENT_MS, State, seat::SeatState};
use footlights_experiment::GameScene;
use footlights_protocol::wire::KeyChange;

/// How far the browser may be ahead of the room, in seconds of the game: a loss of ten, and the pause before the next
/// attempt to connect.
pub(super) const AHEAD_S: f32 = 15.0;
/// A browser's clock may be that much faster than the room's.
const FASTER: f64 = 1.05;
/// And ahead of it by this from the beginning, ms: what a message may have been late before.
const SLACK_MS: f64 = 2_000.0;
/// A browser that is behind time by more than this is logged, ms.
const BEHIND_MS: f64 = 2_000.0;
/// Ticks run at one call; the rest runs in the next one, at once.
const MOST_AT_ONCE: u32 = 300;
/// Digests that wait for their tick; further ones push out the oldest.
const MOST_CLAIMS: usize = 64;

/// The browser of somebody who plays alone.
#[derive(Debug, Clone)]
pub(super) struct Alone {
    agent: Agent,
    /// It has told all its keys up to this tick.
    until: u32,
    /// When that was told, epoch ms.
    told_ms: u64,
    /// When the clock of this episode was at which tick; none while it stands still.
    since: Option<(u64, u32)>,
    /// The room was restored and does not know yet where the clock really is.
    unsure: bool,
    /// The room was restored and has not run since.
    restored: bool,
    /// What its states are said to be, by tick.
    claims: VecDeque<(u32, u64)>,
}

impl Alone {
    /// The only person of a scene whose browser simulates, if it has only one.
    pub fn of(scene: &GameScene, now: u64) -> Option<Self> {
        let agent = scene.human_agents().next().filter(|_| scene.is_alone())?;
        Some(Self {
            agent,
            until: 0,
            told_ms: now,
            since: None,
            unsure: false,
            restored: false,
            claims: VecDeque::new(),
        })
    }

    /// The room was restored at `tick`, where the browser was up to [`AHEAD_S`] later if the episode had `begun`.
    pub fn restored(&mut self, tick: u32, begun: bool, now: u64) {
        self.restored = true;
        if begun {
            let ahead = (AHEAD_S * 1_000.0) as u64;
            self.since = (tick > 0).then(|| (now.saturating_sub(ahead), tick));
            self.unsure = true;
        }
    }

    /// The clock of an episode that ended with `tick` stands still until the next one. What was told of ticks after it was
    /// a wrong guess.
    pub fn stop(&mut self, tick: u32) {
        self.since = None;
        self.forget(tick);
    }

    /// A new connection tells anew what was not decided before.
    pub fn forget(&mut self, tick: u32) {
        self.until = tick;
        self.claims.clear();
    }
}

impl Room {
    /// The game starts, or goes on.
    pub(super) fn alone_runs(&mut self, now: u64) {
        let tick = self.tick();
        if let Some(alone) = &mut self.alone {
            alone.restored = false;
            alone.since.get_or_insert((now, tick));
            alone.told_ms = now;
        }
    }

    /// Whether an episode of somebody who plays alone is under way, even if they are not connected.
    pub(super) fn alone_plays(&self) -> bool {
        self.alone.as_ref().is_some_and(|alone| alone.since.is_some())
    }

    /// A browser tells how far it is, and what the keys were up to there.
    pub(super) fn played(
        &mut self,
        now: u64,
        agent: Agent,
        until: u32,
        changes: &[KeyChange],
        digest: Option<u64>,
    ) {
        let (tick, fps) = (self.tick(), self.scene.fps);
        let running = self.state == State::Running;
        let countdown = matches!(self.state, State::Countdown { .. });
        let Some(alone) = self.alone.as_mut().filter(|alone| alone.agent == agent) else {
            return self.refuse(now, agent, CloseCode::Malformed, "this game is not played alone");
        };
        // What is told of ticks behind an episode that is over is a wrong guess, unless this room has forgotten the next one.
        let ahead = if countdown && !alone.restored { 0 } else { (AHEAD_S * fps) as u32 + 1 };
        let limit = tick.saturating_add(ahead);
        let news = until.min(limit) > alone.until;
        alone.until = alone.until.max(until.min(limit));
        if news {
            alone.told_ms = now;
        }
        if let Some(digest) = digest.filter(|_| until <= limit) {
            alone.claims.push_back((until, digest));
        }
        if alone.claims.len() > MOST_CLAIMS {
            alone.claims.pop_front();
        }
        let mut behind = None;
        if let Some((ms, from)) = alone.since.filter(|_| running && news) {
            let due = f64::from(until.saturating_sub(from)) * 1_000.0 / f64::from(fps);
            let late = now.saturating_sub(ms) as f64 - due;
            if late > BEHIND_MS {
                alone.since = Some((now, until));
                behind = (!alone.unsure).then_some(late);
            }
            alone.unsure = false;
        }
        if let Some(late) = behind {
            self.report(now, Some(agent), EventKind::Behind, format!("{late:.0} ms"));
        }
        for KeyChange { tick, held, time } in changes {
            self.keys(now, agent, None, Some(*tick), *held, *time);
        }
        if news && countdown {
            // The process was lost when the episode had begun, and the room does not know.
            self.go(now, now);
        }
        self.compare(now);
    }

    /// Until when ticks may run at `now`.
    fn alone_until(&self, now: u64) -> u32 {
        let Some(Alone { until, since: Some((ms, tick)), .. }) = &self.alone else { return 0 };
        let passed = now.saturating_sub(*ms) as f64 * FASTER + SLACK_MS;
        let allowed = f64::from(*tick) + passed * f64::from(self.scene.fps) / 1_000.0;
        (*until).min(allowed as u32)
    }

    /// When there is something to do next in the game of somebody who plays alone, if it is one.
    pub(super) fn alone_wake(&self) -> Option<u64> {
        let Alone { until, since, told_ms, .. } = self.alone.as_ref()?;
        let (ms, from) = (*since)?;
        let next = self.tick() + 1;
        if *until < next {
            return Some(told_ms + SILENT_MS);
        }
        let due = f64::from(next.saturating_sub(from)) * 1_000.0 / f64::from(self.scene.fps) - SLACK_MS;
        // A millisecond for what rounding takes away.
        Some(ms + (due / FASTER).ceil().max(0.0) as u64 + 1)
    }

    /// Runs what was told and may be. False if this is not the game of somebody who plays alone.
    pub(super) fn run_alone(&mut self, now: u64) -> bool {
        if self.alone.is_none() {
            return false;
        }
        for _ in 0..MOST_AT_ONCE {
            if self.state != State::Running || self.tick() >= self.alone_until(now) {
                break;
            }
            self.tick_once(now);
        }
        true
    }

    /// Whether a page that is connected does not play: nothing was told for too long.
    pub(super) fn alone_is_stuck(&self, now: u64, agent: Agent) -> bool {
        self.state == State::Running
            && self.alone.as_ref().is_some_and(|alone| {
                alone.agent == agent
                    && alone.until <= self.tick()
                    && now.saturating_sub(alone.told_ms) >= SILENT_MS
            })
    }

    /// Compares what the browser said of its state at this tick, or at one that is over.
    pub(super) fn compare(&mut self, now: u64) {
        while let Some((agent, tick, digest)) = self.claim() {
            self.judge(now, agent, tick, digest);
        }
    }

    /// The oldest claim that can be judged.
    fn claim(&mut self) -> Option<(Agent, u32, u64)> {
        let tick = self.tick();
        let alone = self.alone.as_mut()?;
        let agent = alone.agent;
        alone.claims.pop_front_if(|(about, _)| *about <= tick).map(|(about, digest)| (agent, about, digest))
    }

    /// A person's keys are known no more: whatever was not decided is told anew, or was never held.
    pub(super) fn forget_keys(&mut self, agent: Agent) {
        let tick = self.tick();
        let alone = self.alone.as_mut().filter(|alone| alone.agent == agent);
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        match alone {
            Some(alone) => {
                alone.forget(tick);
                human.inbox.clear();
            }
            None => human.inbox.release(),
        }
    }

    /// Closes the connection of a page that does not play.
    pub(super) fn close_silent(&mut self, now: u64, agent: Agent, why: &str) {
        if let Some(conn) = self.human(agent).and_then(|human| human.conn) {
            self.out.push_back(Output::Close { conn, code: CloseCode::Silent, reason: why.to_owned() });
        }
        self.lost(now, agent, EventKind::Silent, why);
    }
}
