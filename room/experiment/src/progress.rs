//! Walks one participant through an experiment. The state is plain data and is stored, so a participant who reloads the
//! page comes back to the same place, the same condition and the same completion code.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use footlights_protocol::Outcome;

use crate::{
    answer::{Answer, Globals},
    ending::{Ending, Transition},
    experiment::Experiment,
    page::{ValidationErrors, accept},
    plan::Condition,
    scene::Scene,
    screening::DeviceReport,
};

/// Where one participant is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The ids of the drawn scenes; none until the participant has begun.
    path: Vec<String>,
    position: usize,
    #[serde(alias = "cell")]
    condition: Condition,
    draw: u64,
    outcomes: BTreeMap<String, Outcome>,
    attempts: BTreeMap<String, u32>,
    #[serde(deserialize_with = "stored_globals")]
    globals: Globals,
    ended: Option<Ended>,
}

/// Globals as they are stored. An older build called `arm.factor` what is `condition.factor` now; no scene may be called
/// `arm`.
fn stored_globals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Globals, D::Error> {
    let renamed = |(name, value): (String, Answer)| match name.strip_prefix("arm.") {
        Some(factor) => (format!("condition.{factor}"), value),
        None => (name, value),
    };
    Ok(Globals::deserialize(deserializer)?.into_iter().map(renamed).collect())
}

/// How the experiment ended, or will end, for a participant who does not go through all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// What the participant reads on the last page.
    pub message: Option<String>,
    /// Where the last page leads, if not to the usual address.
    pub redirect: Option<String>,
}

/// What is drawn when a participant begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The level of each factor.
    pub condition: Condition,
    /// The seed of shuffled orders and of a generated code.
    pub seed: u64,
}

/// The result of a game that is over and whose data are saved, or of one that never takes place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameResult {
    /// The scene.
    pub scene: String,
    /// How the game ended for this participant.
    pub outcome: Outcome,
    /// The game's id; empty if there was no game.
    pub game: String,
    /// The participant's sum of rewards.
    pub score: f64,
    /// The globals that the scene's hooks set, by name.
    pub globals: Globals,
}

/// What follows from a page that a participant sent.
#[derive(Debug, Clone, PartialEq)]
pub enum SubmitOutcome {
    /// The participant goes on.
    Accepted(Submission),
    /// The page is shown again, because an answer is missing, refused or not right.
    Retry {
        /// What is wrong, by the id of the question.
        errors: ValidationErrors,
        /// How often the participant may still send the page, if that is limited.
        attempts_left: Option<u32>,
        /// The answers, if they could be read but were not right; they are data, too.
        submission: Option<Submission>,
    },
}

/// The answers that a participant sent with a page, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// How often the participant has sent the page, from 1.
    pub attempt: u32,
    /// The answers by the id of the question; those left out are missing.
    pub answers: BTreeMap<String, Answer>,
    /// Whether each answer is right, for questions that have a right answer.
    pub correct: BTreeMap<String, bool>,
}

/// Why a participant cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ProgressError {
    /// That scene is not the current one: the page is an old tab, or its address was typed in.
    #[error("the current scene is {current:?}, not {asked:?}")]
    NotHere {
        /// Where the participant is.
        current: String,
        /// The scene of the request.
        asked: String,
    },
    /// The game is not over, or its data are not saved yet.
    #[error("the data of {0:?} are still being saved")]
    NotSaved(String),
    /// The game of that scene is over, and a scene has only one.
    #[error("the game of {0:?} is over")]
    Over(String),
    /// The last scene leads nowhere.
    #[error("the experiment is over")]
    AtTheEnd,
}

