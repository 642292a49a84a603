//! Matchmakers that go by what is known about people: an answer, an arm, an earlier game. Who lacks it is not matched.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Candidate, Matchmaker};

/// People for whom a global is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameAttribute {
    /// Its name.
    pub global: String,
}

impl Matchmaker for SameAttribute {
    fn name(&self) -> &str {
        "same_attribute"
    }

    fn parameters(&self) -> Value {
        json!({ "global": self.global })
    }

    fn validate(&self, size: usize) -> Result<(), String> {
        needs_partner(size)
    }

    fn needs(&self) -> Vec<String> {
        vec![self.global.clone()]
    }

    fn pick(&self, queue: &[&Candidate], size: usize, _: u64) -> Option<Vec<usize>> {
        let mut by_value: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, candidate) in queue.iter().enumerate() {
            if let Some(value) = value(candidate, &self.global) {
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferentAttribute {
    /// Its name.
    pub global: String,
}

impl Matchmaker for DifferentAttribute {
    fn name(&self) -> &str {
        "different_attribute"
    }

    fn parameters(&self) -> Value {
        json!({ "global": self.global })
    }

    fn validate(&self, size: usize) -> Result<(), String> {
        needs_partner(size)
    }

    fn needs(&self) -> Vec<String> {
        vec![self.global.clone()]
    }

    fn pick(&self, queue: &[&Candidate], size: usize, _: u64) -> Option<Vec<usize>> {
        let mut taken: Vec<(String, usize)> = Vec::new();
        for (at, candidate) in queue.iter().enumerate() {
            if taken.len() == size {
                break;
            }
            if let Some(value) = value(candidate, &self.global)
                && taken.iter().all(|(known, _)| *known != value)
            {
                taken.push((value, at));
            }
        }
        (taken.len() == size).then(|| taken.into_iter().map(|(_, at)| at).collect())
    }
}

/// The people who played an earlier game with each other, once all of them are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reunion {
    scene: String,
    same_game: SameAttribute,
}

impl Reunion {
    /// Brings together the participants who played the game of `scene` with each other.
    pub fn new(scene: &str) -> Self {
        Self { scene: scene.into(), same_game: SameAttribute { global: format!("{scene}.game_id") } }
    }
}

impl Matchmaker for Reunion {
    fn name(&self) -> &str {
        "reunion"
    }

    fn parameters(&self) -> Value {
        json!({ "scene": self.scene })
    }

    fn validate(&self, size: usize) -> Result<(), String> {
        needs_partner(size)
    }

    fn needs(&self) -> Vec<String> {
        self.same_game.needs()
    }

    fn pick(&self, queue: &[&Candidate], size: usize, now: u64) -> Option<Vec<usize>> {
        self.same_game.pick(queue, size, now)
    }
}

fn needs_partner(size: usize) -> Result<(), String> {
    if size < 2 { Err("there is nobody to be matched with".into()) } else { Ok(()) }
}

/// What is known; an empty text is as good as nothing.
fn value(candidate: &Candidate, global: &str) -> Option<String> {
    candidate.globals.get(global).map(ToString::to_string).filter(|value| !value.is_empty())
}
