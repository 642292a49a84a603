//! How late the room is, as the clocks of its players' browsers see it.
//!
//! The room's own clock cannot tell. At Cloudflare `Date.now()` reads in a timer's turn the time for which the timer was set,
//! and never more than the time of the next timer
//! ([performance and timers](https://developers.cloudflare.com/workers/runtime-apis/performance/)):
//! after two seconds in which the process stood still, sixty ticks would follow one another at once, each at its right time
//! by that clock, and no key could matter to them.
//!
//! A ping carries the browser's clock. The room's clock less the browser's is what they differ by, plus the time on the way. Of
//! the pings of a minute, the fastest one was on its way for no longer than the shortest round trip; so the clocks differ at
//! least by the smallest such difference less that round trip. A ping that shows less says that the room's clock is behind.

use footlights_env::Agent;
use footlights_protocol::{EpochMs, MonotonicMs};

/// How long the smallest difference counts, in two halves: the clocks of browsers run apart by some milliseconds a minute.
const HALF_WINDOW_MS: f64 = 30_000.0;
/// A room that stood still for longer has lost its players. What says so is no clock.
const MOST_LATE_MS: f64 = 10_000.0;

/// The pings of half a window.
#[derive(Debug, Clone, Copy)]
struct Pings {
    /// The smallest difference of the clocks, ms.
    difference: f64,
    /// The shortest round trip of them, ms.
    rtt: f64,
    are_there: bool,
}

impl Pings {
    const NONE: Self = Self { difference: f64::INFINITY, rtt: f64::INFINITY, are_there: false };

    fn add(&mut self, difference: f64, rtt: f64) {
        self.difference = self.difference.min(difference);
        // A ping says the round trip of one before it; that of the first belongs to none of these.
        if self.are_there && rtt > 0.0 {
            self.rtt = self.rtt.min(rtt);
        }
        self.are_there = true;
    }
}

/// What is known of one browser's clock.
#[derive(Debug, Clone, Copy)]
struct BrowserClock {
    /// This half of the window, and the one before.
    halves: [Pings; 2],
    /// When this half began, by the browser's clock.
    began_ms: f64,
    /// The time is this at least, as the newest ping says.
    time: Option<EpochMs>,
}

impl BrowserClock {
    const UNKNOWN: Self = Self { halves: [Pings::NONE; 2], began_ms: 0.0, time: None };

    fn hear(&mut self, now: EpochMs, time: MonotonicMs, rtt_ms: f64) {
        let difference = now.0 as f64 - time.0;
        if time.0 - self.began_ms >= HALF_WINDOW_MS {
            self.halves = [Pings::NONE, self.halves[0]];
            self.began_ms = time.0;
        }
        let [this, before] = &mut self.halves;
        let least = this.difference.min(before.difference) - this.rtt.min(before.rtt);
        let late = least - difference;
        let is_late = late > 0.0 && late <= MOST_LATE_MS;
        self.time = least.is_finite().then(|| if is_late { now + late as u64 } else { now });
        // While the room is late, nothing is learnt of the clocks.
        if !is_late {
            this.add(difference, rtt_ms);
        }
    }
}

/// The clocks of all browsers.
#[derive(Debug, Clone, Default)]
pub struct Lateness {
    clocks: Vec<BrowserClock>,
}

impl Lateness {
    /// Nothing is known of these seats' browsers.
    pub fn of(seats: usize) -> Self {
        Self { clocks: vec![BrowserClock::UNKNOWN; seats] }
    }

    /// Another page speaks for this seat: its clock began anew.
    pub fn forget(&mut self, agent: Agent) {
        if let Some(clock) = self.clocks.get_mut(agent.index()) {
            *clock = BrowserClock::UNKNOWN;
        }
    }

    /// A ping came from a seat's browser; both numbers are finite. `rtt_ms` is the round trip that it measured last, 0 for none.
    pub fn hear(&mut self, now: EpochMs, agent: Agent, time: MonotonicMs, rtt_ms: f32) {
        if let Some(clock) = self.clocks.get_mut(agent.index()) {
            clock.hear(now, time, rtt_ms.into());
        }
    }

