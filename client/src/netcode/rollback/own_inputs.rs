//! This seat's own changes of keys, from the moment they are made until the room confirms them.

use std::collections::VecDeque;

use footlights_protocol::{
    KeySet, MonotonicMs, Tick,
    timeline::{Change, MAX_CHANGES_PER_TICK},
    wire::KeyChange,
};

/// A change of own keys that is not confirmed yet.
#[derive(Debug, Clone, Copy)]
struct OwnInput {
    /// The first tick that sees it.
    stamp: Tick,
    held: KeySet,
    /// When the keys changed.
    time: MonotonicMs,
    /// The tick of the present that applied it.
    applied: Option<Tick>,
    /// Whether the room was told, in a single-player game.
    uploaded: bool,
}

/// Unconfirmed changes of own keys, oldest first.
#[derive(Debug, Clone, Default)]
pub struct OwnInputs(VecDeque<OwnInput>);

impl OwnInputs {
    /// Adds a change that counts from tick `first` on, or from a later one: stamps never go back, and no tick gets more
    /// than [`MAX_CHANGES_PER_TICK`]. Returns its stamp.
    pub fn push(&mut self, first: Tick, held: KeySet, time: MonotonicMs) -> Tick {
        let mut stamp = self.0.back().map_or(first, |last| first.max(last.stamp));
        if self.0.iter().rev().take_while(|own| own.stamp == stamp).count() >= MAX_CHANGES_PER_TICK {
            stamp += 1;
        }
        self.0.push_back(OwnInput { stamp, held, time, applied: None, uploaded: false });
        stamp
    }

    /// The changes that the present's tick `tick` sees; from now on they are applied.
    pub fn apply(&mut self, tick: Tick) -> Vec<Change> {
        let due = self.0.iter_mut().filter(|own| own.applied.is_none() && own.stamp <= tick);
        let due = due.take(MAX_CHANGES_PER_TICK);
        due.map(|own| {
            own.applied = Some(tick);
            Some(own.held)
        })
        .collect()
    }

    /// The changes that tick `tick` would see.
    pub fn peek(&self, tick: Tick) -> Vec<Change> {
        let due = self.0.iter().filter(|own| own.applied.is_none() && own.stamp <= tick);
        due.take(MAX_CHANGES_PER_TICK).map(|own| Some(own.held)).collect()
    }

    /// The changes that tick `tick` of the present has seen.
    pub fn applied_in(&self, tick: Tick) -> Vec<Change> {
        self.0.iter().filter(|own| own.applied == Some(tick)).map(|own| Some(own.held)).collect()
    }

    /// The present is made again from the confirmed state: nothing is applied.
    pub fn unapply(&mut self) {
        for own in &mut self.0 {
            own.applied = None;
        }
    }

    /// The room confirmed the oldest `count` changes.
    pub fn settle(&mut self, count: usize) {
        self.0.drain(..count.min(self.0.len()));
    }

    /// Forgets everything: the room of a new connection does not know of it.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets changes that count up to tick `tick`.
    pub fn forget_through(&mut self, tick: Tick) {
        self.0.retain(|own| own.stamp > tick);
    }

    /// Whether a change up to tick `tick` has not been uploaded.
    pub fn has_pending_upload(&self, tick: Tick) -> bool {
        self.0.iter().any(|own| !own.uploaded && own.stamp <= tick)
    }

    /// The changes up to tick `tick` that were not uploaded; from now on they are.
    pub fn take_uploads(&mut self, tick: Tick) -> Vec<KeyChange> {
        let pending = self.0.iter_mut().filter(|own| !own.uploaded && own.stamp <= tick);
        pending
            .map(|own| {
                own.uploaded = true;
                KeyChange { tick: own.stamp, held: own.held, time: own.time }
            })
            .collect()
    }

    /// A new connection: whatever the room did not confirm is uploaded again.
    pub fn upload_again(&mut self) {
        for own in &mut self.0 {
            own.uploaded = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_never_go_back_and_no_tick_gets_too_many() {
        let mut own = OwnInputs::default();
        assert_eq!(
            (own.push(Tick(5), KeySet(1), MonotonicMs(0.0)), own.push(Tick(3), KeySet(2), MonotonicMs(1.0))),
            (Tick(5), Tick(5))
        );
        let stamps: Vec<Tick> =
            (0..MAX_CHANGES_PER_TICK).map(|_| own.push(Tick(5), KeySet(3), MonotonicMs(2.0))).collect();
        assert_eq!(stamps.iter().filter(|stamp| **stamp == Tick(5)).count(), MAX_CHANGES_PER_TICK - 2);
        assert_eq!(stamps.last(), Some(&Tick(6)));
        assert_eq!(own.peek(Tick(5)).len(), MAX_CHANGES_PER_TICK);
    }

    #[test]
    fn a_change_is_applied_once_until_the_present_is_made_again() {
        let mut own = OwnInputs::default();
        own.push(Tick(2), KeySet(7), MonotonicMs(0.0));
        assert_eq!(own.apply(Tick(1)), []);
        assert_eq!((own.apply(Tick(2)), own.apply(Tick(3))), (vec![Some(KeySet(7))], vec![]));
        assert_eq!(own.applied_in(Tick(2)), [Some(KeySet(7))]);
        own.unapply();
        assert_eq!(own.apply(Tick(4)), [Some(KeySet(7))]);
        own.settle(5);
        assert_eq!(own.peek(Tick(9)), []);
    }

    #[test]
    fn a_change_is_uploaded_once_a_connection() {
        let mut own = OwnInputs::default();
        own.push(Tick(2), KeySet(7), MonotonicMs(4.0));
        own.push(Tick(9), KeySet(0), MonotonicMs(5.0));
        assert!(own.has_pending_upload(Tick(2)) && !own.has_pending_upload(Tick(1)));
        assert_eq!(
            own.take_uploads(Tick(8)),
            [KeyChange { tick: Tick(2), held: KeySet(7), time: MonotonicMs(4.0) }]
        );
        assert!(!own.has_pending_upload(Tick(8)));
        own.upload_again();
        own.forget_through(Tick(2));
        assert_eq!(
            own.take_uploads(Tick(9)),
            [KeyChange { tick: Tick(9), held: KeySet(0), time: MonotonicMs(5.0) }]
        );
    }
}
