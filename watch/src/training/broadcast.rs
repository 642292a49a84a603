//! A run whose trainer is elsewhere: it says what happens, and viewers are told so as if it happened here.

use std::collections::BTreeMap;

use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    episodes::{Episodes, thin},
    output::{ModelFile, Output, Saved, Viewer},
    publication::{Begin, Bytes, Checkpoint, Ended, Publication},
    told::{Answer, Episode, Point, Told},
    viewers::Viewers,
};

/// The most names of numbers that are kept for who comes late, and the most values of one of them.
const MOST_SERIES: usize = 50;
const MOST_POINTS: usize = 500;

/// A run of a trainer elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Broadcast {
    pub environment: String,
    config: Value,
    pub num_episodes: u32,
    pub paused: bool,
    pub episodes: Episodes,
    pub metrics: BTreeMap<String, Vec<Point>>,
    /// The number of the last message that was heard.
    pub heard: u64,
    /// The connection of the trainer; none while it is lost.
    pub trainer: Option<Viewer>,
    #[serde(skip)]
    pub kept: EpochMs,
}

impl Broadcast {
    /// A run that begins.
    pub fn new(begin: Begin, trainer: Viewer, now: EpochMs) -> Self {
        let Begin { environment, config, num_episodes, .. } = begin;
        Self {
            environment,
            config,
            num_episodes,
            paused: false,
            episodes: Episodes::default(),
            metrics: BTreeMap::new(),
            heard: 0,
            trainer: Some(trainer),
            kept: now,
        }
    }

    /// The number of the newest episode that is over.
    pub fn episode(&self) -> u32 {
        self.episodes.newest().map_or(0, |episode| episode.episode)
    }

    /// Takes what the trainer says of its run, other than its beginning and its end.
    pub fn hear(&mut self, said: Publication, viewers: &mut Viewers) {
        if let Publication::Episode(Ended { number, .. }) | Publication::Metrics { number, .. } = &said
            && *number > 0
        {
            if *number <= self.heard {
                return;
            }
            self.heard = *number;
        }
        match said {
            Publication::Episode(ended) => self.complete(ended, viewers),
            Publication::Metrics { step, values, .. } => {
                for (name, value) in &values {
                    let known = self.metrics.contains_key(name);
                    if known || self.metrics.len() < MOST_SERIES {
                        let points = self.metrics.entry(name.clone()).or_default();
                        points.push(Point(step, *value));
                        thin(points, MOST_POINTS);
                    }
                }
                viewers.broadcast(&Told::Metrics { step, values: &values }.json());
            }
            Publication::Begin(_) | Publication::End {} | Publication::Ping {} => {}
        }
    }

    fn complete(&mut self, ended: Ended, viewers: &mut Viewers) {
        let Ended { episode, reward, length, loss, epsilon, failure_reason, .. } = ended;
        let against_past = false;
        let episode = Episode { episode, reward, length, loss, epsilon, failure_reason, against_past };
        let complete = self.episodes.push(&episode, 0);
        viewers.broadcast(&Told::EpisodeComplete(&complete).json());
        if let Some(reason) = episode.failure_reason {
            let agent = "agent_0".to_owned();
            viewers.push(Output::Failed { episode: episode.episode, agent, reason });
        }
    }

    /// A picture is shown; a model is returned, to be saved.
    pub fn take(&self, run: &str, bytes: Bytes<'_>, viewers: &mut Viewers) -> Option<Saved> {
        match bytes {
            Bytes::Frame(moment, picture) => {
                viewers.show(&Told::Frame { moment: &moment }.json());
                viewers.show_picture(picture);
                None
            }
            Bytes::Model(Checkpoint { label, output, steps }, file) => Some(Saved {
                name: format!("{run}_{label}"),
                file: ModelFile::Onnx(file.to_vec()),
                output,
                environment: self.environment.clone(),
                config: self.config.clone(),
                episode: self.episode(),
                steps,
                score: self.episodes.reward(),
            }),
        }
    }

    /// Says something to the trainer. False, if it is not there.
    pub fn answer(&self, answer: &Answer<'_>, viewers: &mut Viewers) -> bool {
        if let Some(viewer) = self.trainer {
            viewers.push(Output::Send { viewer, text: answer.json() });
        }
        self.trainer.is_some()
    }
}
