//! Between a browser and a room.

use footlights_env::{Agent, Viewport, surface::Delta};
use serde::{Deserialize, Serialize};

use crate::{
    EpochMs, Hud, InputDelay, KeySet, MonotonicMs, Outcome, Tick,
    keys::Keyboard,
    timeline::{Move, Rules},
};

/// Browser to room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ClientToRoom {
    /// The first message: who speaks which protocol and simulates what.
    #[serde(rename = "h")]
    Hello {
        /// [`VERSION`](super::VERSION).
        version: u16,
        /// The fingerprint of the environment's default configuration in this browser's build
        /// (`footlights_env::Entry::fingerprint`), which the room compares with its own; none where it simulates nothing.
        digest: Option<u64>,
    },
    /// The keys that are held now; sent when that changes, and after a reconnect.
    #[serde(rename = "k")]
    Keys {
        /// Counts up by one a message; comes back in [`Frame::ack`].
        seq: u32,
        /// The keys of [`Welcome::keyboard`] that are held.
        held: KeySet,
        /// The browser's clock.
        time: MonotonicMs,
    },
    /// The same where browsers simulate: the keys held from a tick on.
    #[serde(rename = "i")]
    StampedKeys {
        /// The first tick that sees it; if that is over when this arrives, the next one.
        tick: Tick,
        /// As in [`ClientToRoom::Keys`].
        held: KeySet,
        /// The browser's clock.
        time: MonotonicMs,
    },
    /// How far the browser of somebody who plays alone has come: nothing beyond it is decided.
    #[serde(rename = "t")]
    Advanced {
        /// The last tick that was simulated here.
        until: Tick,
        /// The changes of keys up to it that were not told before, in order.
        changes: Vec<KeyChange>,
        /// Digest of the state after `until`; none where more is told at once.
        digest: Option<u64>,
    },
    /// How the ticks up to one were shown where browsers simulate; with every sign of life, and when the game is over.
    #[serde(rename = "n")]
    RenderReport(RenderReport),
    /// Ticks that the room has forgotten with its process, as they were told; several messages one after the other.
    #[serde(rename = "r")]
    RestoreTicks {
        /// In order, without a gap.
        ticks: Vec<ConfirmedTick>,
    },
    /// Ticks that the room has forgotten with its process, where browsers do not simulate: the receipts of their frames;
    /// several messages one after the other.
    #[serde(rename = "u")]
    RestoreReceipts {
        /// The tick of the first.
        from: Tick,
        /// [`Frame::receipt`] of ticks without a gap.
        receipts: Vec<serde_bytes::ByteBuf>,
    },
    /// The state at a confirmed tick has another digest here.
    #[serde(rename = "d")]
    Desync {
        /// The tick.
        tick: Tick,
        /// The digest here.
        digest: u64,
    },
    /// A file of the scene's assets could not be loaded.
    #[serde(rename = "a")]
    AssetFailed {
        /// The file, as the scene declares it.
        file: String,
    },
    /// Sign of life, once a second.
    #[serde(rename = "p")]
    Ping {
        /// The browser's clock; comes back in [`RoomToClient::Pong`].
        time: MonotonicMs,
        /// The last measured round trip, ms; 0 before the first.
        rtt: f32,
        /// Whether the page is visible and focused.
        focused: bool,
    },
}

/// The keys held change, in the game of somebody who plays alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeyChange {
    /// The first tick that sees it.
    pub tick: Tick,
    /// As in [`ClientToRoom::Keys`].
    pub held: KeySet,
    /// The browser's clock.
    pub time: MonotonicMs,
}

