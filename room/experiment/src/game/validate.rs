//! Finds what is wrong with a game scene.

use footlights_env::{Policy, PolicyError};
use footlights_protocol::Outcome;

use super::{GameScene, recording};
use crate::{presence::DropoutRule, seat::make_policy};

impl GameScene {
    /// Finds the first wrong option, and what is wrong with it.
    pub(crate) fn validate(&self) -> Result<(), (&'static str, String)> {
        self.validate_seats()?;
        self.stepping.validate()?;
        self.episodes.validate()?;
        self.attendance.validate()?;
        let gather = self.attendance.gather_ms;
        if self.episodes.time_limit_ms.is_some_and(|ms| ms <= gather) {
            let why = format!(
                "must be more than the {gather} ms that participants may take to connect (gather_ms)"
            );
            return Err(("time_limit", why));
        }
        self.assets.validate()?;
        if self.run_mode().simulates_in_browser() {
            self.environment.check_packing().map_err(|why| ("execution", why))?;
        }
        if let Some(hooks) = self.recording.make_hooks() {
            recording::validate_names(hooks.columns())?;
            recording::validate_names(self.globals().collect())?;
        }
        if self.transitions.iter().any(|(outcome, ..)| *outcome == Outcome::NoShow) {
            let why = "no_show has no transition: the participants who joined wait again, and the others have not begun";
            return Err(("on", why.into()));
        }
        self.waitroom.validate(self.human_count())
    }

    /// Whether each agent has a holder who can act: policies load, and keys mean actions of the environment.
    ///
    /// # Errors
    /// The option of the builder that is wrong, and why.
    pub fn validate_seats(&self) -> Result<(), (&'static str, String)> {
        let sim = self.environment.make().map_err(|e| ("environment", e.to_string()))?;
        let spec = sim.spec();
        if self.seats.len() != spec.agents.len() {
            let why = format!("{} seats for {} agents of {}", self.seats.len(), spec.agents.len(), spec.id);
            return Err(("seats", why));
        }
        if self.human_count() == 0 {
            return Err(("seats", "at least one seat must be for a participant".into()));
        }
        for agent in spec.agents() {
            loads(self.policy_for(agent, sim.as_ref())).map_err(|e| ("seats", e.to_string()))?;
            self.controls.validate(agent, spec)?;
        }
        if let DropoutRule::Replace(seat) = &self.attendance.on_dropout {
            for agent in self.human_agents() {
                loads(make_policy(seat, agent, sim.as_ref())).map_err(|e| ("on_dropout", e.to_string()))?;
            }
        }
        Ok(())
    }
}

/// Whether a policy loads, as far as can be told here: a model that is not loaded is checked where it is.
fn loads(made: Result<Option<Box<dyn Policy>>, PolicyError>) -> Result<(), PolicyError> {
    match made {
        Ok(_) | Err(PolicyError::NoRuntime { .. } | PolicyError::NotLoaded { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
