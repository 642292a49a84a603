//! What travels between a browser and an object: MessagePack, compact form, one binary message at a time.
//!
//! A message is a map with one short key that names it and an array of its fields. Sizes are checked before anything is
//! decoded, and a message that does not decode is an error with a close code, never a panic.

use env_sdk::{Agent, HudItem, Viewport, msgpack, surface::Delta};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    experiment::InputDelay,
    keys::Keyboard,
    timeline::{Move, Rules},
};

/// Raised with every change of the messages below.
pub const VERSION: u16 = 4;
/// The longest message a browser may send, in bytes.
pub const MAX_FROM_BROWSER: usize = 512;
/// The longest message an object may send, in bytes.
pub const MAX_TO_BROWSER: usize = 1 << 20;

/// Browser to room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToRoom {
    /// The first message: who speaks which protocol and simulates what.
    #[serde(rename = "h")]
    Hello {
        /// [`VERSION`].
        version: u16,
        /// The fingerprint of the environment in this browser's build (`env_sdk::Entry::fingerprint`).
        digest: u64,
    },
    /// The keys that are held now; sent when that changes, and after a reconnect.
    #[serde(rename = "k")]
    Keys {
        /// Counts up by one a message; comes back in [`Frame::ack`].
        seq: u32,
        /// Bit k: key k of [`Keyboard::keys`] is held.
        held: u32,
        /// The browser's monotonic clock, ms.
        time: f64,
    },
    /// The same where browsers simulate: the keys held from a tick on.
    #[serde(rename = "i")]
    Stamped {
        /// The first tick that sees it; if that is over when this arrives, the next one.
        tick: u32,
        /// As in [`ToRoom::Keys`].
        held: u32,
        /// The browser's monotonic clock, ms.
        time: f64,
    },
    /// How far the browser of somebody who plays alone has come: nothing beyond it is decided.
    #[serde(rename = "t")]
    Played {
        /// The last tick that was simulated here.
        until: u32,
        /// The changes of keys up to it that were not told before, in order.
        changes: Vec<KeyChange>,
        /// Digest of the state after `until`; none where more is told at once.
        digest: Option<u64>,
    },
    /// How the ticks up to one were shown where browsers simulate; with every sign of life.
    #[serde(rename = "n")]
    Shown(Shown),
    /// Ticks that the room has forgotten with its process, as they were told; several messages one after the other.
    #[serde(rename = "r")]
    Resume {
        /// In order, without a gap.
        ticks: Vec<Confirmed>,
    },
    /// Ticks that the room has forgotten with its process, where browsers do not simulate: the receipts of their frames;
    /// several messages one after the other.
    #[serde(rename = "u")]
    Unseal {
        /// The tick of the first.
        from: u32,
        /// [`Frame::receipt`] of ticks without a gap.
        receipts: Vec<serde_bytes::ByteBuf>,
    },
    /// The state at a confirmed tick has another digest here.
    #[serde(rename = "d")]
    Desync {
        /// The tick.
        tick: u32,
        /// The digest here.
        digest: u64,
    },
    /// Sign of life, once a second.
    #[serde(rename = "p")]
    Ping {
        /// The browser's monotonic clock, ms; comes back in [`ToSeat::Pong`].
        time: f64,
        /// The last measured round trip, ms; 0 before the first.
        rtt: f32,
        /// Whether the page is visible and focused.
        focused: bool,
        /// Frames painted since the last ping.
        painted: u16,
    },
}

/// The keys held change, in the game of somebody who plays alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeyChange {
    /// The first tick that sees it.
    pub tick: u32,
    /// As in [`ToRoom::Keys`].
    pub held: u32,
    /// The browser's monotonic clock, ms.
    pub time: f64,
}

