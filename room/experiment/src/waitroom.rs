//! How participants wait for a game and are matched.

use std::sync::Arc;

use footlights_protocol::words::{Words, texts};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::matchmaking::{Fifo, Matchmaker, MatchmakerFactory};

/// The waiting room of a game. Times are in milliseconds.
///
/// ```
/// use footlights_experiment::{Waitroom, matchmaking::Reunion};
///
/// let waitroom = Waitroom::new()
///     .max_wait_ms(120_000)
///     .timeout_message("Your partner did not come back for the second game.")
///     .matching(Reunion::new("first_game"));
/// assert_eq!(waitroom.max_wait_ms, 120_000);
/// ```
#[derive(Clone, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Waitroom {
    /// How long a participant waits at most.
    pub max_wait_ms: u64,
    /// What a participant reads who waited that long; empty for the usual words in the study's language.
    pub timeout_message: String,
    /// How long matched participants have to confirm that they are there, if they must.
    pub ready_check_ms: Option<u64>,
    /// The shortest and the longest extra wait after a match.
    pub wait_jitter_ms: (u64, u64),
    /// How many games may run at a time, if that is limited.
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
    /// First come, first served; at most five minutes of waiting; no ready check.
    pub fn new() -> Self {
        Self {
            max_wait_ms: 300_000,
            timeout_message: String::new(),
            ready_check_ms: None,
            wait_jitter_ms: (0, 0),
            max_concurrent_games: None,
            matching: factory(Fifo),
        }
    }

    /// How long a participant waits at most, ms. Then the game's outcome is `lobby_timeout`;
    /// [`GameScene::on`](crate::GameScene::on) says where that leads.
    pub fn max_wait_ms(mut self, ms: u64) -> Self {
        self.max_wait_ms = ms;
        self
    }

    /// What a participant reads who waited as long as the waiting room allows.
    pub fn timeout_message(mut self, words: &str) -> Self {
        self.timeout_message = words.into();
        self
    }

    /// Asks matched participants to confirm within `ms` that they are there. If one does not, the others return to the
    /// head of the queue; a participant who missed the check can join again at the end of it.
    pub fn ready_check_ms(mut self, ms: u64) -> Self {
        self.ready_check_ms = Some(ms);
        self
    }

    /// Lets matched participants wait longer by a random time between `least` and `most`, ms, so that the length of the
    /// wait does not reveal whether the partner is a human or a policy.
    pub fn wait_jitter_ms(mut self, least: u64, most: u64) -> Self {
        self.wait_jitter_ms = (least, most);
        self
    }

    /// How many games may run at a time. Further participants wait until one of them ends.
    pub fn max_concurrent_games(mut self, games: u32) -> Self {
        self.max_concurrent_games = Some(games);
        self
    }

    /// Who plays with whom: a matchmaker of [`crate::matchmaking`], or one that you wrote; see [`Matchmaker`].
    pub fn matching(mut self, matchmaker: impl Matchmaker + Clone + Send + Sync + 'static) -> Self {
        self.matching = factory(matchmaker);
        self
    }

    /// What a participant reads who waited as long as the waiting room allows.
    #[must_use]
    pub fn timeout_words<'a>(&'a self, words: &'a Words) -> &'a str {
        let own = &self.timeout_message;
        if own.is_empty() { words.get(texts::ENDED_LOBBY_TIMEOUT) } else { own }
    }

    /// Whether a participant who needs no partner gets a room at once: there is no ready check, no jitter and no limit of
    /// games, and the usual matchmaker decides.
    pub(crate) fn lets_through(&self) -> bool {
        let limits = (self.ready_check_ms, self.wait_jitter_ms, self.max_concurrent_games);
        limits == (None, (0, 0), None) && self.matchmaker().name() == Fifo.name()
    }

    /// A new matchmaker.
    #[must_use]
    pub fn matchmaker(&self) -> Box<dyn Matchmaker> {
        (self.matching)()
    }

    /// The globals that the matchmaker needs.
    #[must_use]
    pub fn needs(&self) -> Vec<String> {
        self.matchmaker().needs()
    }

    /// Finds the first wrong option, and what is wrong with it, for a game of `participants`.
    pub(crate) fn validate(&self, participants: usize) -> Result<(), (&'static str, String)> {
        if self.max_wait_ms == 0 {
            return Err(("max_wait_ms", "must be at least 1".into()));
        }
        if self.ready_check_ms == Some(0) {
            return Err(("ready_check_ms", "must be at least 1".into()));
        }
        if self.wait_jitter_ms.0 > self.wait_jitter_ms.1 {
            return Err(("wait_jitter_ms", "the shortest wait must not be longer than the longest".into()));
        }
        if self.max_concurrent_games == Some(0) {
            return Err(("max_concurrent_games", "must be at least 1".into()));
        }
        self.matchmaker().validate(participants).map_err(|why| ("matching", why))
    }
}

fn factory(matchmaker: impl Matchmaker + Clone + Send + Sync + 'static) -> MatchmakerFactory {
    Arc::new(move || Box::new(matchmaker.clone()))
}

/// The configuration has the name of the matchmaker and its parameters in one object.
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
