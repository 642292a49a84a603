//! The columns of steps that say how the game went: the same in the files of all its participants.

use std::collections::BTreeSet;

use footlights_env::{ActionValue, Agent, RecordKind, RecordValue, Simulation, Space, Spec, StateLabel};
use footlights_experiment::GameScene;
use footlights_protocol::timeline::ActionSource;

use super::row::StepRow;
use crate::column::{Column, ColumnType, Field, LabeledValue};

/// What each agent observed, a column a number: named by the environment's labels where each number has one of its own,
/// and by its place otherwise.
pub(super) fn observations<'r>(sim: &dyn Simulation, agents: &[Agent]) -> Vec<Column<StepRow<'r>>> {
    let labels = sim.labels();
    let mut columns = Vec::new();
    for agent in agents {
        let bounds: Vec<(Option<f64>, Option<f64>)> = match sim.spec().observation_space(*agent) {
            Space::Discrete { n } => vec![(Some(0.0), Some(f64::from(*n) - 1.0))],
            Space::Box { low, high } => {
                low.iter().zip(high).map(|(low, high)| (bound(*low), bound(*high))).collect()
            }
        };
        let labels = labels.observations(*agent);
        let names: BTreeSet<&str> = labels.iter().map(|label| label.name.as_ref()).collect();
        let named = names.len() == bounds.len() && labels.len() == bounds.len() && !names.contains("");
        for (place, (low, high)) in bounds.iter().enumerate() {
            let label = labels.get(place);
            let (words, unit) = match label {
                Some(label) => (format!("{} ({}).", label.meaning, label.name), label.unit),
                None => (format!("Place {place} of the observation."), ""),
            };
            // A step has the observations of all agents, one behind the other.
            let at = columns.len();
            let index = format!("observations.{agent}.{place}");
            let name = label.filter(|_| named).map(|label| format!("observations.{agent}.{}", label.name));
            let former = name.is_some().then(|| index.clone());
            let column = Column::new(
                name.unwrap_or(index),
                ColumnType::Number(*low, *high),
                format!("Observed by {agent} after the step. {words}"),
                move |row: &StepRow<'r>| row.step.observations.get(at).copied().into(),
            )
            .unit(unit);
            columns.push(former.into_iter().fold(column, Column::formerly));
        }
    }
    columns
}

/// What each agent did.
pub(super) fn actions<'r>(sim: &dyn Simulation, agents: &[Agent]) -> Vec<Column<StepRow<'r>>> {
    let labels = sim.labels();
    let mut columns = Vec::new();
    for agent in agents.iter().copied() {
        let words = format!("What {agent} did in this step");
        let names = labels.actions(agent);
        match sim.spec().action_space(agent) {
            Space::Discrete { n } => {
                let levels = names.iter().enumerate();
                let kind = if names.is_empty() {
                    ColumnType::Integer(Some(0.0), Some(f64::from(*n) - 1.0))
                } else {
                    let levels = levels.map(|(k, name)| LabeledValue::new(k.to_string(), *name));
                    ColumnType::Levels(levels.collect())
                };
                columns.push(Column::new(
                    format!("actions.{agent}"),
                    kind,
                    format!("{words}."),
                    move |row: &StepRow<'r>| match row.step.actions.get(agent.index()) {
                        Some(ActionValue::Discrete(action)) => (*action).into(),
                        _ => Field::Missing,
                    },
                ));
            }
            Space::Box { low, high } => {
                columns.extend(low.iter().zip(high).enumerate().map(|(place, (low, high))| {
                    Column::new(
                        format!("actions.{agent}.{place}"),
                        ColumnType::Number(bound(*low), bound(*high)),
                        format!("{words}, place {place} of the action."),
                        move |row: &StepRow<'r>| match row.step.actions.get(agent.index()) {
                            Some(ActionValue::Continuous(values)) => values.get(place).copied().into(),
                            _ => Field::Missing,
                        },
                    )
                }));
            }
        }
    }
    columns
}

