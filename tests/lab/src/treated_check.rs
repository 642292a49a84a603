//! Treatments of groups and of sessions, for tests: games for three, varied within one scene. Not on the front page.

use footlights::environments::commons_harvest::{CommonsHarvest, Config};
use footlights::prelude::*;

/// A game of three people, varied by how fast the apples grow back and by how long it lasts.
fn game(id: &str) -> GameScene {
    let game = GameScene::new::<CommonsHarvest>(id, Config { players: 3, ..Config::default() })
        .fps(20.0)
        .countdown_ms(0)
        .max_steps(20)
        .grace_ms(300)
        .record_observations(false)
        .varied("regrowth", |game, level| {
            let regrowth = if level == "fast" { 4.0 } else { 0.5 };
            game.config::<CommonsHarvest>(Config { players: 3, regrowth, ..Config::default() })
        });
    (0..3).fold(game, |game, _| game.seat(Seat::Human))
}

/// A question comes before the level is drawn. The level belongs to the group, is kept for the second game, and a text names it.
pub fn groups() -> Experiment {
    Experiment::new("groups_check", "Groups")
        .unlisted()
        .scene(Scene::start(Page::new("start", "Groups")))
        .scene(Page::new("before", "Before").ask(Question::number_input(
            "age",
            "How old are you?",
            18.0,
            99.0,
        )))
        .factor(Factor::new("regrowth").value("slow").value("fast").per(Unit::Group))
        .scene(game("game"))
        .scene(
            Page::new("between", "After {condition.regrowth} apples")
                .text("Apples grew {condition.regrowth}.")
                .button("On with {condition.regrowth} apples"),
        )
        .scene(game("again"))
        .scene(Scene::end(Page::new("end", "Thank you")))
}

/// The level belongs to the session.
pub fn sessions() -> Experiment {
    Experiment::new("sessions_check", "Sessions")
        .unlisted()
        .parameter("session")
        .scene(Scene::start(Page::new("start", "Sessions")))
        .factor(Factor::new("regrowth").value("slow").value("fast").per(Unit::Session))
        .scene(game("game"))
        .scene(Scene::end(Page::new("end", "Thank you")))
}