impl Progress {
    /// The scene in which the participant is. A scene that a later deployment removed is skipped.
    #[must_use]
    pub fn current<'a>(&self, experiment: &'a Experiment) -> Option<&'a Scene> {
        let drawn = self.path.iter().skip(self.position).find_map(|id| experiment.find(id));
        let scenes = experiment.scenes();
        drawn.or_else(|| if self.begun() { scenes.last().copied() } else { scenes.first().copied() })
    }

    fn current_id<'a>(&self, experiment: &'a Experiment) -> &'a str {
        self.current(experiment).map(Scene::id).unwrap_or_default()
    }

    /// How many scenes the participant has gone through, and how many there are.
    #[must_use]
    pub fn progress(&self, experiment: &Experiment) -> (usize, usize) {
        let steps = if self.begun() { self.path.len() } else { experiment.scenes().len() }.saturating_sub(1);
        (self.position.min(steps), steps)
    }

    /// Whether the participant has begun.
    #[must_use]
    pub fn begun(&self) -> bool {
        !self.path.is_empty()
    }

    /// The level of each factor.
    #[must_use]
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The ids of the drawn scenes, in order.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// What is known about the participant, by name.
    #[must_use]
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// How the experiment ended; `None` while the participant takes part.
    #[must_use]
    pub fn ending(&self, experiment: &Experiment) -> Option<Ending> {
        let last = self.begun() && self.current(experiment).is_some_and(Scene::is_last);
        last.then(|| self.ended.as_ref().map_or(Ending::Completed, |ended| ended.ending))
    }

    /// More about an ending other than `completed`.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// The completion code for the participant's ending.
    #[must_use]
    pub fn code(&self, experiment: &Experiment) -> Option<String> {
        experiment.completion.as_ref()?.code_of(self.ending(experiment)?, self.draw)
    }

    /// Where the last page leads.
    #[must_use]
    pub fn redirect<'a>(&'a self, experiment: &'a Experiment) -> Option<&'a str> {
        let own = self.ended.as_ref().and_then(|ended| ended.redirect.as_deref());
        own.or_else(|| experiment.completion.as_ref()?.redirect.as_deref())
    }

    /// The participant presses the button of the first page; from now on there are data. A second call changes nothing.
    /// `globals` are the parameters of the address.
    ///
    /// # Errors
    /// `scene` is not the current scene.
    pub fn begin(
        &mut self,
        experiment: &Experiment,
        scene: &str,
        draw: Assignment,
        globals: Globals,
    ) -> Result<(), ProgressError> {
        self.must_be_in(experiment, scene)?;
        if self.begun() {
            return Ok(());
        }
        self.path = experiment.draw(&draw.condition, draw.seed);
        self.draw = draw.seed;
        self.globals = globals;
        for (factor, level) in &draw.condition {
            self.globals.insert(format!("condition.{factor}"), Answer::Text(level.clone()));
        }
        self.condition = draw.condition;
        self.position = 1;
        Ok(())
    }

    /// The participant sends the current page: (question, value) pairs.
    ///
    /// # Errors
    /// `scene` is not the current scene, is the last one, or is a game that is not over yet.
    pub fn submit(
        &mut self,
        experiment: &Experiment,
        scene: &str,
        sent: &[(String, String)],
        user_agent: &str,
    ) -> Result<SubmitOutcome, ProgressError> {
        self.must_be_in(experiment, scene)?;
        let Some(current) = self.current(experiment) else { return Err(ProgressError::AtTheEnd) };
        if current.is_last() {
            return Err(ProgressError::AtTheEnd);
        }
        if matches!(current, Scene::Game(_)) && !self.outcomes.contains_key(scene) {
            return Err(ProgressError::NotSaved(scene.into()));
        }
        let mut answers = match accept(&current.questions(), sent) {
            Ok(answers) => answers,
            Err(errors) => {
                let attempts_left = self.attempts_left(current);
                return Ok(SubmitOutcome::Retry { errors, attempts_left, submission: None });
            }
        };
        let attempt = self.attempts.get(scene).copied().unwrap_or(0) + 1;
        let (mut transition, mut ending, mut message) = (Transition::Next, Ending::Completed, None);
        let mut correct = BTreeMap::new();
        match current {
            Scene::Screening(screening) => {
                let number = |id: &str| match answers.get(id) {
                    Some(Answer::Number(number)) => Some(*number),
                    _ => None,
                };
                let touch = answers.get("touch") == Some(&Answer::Text("true".into()));
                let report = DeviceReport::new(user_agent, number, touch);
                let verdict = screening.judge(&report);
                answers.extend(report.answers());
                let word = verdict.as_ref().err().map_or("passed", |(requirement, _)| requirement.as_str());
                answers.insert("verdict".into(), Answer::Text(word.into()));
                if let Err((_, words)) = verdict {
                    (transition, ending, message) = (Transition::End, Ending::ScreenedOut, Some(words));
                }
            }
            Scene::Game(game) => {
                if let Some(outcome) = self.outcomes.get(scene) {
                    (transition, ending) = game.transition_for(*outcome);
                    if *outcome == Outcome::LobbyTimeout {
                        message = Some(game.waitroom.timeout_message.clone());
                    }
                }
            }
            Scene::Start(page) | Scene::Static(page) | Scene::End(page) | Scene::CompletionCode(page) => {
                if let Some(check) = &page.check {
                    for question in &page.questions {
                        if let Some(right) = question.is_correct(answers.get(&question.id)) {
                            correct.insert(question.id.clone(), right);
                        }
                    }
                    let errors = page.mistakes(&answers);
                    if !errors.is_empty() {
                        self.attempts.insert(scene.to_owned(), attempt);
                        let left = check.attempts.saturating_sub(attempt);
                        if left > 0 {
                            let submission = Some(Submission { attempt, answers, correct });
                            return Ok(SubmitOutcome::Retry {
                                errors,
                                attempts_left: Some(left),
                                submission,
                            });
                        }
                        (transition, ending) = (check.otherwise.clone(), Ending::FailedCheck);
                    }
                }
            }
        }
        for (question, answer) in &answers {
            self.globals.insert(format!("{scene}.{question}"), answer.clone());
        }
        self.go(experiment, transition, ending, message);
        Ok(SubmitOutcome::Accepted(Submission { attempt, answers, correct }))
    }

    /// Drops the globals that the answers to a scene left, where there is no room to store them.
    pub fn forget_answers(&mut self, scene: &str) {
        let prefix = format!("{scene}.");
        self.globals.retain(|name, _| !name.starts_with(&prefix));
    }

    fn attempts_left(&self, scene: &Scene) -> Option<u32> {
        let check = scene.page()?.check.as_ref()?;
        Some(check.attempts.saturating_sub(self.attempts.get(scene.id()).copied().unwrap_or(0)))
    }

    fn go(
        &mut self,
        experiment: &Experiment,
        transition: Transition,
        ending: Ending,
        message: Option<String>,
    ) {
        let redirect = if let Transition::Redirect(url) = &transition { Some(url.clone()) } else { None };
        // The first ending other than `completed` counts.
        if (ending != Ending::Completed || redirect.is_some()) && self.ended.is_none() {
            self.ended = Some(Ended { ending, message, redirect });
        }
        let last = self.path.len().saturating_sub(1);
        // A scene that a deployment removed was skipped.
        let here = self.current_id(experiment);
        let here = self.path.iter().position(|id| id == here).unwrap_or(self.position);
        self.position = match transition {
            Transition::Next => here + 1,
            Transition::Goto(scene) => self.path.iter().position(|id| *id == scene).unwrap_or(here + 1),
            Transition::End | Transition::Redirect(_) => last,
        }
        .min(last);
    }

    /// A game is over and its data are saved, or there will be none. The first result of a scene counts.
    pub fn played(&mut self, played: GameResult) {
        if self.outcomes.contains_key(&played.scene) {
            return;
        }
        let scene = &played.scene;
        let known = [
            ("outcome", Answer::Text(played.outcome.as_str().into())),
            ("score", Answer::Number(played.score)),
            ("game_id", Answer::Text(played.game)),
        ];
        for (name, value) in
            known.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(played.globals)
        {
            self.globals.insert(format!("{scene}.{name}"), value);
        }
        self.outcomes.insert(played.scene, played.outcome);
    }

    /// How the game of that scene ended, once its data are saved.
    #[must_use]
    pub fn outcome(&self, scene: &str) -> Option<Outcome> {
        self.outcomes.get(scene).copied()
    }

    /// Whether the participant may play the game of `scene`.
    ///
    /// # Errors
    /// `scene` is not the current scene, or its game is over.
    pub fn may_play(&self, experiment: &Experiment, scene: &str) -> Result<(), ProgressError> {
        self.must_be_in(experiment, scene)?;
        match self.outcome(scene) {
            Some(_) => Err(ProgressError::Over(scene.into())),
            None => Ok(()),
        }
    }

    /// The id of the current scene if it is a game that is over, so that the participant can go on.
    #[must_use]
    pub fn is_over<'a>(&self, experiment: &'a Experiment) -> Option<&'a str> {
        self.current(experiment).map(Scene::id).filter(|scene| self.outcome(scene).is_some())
    }

    fn must_be_in(&self, experiment: &Experiment, scene: &str) -> Result<(), ProgressError> {
        let current = self.current_id(experiment);
        if current == scene {
            return Ok(());
        }
        Err(ProgressError::NotHere { current: current.into(), asked: scene.into() })
    }
}

