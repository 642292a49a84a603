//! The services that recruit participants, and how their addresses name them.

use std::collections::BTreeMap;

use serde::Serialize;

/// A service that recruits participants, and how its addresses name them. Upper and lower case are the same in the names of
/// parameters. Of several names of one thing the first that an address has counts.
///
/// ```
/// use footlights_experiment::{Experiment, recruiter::Recruiter};
///
/// let pool = Recruiter::new("our_pool", "member").session("visit").keeps("room");
/// let experiment = Experiment::new("coins", "Coins").recruiter(pool);
/// # let _ = experiment;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Recruiter {
    /// The recruiter's name in the data, such as `prolific`.
    pub source: String,
    /// What names a person.
    pub participant: Vec<String>,
    /// What names the study at the recruiter.
    pub study: Vec<String>,
    /// What names the person's one submission, session or assignment.
    pub session: Vec<String>,
    /// Further parameters that are kept with the participant.
    pub others: Vec<String>,
    /// The value of `session` while somebody only looks at the task.
    pub preview: Option<String>,
    /// Whether researchers choose the names themselves, so that these are only the usual ones. A parameter of the
    /// experiment that is called so is its own then.
    pub by_convention: bool,
}

impl Recruiter {
    /// A recruiter whose addresses name a person by that parameter. `source` is its name in the data.
    pub fn new(source: &str, participant: &str) -> Self {
        Self {
            source: source.into(),
            participant: vec![participant.into()],
            study: Vec::new(),
            session: Vec::new(),
            others: Vec::new(),
            preview: None,
            by_convention: false,
        }
    }

    /// Another name of the parameter that names a person.
    pub fn or(mut self, participant: &str) -> Self {
        self.participant.push(participant.into());
        self
    }

    /// The parameter that names the study.
    pub fn study(mut self, name: &str) -> Self {
        self.study.push(name.into());
        self
    }

    /// The parameter that names the submission, session or assignment.
    pub fn session(mut self, name: &str) -> Self {
        self.session.push(name.into());
        self
    }

    /// A further parameter that is kept with the participant, apart from the data.
    pub fn keeps(mut self, name: &str) -> Self {
        self.others.push(name.into());
        self
    }

    /// The value that the session's parameter has while somebody only looks at the task. They read the first page and
    /// cannot begin.
    pub fn preview(mut self, value: &str) -> Self {
        self.preview = Some(value.into());
        self
    }

    fn by_convention(mut self) -> Self {
        self.by_convention = true;
        self
    }

    /// All parameters of the recruiter; those that name the participant come first.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        let all = [&self.participant, &self.study, &self.session, &self.others];
        all.into_iter().flatten().map(String::as_str)
    }

    /// The first of these parameters that a participant's address had, by what is kept of it.
    #[must_use]
    pub fn value<'a>(names: &[String], identifiers: &'a BTreeMap<String, String>) -> Option<&'a str> {
        names.iter().find_map(|name| identifiers.get(name)).map(String::as_str)
    }
}

/// MTurk's parameter with the host to which a finished assignment is sent.
pub const SUBMIT_TO: &str = "turkSubmitTo";
/// The hosts that it can be.
pub(crate) const SUBMIT_HOSTS: [&str; 2] = ["https://www.mturk.com", "https://workersandbox.mturk.com"];

/// Every recruiter whose parameters Footlights knows. Those whose names researchers choose come last.
#[must_use]
pub fn known() -> Vec<Recruiter> {
    vec![
        // https://researcher-help.prolific.com/en/article/b2943f
        Recruiter::new("prolific", "PROLIFIC_PID").study("STUDY_ID").session("SESSION_ID"),
        // https://docs.aws.amazon.com/AWSMechTurk/latest/AWSMturkAPI/ApiReference_ExternalQuestionArticle.html
        Recruiter::new("mturk", "workerId")
            .study("hitId")
            .session("assignmentId")
            .preview("ASSIGNMENT_ID_NOT_AVAILABLE")
            .keeps(SUBMIT_TO),
        // CloudResearch Connect.
        Recruiter::new("connect", "participantId").study("projectId").session("assignmentId"),
        // https://developers.respondent.io/docs/url-parameters-for-project-link
        Recruiter::new("respondent", "respondent_user_id")
            .study("respondent_project_id")
            .session("respondent_screener_response_id")
            .keeps("respondent_profile_id"),
        // https://developer.cint.com: query parameter variables; the researcher names them.
        Recruiter::new("cint", "RESPONDENTID").or("RID").session("RID").by_convention(),
        // CloudResearch Prime Panels.
        Recruiter::new("prime_panels", "aid").by_convention(),
        // Bilendi, formerly Respondi.
        Recruiter::new("bilendi", "tic").by_convention(),
        // A survey that leads here, and the panels of Qualtrics.
        Recruiter::new("qualtrics", "RecipientID").or("ResponseID").session("ResponseID").by_convention(),
        // https://www.sona-systems.com/researcher/using-the-survey-code-feature/
        Recruiter::new("sona", "survey_code").or("sona_id").or("id").by_convention(),
    ]
}

/// For what somebody who took part is a new participant of the experiment.
///
/// ```
/// use footlights_experiment::{Experiment, recruiter::Retake};
///
/// // The second wave of a study is another participation, and so is another study of the recruiter.
/// let experiment = Experiment::new("coins", "Coins")
///     .parameter("wave")
///     .retake_for(Retake::Parameter("wave".into()))
///     .retake_for(Retake::Study);
/// # let _ = experiment;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Retake {
    /// For another study of the recruiter, such as another `STUDY_ID`.
    Study,
    /// For another session or submission, such as another `SESSION_ID`.
    Session,
    /// For another value of a parameter of the experiment, such as a wave.
    Parameter(String),
}

/// What happens to somebody who comes back with another session or submission of the recruiter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Returning {
    /// They go on where they were; who was at the end sees the last page with the code.
    #[default]
    GoesOn,
    /// Who was at the end reads that they have taken part already, and sees no code.
    Refused,
}

impl Returning {
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
