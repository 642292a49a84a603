//! What can happen in games and around them, beside the steps: the events of the data.
//!
//! [`EventKind`] is the one list of them. The codebook takes names and meanings from it, and the room takes from it which
//! events are kept however many there are.
//!
//! A new kind is a line in that list and a call where it happens. In a game that is `GameRoom::report` in
//! `room/engine/src/room`; outside games it is `Participant::record_event` in `room/engine/src/participant`, which the
//! worker calls for the participant's object. What only the browser knows comes to one of them as a message of
//! `footlights_protocol::wire`. No test finds a kind that nothing reports.

use footlights_env::Agent;
use footlights_protocol::{EpochMs, Tick};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that happened in a game and is not a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The server's clock.
    pub at_ms: EpochMs,
    /// The tick after which it happened.
    pub tick: Tick,
    /// The agent it is about; `None` where it is about everybody.
    pub agent: Option<Agent>,
    /// What happened.
    pub kind: EventKind,
    /// More about it; empty where there is no more to say.
    pub detail: String,
}

/// How much room there is for an event among a game's or a participant's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// It decides how the game goes on. It is always kept; no participant can cause it again and again.
    Always,
    /// It is kept while there is room.
    Usual,
    /// A flaky network or a restless hand can cause many of them. Outside games they leave room for the others; in a game
    /// they count as [`Usual`](Self::Usual).
    Noise,
}

/// Declares the enum, its words and meanings in one table.
macro_rules! event_kinds {
    ($($name:ident $word:literal $retention:ident $meaning:literal)*) => {
        /// What happened.
        ///
        /// ```
        /// use footlights_data::event::EventKind;
        ///
        /// assert_eq!(EventKind::TakenOver.as_str(), "taken_over");
        /// assert_eq!(EventKind::parse("taken_over"), Some(EventKind::TakenOver));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum EventKind {
            $(#[doc = $meaning] $name,)*
        }

        impl EventKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the data.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it means, for the codebook.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// How much room there is for it.
            pub fn retention(self) -> Retention {
                match self { $(Self::$name => Retention::$retention,)* }
            }
        }
    };
}

