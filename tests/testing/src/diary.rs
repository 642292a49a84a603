//! What one bot saw: the ground on which a run is judged.

use std::collections::BTreeMap;

use footlights_protocol::{Outcome, Tick};

/// What one bot saw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diary {
    /// The pseudonym in addresses and data; empty before the first page.
    pub subject: String,
    /// The scene it is in, or was in last.
    pub scene: String,
    /// What it does there, for who asks why it hangs.
    pub doing: String,
    /// What was sent last for each scene that accepted it: (question, value).
    pub answers: BTreeMap<String, Vec<(String, String)>>,
    /// The games it was sent to.
    pub games: Vec<Played>,
    /// From a game's page to a room, ms.
    pub waits_ms: Vec<f64>,
    /// From a game's page to the first frame, ms.
    pub first_frames_ms: Vec<f64>,
    /// From sending a page to having the next, ms.
    pub advances_ms: Vec<f64>,
    /// How often it loaded the page again.
    pub reloads: u32,
    /// How often it looked at another tab.
    pub hidden: u32,
    /// How often a second tab of it was refused.
    pub second_tabs: u32,
    /// How often it answered a comprehension check wrong.
    pub failed_checks: u32,
    /// What else it did or had to live with, and how often.
    pub hindrances: BTreeMap<Hindrance, u32>,
    /// From a game's page to the next one without a game between, by scene, ms.
    pub unmatched_ms: Vec<(String, f64)>,
    /// Connections and requests that failed and were tried again.
    pub retries: u32,
    /// What should not have been.
    pub faults: Vec<String>,
    /// How it ended; nothing if it never did.
    pub end: Option<End>,
}

/// What a bot did beside taking part, or had to live with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hindrance {
    /// A page that was left lie.
    IdlePage,
    /// A page that sent itself when its time was over.
    TimeUp,
    /// A WebSocket that was not let through.
    SocketRefused,
    /// A WebSocket that was cut.
    SocketCut,
    /// A browser without cookies.
    NoCookies,
    /// A page that needs scripts, in a browser without them.
    NoScript,
    /// A computer that slept.
    Sleep,
}

impl Hindrance {
    /// Its name in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdlePage => "idle_pages",
            Self::TimeUp => "pages_out_of_time",
            Self::SocketRefused => "sockets_refused",
            Self::SocketCut => "sockets_cut",
            Self::NoCookies => "without_cookies",
            Self::NoScript => "without_script",
            Self::Sleep => "sleeps",
        }
    }
}

/// A game as one bot saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// The game scene's id.
    pub scene: String,
    /// The game's id.
    pub game: String,
    /// The newest tick.
    pub tick: Option<Tick>,
    /// How it ended, if the room said so.
    pub outcome: Option<Outcome>,
    /// Whether the room said that everything is stored.
    pub saved: bool,
}

/// How a walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// On the last page.
    Page {
        /// How the experiment ended for it.
        ending: String,
        /// The completion code, where it was shown.
        code: Option<String>,
    },
    /// It left, as planned.
    Dropout,
    /// Nothing led further.
    Stranded(String),
}

impl Diary {
    /// Counts a hindrance.
    pub fn count(&mut self, hindrance: Hindrance) {
        *self.hindrances.entry(hindrance).or_default() += 1;
    }

    /// The game of that id, with a place for it if it is new.
    pub fn game(&mut self, scene: &str, game: &str) -> &mut Played {
        let known = self.games.iter().position(|played| played.game == game);
        let place = known.unwrap_or_else(|| {
            let (scene, game) = (scene.to_owned(), game.to_owned());
            self.games.push(Played { scene, game, tick: None, outcome: None, saved: false });
            self.games.len() - 1
        });
        &mut self.games[place]
    }
}
