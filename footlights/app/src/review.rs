//! What a researcher should know of an app before a participant meets it: more than serving it needs, and slower.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use footlights_env::{Agent, Simulation, Surface, View, conformance, conformance::random_actions};
use footlights_experiment::{DropoutRule, Ending, Experiment, GameScene, Scene};

use crate::App;

/// How many random ticks of a game are drawn to see what it draws.
const DRAWN_TICKS: u32 = 300;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// How many experiments there are.
    pub experiments: usize,
    /// What must be mended before anything is served.
    pub errors: Vec<String>,
    /// What may be meant.
    pub warnings: Vec<String>,
}

impl App {
    /// Looks at every experiment as a whole. Beyond [`check`](App::check): every file that is shown is in `assets`, what a
    /// game draws is declared, its environment passes the conformance kit as the game configures it, and no ending is left
    /// without a code. This plays some thousand random ticks of each game.
    #[must_use]
    pub fn review(&self, assets: &Path) -> Review {
        let checked = match caught(|| Ok(self.check())) {
            Ok(checked) => checked,
            Err(why) => {
                return Review {
                    errors: vec![format!("an experiment cannot be made: {why}")],
                    ..Review::default()
                };
            }
        };
        let mut review =
            Review { experiments: checked.served.len() + checked.refused.len(), ..Review::default() };
        review.errors.extend(checked.refused.iter().map(|(_, problem)| problem.to_string()));
        let mut conformed = BTreeMap::new();
        for experiment in &checked.served {
            let at = |scene: &str| format!("experiment {:?}, scene {scene:?}", experiment.id);
            for (scene, file) in experiment.files() {
                if !assets.join(&file).is_file() {
                    let why = format!(
                        "{}: there is no file {:?}",
                        at(scene),
                        assets.join(&file).display().to_string()
                    );
                    review.errors.push(why);
                }
            }
            for game in experiment.games() {
                let environment = &game.environment;
                let config = serde_json::to_string(environment).unwrap_or_default();
                let found = conformed.entry(config).or_insert_with(|| {
                    let make = || environment.make();
                    caught(|| {
                        conformance::check_configured(environment.id, &make).map_err(|e| e.to_string())?;
                        Ok(())
                    })
                });
                let drawn =
                    || caught(|| undeclared(game)).map_err(|why| format!("{}: {why}", environment.id));
                match found.clone().and_then(|()| drawn()) {
                    Ok(undeclared) => review.errors.extend(undeclared.into_iter().map(|what| {
                        format!(
                            "{}: {} draws {what}, which the scene does not declare",
                            at(&game.id),
                            environment.id
                        )
                    })),
                    Err(why) => review.errors.push(format!("{}: {why}", at(&game.id))),
                }
            }
            review.warnings.extend(without_code(experiment));
        }
        review
    }
}

/// What `act` finds; a panic is an error in words. Environments are the lab's own code.
fn caught<T>(act: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(format!("the code panicked: {words}"))
    })
}

/// What a random game draws or plays and its scene does not declare.
fn undeclared(game: &GameScene) -> Result<BTreeSet<String>, String> {
    let mut sim = game.environment.make().map_err(|error| error.to_string())?;
    let mut found = BTreeSet::new();
    let mut look = |sim: &dyn Simulation| {
        let agents = (0..sim.spec().agents.len()).filter_map(|k| u8::try_from(k).ok());
        for view in agents.map(|k| View::Agent(Agent(k))).chain([View::Spectator]) {
            let mut surface = Surface::new();
            sim.draw(view, &mut surface);
            found.extend(game.assets.undeclared(surface.items()));
        }
    };
    sim.reset(1, 0);
    look(sim.as_ref());
    for _ in 0..DRAWN_TICKS {
        let actions = random_actions(sim.as_ref(), 1);
        if sim.step(&actions).map_err(|error| error.to_string())?.done() {
            sim.reset(1, sim.episode() + 1);
        }
        look(sim.as_ref());
    }
    Ok(found)
}

/// The endings that participants can come to and get no code for, if others get one.
fn without_code(experiment: &Experiment) -> Option<String> {
    let codes = &experiment.completion.as_ref()?.codes;
    let mut reachable = BTreeSet::new();
    for scene in experiment.scenes() {
        match scene {
            Scene::Screening(_) => reachable.extend([Ending::ScreenedOut]),
            Scene::Game(game) => {
                reachable.extend([Ending::Left, Ending::Failed]);
                let rules = &game.attendance;
                if game.waitroom.max_concurrent_games.is_some() {
                    reachable.insert(Ending::LobbyTimeout);
                }
                if game.human_count() > 1 {
                    reachable.insert(Ending::LobbyTimeout);
                    if !matches!(rules.on_dropout, DropoutRule::Replace(_)) {
                        reachable.insert(Ending::PartnerLeft);
                    }
                }
                let mut watching = rules.latency_rule.iter().chain(&rules.attention_rule);
                if watching.any(|rule| rule.exclude.is_some()) {
                    reachable.insert(Ending::Excluded);
                }
                reachable.extend(game.transitions.iter().map(|(.., ending)| *ending));
            }
            Scene::Start(page) | Scene::Static(page) | Scene::End(page) | Scene::CompletionCode(page) => {
                reachable.extend(page.check.iter().map(|_| Ending::FailedCheck));
            }
        }
    }
    let missing: Vec<&str> =
        reachable.into_iter().filter(|ending| !codes.contains_key(ending)).map(Ending::as_str).collect();
    let (last, others) = missing.split_last()?;
    let names =
        if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
    Some(format!(
        "experiment {:?}: participants who end as {names} see no completion code, so they may not be paid",
        experiment.id
    ))
}
