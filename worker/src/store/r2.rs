//! In object storage: of a finished game a CSV and a metadata file a participant, and the replay; the answers to a page.

use room::{
    experiment::{GameScene, Scene},
    record::{Chunk, GameInfo},
    replay::Replay,
    room::Verdict,
    session::{Answered, Snapshot},
    tables,
};
use worker::{Bucket, Env, HttpMetadata};

use crate::error::Fault;

/// Writes everything; doing it twice does no harm.
pub async fn save(
    env: &Env,
    scene: &GameScene,
    info: &GameInfo,
    record: &Chunk,
    verdict: &Verdict,
) -> Result<(), Fault> {
    let bucket = env.bucket("DATA")?;
    let folder = format!("data/{}/{}", info.experiment, info.scene);
    for agent in scene.human_agents() {
        let Some(subject) = info.seats.get(agent.index()).and_then(|seat| seat.subject.as_deref()) else {
            continue;
        };
        let csv = tables::steps_csv(scene, info, agent, &record.rows)?;
        put(&bucket, format!("{folder}/{subject}.csv"), csv, "text/csv; charset=utf-8").await?;
        let metadata = tables::metadata(scene, info, agent, record, verdict);
        let metadata = serde_json::to_vec_pretty(&metadata)?;
        put(&bucket, format!("{folder}/{subject}_metadata.json"), metadata, "application/json").await?;
    }
    let replay = Replay::of(scene, info, record)?.encode();
    let key = format!("data/{}/replays/{}.msgpack", info.experiment, info.game_id);
    put(&bucket, key, replay, "application/vnd.msgpack").await
}

/// The answers to one page, if there are any.
pub async fn answers(env: &Env, scene: &Scene, session: &Snapshot) -> Result<(), Fault> {
    let given: Vec<&Answered> = session.sheets.iter().filter(|sheet| sheet.scene == scene.id()).collect();
    if given.is_empty() {
        return Ok(());
    }
    let key = format!("data/{}/{}/{}.csv", session.experiment, scene.id(), session.subject);
    let csv = tables::answers_csv(&session.subject, &given)?;
    put(&env.bucket("DATA")?, key, csv, "text/csv; charset=utf-8").await
}

async fn put(bucket: &Bucket, key: String, bytes: Vec<u8>, content_type: &str) -> Result<(), Fault> {
    let metadata = HttpMetadata { content_type: Some(content_type.to_owned()), ..HttpMetadata::default() };
    bucket.put(key, bytes).http_metadata(metadata).execute().await?;
    Ok(())
}
