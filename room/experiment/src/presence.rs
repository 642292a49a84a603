//! What a game does about participants who are absent: those who lose their connection, and those whose connection or
//! attention is poor.

use serde::Serialize;

use crate::seat::Seat;

/// What happens to a game when a participant does not come back within the grace time; see
/// [`GameScene::on_dropout`](crate::GameScene::on_dropout).
#[derive(Clone, Serialize)]
#[serde(tag = "on_dropout", rename_all = "snake_case")]
pub enum DropoutRule {
    /// The game ends with [`Outcome::PartnerLeft`](footlights_protocol::Outcome::PartnerLeft) for the others.
    End,
    /// The game ends with [`Outcome::Void`](footlights_protocol::Outcome::Void) for the others: the game does not count.
    Void,
    /// A policy takes over the seat, and the game goes on.
    Replace(Seat),
}

/// Watches a participant during a game: warns first, and excludes later if at all. Times and round trips are in
/// milliseconds.
///
/// ```
/// use footlights_experiment::PresenceRule;
///
/// let rule = PresenceRule::new(3_000.0, "Please come back to the game.")
///     .exclude(30_000.0, "You were away from the game for too long.");
/// assert_eq!(rule.exclude, Some(30_000.0));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct PresenceRule {
    /// The value from which on the participant is warned: a median round trip, or a time away from the page.
    pub warn: f64,
    /// The text of the warning.
    pub warning: String,
    /// The value from which on the participant is excluded, if at all.
    pub exclude: Option<f64>,
    /// What an excluded participant reads.
    pub exclusion: String,
}

impl PresenceRule {
    /// Warns from `warn` milliseconds on, and never excludes.
    pub fn new(warn: f64, warning: &str) -> Self {
        Self { warn, warning: warning.into(), exclude: None, exclusion: String::new() }
    }

    /// Excludes from `exclude` milliseconds on, whether or not the participant was warned before.
    pub fn exclude(mut self, exclude: f64, exclusion: &str) -> Self {
        self.exclude = Some(exclude);
        self.exclusion = exclusion.into();
        self
    }

    /// Finds what is wrong with the times.
    pub(crate) fn validate(&self) -> Result<(), String> {
        let positive = |ms: f64| ms.is_finite() && ms > 0.0;
        if !positive(self.warn) || !self.exclude.is_none_or(positive) {
            return Err("times must be more than 0".into());
        }
        match self.exclude {
            Some(exclude) if exclude <= self.warn => {
                Err("the time of exclusion must be later than that of the warning".into())
            }
            _ => Ok(()),
        }
    }
}
