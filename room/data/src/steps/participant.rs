//! The columns of steps that say which row it is and what is known of the participant.

use footlights_env::Agent;
use footlights_experiment::{GameScene, record::ParticipantSample};

use super::row::StepRow;
use crate::{
    column::{COUNT, Column, ColumnType, Field, LabeledValue, SUBJECT, subject_id},
    reports::ShownTick,
};

/// The agents whom participants play.
pub(super) fn people(scene: &GameScene) -> ColumnType {
    let agents = scene.human_agents().map(|agent| LabeledValue::new(agent.to_string(), agent.to_string()));
    ColumnType::Levels(agents.collect())
}

/// The bits of `keys_held`, by agent.
pub(super) fn keys(scene: &GameScene) -> String {
    let of_agent = |agent: Agent| {
        let keys = &scene.controls.keyboard(agent)?.keys;
        let bits: Vec<String> =
            keys.iter().zip(0..).map(|(key, bit)| format!("{} {key}", 1u64 << bit)).collect();
        Some(format!("{agent}: {}", bits.join(", ")))
    };
    let agents: Vec<String> = scene.human_agents().filter_map(of_agent).collect();
    agents.join("; ")
}

/// The level of a factor by which the game was varied.
pub(super) fn condition<'r>(factor: &str) -> Column<StepRow<'r>> {
    let words = format!("The level of {factor} by which the game was varied.");
    let name = factor.to_owned();
    Column::new(format!("condition.{factor}"), ColumnType::Text, words, move |row: &StepRow<'r>| {
        row.game.condition.get(&name).cloned().into()
    })
}

/// Which participant, game and tick a row is about.
pub(super) fn general<'r>(people: ColumnType) -> Vec<Column<StepRow<'r>>> {
    let text = ColumnType::Text;
    vec![
        subject_id(SUBJECT, |row: &StepRow<'r>| {
            let seat = row.game.seats.get(row.agent.index());
            seat.and_then(|seat| seat.subject.clone()).into()
        })
        .per_participant(),
        Column::new(
            "game_id",
            text.clone(),
            "The game; everybody who played in it has the same.",
            |row: &StepRow<'r>| Field::text(&row.game.game_id),
        ),
        Column::new("scene_id", text, "The game's scene in the experiment.", |row: &StepRow<'r>| {
            Field::text(&row.game.scene)
        }),
        Column::new("agent", people, "The agent whom the participant played.", |row: &StepRow<'r>| {
            row.agent.to_string().into()
        })
        .per_participant(),
        Column::new("episode", COUNT, "The episode, from 0.", |row: &StepRow<'r>| row.step.episode.into()),
        Column::new("step", COUNT, "Steps since the episode's reset, from 1.", |row: &StepRow<'r>| {
            row.step.step.into()
        }),
        Column::new(
            "tick",
            COUNT,
            "Ticks since the game began, over all episodes, from 1.",
            |row: &StepRow<'r>| row.step.tick.0.into(),
        ),
        Column::new(
            "server_time_ms",
            COUNT,
            "The server's clock when the tick ran, since 1970-01-01 UTC.",
            |row: &StepRow<'r>| row.step.server_time_ms.0.into(),
        )
        .unit("ms"),
    ]
}

/// A column about the participant at the tick; empty once they are out of the game.
fn of_sample<'r>(
    name: &str,
    kind: ColumnType,
    words: impl Into<String>,
    value: impl Fn(&ParticipantSample) -> Field + Send + Sync + 'static,
) -> Column<StepRow<'r>> {
    Column::new(name, kind, words, move |row: &StepRow<'r>| row.sample().map_or(Field::Missing, &value))
        .per_participant()
}

/// What is known of the participant at the tick.
pub(super) fn sample<'r>(keys: &str) -> Vec<Column<StepRow<'r>>> {
    let number = ColumnType::Number(Some(0.0), None);
    let keys = format!(
        "The keys that the participant held, or tapped since the tick before: the sum of those of {keys}."
    );
    vec![
        of_sample(
            "client_time_ms",
            number.clone(),
            "The clock of the participant's browser at its last message; it never goes back, and its zero is its own. Empty before the first message, also to a server that was restarted.",
            |sample| sample.client_time_ms.map(|at| at.0).into(),
        )
        .unit("ms"),
        of_sample(
            "rtt_ms",
            number,
            "The last measured round trip of the participant's connection; 0 before the first.",
            |sample| sample.rtt_ms.into(),
        )
        .unit("ms"),
        of_sample(
            "focused",
            ColumnType::Boolean,
            "Whether the participant's page was visible and focused.",
            |sample| sample.focused.into(),
        ),
        of_sample("keys_held", COUNT, keys, |sample| sample.held.0.into()),
    ]
}

/// How the participant's browser showed the tick, where browsers simulate.
pub(super) fn shown<'r>() -> Vec<Column<StepRow<'r>>> {
    fn reported<'r>(
        name: &str,
        kind: ColumnType,
        words: &str,
        value: fn(&ShownTick) -> Field,
    ) -> Column<StepRow<'r>> {
        let words = format!("{words} {UNREPORTED}");
        Column::new(name, kind, words, move |row: &StepRow<'r>| {
            row.sample().and(row.shown.as_ref()).map_or(Field::Missing, value)
        })
        .per_participant()
    }
    const UNREPORTED: &str = "Empty where the browser could not tell any more.";
    vec![
        of_sample(
            "late_ticks",
            COUNT,
            "By how many ticks the participant's keys of this tick came too late for the one that they were meant for. Empty where a browser brought the tick back to a server that was restarted.",
            |sample| sample.late.into(),
        ),
        reported(
            "predicted",
            ColumnType::Boolean,
            "Whether the participant saw this tick before the room had decided it, rightly or not.",
            |shown| shown.report.predicted.into(),
        ),
        reported(
            "rollback_ticks",
            COUNT,
            "How many ticks the participant's browser had to undo and simulate again because it had guessed this one wrong.",
            |shown| shown.report.rollback.into(),
        ),
        reported(
            "stalled_ms",
            COUNT,
            "For how long the participant's picture stood still before this tick, because the prediction window was exhausted.",
            |shown| shown.report.stalled_ms.into(),
        )
        .unit("ms"),
        reported(
            "input_delay_ticks",
            COUNT,
            "By how many ticks the participant's keys were delayed on purpose.",
            |shown| shown.input_delay.into(),
        ),
        Column::new(
            "verified",
            ColumnType::Boolean,
            format!("Whether the participant's browser, which simulated the game itself, came to the state that the server came to from the same inputs; the data are the server's in any case. {UNREPORTED}"),
            |row: &StepRow<'r>| row.sample().and(row.verified).into(),
        )
        .per_participant(),
    ]
}
