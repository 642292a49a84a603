//! The clock of a single-player game is its browser's. The room follows it, within limits.
//!
//! A browser can be ahead of the room by [`MAX_LEAD_S`], through which a connection may be lost and found again. It can be
//! slower than time, which is logged, and hardly faster.

use std::collections::VecDeque;

use footlights_protocol::{EpochMs, Tick};

use super::super::{phase::Phase, seats::SILENCE_TIMEOUT_MS};

/// How far the browser may be ahead of the room, in seconds of the game: ten seconds without a connection, and the pause
/// before the next attempt to connect.
pub const MAX_LEAD_S: f32 = 15.0;
/// How many times faster than the room's clock the browser's may be.
const MAX_SPEED: f64 = 1.05;
/// By how much the browser may be ahead of that, ms: the first message may have been late by as much.
const SLACK_MS: f64 = 2_000.0;
/// A browser that is behind time by more than this is logged, ms.
const MAX_DELAY_MS: f64 = 2_000.0;
/// Ticks run at one call; the rest runs in the next one, at once.
pub const MAX_TICKS_AT_ONCE: u32 = 300;
/// Digests that wait for their tick; a further one pushes out the oldest.
const MAX_CLAIMS: usize = 64;

/// What follows from a browser's report of how far it has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// It has come further than was known.
    pub is_news: bool,
    /// It is behind time by this, ms, and the clock was moved.
    pub behind_ms: Option<f64>,
}

/// What is known of the browser's clock.
#[derive(Debug, Clone)]
pub struct ClientClock {
    fps: f32,
    /// All keys up to this tick are known.
    known_until: Tick,
    /// When that was reported.
    reported_ms: EpochMs,
    /// When the clock of this episode was at which tick; `None` while it stands still.
    since: Option<(EpochMs, Tick)>,
    /// The room was restored and does not know yet where the clock really is.
    is_estimate: bool,
    /// The room was restored and has not run since.
    is_restored: bool,
    /// The browser's digests of ticks that the room has not run yet: (tick, digest).
    claims: VecDeque<(Tick, u64)>,
}

impl ClientClock {
    /// A clock that stands still.
    pub fn new(fps: f32, now: EpochMs) -> Self {
        Self {
            fps,
            known_until: Tick::ZERO,
            reported_ms: now,
            since: None,
            is_estimate: false,
            is_restored: false,
            claims: VecDeque::new(),
        }
    }

    /// The room was restored at `tick`. If the episode `has_begun`, the browser was ahead of that by [`MAX_LEAD_S`] or
    /// less.
    pub fn restore(&mut self, tick: Tick, has_begun: bool, now: EpochMs) {
        self.is_restored = true;
        if has_begun {
            let lead = (MAX_LEAD_S * 1_000.0) as u64;
            self.since = (tick > Tick::ZERO).then(|| (now - lead, tick));
            self.is_estimate = true;
        }
    }

    /// The game starts, or goes on, after tick `tick`.
    pub fn start(&mut self, now: EpochMs, tick: Tick) {
        self.is_restored = false;
        self.since.get_or_insert((now, tick));
        self.reported_ms = now;
    }

    /// The episode ended with `tick`: the clock stands still until the next one, and what was reported of later ticks was
    /// a wrong guess.
    pub fn stop(&mut self, tick: Tick) {
        self.since = None;
        self.forget(tick);
    }

    /// Forgets everything after `tick`: a new connection reports it again.
    pub fn forget(&mut self, tick: Tick) {
        self.known_until = tick;
        self.claims.clear();
    }

    /// Whether an episode is under way, even if its browser is not connected.
    pub fn is_going(&self) -> bool {
        self.since.is_some()
    }

    /// The browser reports how far it is, and the digest of its state there. `tick` is the room's last tick.
    pub fn report(
        &mut self,
        now: EpochMs,
        tick: Tick,
        phase: Phase,
        until: Tick,
        digest: Option<u64>,
    ) -> Progress {
        let counts_down = matches!(phase, Phase::Countdown { .. });
        // What is reported of ticks after the end of an episode is a wrong guess, unless a restored room has forgotten the
        // start of the next one.
        let lead = if counts_down && !self.is_restored { 0 } else { (MAX_LEAD_S * self.fps) as u32 + 1 };
        let limit = tick + lead;
        let is_news = until.min(limit) > self.known_until;
        self.known_until = self.known_until.max(until.min(limit));
        if is_news {
            self.reported_ms = now;
        }
        if let Some(digest) = digest.filter(|_| until <= limit) {
            self.claims.push_back((until, digest));
        }
        if self.claims.len() > MAX_CLAIMS {
            self.claims.pop_front();
        }
        let mut behind_ms = None;
        if let Some((at, from)) = self.since.filter(|_| phase.is_running() && is_news) {
            let due = f64::from(until - from) * 1_000.0 / f64::from(self.fps);
            let delay = (now - at) as f64 - due;
            if delay > MAX_DELAY_MS {
                self.since = Some((now, until));
                behind_ms = (!self.is_estimate).then_some(delay);
            }
            self.is_estimate = false;
        }
        Progress { is_news, behind_ms }
    }

    /// The last tick that may run at `now`.
    pub fn limit(&self, now: EpochMs) -> Tick {
        let Some((at, tick)) = self.since else { return Tick::ZERO };
        let passed = (now - at) as f64 * MAX_SPEED + SLACK_MS;
        let allowed = f64::from(tick) + passed * f64::from(self.fps) / 1_000.0;
        self.known_until.min(Tick(allowed as u32))
    }

