//! One participant's record and the rules for what may happen to it. The record is stored as it is; the object around
//! it adds the clock, the storage and the sockets.

mod limits;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use footlights_data::{
    event::{EventKind, Retention},
    session::{Identifiers, SessionEvent, SessionRecord, TimedSubmission},
};
use footlights_experiment::{
    Answer, Ending, Experiment, Globals, Scene, ValidationErrors,
    progress::{Assignment, GameResult, NoProgram, ProgressError, SubmitOutcome},
    recruiter::{Recruiter, Returning},
};
use footlights_protocol::{
    EpochMs, Outcome,
    words::{Words, texts},
};

/// How many events are kept of one participant.
const MAX_EVENTS: usize = 500;
/// How many of them are reserved for events that do not come from tabs, lobbies and attention.
const RESERVED_EVENTS: usize = 150;
/// How many visits with other parameters are kept of one participant.
const MAX_VISITS: usize = 50;
/// The longest detail of an event, in characters.
const MAX_DETAIL: usize = 1_000;
/// How many submissions are kept of one participant: more than any experiment has pages and attempts.
const MAX_SUBMISSIONS: usize = 2_000;
/// Up to how many bytes of JSON a submission may make the record grow. A value in a Durable Object's storage holds 2
/// MB, and text outside of Latin-1 takes two bytes a character there. The rest is room for events and results of games.
const MAX_RECORD_BYTES: usize = 800_000;
/// Up to how many bytes of JSON the text of long answers may make it grow. The rest is for the short ones of the pages
/// that follow, so that nobody is stuck on a page.
const MAX_LONG_BYTES: usize = 700_000;
/// An answer of at most so many bytes is short.
const SHORT_BYTES: usize = 1_000;
/// Every answer is in the record twice: in the submission, and by its name.
const COPIES: usize = 2;

/// Who a participant is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The experiment's id.
    pub experiment: String,
    /// The pseudonym in addresses and data.
    pub subject: String,
    /// The recruiter, such as `prolific`; `link` for none.
    pub source: String,
    /// The recruiter's names for the participant: `PROLIFIC_PID`, `workerId` and the like. They are kept apart from all
    /// other data.
    pub identifiers: BTreeMap<String, String>,
    /// Those parameters of the address that the experiment uses.
    pub parameters: BTreeMap<String, String>,
    /// The language in which they read the experiment; empty for its usual one.
    #[serde(default)]
    pub language: String,
}

/// How to get back to a running game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningGame {
    /// The game's scene.
    pub scene: String,
    /// The game.
    pub game: String,
    /// Path and query of the room's socket.
    pub socket: String,
}

/// What came of a page that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmitReport {
    /// Whether the participant goes on.
    pub outcome: SubmitOutcome,
    /// Whether the answers were dropped because the record is full. The participant goes on nevertheless.
    pub dropped: bool,
}

/// What a lobby must know about a participant who wants to wait.
#[derive(Debug, Clone, PartialEq)]
pub struct LobbyPass {
    /// Since when they have waited for this scene's game.
    pub since: EpochMs,
    /// Path and query of the room's socket, if their game already runs.
    pub running_socket: Option<String>,
}

/// A participant cannot be placed in a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// Another game of theirs runs.
    #[error("the participant is in another game")]
    InAnotherGame,
    /// The game of the scene is over for them.
    #[error("the participant has played this game")]
    AlreadyPlayed,
}

/// One participant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// What analysts get to know. The experiment and the subject are set when the participant begins.
    pub session: SessionRecord,
    /// The game that runs.
    pub game: Option<RunningGame>,
    /// When they came to the current scene; none where an older build did not write it down.
    #[serde(default)]
    entered_at: Option<EpochMs>,
    /// Since when they wait, by scene. A reload or a failed match does not cost their place in the queue.
    waiting: BTreeMap<String, EpochMs>,
}