/// Room to browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToSeat {
    /// The answer to `Hello`: everything the page needs to show the game.
    #[serde(rename = "w")]
    Welcome(Welcome),
    /// One tick.
    #[serde(rename = "f")]
    Frame(Frame),
    /// All ticks up to this one are stored: nobody needs to keep their receipts any longer.
    #[serde(rename = "d")]
    Durable {
        /// The tick.
        tick: u32,
    },
    /// What was decided for one tick, where browsers simulate.
    #[serde(rename = "c")]
    Confirmed(Confirmed),
    /// The whole state, where browsers simulate: after `Welcome`, and when a browser's state was another one.
    #[serde(rename = "S")]
    Snapshot {
        /// The tick after which it was taken.
        tick: u32,
        /// [`crate::timeline::Timeline::save`].
        #[serde(with = "serde_bytes")]
        timeline: Vec<u8>,
        /// Whether it counts even where a browser knows later ticks.
        must: bool,
        /// `env_sdk::Policy::save` of the policies that the browser may run.
        minds: Vec<(Agent, serde_bytes::ByteBuf)>,
    },
    /// Whether the game runs, and how everybody is. Sent when that changes.
    #[serde(rename = "s")]
    Status(Status),
    /// The answer to a ping.
    #[serde(rename = "p")]
    Pong {
        /// As it came.
        time: f64,
        /// The server's clock, epoch ms.
        server: f64,
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
        /// Final score by agent.
        scores: Vec<f32>,
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

/// What a seat is called that a policy has held from the beginning. A policy in a seat with another name took it over.
pub const COMPUTER: &str = "Computer";

/// What a seat is told first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`VERSION`].
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
    pub simulated: Option<Simulated>,
}

/// What a browser needs to simulate a game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Simulated {
    /// The environment's id.
    pub environment: String,
    /// Its configuration, as `env_sdk::Simulation::packed_config` gives it.
    #[serde(with = "serde_bytes")]
    pub config: Vec<u8>,
    /// What inputs mean.
    pub rules: Rules,
    /// Whether nobody else plays, so that the browser's clock is the game's: see [`ToRoom::Played`].
    pub alone: bool,
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
pub struct Shown {
    /// The last tick that this report is about.
    pub until: u32,
    /// By how many ticks own keys are delayed.
    pub input_delay: u8,
    /// Those ticks that were anything but predicted rightly and without a stall.
    pub notes: Vec<Note>,
    /// Digest of the state after `until`; none where this report stops before the last confirmed one.
    pub digest: Option<u64>,
}

/// What happened in a browser when one tick was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The tick.
    pub tick: u32,
    /// Whether it had been predicted, rightly or not, and shown before.
    pub predicted: bool,
    /// How many ticks were undone and simulated again because the guess was wrong.
    pub rollback: u16,
    /// For how long before it the picture stood still because the prediction window was exhausted, ms.
    pub stalled_ms: u16,
}

/// What was decided for one tick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The tick.
    pub tick: u32,
    /// The room's clock when it was decided, epoch ms.
    pub at_ms: u64,
    /// The moves that are not the default one.
    pub moves: Vec<(Agent, Move)>,
    /// Proves that the room said this, to the room.
    pub tag: u64,
    /// The state's digest after it, now and then.
    pub digest: Option<u64>,
    /// All ticks up to this one are stored, when that has changed: nobody needs to keep them any longer.
    pub durable: Option<u32>,
}

/// One tick as one seat may see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Ticks since the game began, over all episodes; 0 is the picture before the first.
    pub tick: u32,
    /// `seq` of the newest [`ToRoom::Keys`] that this picture takes into account.
    pub ack: u32,
    /// What changed in the picture.
    pub picture: Delta,
    /// What was decided for this tick, sealed for the room that said it. Empty where the picture is not one of a tick.
    pub receipt: serde_bytes::ByteBuf,
    /// The panel, when it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hud: Option<Hud>,
}

/// The panel around the picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hud {
    /// The episode, from 1.
    pub episode: u32,
    /// How many there are.
    pub episodes: u32,
    /// Score by agent.
    pub scores: Vec<f32>,
    /// Whole seconds until the step limit.
    pub seconds_left: u32,
    /// The environment's own lines.
    pub items: Vec<HudItem>,
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

