//! One presence rule and one participant: when to warn, and when to exclude.

use footlights_experiment::PresenceRule;
use footlights_protocol::EpochMs;

/// The shortest time between two warnings of the same rule, ms.
const MIN_WARNING_GAP_MS: u64 = 10_000;

/// What follows from a measured value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleVerdict {
    /// Show the warning.
    Warn,
    /// Take the warning back.
    Recover,
    /// Exclude the participant.
    Exclude,
}

/// What one rule has said to one participant so far.
#[derive(Debug, Clone, Default)]
pub struct RuleState {
    /// Whether a warning is shown.
    pub warned: bool,
    last_warning_ms: Option<EpochMs>,
}

impl RuleState {
    /// Compares a value with the rule's limits; `None` if nothing changes.
    pub fn check(&mut self, rule: &PresenceRule, value: f64, now: EpochMs) -> Option<RuleVerdict> {
        if rule.exclude.is_some_and(|limit| value >= limit) {
            return Some(RuleVerdict::Exclude);
        }
        let bad = value >= rule.warn;
        let may_warn = self.last_warning_ms.is_none_or(|last| now - last >= MIN_WARNING_GAP_MS);
        if bad && !self.warned && may_warn {
            self.warned = true;
            self.last_warning_ms = Some(now);
            return Some(RuleVerdict::Warn);
        }
        if !bad && self.warned {
            self.warned = false;
            return Some(RuleVerdict::Recover);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_flutters_around_the_limit_warns_every_ten_seconds_at_most() {
        let rule = PresenceRule::new(100.0, "slow");
        let mut state = RuleState::default();
        let values = (0u64..60).map(|k| (k * 500, if k % 2 == 0 { 120.0 } else { 80.0 }));
        let warned: Vec<u64> = values
            .filter(|(now, value)| state.check(&rule, *value, EpochMs(*now)) == Some(RuleVerdict::Warn))
            .map(|(now, _)| now)
            .collect();
        assert_eq!(warned, [0, 10_000, 20_000]);
    }

    #[test]
    fn a_warning_ends_once_and_the_limit_excludes_without_one() {
        let rule = PresenceRule::new(100.0, "slow").exclude(300.0, "too slow");
        let mut state = RuleState::default();
        let verdicts = [150.0, 150.0, 99.0, 99.0, 300.0].map(|value| state.check(&rule, value, EpochMs(0)));
        assert_eq!(
            verdicts,
            [Some(RuleVerdict::Warn), None, Some(RuleVerdict::Recover), None, Some(RuleVerdict::Exclude)]
        );
    }
}
