//! A game, tick by tick: one table a participant, and what its rows do not say.

use std::collections::BTreeMap;

use footlights_env::{ActionValue, Agent, Space, Spec};
use serde_json::{Value, json};

use super::{
    column::{COUNT, Column, ColumnType, LabeledValue, csv, game_id, scene_id, subject_id},
    iso8601,
};
use crate::{
    record::{Chunk, RecordError},
    verdict::Verdict,
};
use footlights_experiment::{
    DropoutRule, GameScene, RunMode,
    record::{GameInfo, StepRecord},
};
use footlights_protocol::{InputDelay, Outcome, timeline::ActionSource, wire::TickReport};

/// The columns of steps that are about the participant and not about the game: in all others, the files of everybody who
/// played say the same.
pub const OWN_COLUMNS: [&str; 12] = [
    "subject_id",
    "agent",
    "client_time_ms",
    "rtt_ms",
    "focused",
    "keys_held",
    "late_ticks",
    "predicted",
    "rollback_ticks",
    "stalled_ms",
    "input_delay_ticks",
    "verified",
];

/// The columns of a scene's steps.
pub fn steps_columns(scene: &GameScene) -> Result<Vec<Column>, RecordError> {
    let sim = scene.environment.make()?;
    let (spec, legend) = (sim.spec(), sim.legend());
    let agents: Vec<Agent> = spec.agents().collect();
    let bits = scene.human_agents().filter_map(|agent| {
        let keys = &scene.keyboards.get(agent.index())?.keys;
        let bits: Vec<String> =
            keys.iter().zip(0..).map(|(key, bit)| format!("{} {key}", 1u64 << bit)).collect();
        Some(format!("{agent}: {}", bits.join(", ")))
    });
    let bits: Vec<String> = bits.collect();
    let people = scene.human_agents().map(|agent| LabeledValue::new(agent.to_string(), agent.to_string()));
    let mut columns = vec![
        subject_id(),
        game_id("The game; everybody who played in it has the same."),
        scene_id("The game's scene in the experiment."),
        Column::new("agent", ColumnType::Levels(people.collect()), "The agent whom the participant played."),
        Column::new("episode", COUNT, "The episode, from 0."),
        Column::new("step", COUNT, "Steps since the episode's reset, from 1."),
        Column::new("tick", COUNT, "Ticks since the game began, over all episodes, from 1."),
        Column::new("server_time_ms", COUNT, "The server's clock when the tick ran, since 1970-01-01 UTC.").unit("ms"),
        Column::new(
            "client_time_ms",
            ColumnType::Number(Some(0.0), None),
            "The clock of the participant's browser at its last message; it never goes back, and its zero is its own. Empty before the first message, also to a server that was restarted.",
        )
        .unit("ms"),
        Column::new("rtt_ms", ColumnType::Number(Some(0.0), None), "The last measured round trip of the participant's connection; 0 before the first.").unit("ms"),
        Column::new("focused", ColumnType::Boolean, "Whether the participant's page was visible and focused."),
        Column::new("keys_held", COUNT, format!("The keys that the participant held, or tapped since the tick before: the sum of those of {}.", bits.join("; "))),
    ];
    if scene.run_mode().simulates_in_browser() {
        columns.extend(shown());
    }
    for agent in &agents {
        columns.extend(observations(spec, &legend.observations, *agent));
    }
    for agent in &agents {
        columns.extend(actions(spec, &legend.actions, *agent));
    }
    let each = |name: &str, kind: ColumnType, words: &str| {
        agents
            .iter()
            .map(|agent| Column::new(format!("{name}.{agent}"), kind.clone(), format!("{words} {agent}.")))
            .collect::<Vec<_>>()
    };
    columns.extend(each("action_source", sources(), "Where the action came from:"));
    let (low, high) = spec.reward_range;
    columns.extend(each("rewards", ColumnType::Number(bound(low), bound(high)), "Reward of this step for"));
    columns.extend(each(
        "terminated",
        ColumnType::Boolean,
        "Whether the episode reached its end with this step, for",
    ));
    columns.extend(each(
        "truncated",
        ColumnType::Boolean,
        "Whether the episode was cut by a limit after this step, for",
    ));
    columns.extend(each(
        "seats",
        ColumnType::Text,
        "Who acted: human, random, or a policy's name. The seat of",
    ));
    for agent in &agents {
        columns.extend(legend.infos.iter().map(|info| {
            let name = format!("infos.{agent}.{}", info.name);
            Column::new(name, ColumnType::Number(None, None), format!("{}, for {agent}.", info.meaning))
                .unit(info.unit)
        }));
    }
    let hooks = scene.hooks.map(|make| make().columns()).unwrap_or_default();
    columns.extend(hooks.iter().map(|name| {
        Column::new(
            format!("hooks.{name}"),
            ColumnType::Number(None, None),
            format!("{name}, from the study's own code."),
        )
    }));
    Ok(columns)
}