/// How a game ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All episodes were played.
    Completed,
    /// A person left and did not come back within the grace time.
    PartnerLeft,
    /// A person never came.
    NoShow,
    /// Nobody to play with came to the lobby in time; there was no game.
    LobbyTimeout,
    /// Nobody is left.
    Abandoned,
    /// This person left and did not come back within the grace time; the others have another outcome.
    Left,
    /// This person's connection or attention was too poor; the others have another outcome.
    Excluded,
    /// A person left, and the game counts as if it had not been.
    Void,
    /// The environment failed.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Completed,
        Self::PartnerLeft,
        Self::NoShow,
        Self::LobbyTimeout,
        Self::Abandoned,
        Self::Left,
        Self::Excluded,
        Self::Void,
        Self::Failed,
    ];

    /// The word in the data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::PartnerLeft => "partner_left",
            Self::NoShow => "no_show",
            Self::LobbyTimeout => "lobby_timeout",
            Self::Abandoned => "abandoned",
            Self::Left => "left",
            Self::Excluded => "excluded",
            Self::Void => "void",
            Self::Failed => "failed",
        }
    }
}

/// Lobby to browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToWaiter {
    /// How it stands; sent when it changes and every few seconds.
    #[serde(rename = "w")]
    Waiting {
        /// How many are here, this one included.
        here: u32,
        /// How many it takes.
        needed: u32,
        /// For how long this one has waited, ms.
        waited_ms: u32,
        /// After how long waiting ends, ms.
        limit_ms: u32,
        /// Whether as many games run as may: nobody is matched before one of them is over.
        full: bool,
    },
    /// There is a group: everybody must say that they are there. Sent when it changes and every few seconds.
    #[serde(rename = "c")]
    ReadyCheck {
        /// For how long that is possible, ms.
        remaining_ms: u32,
        /// How many have said so.
        ready: u32,
        /// How many it takes.
        needed: u32,
        /// Whether this one has said so.
        mine: bool,
    },
    /// The answer to a ping, at once.
    #[serde(rename = "p")]
    Pong,
    /// Go to this room now.
    #[serde(rename = "m")]
    Matched {
        /// Path and query of the room's socket, with the seat ticket in it.
        socket: String,
    },
    /// Nobody came in time.
    #[serde(rename = "t")]
    TimedOut {
        /// For the participant.
        message: String,
    },
    /// The lobby will not have this connection.
    #[serde(rename = "x")]
    Refused {
        /// The close code that follows.
        code: u16,
        /// For the participant.
        reason: String,
    },
}

/// Browser to lobby.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum ToLobby {
    /// Still waiting.
    #[serde(rename = "p")]
    Ping {
        /// The last measured round trip, ms; 0 before the first.
        rtt: f32,
    },
    /// Here, and ready to play.
    #[serde(rename = "r")]
    Ready,
}

/// Participant to browser, about tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToTab {
    /// This tab takes part.
    #[serde(rename = "h")]
    Here,
    /// Another one does.
    #[serde(rename = "e")]
    Elsewhere,
}

/// Browser to participant, about tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromTab {
    /// The participant wants to go on in this tab.
    #[serde(rename = "t")]
    Take,
    /// The page came into view, or went out of it.
    #[serde(rename = "v")]
    Visible(bool),
}

/// Why a socket was closed, in the range RFC 6455 leaves to applications. The browser says each in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    /// A message did not decode, or came at the wrong time.
    Malformed = 4001,
    /// A message was longer than [`MAX_FROM_BROWSER`].
    TooLarge = 4002,
    /// More messages than a person can cause.
    TooFrequent = 4003,
    /// The ticket is forged, stale or for another room.
    Ticket = 4004,
    /// Another protocol version or another simulation: the page is older or newer than the deployment.
    Mismatch = 4005,
    /// The same participant connected again elsewhere.
    Replaced = 4006,
    /// The game is over.
    Over = 4007,
    /// Silent for too long.
    Silent = 4008,
    /// The object lost its storage or its configuration; nothing the browser can do.
    Unavailable = 4009,
    /// Did not say in time, in a lobby's ready check, that they were there.
    NotReady = 4010,
}

impl CloseCode {
    /// The number in the close frame.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// Whether a number is one of these.
    pub fn is_known(code: u16) -> bool {
        (Self::Malformed.code()..=Self::NotReady.code()).contains(&code)
    }
}

