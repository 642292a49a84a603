//! Matchmakers that compare a global of the participants: an answer, a level of a factor, an earlier game. A participant
//! without that global is not matched.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::matchmaker::{Candidate, Matchmaker};
use crate::EpochMs;

/// Groups participants for whom a global has the same value.
///
/// ```
/// use footlights_experiment::{Waitroom, matchmaking::SameAttribute};
///
/// let waitroom = Waitroom::new().matching(SameAttribute { global: "condition.tone".into() });
/// assert_eq!(waitroom.needs(), ["condition.tone"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameAttribute {
    /// The name of the global, such as `survey.role`.
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

    fn pick(&self, queue: &[&Candidate], size: usize, _: EpochMs) -> Option<Vec<usize>> {
        let mut by_value: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, candidate) in queue.iter().enumerate() {
            if let Some(value) = value(candidate, &self.global) {
                by_value.entry(value).or_default().push(at);
            }
        }
        // Among the complete groups, the one whose first member waited longest.
        let complete = by_value.into_values().filter(|group| group.len() >= size);
        let mut first = complete.min_by_key(|group| group.first().copied())?;
        first.truncate(size);
        Some(first)
    }
}

/// Groups participants for whom a global differs: no two of them have the same value.
///
/// ```
/// use footlights_experiment::{Waitroom, matchmaking::DifferentAttribute};
///
/// let waitroom = Waitroom::new().matching(DifferentAttribute { global: "survey.role".into() });
/// assert_eq!(waitroom.needs(), ["survey.role"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferentAttribute {
    /// The name of the global, such as `survey.role`.
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

    fn pick(&self, queue: &[&Candidate], size: usize, _: EpochMs) -> Option<Vec<usize>> {
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

/// Brings participants together again who played an earlier game with each other, once all of them wait.
///
/// ```
/// use footlights_experiment::{Waitroom, matchmaking::Reunion};
///
/// let waitroom = Waitroom::new().matching(Reunion::new("first_game"));
/// assert_eq!(waitroom.needs(), ["first_game.game_id"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reunion {
    scene: String,
    same_game: SameAttribute,
}

impl Reunion {
    /// Brings together the participants who played the game of `scene` with each other.
    #[must_use]
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

    fn pick(&self, queue: &[&Candidate], size: usize, now: EpochMs) -> Option<Vec<usize>> {
        self.same_game.pick(queue, size, now)
    }
}

fn needs_partner(size: usize) -> Result<(), String> {
    if size < 2 { Err("the game has one human seat, so there is no partner to match".into()) } else { Ok(()) }
}

/// The value of a global; an empty text counts as no value.
fn value(candidate: &Candidate, global: &str) -> Option<String> {
    candidate.globals.get(global).map(ToString::to_string).filter(|value| !value.is_empty())
}
