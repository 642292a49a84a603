//! A second reading of the protocol: the bytes of each message, as they stand on the wire. Whoever changes one of them
//! raises `wire::VERSION`, since pages that are open speak the old one. A new message is added here by hand; the compiler
//! asks for it in `src/wire/tests.rs` only.

use std::fmt::Write as _;

use footlights_env::{ActionValue, Agent};
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs, Outcome, Tick,
    timeline::Move,
    wire::{
        self, ClientToLobby, ClientToRoom, ClientToTabLease, ConfirmedTick, Frame, KeyChange, LobbyToClient,
        Phase, Presence, RenderReport, RoomToClient, Status, TabLeaseToClient, TickReport,
    },
};

fn hex(message: &impl wire::WireMessage) -> String {
    wire::encode(message).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn confirmed() -> ConfirmedTick {
    let moves = vec![
        (Agent(0), Move::Keys(vec![Some(KeySet(3)), None])),
        (Agent(1), Move::Action(ActionValue::Discrete(2))),
        (Agent(2), Move::Failed),
    ];
    ConfirmedTick {
        tick: Tick(300),
        at_ms: EpochMs(1_000),
        tag: 7,
        persisted: Some(Tick(290)),
        moves,
        digest: Some(9),
    }
}

#[test]
fn every_message_stands_on_the_wire_as_these_bytes() {
    let bytes = [
        hex(&ClientToRoom::Hello { version: 7, digest: Some(1) }),
        hex(&ClientToRoom::Keys { seq: 1, held: KeySet(5), time: MonotonicMs(0.25) }),
        hex(&ClientToRoom::StampedKeys { tick: Tick(300), held: KeySet(5), time: MonotonicMs(0.25) }),
        hex(&ClientToRoom::AssetFailed { file: "cook.png".into() }),
        hex(&ClientToRoom::Ping { time: MonotonicMs(1.0), rtt: 20.5, focused: true }),
        hex(&ClientToRoom::Desync { tick: Tick(300), digest: 9 }),
        hex(&ClientToRoom::Advanced {
            until: Tick(300),
            changes: vec![KeyChange { tick: Tick(299), held: KeySet(5), time: MonotonicMs(0.25) }],
            digest: None,
        }),
        hex(&ClientToRoom::RenderReport(RenderReport {
            until: Tick(300),
            digest: None,
            input_delay: 3,
            notes: vec![TickReport { tick: Tick(299), predicted: true, rollback: 9, stalled_ms: 0 }],
            ticks: 20,
        })),
        hex(&ClientToRoom::RestoreTicks { ticks: vec![confirmed()] }),
        hex(&ClientToRoom::RestoreReceipts { from: Tick(300), receipts: vec![vec![1, 2].into()] }),
        hex(&RoomToClient::ConfirmedTick(confirmed())),
        hex(&RoomToClient::Frame(Frame {
            tick: Tick(300),
            ack: 2,
            receipt: vec![1].into(),
            ..Frame::default()
        })),
        hex(&RoomToClient::Snapshot {
            tick: Tick(7),
            timeline: vec![1, 2],
            policy_states: vec![(Agent(1), vec![4].into())],
            mandatory: false,
        }),
        hex(&RoomToClient::Persisted { tick: Tick(300) }),
        hex(&RoomToClient::Status(Status {
            phase: Phase::Paused,
            remaining_ms: 500,
            seats: vec![Presence::Here, Presence::Away],
        })),
        hex(&RoomToClient::Pong { time: MonotonicMs(1.0) }),
        hex(&RoomToClient::Notice { text: "a".into() }),
        hex(&RoomToClient::Finished { outcome: Outcome::Completed, saved: true, scores: vec![Some(1.0)] }),
        hex(&RoomToClient::Refused { code: 4005, reason: "a".into() }),
        hex(&ClientToLobby::Ping { rtt: 20.5 }),
        hex(&ClientToLobby::Ready),
        hex(&LobbyToClient::Waiting { here: 1, needed: 2, waited_ms: 0, limit_ms: 300, full: false }),
        hex(&LobbyToClient::ReadyCheck { remaining_ms: 300, ready: 1, needed: 2, mine: false }),
        hex(&LobbyToClient::Matched { socket: "/r".into() }),
        hex(&LobbyToClient::TimedOut { message: "a".into() }),
        hex(&LobbyToClient::Refused { code: 4004, reason: "a".into() }),
        hex(&LobbyToClient::Pong),
        hex(&ClientToTabLease::Take),
        hex(&ClientToTabLease::TakeIfFree),
        hex(&ClientToTabLease::Visible(true)),
        hex(&TabLeaseToClient::Here),
        hex(&TabLeaseToClient::Elsewhere),
        hex(&TabLeaseToClient::Free),
    ];
    assert_eq!(bytes.join("\n"), GOLDEN.trim());
}

#[test]
fn the_participant_of_the_edge_tests_speaks_this_version() {
    let participant = include_str!("../../../tests/edge/participant.mjs");
    let version = format!("export const PROTOCOL = {};", wire::VERSION);
    assert!(participant.contains(&version), "tests/edge/participant.mjs has not: {version}");
}

/// In the order above.
const GOLDEN: &str = "
81a168920701
81a16b930105cb3fd0000000000000
81a16993cd012c05cb3fd0000000000000
81a16191a8636f6f6b2e706e67
81a17093cb3ff0000000000000ca41a40000c3
81a16492cd012c09
81a17493cd012c9193cd012b05cb3fd0000000000000c0
81a16e95cd012c039194cd012bc30900c014
81a172919196cd012ccd03e893920081a16b9203c0920181a161029202a1660709cd0122
81a17592cd012c91c4020102
81a16396cd012ccd03e893920081a16b9203c0920181a161029202a1660709cd0122
81a16694cd012c029190c40101
81a1539407c4020102c2919201c40104
81a16491cd012c
81a17393a170cd01f492a168a161
81a17091cb3ff0000000000000
81a16e91a161
81a16593a9636f6d706c65746564c391ca3f800000
81a17892cd0fa5a161
81a17091ca41a40000
a172
81a17795010200cd012cc2
81a16394cd012c0102c2
81a16d91a22f72
81a17491a161
81a17892cd0fa4a161
a170
a174
a166
81a176c3
a168
a165
a166
";
