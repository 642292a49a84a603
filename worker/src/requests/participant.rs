//! Requests to the object of one participant.

use std::collections::BTreeMap;

use footlights_data::{
    event::EventKind,
    session::{Identifiers, SessionRecord},
};
use footlights_engine::participant::{Identity, RunningGame};
use footlights_experiment::{
    Answer, Experiment, Globals, Scene, ValidationErrors, address, progress::GameResult, recruiter,
};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};

use super::envelope::object_requests;

/// The participant opens their page. A participant who opens it on the result of a game goes on to the next scene.
#[derive(Debug, Serialize, Deserialize)]
pub struct OpenPage {
    pub experiment: String,
    /// The recruiter's parameters of this visit.
    #[serde(default)]
    pub identifiers: BTreeMap<String, String>,
    /// The language that the participant asks for, if the address does.
    #[serde(default)]
    pub language: Option<String>,
}

/// What the participant's page shows: their record without events and identifiers. The answers are in it on the last
/// page only, where the browser keeps them if saving fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageState {
    pub session: SessionRecord,
    /// Where the last page leads.
    #[serde(default)]
    pub leads_to: Option<LeadsTo>,
    /// How much of the page's time is left, ms, if it has a limit.
    #[serde(default)]
    pub time_left: Option<u64>,
    /// Path and query of the room's socket, if the game of the scene runs.
    #[serde(default)]
    pub room: Option<String>,
}

/// Where the last page leads, with the participant's own values filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeadsTo {
    /// To an address.
    Address(String),
    /// To MTurk, where the assignment is handed in.
    MTurk { submit_to: String, assignment: String },
}

impl LeadsTo {
    fn of(experiment: &Experiment, session: &SessionRecord) -> Option<Self> {
        let progress = &session.progress;
        // An assignment that was returned is no longer theirs: what they came with last is handed in.
        let known = session.identifiers.as_ref().map(Identifiers::newest).unwrap_or_default();
        if let (Some(submit_to), Some(assignment)) =
            (known.get(recruiter::SUBMIT_TO), known.get("assignmentId"))
        {
            return Some(Self::MTurk { submit_to: submit_to.clone(), assignment: assignment.clone() });
        }
        let mut values = progress.globals().clone();
        for (name, value) in known {
            values.entry(format!("url.{name}")).or_insert(Answer::Text(value));
        }
        let code = progress.code(experiment);
        Some(Self::Address(address(progress.redirect(experiment)?, &values, code.as_deref())))
    }
}

impl PageState {
    /// What the page of a participant with this record shows.
    pub fn new(experiment: &Experiment, session: &SessionRecord) -> Self {
        let is_last = session.progress.current(experiment).is_some_and(Scene::is_last);
        let leads_to = if is_last { LeadsTo::of(experiment, session) } else { None };
        let session = SessionRecord {
            experiment: session.experiment.clone(),
            subject: session.subject.clone(),
            progress: session.progress.clone(),
            submissions: if is_last { session.submissions.clone() } else { Vec::new() },
            language: session.language.clone(),
            begun_at_ms: session.begun_at_ms,
            ended_at_ms: session.ended_at_ms,
            events: Vec::new(),
            identifiers: None,
        };
        Self { session, leads_to, time_left: None, room: None }
    }
}

/// The participant sent a page.
#[derive(Debug, Serialize, Deserialize)]
pub struct SubmitPage {
    pub identity: Identity,
    pub scene: String,
    /// The fields of the form.
    pub sent: Vec<(String, String)>,
    pub user_agent: String,
}

/// What came of a page that was sent.
#[derive(Debug, Serialize, Deserialize)]
pub enum SubmitReply {
    /// The participant goes on.
    Accepted,
    /// The page is shown again.
    Retry {
        errors: ValidationErrors,
        /// How often the page may still be sent, if that is limited.
        attempts_left: Option<u32>,
        page: Box<PageState>,
    },
}

/// The participant is on the last page: write everything for analysts, then show the page. The reply is `None` if the
/// experiment goes on for them.
#[derive(Debug, Serialize, Deserialize)]
pub struct CompleteExperiment {
    pub experiment: String,
    /// The recruiter's parameters of this visit.
    #[serde(default)]
    pub identifiers: BTreeMap<String, String>,
}

/// The participant wants to wait for the game of a scene.
#[derive(Debug, Serialize, Deserialize)]
pub struct EnterLobby {
    pub experiment: String,
    pub scene: String,
}

/// What a lobby must know about a participant.
#[derive(Debug, Serialize, Deserialize)]
pub struct LobbyEntry {
    /// Since when they have waited for this game.
    pub since: EpochMs,
    /// Path and query of the room's socket, if their game already runs.
    pub running_socket: Option<String>,
    /// Those of their globals that the matchmaker needs.
    pub globals: Globals,
}

