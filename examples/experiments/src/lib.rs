//! The experiments that this deployment serves, one file each. Add yours to [`all`].
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod lobby_check;
mod mountain_car_conditions;
mod policies;
mod rollback_check;
mod slime_alone;
mod slime_human_ai;
mod slime_human_human;
mod slime_load;
mod slime_rollback;
mod slime_with_a_stranger;
mod staying_check;

use footlights_experiment::{ConfigError, Experiment};

/// Every experiment, in the order of the front page.
pub fn all() -> Vec<Experiment> {
    vec![
        slime_with_a_stranger::experiment(),
        mountain_car_conditions::experiment(),
        slime_human_human::experiment(),
        slime_rollback::experiment(),
        slime_human_ai::experiment(),
        slime_alone::experiment(),
        slime_load::experiment(),
        lobby_check::experiment(),
        staying_check::experiment(),
        rollback_check::experiment(),
    ]
}

/// The first thing that is wrong with any of them. The worker asks when it starts, a test asks before.
pub fn check() -> Result<(), ConfigError> {
    all().iter().try_for_each(footlights_data::validate)
}

#[cfg(test)]
mod tests {
    use footlights_data::{Chunk, SessionRecord, answers, codebook, events, participants, steps};
    use footlights_env::Agent;
    use footlights_experiment::{
        Scene,
        record::{GameInfo, SeatInfo},
    };

    #[test]
    fn every_study_is_configured_right() {
        super::check().unwrap();
    }

    /// The variables of one table in the codebook, in order.
    fn explained(codebook: &serde_json::Value, table: &str) -> Vec<String> {
        let variables = codebook["variableMeasured"].as_array().unwrap();
        let id = |variable: &serde_json::Value| variable["propertyID"].as_str().unwrap().to_owned();
        let own = variables.iter().filter_map(|variable| {
            let (of, name) =
                id(variable).split_once(':').map(|(of, name)| (of.to_owned(), name.to_owned()))?;
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
        for experiment in super::all() {
            let said = codebook::dataset_description(&experiment, &codebook::tables(&experiment).unwrap());
            let snapshot = SessionRecord { experiment: experiment.id.clone(), ..SessionRecord::default() };
            let wide = participants::csv(&experiment, &snapshot).unwrap();
            assert_eq!(header(wide), explained(&said, "participants"), "{}", experiment.id);
            assert_eq!(header(events::csv(&[]).unwrap()), explained(&said, "events"));
            for scene in experiment.scenes() {
                if !scene.recorded().is_empty() {
                    let answers = answers::csv(&experiment, scene, "s", &[]).unwrap();
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
                };
                let steps = steps::csv(game, &info, Agent(0), &Chunk::default()).unwrap();
                assert_eq!(header(steps), explained(&said, &format!("steps/{}", game.id)));
            }
        }
    }

    #[test]
    fn every_study_has_an_id_of_its_own() {
        let mut ids: Vec<String> = super::all().into_iter().map(|experiment| experiment.id).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
