//! At which tick the present has to be: it starts before the room does, and follows the room's clock by slewing.

use footlights_protocol::{InputDelay, MonotonicMs, Tick};

use super::room_clock::RoomClock;
use crate::netcode::round_trips::UNMEASURED_TRIP_MS;

/// The rate of the present differs from the room's by this share at most, while it makes up for an error.
const SLEW: f64 = 0.1;
/// By this share, while the error is more than [`FAR_TICKS`]: when a game starts, and after a stall.
const FAST_SLEW: f64 = 0.5;
const FAR_TICKS: f64 = 3.0;
/// An error of more ticks than this is not slewed: ahead is jumped to, behind is waited for.
const JUMP_TICKS: f64 = 20.0;
/// An input delay that could be shorter gets shorter by one tick in this time, ms.
const SHORTEN_MS: f64 = 2_000.0;

/// Whether ticks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The game stands still.
    Standing,
    /// The start is scheduled or over, and the room has not confirmed a tick since.
    Starting,
    /// Ticks run.
    Running,
}

/// By how many ticks own keys are delayed, so that the room has them in time.
#[derive(Debug, Clone)]
struct KeyDelay {
    ticks: u32,
    /// The longest delay that is chosen by itself; `None` where the delay is fixed.
    adaptive_max: Option<u32>,
    /// How long a shorter delay would have been enough, ms.
    shortenable_ms: f64,
}

impl KeyDelay {
    fn new(delay: InputDelay) -> Self {
        let (ticks, adaptive_max) = match delay {
            InputDelay::Fixed(ticks) => (ticks, None),
            InputDelay::Adaptive { most } => (0, Some(most)),
        };
        Self { ticks, adaptive_max, shortenable_ms: 0.0 }
    }

    /// Adapts to a trip of so many ticks: half of the window covers a part of it. Grows at once and shrinks slowly.
    fn adapt(&mut self, trip: f64, window: u32, passed_ms: f64) {
        let Some(max) = self.adaptive_max else { return };
        let wanted = (trip - f64::from(window) / 2.0).ceil().clamp(0.0, f64::from(max)) as u32;
        self.shortenable_ms += passed_ms;
        if wanted >= self.ticks {
            self.ticks = wanted;
            self.shortenable_ms = 0.0;
        } else if self.shortenable_ms >= SHORTEN_MS {
            self.ticks -= 1;
            self.shortenable_ms = 0.0;
        }
    }
}

/// The position of the present in time.
#[derive(Debug, Clone)]
pub struct Pacer {
    clock: RoomClock,
    /// The round trip to plan for, ms.
    trip_ms: f64,
    /// How many ticks the present may be ahead of the confirmed state.
    window: u32,
    delay: KeyDelay,
    /// Where the present has to be, in ticks; the fraction is the way to the next one.
    phase: f64,
    state: State,
    polled_at: Option<MonotonicMs>,
    stalled_ms: f64,
}

impl Pacer {
    /// A game that has not started, with ticks of `tick_ms`.
    pub fn new(tick_ms: f64, window: u32, delay: InputDelay) -> Self {
        Self {
            clock: RoomClock::new(tick_ms),
            trip_ms: UNMEASURED_TRIP_MS,
            window,
            delay: KeyDelay::new(delay),
            phase: 0.0,
            state: State::Standing,
            polled_at: None,
            stalled_ms: 0.0,
        }
    }

    /// How many ticks the present may be ahead of the confirmed state; 0 is lockstep.
    pub fn window(&self) -> u32 {
        self.window
    }

    /// By how many ticks own keys are delayed now.
    pub fn input_delay(&self) -> u32 {
        self.delay.ticks
    }

    /// How long the window has been exhausted so far, ms.
    pub fn stalled_ms(&self) -> f64 {
        self.stalled_ms
    }

    /// Whether ticks run.
    pub fn is_running(&self) -> bool {
        self.state != State::Standing
    }

    /// The round trip to plan for, ms.
    pub fn set_trip(&mut self, ms: f64) {
        self.trip_ms = ms;
    }

    /// Ticks run, or will in `begins_in` ms; `None` where the game stands still. `confirmed` is the confirmed tick. Returns
    /// whether the present must be made again, because it starts from there.
    pub fn schedule(&mut self, begins_in: Option<f64>, confirmed: Tick, now: MonotonicMs) -> bool {
        let Some(ms) = begins_in else {
            let stops = self.is_running();
            if stops {
                self.stand_still(confirmed);
            }
            return stops;
        };
        if ms > 0.0 && self.state == State::Running {
            self.stand_still(confirmed);
        }
        let starts = self.state == State::Standing;
        if starts {
            self.phase = f64::from(confirmed);
            self.polled_at = None;
        }
        if ms > 0.0 || starts {
            self.clock.start(confirmed, now + ms);
            self.state = State::Starting;
        }
        starts
    }

    /// The game stops at the confirmed tick: what was predicted beyond it will not be.
    pub fn stand_still(&mut self, confirmed: Tick) {
        self.state = State::Standing;
        self.phase = f64::from(confirmed);
    }

