//! What a participant, or a group, was assigned to.

use std::collections::BTreeMap;

use crate::answer::{Answer, Globals};

/// A condition: the level of each factor, by the factor's name.
pub type Condition = BTreeMap<String, String>;

/// What the name of a global that has the level of a factor begins with.
const PREFIX: &str = "condition.";

/// The name of the global that has the level of a factor.
#[must_use]
pub(crate) fn global_of(factor: &str) -> String {
    format!("{PREFIX}{factor}")
}

/// Every level among a participant's globals.
pub(crate) fn all_levels(globals: &Globals) -> Condition {
    let level = |(name, value): (&String, &Answer)| match (name.strip_prefix(PREFIX), value) {
        (Some(factor), Answer::Text(level)) => Some((factor.to_owned(), level.clone())),
        _ => None,
    };
    globals.iter().filter_map(level).collect()
}

/// The levels of these factors that are among a participant's globals.
pub fn levels<'a>(globals: &Globals, factors: impl IntoIterator<Item = &'a str>) -> Condition {
    let level = |factor: &str| match globals.get(&global_of(factor)) {
        Some(Answer::Text(level)) => Some((factor.to_owned(), level.clone())),
        _ => None,
    };
    factors.into_iter().filter_map(level).collect()
}
