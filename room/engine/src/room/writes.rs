//! What a room wants stored, from [`Output::Persist`] and [`Output::Finished`] until the storage has confirmed it.
//!
//! A storage confirms late, and the game goes on meanwhile: what browsers see of it comes back from them if the process is
//! lost. How a game ended does not, so nobody is told before that is confirmed.

use std::collections::VecDeque;

use footlights_data::verdict::Verdict;

use super::io::Output;

/// Something that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A chunk, and the checkpoint that goes with it: both are to be kept, or neither.
    Chunk {
        /// The chunk's place among those of its game, from 0.
        seq: u32,
        /// See [`Output::Persist`].
        chunk: Vec<u8>,
        /// See [`Output::Persist`].
        checkpoint: Vec<u8>,
    },
    /// How the game ended.
    Verdict(Verdict),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The storage does not have it, or refused it.
    Waiting,
    /// The storage has it and has not confirmed it.
    Begun,
    Confirmed,
}

/// The writes of one game, and what waits for them.
///
/// ```
/// use footlights_engine::room::{Output, Writes};
///
/// let mut writes = Writes::after(0);
/// assert_eq!(writes.take(Output::Persist { chunk: vec![1], checkpoint: vec![2] }), None);
/// let (begun, failed) = writes.begin(|write| Ok::<_, ()>(println!("{write:?}")));
/// assert_eq!((writes.settle(begun[0].0, true), failed), (1, None));
/// assert!(writes.is_stored(writes.next_number()));
/// ```
#[derive(Debug, Default)]
pub struct Writes {
    /// What is not confirmed, the oldest first.
    pending: VecDeque<(Write, Stage)>,
    /// The number of the oldest one.
    oldest: u64,
    next_seq: u32,
    /// What the room wanted done after the game ended.
    held: VecDeque<Output>,
}

impl Writes {
    /// Those of a game of which so many chunks are stored.
    #[must_use]
    pub fn after(chunks: u32) -> Self {
        Self { next_seq: chunks, ..Self::default() }
    }

    /// Takes in what a room asks for. Returns it if it is to be done now.
    pub fn take(&mut self, output: Output) -> Option<Output> {
        let write = match output {
            Output::Persist { chunk, checkpoint } => {
                let seq = self.next_seq;
                self.next_seq += 1;
                Write::Chunk { seq, chunk, checkpoint }
            }
            Output::Finished(verdict) => Write::Verdict(verdict),
            Output::Report(_) => return Some(output),
            held if self.is_ending() => {
                self.held.push_back(held);
                return None;
            }
            now => return Some(now),
        };
        self.pending.push_back((write, Stage::Waiting));
        None
    }

    /// The next thing that was held until it was confirmed how the game ended.
    pub fn next_held(&mut self) -> Option<Output> {
        if self.is_ending() { None } else { self.held.pop_front() }
    }

    fn is_ending(&self) -> bool {
        self.pending.iter().any(|(write, _)| matches!(write, Write::Verdict(_)))
    }

    /// The number of the next write: all before it are what the room wanted stored so far.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.oldest + self.pending.len() as u64
    }

    /// Whether every write before this number is confirmed.
    #[must_use]
    pub fn is_stored(&self, number: u64) -> bool {
        self.oldest >= number
    }

    /// Hands what the storage does not have to `begin`, in order. Returns what began, each with the number by which
    /// [`settle`](Self::settle) knows it, and where it went wrong: the rest is handed over at the next call.
    pub fn begin<T, E>(
        &mut self,
        mut begin: impl FnMut(&Write) -> Result<T, E>,
    ) -> (Vec<(u64, T)>, Option<E>) {
        let mut begun = Vec::new();
        for (number, (write, stage)) in (self.oldest..).zip(&mut self.pending) {
            if *stage == Stage::Waiting {
                match begin(write) {
                    Ok(known) => begun.push((number, known)),
                    Err(error) => return (begun, Some(error)),
                }
                *stage = Stage::Begun;
            }
        }
        (begun, None)
    }

    /// A write that began was confirmed, or failed. What failed is handed over again, with all that comes after it, so that the
    /// newest checkpoint is the last one that is written. Returns for how many chunks the room is to be told
    /// [`Input::Stored`](super::Input::Stored).
    #[must_use]
    pub fn settle(&mut self, number: u64, is_confirmed: bool) -> usize {
        let place = number.checked_sub(self.oldest).and_then(|place| usize::try_from(place).ok());
        let Some(place) = place else { return 0 };
        if is_confirmed {
            // One that is to be written again because one before it failed is not done.
            let begun = self.pending.get_mut(place).filter(|(_, stage)| *stage == Stage::Begun);
            begun.into_iter().for_each(|(_, stage)| *stage = Stage::Confirmed);
        } else {
            self.pending.iter_mut().skip(place).for_each(|(_, stage)| *stage = Stage::Waiting);
        }
        let mut chunks = 0;
        while let Some((write, _)) = self.pending.pop_front_if(|(_, stage)| *stage == Stage::Confirmed) {
            self.oldest += 1;
            chunks += usize::from(matches!(write, Write::Chunk { .. }));
        }
        chunks
    }
}

