//! Walks one participant through an experiment. The state is plain data and is stored, so a participant who reloads the
//! page comes back to the same place, the same condition and the same completion code.

mod submit;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use footlights_protocol::Outcome;
use serde::{Deserialize, Deserializer, Serialize};

pub use self::submit::{NoProgram, Submission, SubmitOutcome};
use crate::{
    answer::{Answer, Globals},
    condition::{Condition, all_levels, global_of},
    ending::Ending,
    experiment::Experiment,
    scene::Scene,
};

/// Where one participant is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The ids of the drawn scenes; none until the participant has begun.
    path: Vec<String>,
    position: usize,
    /// The levels that were drawn for the participant. They are among the globals, too; older builds read them here.
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
    /// The levels by which the game was varied.
    #[serde(default, skip_serializing_if = "Condition::is_empty")]
    pub condition: Condition,
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

    /// The level of each factor that is known by now: those of the participant, and those that were drawn for their group
    /// or session.
    #[must_use]
    pub fn levels(&self) -> Condition {
        all_levels(&self.globals)
    }

    /// The ids of the drawn scenes, in order.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Whether the participant has gone through that scene.
    #[must_use]
    pub fn is_past(&self, scene: &str) -> bool {
        self.path.iter().take(self.position).any(|id| id == scene)
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
            self.globals.insert(global_of(factor), Answer::Text(level.clone()));
        }
        self.condition = draw.condition;
        self.position = 1;
        Ok(())
    }

    /// The group of the participant was assigned to these levels. What was known before stays.
    fn assigned(&mut self, condition: &Condition) {
        for (factor, level) in condition {
            self.globals.entry(global_of(factor)).or_insert_with(|| Answer::Text(level.clone()));
        }
    }

    /// Drops the globals that the answers to a scene left, where there is no room to store them.
    pub fn forget_answers(&mut self, scene: &str) {
        let prefix = format!("{scene}.");
        self.globals.retain(|name, _| !name.starts_with(&prefix));
    }

    /// A game is over and its data are saved, or there will be none. The first result of a scene counts.
    pub fn played(&mut self, played: GameResult) {
        if self.outcomes.contains_key(&played.scene) {
            return;
        }
        self.assigned(&played.condition);
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
