//! Where a game is between its opening and its end. Each phase carries what qualifies it.

use footlights_protocol::{EpochMs, Outcome, wire};

/// A time in which the ticks stand still because of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// When the ticks stopped.
    pub since: EpochMs,
    /// When the first grace time ends.
    pub until: EpochMs,
    /// When the countdown would have ended that the pause broke off; 0 if it broke off none. The next countdown does not
    /// end before.
    pub countdown_until: EpochMs,
}

/// A game's phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Participants may connect until then; without all of them the game does not begin.
    Gathering {
        /// The end of the time to connect.
        until: EpochMs,
    },
    /// Everyone is here and the ticks begin soon, or go on after a pause.
    Countdown {
        /// The end of the countdown.
        until: EpochMs,
        /// The pause that ends with this countdown, if one does.
        resume: Option<Pause>,
    },
    /// The game ticks.
    Running,
    /// A participant is away and may come back.
    Paused(Pause),
    /// The game is over; connected browsers may still report how they showed its end.
    Draining {
        /// The end of the time to report.
        until: EpochMs,
        /// How the game ended.
        outcome: Outcome,
    },
    /// The game is over and no more reports are accepted.
    Over {
        /// How the game ended.
        outcome: Outcome,
        /// Whether its data are stored for good.
        saved: bool,
    },
}

impl Phase {
    /// Whether the game ticks.
    pub fn is_running(self) -> bool {
        self == Self::Running
    }

    /// Whether the game has ended.
    pub fn is_over(self) -> bool {
        self.outcome().is_some()
    }

    /// How the game ended, if it has.
    pub fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Draining { outcome, .. } | Self::Over { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Whether the game has ended and its data are stored for good.
    pub fn is_saved(self) -> bool {
        matches!(self, Self::Over { saved: true, .. })
    }

    /// When the phase ends by itself.
    pub fn deadline(self) -> Option<EpochMs> {
        match self {
            Self::Gathering { until } | Self::Countdown { until, .. } | Self::Draining { until, .. } => {
                Some(until)
            }
            Self::Paused(pause) => Some(pause.until),
            Self::Running | Self::Over { .. } => None,
        }
    }

    /// The phase as browsers know it, and how long it still lasts, ms.
    pub fn on_the_wire(self, now: EpochMs) -> (wire::Phase, u32) {
        let (phase, until) = match self {
            Self::Gathering { until } => (wire::Phase::Gathering, until),
            Self::Countdown { until, .. } => (wire::Phase::Countdown, until),
            Self::Running => (wire::Phase::Running, now),
            Self::Paused(pause) => (wire::Phase::Paused, pause.until),
            Self::Draining { .. } | Self::Over { .. } => (wire::Phase::Over, now),
        };
        (phase, u32::try_from(until - now).unwrap_or(u32::MAX))
    }

    /// Stops the ticks, or breaks off a countdown. Returns true if a pause begins: a countdown that was to end an earlier
    /// pause goes on with that one.
    pub fn pause(&mut self, now: EpochMs) -> bool {
        let (earlier, countdown_until) = match *self {
            Self::Running => (None, EpochMs(0)),
            Self::Countdown { until, resume } => (resume, until),
            _ => return false,
        };
        let since = earlier.map_or(now, |pause| pause.since);
        *self = Self::Paused(Pause { since, until: now, countdown_until });
        earlier.is_none()
    }

    /// Starts the ticks. Returns the pause that ends with it, if one does.
    pub fn run(&mut self) -> Option<Pause> {
        match std::mem::replace(self, Self::Running) {
            Self::Paused(pause) => Some(pause),
            Self::Countdown { resume, .. } => resume,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_is_broken_again_in_its_countdown_is_one_pause() {
        let mut phase = Phase::Running;
        assert!(phase.pause(EpochMs(1_000)));
        let Phase::Paused(pause) = phase else { panic!("{phase:?}") };
        phase = Phase::Countdown { until: EpochMs(4_000), resume: Some(pause) };
        assert!(!phase.pause(EpochMs(3_000)));
        assert_eq!(
            phase,
            Phase::Paused(Pause {
                since: EpochMs(1_000),
                until: EpochMs(3_000),
                countdown_until: EpochMs(4_000)
            })
        );
        assert_eq!(phase.run().map(|pause| pause.since), Some(EpochMs(1_000)));
        assert!(phase.is_running());
    }

    #[test]
    fn a_countdown_that_ends_no_pause_begins_one_when_it_is_broken_off() {
        let mut phase = Phase::Countdown { until: EpochMs(4_000), resume: None };
        assert!(phase.pause(EpochMs(3_000)));
        assert_eq!(
            phase,
            Phase::Paused(Pause {
                since: EpochMs(3_000),
                until: EpochMs(3_000),
                countdown_until: EpochMs(4_000)
            })
        );
    }

    #[test]
    fn what_has_not_begun_or_is_over_cannot_be_paused() {
        for phase in [
            Phase::Gathering { until: EpochMs(9) },
            Phase::Draining { until: EpochMs(9), outcome: Outcome::Completed },
            Phase::Over { outcome: Outcome::Completed, saved: false },
        ] {
            let mut paused = phase;
            assert!(!paused.pause(EpochMs(1)));
            assert_eq!(paused, phase);
        }
    }

    #[test]
    fn browsers_are_told_how_long_a_phase_lasts_and_nothing_of_draining() {
        let draining = Phase::Draining { until: EpochMs(9_000), outcome: Outcome::Void };
        assert_eq!(draining.on_the_wire(EpochMs(7_000)), (wire::Phase::Over, 0));
        assert_eq!(
            Phase::Gathering { until: EpochMs(9_000) }.on_the_wire(EpochMs(7_000)),
            (wire::Phase::Gathering, 2_000)
        );
        assert_eq!(Phase::Running.on_the_wire(EpochMs(7_000)), (wire::Phase::Running, 0));
    }
}
