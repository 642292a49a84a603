//! The table of steps and its files.

use std::collections::BTreeSet;

use footlights_env::{ActionValue, Agent, Space, Spec};
use footlights_experiment::{
    DropoutRule, GameScene,
    record::{GameInfo, StepRecord},
};

use super::{
    game::{actions, hooks, infos, observations, results, state},
    participant::{condition, general, keys, people, sample, shown},
    row::StepRow,
};
use crate::{
    chunk::Chunk,
    column::{Column, ColumnType, Table},
    error::RecordError,
    reports,
};

/// A scene's table of steps.
///
/// # Errors
/// [`RecordError::Environment`] if the scene's environment cannot be made.
pub fn table<'r>(scene: &GameScene) -> Result<Table<StepRow<'r>>, RecordError> {
    let sim = scene.environment.make()?;
    let agents: Vec<Agent> = sim.spec().agents().collect();
    let mut columns = general(people(scene));
    columns.extend(scene.varied_by().map(condition));
    columns.extend(sample(&keys(scene)));
    if scene.run_mode().simulates_in_browser() {
        columns.extend(shown());
    }
    if scene.recording.observations {
        columns.extend(observations(sim.as_ref(), &agents));
    }
    columns.extend(state(sim.as_ref()));
    columns.extend(actions(sim.as_ref(), &agents));
    columns.extend(results(sim.spec(), &agents));
    columns.extend(infos(sim.as_ref(), &agents));
    columns.extend(hooks(scene));
    Ok(Table::new(columns))
}

/// The columns of steps that are about the participant and not about the game: in all others, the files of all
/// participants of a game say the same.
#[must_use]
pub fn per_participant_columns() -> BTreeSet<String> {
    let mut columns = general(ColumnType::Text);
    columns.extend(sample(""));
    columns.extend(shown());
    let own = columns.iter().map(Column::info).filter(|column| column.per_participant);
    own.map(|column| column.name.clone()).collect()
}

/// The steps of one participant as CSV, header included; as many rows as ticks.
///
/// # Errors
/// [`RecordError::Environment`] if the scene's environment cannot be made, [`RecordError::Unwritable`] if a recorded
/// step is not of this environment: another build recorded it.
pub fn csv(scene: &GameScene, info: &GameInfo, agent: Agent, record: &Chunk) -> Result<Vec<u8>, RecordError> {
    let table = table(scene)?;
    let sim = scene.environment.make()?;
    let labels = sim.labels();
    for step in &record.rows {
        let unwritable = |what: String| RecordError::Unwritable(format!("tick {}: {what}", step.tick));
        check_shape(sim.spec(), step)
            .map_err(|what| unwritable(format!("the {what} are not those of this environment")))?;
        // A build whose environment declared no columns of the state recorded none; their fields are empty then.
        if !step.state.is_empty() {
            labels.check_record(&step.state).map_err(|what| unwritable(format!("the state: {what}")))?;
        }
    }
    let successor = match &scene.attendance.on_dropout {
        DropoutRule::Replace(seat) => Some(seat.name()),
        DropoutRule::End | DropoutRule::Void => None,
    };
    let (shown, verified) = (reports::shown(scene, record, agent), reports::verified(record, agent));
    let rows = record.rows.iter().map(|step| StepRow {
        game: info,
        agent,
        step,
        successor,
        shown: shown.get(&step.tick).copied(),
        verified: verified.get(&step.tick).copied(),
    });
    table.csv(rows)
}

/// Whether a recorded step has as many values as the environment's columns; if not, which are too many or too few.
fn check_shape(spec: &Spec, step: &StepRecord) -> Result<(), &'static str> {
    let agents = spec.agents.len();
    let fits = |(agent, action): (Agent, &ActionValue)| match (action, spec.action_space(agent)) {
        (ActionValue::Discrete(_), Space::Discrete { .. }) => true,
        (ActionValue::Continuous(values), Space::Box { low, .. }) => values.len() == low.len(),
        _ => false,
    };
    let lengths = [
        ("actions", step.actions.len(), agents),
        ("action sources", step.sources.len(), agents),
        ("rewards", step.rewards.len(), agents),
        ("terminations", step.terminated.len(), agents),
        ("truncations", step.truncated.len(), agents),
        ("seats", step.people.len(), agents),
        (
            "observations",
            step.observations.len(),
            spec.agents().map(|agent| spec.observation_space(agent).len()).sum(),
        ),
    ];
    match lengths.into_iter().find(|(_, found, expected)| found != expected) {
        Some((what, ..)) => Err(what),
        None if !spec.agents().zip(&step.actions).all(fits) => Err("actions"),
        None => Ok(()),
    }
}
