//! What the rows of a participant's steps do not say: the game, its seats, episodes and events, and how it ended.

use footlights_env::Agent;
use footlights_experiment::{
    GameScene,
    record::{EpisodeRecord, GameInfo},
};
use footlights_protocol::Outcome;
use serde_json::{Value, json};

use crate::{chunk::Chunk, column::iso8601, reports::verified_until, verdict::Verdict};

/// What one participant's file does not say in its rows.
#[must_use]
pub fn json(scene: &GameScene, info: &GameInfo, agent: Agent, record: &Chunk, verdict: &Verdict) -> Value {
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
        "seats": info.seats.iter().map(|seat| (seat.agent.to_string(), serde_json::Value::from(seat.holder.as_str()))).collect::<serde_json::Map<_, _>>(),
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
        "fps": scene.stepping.fps,
        "environment": scene.environment,
        "episodes": record.episodes.iter().map(of_episode).collect::<Vec<_>>(),
        "events": record.events.iter().map(|event| json!({
            "at": iso8601(event.at_ms),
            "tick": event.tick,
            "agent": event.agent.map(|agent| agent.to_string()),
            "kind": event.kind,
            "detail": event.detail,
        })).collect::<Vec<_>>(),
    })
}

fn of_episode(episode: &EpisodeRecord) -> Value {
    let mut said = json!({
        "episode": episode.episode,
        "steps": episode.steps,
        "end": episode.end,
        "started_at": iso8601(episode.started_ms),
        "initial_observations": episode.initial_observations,
        "returns": episode.returns,
        "digest": format!("{:016x}", episode.digest),
        "metrics": episode.metrics,
    });
    let state: Vec<Value> = episode.initial_state.iter().cloned().map(Value::from).collect();
    if let Some(said) = said.as_object_mut().filter(|_| !state.is_empty()) {
        said.insert("initial_state".into(), state.into());
    }
    said
}
