//! Bad input: a clear reason, a logged event, and nobody else notices.

use footlights_tests::World;
use proptest::prelude::*;
use room::{
    experiment::Seat,
    room::Input,
    wire::{self, CloseCode, Phase, ToRoom},
};

use crate::common::{LEFT, long_slime};

/// The left browser does something; the right one must go on as if nothing were, apart from its partner's absence.
fn refused(act: impl FnOnce(&mut World, u64), code: CloseCode, kind: &str, words: &str) {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(1_000);
    let before = world.browser(b).frames.len();
    act(&mut world, a);
    assert_eq!(world.browser(a).closed, Some(code));
    assert!(world.browser(a).refused.as_ref().unwrap().contains(words), "{:?}", world.browser(a).refused);
    assert!(world.event_kinds().contains(&kind), "{:?}", world.event_kinds());
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
                world.hold(conn, k & 1);
            }
        }
    };
    refused(act, CloseCode::TooFrequent, "too_frequent", "within a second");
}

#[test]
fn keys_that_the_seat_does_not_have() {
    let act = |world: &mut World, conn| world.hold(conn, 1 << 9);
    refused(act, CloseCode::Malformed, "malformed", "does not have");
}

#[test]
fn a_time_that_is_not_a_number() {
    let act = |world: &mut World, conn: u64| {
        world.say(conn, &ToRoom::Ping { time: f64::NAN, rtt: 1.0, focused: true, painted: 0 })
    };
    refused(act, CloseCode::Malformed, "malformed", "not a number");
}

#[test]
fn another_protocol_or_another_simulation_is_told_both_numbers() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let b = world.join(1);
    let old = world.open(0);
    world.say(old, &ToRoom::Hello { version: 999, digest: 1 });
    assert_eq!(world.browser(old).closed, Some(CloseCode::Mismatch));
    assert!(world.browser(old).refused.as_ref().unwrap().contains("protocol 999"));
    let other = world.open(0);
    world.say(other, &ToRoom::Hello { version: wire::VERSION, digest: 0xabc });
    assert!(world.browser(other).refused.as_ref().unwrap().contains("0000000000000abc"));
    assert_eq!(world.event_kinds().iter().filter(|kind| **kind == "mismatch").count(), 2);
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
fn nobody_learns_the_partners_id() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let (a, _) = (world.join(0), world.join(1));
    assert_eq!(world.browser(a).welcome.as_ref().unwrap().names, ["You", "Partner"]);
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
}
