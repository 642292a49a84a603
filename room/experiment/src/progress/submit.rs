//! What follows from a page that a participant sends.

use std::collections::BTreeMap;

use footlights_protocol::{
    Outcome,
    form::NO_SCRIPT,
    words::{Text, Words, texts},
};
use serde::{Deserialize, Serialize};

use super::{Ended, Progress, ProgressError};
use crate::{
    answer::Answer,
    ending::{Ending, Transition},
    experiment::Experiment,
    game::GameScene,
    page::{ComprehensionCheck, Page, ValidationErrors, accept},
    scene::Scene,
    screening::{DeviceReport, Requirement, Screening},
};

/// Why the page's program does not run in somebody's browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoProgram {
    /// It runs no scripts.
    NoScript,
    /// The program did not come over the network, or broke.
    NotLoaded,
    /// It lacks what the program needs.
    TooOld,
}

impl NoProgram {
    /// What a form said, if it said so.
    #[must_use]
    pub fn of(sent: &[(String, String)]) -> Option<Self> {
        match sent.iter().find(|(name, _)| name == NO_SCRIPT)?.1.as_str() {
            "true" => Some(Self::NoScript),
            "not_loaded" => Some(Self::NotLoaded),
            "too_old" => Some(Self::TooOld),
            _ => None,
        }
    }

    /// Its name in the data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoScript => "no_script",
            Self::NotLoaded => "not_loaded",
            Self::TooOld => "too_old",
        }
    }

    /// What the participant reads at the end.
    const fn text(self) -> Text {
        match self {
            Self::NoScript => texts::REFUSED_JAVASCRIPT,
            Self::NotLoaded => texts::NOT_LOADED,
            Self::TooOld => texts::TOO_OLD,
        }
    }
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

/// Where a participant goes from a scene, and the ending that counts from then on.
struct Route {
    transition: Transition,
    ending: Ending,
    /// What the participant reads on the last page.
    message: Option<String>,
}

impl Route {
    /// On to the next scene.
    const NEXT: Self = Self { transition: Transition::Next, ending: Ending::Completed, message: None };
}

/// What a check says of the answers to its page.
enum CheckResult {
    Passed,
    /// The page is shown again.
    TryAgain {
        errors: ValidationErrors,
        attempts_left: u32,
    },
    /// That was the last attempt.
    Failed,
}