    /// The room confirmed `tick`.
    pub fn on_confirmed(&mut self, tick: Tick, now: MonotonicMs) {
        if self.state == State::Starting {
            self.state = State::Running;
        }
        self.clock.on_confirmed(tick, now);
    }

    /// The present is not before the confirmed tick.
    pub fn catch_up(&mut self, confirmed: Tick) {
        self.phase = self.phase.max(f64::from(confirmed));
    }

    /// When the present starts, so that its first keys reach the room in time for the first tick; infinite unless the room
    /// has not started yet.
    pub fn begins_at(&self, confirmed: Tick) -> MonotonicMs {
        if self.state == State::Starting && !self.has_begun(confirmed) {
            let delay = f64::from(self.delay.ticks) * self.clock.tick_ms();
            // A millisecond for what rounding takes away.
            self.clock.due(confirmed) - self.trip_ms + delay + 1.0
        } else {
            MonotonicMs::NEVER
        }
    }

    /// Whether the present has started and the room has not.
    pub fn has_begun(&self, confirmed: Tick) -> bool {
        self.state == State::Starting && self.phase > f64::from(confirmed)
    }

    /// Milliseconds since the last call.
    pub fn elapse(&mut self, now: MonotonicMs) -> f64 {
        let passed_ms = self.polled_at.map_or(0.0, |at| (now - at).max(0.0));
        // The time of a picture is that of its frame, which may have begun before the last look at the clock.
        self.polled_at = Some(self.polled_at.map_or(now, |at| at.max(now)));
        passed_ms
    }

    /// Where the present ought to be by the room's clock, in ticks; `None` while the game stands still.
    pub fn target(&self, now: MonotonicMs) -> Option<f64> {
        let at = self.clock.confirmed_at(now).filter(|_| self.is_running())?;
        Some((at + self.trip_ms / self.clock.tick_ms() - f64::from(self.delay.ticks)).max(0.0))
    }

    /// Moves the present on by this browser's clock. `passed_ms` is how long it was since the last call.
    pub fn follow_own_clock(&mut self, passed_ms: f64, confirmed: Tick) {
        self.phase += passed_ms / self.clock.tick_ms();
        self.limit(passed_ms, confirmed);
    }

    /// Moves the present towards where it ought to be by the room's clock. `passed_ms` is how long it was since the last
    /// call.
    pub fn follow_room_clock(&mut self, passed_ms: f64, confirmed: Tick, now: MonotonicMs) {
        let tick_ms = self.clock.tick_ms();
        self.delay.adapt(self.trip_ms / tick_ms, self.window, passed_ms);
        let Some(target) = self.target(now) else { return };
        let error = target - self.phase;
        if self.state == State::Starting {
            // Nothing has moved yet that could jump.
            self.phase = self.phase.max(target);
        } else if error > JUMP_TICKS {
            self.phase = target;
        } else if error > -JUMP_TICKS {
            let max = if error.abs() > FAR_TICKS { FAST_SLEW } else { SLEW };
            self.phase += passed_ms / tick_ms * (1.0 + (error / 10.0).clamp(-max, max));
        }
        self.limit(passed_ms, confirmed);
    }

    /// The present waits at the end of the window.
    fn limit(&mut self, passed_ms: f64, confirmed: Tick) {
        let limit = f64::from(confirmed + self.window) + 1.0;
        if self.phase >= limit {
            // Lockstep waits for every tick; that is no stall.
            self.stalled_ms += if self.window > 0 { passed_ms } else { 0.0 };
            // Just below the limit: the way to the next tick is gone, and the tick itself is not.
            self.phase = limit - 1e-6;
        }
        self.catch_up(confirmed);
    }

    /// The tick of the present, as far as the window allows.
    pub fn tick(&self, confirmed: Tick) -> Tick {
        Tick(self.phase as u32).min(confirmed + self.window)
    }

    /// How far the picture is on its way from tick `present` to the next one, 0 to 1; always 0 in lockstep.
    pub fn fraction(&self, present: Tick) -> f32 {
        if self.window == 0 {
            return 0.0;
        }
        (self.phase - f64::from(present)).clamp(0.0, 1.0) as f32
    }