/// Room to browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RoomToClient {
    /// The answer to `Hello`: everything the page needs to show the game.
    #[serde(rename = "w")]
    Welcome(Welcome),
    /// One tick.
    #[serde(rename = "f")]
    Frame(Frame),
    /// All ticks up to this one are stored: nobody needs to keep their receipts any longer.
    #[serde(rename = "d")]
    Persisted {
        /// The tick.
        tick: Tick,
    },
    /// What was decided for one tick, where browsers simulate.
    #[serde(rename = "c")]
    ConfirmedTick(ConfirmedTick),
    /// The whole state, where browsers simulate: after `Welcome`, and when a browser's state was another one.
    #[serde(rename = "S")]
    Snapshot {
        /// The tick after which it was taken.
        tick: Tick,
        /// [`crate::timeline::Timeline::save`].
        #[serde(with = "serde_bytes")]
        timeline: Vec<u8>,
        /// Whether it counts even where a browser knows later ticks.
        mandatory: bool,
        /// `footlights_env::Policy::save` of the policies that the browser may run.
        policy_states: Vec<(Agent, serde_bytes::ByteBuf)>,
    },
    /// Whether the game runs, and how everybody is. Sent when that changes.
    #[serde(rename = "s")]
    Status(Status),
    /// The answer to a ping.
    #[serde(rename = "p")]
    Pong {
        /// As it came.
        time: MonotonicMs,
    },
    /// What this participant must know while the game goes on, such as a warning.
    #[serde(rename = "n")]
    Notice {
        /// Empty when there is nothing to know any more.
        text: String,
    },
    /// The game is over for this participant.
    #[serde(rename = "e")]
    Finished {
        /// How it ended for this participant.
        outcome: Outcome,
        /// Whether rows and replay are stored for good.
        saved: bool,
        /// Final score by agent; none where this participant is not told it.
        scores: Vec<Option<f32>>,
    },
    /// The connection is refused and closed right after this.
    #[serde(rename = "x")]
    Refused {
        /// The close code that follows.
        code: u16,
        /// For the participant.
        reason: String,
    },
}

/// What a participant calls a seat. It is sent in English words, and the page says it in the participant's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatName {
    /// The participant's own.
    You,
    /// The other participant's in a game of two.
    Partner,
    /// Another participant's in a larger game, from 1.
    Player(u32),
    /// A policy's that has held it from the beginning. A policy in a seat with another name took it over.
    Computer,
}

impl SeatName {
    const PLAYER: &str = "Player ";

    /// The name that was sent; none if it is another text.
    #[must_use]
    pub fn of(sent: &str) -> Option<Self> {
        match sent {
            "You" => Some(Self::You),
            "Partner" => Some(Self::Partner),
            "Computer" => Some(Self::Computer),
            other => other.strip_prefix(Self::PLAYER)?.parse().ok().map(Self::Player),
        }
    }
}

impl std::fmt::Display for SeatName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::You => f.write_str("You"),
            Self::Partner => f.write_str("Partner"),
            Self::Player(n) => write!(f, "{}{n}", Self::PLAYER),
            Self::Computer => f.write_str("Computer"),
        }
    }
}

/// What a seat is told first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`VERSION`](super::VERSION).
    pub version: u16,
    /// The agent this seat plays.
    pub agent: Agent,
    /// Names of the seats by agent, such as "You", "Partner", "AI".
    pub names: Vec<String>,
    /// Ticks a second.
    pub fps: f32,
    /// What the pictures are drawn into.
    pub viewport: Viewport,
    /// Which keys do what.
    pub keyboard: Keyboard,
    /// What it takes to simulate the game, where browsers do.
    pub simulated: Option<SimulationSetup>,
}

