//! In object storage: of a finished game a CSV and a metadata file a participant, and the replay; of
//! a participant the answers, a row of the table and what is known by name; of an experiment its description.

use std::{cell::RefCell, collections::BTreeSet};

use footlights_data::{
    Chunk, Replay, SessionRecord, Verdict, answers, codebook, metadata, participants, steps,
};
use footlights_env::digest;
use footlights_experiment::{Experiment, GameScene, record::GameInfo};
use worker::{Bucket, Env, HttpMetadata, ResponseBody};

use super::d1::DELETED;
use crate::{
    costs::{self, Cost},
    error::ApiError,
    json,
};

/// Keeps a game of which no table can be made: what the object has stored, as it is, in MessagePack.
pub async fn raw(env: &Env, info: &GameInfo, blobs: &[Vec<u8>]) -> Result<(), ApiError> {
    let bucket = env.bucket("DATA")?;
    let root = format!("data/{}/raw/{}", info.experiment, info.game_id);
    put(&bucket, format!("{root}/info.json"), json::encode_pretty("a game's description", info)?, JSON)
        .await?;
    for (place, blob) in blobs.iter().enumerate() {
        put(&bucket, format!("{root}/{place:06}.msgpack"), blob.clone(), MSGPACK).await?;
    }
    Ok(())
}

/// Writes everything; doing it twice does no harm.
pub async fn save(
    env: &Env,
    scene: &GameScene,
    info: &GameInfo,
    record: &Chunk,
    verdict: &Verdict,
) -> Result<(), ApiError> {
    let bucket = env.bucket("DATA")?;
    let folder = format!("data/{}/{}", info.experiment, info.scene);
    for agent in scene.human_agents() {
        let Some(subject) = info.seats.get(agent.index()).and_then(|seat| seat.subject.as_deref()) else {
            continue;
        };
        let csv = steps::csv(scene, info, agent, record)?;
        put(&bucket, format!("{folder}/{subject}.csv"), csv, CSV).await?;
        let metadata = metadata::json(scene, info, agent, record, verdict);
        let metadata = json::encode_pretty("metadata", &metadata)?;
        put(&bucket, format!("{folder}/{subject}_metadata.json"), metadata, JSON).await?;
    }
    let replay = Replay::from_record(scene, info, record)?.encode()?;
    let key = format!("data/{}/replays/{}.msgpack", info.experiment, info.game_id);
    put(&bucket, key, replay, MSGPACK).await
}

/// A participant: the answers of each page from the `new`th submission on, what is known by name, the row of the table.
pub async fn participant(
    env: &Env,
    experiment: &Experiment,
    session: &SessionRecord,
    new: usize,
) -> Result<(), ApiError> {
    let bucket = env.bucket("DATA")?;
    let (folder, subject) = (format!("data/{}", session.experiment), &session.subject);
    for scene in experiment.scenes() {
        let id = scene.id();
        if session.submissions.iter().skip(new).any(|submission| submission.scene == id) {
            let csv = answers::csv(experiment, scene, session)?;
            put(&bucket, format!("{folder}/{id}/{subject}.csv"), csv, CSV).await?;
        }
        if session.progress.outcome(id).is_some() {
            let globals = json::encode_pretty("globals", &participants::globals_json(session))?;
            put(&bucket, format!("{folder}/{id}/{subject}_globals.json"), globals, JSON).await?;
        }
    }
    let row = participants::csv(experiment, session)?;
    put(&bucket, format!("{folder}/participants/{subject}.csv"), row, CSV).await
}