/// How the participant's browser showed a tick, where browsers simulate.
fn shown() -> [Column; 6] {
    const UNTOLD: &str = "Empty where the browser could not tell any more.";
    [
        Column::new("late_ticks", COUNT, "By how many ticks the participant's keys of this tick came too late for the one that they were meant for. Empty where a browser brought the tick back to a server that was restarted."),
        Column::new("predicted", ColumnType::Boolean, format!("Whether the participant saw this tick before the room had decided it, rightly or not. {UNTOLD}")),
        Column::new("rollback_ticks", COUNT, format!("How many ticks the participant's browser had to undo and simulate again because it had guessed this one wrong. {UNTOLD}")),
        Column::new("stalled_ms", COUNT, format!("For how long the participant's picture stood still before this tick, because the prediction window was exhausted. {UNTOLD}")).unit("ms"),
        Column::new("input_delay_ticks", COUNT, format!("By how many ticks the participant's keys were delayed on purpose. {UNTOLD}")),
        Column::new("verified", ColumnType::Boolean, format!("Whether the participant's browser, which simulated the game itself, came to the state that the server came to from the same inputs; the data are the server's in any case. {UNTOLD}")),
    ]
}

/// What was told of how one agent's browser showed the ticks, by tick.
fn told(scene: &GameScene, record: &Chunk, agent: Agent) -> BTreeMap<u32, (TickReport, u8)> {
    let mut told = BTreeMap::new();
    if scene.run_mode() == RunMode::SinglePlayer {
        // Only what was not so is told.
        let delay = if let InputDelay::Fixed(ticks) = scene.input_delay { ticks } else { 0 };
        let delay = u8::try_from(delay).unwrap_or(u8::MAX);
        let fine = |tick| TickReport { tick, predicted: true, rollback: 0, stalled_ms: 0 };
        told.extend(record.rows.iter().map(|row| (row.tick, (fine(row.tick), delay))));
    }
    let mut from = 1;
    for (_, shown) in record.shown.iter().filter(|(about, _)| *about == agent) {
        for tick in from.max(shown.until.saturating_sub(shown.ticks) + 1)..=shown.until {
            let fine = TickReport { tick, predicted: true, rollback: 0, stalled_ms: 0 };
            told.insert(tick, (fine, shown.input_delay));
        }
        for note in &shown.notes {
            told.insert(note.tick, (*note, shown.input_delay));
        }
        from = from.max(shown.until.saturating_add(1));
    }
    told
}

/// Whether the states of one agent's browser were the room's, by tick.
fn verified(record: &Chunk, agent: Agent) -> BTreeMap<u32, bool> {
    let mut verified = BTreeMap::new();
    let mut from = 1;
    for (_, until, equal) in record.verified.iter().filter(|(about, ..)| *about == agent) {
        verified.extend((from..=*until).map(|tick| (tick, *equal)));
        from = from.max(until.saturating_add(1));
    }
    verified
}

fn observations(spec: &Spec, fields: &[footlights_env::Field], agent: Agent) -> Vec<Column> {
    let bounds: Vec<(Option<f64>, Option<f64>)> = match &spec.observation_space {
        Space::Discrete { n } => vec![(Some(0.0), Some(f64::from(*n) - 1.0))],
        Space::Box { low, high } => {
            low.iter().zip(high).map(|(low, high)| (bound(*low), bound(*high))).collect()
        }
    };
    let column = |(k, (low, high)): (usize, (Option<f64>, Option<f64>))| {
        let (words, unit) = match fields.get(k) {
            Some(field) => (format!("{} ({}).", field.meaning, field.name), field.unit),
            None => (format!("ExportTarget {k} of the observation."), ""),
        };
        let words = format!("Observed by {agent} after the step. {words}");
        Column::new(format!("observations.{agent}.{k}"), ColumnType::Number(low, high), words).unit(unit)
    };
    bounds.into_iter().enumerate().map(column).collect()
}