impl Participant {
    /// The participant pressed the button of the first page: from here on there are data. Beginning twice changes
    /// nothing.
    ///
    /// # Errors
    /// [`ProgressError`] if `scene` is not the participant's current one.
    pub fn begin(
        &mut self,
        now: EpochMs,
        experiment: &Experiment,
        scene: &str,
        identity: Identity,
        assignment: Assignment,
    ) -> Result<(), ProgressError> {
        let known = |name: &String| experiment.parameters.contains(name);
        let parameters = identity.parameters.iter().filter(|(name, _)| known(name));
        let globals: Globals =
            parameters.map(|(name, value)| (format!("url.{name}"), Answer::Text(value.clone()))).collect();
        self.session.progress.begin(experiment, scene, assignment, globals)?;
        self.session.experiment = identity.experiment;
        self.session.subject = identity.subject;
        self.session.identifiers = Some(Identifiers {
            source: identity.source,
            external: identity.identifiers,
            ..Identifiers::default()
        });
        self.session.language = experiment.in_language(&identity.language).language.clone();
        self.session.begun_at_ms = now;
        self.record_event(now, experiment, EventKind::Begun, String::new());
        self.enter_scene(now, experiment);
        Ok(())
    }

    /// The participant asks for the experiment in another language. Returns whether that changes anything.
    pub fn choose_language(&mut self, now: EpochMs, experiment: &Experiment, language: &str) -> bool {
        let language = &experiment.in_language(language).language;
        if !self.session.progress.begun() || self.session.language == *language {
            return false;
        }
        self.session.language.clone_from(language);
        self.record_event(now, experiment, EventKind::LanguageChosen, language.clone());
        true
    }

    /// The participant opened the recruiter's link again, with these parameters. Returns whether that is news: they are
    /// others than before, such as a new session of the recruiter. They are kept.
    pub fn visit(&mut self, experiment: &Experiment, parameters: &BTreeMap<String, String>) -> bool {
        let at_the_end = self.ending(experiment).is_some();
        let Some(known) = &mut self.session.identifiers else { return false };
        let is_known = known.external == *parameters || known.later().any(|visit| visit == parameters);
        if is_known || parameters.is_empty() || known.later().count() >= MAX_VISITS {
            return false;
        }
        if at_the_end {
            known.late_visits.push(parameters.clone());
        } else {
            known.visits.push(parameters.clone());
        }
        true
    }

    /// Whether somebody with these parameters was at the end before this session of the recruiter, where the experiment
    /// refuses that.
    #[must_use]
    pub fn has_taken_part(&self, experiment: &Experiment, parameters: &BTreeMap<String, String>) -> bool {
        if experiment.returning != Returning::Refused || self.ending(experiment).is_none() {
            return false;
        }
        let Some(known) = &self.session.identifiers else { return false };
        let recruiters = experiment.all_recruiters();
        let recruiter = recruiters.iter().find(|recruiter| recruiter.source == known.source);
        let session = |of| recruiter.and_then(|recruiter| Recruiter::value(&recruiter.session, of));
        // Who comes without one, by a reload for example, is who they were.
        let Some(this) = session(parameters) else { return false };
        std::iter::once(&known.external).chain(&known.visits).all(|visit| session(visit) != Some(this))
    }

    /// The participant sent the current page.
    ///
    /// Where long answers would make the record larger than an object can store, the participant is asked to shorten the
    /// longest one. Short ones that do so all the same are dropped: the submission and its globals are not kept, which the
    /// first time leaves an event in the data.
    ///
    /// # Errors
    /// [`ProgressError`] if `scene` is not the current one or cannot be left yet.
    pub fn submit(
        &mut self,
        now: EpochMs,
        experiment: &Experiment,
        scene: &str,
        sent: &[(String, String)],
        user_agent: &str,
    ) -> Result<SubmitReport, ProgressError> {
        let before = self.session.progress.clone();
        let outcome = if self.is_time_up(now, experiment, sent) {
            self.record_event(now, experiment, EventKind::TimeUp, String::new());
            SubmitOutcome::Accepted(self.session.progress.run_out_of_time(experiment, scene, sent)?)
        } else {
            let needs_program = self.session.progress.needs_program(experiment);
            let outcome = self.session.progress.submit(experiment, scene, sent, user_agent)?;
            if let Some(why) = NoProgram::of(sent).filter(|_| needs_program) {
                self.record_event(now, experiment, EventKind::NoProgram, why.as_str().into());
            }
            outcome
        };
        let (submission, accepted) = match &outcome {
            SubmitOutcome::Accepted(submission) => (Some(submission), true),
            SubmitOutcome::Retry { submission, .. } => (submission.as_ref(), false),
        };
        let mut dropped = false;
        if let Some(submission) = submission.filter(|submission| !submission.answers.is_empty()) {
            let submission = submission.clone();
            self.session.submissions.push(TimedSubmission {
                scene: scene.to_owned(),
                at_ms: now,
                submission,
            });
            let stored = self.stored_bytes();
            if let Some(errors) = self.too_long(stored, experiment.words()) {
                self.session.submissions.pop();
                self.session.progress = before;
                let outcome = SubmitOutcome::Retry { errors, attempts_left: None, submission: None };
                return Ok(SubmitReport { outcome, dropped: false });
            }
            if self.session.submissions.len() > MAX_SUBMISSIONS || stored > MAX_RECORD_BYTES {
                self.session.submissions.pop();
                self.session.progress.forget_answers(scene);
                dropped = true;
                self.record_dropped_answers(now, experiment, scene);
            }
        }
        if accepted {
            self.enter_scene(now, experiment);
        }
        Ok(SubmitReport { outcome, dropped })
    }

