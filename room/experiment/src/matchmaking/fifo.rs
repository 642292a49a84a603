//! First come, first served.

use super::matchmaker::{Candidate, Matchmaker};
use crate::EpochMs;

/// Groups participants in the order in which they joined the queue: first come, first served.
///
/// ```
/// use footlights_experiment::{Waitroom, matchmaking::Fifo};
///
/// assert_eq!(Waitroom::new().matching(Fifo).matchmaker().name(), "fifo");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fifo;

impl Matchmaker for Fifo {
    fn name(&self) -> &str {
        "fifo"
    }

    fn pick(&self, queue: &[&Candidate], size: usize, _: EpochMs) -> Option<Vec<usize>> {
        (queue.len() >= size).then(|| (0..size).collect())
    }
}
