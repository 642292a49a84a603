//! Bad input: a clear reason, a logged event, and nobody else notices.

use footlights_data::steps;
use footlights_engine::{ConnId, room::Input};
use footlights_env::Agent;
use footlights_experiment::{Execution, Seat};
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs, Outcome, Tick,
    wire::{self, ClientToRoom, CloseCode, ConfirmedTick, KeyChange, Phase, RenderReport, TickReport},
};
use footlights_testing::World;
use proptest::{collection::vec, option, prelude::*};

use crate::common::{LEFT, long_slime};

/// The left browser does something; the right one must go on as if nothing were, apart from its partner's absence.
fn refused(act: impl FnOnce(&mut World, ConnId), code: CloseCode, kind: &str, words: &str) {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(1_000);
    let before = world.browser(b).frames.len();
    act(&mut world, a);
    assert_eq!(world.browser(a).closed, Some(code));
    assert!(world.browser(a).refused.as_ref().unwrap().contains(words), "{:?}", world.browser(a).refused);
    assert!(world.host.event_kinds().contains(&kind), "{:?}", world.host.event_kinds());
    assert_eq!(world.phase(b), Some(Phase::Paused));
    let again = world.join(0);
    world.pass(3_000);
    assert_eq!(world.phase(again), Some(Phase::Running), "a good connection is welcome again");
    assert!(world.browser(b).closed.is_none() && world.browser(b).frames.len() > before + 30);
}

#[test]
fn a_malformed_message() {
    let act = |world: &mut World, conn| world.input(Input::Message { conn, bytes: vec![0xc1, 1, 2, 3] });
    refused(act, CloseCode::Malformed, "malformed", "cannot be read");
}

#[test]
fn an_oversized_message() {
    let act = |world: &mut World, conn| world.input(Input::Message { conn, bytes: vec![0; 513] });
    refused(act, CloseCode::TooLarge, "too_large", "513 bytes");
}

#[test]
fn a_flood() {
    let act = |world: &mut World, conn| {
        for k in 0..200 {
            if world.browser(conn).closed.is_none() {
                world.hold(conn, KeySet(k & 1));
            }
        }
    };
    refused(act, CloseCode::TooFrequent, "too_frequent", "within a second");
}

#[test]
fn keys_that_the_seat_does_not_have() {
    let act = |world: &mut World, conn| world.hold(conn, KeySet(1 << 9));
    refused(act, CloseCode::Malformed, "malformed", "does not have");
}

#[test]
fn a_time_that_is_not_a_number() {
    let act = |world: &mut World, conn: ConnId| {
        world.say(conn, &ClientToRoom::Ping { time: MonotonicMs(f64::NAN), rtt: 1.0, focused: true })
    };
    refused(act, CloseCode::Malformed, "malformed", "not a number");
}

#[test]
fn another_protocol_or_another_simulation_is_told_both_numbers() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let b = world.join(1);
    let old = world.open(0);
    world.say(old, &ClientToRoom::Hello { version: 999, digest: Some(1) });
    assert_eq!(world.browser(old).closed, Some(CloseCode::Mismatch));
    assert!(world.browser(old).refused.as_ref().unwrap().contains("protocol 999"));
    let other = world.open(0);
    world.say(other, &ClientToRoom::Hello { version: wire::VERSION, digest: Some(0xabc) });
    assert!(world.browser(other).refused.as_ref().unwrap().contains("0000000000000abc"));
    assert_eq!(world.host.event_kinds().iter().filter(|kind| **kind == "mismatch").count(), 2);
    assert_eq!(world.phase(b), Some(Phase::Gathering));
}

#[test]
fn nothing_counts_before_hello() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let silent = world.open(0);
    world.hold(silent, LEFT);
    assert_eq!(world.browser(silent).closed, Some(CloseCode::Malformed));
    assert!(world.browser(silent).frames.is_empty() && world.browser(silent).welcome.is_none());
}

#[test]
fn what_only_a_browser_says_that_simulates_shows_nobody_the_state() {
    let messages = [
        ClientToRoom::StampedKeys { tick: Tick(1), held: KeySet(0), time: MonotonicMs(1.0) },
        ClientToRoom::Advanced { until: Tick(1), changes: Vec::new(), digest: None },
        ClientToRoom::RestoreTicks { ticks: Vec::new() },
        ClientToRoom::RenderReport(RenderReport::default()),
        ClientToRoom::Desync { tick: Tick(1), digest: 0 },
    ];
    for message in messages {
        let act = |world: &mut World, conn: ConnId| world.say(conn, &message);
        refused(act, CloseCode::Malformed, "malformed", "do not simulate");
    }
}

