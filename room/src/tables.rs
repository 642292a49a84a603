//! From a game's record to what analysts read: one CSV and one metadata file a participant.
//!
//! Tidy and never ragged: one row a tick, dotted column names (`observations.player_0.3`), empty for what is missing,
//! `true`/`false` for booleans, server times in epoch milliseconds, client times in monotonic milliseconds.

use std::collections::BTreeSet;

use env_sdk::{ActionValue, Agent};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    experiment::{GameScene, Leaving},
    record::{Chunk, GameInfo, RecordError, Row},
    room::Verdict,
    session::Answered,
    wire::Outcome,
};

/// The steps of one participant as CSV, header included; as many rows as ticks.
pub fn steps_csv(
    scene: &GameScene,
    info: &GameInfo,
    agent: Agent,
    rows: &[Row],
) -> Result<Vec<u8>, RecordError> {
    let sim = scene.environment.make()?;
    let width = sim.spec().observation_space.len();
    let parts = match sim.spec().action_space {
        env_sdk::Space::Discrete { .. } => 0,
        env_sdk::Space::Box { .. } => sim.spec().action_space.len(),
    };
    let agents: Vec<Agent> = sim.spec().agents().collect();
    let infos: BTreeSet<(Agent, &str)> =
        rows.iter().flat_map(|row| &row.infos).map(|(agent, key, _)| (*agent, key.as_str())).collect();
    let subject = info.seats.get(agent.index()).and_then(|seat| seat.subject.clone()).unwrap_or_default();

    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = [
        "subject_id",
        "game_id",
        "scene_id",
        "agent",
        "episode",
        "step",
        "tick",
        "server_time_ms",
        "client_time_ms",
        "rtt_ms",
        "focused",
        "keys_held",
    ]
    .map(str::to_owned)
    .into();
    for each in &agents {
        header.extend((0..width).map(|k| format!("observations.{each}.{k}")));
    }
    for each in &agents {
        match parts {
            0 => header.push(format!("actions.{each}")),
            parts => header.extend((0..parts).map(|k| format!("actions.{each}.{k}"))),
        }
    }
    for name in ["action_source", "rewards", "terminated", "truncated", "seats"] {
        header.extend(agents.iter().map(|each| format!("{name}.{each}")));
    }
    header.extend(infos.iter().map(|(each, key)| format!("infos.{each}.{key}")));
    let columns = scene.hooks.map(|make| make().columns()).unwrap_or_default();
    header.extend(columns.iter().map(|name| format!("hooks.{name}")));
    writer.write_record(&header).map_err(unwritable)?;

    let successor = match &scene.leaving {
        Leaving::Replace(seat) => Some(seat.name()),
        Leaving::End | Leaving::Void => None,
    };
    let mut fields: Vec<String> = Vec::with_capacity(header.len());
    for row in rows {
        fields.clear();
        fields.extend([subject.clone(), info.game_id.clone(), info.scene.clone(), agent.to_string()]);
        fields.extend([row.episode, row.step, row.tick].map(|n| n.to_string()));
        fields.push(row.server_time_ms.to_string());
        match row.people.get(agent.index()).copied().flatten() {
            Some(person) => fields.extend([
                person.client_time_ms.to_string(),
                person.rtt_ms.to_string(),
                person.focused.to_string(),
                person.held.to_string(),
            ]),
            None => fields.extend([const { String::new() }; 4]),
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
        for (each, key) in &infos {
            let found = row.infos.iter().find(|(a, k, _)| a == each && k == key);
            fields.push(found.map(|(_, _, value)| value.to_string()).unwrap_or_default());
        }
        fields.extend((0..columns.len()).map(|k| {
            let value = row.hooks.get(k).filter(|value| value.is_finite());
            value.map(f64::to_string).unwrap_or_default()
        }));
        writer.write_record(&fields).map_err(unwritable)?;
    }
    writer.into_inner().map_err(|e| RecordError::Unwritable(e.to_string()))
}

/// The answers of one participant to one page: one row an answer, empty where none is right or wrong.
pub fn answers_csv(subject: &str, given: &[&Answered]) -> Result<Vec<u8>, RecordError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["subject_id", "scene_id", "question_id", "attempt", "answer", "correct", "answered_at"];
    writer.write_record(header).map_err(unwritable)?;
    for page in given {
        let (attempt, at) = (page.sheet.attempt.to_string(), iso8601(page.at_ms));
        for (question, answer) in &page.sheet.answers {
            let correct = page.sheet.correct.get(question).map(bool::to_string).unwrap_or_default();
            let row = [subject, &page.scene, question, &attempt, &answer.to_string(), &correct, &at];
            writer.write_record(row).map_err(unwritable)?;
        }
    }
    writer.into_inner().map_err(|e| RecordError::Unwritable(e.to_string()))
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

/// Epoch milliseconds as ISO 8601 in UTC.
pub fn iso8601(epoch_ms: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(epoch_ms) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

fn unwritable(error: csv::Error) -> RecordError {
    RecordError::Unwritable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_iso_8601_in_utc() {
        // date -u -d @1790000000.123 +%FT%T.%3NZ
        assert_eq!(iso8601(1_790_000_000_123), "2026-09-21T14:13:20.123Z");
    }
}
