//! One row of the steps.

use footlights_env::Agent;
use footlights_experiment::record::{GameInfo, ParticipantSample, StepRecord};

use crate::reports::ShownTick;

/// One tick, as the file of one participant has it: all that a column of the steps sees. What depends on other ticks, too,
/// is computed for all rows in [`csv`](super::csv) and handed in as a field.
#[derive(Debug, Clone, Copy)]
pub struct StepRow<'r> {
    /// The game.
    pub game: &'r GameInfo,
    /// The agent whom the participant played.
    pub agent: Agent,
    /// What the game recorded.
    pub step: &'r StepRecord,
    /// The policy that takes over the seat of a participant who drops out, where one does.
    pub successor: Option<&'r str>,
    /// How the participant's browser showed the tick, where browsers simulate and it reported that.
    pub shown: Option<ShownTick>,
    /// Whether the browser came to the room's state, where browsers simulate and it was compared.
    pub verified: Option<bool>,
}

impl<'r> StepRow<'r> {
    /// What is known of the participant at this tick; nothing once they are out of the game.
    #[must_use]
    pub fn sample(&self) -> Option<&'r ParticipantSample> {
        self.step.people.get(self.agent.index())?.as_ref()
    }

    /// The name of who acted in a seat.
    pub(super) fn holder(&self, agent: Agent) -> Option<&'r str> {
        let seat = self.game.seats.get(agent.index())?;
        let present = self.step.people.get(agent.index()).is_some_and(Option::is_some);
        let taken_over = seat.subject.is_some() && !present;
        Some(self.successor.filter(|_| taken_over).unwrap_or(&seat.holder))
    }
}
