//! Balanced assignment to conditions while many participants take part at once.
//!
//! A new participant goes to a condition with the fewest participants who completed the experiment or still take part;
//! among those conditions, to one with the fewest who completed it; the rest is drawn. A participant who ended otherwise,
//! or was not seen for [`FORGOTTEN_MS`], does not count. (oTree and Empirica only count assignments, so that dropouts
//! unbalance them.)

use footlights_protocol::EpochMs;

use crate::condition::Condition;

/// A participant who was not seen for so long no longer counts in their condition, ms.
pub const FORGOTTEN_MS: u64 = 2 * 60 * 60 * 1_000;

/// A participant who was assigned before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// The index of the participant's condition.
    pub condition: usize,
    /// Whether the participant completed the experiment; `None` while they take part.
    pub completed: Option<bool>,
    /// When the participant was last seen.
    pub seen: EpochMs,
}

/// The condition for the next participant, by index into `conditions`. `draw` is a random number that decides between
/// equally good conditions. Without conditions the index is 0.
///
/// ```
/// use footlights_experiment::{Condition, EpochMs, assignment::{Assigned, assign}};
///
/// let conditions = ["easy", "hard"].map(|level| Condition::from([("task".to_owned(), level.to_owned())]));
/// let completed = Assigned { condition: 0, completed: Some(true), seen: EpochMs(0) };
/// assert_eq!(assign(&conditions, [completed], EpochMs(1_000), 7), 1);
/// ```
#[must_use]
pub fn assign(
    conditions: &[Condition],
    assigned: impl IntoIterator<Item = Assigned>,
    now: EpochMs,
    draw: u64,
) -> usize {
    // (completed or on the way, completed)
    let mut counts = vec![(0u64, 0u64); conditions.len()];
    for one in assigned {
        let Some(count) = counts.get_mut(one.condition) else { continue };
        match one.completed {
            Some(true) => *count = (count.0 + 1, count.1 + 1),
            None if now - one.seen < FORGOTTEN_MS => count.0 += 1,
            _ => {}
        }
    }
    let least = counts.iter().min().copied().unwrap_or_default();
    let best: Vec<usize> =
        (0..conditions.len()).filter(|condition| counts.get(*condition) == Some(&least)).collect();
    let pick = (u128::from(draw) * best.len() as u128) >> 64;
    best.get(pick as usize).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(n: usize) -> Vec<Condition> {
        (0..n).map(|k| Condition::from([("f".to_owned(), k.to_string())])).collect()
    }

    fn scatter(k: u64) -> u64 {
        footlights_env::digest::of_bytes(&k.to_le_bytes())
    }

    #[test]
    fn a_hundred_at_once_are_spread_evenly() {
        let conditions = conditions(4);
        let mut assigned: Vec<Assigned> = Vec::new();
        for k in 0..100 {
            let condition = assign(&conditions, assigned.iter().copied(), EpochMs(0), scatter(k));
            assigned.push(Assigned { condition, completed: None, seen: EpochMs(0) });
        }
        for condition in 0..4 {
            assert_eq!(assigned.iter().filter(|one| one.condition == condition).count(), 25);
        }
    }

    #[test]
    fn dropouts_do_not_count_so_that_completed_participants_are_balanced() {
        let conditions = conditions(2);
        let mut assigned: Vec<Assigned> = Vec::new();
        for k in 0..400 {
            let condition = assign(&conditions, assigned.iter().copied(), EpochMs(0), scatter(k));
            // In the first condition two of three drop out.
            assigned.push(Assigned {
                condition,
                completed: Some(condition == 1 || k % 3 == 0),
                seen: EpochMs(0),
            });
        }
        let completed = |condition| {
            assigned.iter().filter(|one| one.condition == condition && one.completed == Some(true)).count()
        };
        assert!(completed(0).abs_diff(completed(1)) <= 1, "{} {}", completed(0), completed(1));
    }

    #[test]
    fn a_participant_not_seen_for_long_does_not_count_and_ties_are_drawn() {
        let conditions = conditions(2);
        let gone = Assigned { condition: 0, completed: None, seen: EpochMs(0) };
        let here = Assigned { condition: 1, completed: None, seen: EpochMs(FORGOTTEN_MS) };
        assert_eq!(assign(&conditions, [gone, here], EpochMs(FORGOTTEN_MS), 0), 0);
        let first = (0..1_000).filter(|k| assign(&conditions, [], EpochMs(0), scatter(*k)) == 0).count();
        assert!((420..580).contains(&first), "{first}");
        assert_eq!(assign(&[], [], EpochMs(0), 5), 0);
    }
}
