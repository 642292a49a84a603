//! The episodes of a run: what who comes late is told of them, and their means.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::told::{Complete, Episode};

/// The most episodes that who comes late is told. Of more, every second one is left out, again and again.
const MOST_HISTORY: usize = 2_000;
/// How many of the last episodes count in a mean, at most.
const MEAN_OF: usize = 10;

/// The episodes of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Episodes {
    history: Vec<Episode>,
    last: VecDeque<Episode>,
}

impl Episodes {
    /// Adds one, and returns what is told of it.
    pub fn push(&mut self, episode: &Episode, buffer_size: usize) -> Complete {
        self.last.push_back(episode.clone());
        if self.last.len() > MEAN_OF {
            self.last.pop_front();
        }
        self.history.push(episode.clone());
        thin(&mut self.history, MOST_HISTORY);
        Complete {
            episode: episode.episode,
            reward: episode.reward,
            length: episode.length,
            loss: episode.loss,
            epsilon: episode.epsilon,
            avg_reward_5: self.mean(5, |episode| episode.reward),
            avg_length_5: self.mean(5, |episode| f64::from(episode.length)),
            avg_loss_5: self.mean(5, |episode| episode.loss),
            buffer_size,
            failure_reason: episode.failure_reason.clone(),
            against_past: episode.against_past,
        }
    }

    /// Those that are kept.
    pub fn history(&self) -> &[Episode] {
        &self.history
    }

    /// The last one.
    pub fn newest(&self) -> Option<&Episode> {
        self.last.back()
    }

    /// The mean reward of the last ten.
    pub fn reward(&self) -> f64 {
        self.mean(MEAN_OF, |episode| episode.reward)
    }

    /// Their mean length.
    pub fn length(&self) -> f64 {
        self.mean(MEAN_OF, |episode| f64::from(episode.length))
    }

    fn mean(&self, count: usize, of: impl Fn(&Episode) -> f64) -> f64 {
        let last: Vec<f64> = self.last.iter().rev().take(count).map(of).collect();
        if last.is_empty() { 0.0 } else { last.iter().sum::<f64>() / last.len() as f64 }
    }
}

/// Leaves out every second one of too many; the newest one stays.
pub fn thin<T>(list: &mut Vec<T>, most: usize) {
    if list.len() > most {
        let (mut number, last) = (0, list.len() % 2);
        list.retain(|_| {
            number += 1;
            number % 2 == last
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_every_second_one_is_kept_and_the_newest() {
        for count in [10, 11] {
            let mut list: Vec<usize> = (1..=count).collect();
            thin(&mut list, 9);
            assert_eq!((list.len(), list.last()), (count.div_ceil(2), Some(&count)));
            thin(&mut list, 9);
            assert_eq!(list.len(), count.div_ceil(2));
        }
    }
}