#[test]
fn a_second_hello() {
    let act = |world: &mut World, conn: ConnId| {
        let digest = world.host.scene.environment.default_fingerprint().ok();
        world.say(conn, &ClientToRoom::Hello { version: wire::VERSION, digest });
    };
    refused(act, CloseCode::Malformed, "malformed", "Hello already");
}

#[test]
fn where_browsers_simulate_one_that_does_not_is_a_page_out_of_date() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human).execution(Execution::Browser), 1);
    let light = world.open(0);
    world.say(light, &ClientToRoom::Hello { version: wire::VERSION, digest: None });
    assert_eq!(world.browser(light).closed, Some(CloseCode::Mismatch));
    assert!(world.browser(light).refused.as_ref().unwrap().contains("no simulation"));
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let light = world.open(0);
    world.say(light, &ClientToRoom::Hello { version: wire::VERSION, digest: None });
    assert!(world.browser(light).welcome.is_some());
}

#[test]
fn a_browser_that_comes_and_goes_a_thousand_times_leaves_room_for_what_decides() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let partner = world.join(1);
    for _ in 0..1_000 {
        let conn = world.join(0);
        world.pass(10);
        world.ping(partner, true);
        world.drop_connection(conn);
    }
    assert_eq!(world.play_out(60_000), Outcome::PartnerLeft);
    let record = world.host.record();
    let kinds: Vec<&str> = record.events.iter().map(|event| event.kind.as_str()).collect();
    assert!(kinds.contains(&"left") && kinds.contains(&"finished"), "{:?}", kinds.last());
    assert!((1_000..1_010).contains(&kinds.len()), "{} events", kinds.len());
    assert!(kinds.contains(&"no_more_events_are_kept"));
}

#[test]
fn ticks_of_which_a_page_knows_nothing_are_empty_in_the_data() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human).execution(Execution::Browser), 1);
    let (a, _) = (world.join(0), world.join(1));
    world.pass(2_000);
    let stalled = TickReport { tick: Tick(25), predicted: false, rollback: 0, stalled_ms: 40 };
    for shown in [
        RenderReport { until: Tick(10), ticks: 10, ..RenderReport::default() },
        RenderReport { until: Tick(30), ticks: 10, notes: vec![stalled], ..RenderReport::default() },
        // What was told once is not told again.
        RenderReport {
            until: Tick(30),
            ticks: 30,
            notes: vec![TickReport { rollback: 9, ..stalled }],
            ..RenderReport::default()
        },
    ] {
        world.say(a, &ClientToRoom::RenderReport(shown));
    }
    world.pass(3_000);
    let csv = steps::csv(&world.host.scene, world.host.room.info(), Agent(0), &world.host.record()).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let mut at = |name: &str| reader.headers().unwrap().iter().position(|known| known == name).unwrap();
    let (predicted, rollback) = (at("predicted"), at("rollback_ticks"));
    let rows: Vec<_> = reader.records().take(35).map(|row| row.unwrap()).collect();
    for (tick, row) in (1..).zip(&rows) {
        let expected = match tick {
            1..=10 | 21..=24 | 26..=30 => ("true", "0"),
            25 => ("false", "0"),
            _ => ("", ""),
        };
        assert_eq!((&row[predicted], &row[rollback]), expected, "tick {tick}");
    }
}

#[test]
fn nobody_learns_the_partners_id() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let (a, _) = (world.join(0), world.join(1));
    assert_eq!(world.browser(a).welcome.as_ref().unwrap().names, ["You", "Partner"]);
}

/// Numbers that mean something, and any others.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![0u32..100, any::<u32>(), Just(u32::MAX)]
}

fn tick() -> impl Strategy<Value = Tick> {
    number().prop_map(Tick)
}

