//! Validates what differs between the levels of a factor within one game.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use serde_json::Value;

use crate::{
    experiment::Experiment,
    game::GameScene,
    plan::{self, Factor, Unit},
    scene::Scene,
};

/// A game whose participants cannot all play together, because each has a level of the factor before they are matched.
/// Printed, it says what follows from that and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divided<'a> {
    /// The id of the game's scene.
    pub game: &'a str,
    /// The name of the factor.
    pub factor: &'a str,
}

impl Display for Divided<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { game, factor } = self;
        write!(
            f,
            "the participants of scene {game:?} are divided by {factor:?} before they are matched, so in each level some can wait for nothing; a treatment of the group is drawn after that: `.per(Unit::Group)` and `GameScene::varied`"
        )
    }
}

impl Experiment {
    /// Whether every factor of a group or a session varies a game, which is when it is drawn.
    pub(super) fn validate_treatments(&self) -> Result<(), (&'static str, String)> {
        for factor in plan::factors(&self.steps).into_iter().filter(|factor| factor.unit != Unit::Person) {
            let name = &factor.name;
            if !self.games().any(|game| game.varied_by().any(|varied| varied == name)) {
                let why = format!(
                    "no game is varied by {name:?}, so no group would ever get one of its levels; see `GameScene::varied`"
                );
                return Err(("factor", why));
            }
            if factor.unit == Unit::Session && !self.parameters.iter().any(|known| known == "session") {
                let why = format!(
                    "the levels of {name:?} belong to a session, and nothing says which: add `.parameter(\"session\")`"
                );
                return Err(("factor", why));
            }
        }
        Ok(())
    }

    /// A game in every condition by which it is varied; once, if it is not.
    #[must_use]
    pub fn variants(&self, game: &GameScene) -> Vec<GameScene> {
        let factors: Vec<&Factor> = game.varied_by().filter_map(|name| self.find_factor(name)).collect();
        plan::crossed(factors).iter().map(|condition| game.in_condition(condition)).collect()
    }

    /// The games for several people whose participants cannot all play together, because each person has a level of a factor
    /// before they are matched. In each level up to one person less than a group can wait for nothing.
    #[must_use]
    pub fn divided(&self) -> Vec<Divided<'_>> {
        let mut divided = Vec::new();
        let is_for_several = |game: &&GameScene| game.human_count() > 1;
        for factor in plan::factors(&self.steps).into_iter().filter(|factor| factor.unit == Unit::Person) {
            let scenes = factor.levels.iter().flat_map(|(_, block)| plan::scenes(&block.steps));
            let games =
                scenes.filter_map(|scene| if let Scene::Game(game) = scene { Some(&**game) } else { None });
            let varied = self.games().filter(|game| game.varied_by().any(|name| name == factor.name));
            let all = games.chain(varied).filter(is_for_several);
            divided.extend(all.map(|game| Divided { game: &game.id, factor: &factor.name }));
        }
        divided
    }

    /// Whether a game is right in every condition, and stays one game.
    pub(super) fn validate_variations(&self, game: &GameScene) -> Result<(), (&'static str, String)> {
        let mut factors = Vec::new();
        for name in game.varied_by() {
            let Some(factor) = self.find_factor(name) else {
                return Err(("varied", format!("the experiment has no factor {name:?}")));
            };
            factors.push(factor);
        }
        if factors.is_empty() {
            return Ok(());
        }
        for condition in plan::crossed(factors) {
            let varied = game.in_condition(&condition);
            let wrong = |why: String| Err(("varied", format!("in {condition:?}: {why}")));
            if let Err((option, why)) = varied.validate() {
                return wrong(format!("{option}: {why}"));
            }
            if let Some(what) = differs(game, &varied) {
                return wrong(format!(
                    "{what} is another than without the treatment, which a treatment cannot change"
                ));
            }
        }
        Ok(())
    }
}

/// What of a game is not the same as it is written without a treatment, though it must be.
fn differs(game: &GameScene, varied: &GameScene) -> Option<&'static str> {
    if game.id != varied.id {
        return Some("the id");
    }
    if json(&game.seats) != json(&varied.seats) {
        return Some("who holds the seats");
    }
    if json(&game.waitroom) != json(&varied.waitroom) {
        return Some("the waiting room");
    }
    if json(&game.attendance.on_dropout) != json(&varied.attendance.on_dropout) {
        return Some("what follows when somebody leaves");
    }
    if game.run_mode() != varied.run_mode() {
        return Some("where the game runs");
    }
    if json(&game.recording) != json(&varied.recording) || game.globals().ne(varied.globals()) {
        return Some("what is recorded");
    }
    let [sim, other] = [game, varied].map(|game| game.environment.make().ok());
    let (sim, other) = (sim?, other?);
    if sim.spec().id != other.spec().id {
        return Some("the environment");
    }
    if sim.spec().agents != other.spec().agents {
        return Some("a space of an agent");
    }
    None
}

fn json<T: Serialize>(value: &T) -> Option<Value> {
    serde_json::to_value(value).ok()
}
