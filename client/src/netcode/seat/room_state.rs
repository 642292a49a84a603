//! What the room has said about the game and this seat.

use footlights_protocol::{
    Hud, MonotonicMs, Outcome,
    wire::{Status, Welcome},
};

/// How the game ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The outcome for this participant.
    pub outcome: Outcome,
    /// Whether all data are stored for good.
    pub saved: bool,
    /// Final score by agent; none where this participant is not told it.
    pub scores: Vec<Option<f32>>,
    /// When the room first announced the end.
    pub at: MonotonicMs,
}

/// The room's messages as far as they still hold. Survives a reconnect, so that the page does not flicker.
#[derive(Debug, Clone, Default)]
pub struct RoomState {
    /// The answer to the handshake.
    pub welcome: Option<Welcome>,
    /// The phase and everybody's presence, and when that arrived.
    pub status: Option<(Status, MonotonicMs)>,
    /// The panel.
    pub hud: Hud,
    /// How the game ended, once it has.
    pub finished: Option<Finished>,
    /// A warning that stands while the game runs; empty if there is none.
    pub notice: String,
    /// Why the room is about to close the connection; empty if it has not said so.
    pub refusal: String,
}

impl RoomState {
    /// Time until the phase ends by itself, ms; 0 where it does not.
    pub fn remaining_ms(&self, now: MonotonicMs) -> f64 {
        self.status
            .as_ref()
            .map_or(0.0, |(status, at)| (f64::from(status.remaining_ms) - (now - *at).max(0.0)).max(0.0))
    }

    /// The room announces the end, possibly again once everything is saved.
    pub fn finish(&mut self, outcome: Outcome, saved: bool, scores: Vec<Option<f32>>, now: MonotonicMs) {
        let at = self.finished.as_ref().map_or(now, |first| first.at);
        self.finished = Some(Finished { outcome, saved, scores, at });
    }

    /// Whether the room has said that everything is stored.
    pub fn is_saved(&self) -> bool {
        self.finished.as_ref().is_some_and(|finished| finished.saved)
    }
}

#[cfg(test)]
mod tests {
    use footlights_protocol::wire::Phase;

    use super::*;

    #[test]
    fn the_time_that_is_left_counts_down_from_when_it_was_said() {
        let mut room = RoomState::default();
        assert_eq!(room.remaining_ms(MonotonicMs(5.0)), 0.0);
        let status = Status { phase: Phase::Countdown, remaining_ms: 3_000, seats: Vec::new() };
        room.status = Some((status, MonotonicMs(100.0)));
        assert_eq!(
            [90.0, 100.0, 1_100.0, 9_000.0].map(|now| room.remaining_ms(MonotonicMs(now))),
            [3e3, 3e3, 2e3, 0.0]
        );
    }

    #[test]
    fn the_end_is_when_it_was_said_first() {
        let mut room = RoomState::default();
        room.finish(Outcome::Completed, false, vec![Some(1.0)], MonotonicMs(10.0));
        assert!(!room.is_saved());
        room.finish(Outcome::Completed, true, vec![Some(1.0)], MonotonicMs(900.0));
        assert!(room.is_saved());
        assert_eq!(room.finished.map(|finished| finished.at), Some(MonotonicMs(10.0)));
    }
}
