//! What must hold of every experiment of this repository, the examples and those of the tests alike.

use footlights::data::{Chunk, SessionRecord, answers, codebook, events, participants, steps};
use footlights::env::Agent;
use footlights::experiment::{
    Experiment, Scene,
    record::{GameInfo, SeatInfo},
};

/// What the worker of the tests serves.
fn everything() -> Vec<Experiment> {
    footlights_test_lab::app().experiments()
}

#[test]
fn every_experiment_is_configured_right_and_has_an_id_of_its_own() {
    assert_eq!(footlights_test_lab::app().check().refused, []);
}

/// The variables of one table in the codebook, in order.
fn explained(codebook: &serde_json::Value, table: &str) -> Vec<String> {
    let variables = codebook["variableMeasured"].as_array().unwrap();
    let id = |variable: &serde_json::Value| variable["propertyID"].as_str().unwrap().to_owned();
    let own = variables.iter().filter_map(|variable| {
        let (of, name) = id(variable).split_once(':').map(|(of, name)| (of.to_owned(), name.to_owned()))?;
        assert_eq!(variable["name"], name.as_str());
        (of == table).then_some(name)
    });
    own.collect()
}

fn header(bytes: Vec<u8>) -> Vec<String> {
    csv::Reader::from_reader(bytes.as_slice()).headers().unwrap().iter().map(str::to_owned).collect()
}

#[test]
fn the_codebook_of_every_study_explains_every_column_of_every_table() {
    for experiment in everything() {
        let said = codebook::dataset_description(&experiment, &codebook::tables(&experiment).unwrap());
        let snapshot = SessionRecord { experiment: experiment.id.clone(), ..SessionRecord::default() };
        let wide = participants::csv(&experiment, &snapshot).unwrap();
        assert_eq!(header(wide), explained(&said, "participants"), "{}", experiment.id);
        assert_eq!(header(events::csv(&experiment, &[]).unwrap()), explained(&said, "events"));
        for scene in experiment.scenes() {
            if !scene.recorded().is_empty() {
                let answers = answers::csv(&experiment, scene, &SessionRecord::default()).unwrap();
                assert_eq!(header(answers), explained(&said, "answers"), "{}", scene.id());
            }
            let Scene::Game(game) = scene else { continue };
            let seats = (0u8..).zip(&game.seats).map(|(agent, seat)| SeatInfo {
                agent: Agent(agent),
                holder: seat.name().to_owned(),
                subject: seat.is_human().then(|| "s".to_owned()),
            });
            let info = GameInfo {
                game_id: "g".into(),
                experiment: experiment.id.clone(),
                scene: game.id.clone(),
                seed: 0,
                seats: seats.collect(),
                condition: Default::default(),
                opened_at: None,
            };
            let steps = steps::csv(game, &info, Agent(0), &Chunk::default()).unwrap();
            assert_eq!(header(steps), explained(&said, &format!("steps/{}", game.id)));
        }
    }
}