thread_local! {
    /// Experiments whose description is known to be up to date.
    static DESCRIBED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// The codebook and the configuration, where those that are stored are of another configuration or of another build.
pub async fn describe(env: &Env, experiment: &Experiment) -> Result<(), ApiError> {
    if DESCRIBED.with_borrow(|known| known.contains(&experiment.id)) {
        return Ok(());
    }
    let configuration = json::encode_pretty(
        "a configuration",
        &codebook::configuration(experiment, env!("CARGO_PKG_VERSION")),
    )?;
    let codebook = json::encode_pretty(
        "a codebook",
        &codebook::dataset_description(experiment, &codebook::tables(experiment)?),
    )?;
    let fingerprint = digest::of_bytes(&[configuration.as_slice(), &codebook].concat());
    let fingerprint = format!("{fingerprint:016x}");
    let bucket = env.bucket("DATA")?;
    let folder = format!("data/{}", experiment.id);
    // Written last, so that its fingerprint speaks for both.
    let key = format!("{folder}/experiment.json");
    costs::add(Cost::R2ClassB, 1);
    let stored = match bucket.head(&key).await? {
        Some(object) => object.custom_metadata()?.get(FINGERPRINT).cloned(),
        None => None,
    };
    if stored.as_ref() != Some(&fingerprint) {
        put(&bucket, format!("{folder}/dataset_description.json"), codebook, JSON).await?;
        let metadata = HttpMetadata { content_type: Some(JSON.to_owned()), ..HttpMetadata::default() };
        costs::add(Cost::R2ClassA, 1);
        let put = bucket.put(key, configuration).http_metadata(metadata);
        put.custom_metadata([(FINGERPRINT.to_owned(), fingerprint)]).execute().await?;
    }
    DESCRIBED.with_borrow_mut(|known| known.insert(experiment.id.clone()));
    Ok(())
}

/// Takes a participant's objects away, and the name out of the replays of these games. Returns how many objects it was
/// about.
pub async fn forget(env: &Env, experiment: &str, subject: &str, games: &[String]) -> Result<usize, ApiError> {
    let bucket = env.bucket("DATA")?;
    let root = format!("data/{experiment}/");
    let mut replays = 0;
    for game in games {
        let key = format!("{root}replays/{game}.msgpack");
        let Some(object) = bucket.get(&key).execute().await? else { continue };
        let Some(body) = object.body() else { continue };
        let mut replay = Replay::decode(&body.bytes().await?)
            .map_err(|error| ApiError::Internal(format!("{key}: {error}")))?;
        for seat in &mut replay.info.seats {
            if seat.subject.as_deref() == Some(subject) {
                seat.subject = Some(DELETED.to_owned());
            }
        }
        put(&bucket, key, replay.encode()?, MSGPACK).await?;
        replays += 1;
    }
    // Folders of scenes that a deployment took away as well.
    let mut gone = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let list = bucket.list().prefix(&root).delimiter("/");
        let list = match cursor.take() {
            Some(cursor) => list.cursor(cursor),
            None => list,
        };
        let page = list.execute().await?;
        for folder in page.delimited_prefixes() {
            for ending in [".csv", "_metadata.json", "_globals.json"] {
                let key = format!("{folder}{subject}{ending}");
                if bucket.head(&key).await?.is_some() {
                    gone.push(key);
                }
            }
        }
        cursor = page.cursor().filter(|_| page.truncated());
        if cursor.is_none() {
            break;
        }
    }
    let all = gone.len() + replays;
    if !gone.is_empty() {
        bucket.delete_multiple(gone).await?;
    }
    Ok(all)
}

/// The replay of a game.
pub async fn replay(env: &Env, experiment: &str, game: &str) -> Result<Option<ResponseBody>, ApiError> {
    body(env, format!("data/{experiment}/replays/{game}.msgpack")).await
}

/// The rows of a participant's last game of a scene.
pub async fn steps(
    env: &Env,
    experiment: &str,
    scene: &str,
    subject: &str,
) -> Result<Option<ResponseBody>, ApiError> {
    body(env, format!("data/{experiment}/{scene}/{subject}.csv")).await
}

/// An object, to be handed on as it comes.
async fn body(env: &Env, key: String) -> Result<Option<ResponseBody>, ApiError> {
    costs::add(Cost::R2ClassB, 1);
    let Some(object) = env.bucket("DATA")?.get(key).execute().await? else { return Ok(None) };
    Ok(object.body().map(|body| body.response_body()).transpose()?)
}

pub const CSV: &str = "text/csv; charset=utf-8";
const JSON: &str = "application/json";
pub const MSGPACK: &str = "application/vnd.msgpack";
/// Of the configuration and the codebook, in the metadata of `experiment.json`.
const FINGERPRINT: &str = "fingerprint";

async fn put(bucket: &Bucket, key: String, bytes: Vec<u8>, content_type: &str) -> Result<(), ApiError> {
    let metadata = HttpMetadata { content_type: Some(content_type.to_owned()), ..HttpMetadata::default() };
    costs::add(Cost::R2ClassA, 1);
    bucket.put(key, bytes).http_metadata(metadata).execute().await?;
    Ok(())
}
