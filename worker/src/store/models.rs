//! Models that this deployment learnt, in R2: `models/{name}.onnx`, with what they play in their metadata.

use footlights_env::digest;
use footlights_learn::Output;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::{Env, HttpMetadata, Include};

use crate::{
    costs::{self, Cost},
    error::ApiError,
    json,
};

const FOLDER: &str = "models/";
const ENDING: &str = ".onnx";
/// The key of the metadata that holds all of it.
const ABOUT: &str = "about";
/// Most models that are listed.
const MOST: u32 = 1_000;

/// What is known of a learnt model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub environment: String,
    pub config: Value,
    /// Episodes and steps of its training.
    pub episode: u32,
    pub steps: u64,
    /// The mean reward of its last ten episodes.
    pub score: f64,
    /// What its outputs are.
    pub output: Output,
    /// xxh3 over the file.
    pub digest: String,
}

/// Whether a model can be called so: the name is part of a key and of addresses.
pub fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// The digest of a file.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("{:016x}", digest::of_bytes(bytes))
}

/// Writes a model, in place of one of the same name.
pub async fn save(env: &Env, name: &str, bytes: Vec<u8>, about: &About) -> Result<(), ApiError> {
    let metadata =
        HttpMetadata { content_type: Some("application/octet-stream".to_owned()), ..HttpMetadata::default() };
    costs::add(Cost::R2ClassA, 1);
    let bucket = env.bucket("DATA")?;
    let put = bucket.put(format!("{FOLDER}{name}{ENDING}"), bytes).http_metadata(metadata);
    put.custom_metadata([(ABOUT.to_owned(), json::encode("a model's description", about)?)])
        .execute()
        .await?;
    Ok(())
}

/// What the metadata of an object says; none if it is none of ours.
fn about(object: &worker::Object) -> Result<Option<About>, ApiError> {
    Ok(object.custom_metadata()?.get(ABOUT).and_then(|about| serde_json::from_str(about).ok()))
}

/// Every model that was learnt here, in the order of their names.
pub async fn list(env: &Env) -> Result<Vec<(String, About)>, ApiError> {
    costs::add(Cost::R2ClassA, 1);
    let bucket = env.bucket("DATA")?;
    let list = bucket.list().prefix(FOLDER).limit(MOST).include(vec![Include::CustomMetadata]);
    let mut found = Vec::new();
    for object in list.execute().await?.objects() {
        let key = object.key();
        let name = key.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(ENDING));
        if let (Some(name), Some(about)) = (name, about(&object)?) {
            found.push((name.to_owned(), about));
        }
    }
    Ok(found)
}

/// A model with what is known of it.
pub async fn load(env: &Env, name: &str) -> Result<Option<(Vec<u8>, About)>, ApiError> {
    if !is_name(name) {
        return Ok(None);
    }
    costs::add(Cost::R2ClassB, 1);
    let Some(object) = env.bucket("DATA")?.get(format!("{FOLDER}{name}{ENDING}")).execute().await? else {
        return Ok(None);
    };
    let Some(about) = about(&object)? else { return Ok(None) };
    let Some(body) = object.body() else { return Ok(None) };
    Ok(Some((body.bytes().await?, about)))
}