/// Anything that a browser can say.
fn anything() -> impl Strategy<Value = ClientToRoom> {
    let held = || (0u32..9).prop_map(KeySet);
    let key = || (tick(), held(), any::<f64>().prop_map(MonotonicMs));
    let note = (tick(), any::<bool>(), any::<u16>(), any::<u16>());
    let note = note.prop_map(|(tick, predicted, rollback, stalled_ms)| TickReport {
        tick,
        predicted,
        rollback,
        stalled_ms,
    });
    let confirmed = (tick(), any::<u64>(), any::<u64>()).prop_map(|(tick, at_ms, tag)| ConfirmedTick {
        tick,
        at_ms: EpochMs(at_ms),
        moves: Vec::new(),
        tag,
        digest: None,
        persisted: None,
    });
    prop_oneof![
        (number(), held(), any::<f64>().prop_map(MonotonicMs))
            .prop_map(|(seq, held, time)| ClientToRoom::Keys { seq, held, time }),
        key().prop_map(|(tick, held, time)| ClientToRoom::StampedKeys { tick, held, time }),
        (tick(), vec(key(), 0..4), option::of(any::<u64>())).prop_map(|(until, changes, digest)| {
            let change = |(tick, held, time)| KeyChange { tick, held, time };
            ClientToRoom::Advanced { until, changes: changes.into_iter().map(change).collect(), digest }
        }),
        vec(confirmed, 0..4).prop_map(|ticks| ClientToRoom::RestoreTicks { ticks }),
        (tick(), vec(vec(any::<u8>(), 0..20), 0..4)).prop_map(|(from, receipts)| {
            ClientToRoom::RestoreReceipts { from, receipts: receipts.into_iter().map(Into::into).collect() }
        }),
        (number(), tick(), vec(note, 0..4), option::of(any::<u64>())).prop_map(
            |(ticks, until, notes, digest)| {
                ClientToRoom::RenderReport(RenderReport { ticks, until, notes, digest, input_delay: 0 })
            }
        ),
        (tick(), any::<u64>()).prop_map(|(tick, digest)| ClientToRoom::Desync { tick, digest }),
        (any::<u16>(), option::of(any::<u64>()))
            .prop_map(|(version, digest)| ClientToRoom::Hello { version, digest }),
        (any::<f64>().prop_map(MonotonicMs), any::<f32>(), any::<bool>())
            .prop_map(|(time, rtt, focused)| ClientToRoom::Ping { time, rtt, focused }),
        any::<String>().prop_map(|file| ClientToRoom::AssetFailed { file }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn arbitrary_bytes_in_arbitrary_order_never_panic_and_never_stop_the_partner(
        messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..20)
    ) {
        let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
        let (mut a, b) = (world.join(0), world.join(1));
        world.pass(500);
        for bytes in messages {
            world.input(Input::Message { conn: a, bytes });
            if world.browser(a).closed.is_some() {
                a = world.join(0);
            }
        }
        world.pass(3_000);
        prop_assert_eq!(world.phase(b), Some(Phase::Running));
        prop_assert!(world.browser(b).closed.is_none());
    }

    #[test]
    fn whatever_a_browser_says_nothing_panics_and_the_partner_plays_on(
        messages in vec((anything(), 0u64..400), 1..30), browser: bool, alone: bool, crash: bool,
    ) {
        let execution = if browser { Execution::Browser } else { Execution::Server };
        let partner = if alone { Seat::Random } else { Seat::Human };
        let mut world = World::new(long_slime(Seat::Human, partner).execution(execution), 1);
        let (mut a, b) = (world.join(0), (!alone).then(|| world.join(1)));
        for (at, (message, ms)) in messages.iter().enumerate() {
            world.say(a, message);
            world.pass(*ms);
            if crash && at == messages.len() / 2 {
                world.crash();
            }
            if world.browser(a).closed.is_some() && at % 2 == 0 {
                a = world.join(0);
            } else if world.browser(a).closed.is_some() {
                a = world.open(0);
            }
        }
        if let Some(b) = b.filter(|_| !crash) {
            if world.browser(a).closed.is_some() || world.browser(a).welcome.is_none() {
                world.join(0);
            }
            world.pass(3_000);
            prop_assert_eq!(world.phase(b), Some(Phase::Running));
            prop_assert!(world.browser(b).closed.is_none());
        }
    }
}

#[test]
fn a_file_of_the_game_that_a_browser_cannot_load_is_an_event_and_another_one_is_none() {
    let scene = long_slime(Seat::Human, Seat::Human).sound("bell", "bell.mp3");
    let mut world = World::new(scene, 1);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(500);
    for file in ["bell.mp3", "other.mp3"] {
        world.say(a, &ClientToRoom::AssetFailed { file: file.into() });
    }
    assert_eq!(world.host.count("asset_failed"), 1);
    assert!(world.browser(a).closed.is_none() && world.browser(b).closed.is_none());
}
