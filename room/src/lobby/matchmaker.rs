//! Who plays with whom.

use super::Waiter;

/// Makes a matchmaker when a lobby opens.
pub type MatchmakerFactory = fn() -> Box<dyn Matchmaker>;

/// Picks a group among those who wait.
pub trait Matchmaker {
    /// The globals (`scene.question`, `arm.factor`, `url.name`) that it asks for; they are in [`Waiter::globals`].
    fn needs(&self) -> Vec<String> {
        Vec::new()
    }

    /// `size` people who can play together, by index in `queue`, which has the longest wait first; `None` if there are
    /// none yet. It is asked again whenever somebody comes, goes or reports another round trip.
    fn pick(&self, queue: &[&Waiter], size: usize, now: u64) -> Option<Vec<usize>>;
}

/// First come, first served.
pub struct Fifo;

impl Matchmaker for Fifo {
    fn pick(&self, queue: &[&Waiter], size: usize, _: u64) -> Option<Vec<usize>> {
        (queue.len() >= size).then(|| (0..size).collect())
    }
}
