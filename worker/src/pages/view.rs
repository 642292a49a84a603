//! What the pages of a participant are made of.

use footlights_data::session::SessionRecord;
use footlights_experiment::{Experiment, ValidationErrors};

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
    pub experiment: &'a Experiment,
    pub session: &'a SessionRecord,
    /// The beginning of the participant's addresses.
    pub base: &'a str,
    /// What proves again who the participant is, for a form of a page that is sent without a cookie.
    pub proof: Option<&'a str>,
    /// Where the last page leads.
    pub leads_to: Option<&'a LeadsTo>,
    /// Whether all data of the participant are saved.
    pub saved: bool,
}