/// What a browser needs to simulate a game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulationSetup {
    /// The environment's id.
    pub environment: String,
    /// Its configuration, as `footlights_env::Simulation::packed_config` gives it.
    #[serde(with = "serde_bytes")]
    pub config: Vec<u8>,
    /// The fingerprint of this configuration in the room's build (`footlights_env::fingerprint`). A browser whose own is
    /// another one does not play: its page is older or newer than the deployment.
    pub fingerprint: u64,
    /// What inputs mean.
    pub rules: Rules,
    /// Whether nobody else plays, so that the browser's clock is the game's: see [`ClientToRoom::Advanced`].
    pub single_player: bool,
    /// Whose policies the browser may run as well, to know what they will do before the room says it.
    pub policies: Vec<Agent>,
    /// Whether the game stands still between episodes.
    pub pauses: bool,
    /// How many ticks later than it is pressed a key counts.
    pub input_delay: InputDelay,
    /// How many ticks a browser may be ahead of the last confirmed one.
    pub prediction_window: u32,
}

/// How a browser that simulates showed the ticks since its last report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderReport {
    /// The last tick that this report is about.
    pub until: Tick,
    /// By how many ticks own keys are delayed.
    pub input_delay: u8,
    /// Those ticks that were anything but predicted rightly and without a stall.
    pub notes: Vec<TickReport>,
    /// Digest of the state after `until`; none where this report stops before the last confirmed one.
    pub digest: Option<u64>,
    /// How many ticks it is about. What was before was told already, or this page does not know.
    #[serde(default = "all")]
    pub ticks: u32,
}

/// As many as there are.
fn all() -> u32 {
    u32::MAX
}

/// What happened in a browser when one tick was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickReport {
    /// The tick.
    pub tick: Tick,
    /// Whether it had been predicted, rightly or not, and shown before.
    pub predicted: bool,
    /// How many ticks were undone and simulated again because the guess was wrong.
    pub rollback: u16,
    /// For how long before it the picture stood still because the prediction window was exhausted, ms.
    pub stalled_ms: u16,
}

/// What was decided for one tick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfirmedTick {
    /// The tick.
    pub tick: Tick,
    /// The room's clock when it was decided.
    pub at_ms: EpochMs,
    /// The moves that are not the default one.
    pub moves: Vec<(Agent, Move)>,
    /// Proves that the room said this, to the room.
    pub tag: u64,
    /// The state's digest after it, now and then.
    pub digest: Option<u64>,
    /// All ticks up to this one are stored, when that has changed: nobody needs to keep them any longer.
    pub persisted: Option<Tick>,
}

/// One tick as one seat may see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Ticks since the game began, over all episodes; 0 is the picture before the first.
    pub tick: Tick,
    /// `seq` of the newest [`ClientToRoom::Keys`] that this picture takes into account.
    pub ack: u32,
    /// What changed in the picture.
    pub picture: Delta,
    /// What was decided for this tick, sealed for the room that said it. Empty where the picture is not one of a tick.
    pub receipt: serde_bytes::ByteBuf,
    /// The panel, when it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hud: Option<Hud>,
}

/// Whether the game runs, and how everybody is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// What the room does.
    pub phase: Phase,
    /// Milliseconds until the phase ends by itself (a countdown or a grace time); 0 where it does not.
    pub remaining_ms: u32,
    /// By agent.
    pub seats: Vec<Presence>,
}

/// What the room does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Not everybody has come yet.
    #[serde(rename = "g")]
    Gathering,
    /// Everybody is here; an episode begins soon.
    #[serde(rename = "c")]
    Countdown,
    /// Ticks.
    #[serde(rename = "r")]
    Running,
    /// Somebody is gone and may come back.
    #[serde(rename = "p")]
    Paused,
    /// Over.
    #[serde(rename = "o")]
    Over,
}

/// How the holder of a seat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// A policy plays.
    #[serde(rename = "p")]
    Policy,
    /// Has not connected yet.
    #[serde(rename = "e")]
    Expected,
    /// Connected and looking.
    #[serde(rename = "h")]
    Here,
    /// Connected, but the page is hidden or not focused.
    #[serde(rename = "a")]
    Away,
    /// The connection is lost and may come back.
    #[serde(rename = "r")]
    Reconnecting,
    /// Did not come back.
    #[serde(rename = "l")]
    Left,
}
