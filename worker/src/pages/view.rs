//! What a participant's page is made of.

use footlights_data::session::TimedSubmission;
use footlights_experiment::{Experiment, ValidationErrors, progress::Progress};

/// A form that the participant must fill in again.
#[derive(Clone, Copy)]
pub struct Retry<'a> {
    /// What was sent.
    pub sent: &'a [(String, String)],
    /// What is wrong with it.
    pub errors: &'a ValidationErrors,
    /// How often it may still be sent, if that is limited.
    pub attempts_left: Option<u32>,
}

/// What a page is made of.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Where the participant is in it.
    pub progress: &'a Progress,
    /// The participant's `subject_id`.
    pub subject: &'a str,
    /// On the last page: everything the participant answered.
    pub submissions: &'a [TimedSubmission],
    /// Where the participant's addresses begin.
    pub base: &'a str,
    /// Whether everything is saved for good.
    pub saved: bool,
}