fn actions(spec: &Spec, names: &[&str], agent: Agent) -> Vec<Column> {
    let words = format!("What {agent} did in this step");
    match &spec.action_space {
        Space::Discrete { n } => {
            let kind = if names.is_empty() {
                ColumnType::Integer(Some(0.0), Some(f64::from(*n) - 1.0))
            } else {
                ColumnType::Levels(
                    names
                        .iter()
                        .enumerate()
                        .map(|(k, name)| LabeledValue::new(k.to_string(), *name))
                        .collect(),
                )
            };
            vec![Column::new(format!("actions.{agent}"), kind, format!("{words}."))]
        }
        Space::Box { low, high } => low
            .iter()
            .zip(high)
            .enumerate()
            .map(|(k, (low, high))| {
                let kind = ColumnType::Number(bound(*low), bound(*high));
                Column::new(
                    format!("actions.{agent}.{k}"),
                    kind,
                    format!("{words}, place {k} of the action."),
                )
            })
            .collect(),
    }
}

fn sources() -> ColumnType {
    let meaning = |source| match source {
        ActionSource::Keys => "the person's keys",
        ActionSource::Default => "nothing came, the scene's default action",
        ActionSource::Previous => "nothing came, the previous action again",
        ActionSource::Refused => "the environment's rules refused what came, the default action instead",
        ActionSource::Policy => "a policy",
        ActionSource::PolicyFailed => "the policy failed, the default action instead",
    };
    ColumnType::Levels(
        ActionSource::ALL
            .into_iter()
            .map(|source| LabeledValue::new(source.as_str(), meaning(source)))
            .collect(),
    )
}

/// As it is written, 0.1 and not 0.10000000149; none if it is no bound at all.
fn bound(value: f32) -> Option<f64> {
    if value.is_finite() { value.to_string().parse().ok() } else { None }
}

/// The steps of one participant as CSV, header included; as many rows as ticks.
pub fn steps_csv(
    scene: &GameScene,
    info: &GameInfo,
    agent: Agent,
    record: &Chunk,
) -> Result<Vec<u8>, RecordError> {
    let columns = steps_columns(scene)?;
    let sim = scene.environment.make()?;
    let (agents, infos) = (sim.spec().agents().collect::<Vec<_>>(), sim.legend().infos);
    let subject = info.seats.get(agent.index()).and_then(|seat| seat.subject.clone()).unwrap_or_default();
    let hooks = scene.hooks.map_or(0, |make| make().columns().len());
    let successor = match &scene.on_dropout {
        DropoutRule::Replace(seat) => Some(seat.name()),
        DropoutRule::End | DropoutRule::Void => None,
    };
    let (told, verified) = (told(scene, record, agent), verified(record, agent));
    let fields = |row: &StepRecord| {
        let mut fields: Vec<String> = Vec::with_capacity(columns.len());
        fields.extend([subject.clone(), info.game_id.clone(), info.scene.clone(), agent.to_string()]);
        fields.extend([row.episode, row.step, row.tick].map(|n| n.to_string()));
        fields.push(row.server_time_ms.to_string());
        match row.people.get(agent.index()).copied().flatten() {
            Some(person) => fields.extend([
                person.client_time_ms.map(|ms| ms.to_string()).unwrap_or_default(),
                person.rtt_ms.to_string(),
                person.focused.to_string(),
                person.held.to_string(),
            ]),
            None => fields.extend([const { String::new() }; 4]),
        }
        if scene.run_mode().simulates_in_browser() {
            let person = row.people.get(agent.index()).copied().flatten();
            fields.push(person.and_then(|person| Some(person.late?.to_string())).unwrap_or_default());
            match told.get(&row.tick).filter(|_| person.is_some()) {
                Some((note, delay)) => fields.extend([
                    note.predicted.to_string(),
                    note.rollback.to_string(),
                    note.stalled_ms.to_string(),
                    delay.to_string(),
                ]),
                None => fields.extend([const { String::new() }; 4]),
            }
            let verified = verified.get(&row.tick).filter(|_| person.is_some());
            fields.push(verified.map(bool::to_string).unwrap_or_default());
        }
        fields.extend(row.observations.iter().map(f32::to_string));
        for action in &row.actions {
            match action {
                ActionValue::Discrete(action) => fields.push(action.to_string()),
                ActionValue::Continuous(values) => fields.extend(values.iter().map(f32::to_string)),
            }
        }
        fields.extend(row.sources.iter().map(|source| source.as_str().to_owned()));
        fields.extend(row.rewards.iter().map(f32::to_string));
        fields.extend(row.terminated.iter().chain(&row.truncated).map(bool::to_string));
        fields.extend(info.seats.iter().zip(&row.people).map(|(seat, person)| match successor {
            Some(policy) if seat.subject.is_some() && person.is_none() => policy.to_owned(),
            _ => seat.holder.clone(),
        }));
        for each in &agents {
            for info in &infos {
                let found = row.infos.iter().find(|(agent, key, _)| agent == each && key == info.name);
                fields.push(found.map(|(_, _, value)| value.to_string()).unwrap_or_default());
            }
        }
        fields.extend((0..hooks).map(|k| {
            let value = row.hooks.get(k).filter(|value| value.is_finite());
            value.map(f64::to_string).unwrap_or_default()
        }));
        fields
    };
    csv(&columns, record.rows.iter().map(fields))
}

