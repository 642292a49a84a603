//! How people are waited for and matched.

use std::sync::Arc;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::matchmaking::{Fifo, Matchmaker, MatchmakerFactory};

/// The waiting room of a game. Times are in milliseconds.
#[derive(Clone, Serialize)]
#[allow(missing_docs, reason = "each field has a builder method that says what it means")]
pub struct Waitroom {
    pub max_wait_ms: u64,
    pub timeout_message: String,
    pub ready_check_ms: Option<u64>,
    pub wait_jitter_ms: (u64, u64),
    pub max_concurrent_games: Option<u32>,
    #[serde(serialize_with = "name_and_parameters")]
    matching: MatchmakerFactory,
}

impl Default for Waitroom {
    fn default() -> Self {
        Self::new()
    }
}

impl Waitroom {
    /// First come, first served, five minutes at most, no ready check.
    pub fn new() -> Self {
        Self {
            max_wait_ms: 300_000,
            timeout_message: "Nobody else came in time. Thank you for waiting.".into(),
            ready_check_ms: None,
            wait_jitter_ms: (0, 0),
            max_concurrent_games: None,
            matching: factory(Fifo),
        }
    }

    /// How long somebody waits at most. Where that leads is said by [`crate::GameScene::on`].
    pub fn max_wait_ms(mut self, ms: u64) -> Self {
        self.max_wait_ms = ms;
        self
    }

    /// What somebody reads for whom nobody came.
    pub fn timeout_message(mut self, words: &str) -> Self {
        self.timeout_message = words.into();
        self
    }

    /// Everybody must say within so long that they are there. Who does not is out, and comes in again behind the others,
    /// who are at the head of the queue again.
    pub fn ready_check_ms(mut self, ms: u64) -> Self {
        self.ready_check_ms = Some(ms);
        self
    }

    /// Matched people wait for a random time between these two longer, so that nobody can tell a policy from a person
    /// by how fast it came.
    pub fn wait_jitter_ms(mut self, least: u64, most: u64) -> Self {
        self.wait_jitter_ms = (least, most);
        self
    }

    /// No more games than this run at a time; who comes then waits.
    pub fn max_concurrent_games(mut self, games: u32) -> Self {
        self.max_concurrent_games = Some(games);
        self
    }

    /// Who plays with whom: one of [`crate::matchmaking`], or a rule of your own.
    pub fn matching(mut self, matchmaker: impl Matchmaker + Clone + Send + Sync + 'static) -> Self {
        self.matching = factory(matchmaker);
        self
    }

    /// A fresh matchmaker.
    pub fn matchmaker(&self) -> Box<dyn Matchmaker> {
        (self.matching)()
    }

    /// The globals that the matchmaker needs.
    pub fn needs(&self) -> Vec<String> {
        self.matchmaker().needs()
    }

    pub(super) fn check(&self, people: usize) -> Result<(), (&'static str, String)> {
        if self.max_wait_ms == 0 {
            return Err(("max_wait_ms", "must be at least 1".into()));
        }
        if self.ready_check_ms == Some(0) {
            return Err(("ready_check_ms", "must be at least 1".into()));
        }
        if self.wait_jitter_ms.0 > self.wait_jitter_ms.1 {
            return Err(("wait_jitter_ms", "the least must not be more than the most".into()));
        }
        if self.max_concurrent_games == Some(0) {
            return Err(("max_concurrent_games", "must be at least 1".into()));
        }
        self.matchmaker().validate(people).map_err(|why| ("matching", why))
    }
}

fn factory(matchmaker: impl Matchmaker + Clone + Send + Sync + 'static) -> MatchmakerFactory {
    Arc::new(move || Box::new(matchmaker.clone()))
}

/// The configuration names the matchmaker and its parameters in one object.
fn name_and_parameters<S: Serializer>(make: &MatchmakerFactory, serializer: S) -> Result<S::Ok, S::Error> {
    let matchmaker = make();
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("matching", matchmaker.name())?;
    if let serde_json::Value::Object(parameters) = matchmaker.parameters() {
        for (name, value) in &parameters {
            map.serialize_entry(name, value)?;
        }
    }
    map.end()
}