    /// The first tick that sees keys which change now. `target` is where the present ought to be, if the room's clock
    /// says so; `is_ended` if time passes without ticks, because an episode is over.
    pub fn stamp(&self, present: Tick, confirmed: Tick, target: Option<f64>, is_ended: bool) -> Tick {
        // At the end of an episode keys are for the next one's first tick.
        let here = if is_ended { Tick::ZERO } else { Tick(self.phase as u32) };
        let next = present.max(here) + 1 + self.delay.ticks;
        // Where the present is held back, in lockstep or by the window, the tick that keys reach in time. Where it only
        // catches up, keys show at once, even if they count later.
        let is_held_back = !is_ended && self.phase + 1.0 >= f64::from(confirmed + self.window);
        match target.filter(|_| is_held_back) {
            Some(target) => next.max(Tick(target as u32) + 1 + self.delay.ticks),
            None => next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: f64 = 50.0;

    fn pacer(window: u32, delay: InputDelay) -> Pacer {
        let mut pacer = Pacer::new(TICK, window, delay);
        pacer.set_trip(200.0);
        pacer
    }

    /// Confirms a tick every 50 ms from `now` on, and follows the room's clock at 60 Hz.
    fn run(pacer: &mut Pacer, now: MonotonicMs, ms: f64, confirms: bool) -> Tick {
        let (mut confirmed, mut at) = (Tick(0), now);
        while at < now + ms {
            at += 1_000.0 / 60.0;
            let due = Tick(((at - now) / TICK) as u32);
            while confirms && confirmed < due {
                confirmed += 1;
                pacer.on_confirmed(confirmed, now + f64::from(confirmed) * TICK);
            }
            let passed_ms = pacer.elapse(at);
            pacer.follow_room_clock(passed_ms, confirmed, at);
        }
        confirmed
    }

    #[test]
    fn it_begins_a_trip_before_the_room() {
        let mut pacer = pacer(8, InputDelay::Fixed(1));
        assert!(pacer.schedule(Some(3_000.0), Tick(0), MonotonicMs(0.0)));
        assert_eq!(pacer.begins_at(Tick(0)), MonotonicMs(3_000.0 - 200.0 + TICK + 1.0));
        assert!(!pacer.has_begun(Tick(0)) && pacer.is_running());
        pacer.follow_room_clock(0.0, Tick(0), MonotonicMs(2_900.0));
        assert!(pacer.has_begun(Tick(0)));
        assert_eq!(pacer.begins_at(Tick(0)), MonotonicMs::NEVER);
    }

    #[test]
    fn it_is_a_trip_ahead_of_the_room_and_never_stalls() {
        let mut pacer = pacer(8, InputDelay::Fixed(0));
        pacer.schedule(Some(0.0), Tick(0), MonotonicMs(0.0));
        let confirmed = run(&mut pacer, MonotonicMs(0.0), 10_000.0, true);
        let ahead = pacer.phase - f64::from(confirmed);
        assert!((3.5..5.5).contains(&ahead), "{ahead} ticks");
        assert_eq!(pacer.stalled_ms(), 0.0);
    }

    #[test]
    fn without_the_room_it_waits_at_the_end_of_the_window() {
        let mut pacer = pacer(8, InputDelay::Fixed(0));
        pacer.schedule(Some(0.0), Tick(0), MonotonicMs(0.0));
        run(&mut pacer, MonotonicMs(0.0), 2_000.0, false);
        assert_eq!(pacer.tick(Tick(0)), Tick(8));
        assert!((1_400.0..2_000.0).contains(&pacer.stalled_ms()), "{}", pacer.stalled_ms());
        assert!(pacer.schedule(None, Tick(3), MonotonicMs(2_000.0)), "a pause makes the present again");
        assert_eq!((pacer.tick(Tick(3)), pacer.is_running()), (Tick(3), false));
    }

    #[test]
    fn on_its_own_clock_it_waits_for_nobody_but_the_window() {
        let mut pacer = pacer(8, InputDelay::Fixed(0));
        pacer.schedule(Some(0.0), Tick(0), MonotonicMs(0.0));
        pacer.follow_own_clock(5.0 * TICK, Tick(0));
        assert_eq!((pacer.tick(Tick(0)), pacer.fraction(Tick(4))), (Tick(5), 1.0));
        pacer.follow_own_clock(100.0 * TICK, Tick(0));
        assert_eq!((pacer.tick(Tick(0)), pacer.stalled_ms()), (Tick(8), 100.0 * TICK));
    }

    #[test]
    fn the_delay_grows_at_once_and_shrinks_slowly() {
        let mut pacer = pacer(4, InputDelay::Adaptive { most: 3 });
        pacer.follow_room_clock(10.0, Tick(0), MonotonicMs(0.0));
        assert_eq!(pacer.input_delay(), 2, "4 ticks of trip, 2 of them in the window");
        pacer.set_trip(1_000.0);
        pacer.follow_room_clock(10.0, Tick(0), MonotonicMs(0.0));
        assert_eq!(pacer.input_delay(), 3, "and no more than it may");
        pacer.set_trip(0.0);
        pacer.follow_room_clock(SHORTEN_MS - 1.0, Tick(0), MonotonicMs(0.0));
        assert_eq!(pacer.input_delay(), 3);
        pacer.follow_room_clock(1.0, Tick(0), MonotonicMs(0.0));
        assert_eq!(pacer.input_delay(), 2);
    }

    #[test]
    fn keys_count_from_the_next_tick_or_from_the_one_that_they_reach() {
        let mut pacer = pacer(8, InputDelay::Fixed(2));
        pacer.schedule(Some(0.0), Tick(10), MonotonicMs(0.0));
        assert_eq!(
            pacer.stamp(Tick(10), Tick(10), Some(30.0), false),
            Tick(13),
            "it catches up, so they show at once"
        );
        pacer.phase = 18.0;
        assert_eq!(pacer.stamp(Tick(18), Tick(10), Some(30.0), false), Tick(33), "held back by the window");
        assert_eq!(
            pacer.stamp(Tick(12), Tick(10), Some(30.0), true),
            Tick(15),
            "after the end of an episode"
        );
    }
}