impl Progress {
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
        let words = experiment.words();
        let Some(current) = self.current(experiment) else { return Err(ProgressError::AtTheEnd) };
        if current.is_last() {
            return Err(ProgressError::AtTheEnd);
        }
        if let Some(why) = NoProgram::of(sent).filter(|_| self.needs_program(experiment)) {
            let mut submission =
                Submission { attempt: 1, answers: BTreeMap::new(), correct: BTreeMap::new() };
            let mut message = words.get(why.text()).to_owned();
            if let Scene::Screening(screening) = current {
                let verdict = Requirement::JavaScript.as_str();
                submission.answers.insert("verdict".into(), Answer::Text(verdict.into()));
                if why == NoProgram::NoScript {
                    message = screening.words(Requirement::JavaScript, words);
                }
            }
            let transition = Transition::End;
            self.follow(
                experiment,
                Route { transition, ending: Ending::ScreenedOut, message: Some(message) },
            );
            return Ok(SubmitOutcome::Accepted(submission));
        }
        if matches!(current, Scene::Game(_)) && self.outcome(scene).is_none() {
            return Err(ProgressError::NotSaved(scene.into()));
        }
        // What the page's program measured is written as programs write numbers, in every language.
        let programs = Words::default();
        let read = if matches!(current, Scene::Screening(_)) { &programs } else { words };
        let answers = match accept(&current.questions(), sent, read) {
            Ok(answers) => answers,
            Err(errors) => {
                let attempts_left = self.attempts_left(current);
                return Ok(SubmitOutcome::Retry { errors, attempts_left, submission: None });
            }
        };
        let attempt = self.attempts.get(scene).copied().unwrap_or(0) + 1;
        let mut submission = Submission { attempt, answers, correct: BTreeMap::new() };
        let route = match current {
            Scene::Screening(screening) => screen(screening, user_agent, &mut submission.answers, words),
            Scene::Game(game) => self.route_after(game, words),
            Scene::Start(page) | Scene::Static(page) | Scene::End(page) | Scene::CompletionCode(page) => {
                match &page.check {
                    None => Route::NEXT,
                    Some(check) => match self.check(page, check, &mut submission, words) {
                        CheckResult::Passed => Route::NEXT,
                        CheckResult::TryAgain { errors, attempts_left } => {
                            return Ok(SubmitOutcome::Retry {
                                errors,
                                attempts_left: Some(attempts_left),
                                submission: Some(submission),
                            });
                        }
                        CheckResult::Failed => Route {
                            transition: check.otherwise.clone(),
                            ending: Ending::FailedCheck,
                            message: None,
                        },
                    },
                }
            }
        };
        for (question, answer) in &submission.answers {
            self.globals.insert(format!("{scene}.{question}"), answer.clone());
        }
        self.follow(experiment, route);
        Ok(SubmitOutcome::Accepted(submission))
    }

    /// The time of the current page is over: what was sent with it and can be accepted is kept, and the participant goes
    /// where its [limit](crate::Page::time_limit) says.
    ///
    /// # Errors
    /// `scene` is not the current scene, or its page has no limit.
    pub fn run_out_of_time(
        &mut self,
        experiment: &Experiment,
        scene: &str,
        sent: &[(String, String)],
    ) -> Result<Submission, ProgressError> {
        self.must_be_in(experiment, scene)?;
        let words = experiment.words();
        let page = self.current(experiment).and_then(Scene::page);
        let Some((page, limit)) = page.and_then(|page| Some((page, page.limit.clone()?))) else {
            return Err(ProgressError::AtTheEnd);
        };
        let attempt = self.attempts.get(scene).copied().unwrap_or(0) + 1;
        let mut submission = Submission { attempt, answers: BTreeMap::new(), correct: BTreeMap::new() };
        for question in &page.questions {
            // One that is missing or wrong in form is left out.
            if let Ok(answers) = accept(std::slice::from_ref(question), sent, words) {
                submission.answers.extend(answers);
            }
            if let Some(right) = question.is_correct(submission.answers.get(&question.id)) {
                submission.correct.insert(question.id.clone(), right);
            }
        }
        for (question, answer) in &submission.answers {
            self.globals.insert(format!("{scene}.{question}"), answer.clone());
        }
        let ending = match limit.then {
            Transition::Next | Transition::Goto(_) => Ending::Completed,
            Transition::End | Transition::Redirect(_) => Ending::Left,
        };
        self.follow(experiment, Route { transition: limit.then, ending, message: None });
        Ok(submission)
    }

    /// Whether nobody gets past the current scene without the page's program.
    #[must_use]
    pub fn needs_program(&self, experiment: &Experiment) -> bool {
        let current = self.current(experiment);
        let scene = current.filter(|scene| matches!(scene, Scene::Screening(_) | Scene::Game(_)));
        scene.is_some_and(|scene| self.outcome(scene.id()).is_none())
    }

    fn attempts_left(&self, scene: &Scene) -> Option<u32> {
        let check = scene.page()?.check.as_ref()?;
        Some(check.attempts.saturating_sub(self.attempts.get(scene.id()).copied().unwrap_or(0)))
    }

    /// Notes which answers to a page are right, and counts the attempt if one is wrong.
    fn check(
        &mut self,
        page: &Page,
        check: &ComprehensionCheck,
        submission: &mut Submission,
        words: &Words,
    ) -> CheckResult {
        for question in &page.questions {
            if let Some(right) = question.is_correct(submission.answers.get(&question.id)) {
                submission.correct.insert(question.id.clone(), right);
            }
        }
        let errors = page.mistakes_in(&submission.answers, words);
        if errors.is_empty() {
            return CheckResult::Passed;
        }
        self.attempts.insert(page.id.clone(), submission.attempt);
        match check.attempts.saturating_sub(submission.attempt) {
            0 => CheckResult::Failed,
            attempts_left => CheckResult::TryAgain { errors, attempts_left },
        }
    }

    fn route_after(&self, game: &GameScene, words: &Words) -> Route {
        let Some(outcome) = self.outcome(&game.id) else { return Route::NEXT };
        let (transition, ending) = game.transition_for(outcome);
        let timed_out = outcome == Outcome::LobbyTimeout;
        Route {
            transition,
            ending,
            message: timed_out.then(|| game.waitroom.timeout_words(words).to_owned()),
        }
    }

    fn follow(&mut self, experiment: &Experiment, route: Route) {
        let Route { transition, ending, message } = route;
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
}

/// Judges a participant's device by what the page reported, and adds the report and the verdict to the answers.
fn screen(
    screening: &Screening,
    user_agent: &str,
    answers: &mut BTreeMap<String, Answer>,
    words: &Words,
) -> Route {
    let number = |id: &str| match answers.get(id) {
        Some(Answer::Number(number)) => Some(*number),
        _ => None,
    };
    let flag = |id: &str| answers.get(id).map(|flag| *flag == Answer::Text("true".into()));
    let report = DeviceReport::new(user_agent, number, flag);
    let verdict = screening.judge(&report, words);
    answers.extend(report.answers());
    let word = verdict.as_ref().err().map_or("passed", |(requirement, _)| requirement.as_str());
    answers.insert("verdict".into(), Answer::Text(word.into()));
    match verdict {
        Ok(()) => Route::NEXT,
        Err((_, words)) => {
            Route { transition: Transition::End, ending: Ending::ScreenedOut, message: Some(words) }
        }
    }
}