/// What came of the step for each agent, and who acted.
pub(super) fn results<'r>(spec: &Spec, agents: &[Agent]) -> Vec<Column<StepRow<'r>>> {
    let each = |name: &str, kind: ColumnType, words: &str, value: fn(&StepRow<'_>, Agent) -> Field| {
        let column = |agent: &Agent| {
            let (agent, words) = (*agent, format!("{words} {agent}."));
            Column::new(format!("{name}.{agent}"), kind.clone(), words, move |row: &StepRow<'r>| {
                value(row, agent)
            })
        };
        agents.iter().map(column).collect::<Vec<_>>()
    };
    let (low, high) = spec.reward_range;
    let parts = [
        each("action_source", sources(), "Where the action came from:", |row, agent| {
            row.step.sources.get(agent.index()).map(|source| source.as_str()).into()
        }),
        each(
            "rewards",
            ColumnType::Number(bound(low), bound(high)),
            "Reward of this step for",
            |row, agent| row.step.rewards.get(agent.index()).copied().into(),
        ),
        each(
            "terminated",
            ColumnType::Boolean,
            "Whether the episode reached its end with this step, for",
            |row, agent| row.step.terminated.get(agent.index()).copied().into(),
        ),
        each(
            "truncated",
            ColumnType::Boolean,
            "Whether the episode was cut by a limit after this step, for",
            |row, agent| row.step.truncated.get(agent.index()).copied().into(),
        ),
        each(
            "seats",
            ColumnType::Text,
            "Who acted: human, random, or a policy's name. The seat of",
            |row, agent| row.holder(agent).map_or(Field::Missing, Field::text),
        ),
    ];
    parts.into_iter().flatten().collect()
}

/// What the environment reported about each agent.
pub(super) fn infos<'r>(sim: &dyn Simulation, agents: &[Agent]) -> Vec<Column<StepRow<'r>>> {
    let labels = sim.labels().infos;
    let mut columns = Vec::with_capacity(agents.len() * labels.len());
    for agent in agents.iter().copied() {
        for label in &labels {
            let key = label.name.clone();
            let column = Column::new(
                format!("infos.{agent}.{key}"),
                ColumnType::Number(None, None),
                format!("{}, for {agent}.", label.meaning),
                move |row: &StepRow<'r>| {
                    let mut infos = row.step.infos.iter();
                    infos
                        .find(|(about, name, _)| *about == agent && *name == key)
                        .map(|(.., value)| *value)
                        .into()
                },
            );
            columns.push(column.unit(label.unit));
        }
    }
    columns
}

/// What the environment records of its state, beside what agents observe.
pub(super) fn state<'r>(sim: &dyn Simulation) -> Vec<Column<StepRow<'r>>> {
    let column = |(place, column): (usize, StateLabel)| {
        let kind = match column.kind {
            RecordKind::Number => ColumnType::Number(None, None),
            RecordKind::Text => ColumnType::Text,
            RecordKind::Json => ColumnType::Json,
        };
        let label = column.label;
        Column::new(
            format!("state.{}", label.name),
            kind,
            format!("{}, after the step.", label.meaning),
            move |row: &StepRow<'r>| match row.step.state.get(place) {
                Some(RecordValue::Number(number)) if number.is_finite() => (*number).into(),
                Some(RecordValue::Text(text)) => Field::text(text),
                Some(RecordValue::Json(value)) => value.clone().into(),
                Some(RecordValue::Number(_)) | None => Field::Missing,
            },
        )
        .unit(label.unit)
    };
    sim.labels().state.into_iter().enumerate().map(column).collect()
}

/// What the experiment's own code counted. A value that is missing or not finite is empty.
pub(super) fn hooks<'r>(scene: &GameScene) -> Vec<Column<StepRow<'r>>> {
    let names = scene.recording.make_hooks().map(|hooks| hooks.columns()).unwrap_or_default();
    let column = |(place, name): (usize, String)| {
        Column::new(
            format!("hooks.{name}"),
            ColumnType::Number(None, None),
            format!("{name}, from the experiment's own code."),
            move |row: &StepRow<'r>| {
                row.step.hooks.get(place).copied().filter(|value| value.is_finite()).into()
            },
        )
    };
    names.into_iter().enumerate().map(column).collect()
}

fn sources() -> ColumnType {
    let meaning = |source| match source {
        ActionSource::Keys => "the participant's keys",
        ActionSource::Default => "nothing came, the scene's default action",
        ActionSource::Previous => "nothing came, the previous action again",
        ActionSource::Refused => "the environment's rules refused what came, the default action instead",
        ActionSource::Policy => "a policy",
        ActionSource::PolicyFailed => "the policy failed, the default action instead",
    };
    let levels = ActionSource::ALL.into_iter();
    ColumnType::Levels(levels.map(|source| LabeledValue::new(source.as_str(), meaning(source))).collect())
}

/// As it is written, 0.1 and not 0.10000000149; none if it is no bound at all.
fn bound(value: f32) -> Option<f64> {
    if value.is_finite() { value.to_string().parse().ok() } else { None }
}
