//! Everything about one participant, and the rules for what may happen to it. It is stored as it is; the object around
//! it adds the clock, the storage and the sockets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use footlights_data::{
    event::{EventKind, Retention},
    session::{Identifiers, SessionEvent, SessionRecord, TimedSubmission},
};
use footlights_experiment::{
    Answer, Ending, Experiment, Globals, Scene,
    progress::{Assignment, GameResult, ProgressError, SubmitOutcome},
};

/// Events that are kept of one participant.
const MAX_EVENTS: usize = 500;
/// So many of them only for what does not come from tabs, lobbies and attention.
const KEPT_EVENTS: usize = 150;
/// Sheets that are kept of one participant; more than any study has pages and attempts.
const MAX_SHEETS: usize = 2_000;

/// Who a participant is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The experiment's id.
    pub experiment: String,
    /// The pseudonym in addresses and data.
    pub subject: String,
    /// Where the participant comes from: `prolific`, `mturk` or `link`.
    pub source: String,
    /// What the recruiter calls them: `PROLIFIC_PID`, `workerId` and the like. Kept apart from all other data.
    pub identifiers: BTreeMap<String, String>,
    /// Parameters of the address that the experiment asks for.
    pub parameters: BTreeMap<String, String>,
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

/// One participant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// What analysts get to know, the experiment and the subject known once the participant has begun.
    pub session: SessionRecord,
    /// The game that runs.
    pub game: Option<RunningGame>,
    /// Since when they wait, by scene: a reload or a failed match does not cost the place in the queue.
    waiting: BTreeMap<String, u64>,
}

impl Participant {
    /// The button of the first page is pressed: from here on there are data. Doing it twice draws nothing anew.
    pub fn begin(
        &mut self,
        now: u64,
        experiment: &Experiment,
        scene: &str,
        identity: Identity,
        draw: Assignment,
    ) -> Result<(), ProgressError> {
        let known = |name: &String| experiment.parameters.contains(name);
        let parameters = identity.parameters.iter().filter(|(name, _)| known(name));
        let globals: Globals =
            parameters.map(|(name, value)| (format!("url.{name}"), Answer::Text(value.clone()))).collect();
        self.session.progress.begin(experiment, scene, draw, globals)?;
        self.session.experiment = identity.experiment;
        self.session.subject = identity.subject;
        self.session.identifiers =
            Some(Identifiers { source: identity.source, external: identity.identifiers });
        self.session.begun_at_ms = now;
        self.note(now, experiment, EventKind::Begun, String::new());
        self.arrived(now, experiment);
        Ok(())
    }

    /// The current page is sent.
    pub fn submit(
        &mut self,
        now: u64,
        experiment: &Experiment,
        scene: &str,
        sent: &[(String, String)],
        user_agent: &str,
    ) -> Result<SubmitOutcome, ProgressError> {
        let submitted = self.session.progress.submit(experiment, scene, sent, user_agent)?;
        let (submission, accepted) = match &submitted {
            SubmitOutcome::Accepted(submission) => (Some(submission), true),
            SubmitOutcome::Retry { submission, .. } => (submission.as_ref(), false),
        };
        let submissions = &mut self.session.submissions;
        if let Some(submission) =
            submission.filter(|submission| !submission.answers.is_empty() && submissions.len() < MAX_SHEETS)
        {
            submissions.push(TimedSubmission {
                scene: scene.to_owned(),
                at_ms: now,
                submission: submission.clone(),
            });
        }
        if accepted {
            self.arrived(now, experiment);
        }
        Ok(submitted)
    }

    /// Since when they wait in the lobby of that scene.
    pub fn wait(&mut self, now: u64, scene: &str) -> u64 {
        *self.waiting.entry(scene.to_owned()).or_insert(now)
    }

    /// A room was made for them.
    pub fn matched(&mut self, game: RunningGame) {
        self.game = Some(game);
    }

    /// Somebody did not come to that game: they wait again, in their old place.
    pub fn unmatched(&mut self, game: &str) {
        self.game.take_if(|running| running.game == game);
    }