/// Why a message was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Longer than allowed.
    #[error("a message of {found} bytes, at most {most} are allowed")]
    TooLarge {
        /// Its length.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// Not MessagePack, or not one of ours.
    #[error("a message that cannot be read: {0}")]
    Malformed(String),
}

impl WireError {
    /// The close code it deserves.
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::TooLarge { .. } => CloseCode::TooLarge,
            Self::Malformed(_) => CloseCode::Malformed,
        }
    }
}

/// A message as bytes. An empty vector if it cannot be encoded, which no type of this module allows.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    msgpack::encode(message).unwrap_or_default()
}

/// A message from bytes, of which there may be `most`; all of them must belong to it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], most: usize) -> Result<T, WireError> {
    if bytes.len() > most {
        return Err(WireError::TooLarge { found: bytes.len(), most });
    }
    msgpack::decode(bytes).map_err(|why| WireError::Malformed(why.to_string()))
}

#[cfg(test)]
mod tests {
    use env_sdk::{ActionValue, surface::Record};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tick_without_changes_costs_16_bytes_at_most() {
        let frame = ToSeat::Frame(Frame { tick: 2999, ack: 200, ..Frame::default() });
        assert!(encode(&frame).len() <= 16, "{}", encode(&frame).len());
    }

    fn seat_messages() -> Vec<ToSeat> {
        let mut keyboard = Keyboard::default();
        keyboard.add(&["ArrowLeft", "KeyA"], ActionValue::Discrete(-1), "left");
        keyboard.add(&["Space"], ActionValue::Continuous(vec![0.1, -2.5e-7]), "");
        let record =
            Record { id: 40_000, kind: 6, nums: vec![1, -2, 70_000, i32::MIN], text: "Grüße 🎭".into() };
        let picture = Delta { full: true, put: vec![record], moved: vec![7, 3, -5, 600], gone: vec![65_535] };
        let items = vec![HudItem { label: "Lives".into(), value: "3 – 2".into() }];
        let hud = Hud { episode: 1, episodes: 2, scores: vec![0.1, -1.0], seconds_left: u32::MAX, items };
        vec![
            ToSeat::Welcome(Welcome {
                version: 1,
                agent: Agent(3),
                names: vec!["You".into(), String::new()],
                fps: 29.97,
                viewport: Viewport { width: 1.8, height: 1.2 },
                keyboard: keyboard.clone(),
                simulated: Some(Simulated {
                    environment: "pong-v0".into(),
                    config: vec![0x91, 7],
                    rules: Rules {
                        input_mode: crate::keys::InputMode::KeyDown,
                        missing_action: crate::keys::MissingAction::Previous,
                        default_action: ActionValue::Discrete(0),
                        keyboards: vec![keyboard],
                        episodes: 3,
                        max_steps: Some(900),
                        carry_score: true,
                    },
                    alone: true,
                    policies: vec![Agent(1)],
                    pauses: true,
                    input_delay: InputDelay::Adaptive { most: 4 },
                    prediction_window: 15,
                }),
            }),
            ToSeat::Confirmed(Confirmed {
                tick: 70_000,
                at_ms: 1_790_000_000_123,
                tag: 1 << 63,
                durable: Some(69_990),
                moves: vec![
                    (Agent(0), Move::Keys(vec![Some(3), None])),
                    (Agent(2), Move::Action(ActionValue::Discrete(2))),
                    (Agent(3), Move::Failed),
                ],
                digest: Some(u64::MAX),
            }),
            ToSeat::Snapshot {
                tick: 7,
                timeline: vec![1, 2, 3],
                minds: vec![(Agent(1), vec![4, 5].into())],
                must: false,
            },
            ToSeat::Frame(Frame {
                tick: u32::MAX,
                ack: 0,
                picture,
                receipt: vec![1, 2, 3].into(),
                hud: Some(hud),
            }),
            ToSeat::Durable { tick: 70_000 },
            ToSeat::Frame(Frame::default()),
            ToSeat::Status(Status {
                phase: Phase::Paused,
                remaining_ms: 27_000,
                seats: vec![Presence::Away, Presence::Policy],
            }),
            ToSeat::Pong { time: 12.000_000_1, server: 1.7e12 },
            ToSeat::Notice { text: "Your connection is slow.".into() },
            ToSeat::Finished { outcome: Outcome::PartnerLeft, saved: true, scores: vec![] },
            ToSeat::Refused { code: 4005, reason: "protocol 2".into() },
        ]
    }