#[cfg(test)]
mod tests {
    use footlights_protocol::Outcome;

    use super::*;

    fn persist(byte: u8) -> Output {
        Output::Persist { chunk: vec![byte], checkpoint: Vec::new() }
    }

    fn finished() -> Output {
        Output::Finished(Verdict { outcome: Outcome::Completed, seats: Vec::new() })
    }

    fn begin(writes: &mut Writes) -> Vec<u64> {
        let (begun, failed) = writes.begin(|_| Ok::<_, ()>(()));
        assert_eq!(failed, None);
        begun.into_iter().map(|(number, ())| number).collect()
    }

    #[test]
    fn chunks_are_acknowledged_in_order_however_the_storage_confirms_them() {
        let mut writes = Writes::after(7);
        for byte in [1, 2, 3] {
            assert_eq!(writes.take(persist(byte)), None);
        }
        let mut seqs = Vec::new();
        let (begun, _) = writes.begin(|write| {
            let Write::Chunk { seq, .. } = write else { panic!("{write:?}") };
            seqs.push(*seq);
            Ok::<_, ()>(())
        });
        assert_eq!((seqs, begun.len()), (vec![7, 8, 9], 3));
        assert!(begin(&mut writes).is_empty(), "what began is not handed over twice");
        assert_eq!(writes.settle(1, true), 0, "the one before is not stored yet");
        assert_eq!(writes.settle(0, true), 2);
        assert!(writes.is_stored(2) && !writes.is_stored(3));
        assert_eq!(writes.settle(2, true), 1);
        assert!(writes.is_stored(3));
        assert_eq!(writes.settle(2, true), 0, "what is stored is known");
    }

    #[test]
    fn what_comes_after_a_write_that_failed_is_written_again_after_it() {
        let mut writes = Writes::after(0);
        for byte in [1, 2, 3] {
            writes.take(persist(byte));
        }
        assert_eq!(begin(&mut writes), [0, 1, 2]);
        assert_eq!((writes.settle(0, true), writes.settle(2, true)), (1, 0));
        assert_eq!(writes.settle(1, false), 0);
        assert_eq!(begin(&mut writes), [1, 2]);
        // The failure of one may be known before the success of the next.
        assert_eq!((writes.settle(1, false), writes.settle(2, true)), (0, 0));
        assert_eq!(begin(&mut writes), [1, 2]);
        assert_eq!((writes.settle(1, true), writes.settle(2, true)), (1, 1));
    }

    #[test]
    fn what_the_storage_refuses_at_once_is_handed_over_again_with_what_comes_after_it() {
        let mut writes = Writes::after(0);
        for byte in [1, 2] {
            writes.take(persist(byte));
        }
        let (begun, failed) = writes.begin(|write| match write {
            Write::Chunk { seq: 1, .. } => Err("full"),
            _ => Ok(()),
        });
        assert_eq!((begun, failed), (vec![(0, ())], Some("full")));
        assert_eq!(begin(&mut writes), [1]);
    }

    #[test]
    fn nobody_is_told_how_a_game_ended_before_that_is_confirmed() {
        let mut writes = Writes::after(0);
        assert_eq!(writes.take(Output::Save), Some(Output::Save));
        writes.take(persist(1));
        assert_eq!(writes.take(Output::Save), Some(Output::Save), "a chunk holds nothing back");
        writes.take(finished());
        assert_eq!((writes.take(Output::Save), writes.next_held()), (None, None));
        writes.take(persist(2));
        let begun = begin(&mut writes);
        assert_eq!(writes.settle(begun[0], true), 1);
        assert_eq!(writes.next_held(), None);
        assert_eq!(writes.settle(begun[1], true), 0);
        assert_eq!(writes.next_held(), Some(Output::Save), "the chunk that follows is not waited for");
        assert_eq!(writes.settle(begun[2], true), 1);
    }
}