    /// A game is over and saved, or there will be none.
    pub fn played(&mut self, played: GameResult) {
        self.game.take_if(|running| running.game == played.game);
        self.session.progress.played(played);
    }

    /// How the study ended; `None` while it goes on.
    pub fn ending(&self, experiment: &Experiment) -> Option<Ending> {
        self.session.progress.ending(experiment)
    }

    /// Keeps that something happened. What happens before the participant has begun is not kept.
    pub fn note(&mut self, now: u64, experiment: &Experiment, kind: EventKind, detail: String) {
        // What a flaky network or a restless hand causes leaves room for what decides.
        let noise = kind.retention() == Retention::Noise;
        let most = if noise { MAX_EVENTS - KEPT_EVENTS } else { MAX_EVENTS };
        if !self.session.progress.begun() || self.session.events.len() >= most {
            return;
        }
        let scene = self.session.progress.current(experiment).map(Scene::id).unwrap_or_default().to_owned();
        self.session.events.push(SessionEvent { at_ms: now, scene, kind, detail });
    }

    fn arrived(&mut self, now: u64, experiment: &Experiment) {
        self.note(now, experiment, EventKind::SceneEntered, String::new());
        if let Some(ending) = self.ending(experiment) {
            self.session.ended_at_ms = Some(now);
            self.note(now, experiment, EventKind::Ended, ending.as_str().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use footlights_experiment::{Page, Question};

    fn experiment() -> Experiment {
        Experiment::new("e", "E")
            .parameter("group")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(Page::new("survey", "Survey").ask(Question::text_box("why", "Why?")))
            .scene(Scene::end(Page::new("end", "Bye")))
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

    #[test]
    fn nothing_is_kept_before_the_participant_has_begun_and_everything_after() {
        let experiment = experiment();
        let mut participant = Participant::default();
        participant.note(1, &experiment, EventKind::TabOpened, String::new());
        assert_eq!(participant, Participant::default());
        participant.begin(10, &experiment, "start", identity(), Assignment::default()).unwrap();
        assert!(participant.begin(11, &experiment, "start", identity(), Assignment::default()).is_err());
        let globals = participant.session.progress.globals().keys().cloned().collect::<Vec<_>>();
        assert_eq!(globals, ["url.group"]);
        let again = participant.submit(20, &experiment, "survey", &[], "").unwrap();
        assert!(matches!(again, SubmitOutcome::Retry { .. }) && participant.session.submissions.is_empty());
        let sent = [("why".to_owned(), "because".to_owned())];
        participant.submit(30, &experiment, "survey", &sent, "").unwrap();
        assert_eq!(participant.session.submissions[0].at_ms, 30);
        assert_eq!((participant.session.begun_at_ms, participant.session.ended_at_ms), (10, Some(30)));
        let kinds: Vec<_> =
            participant.session.events.iter().map(|h| (h.kind.as_str(), h.scene.as_str())).collect();
        assert_eq!(kinds, [("begun", "survey"), ("scene", "survey"), ("scene", "end"), ("ended", "end")]);
    }

    #[test]
    fn noise_leaves_room_for_what_decides() {
        let experiment = experiment();
        let mut participant = Participant::default();
        participant.begin(1, &experiment, "start", identity(), Assignment::default()).unwrap();
        for _ in 0..MAX_EVENTS {
            participant.note(2, &experiment, EventKind::PageHidden, String::new());
        }
        participant.note(3, &experiment, EventKind::GameOver, String::new());
        assert_eq!(participant.session.events.len(), MAX_EVENTS - KEPT_EVENTS + 1);
        assert_eq!(participant.session.events.last().unwrap().kind, EventKind::GameOver);
    }

    #[test]
    fn a_failed_match_keeps_the_place_in_the_queue() {
        let mut participant = Participant::default();
        assert_eq!(participant.wait(5, "game"), 5);
        let game = |id: &str| RunningGame { scene: "game".into(), game: id.into(), socket: "/s".into() };
        participant.matched(game("a"));
        participant.unmatched("b");
        assert_eq!(participant.game, Some(game("a")));
        participant.unmatched("a");
        assert_eq!((participant.game.clone(), participant.wait(90, "game")), (None, 5));
    }
}
