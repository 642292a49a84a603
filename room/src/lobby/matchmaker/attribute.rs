//! Matchmakers that go by what is known about people: an answer, an arm, an earlier game. Who lacks it is not matched.

use std::collections::BTreeMap;

use super::{Matchmaker, Waiter};

/// People for whom a global is the same.
pub struct SameAttribute {
    /// Its name.
    pub global: String,
}

impl Matchmaker for SameAttribute {
    fn needs(&self) -> Vec<String> {
        vec![self.global.clone()]
    }

    fn pick(&self, queue: &[&Waiter], size: usize, _: u64) -> Option<Vec<usize>> {
        let mut by_value: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, waiter) in queue.iter().enumerate() {
            if let Some(value) = value(waiter, &self.global) {
                by_value.entry(value).or_default().push(at);
            }
        }
        // Among those who are complete, the group whose first has waited longest.
        let complete = by_value.into_values().filter(|group| group.len() >= size);
        let mut first = complete.min_by_key(|group| group.first().copied())?;
        first.truncate(size);
        Some(first)
    }
}

/// People for whom a global differs: everybody's from everybody else's.
pub struct DifferentAttribute {
    /// Its name.
    pub global: String,
}

impl Matchmaker for DifferentAttribute {
    fn needs(&self) -> Vec<String> {
        vec![self.global.clone()]
    }

    fn pick(&self, queue: &[&Waiter], size: usize, _: u64) -> Option<Vec<usize>> {
        let mut taken: Vec<(String, usize)> = Vec::new();
        for (at, waiter) in queue.iter().enumerate() {
            if taken.len() == size {
                break;
            }
            if let Some(value) = value(waiter, &self.global)
                && taken.iter().all(|(known, _)| *known != value)
            {
                taken.push((value, at));
            }
        }
        (taken.len() == size).then(|| taken.into_iter().map(|(_, at)| at).collect())
    }
}

/// The people who played an earlier game with each other, once all of them are there.
pub struct Reunion(SameAttribute);

impl Reunion {
    /// Of the game of that scene.
    pub fn new(scene: &str) -> Self {
        Self(SameAttribute { global: format!("{scene}.game_id") })
    }
}

impl Matchmaker for Reunion {
    fn needs(&self) -> Vec<String> {
        self.0.needs()
    }

    fn pick(&self, queue: &[&Waiter], size: usize, now: u64) -> Option<Vec<usize>> {
        self.0.pick(queue, size, now)
    }
}

/// What is known; an empty text is as good as nothing.
fn value(waiter: &Waiter, global: &str) -> Option<String> {
    waiter.globals.get(global).map(ToString::to_string).filter(|value| !value.is_empty())
}
