//! What follows when a participant of a game comes late, loses the connection or looks elsewhere.

use serde::Serialize;

use crate::presence::{DropoutRule, PresenceRule};

/// What follows when a participant of a game comes late, loses the connection or looks elsewhere.
#[derive(Clone, Serialize)]
pub struct AttendanceRules {
    /// How long matched participants may take to connect.
    pub gather_ms: u64,
    /// How long the game waits for a participant whose connection is lost.
    pub grace_ms: u64,
    /// What happens when a participant does not come back within the grace time.
    pub on_dropout: DropoutRule,
    /// What follows from long round trips.
    pub latency_rule: Option<PresenceRule>,
    /// What follows from a page that is hidden or not focused.
    pub attention_rule: Option<PresenceRule>,
}

impl Default for AttendanceRules {
    fn default() -> Self {
        Self {
            gather_ms: 30_000,
            grace_ms: 30_000,
            on_dropout: DropoutRule::End,
            latency_rule: None,
            attention_rule: None,
        }
    }
}

impl AttendanceRules {
    /// Whether each rule can be followed. A policy that takes over a seat is checked with the scene's other policies.
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        for (option, ms) in [("gather_ms", self.gather_ms), ("grace_ms", self.grace_ms)] {
            if ms == 0 {
                return Err((option, "must be at least 1".into()));
            }
        }
        if matches!(&self.on_dropout, DropoutRule::Replace(seat) if seat.is_human()) {
            let why = "a participant cannot replace a participant; name a policy";
            return Err(("on_dropout", why.into()));
        }
        for (option, rule) in [("latency_rule", &self.latency_rule), ("attention_rule", &self.attention_rule)]
        {
            rule.as_ref().map_or(Ok(()), PresenceRule::validate).map_err(|why| (option, why))?;
        }
        Ok(())
    }
}