#[cfg(test)]
mod tests {
    use footlights_example_environments::mountain_car::{Config, MountainCar, Push};

    use super::*;
    use crate::{Block, Completion, Device, Factor, GameScene, Page, Question, Requirement, Screening, Seat};

    const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36";

    fn game(id: &str) -> GameScene {
        GameScene::new::<MountainCar>(id, Config::default()).seat(Seat::Human).action(
            &["ArrowLeft"],
            Push::Left,
            "left",
        )
    }

    fn experiment() -> Experiment {
        Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(
                Screening::new("screening").devices(&[Device::Desktop]).message(Requirement::Device, "No."),
            )
            .scene(
                Page::new("check", "Check")
                    .ask(Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]))
                    .attempts(2, Transition::End),
            )
            .scene(game("game").on(
                Outcome::PartnerLeft,
                Transition::Goto("survey".into()),
                Ending::PartnerLeft,
            ))
            .factor(
                Factor::new("tone")
                    .level("kind", Block::new().scene(Page::new("kind", "K")))
                    .level("stern", Block::new().scene(Page::new("stern", "S"))),
            )
            .scene(Page::new("survey", "Survey").ask(Question::number_input("age", "Age", 18.0, 99.0)))
            .scene(Scene::completion_code(Page::new("end", "Bye")))
            .completion(
                Completion::new()
                    .generated_code(Ending::Completed)
                    .code(Ending::FailedCheck, "CHECK")
                    .code(Ending::ScreenedOut, "OUT")
                    .code(Ending::PartnerLeft, "LEFT")
                    .redirect("https://example.org/done"),
            )
    }

    fn sent(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(id, value)| (id.to_string(), value.to_string())).collect()
    }

    fn device() -> Vec<(String, String)> {
        sent(&[("window_width", "1280"), ("window_height", "800"), ("ping_ms", "20"), ("touch", "false")])
    }

    fn begun(experiment: &Experiment, arm: &str) -> Progress {
        let mut progress = Progress::default();
        let condition = Condition::from([("tone".to_owned(), arm.to_owned())]);
        progress.begin(experiment, "start", Assignment { condition, seed: 9 }, Globals::new()).unwrap();
        progress
    }

    fn played(scene: &str, outcome: Outcome) -> GameResult {
        GameResult { scene: scene.into(), outcome, game: "g1".into(), score: 3.0, globals: Globals::new() }
    }

    fn accepted(
        progress: &mut Progress,
        experiment: &Experiment,
        scene: &str,
        with: &[(String, String)],
    ) -> Submission {
        match progress.submit(experiment, scene, with, DESKTOP).unwrap() {
            SubmitOutcome::Accepted(submission) => submission,
            again => panic!("{again:?}"),
        }
    }

    fn at_the_game(experiment: &Experiment) -> Progress {
        let mut progress = begun(experiment, "stern");
        accepted(&mut progress, experiment, "screening", &device());
        accepted(&mut progress, experiment, "check", &sent(&[("goal", "right")]));
        progress
    }

    #[test]
    fn scenes_come_in_order_and_a_game_must_be_saved_first() {
        let experiment = experiment();
        assert_eq!(experiment.validate(), Ok(()));
        let mut progress = at_the_game(&experiment);
        assert_eq!(
            progress.submit(&experiment, "game", &[], ""),
            Err(ProgressError::NotSaved("game".into()))
        );
        assert_eq!((progress.may_play(&experiment, "game"), progress.is_over(&experiment)), (Ok(()), None));
        progress.played(played("game", Outcome::Completed));
        assert_eq!(progress.may_play(&experiment, "game"), Err(ProgressError::Over("game".into())));
        assert_eq!(progress.is_over(&experiment), Some("game"));
        accepted(&mut progress, &experiment, "game", &[]);
        accepted(&mut progress, &experiment, "stern", &[]);
        assert_eq!(progress.ending(&experiment), None);
        let submission = accepted(&mut progress, &experiment, "survey", &sent(&[("age", "30")]));
        assert_eq!(submission.answers["age"], Answer::Number(30.0));
        assert_eq!(progress.ending(&experiment), Some(Ending::Completed));
        assert_eq!(progress.progress(&experiment), (6, 6));
        assert_eq!(progress.submit(&experiment, "end", &[], ""), Err(ProgressError::AtTheEnd));
        assert_eq!(progress.globals()["survey.age"], Answer::Number(30.0));
        assert_eq!(progress.globals()["game.score"], Answer::Number(3.0));
        assert_eq!(progress.globals()["condition.tone"], Answer::Text("stern".into()));
    }

    #[test]
    fn what_was_drawn_survives_being_stored_and_beginning_again() {
        let experiment = experiment();
        let mut progress = begun(&experiment, "kind");
        let stored = serde_json::to_string(&progress).unwrap();
        assert_eq!(serde_json::from_str::<Progress>(&stored).unwrap(), progress);
        // A second press of the first page's button, with another draw, is an old tab's.
        let again = progress.begin(&experiment, "start", Assignment::default(), Globals::new());
        assert!(matches!(again, Err(ProgressError::NotHere { .. })));
        assert_eq!(progress.condition()["tone"], "kind");
        assert_eq!(progress.path(), ["start", "screening", "check", "game", "kind", "survey", "end"]);
    }

    #[test]
    fn what_an_older_build_stored_is_read_under_todays_names() {
        let stored = r#"{"path":["start","check","end"],"position":1,"cell":{"tone":"kind"},"draw":9,
            "outcomes":{"game":"partner_left"},"attempts":{"check":1},
            "globals":{"arm.tone":"kind","url.arm":"a","game.score":3.0},"ended":null}"#;
        let progress: Progress = serde_json::from_str(stored).unwrap();
        assert_eq!(progress.condition()["tone"], "kind");
        assert_eq!(progress.outcome("game"), Some(Outcome::PartnerLeft));
        let globals: Vec<&str> = progress.globals().keys().map(String::as_str).collect();
        assert_eq!(globals, ["condition.tone", "game.score", "url.arm"]);
    }

    #[test]
    fn who_fails_the_check_may_try_again_and_then_ends_with_the_code_for_it() {
        let experiment = experiment();
        let mut progress = begun(&experiment, "kind");
        accepted(&mut progress, &experiment, "screening", &device());
        let wrong = sent(&[("goal", "left")]);
        // What cannot be read does not count as an attempt.
        let unread = progress.submit(&experiment, "check", &[], DESKTOP).unwrap();
        assert!(matches!(unread, SubmitOutcome::Retry { attempts_left: Some(2), submission: None, .. }));
        match progress.submit(&experiment, "check", &wrong, DESKTOP).unwrap() {
            SubmitOutcome::Retry { errors, attempts_left: Some(1), submission: Some(submission) } => {
                assert!(
                    errors.contains_key("goal") && submission.attempt == 1 && !submission.correct["goal"]
                );
            }
            other => panic!("{other:?}"),
        }
        let last = accepted(&mut progress, &experiment, "check", &wrong);
        assert_eq!((last.attempt, last.correct["goal"]), (2, false));
        assert_eq!(progress.ending(&experiment), Some(Ending::FailedCheck));
        assert_eq!(progress.code(&experiment).as_deref(), Some("CHECK"));
    }

    #[test]
    fn who_is_screened_out_ends_with_the_reason_and_the_report_is_data() {
        let experiment = experiment();
        let mut progress = begun(&experiment, "kind");
        let phone = "Mozilla/5.0 (iPhone) Mobile Safari/604.1";
        let SubmitOutcome::Accepted(submission) =
            progress.submit(&experiment, "screening", &device(), phone).unwrap()
        else {
            panic!("refused");
        };
        assert_eq!(submission.answers["device"], Answer::Text("phone".into()));
        assert_eq!(submission.answers["verdict"], Answer::Text("device".into()));
        assert_eq!(progress.ending(&experiment), Some(Ending::ScreenedOut));
        assert_eq!(progress.ended().unwrap().message.as_deref(), Some("No."));
        assert_eq!(progress.code(&experiment).as_deref(), Some("OUT"));
    }

    #[test]
    fn an_outcome_leads_where_the_researcher_says_and_stays_the_ending() {
        let experiment = experiment();
        let mut left = at_the_game(&experiment);
        left.played(played("game", Outcome::PartnerLeft));
        // The first report counts.
        left.played(played("game", Outcome::Completed));
        accepted(&mut left, &experiment, "game", &[]);
        assert_eq!(left.current(&experiment).unwrap().id(), "survey");
        accepted(&mut left, &experiment, "survey", &sent(&[("age", "20")]));
        assert_eq!(left.ending(&experiment), Some(Ending::PartnerLeft));
        assert_eq!(left.code(&experiment).as_deref(), Some("LEFT"));
        assert_eq!(left.redirect(&experiment), Some("https://example.org/done"));

        let mut alone = at_the_game(&experiment);
        alone.played(played("game", Outcome::LobbyTimeout));
        accepted(&mut alone, &experiment, "game", &[]);
        assert_eq!(alone.ending(&experiment), Some(Ending::LobbyTimeout));
        assert!(alone.ended().unwrap().message.is_some());
        assert_eq!(alone.code(&experiment), None);
    }

    #[test]
    fn a_generated_code_stays_the_same() {
        let experiment = experiment();
        let mut progress = at_the_game(&experiment);
        progress.played(played("game", Outcome::Completed));
        accepted(&mut progress, &experiment, "game", &[]);
        accepted(&mut progress, &experiment, "stern", &[]);
        assert_eq!(progress.code(&experiment), None);
        accepted(&mut progress, &experiment, "survey", &sent(&[("age", "20")]));
        let code = progress.code(&experiment).unwrap();
        let stored: Progress = serde_json::from_str(&serde_json::to_string(&progress).unwrap()).unwrap();
        assert_eq!(stored.code(&experiment), Some(code));
    }

    #[test]
    fn an_old_tab_cannot_skip_ahead() {
        let experiment = experiment();
        let mut progress = Progress::default();
        for scene in ["game", "end", "nothing"] {
            let ahead = progress.submit(&experiment, scene, &[], "");
            assert!(matches!(ahead, Err(ProgressError::NotHere { .. })));
            assert!(matches!(progress.may_play(&experiment, scene), Err(ProgressError::NotHere { .. })));
        }
        assert!(!progress.begun());
    }

    #[test]
    fn a_scene_that_a_deployment_took_away_is_passed_over() {
        let full = experiment();
        let mut progress = begun(&full, "kind");
        let mut less = full.clone();
        less.steps.remove(1);
        assert_eq!(progress.current(&less).unwrap().id(), "check");
        accepted(&mut progress, &less, "check", &sent(&[("goal", "right")]));
        assert_eq!(progress.current(&less).unwrap().id(), "game");
    }
}