    /// The time is this at least, as every one of these seats' browsers says; `None` while one of them is not known well
    /// enough. So no single one can make the others' game skip time.
    pub fn time_at_least(&self, mut present: impl Iterator<Item = Agent>) -> Option<EpochMs> {
        let clock = |agent: Agent| self.clocks.get(agent.index())?.time;
        let first = clock(present.next()?)?;
        present.try_fold(first, |time, agent| Some(time.min(clock(agent)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{A, B},
        *,
    };

    /// A browser whose page was opened ten seconds after the epoch sends a ping that is `way` ms on its way to a room that is
    /// `behind`. Returns by how much the room is late, as `present` say.
    fn ping(
        lateness: &mut Lateness,
        agent: Agent,
        (sent, way, behind): (u64, u64, u64),
        rtt: f32,
        present: &[Agent],
    ) -> u64 {
        let now = EpochMs(sent + way - behind);
        lateness.hear(now, agent, MonotonicMs(sent as f64 - 10_000.0), rtt);
        lateness.time_at_least(present.iter().copied()).map_or(0, |time| time.0.saturating_sub(now.0))
    }

    #[test]
    fn a_room_that_is_behind_is_found_and_by_how_much_up_to_a_round_trip() {
        let mut lateness = Lateness::of(1);
        let mut late = |second: u64, behind| ping(&mut lateness, A, (second * 1_000, 25, behind), 50.0, &[A]);
        for second in 20..30 {
            assert_eq!(late(second, 0), 0);
        }
        assert_eq!(late(30, 2_000), 1_950);
        assert_eq!(late(31, 2_000), 1_950, "what is late now is not taken for the clocks' difference");
        assert_eq!(late(32, 0), 0);
    }

    #[test]
    fn a_network_that_becomes_faster_or_slower_does_not_make_a_room_late() {
        let mut lateness = Lateness::of(1);
        // The first ping has no round trip yet; each other one says that of the one before.
        let (mut rtt, mut second) = (0, 20);
        for way in [300, 20, 200, 390, 5, 5, 300, 10, 800, 4, 4, 600, 3] {
            let late = ping(&mut lateness, A, (second * 1_000, way, 0), rtt as f32, &[A]);
            assert_eq!(late, 0, "{way} ms");
            (rtt, second) = (way + 10, second + 1);
        }
    }

    #[test]
    fn clocks_that_run_apart_or_were_set_do_not_make_a_room_late_for_long() {
        let mut lateness = Lateness::of(1);
        // 200 parts in a million: 720 ms within an hour.
        for second in 0..3_600u64 {
            let (now, time) = (EpochMs(1_000_000 + second * 1_000), MonotonicMs(second as f64 * 1_000.2));
            lateness.hear(now, A, time, 30.0);
            assert!(
                lateness.time_at_least([A].into_iter()).is_none_or(|time| time == now),
                "after {second} s"
            );
        }
        // The room's clock is set back by a second.
        let late = |lateness: &mut Lateness, second: u64| {
            let now = EpochMs(999_000 + second * 1_000);
            lateness.hear(now, A, MonotonicMs(second as f64 * 1_000.2), 30.0);
            lateness.time_at_least([A].into_iter()).is_some_and(|time| time > now)
        };
        let seconds = (3_600..3_700).take_while(|second| late(&mut lateness, *second)).count();
        assert!((1..=61).contains(&seconds), "{seconds} s");
    }

    #[test]
    fn one_browser_alone_does_not_make_a_room_late_and_another_page_has_another_clock() {
        let mut lateness = Lateness::of(2);
        let both = [A, B];
        for second in 20..25 {
            for agent in both {
                assert_eq!(ping(&mut lateness, agent, (second * 1_000, 25, 0), 50.0, &both), 0);
            }
        }
        assert_eq!(ping(&mut lateness, A, (25_000, 25, 900), 50.0, &both), 0);
        assert_eq!(ping(&mut lateness, A, (25_000, 25, 900), 50.0, &[A]), 850);
        assert_eq!(ping(&mut lateness, B, (25_000, 25, 900), 50.0, &both), 850);
        lateness.forget(A);
        assert_eq!(ping(&mut lateness, A, (25_000, 25, 5_000), 50.0, &both), 0, "not known well enough");
    }

    #[test]
    fn numbers_that_are_no_clock_move_nothing() {
        let mut lateness = Lateness::of(1);
        for time in [-1e300, 1e300, 0.0, f64::MIN, f64::MAX, 1e300, -1e300] {
            for rtt in [0.0, 1.0, f32::MAX] {
                let now = EpochMs(1_790_000_000_000);
                lateness.hear(now, A, MonotonicMs(time), rtt);
                let said = lateness.time_at_least([A].into_iter()).unwrap_or(now);
                assert!(said >= now && said - now <= 10_000, "{time} {rtt}: {said:?}");
            }
        }
    }
}