/// A room was opened for the participant.
#[derive(Debug, Serialize, Deserialize)]
pub struct JoinGame {
    pub game: RunningGame,
}

/// Something happened to the participant elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordEvent {
    pub kind: EventKind,
    pub detail: String,
}

/// A game did not begin because a member of its group did not come.
#[derive(Debug, Serialize, Deserialize)]
pub struct CancelGame {
    pub game: String,
}

/// A game is over and saved, or there will be none.
#[derive(Debug, Serialize, Deserialize)]
pub struct FinishGame {
    pub result: GameResult,
}

/// Whether a request reached a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    Delivered,
    /// The participant was deleted, or never began: data about them must not be kept.
    NoParticipant,
}

/// What a participant may do whose data were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterDeletion {
    /// Nothing: that they were deleted stays known.
    #[default]
    Gone,
    /// Begin again, like somebody who was never here: after a pilot, or a deletion by mistake.
    MayBeginAgain,
}

/// Delete everything about the participant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Delete {
    #[serde(default)]
    pub after: AfterDeletion,
}

object_requests! {
    /// What the object of a participant takes.
    ParticipantRequest to Participant {
        OpenPage -> PageState,
        SubmitPage -> SubmitReply,
        CompleteExperiment -> Option<PageState>,
        EnterLobby -> LobbyEntry,
        JoinGame -> (),
        RecordEvent -> (),
        CancelGame -> Delivery,
        FinishGame -> Delivery,
        Delete -> (),
    }
}

#[cfg(test)]
mod tests {
    use footlights_engine::participant::Participant;
    use footlights_experiment::{Completion, Ending, Page, Question, progress::Assignment};

    use super::*;

    #[test]
    fn a_page_gets_the_answers_at_the_end_only_and_never_who_the_participant_is() {
        let experiment = Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(Page::new("first", "First").ask(Question::text_box("why", "Why?")))
            .scene(Page::new("second", "Second").ask(Question::text_box("how", "How?")))
            .scene(Scene::end(Page::new("end", "Bye")));
        let mut record = Participant::default();
        let identifiers = [("PROLIFIC_PID".to_owned(), "5f1c".to_owned())].into();
        let identity = Identity { subject: "s".into(), identifiers, ..Identity::default() };
        record.begin(EpochMs(1), &experiment, "start", identity, Assignment::default()).unwrap();
        let sent = |question: &str| [(question.to_owned(), "because".to_owned())];
        record.submit(EpochMs(2), &experiment, "first", &sent("why"), "").unwrap();
        let page = PageState::new(&experiment, &record.session).session;
        assert!(page.submissions.is_empty() && page.events.is_empty() && page.identifiers.is_none());
        assert_eq!(page.progress, record.session.progress);
        record.submit(EpochMs(3), &experiment, "second", &sent("how"), "").unwrap();
        let page = PageState::new(&experiment, &record.session).session;
        assert_eq!(page.submissions, record.session.submissions);
        assert!(page.events.is_empty() && page.identifiers.is_none());
    }

    #[test]
    fn the_last_page_leads_there_with_the_persons_own_values() {
        let redirect = "https://uni.example/?survey_code={url.survey_code}&c={url.cohort}&cc={code}";
        let experiment = Experiment::new("e", "E")
            .parameter("cohort")
            .completion(Completion::new().code(Ending::Completed, "C1").redirect(redirect))
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(Scene::completion_code(Page::new("end", "Bye")));
        assert_eq!(experiment.validate(), Ok(()));
        let leads_to = |pairs: &[(&str, &str)]| {
            let identifiers =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let parameters = [("cohort".to_owned(), "a b".to_owned())].into();
            let identity = Identity { subject: "s".into(), identifiers, parameters, ..Identity::default() };
            let mut record = Participant::default();
            assert_eq!(PageState::new(&experiment, &record.session).leads_to, None);
            record.begin(EpochMs(1), &experiment, "start", identity, Assignment::default()).unwrap();
            PageState::new(&experiment, &record.session).leads_to.unwrap()
        };
        let address = "https://uni.example/?survey_code=47%2F11&c=a%20b&cc=C1".to_owned();
        assert_eq!(leads_to(&[("survey_code", "47/11")]), LeadsTo::Address(address));
        let mturk = [("assignmentId", "A"), (recruiter::SUBMIT_TO, "https://www.mturk.com")];
        let submit_to = "https://www.mturk.com".to_owned();
        assert_eq!(leads_to(&mturk), LeadsTo::MTurk { submit_to, assignment: "A".into() });
    }
}
