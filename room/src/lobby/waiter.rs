//! Somebody who waits, as the shell keeps it with the socket.

use serde::{Deserialize, Serialize};

use super::Place;
use crate::experiment::{Answer, Globals};

/// At most so many bytes of text are kept of what is known about somebody, so that a [`Waiter`] has room in the
/// 16 KiB that may be kept with a socket, however its text is escaped. A longer text is cut.
pub const MAX_GLOBALS: usize = 3_072;

/// Somebody who waits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waiter {
    /// The connection, unique within the lobby.
    pub conn: u64,
    /// The participant's subject id.
    pub subject: String,
    /// Since when, epoch ms. The limit counts from here.
    pub since: u64,
    /// Whose turn it is goes by this, epoch ms: [`Waiter::since`], or when a ready check was missed.
    #[serde(default)]
    pub turn: u64,
    /// The last message, epoch ms.
    pub seen: u64,
    /// Messages that came within a second of the one before, in a row.
    #[serde(default)]
    pub burst: u32,
    /// What is known about the person, as far as the matchmaker asks for it.
    #[serde(default)]
    pub globals: Globals,
    /// The last round trip between the browser and here, ms.
    #[serde(default)]
    pub rtt_ms: Option<f32>,
    /// Where the person is.
    #[serde(default)]
    pub place: Option<Place>,
    /// The person's share in what is drawn for a group.
    #[serde(default)]
    pub draw: u64,
    /// The group, where there is one.
    #[serde(default)]
    pub member: Option<Member>,
}

/// A place in a group whose game has not begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which group.
    pub group: u64,
    /// Which place in it.
    pub at: u32,
    /// How many it takes.
    pub size: u32,
    /// Until when it is held, epoch ms.
    pub held_until: u64,
    /// Until when everybody must say that they are there, epoch ms; `None` before they are asked.
    pub check_until: Option<u64>,
    /// Whether this one has said so.
    pub ready: bool,
}

impl Waiter {
    /// Smaller is earlier.
    pub(super) fn order(&self) -> (u64, u64) {
        (self.turn, self.conn)
    }
}

/// What a lobby keeps of what is known about somebody: what `needs` names, and no more than fits.
pub fn keep(globals: &Globals, needs: &[String]) -> Globals {
    let most = MAX_GLOBALS / needs.len().max(1);
    let known = needs.iter().filter_map(|name| Some((name.clone(), cut(globals.get(name)?, most))));
    known.collect()
}

/// An answer whose texts have `most` bytes together at most.
fn cut(answer: &Answer, most: usize) -> Answer {
    match answer {
        Answer::Number(number) => Answer::Number(*number),
        Answer::Text(text) => Answer::Text(plain(text, most)),
        Answer::Several(texts) => {
            let mut left = most;
            let mut kept = Vec::new();
            for text in texts {
                let text = plain(text, left);
                if text.is_empty() {
                    break;
                }
                // Quotes and the comma count, too.
                left = left.saturating_sub(text.len() + 3);
                kept.push(text);
            }
            Answer::Several(kept)
        }
    }
}

/// Control characters take six bytes each where they are kept; nobody is matched by them.
fn plain(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let kept = text.get(..end).unwrap_or_default();
    kept.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
