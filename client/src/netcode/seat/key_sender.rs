//! The keys that this seat holds, what the room knows of them, and how long they take to show on the screen.

use std::collections::VecDeque;

use footlights_protocol::{KeySet, MonotonicMs};

/// How many measured times wait to be fetched at most; further ones push out the oldest.
const MAX_MEASURED: usize = 200;

/// The keys of a seat on their way to the room and back to the screen.
///
/// A *mark* identifies a change of keys: its sequence number where the room streams pictures, and the first tick that
/// sees it where this browser simulates. Both only grow.
#[derive(Debug, Clone, Default)]
pub struct KeySender {
    held: KeySet,
    seq: u32,
    acked: u32,
    is_synced: bool,
    /// Marks that are not on the screen yet, and when their keys changed.
    pending: VecDeque<(u32, MonotonicMs)>,
    measured: VecDeque<f64>,
}

impl KeySender {
    /// The keys that are held.
    pub fn held(&self) -> KeySet {
        self.held
    }

    /// The sequence numbers of the last message sent and of the last one that a frame acknowledged.
    pub fn sent_and_acked(&self) -> (u32, u32) {
        (self.seq, self.acked)
    }

    /// Whether the room of this connection knows which keys are held. It does not before its first picture or state.
    pub fn is_synced(&self) -> bool {
        self.is_synced
    }

    /// A new connection: the room of this connection knows of no keys.
    pub fn on_open(&mut self) {
        self.is_synced = false;
    }

    /// The room's first picture or state of this connection arrived. False if it was not the first.
    pub fn sync(&mut self) -> bool {
        !std::mem::replace(&mut self.is_synced, true)
    }

    /// The keys changed. False if they are the same as before.
    pub fn hold(&mut self, held: KeySet) -> bool {
        std::mem::replace(&mut self.held, held) != held
    }

    /// The number of the next message about keys.
    pub fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.wrapping_add(1);
        self.seq
    }

    /// A change with this mark was made at `at`; its way to the screen is measured.
    pub fn measure(&mut self, mark: u32, at: MonotonicMs) {
        self.pending.push_back((mark, at));
        if self.pending.len() > MAX_MEASURED {
            self.pending.pop_front();
        }
    }

    /// A frame acknowledged this sequence number.
    pub fn on_ack(&mut self, ack: u32, now: MonotonicMs) {
        // After a reload the room remembers higher numbers than this page ever sent.
        self.seq = self.seq.max(ack);
        self.acked = ack;
        self.on_shown(ack, now);
    }

    /// Changes up to this mark show on the screen.
    pub fn on_shown(&mut self, mark: u32, now: MonotonicMs) {
        while let Some((_, at)) = self.pending.pop_front_if(|(pending, _)| *pending <= mark) {
            if self.measured.len() >= MAX_MEASURED {
                self.measured.pop_front();
            }
            self.measured.push_back((now - at).max(0.0));
        }
    }

    /// Nothing that was sent before will show: it belonged to an earlier connection.
    pub fn forget_pending(&mut self) {
        self.pending.clear();
    }

    /// Times from a change of keys to the first picture that shows it, ms, since the last call.
    pub fn take_measured(&mut self) -> impl Iterator<Item = f64> + '_ {
        self.measured.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_a_key_ends_with_the_first_picture_that_shows_it() {
        let mut keys = KeySender::default();
        for (mark, at) in [(1, 0.0), (2, 10.0), (5, 20.0)] {
            keys.measure(mark, MonotonicMs(at));
        }
        keys.on_shown(2, MonotonicMs(50.0));
        keys.on_shown(4, MonotonicMs(60.0));
        assert_eq!(keys.take_measured().collect::<Vec<_>>(), [50.0, 40.0]);
        keys.forget_pending();
        keys.on_shown(9, MonotonicMs(70.0));
        assert_eq!(keys.take_measured().count(), 0);
    }

    #[test]
    fn numbers_go_on_from_what_the_room_remembers() {
        let mut keys = KeySender::default();
        assert_eq!(keys.next_seq(), 1);
        keys.on_ack(40, MonotonicMs(0.0));
        assert_eq!((keys.next_seq(), keys.sent_and_acked()), (41, (41, 40)));
    }

    #[test]
    fn each_connection_is_synchronised_once() {
        let mut keys = KeySender::default();
        assert!(keys.sync() && !keys.sync());
        keys.on_open();
        assert!(!keys.is_synced() && keys.sync());
        assert!(keys.hold(KeySet(3)) && !keys.hold(KeySet(3)));
    }

    #[test]
    fn measured_times_do_not_pile_up() {
        let mut keys = KeySender::default();
        for mark in 0..1_000 {
            keys.measure(mark, MonotonicMs(0.0));
        }
        keys.on_shown(2_000, MonotonicMs(1.0));
        assert_eq!(keys.take_measured().count(), MAX_MEASURED);
    }
}
