//! What the pages of a participant are made of.

use footlights_data::session::SessionRecord;
use footlights_experiment::{Experiment, ValidationErrors, interpolate_in};
use footlights_protocol::words::Words;

use crate::requests::LeadsTo;

/// A form that the participant must correct and send again.
#[derive(Clone, Copy)]
pub struct Retry<'a> {
    /// What the participant sent: (question, value) pairs.
    pub sent: &'a [(String, String)],
    /// What is wrong, by question.
    pub errors: &'a ValidationErrors,
    /// How often the participant may still send the form, if that is limited.
    pub attempts_left: Option<u32>,
}

/// The participant, and what is known about them.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The experiment in the participant's language.
    pub experiment: &'a Experiment,
    /// The same in its usual one.
    pub usual: &'a Experiment,
    pub session: &'a SessionRecord,
    /// The beginning of the participant's addresses.
    pub base: &'a str,
    /// What proves again who the participant is, for a form of a page that is sent without a cookie.
    pub proof: Option<&'a str>,
    /// Where the last page leads.
    pub leads_to: Option<&'a LeadsTo>,
    /// Whether all data of the participant are saved.
    pub saved: bool,
    /// How much of the page's time is left, ms, if it has a limit.
    pub time_left: Option<u64>,
    /// Path and query of the room's socket, if the game of the scene runs.
    pub room: Option<&'a str>,
    /// The language that somebody chose who has not begun, if they did.
    pub chosen: Option<&'a str>,
}

impl<'a> View<'a> {
    /// The sentences of Footlights in the participant's language.
    pub fn words(&self) -> &'a Words {
        self.experiment.words()
    }

    /// A text of the researcher's, with what is known about the participant.
    pub fn text(&self, text: &str) -> String {
        let globals = self.experiment.shown(self.session.progress.globals());
        interpolate_in(text, &globals, self.words())
    }
}
