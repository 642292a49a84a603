//! One participant in the queue, as the lobby's object keeps it with their socket.

use footlights_experiment::{Answer, Globals, matchmaking::Candidate};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};

use crate::ConnId;

/// How many bytes of text are kept of a participant's globals: a [`QueueEntry`] must fit into the 16 KiB that may be kept
/// with a socket, however its text is escaped. A longer text is cut.
pub const MAX_GLOBALS: usize = 3_072;

/// A participant in the queue. The lobby's object serialises it into the socket's attachment, so that the lobby can be
/// put together again after the object hibernated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The connection, unique within the lobby.
    pub conn: ConnId,
    /// What the matchmaker sees. The longest wait counts from [`Candidate::since`].
    pub candidate: Candidate,
    /// The queue is ordered by it: [`Candidate::since`], or when a ready check was missed.
    #[serde(default)]
    pub priority_since: EpochMs,
    /// When the last message came.
    pub last_seen: EpochMs,
    /// How many messages in a row came within a second of the one before.
    #[serde(default)]
    pub burst: u32,
    /// The participant's share in the entropy of their group.
    #[serde(default)]
    pub draw: u64,
    /// The group, where there is one.
    #[serde(default)]
    pub membership: Option<GroupMembership>,
}

/// A place in a group whose game has not begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMembership {
    /// The group: the connection of the member whom the matchmaker named first.
    pub group: ConnId,
    /// The member's position in the group, from 0.
    pub at: u32,
    /// How many members the group has.
    pub size: u32,
    /// Until when it is held.
    pub held_until: EpochMs,
    /// Until when all members must confirm the ready check; `None` before it begins.
    pub check_until: Option<EpochMs>,
    /// Whether this participant has confirmed.
    pub ready: bool,
}

impl QueueEntry {
    /// The place in the queue: smaller is earlier.
    pub(super) fn order(&self) -> (EpochMs, ConnId) {
        (self.priority_since, self.conn)
    }
}

/// The globals that a matchmaker `needs`, cut to what fits into a [`QueueEntry`].
#[must_use]
pub fn project_globals(globals: &Globals, needs: &[String]) -> Globals {
    let max_bytes = MAX_GLOBALS / needs.len().max(1);
    let known =
        needs.iter().filter_map(|name| Some((name.clone(), cut_answer(globals.get(name)?, max_bytes))));
    known.collect()
}

/// Cuts an answer so that its texts have at most `max_bytes` together.
fn cut_answer(answer: &Answer, max_bytes: usize) -> Answer {
    match answer {
        Answer::Number(number) => Answer::Number(*number),
        Answer::Text(text) => Answer::Text(cut_text(text, max_bytes)),
        Answer::Several(texts) => {
            let mut left = max_bytes;
            let mut kept = Vec::new();
            for text in texts {
                let text = cut_text(text, left);
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

/// Cuts a text to `max_bytes` and replaces its control characters, which would take six bytes each in JSON.
fn cut_text(text: &str, max_bytes: usize) -> String {
    let end = (0..=max_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let kept = text.get(..end).unwrap_or_default();
    kept.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
