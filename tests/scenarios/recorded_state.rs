//! What an environment records of its state, from the tick to the table, its codebook and the metadata.

use std::collections::BTreeMap;

use footlights_data::{codebook, metadata, steps};
use footlights_env::{
    Agent, AgentSpec, Discrete, Environment, Labels, RecordKind, RecordValue, Rng, Space, Spec, Step,
    Surface, View, Viewport,
};
use footlights_experiment::{Completion, Ending, Experiment, GameScene, Page, Scene, Seat};
use footlights_testing::{World, info};
use serde::{Deserialize, Serialize};

/// A row of cells that fills up, one in each tick.
struct Board;

#[derive(Clone, Copy, Discrete)]
enum Wait {
    Wait,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Config {
    /// Declares a column of which nothing is recorded.
    declares_too_much: bool,
    /// Declares the same column twice.
    declares_twice: bool,
}

impl Environment for Board {
    type Config = Config;
    type State = Vec<u32>;
    type Action = Wait;
    type Observation = [f32; 1];

    const ID: &'static str = "board-v0";

    fn spec(_: &Config) -> Spec {
        Spec {
            id: Self::ID.into(),
            agents: vec![AgentSpec::new(Wait::space(), Space::uniform_box(1, 0.0, 3.0)).noop(Wait::Wait)],
            max_steps: 3,
            reward_range: (0.0, 0.0),
            viewport: Viewport { width: 1.0, height: 1.0 },
        }
    }

    fn reset(_: &Config, _: &mut Rng) -> Vec<u32> {
        Vec::new()
    }

    fn step(_: &Config, state: &mut Vec<u32>, _: &[Wait], _: &mut Rng) -> Step {
        state.push(state.len() as u32 * 10);
        Step::solo(0.0, false)
    }

    fn observe(_: &Config, state: &Vec<u32>, _: Agent) -> [f32; 1] {
        [state.len() as f32]
    }

    fn draw(_: &Config, _: &Vec<u32>, _: View, _: &mut Surface) {}

    fn labels(config: &Config) -> Labels {
        let labels = Labels::default()
            .state("filled", "How much of the board is filled", "cells", RecordKind::Number)
            .state("last", "The cell that was filled last", "", RecordKind::Text)
            .state("board", "All cells", "", RecordKind::Json);
        match config {
            Config { declares_too_much: true, .. } => labels.state("more", "More", "", RecordKind::Number),
            Config { declares_twice: true, .. } => labels.state("last", "Again", "", RecordKind::Text),
            Config { .. } => labels,
        }
    }

    fn record(config: &Config, state: &Vec<u32>) -> Vec<RecordValue> {
        // The third tick has no number.
        let filled = if state.len() == 3 { f64::NAN } else { state.len() as f64 / 4.0 };
        let last = state.last().map_or("none, \"yet\"".to_owned(), |cell| format!("cell {cell}"));
        let mut values = vec![filled.into(), last.into(), serde_json::json!(state).into()];
        if config.declares_twice {
            values.push("again".into());
        }
        values
    }
}

fn scene(config: Config) -> GameScene {
    GameScene::new::<Board>("board", config).seat(Seat::Human).countdown_ms(0).default_action(Wait::Wait)
}

fn experiment(config: Config) -> Experiment {
    Experiment::new("boards", "Boards")
        .completion(Completion::new().generated_code(Ending::Completed))
        .scene(Scene::start(Page::new("start", "Hello")))
        .scene(scene(config))
        .scene(Scene::completion_code(Page::new("end", "Goodbye")))
}

#[test]
fn recorded_values_are_columns_of_the_table_whatever_their_kind() {
    let mut world = World::new(scene(Config::default()), 1);
    world.join(0);
    world.play_out(60_000);
    let record = world.host.record();
    let table = steps::csv(&world.host.scene, &info(&world.host.scene, 1), Agent(0), &record).unwrap();
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let of = |name: &str| rows.iter().map(|row| row[name].as_str()).collect::<Vec<_>>();
    assert_eq!(of("state.filled"), ["0.25", "0.5", ""], "what is not finite is empty");
    assert_eq!(of("state.last"), ["cell 0", "cell 10", "cell 20"]);
    assert_eq!(of("state.board"), ["[0]", "[0,10]", "[0,10,20]"]);

    let verdict = world.host.verdict.clone().unwrap();
    let said = metadata::json(&world.host.scene, &info(&world.host.scene, 1), Agent(0), &record, &verdict);
    assert_eq!(said["episodes"][0]["initial_state"], serde_json::json!([0.0, "none, \"yet\"", []]));
}

#[test]
fn the_codebook_explains_recorded_values() {
    let experiment = experiment(Config::default());
    assert_eq!(footlights_data::validate(&experiment), Ok(()));
    let said = codebook::dataset_description(&experiment, &codebook::tables(&experiment).unwrap());
    let variables = said["variableMeasured"].as_array().unwrap();
    let of = |name: &str| variables.iter().find(|variable| variable["name"] == name).unwrap();
    assert_eq!(of("state.filled")["unitText"], "cells");
    assert_eq!(of("state.filled")["additionalType"], "https://schema.org/Number");
    assert_eq!(of("state.board")["description"], "All cells, after the step. A value in JSON.");
}

#[test]
fn a_row_that_an_older_build_recorded_without_state_has_empty_fields() {
    let mut world = World::new(scene(Config::default()), 1);
    world.join(0);
    world.play_out(60_000);
    let mut record = world.host.record();
    for row in &mut record.rows {
        row.state.clear();
    }
    let table = steps::csv(&world.host.scene, &info(&world.host.scene, 1), Agent(0), &record).unwrap();
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert!(rows.len() == 3 && rows.iter().all(|row| row["state.board"].is_empty()));
}

#[test]
fn an_experiment_whose_environment_records_other_values_than_it_declares_is_refused() {
    let why = |config| footlights_data::validate(&experiment(config)).unwrap_err().to_string();
    let too_much = why(Config { declares_too_much: true, ..Config::default() });
    assert!(
        too_much.contains("board") && too_much.contains("3 values are recorded, the labels declare 4"),
        "{too_much}"
    );
    let twice = why(Config { declares_twice: true, ..Config::default() });
    assert!(twice.contains("two columns of the data would be called \"state.last\""), "{twice}");
}
