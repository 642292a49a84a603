//! What a trainer elsewhere says.

use std::collections::BTreeMap;

use footlights_learn::Output;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest text, the largest picture and the largest model, in bytes.
const MAX_TEXT: usize = 64 << 10;
const MAX_FRAME: usize = 1 << 20;
const MAX_MODEL: usize = 10 << 20;
/// The most bytes of a header before a picture or a model.
const MAX_HEADER: usize = 4_096;
/// The most numbers that are told at once, and the longest name of one.
const MOST_METRICS: usize = 100;
const MAX_NAME: usize = 100;

/// A message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Publication {
    /// A run begins, or goes on after its connection was lost.
    Begin(Begin),
    /// An episode is over.
    Episode(Ended),
    /// Numbers that have a name, such as a loss.
    Metrics {
        /// The number of the message, from 1, if its trainer counts: see [`Ended::number`].
        #[serde(default)]
        number: u64,
        /// When: steps of the training.
        step: u64,
        /// What.
        values: BTreeMap<String, f64>,
    },
    /// The run is over.
    End {},
    /// Says only that the trainer is there.
    Ping {},
}

/// A run that begins.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Begin {
    /// What is learnt: an environment of this deployment, or a name that is only shown.
    pub environment: String,
    /// With which configuration.
    #[serde(default)]
    pub config: Value,
    /// Episodes of the run; 0 if nobody knows.
    #[serde(default)]
    pub num_episodes: u32,
    /// Whether it is the one that was told of before.
    #[serde(default)]
    pub resume: bool,
}

/// An episode that is over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Ended {
    /// The number of the message among those that are kept, from 1, if its trainer counts. What has been heard is not heard
    /// again, so that a trainer may say once more what it does not know to be kept.
    #[serde(default)]
    pub number: u64,
    /// From 1.
    pub episode: u32,
    /// The sum of its rewards.
    pub reward: f64,
    /// Its steps.
    pub length: u32,
    /// The mean loss meanwhile.
    #[serde(default)]
    pub loss: f64,
    /// How often it tried something else than what it thinks best.
    #[serde(default)]
    pub epsilon: f32,
    /// Why the rules ended it.
    #[serde(default)]
    pub failure_reason: Option<String>,
}

/// What stands before the bytes of a picture or a model, as one line of JSON.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Header {
    Frame(Moment),
    Checkpoint(Checkpoint),
}

/// The moment that a picture shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moment {
    /// From 1.
    pub episode: u32,
    /// From 0.
    pub step: u32,
    /// The reward of the step.
    pub reward: f64,
    /// The sum of the rewards of the episode so far.
    pub cumulative_reward: f64,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Checkpoint {
    /// The end of its name; the run's stands before it.
    pub label: String,
    /// What its outputs are.
    pub output: Output,
    /// Steps of the training until then.
    #[serde(default)]
    pub steps: u64,
}

/// A picture or a model.
#[derive(Debug, PartialEq)]
pub enum Bytes<'a> {
    /// A picture: one of Footlights, or an image file.
    Frame(Moment, &'a [u8]),
    /// A model, as an ONNX file.
    Model(Checkpoint, &'a [u8]),
}

/// Reads a text.
///
/// # Errors
/// What is wrong with it, in a sentence for who wrote it.
pub fn text(text: &str) -> Result<Publication, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("A message has at most {MAX_TEXT} bytes."));
    }
    let read = serde_json::from_str(text).map_err(|error| format!("The message cannot be read: {error}."))?;
    match &read {
        Publication::Begin(Begin { environment, .. })
            if environment.is_empty() || environment.len() > MAX_NAME =>
        {
            Err(format!("\"environment\" has 1 to {MAX_NAME} bytes."))
        }
        Publication::Metrics { values, .. } if values.len() > MOST_METRICS => {
            Err(format!("At most {MOST_METRICS} numbers are told at once."))
        }
        Publication::Metrics { values, .. } if values.keys().any(|name| name.len() > MAX_NAME) => {
            Err(format!("The name of a number has at most {MAX_NAME} bytes."))
        }
        Publication::Episode(Ended { failure_reason: Some(reason), .. }) if reason.len() > MAX_NAME => {
            Err(format!("\"failure_reason\" has at most {MAX_NAME} bytes."))
        }
        _ => Ok(read),
    }
}

/// Reads bytes: a line of JSON, and behind it what it announces.
///
/// # Errors
/// What is wrong with them.
pub fn bytes(bytes: &[u8]) -> Result<Bytes<'_>, String> {
    let head = bytes.get(..bytes.len().min(MAX_HEADER)).unwrap_or_default();
    let end = head.iter().position(|byte| *byte == b'\n');
    let Some((line, rest)) = end.and_then(|end| Some((bytes.get(..end)?, bytes.get(end + 1..)?))) else {
        return Err("A line of JSON stands before the bytes of a picture or a model.".into());
    };
    let header: Header = serde_json::from_slice(line)
        .map_err(|error| format!("The line before the bytes cannot be read: {error}."))?;
    match header {
        Header::Frame(_) if rest.len() > MAX_FRAME => {
            Err(format!("A picture has at most {MAX_FRAME} bytes."))
        }
        Header::Frame(_) if !is_picture(rest) => {
            Err("A picture is one of Footlights, or a PNG, JPEG or WebP file.".into())
        }
        Header::Frame(moment) => Ok(Bytes::Frame(moment, rest)),
        Header::Checkpoint(_) if rest.len() > MAX_MODEL => {
            Err(format!("A model has at most {MAX_MODEL} bytes."))
        }
        Header::Checkpoint(checkpoint) if !is_label(&checkpoint.label) => {
            Err("\"label\" has 1 to 30 letters, digits, _ and -.".into())
        }
        Header::Checkpoint(checkpoint) => Ok(Bytes::Model(checkpoint, rest)),
    }
}

/// Whether it can be the end of a model's name.
fn is_label(label: &str) -> bool {
    let of_names = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=30).contains(&label.len()) && label.bytes().all(of_names)
}

/// What a viewer can show.
fn is_picture(bytes: &[u8]) -> bool {
    let image =
        [b"\x89PNG".as_slice(), b"\xff\xd8\xff", b"RIFF"].iter().any(|magic| bytes.starts_with(magic));
    image || crate::picture::read(bytes).is_ok()
}