    /// What is wrong with the newest submission if its text is too much for the record, which takes `stored` bytes with it;
    /// none if it fits, or if it is short.
    fn too_long(&self, stored: usize, words: &Words) -> Option<ValidationErrors> {
        if stored <= MAX_LONG_BYTES {
            return None;
        }
        let TimedSubmission { scene, submission, .. } = self.session.submissions.last()?;
        let texts = submission.answers.iter().map(|(question, answer)| (question, answer.to_string()));
        let (question, longest) = texts.max_by_key(|(_, text)| text.len())?;
        let bytes = serde_json::to_vec(&longest).map_or(usize::MAX, |bytes| bytes.len());
        if bytes <= SHORT_BYTES {
            return None;
        }
        // Answers that are not right yet are in the submission only.
        let is_known = self.session.progress.globals().contains_key(&format!("{scene}.{question}"));
        let others = stored.saturating_sub(if is_known { COPIES * bytes } else { bytes });
        let chars = longest.chars().count();
        let bytes_per_char = bytes.div_ceil(chars);
        let room = (MAX_LONG_BYTES.saturating_sub(others) / COPIES).max(SHORT_BYTES);
        let fits = (room / bytes_per_char).saturating_sub(1);
        let [most, found] = [fits, chars].map(|number| number.to_string());
        let why = words.with(texts::NO_ROOM, &[("most", &most), ("found", &found)]);
        Some(ValidationErrors::from([(question.clone(), why)]))
    }