    #[test]
    fn every_message_is_read_as_it_was_written() {
        for message in seat_messages() {
            assert_eq!(decode::<ToSeat>(&encode(&message), MAX_TO_BROWSER), Ok(message));
        }
        for message in [
            ToRoom::Keys { seq: 1, held: 5, time: 0.25 },
            ToRoom::Stamped { tick: 70_000, held: 5, time: 0.25 },
            ToRoom::Desync { tick: 70_000, digest: u64::MAX },
            ToRoom::Played {
                until: 70_000,
                changes: vec![KeyChange { tick: 69_990, held: 5, time: 0.25 }],
                digest: Some(u64::MAX),
            },
            ToRoom::Shown(Shown {
                until: 70_000,
                digest: None,
                input_delay: 3,
                notes: vec![Note { tick: 69_990, predicted: true, rollback: 9, stalled_ms: 0 }],
            }),
            ToRoom::Unseal { from: 70_000, receipts: vec![vec![1, 2].into(), vec![3].into()] },
            ToRoom::Hello { version: 1, digest: u64::MAX },
            ToRoom::Ping { time: 1e9, rtt: 20.5, focused: false, painted: 60 },
        ] {
            assert_eq!(decode::<ToRoom>(&encode(&message), MAX_FROM_BROWSER), Ok(message));
        }
        for message in [
            ToWaiter::Waiting { here: 1, needed: 2, waited_ms: 0, limit_ms: u32::MAX, full: true },
            ToWaiter::ReadyCheck { remaining_ms: 15_000, ready: 1, needed: 2, mine: false },
            ToWaiter::Pong,
            ToWaiter::Matched { socket: "/rooms/o/g?ticket=a.b".into() },
            ToWaiter::TimedOut { message: "Nobody came.".into() },
        ] {
            assert_eq!(decode::<ToWaiter>(&encode(&message), MAX_TO_BROWSER), Ok(message));
        }
        for message in [ToLobby::Ping { rtt: 20.5 }, ToLobby::Ready] {
            assert_eq!(decode::<ToLobby>(&encode(&message), MAX_FROM_BROWSER), Ok(message));
        }
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_read() {
        let error = decode::<ToRoom>(&[0; MAX_FROM_BROWSER + 1], MAX_FROM_BROWSER).unwrap_err();
        assert_eq!(error.close_code(), CloseCode::TooLarge);
    }

    #[test]
    fn bytes_behind_a_message_are_an_error() {
        let mut bytes = encode(&ToRoom::Keys { seq: 1, held: 5, time: 0.25 });
        bytes.push(0);
        assert_eq!(decode::<ToRoom>(&bytes, 100).unwrap_err().close_code(), CloseCode::Malformed);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_decode_or_fail_without_panic(bytes: Vec<u8>) {
            let _ = decode::<ToRoom>(&bytes, MAX_FROM_BROWSER);
            let _ = decode::<ToLobby>(&bytes, MAX_FROM_BROWSER);
            let _ = decode::<ToSeat>(&bytes, MAX_TO_BROWSER);
            let _ = decode::<ToWaiter>(&bytes, MAX_TO_BROWSER);
        }

        #[test]
        fn a_damaged_message_is_refused_or_read_as_rmp_serde_reads_it(
            which in 0usize..10, at: usize, byte: u8, cut: usize,
        ) {
            let mut bytes = encode(&seat_messages()[which]);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(1 + cut % (2 * bytes.len()));
            if let Ok(message) = decode::<ToSeat>(&bytes, MAX_TO_BROWSER) {
                let same: ToSeat = rmp_serde::from_slice(&bytes).unwrap();
                prop_assert_eq!(encode(&message), encode(&same));
            }
        }
    }
}