    /// When there is something to do after tick `tick`.
    pub fn next_wake(&self, tick: Tick) -> EpochMs {
        let next = tick.next();
        let Some((at, from)) = self.since.filter(|_| self.known_until >= next) else {
            return self.reported_ms + SILENCE_TIMEOUT_MS;
        };
        let due = f64::from(next - from) * 1_000.0 / f64::from(self.fps) - SLACK_MS;
        // One millisecond more for what rounding takes away.
        at + (due / MAX_SPEED).ceil().max(0.0) as u64 + 1
    }

    /// Whether the browser is connected and yet does not play: nothing was reported for too long.
    pub fn is_stuck(&self, now: EpochMs, tick: Tick) -> bool {
        self.known_until <= tick && now - self.reported_ms >= SILENCE_TIMEOUT_MS
    }

    /// Takes the browser's oldest digest of a tick that is over.
    pub fn take_claim(&mut self, tick: Tick) -> Option<(Tick, u64)> {
        self.claims.pop_front_if(|(about, _)| *about <= tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTDOWN: Phase = Phase::Countdown { until: EpochMs(0), resume: None };

    fn running() -> ClientClock {
        let mut clock = ClientClock::new(30.0, EpochMs(0));
        clock.start(EpochMs(1_000), Tick(0));
        clock
    }

    #[test]
    fn ticks_run_as_far_as_keys_are_known_and_time_allows() {
        let mut clock = running();
        assert_eq!(clock.limit(EpochMs(9_000)), Tick(0));
        assert!(clock.report(EpochMs(1_100), Tick(0), Phase::Running, Tick(30), None).is_news);
        assert_eq!(clock.limit(EpochMs(1_100)), Tick(30));
        assert!(!clock.report(EpochMs(1_200), Tick(0), Phase::Running, Tick(30), None).is_news);
        // Two seconds of slack, and five percent.
        clock.report(EpochMs(1_300), Tick(0), Phase::Running, Tick(400), None);
        assert_eq!(clock.limit(EpochMs(1_000)), Tick(60));
        assert_eq!(clock.limit(EpochMs(2_000)), Tick(91));
    }

    #[test]
    fn a_browser_is_at_most_fifteen_seconds_ahead() {
        let mut clock = running();
        clock.report(EpochMs(1_000), Tick(10), Phase::Running, Tick(u32::MAX), Some(1));
        assert_eq!(clock.limit(EpochMs(u64::MAX)), Tick(10 + 451));
        assert_eq!(clock.take_claim(Tick(u32::MAX)), None);
    }

    #[test]
    fn a_wake_is_when_the_next_tick_may_run_or_the_browser_counts_as_stuck() {
        let mut clock = running();
        assert_eq!(clock.next_wake(Tick(0)), EpochMs(11_000));
        assert!(!clock.is_stuck(EpochMs(10_999), Tick(0)));
        assert!(clock.is_stuck(EpochMs(11_000), Tick(0)));
        clock.report(EpochMs(1_000), Tick(0), Phase::Running, Tick(300), None);
        let wake = clock.next_wake(Tick(200));
        assert!(clock.limit(wake) >= Tick(201) && clock.limit(wake - 40) < Tick(201));
        assert!(!clock.is_stuck(EpochMs(u64::MAX), Tick(0)));
    }

    #[test]
    fn a_slow_browser_is_logged_once_and_the_clock_moves() {
        let mut clock = running();
        let late = clock.report(EpochMs(5_000), Tick(0), Phase::Running, Tick(30), None);
        assert_eq!(late.behind_ms, Some(3_000.0));
        assert_eq!(clock.report(EpochMs(5_034), Tick(0), Phase::Running, Tick(31), None).behind_ms, None);
    }

    #[test]
    fn after_a_restore_the_clock_is_an_estimate_until_the_browser_reports() {
        let mut clock = ClientClock::new(30.0, EpochMs(50_000));
        clock.restore(Tick(90), true, EpochMs(50_000));
        assert!(clock.is_going());
        clock.start(EpochMs(50_500), Tick(90));
        assert_eq!(clock.report(EpochMs(51_000), Tick(90), Phase::Running, Tick(91), None).behind_ms, None);
        let late = clock.report(EpochMs(60_000), Tick(90), Phase::Running, Tick(92), None).behind_ms;
        assert!(late.is_some_and(|ms| ms > 2_000.0));
    }

    #[test]
    fn between_episodes_nothing_ahead_counts_unless_the_room_was_restored() {
        let mut clock = running();
        clock.report(EpochMs(1_000), Tick(0), Phase::Running, Tick(40), Some(1));
        clock.stop(Tick(30));
        assert!(!clock.is_going());
        assert_eq!(clock.take_claim(Tick(100)), None);
        assert!(!clock.report(EpochMs(2_000), Tick(30), COUNTDOWN, Tick(40), None).is_news);
        clock.restore(Tick(30), false, EpochMs(2_000));
        assert!(clock.report(EpochMs(2_100), Tick(30), COUNTDOWN, Tick(40), None).is_news);
    }

    #[test]
    fn digests_wait_for_their_tick() {
        let mut clock = running();
        for tick in 1..=100 {
            clock.report(EpochMs(1_000), Tick(0), Phase::Running, Tick(tick), Some(u64::from(tick)));
        }
        assert_eq!(clock.take_claim(Tick(36)), None);
        assert_eq!(clock.take_claim(Tick(37)), Some((Tick(37), 37)));
        assert_eq!(clock.take_claim(Tick(37)), None);
    }
}
