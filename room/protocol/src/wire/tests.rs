//! Whether messages are read as they were written.

use footlights_env::{
    ActionValue, Agent, HudItem, Viewport,
    surface::{Delta, Record},
};
use proptest::prelude::*;

use super::*;
use crate::{
    Hud, InputDelay, KeySet, MonotonicMs, Outcome, Tick,
    keys::Keyboard,
    timeline::{Move, Rules},
};

#[test]
fn a_tick_without_changes_costs_16_bytes_at_most() {
    let frame = RoomToClient::Frame(Frame { tick: Tick(2999), ack: 200, ..Frame::default() });
    assert!(encode(&frame).len() <= 16, "{}", encode(&frame).len());
}

fn confirmed() -> ConfirmedTick {
    ConfirmedTick {
        tick: Tick(70_000),
        at_ms: EpochMs(1_790_000_000_123),
        tag: 1 << 63,
        persisted: Some(Tick(69_990)),
        moves: vec![
            (Agent(0), Move::Keys(vec![Some(KeySet(3)), None])),
            (Agent(2), Move::Action(ActionValue::Discrete(2))),
            (Agent(3), Move::Failed),
        ],
        digest: Some(u64::MAX),
    }
}

fn seat_messages() -> Vec<RoomToClient> {
    let mut keyboard = Keyboard::default();
    keyboard.add(&["ArrowLeft", "KeyA"], ActionValue::Discrete(-1), "left");
    keyboard.add(&["Space"], ActionValue::Continuous(vec![0.1, -2.5e-7]), "");
    let record =
        Record { id: 40_000, kind: 6, nums: vec![1, -2, 70_000, i32::MIN], text: "Grüße 🎭".into() };
    let picture = Delta { full: true, put: vec![record], moved: vec![7, 3, -5, 600], gone: vec![65_535] };
    let items = vec![HudItem { label: "Lives".into(), value: "3 – 2".into() }];
    let hud =
        Hud { episode: 1, episodes: 2, scores: vec![Some(0.1), Some(-1.0)], seconds_left: u32::MAX, items };
    vec![
        RoomToClient::Welcome(Welcome {
            version: 1,
            agent: Agent(3),
            names: vec!["You".into(), String::new()],
            fps: 29.97,
            viewport: Viewport { width: 1.8, height: 1.2 },
            keyboard: keyboard.clone(),
            simulated: Some(SimulationSetup {
                environment: "pong-v0".into(),
                config: vec![0x91, 7],
                fingerprint: u64::MAX,
                rules: Rules {
                    input_mode: crate::keys::InputMode::KeyDown,
                    missing_action: crate::keys::MissingAction::Previous,
                    default_actions: vec![Some(ActionValue::Discrete(0)), None],
                    keyboards: vec![keyboard],
                    episodes: 3,
                    max_steps: Some(900),
                    carry_score: true,
                    shown_scores: crate::ShownScores::All,
                },
                single_player: true,
                policies: vec![Agent(1)],
                pauses: true,
                input_delay: InputDelay::Adaptive { most: 4 },
                prediction_window: 15,
            }),
        }),
        RoomToClient::ConfirmedTick(confirmed()),
        RoomToClient::Snapshot {
            tick: Tick(7),
            timeline: vec![1, 2, 3],
            policy_states: vec![(Agent(1), vec![4, 5].into())],
            mandatory: false,
        },
        RoomToClient::Frame(Frame {
            tick: Tick(u32::MAX),
            ack: 0,
            picture,
            receipt: vec![1, 2, 3].into(),
            hud: Some(hud),
        }),
        RoomToClient::Persisted { tick: Tick(70_000) },
        RoomToClient::Frame(Frame::default()),
        RoomToClient::Status(Status {
            phase: Phase::Paused,
            remaining_ms: 27_000,
            seats: vec![Presence::Away, Presence::Policy],
        }),
        RoomToClient::Pong { time: MonotonicMs(12.000_000_1) },
        RoomToClient::Notice { text: "Your connection is slow.".into() },
        RoomToClient::Finished { outcome: Outcome::PartnerLeft, saved: true, scores: vec![] },
        RoomToClient::Refused { code: 4005, reason: "protocol 2".into() },
    ]
}

fn client_messages() -> Vec<ClientToRoom> {
    [
        ClientToRoom::Keys { seq: 1, held: KeySet(5), time: MonotonicMs(0.25) },
        ClientToRoom::StampedKeys { tick: Tick(70_000), held: KeySet(5), time: MonotonicMs(0.25) },
        ClientToRoom::Desync { tick: Tick(70_000), digest: u64::MAX },
        ClientToRoom::Advanced {
            until: Tick(70_000),
            changes: vec![KeyChange { tick: Tick(69_990), held: KeySet(5), time: MonotonicMs(0.25) }],
            digest: Some(u64::MAX),
        },
        ClientToRoom::RenderReport(RenderReport {
            until: Tick(70_000),
            digest: None,
            input_delay: 3,
            notes: vec![TickReport { tick: Tick(69_990), predicted: true, rollback: 9, stalled_ms: 0 }],
            ticks: 20,
        }),
        ClientToRoom::RestoreReceipts {
            from: Tick(70_000),
            receipts: vec![vec![1, 2].into(), vec![3].into()],
        },
        ClientToRoom::RestoreTicks { ticks: vec![confirmed()] },
        ClientToRoom::Hello { version: 1, digest: Some(u64::MAX) },
        ClientToRoom::Hello { version: 1, digest: None },
        ClientToRoom::AssetFailed { file: "Köche/cook.png".into() },
        ClientToRoom::Ping { time: MonotonicMs(1e9), rtt: 20.5, focused: false },
    ]
    .into()
}