    /// How many bytes the record takes as JSON. A record that cannot be encoded is too large for any limit.
    fn stored_bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |bytes| bytes.len())
    }

    fn record_dropped_answers(&mut self, now: EpochMs, experiment: &Experiment, scene: &str) {
        let kind = EventKind::AnswersDropped;
        if !self.session.events.iter().any(|event| event.kind == kind) {
            self.record_event(now, experiment, kind, scene.to_owned());
        }
    }

    /// The participant wants to wait for the game of a scene: whether they may, since when they wait, and where their
    /// game is if it already runs. The first call keeps the time.
    ///
    /// # Errors
    /// [`ProgressError`] if the scene is not the current one, or its game is over.
    pub fn enter_lobby(
        &mut self,
        now: EpochMs,
        experiment: &Experiment,
        scene: &str,
    ) -> Result<LobbyPass, ProgressError> {
        self.session.progress.may_play(experiment, scene)?;
        let since = *self.waiting.entry(scene.to_owned()).or_insert(now);
        let running = self.game.as_ref().filter(|game| game.scene == scene);
        Ok(LobbyPass { since, running_socket: running.map(|game| game.socket.clone()) })
    }

    /// Path and query of the room's socket, if the game of the current scene runs.
    #[must_use]
    pub fn room(&self, experiment: &Experiment) -> Option<&str> {
        let scene = self.session.progress.current(experiment)?.id();
        self.game.as_ref().filter(|game| game.scene == scene).map(|game| game.socket.as_str())
    }

    /// A room was opened for the participant. Being placed in the same game again changes only its socket.
    ///
    /// # Errors
    /// [`MatchError`] if another game of theirs runs, or the game of the scene is over for them.
    pub fn join_game(
        &mut self,
        now: EpochMs,
        experiment: &Experiment,
        game: RunningGame,
    ) -> Result<(), MatchError> {
        if self.game.as_ref().is_some_and(|running| running.game != game.game) {
            return Err(MatchError::InAnotherGame);
        }
        if self.session.progress.outcome(&game.scene).is_some() {
            return Err(MatchError::AlreadyPlayed);
        }
        self.record_event(now, experiment, EventKind::Matched, game.game.clone());
        self.game = Some(game);
        Ok(())
    }

    /// A game did not begin because a member of its group did not come: the participant waits again, in their old
    /// place. `experiment` is `None` where the deployment no longer serves it.
    pub fn cancel_game(&mut self, now: EpochMs, experiment: Option<&Experiment>, game: &str) {
        if let Some(experiment) = experiment {
            self.record_event(now, experiment, EventKind::Unmatched, game.to_owned());
        }
        self.game.take_if(|running| running.game == game);
    }

    /// A game is over and saved, or there will be none. Only the first result of a scene counts. `experiment` is `None`
    /// where the deployment no longer serves it.
    pub fn finish_game(&mut self, now: EpochMs, experiment: Option<&Experiment>, result: GameResult) {
        if self.session.progress.outcome(&result.scene).is_none()
            && let Some(experiment) = experiment
        {
            self.record_event(now, experiment, EventKind::GameOver, result.outcome.as_str().to_owned());
        }
        self.game.take_if(|running| running.game == result.game);
        let (scene, timed_out) = (result.scene.clone(), result.outcome == Outcome::LobbyTimeout);
        self.session.progress.played(result);
        // There is no result to look at, and who closed the page is owed the ending and the code all the same.
        if let Some(experiment) = experiment.filter(|_| timed_out)
            && self.session.progress.is_over(experiment) == Some(&scene)
        {
            let _ = self.submit(now, experiment, &scene, &[], "");
        }
    }

    /// How the experiment ended; `None` while it goes on.
    pub fn ending(&self, experiment: &Experiment) -> Option<Ending> {
        self.session.progress.ending(experiment)
    }

    /// Records an event, and returns whether it was kept. Events from before the participant began are not kept, and
    /// only a limited number is.
    pub fn record_event(
        &mut self,
        now: EpochMs,
        experiment: &Experiment,
        kind: EventKind,
        detail: String,
    ) -> bool {
        // Events that a flaky network or a restless hand can repeat leave room for the others.
        let noise = kind.retention() == Retention::Noise;
        let max = if noise { MAX_EVENTS - RESERVED_EVENTS } else { MAX_EVENTS };
        if !self.session.progress.begun() || self.session.events.len() >= max {
            return false;
        }
        let scene = self.session.progress.current(experiment).map(Scene::id).unwrap_or_default().to_owned();
        let detail = detail.chars().take(MAX_DETAIL).collect();
        self.session.events.push(SessionEvent { at_ms: now, scene, kind, detail });
        true
    }

    fn enter_scene(&mut self, now: EpochMs, experiment: &Experiment) {
        self.entered_at = Some(now);
        self.record_event(now, experiment, EventKind::SceneEntered, String::new());
        if let Some(ending) = self.ending(experiment) {
            self.session.ended_at_ms = Some(now);
            self.record_event(now, experiment, EventKind::Ended, ending.as_str().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use footlights_experiment::{Page, Question};

    use super::*;

    fn experiment() -> Experiment {
        Experiment::new("e", "E")
            .parameter("group")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(Page::new("survey", "Survey").ask(Question::text_box("why", "Why?")))
            .scene(Scene::end(Page::new("end", "Bye")))
    }

    fn begun(experiment: &Experiment) -> Participant {
        let mut participant = Participant::default();
        participant.begin(EpochMs(1), experiment, "start", identity(), Assignment::default()).unwrap();
        participant
    }

    fn identity() -> Identity {
        let parameters = [("group", "b"), ("other", "x")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        Identity {
            experiment: "e".into(),
            subject: "s".into(),
            source: "link".into(),
            parameters: parameters.into(),
            ..Identity::default()
        }
    }

    fn running(scene: &str, game: &str) -> RunningGame {
        RunningGame { scene: scene.into(), game: game.into(), socket: format!("/{game}") }
    }

    #[test]
    fn nothing_is_kept_before_the_participant_has_begun_and_everything_after() {
        let experiment = experiment();
        let mut participant = Participant::default();
        participant.record_event(EpochMs(1), &experiment, EventKind::TabOpened, String::new());
        assert_eq!(participant, Participant::default());
        participant.begin(EpochMs(10), &experiment, "start", identity(), Assignment::default()).unwrap();
        assert!(
            participant.begin(EpochMs(11), &experiment, "start", identity(), Assignment::default()).is_err()
        );
        let globals = participant.session.progress.globals().keys().cloned().collect::<Vec<_>>();
        assert_eq!(globals, ["url.group"]);
        let again = participant.submit(EpochMs(20), &experiment, "survey", &[], "").unwrap().outcome;
        assert!(matches!(again, SubmitOutcome::Retry { .. }) && participant.session.submissions.is_empty());
        let sent = [("why".to_owned(), "because".to_owned())];
        participant.submit(EpochMs(30), &experiment, "survey", &sent, "").unwrap();
        assert_eq!(participant.session.submissions[0].at_ms, EpochMs(30));
        assert_eq!(
            (participant.session.begun_at_ms, participant.session.ended_at_ms),
            (EpochMs(10), Some(EpochMs(30)))
        );
        let kinds: Vec<_> =
            participant.session.events.iter().map(|h| (h.kind.as_str(), h.scene.as_str())).collect();
        assert_eq!(kinds, [("begun", "survey"), ("scene", "survey"), ("scene", "end"), ("ended", "end")]);
    }

    #[test]
    fn noise_leaves_room_for_what_decides() {
        let experiment = experiment();
        let mut participant = Participant::default();
        participant.begin(EpochMs(1), &experiment, "start", identity(), Assignment::default()).unwrap();
        for _ in 0..MAX_EVENTS {
            participant.record_event(EpochMs(2), &experiment, EventKind::PageHidden, String::new());
        }
        participant.record_event(EpochMs(3), &experiment, EventKind::GameOver, String::new());
        assert_eq!(participant.session.events.len(), MAX_EVENTS - RESERVED_EVENTS + 1);
        assert_eq!(participant.session.events.last().unwrap().kind, EventKind::GameOver);
    }

    #[test]
    fn a_failed_match_keeps_the_place_in_the_queue() {
        let experiment = experiment();
        let mut participant = begun(&experiment);
        let pass =
            |since, socket: Option<&str>| Ok(LobbyPass { since, running_socket: socket.map(str::to_owned) });
        assert_eq!(participant.enter_lobby(EpochMs(5), &experiment, "survey"), pass(EpochMs(5), None));
        participant.join_game(EpochMs(6), &experiment, running("survey", "a")).unwrap();
        assert_eq!(participant.enter_lobby(EpochMs(7), &experiment, "survey"), pass(EpochMs(5), Some("/a")));
        participant.cancel_game(EpochMs(8), Some(&experiment), "b");
        assert_eq!(participant.game, Some(running("survey", "a")));
        participant.cancel_game(EpochMs(9), Some(&experiment), "a");
        assert_eq!(participant.game, None);
        assert_eq!(participant.enter_lobby(EpochMs(90), &experiment, "survey"), pass(EpochMs(5), None));
        assert!(participant.enter_lobby(EpochMs(91), &experiment, "end").is_err(), "not the current scene");
    }

    #[test]
    fn a_participant_is_in_one_game_at_a_time_and_plays_each_scene_once() {
        let experiment = experiment();
        let mut participant = begun(&experiment);
        participant.join_game(EpochMs(2), &experiment, running("survey", "a")).unwrap();
        assert_eq!(
            participant.join_game(EpochMs(3), &experiment, running("survey", "a")),
            Ok(()),
            "joining twice is joining once"
        );
        let other = participant.join_game(EpochMs(4), &experiment, running("survey", "b"));
        assert_eq!(other, Err(MatchError::InAnotherGame));
        let result = GameResult {
            scene: "survey".into(),
            outcome: Outcome::Completed,
            game: "a".into(),
            score: 1.0,
            globals: Globals::new(),
            condition: Default::default(),
        };
        participant.finish_game(EpochMs(5), Some(&experiment), result.clone());
        participant.finish_game(EpochMs(6), Some(&experiment), result);
        assert_eq!(participant.game, None);
        let again = participant.join_game(EpochMs(7), &experiment, running("survey", "b"));
        assert_eq!(again, Err(MatchError::AlreadyPlayed));
        let over = participant.session.events.iter().filter(|event| event.kind == EventKind::GameOver);
        assert_eq!(over.count(), 1, "only the first result counts");
    }

    #[test]
    fn every_session_of_a_recruiter_is_in_the_data_and_may_be_refused_after_the_end() {
        let experiment = experiment().returning(Returning::Refused);
        let mut participant = begun(&experiment);
        let visit = |session: &str| BTreeMap::from([("SESSION_ID".to_owned(), session.to_owned())]);
        let mut known =
            Identifiers { source: "prolific".into(), external: visit("1"), ..Identifiers::default() };
        participant.session.identifiers = Some(known.clone());
        for (session, is_news) in [("1", false), ("2", true), ("2", false), ("1", false)] {
            assert_eq!(participant.visit(&experiment, &visit(session)), is_news, "{session}");
            assert!(!participant.has_taken_part(&experiment, &visit(session)), "who is on the way goes on");
        }
        assert!(!participant.visit(&experiment, &BTreeMap::new()), "the plain link says nothing");
        participant.submit(EpochMs(9), &experiment, "survey", &[("why".into(), "a".into())], "").unwrap();
        assert!(participant.ending(&experiment).is_some());
        // Both sessions with which they came to the end see it; one that begins after that does not, however often.
        assert!(participant.visit(&experiment, &visit("3")));
        for (session, refused) in [("1", false), ("2", false), ("3", true), ("4", true)] {
            assert_eq!(participant.has_taken_part(&experiment, &visit(session)), refused, "{session}");
        }
        assert!(!participant.has_taken_part(&experiment, &BTreeMap::new()));
        assert!(!participant.has_taken_part(&experiment.clone().returning(Returning::GoesOn), &visit("3")));
        (known.visits, known.late_visits) = (vec![visit("2")], vec![visit("3")]);
        assert_eq!(participant.session.identifiers, Some(known.clone()));
        assert_eq!(known.newest(), visit("3"), "what is handed in at the end is what they have now");
        for session in 0..2 * MAX_VISITS {
            participant.visit(&experiment, &visit(&format!("many{session}")));
        }
        assert_eq!(participant.session.identifiers.unwrap().later().count(), MAX_VISITS);
    }

    #[test]
    fn a_record_never_outgrows_what_an_object_can_store() {
        let experiment = Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(
                Page::new("check", "Check")
                    .ask(Question::text_area("why", "Why?").max_chars(10_000))
                    .ask(Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]))
                    .attempts(500, footlights_experiment::Transition::Next),
            )
            .scene(Scene::end(Page::new("end", "Bye")));
        let mut participant = begun(&experiment);
        let answers = |letters: usize, goal: &str| {
            [("why".to_owned(), "\u{20ac}".repeat(letters)), ("goal".to_owned(), goal.to_owned())]
        };
        // Long answers that do not fit are refused with words that say what fits, and that does.
        let mut asked_to_shorten = 0;
        for at in 0..30 {
            let before = participant.clone();
            let report =
                participant.submit(EpochMs(at), &experiment, "check", &answers(10_000, "left"), "").unwrap();
            let SubmitOutcome::Retry { errors, submission, .. } = report.outcome else {
                panic!("it is wrong")
            };
            assert!(!report.dropped && participant.stored_bytes() <= MAX_LONG_BYTES);
            let Some(why) = errors.get("why") else {
                assert!(submission.is_some() && asked_to_shorten == 0);
                continue;
            };
            asked_to_shorten += 1;
            assert_eq!(participant, before);
            let fits = why.split(' ').find_map(|word| word.parse().ok()).unwrap();
            assert!((300..10_000).contains(&fits), "{why}");
            let mut shorter = participant.clone();
            let report =
                shorter.submit(EpochMs(at), &experiment, "check", &answers(fits, "right"), "").unwrap();
            assert!(matches!(report.outcome, SubmitOutcome::Accepted(_)) && !report.dropped);
        }
        assert!((3..27).contains(&asked_to_shorten), "{asked_to_shorten}");
        // Short ones are taken, and at last dropped.
        let mut dropped = 0;
        for at in 0..400 {
            let report =
                participant.submit(EpochMs(at), &experiment, "check", &answers(300, "left"), "").unwrap();
            dropped += usize::from(report.dropped);
            assert!(participant.stored_bytes() <= MAX_RECORD_BYTES + 10_000);
        }
        assert!((10..300).contains(&dropped), "{dropped}");
        let noted: Vec<_> =
            participant.session.events.iter().filter(|e| e.kind == EventKind::AnswersDropped).collect();
        assert!(noted.len() == 1 && noted[0].detail == "check", "recorded once");
        let report =
            participant.submit(EpochMs(500), &experiment, "check", &answers(300, "right"), "").unwrap();
        assert!(matches!(report.outcome, SubmitOutcome::Accepted(_)) && report.dropped);
        assert_eq!(participant.ending(&experiment), Some(Ending::Completed), "the participant goes on");
        assert!(!participant.session.progress.globals().contains_key("check.why"));
    }
}