/// The last tick up to which one agent's browser had the room's states all along.
fn verified_until(record: &Chunk, agent: Agent) -> Option<u32> {
    let told = record.verified.iter().filter(|(about, ..)| *about == agent);
    told.take_while(|(_, _, equal)| *equal).map(|(_, until, _)| *until).last()
}

/// What one participant's file does not say in its rows.
pub fn metadata(
    scene: &GameScene,
    info: &GameInfo,
    agent: Agent,
    record: &Chunk,
    verdict: &Verdict,
) -> Value {
    let seat = info.seats.get(agent.index());
    let last = record.rows.last();
    let own = verdict.seats.get(agent.index()).and_then(Option::as_ref);
    let outcome = own.map_or(verdict.outcome, |own| own.outcome);
    let partial = outcome != Outcome::Completed;
    json!({
        "experiment": info.experiment,
        "scene_id": info.scene,
        "game_id": info.game_id,
        "subject_id": seat.and_then(|seat| seat.subject.clone()),
        "agent": agent.to_string(),
        "seats": info.seats.iter().map(|seat| (seat.agent.to_string(), json!(seat.holder))).collect::<serde_json::Map<_, _>>(),
        "outcome": outcome.as_str(),
        "game_outcome": verdict.outcome.as_str(),
        "partial": partial,
        "partial_reason": partial.then(|| outcome.as_str()),
        // Later rows are of the others, and of the policy that played on.
        "partial_tick": own.filter(|_| partial).map(|own| own.tick),
        "ticks": record.rows.len(),
        "last_tick": last.map(|row| row.tick),
        // Up to here the browser came to the server's states; nothing where browsers do not simulate.
        "verified_until_tick": verified_until(record, agent),
        "started_at": record.rows.first().map(|row| iso8601(row.server_time_ms)),
        "ended_at": last.map(|row| iso8601(row.server_time_ms)),
        // As text: JSON readers in browsers and R keep 53 bits of a number.
        "seed": info.seed.to_string(),
        "fps": scene.fps,
        "environment": scene.environment,
        "episodes": record.episodes.iter().map(|episode| json!({
            "episode": episode.episode,
            "steps": episode.steps,
            "end": episode.end,
            "started_at": iso8601(episode.started_ms),
            "initial_observations": episode.initial_observations,
            "returns": episode.returns,
            "digest": format!("{:016x}", episode.digest),
            "metrics": episode.metrics,
        })).collect::<Vec<_>>(),
        "events": record.events.iter().map(|event| json!({
            "at": iso8601(event.at_ms),
            "tick": event.tick,
            "agent": event.agent.map(|agent| agent.to_string()),
            "kind": event.kind,
            "detail": event.detail,
        })).collect::<Vec<_>>(),
    })
}
