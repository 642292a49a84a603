//! What a participant, or a group, was assigned to.

use std::collections::BTreeMap;

use crate::answer::{Answer, Globals};

/// A condition: the level of each factor, by the factor's name.
pub type Condition = BTreeMap<String, String>;

/// The name of the global that has the level of a factor.
#[must_use]
pub(crate) fn global_of(factor: &str) -> String {
    format!("condition.{factor}")
}

/// The levels of these factors that are among a participant's globals.
pub fn levels<'a>(globals: &Globals, factors: impl IntoIterator<Item = &'a str>) -> Condition {
    let level = |factor: &str| match globals.get(&global_of(factor)) {
        Some(Answer::Text(level)) => Some((factor.to_owned(), level.clone())),
        _ => None,
    };
    factors.into_iter().filter_map(level).collect()
}
