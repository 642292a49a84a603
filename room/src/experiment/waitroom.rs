//! How people are waited for and matched.

use serde::Serialize;

use crate::lobby::MatchmakerFactory;

/// The waiting room of a game. Times are in milliseconds.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "each field has a builder method that says what it means")]
pub struct Waitroom {
    pub limit_ms: u64,
    pub timeout_message: String,
    pub ready_check_ms: Option<u64>,
    pub extra_wait_ms: (u64, u64),
    pub max_concurrent_games: Option<u32>,
    pub matching: Matching,
}

/// Who plays with whom.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "matching", rename_all = "snake_case")]
pub enum Matching {
    /// First come, first served.
    Fifo,
    /// First come, first served, among those whose connections do. A pair's round trip goes through the room: it is the
    /// sum of both.
    LatencyFifo {
        /// The longest round trip between a person and the server, ms.
        max_server_rtt: f64,
        /// The longest round trip between two persons, ms.
        max_pair_rtt: f64,
    },
    /// The people who played an earlier game with each other.
    Reunion {
        /// The earlier game's scene.
        scene: String,
    },
    /// People for whom a global is the same, such as an answer: `survey.language`.
    SameAttribute {
        /// Its name.
        global: String,
    },
    /// People for whom a global differs.
    DifferentAttribute {
        /// Its name.
        global: String,
    },
    /// A rule of your own.
    Own {
        /// Its name in the data.
        name: String,
        /// How to make it.
        #[serde(skip)]
        make: MatchmakerFactory,
    },
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
            limit_ms: 300_000,
            timeout_message: "Nobody else came in time. Thank you for waiting.".into(),
            ready_check_ms: None,
            extra_wait_ms: (0, 0),
            max_concurrent_games: None,
            matching: Matching::Fifo,
        }
    }

    /// How long somebody waits at most. Where that leads is said by [`super::GameScene::on`].
    pub fn limit_ms(mut self, ms: u64) -> Self {
        self.limit_ms = ms;
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
    pub fn extra_wait_ms(mut self, least: u64, most: u64) -> Self {
        self.extra_wait_ms = (least, most);
        self
    }

    /// No more games than this run at a time; who comes then waits.
    pub fn max_concurrent_games(mut self, games: u32) -> Self {
        self.max_concurrent_games = Some(games);
        self
    }

    /// Who plays with whom.
    pub fn matching(mut self, matching: Matching) -> Self {
        self.matching = matching;
        self
    }

    /// The globals that matching asks for.
    pub fn needs(&self) -> Vec<String> {
        match &self.matching {
            Matching::Reunion { scene } => vec![format!("{scene}.game_id")],
            Matching::SameAttribute { global } | Matching::DifferentAttribute { global } => {
                vec![global.clone()]
            }
            Matching::Own { make, .. } => make().needs(),
            Matching::Fifo | Matching::LatencyFifo { .. } => Vec::new(),
        }
    }

    pub(super) fn check(&self, people: usize) -> Result<(), (&'static str, String)> {
        if self.limit_ms == 0 {
            return Err(("limit_ms", "must be at least 1".into()));
        }
        if self.ready_check_ms == Some(0) {
            return Err(("ready_check_ms", "must be at least 1".into()));
        }
        if self.extra_wait_ms.0 > self.extra_wait_ms.1 {
            return Err(("extra_wait_ms", "the least must not be more than the most".into()));
        }
        if self.max_concurrent_games == Some(0) {
            return Err(("max_concurrent_games", "must be at least 1".into()));
        }
        match &self.matching {
            Matching::LatencyFifo { max_server_rtt, max_pair_rtt }
                if [max_server_rtt, max_pair_rtt].iter().any(|ms| !(ms.is_finite() && **ms > 0.0)) =>
            {
                Err(("matching", "round trips must be more than 0".into()))
            }
            Matching::Reunion { .. }
            | Matching::SameAttribute { .. }
            | Matching::DifferentAttribute { .. }
                if people < 2 =>
            {
                Err(("matching", "there is nobody to be matched with".into()))
            }
            _ => Ok(()),
        }
    }
}