fn lobby_messages() -> Vec<LobbyToClient> {
    [
        LobbyToClient::Waiting { here: 1, needed: 2, waited_ms: 0, limit_ms: u32::MAX, full: true },
        LobbyToClient::ReadyCheck { remaining_ms: 15_000, ready: 1, needed: 2, mine: false },
        LobbyToClient::Pong,
        LobbyToClient::Matched { socket: "/rooms/o/g?ticket=a.b".into() },
        LobbyToClient::TimedOut { message: "Nobody came.".into() },
        LobbyToClient::Refused { code: 4004, reason: "stale".into() },
    ]
    .into()
}

#[test]
fn every_message_is_read_as_it_was_written() {
    for message in seat_messages() {
        assert_eq!(decode::<RoomToClient>(&encode(&message), MAX_TO_BROWSER), Ok(message));
    }
    for message in client_messages() {
        assert_eq!(decode::<ClientToRoom>(&encode(&message), MAX_FROM_BROWSER), Ok(message));
    }
    for message in lobby_messages() {
        assert_eq!(decode::<LobbyToClient>(&encode(&message), MAX_TO_BROWSER), Ok(message));
    }
    for message in [ClientToLobby::Ping { rtt: 20.5 }, ClientToLobby::Ready] {
        assert_eq!(decode::<ClientToLobby>(&encode(&message), MAX_FROM_BROWSER), Ok(message));
    }
}

/// Whether messages of every variant are among these. `name` is exhaustive: a new variant must be given a name, and so
/// be counted.
fn every_variant_encodes<T: WireMessage>(messages: &[T], variants: usize, name: fn(&T) -> &'static str) {
    let names: std::collections::BTreeSet<_> = messages.iter().map(name).collect();
    assert_eq!(names.len(), variants, "{names:?}");
    for message in messages {
        assert!(footlights_env::msgpack::encode(message).is_ok_and(|bytes| !bytes.is_empty()));
    }
}

macro_rules! every_variant_encodes {
    ($messages:expr, $type:ident { $($variant:ident),* $(,)? }) => {
        every_variant_encodes(&$messages, [$(stringify!($variant)),*].len(), |message| match message {
            $($type::$variant { .. } => stringify!($variant),)*
        });
    };
}

#[test]
fn no_message_fails_to_encode() {
    every_variant_encodes!(
        seat_messages(),
        RoomToClient {
            Welcome,
            Frame,
            Persisted,
            ConfirmedTick,
            Snapshot,
            Status,
            Pong,
            Notice,
            Finished,
            Refused,
        }
    );
    every_variant_encodes!(
        client_messages(),
        ClientToRoom {
            Hello,
            Keys,
            StampedKeys,
            Advanced,
            RenderReport,
            RestoreTicks,
            RestoreReceipts,
            Desync,
            AssetFailed,
            Ping,
        }
    );
    every_variant_encodes!(
        lobby_messages(),
        LobbyToClient { Waiting, ReadyCheck, Pong, Matched, TimedOut, Refused }
    );
    every_variant_encodes!(
        [ClientToLobby::Ping { rtt: 20.5 }, ClientToLobby::Ready],
        ClientToLobby { Ping, Ready }
    );
    every_variant_encodes!(
        [TabLeaseToClient::Here, TabLeaseToClient::Elsewhere, TabLeaseToClient::Free],
        TabLeaseToClient { Here, Elsewhere, Free }
    );
    every_variant_encodes!(
        [ClientToTabLease::Take, ClientToTabLease::TakeIfFree, ClientToTabLease::Visible(true)],
        ClientToTabLease { Take, TakeIfFree, Visible }
    );
    // What receipts are made of.
    let moves = confirmed().moves;
    assert!(!encode(&(u64::MAX, Tick(7), EpochMs(1_790_000_000_123), moves.as_slice())).is_empty());
    assert!(!encode(&vec![0, u32::MAX]).is_empty());
}

#[test]
fn what_is_too_long_is_refused_before_it_is_read() {
    let error = decode::<ClientToRoom>(&[0; MAX_FROM_BROWSER + 1], MAX_FROM_BROWSER).unwrap_err();
    assert_eq!(error.close_code(), CloseCode::TooLarge);
}

#[test]
fn bytes_behind_a_message_are_an_error() {
    let mut bytes = encode(&ClientToRoom::Keys { seq: 1, held: KeySet(5), time: MonotonicMs(0.25) });
    bytes.push(0);
    assert_eq!(decode::<ClientToRoom>(&bytes, 100).unwrap_err().close_code(), CloseCode::Malformed);
}

proptest! {
    #[test]
    fn arbitrary_bytes_decode_or_fail_without_panic(bytes: Vec<u8>) {
        let _ = decode::<ClientToRoom>(&bytes, MAX_FROM_BROWSER);
        let _ = decode::<ClientToLobby>(&bytes, MAX_FROM_BROWSER);
        let _ = decode::<RoomToClient>(&bytes, MAX_TO_BROWSER);
        let _ = decode::<LobbyToClient>(&bytes, MAX_TO_BROWSER);
    }

    #[test]
    fn a_damaged_message_is_refused_or_read_as_rmp_serde_reads_it(
        which: prop::sample::Index, at: usize, byte: u8, cut: usize,
    ) {
        let mut bytes = encode(which.get(&seat_messages()));
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(1 + cut % (2 * bytes.len()));
        if let Ok(message) = decode::<RoomToClient>(&bytes, MAX_TO_BROWSER) {
            let same: RoomToClient = rmp_serde::from_slice(&bytes).unwrap();
            prop_assert_eq!(encode(&message), encode(&same));
        }
    }
}
