//! Overcooked in the five kitchens of Carroll et al. 2019 (<https://arxiv.org/abs/1910.05789>), one after the other: with
//! another participant, with one who may be far away, and with the computer. A game lasts 60 seconds at their 150 ms a step.

use footlights::environments::overcooked::{Action, Config, Layout, Overcooked};
use footlights::prelude::*;

use crate::{keys::directions, policies};

/// The kitchens, by their ids in the data and their titles.
const KITCHENS: [(&str, &str); 5] = [
    ("cramped_room", "The cramped room"),
    ("asymmetric_advantages", "The two sides"),
    ("coordination_ring", "The ring"),
    ("forced_coordination", "The counter between"),
    ("counter_circuit", "The circuit"),
];

/// Two participants, and the games on the server.
pub fn with_a_partner() -> Experiment {
    together("overcooked_human_human", "Overcooked with a partner", Execution::Server)
}

/// Two participants at any distance, and the games in their browsers.
pub fn with_somebody_far_away() -> Experiment {
    together("overcooked_rollback", "Overcooked with somebody far away", Execution::Browser)
}

fn together(id: &str, title: &str, execution: Execution) -> Experiment {
    let (first, _) = KITCHENS[0];
    let games = KITCHENS.into_iter().map(|(kitchen, title)| {
        let game = cook(kitchen, title, execution).seat(Seat::Human).seat(Seat::Human);
        if kitchen == first {
            return game;
        }
        // The same two people cook in all kitchens.
        let waitroom = Waitroom::new()
            .max_wait_ms(60_000)
            .timeout_message("Your partner did not come to the next kitchen.")
            .matching(Reunion::new(first));
        game.waitroom(waitroom).on(Outcome::LobbyTimeout, Transition::End, Ending::PartnerLeft)
    });
    let experiment = Experiment::new(id, title)
        .description("Two people cook onion soup together in five kitchens, one after the other.")
        .scene(instructions(
            "You will be matched with another person, and cook with them in five kitchens.",
            "Find a partner",
        ));
    end(games.fold(experiment, Experiment::scene))
}

/// One participant and a cook that was trained or, where none was, is scripted; with the kitchens in a random order.
pub fn with_the_computer() -> Experiment {
    let games = KITCHENS.into_iter().map(|(kitchen, title)| {
        let name = if policies::WITH_A_TRAINED_COOK.contains(&kitchen) { "trained" } else { "greedy" };
        let partner = Seat::policy(name, move || policies::cook(kitchen));
        cook(kitchen, title, Execution::Browser).seat(Seat::Human).seat(partner)
    });
    let block = games.fold(Block::new(), Block::scene).shuffle();
    let experiment = Experiment::new("overcooked_human_ai", "Overcooked with the computer")
        .description("One person cooks onion soup with the computer in five kitchens, in a random order.")
        .scene(instructions("You cook with the computer in five kitchens.", "Begin"))
        .block(block);
    end(experiment)
}

fn cook(kitchen: &str, title: &str, execution: Execution) -> GameScene {
    let config = Config { layout: Layout::named(kitchen), ..Config::default() };
    let game = GameScene::new::<Overcooked>(kitchen, config)
        .title(title)
        .execution(execution)
        .fps(1_000.0 / 150.0)
        .input_mode(InputMode::KeyDown)
        // Hundreds of numbers for each cook and step; a replay gives all of them back.
        .record_observations(false);
    directions(game, [Action::North, Action::West, Action::South, Action::East]).action(
        &["Space"],
        Action::Interact,
        "take, put, use",
    )
}

fn instructions(who: &str, button: &str) -> Scene {
    Scene::start(
        Page::new("start", "Overcooked")
            .text("You are a cook, and stand in the white ring. Together you serve as many onion soups as you can: each is worth 20 points for both of you.")
            .text("Put three onions into a pot. Turn to the pot with empty hands and use it: the soup cooks, and the ring around the clock fills. When it is ready, fetch a dish, fill it at the pot, and bring it to the counter with the arrow.")
            .text("The arrow keys or W, A, S and D turn you and take you a step further. The space bar takes, puts down and uses what is in front of you. You have one minute in each kitchen.")
            .text(who)
            .button(button),
    )
}

fn end(experiment: Experiment) -> Experiment {
    experiment.scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
}
