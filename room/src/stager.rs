//! Walks one participant through an experiment. Its state is data, so that a reload comes back to the same place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    experiment::{Experiment, Scene},
    wire::Outcome,
};

/// Where one participant is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stager {
    position: usize,
    outcomes: BTreeMap<String, Outcome>,
}

/// Why a participant cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StagerError {
    /// That scene is not the current one: an old tab, or somebody typing addresses.
    #[error("the current scene is {current:?}, not {asked:?}")]
    NotHere {
        /// Where the participant is.
        current: String,
        /// What was asked for.
        asked: String,
    },
    /// The game is not over, or its data are not saved yet.
    #[error("the data of {0:?} are still being saved")]
    NotSaved(String),
    /// The game of that scene is over, and there is only one.
    #[error("the game of {0:?} is over")]
    Over(String),
    /// There is nothing behind the last scene.
    #[error("the experiment is over")]
    AtTheEnd,
}

impl Stager {
    /// The scene the participant is in.
    pub fn current<'a>(&self, experiment: &'a Experiment) -> Option<&'a Scene> {
        experiment.scenes.get(self.position).or(experiment.scenes.last())
    }

    /// Scenes done, and all of them.
    pub fn progress(&self, experiment: &Experiment) -> (usize, usize) {
        let steps = experiment.scenes.len().saturating_sub(1);
        (self.position.min(steps), steps)
    }

    /// Whether the participant has begun.
    pub fn begun(&self) -> bool {
        self.position > 0
    }

    /// A game is over and its data are saved, or there will be none.
    pub fn game_saved(&mut self, scene: &str, outcome: Outcome) {
        self.outcomes.insert(scene.to_owned(), outcome);
    }

    /// How the game of that scene ended, once its data are saved.
    pub fn outcome(&self, scene: &str) -> Option<Outcome> {
        self.outcomes.get(scene).copied()
    }

    /// Whether `scene` is the current one, and a game that is still to be played or going on.
    pub fn may_play(&self, experiment: &Experiment, scene: &str) -> Result<(), StagerError> {
        let current = self.current(experiment).map(Scene::id).unwrap_or_default();
        if current != scene {
            return Err(StagerError::NotHere { current: current.into(), asked: scene.into() });
        }
        match self.outcome(scene) {
            Some(_) => Err(StagerError::Over(scene.into())),
            None => Ok(()),
        }
    }

    /// The current scene, if it is a game that is over: nothing holds the participant there.
    pub fn played<'a>(&self, experiment: &'a Experiment) -> Option<&'a str> {
        self.current(experiment).map(Scene::id).filter(|scene| self.outcome(scene).is_some())
    }

    /// Goes on from `scene` to the next one.
    pub fn advance(&mut self, experiment: &Experiment, scene: &str) -> Result<(), StagerError> {
        let current = self.current(experiment).map(Scene::id).unwrap_or_default();
        if current != scene {
            return Err(StagerError::NotHere { current: current.into(), asked: scene.into() });
        }
        if experiment.game(scene).is_some() && !self.outcomes.contains_key(scene) {
            return Err(StagerError::NotSaved(scene.into()));
        }
        if self.position + 1 >= experiment.scenes.len() {
            return Err(StagerError::AtTheEnd);
        }
        self.position += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use envs::mountain_car::{Config, MountainCar, Push};

    use super::*;
    use crate::experiment::{GameScene, Page, Seat};

    fn experiment() -> Experiment {
        Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(GameScene::new::<MountainCar>("game", Config::default()).seat(Seat::Human).action(
                &["ArrowLeft"],
                Push::Left,
                "left",
            ))
            .scene(Scene::end(Page::new("end", "Bye")))
    }

    #[test]
    fn scenes_come_in_order_and_a_game_must_be_saved_first() {
        let experiment = experiment();
        let mut stager = Stager::default();
        assert_eq!(stager.current(&experiment).unwrap().id(), "start");
        stager.advance(&experiment, "start").unwrap();
        assert_eq!(stager.advance(&experiment, "game"), Err(StagerError::NotSaved("game".into())));
        assert_eq!((stager.may_play(&experiment, "game"), stager.played(&experiment)), (Ok(()), None));
        stager.game_saved("game", Outcome::Completed);
        assert_eq!(stager.may_play(&experiment, "game"), Err(StagerError::Over("game".into())));
        assert_eq!(stager.played(&experiment), Some("game"));
        stager.advance(&experiment, "game").unwrap();
        assert_eq!(stager.played(&experiment), None);
        assert_eq!(stager.current(&experiment).unwrap().id(), "end");
        assert_eq!(stager.progress(&experiment), (2, 2));
        assert_eq!(stager.advance(&experiment, "end"), Err(StagerError::AtTheEnd));
    }

    #[test]
    fn an_old_tab_cannot_skip_ahead() {
        let experiment = experiment();
        let mut stager = Stager::default();
        for scene in ["game", "end", "nothing"] {
            assert!(matches!(stager.advance(&experiment, scene), Err(StagerError::NotHere { .. })));
            assert!(matches!(stager.may_play(&experiment, scene), Err(StagerError::NotHere { .. })));
        }
        assert!(!stager.begun());
    }
}
