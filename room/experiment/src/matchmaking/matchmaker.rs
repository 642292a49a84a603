//! What a matchmaker is shown and what it decides.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{EpochMs, answer::Globals, location::Location};

/// A participant who waits in the queue, as a matchmaker sees them.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Candidate {
    /// The participant's `subject_id`.
    pub subject: String,
    /// When the participant joined the queue.
    pub since: EpochMs,
    /// Those of the participant's globals that [`Matchmaker::needs`] names.
    #[serde(default)]
    pub globals: Globals,
    /// The last round trip between the browser and the lobby, ms; `None` before the first.
    #[serde(default)]
    pub rtt_ms: Option<f32>,
    /// Where the participant is, as Cloudflare estimates it.
    #[serde(default)]
    pub location: Option<Location>,
}

/// Makes a matchmaker when a lobby opens.
pub type MatchmakerFactory = Arc<dyn Fn() -> Box<dyn Matchmaker> + Send + Sync>;

/// Picks a group among the participants who wait.
///
/// ```
/// use footlights_experiment::{EpochMs, Waitroom, matchmaking::{Candidate, Matchmaker}};
///
/// /// Groups the participants who came last.
/// #[derive(Clone)]
/// struct Newest;
///
/// impl Matchmaker for Newest {
///     fn name(&self) -> &str {
///         "newest"
///     }
///
///     fn pick(&self, queue: &[&Candidate], size: usize, _now: EpochMs) -> Option<Vec<usize>> {
///         Some((queue.len().checked_sub(size)?..queue.len()).collect())
///     }
/// }
///
/// let waitroom = Waitroom::new().matching(Newest);
/// assert_eq!(waitroom.matchmaker().name(), "newest");
/// ```
pub trait Matchmaker {
    /// Its name in the configuration that is stored with the data.
    fn name(&self) -> &str;

    /// Its parameters in the configuration that is stored with the data, as a JSON object.
    fn parameters(&self) -> Value {
        json!({})
    }

    /// Refuses parameters that cannot work for groups of `size`, when the worker starts.
    ///
    /// # Errors
    /// What is wrong, for the researcher.
    fn validate(&self, _size: usize) -> Result<(), String> {
        Ok(())
    }

    /// The globals (`scene.question`, `condition.factor`, `url.name`) that the matchmaker needs. [`Candidate::globals`]
    /// has them and no others.
    fn needs(&self) -> Vec<String> {
        Vec::new()
    }

    /// Picks `size` participants who can play together: indices into `queue`, in the order of the seats; `None` while
    /// there is no such group. The longest wait is first in `queue`, and `now` is the server's clock. The lobby calls this
    /// whenever a participant joins or leaves, and every few seconds when browsers report their round trips.
    fn pick(&self, queue: &[&Candidate], size: usize, now: EpochMs) -> Option<Vec<usize>>;

    /// Learns that something happened in the waiting room. The returned words become the event's detail in the data.
    /// A matchmaker loses what it remembers when the lobby's object restarts.
    fn on_event(&mut self, _event: &LobbyEvent<'_>) -> Option<String> {
        None
    }
}

/// Something that happened to a participant in the waiting room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LobbyEvent<'a> {
    /// What happened.
    pub kind: LobbyEventKind,
    /// The participant to whom it happened.
    pub candidate: &'a Candidate,
    /// How many other participants wait now.
    pub waiting: usize,
    /// When it happened.
    pub now: EpochMs,
}

/// What happened to a participant in the waiting room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LobbyEventKind {
    /// The participant joined the queue.
    Joined,
    /// The participant left, or the connection was closed.
    Left,
    /// The participant is in a group that plays.
    Matched,
    /// The participant did not confirm a ready check in time.
    NotReady,
    /// The participant waited as long as the waiting room allows.
    TimedOut,
}
