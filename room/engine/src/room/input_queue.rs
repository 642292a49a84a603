//! Changes of held keys on their way to the ticks that they are for.

use std::collections::VecDeque;

use footlights_protocol::{
    KeySet, Tick,
    timeline::{Change, MAX_CHANGES_PER_TICK},
};

/// How many changes can wait at most; a further one pushes out the oldest.
const MAX_QUEUED: usize = 256;

/// Key changes of one participant that wait for their tick, in order.
#[derive(Debug, Clone, Default)]
pub struct InputQueue(VecDeque<(Tick, Change)>);

impl InputQueue {
    /// Adds a change to the keys `held`, for tick `tick`. A change for a tick that is over counts in the next one, and no
    /// change counts before an earlier one.
    pub fn push(&mut self, tick: Tick, held: KeySet) {
        let last = self.0.back().map_or(Tick::ZERO, |(last, _)| *last);
        self.0.push_back((tick.max(last), Some(held)));
        if self.0.len() > MAX_QUEUED {
            self.0.pop_front();
        }
    }

    /// Discards queued changes; the client sends those that were not decided again after it has reconnected.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Replaces queued changes by one that releases all keys, because the connection is gone.
    pub fn release(&mut self) {
        self.0.clear();
        self.0.push_back((Tick::ZERO, None));
    }

    /// Takes the changes for tick `tick`, and by how many ticks the latest of them is late.
    pub fn take(&mut self, tick: Tick) -> (Vec<Change>, u32) {
        let mut late = 0;
        let due = std::iter::from_fn(|| self.0.pop_front_if(|(due, _)| *due <= tick));
        let changes = due
            .take(MAX_CHANGES_PER_TICK)
            .map(|(due, change)| {
                // Tick 0 stands for "the next one": such a change is never late.
                late = late.max(if due == Tick::ZERO { 0 } else { tick - due });
                change
            })
            .collect();
        (changes, late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_waits_for_its_tick_and_never_overtakes_an_earlier_one() {
        let mut queue = InputQueue::default();
        queue.push(Tick(5), KeySet(1));
        queue.push(Tick(3), KeySet(2));
        assert_eq!(queue.take(Tick(4)), (vec![], 0));
        assert_eq!(queue.take(Tick(5)), (vec![Some(KeySet(1)), Some(KeySet(2))], 0));
    }

    #[test]
    fn lateness_is_that_of_the_latest_change_and_nothing_without_a_stamp_is_late() {
        let mut queue = InputQueue::default();
        queue.push(Tick(0), KeySet(1));
        assert_eq!(queue.take(Tick(9)), (vec![Some(KeySet(1))], 0));
        queue.push(Tick(6), KeySet(1));
        queue.push(Tick(8), KeySet(0));
        assert_eq!(queue.take(Tick(9)), (vec![Some(KeySet(1)), Some(KeySet(0))], 3));
    }

    #[test]
    fn a_tick_takes_a_few_changes_and_leaves_the_rest_to_the_next() {
        let mut queue = InputQueue::default();
        for held in 0..=MAX_CHANGES_PER_TICK as u32 {
            queue.push(Tick(0), KeySet(held));
        }
        assert_eq!(queue.take(Tick(1)).0.len(), MAX_CHANGES_PER_TICK);
        assert_eq!(queue.take(Tick(2)).0.len(), 1);
    }

    #[test]
    fn a_flood_pushes_out_the_oldest() {
        let mut queue = InputQueue::default();
        for held in 0..1_000 {
            queue.push(Tick(7), KeySet(held));
        }
        assert_eq!(queue.0.len(), MAX_QUEUED);
        queue.release();
        assert_eq!(queue.take(Tick(1)), (vec![None], 0));
    }
}