event_kinds! {
    // Seats and connections of a game.
    Joined "joined" Usual "The participant's browser connected to the room for the first time."
    Rejoined "rejoined" Usual "The participant's browser connected to the room again."
    Lost "lost" Usual "The participant's connection closed; they may come back within the grace time."
    Silent "silent" Usual "Nothing came from the participant's browser for 10 seconds, so the room closed the connection."
    Replaced "replaced" Usual "The participant connected again, and the older connection was closed."
    TooLarge "too_large" Usual "A message was longer than allowed, so the room closed the connection."
    TooFrequent "too_frequent" Usual "More messages came within a second than a person can cause, so the room closed the connection."
    Malformed "malformed" Usual "A message could not be read or came at the wrong time, so the room closed the connection."
    Mismatch "mismatch" Usual "The browser's page belongs to another deployment, so the room asked it to reload."
    Left "left" Always "The participant did not come back within the grace time and is out of the game."
    Excluded "excluded" Always "The participant's connection or attention was too poor, so they are out of the game."
    TakenOver "taken_over" Always "A policy plays on in the seat of a participant who is out of the game."
    // The course of a game.
    Paused "paused" Usual "The ticks stopped because of this participant."
    Resumed "resumed" Usual "The ticks go on after a pause."
    Finished "finished" Always "The game is over; the detail is its outcome."
    Slip "slip" Usual "The server ticked too late to keep the schedule, which was moved."
    Behind "behind" Usual "The browser of a single-player game is behind time."
    RefusedAction "refused_action" Usual "The environment's rules did not allow an action, and the default action was taken in its place."
    PolicyFailed "policy_failed" Usual "A policy failed to choose an action."
    AssetFailed "asset_failed" Usual "The participant's browser could not load an image or a sound; the detail is the file."
    EnvironmentFailed "environment_failed" Always "The environment failed, and the game ended."
    HooksFailed "hooks_failed" Always "The experiment's own code could not continue from its stored state and starts again from nothing."
    GlobalDropped "global_dropped" Usual "A global that the experiment's hooks left at the end was too large and is missing; the detail is its name and size."
    RecordFailed "record_failed" Always "Rows could not be encoded for storage, and the game ended."
    CheckpointFailed "checkpoint_failed" Always "The state of the game could not be encoded for storage, and the game ended."
    NoMoreEvents "no_more_events_are_kept" Usual "The game had so many events that later ones are kept only where they decide how it goes on."
    // Presence.
    FocusLost "focus_lost" Usual "The participant's page is no longer visible and focused."
    FocusGained "focus_gained" Usual "The participant's page is visible and focused again."
    FocusWarning "focus_warning" Usual "The participant was warned for looking away too long."
    FocusRecovered "focus_recovered" Usual "The warning for looking away was taken back."
    PingWarning "ping_warning" Usual "The participant was warned for a slow connection."
    PingRecovered "ping_recovered" Usual "The warning for a slow connection was taken back."
    // Where browsers simulate, and after a lost process.
    Desync "desync" Usual "The browser's state differed from the server's, and was repaired."
    SnapshotFailed "snapshot_failed" Usual "The state could not be encoded for a browser."
    Recovered "recovered" Usual "The server's process was lost, and the game goes on from its last stored state."
    RestoredFromBrowser "resumed_from_browser" Usual "A browser brought back ticks that a lost process had not stored."
    RestoreRefused "resume_refused" Usual "A browser brought back ticks that were not this game's."
    // Outside games.
    Begun "begun" Usual "The button of the first page was pressed."
    LanguageChosen "language_chosen" Usual "The participant chose another language of the experiment; the detail is the language."
    NoProgram "no_program" Always "The page's program did not run, and the participant ended the study; the detail is no_script, not_loaded or too_old."
    TimeUp "time_up" Always "The time of a page or of a game was over; the participant went on as the page's limit says, or the game ended."
    SceneEntered "scene" Usual "The participant came to this scene."
    Ended "ended" Usual "The participant came to the last page; the detail is the ending."
    Matched "matched" Usual "A group and a room were found; the detail is the game."
    Unmatched "unmatched" Usual "Somebody of the group did not come, and the participant waits again; the detail is the game."
    GameOver "game_over" Usual "The game is over for the participant and its data are stored; the detail is the outcome."
    AnswersDropped "answers_dropped" Usual "The participant's answers were too many to be stored; those to this page and later ones are missing."
    TabOpened "tab_opened" Noise "A tab was opened, or loaded again, and takes part."
    SecondTabRefused "second_tab_refused" Noise "A further tab was opened and does not take part."
    TabTaken "tab_taken" Noise "The participant chose to go on in this tab."
    TabClosed "tab_closed" Noise "A tab was closed."
    PageVisible "page_visible" Noise "The page came into view."
    PageHidden "page_hidden" Noise "The page went out of view."
    LobbyJoined "lobby_joined" Noise "The participant began to wait for a game."
    LobbyLeft "lobby_left" Noise "The participant's connection to the waiting room ended."
    LobbyMatched "lobby_matched" Noise "The waiting room found a group for the participant."
    LobbyNotReady "lobby_not_ready" Noise "The participant did not confirm the ready check in time."
    LobbyTimedOut "lobby_timed_out" Noise "Nobody to play with came in time."
    BadPick "bad_pick" Usual "The experiment's own matchmaker named a group that cannot be; nobody was matched."
    Unknown "unknown" Usual "An event that this version of Footlights does not know."
}

impl EventKind {
    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

impl std::fmt::Display for EventKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A word that another build wrote and this one does not know is [`EventKind::Unknown`]: the records around it stay
/// readable.
impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(Self::parse(&word).unwrap_or(Self::Unknown))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_word_and_a_meaning_of_its_own() {
        let words: BTreeSet<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let meanings: BTreeSet<_> = EventKind::ALL.iter().map(|kind| kind.meaning()).collect();
        assert_eq!((words.len(), meanings.len()), (EventKind::ALL.len(), EventKind::ALL.len()));
    }

    #[test]
    fn a_kind_is_stored_as_its_word_and_a_word_of_another_build_is_still_read() {
        let stored = serde_json::to_string(&EventKind::RestoredFromBrowser).unwrap();
        assert_eq!(stored, "\"resumed_from_browser\"");
        assert_eq!(serde_json::from_str::<EventKind>(&stored).unwrap(), EventKind::RestoredFromBrowser);
        assert_eq!(serde_json::from_str::<EventKind>("\"later\"").unwrap(), EventKind::Unknown);
    }
}
