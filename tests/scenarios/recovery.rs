//! The process is lost; storage is not.

use footlights_experiment::Seat;
use footlights_protocol::{
    Outcome, Tick,
    wire::{ClientToRoom, Phase},
};
use footlights_testing::World;

use crate::common::{UP, chaser, long_slime};

#[test]
fn a_game_goes_on_from_its_checkpoint_with_every_row_once() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human).max_steps(900), 3);
    let mut a = world.join(0);
    world.join(1);
    for crash_after in [4_300, 777, 6_100] {
        world.hold(a, UP);
        world.pass(crash_after);
        let lost_from = world.host.room.tick();
        world.crash();
        assert!(lost_from - world.host.room.tick() <= 60, "at most two seconds are played again");
        assert!(world.host.event_kinds().contains(&"recovered"));
        a = world.join(0);
        let b = world.join(1);
        assert_eq!(world.phase(b), Some(Phase::Countdown));
    }
    assert_eq!(world.play_out(60_000), Outcome::Completed);
    let rows = world.host.record().rows;
    assert_eq!(rows.len(), 900);
    assert!(rows.iter().zip(Tick(1).onwards()).all(|(row, tick)| row.tick == tick));
}

#[test]
fn a_game_nobody_comes_back_to_ends_with_what_was_stored() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 3);
    world.join(0);
    world.pass(5_000);
    world.crash();
    let tick = world.host.room.tick();
    assert!(tick > Tick(90));
    assert_eq!(world.play_out(30_000), Outcome::Abandoned);
    assert_eq!(world.host.record().rows.len() as u32, tick.0);
    assert_eq!(world.host.record().episodes.len(), 1);
}

#[test]
fn a_room_that_was_lost_before_anything_was_stored_gathers_again() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 3);
    world.join(0);
    world.crash();
    let (a, _) = (world.join(0), world.join(1));
    world.pass(100);
    assert_eq!(world.phase(a), Some(Phase::Running));
}

#[test]
fn what_the_storage_had_not_confirmed_is_lost_with_the_process_and_comes_back_from_the_browsers() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 3);
    world.host.confirm_ms = 400;
    let conns = [world.join(0), world.join(1)];
    world.pass(10_000);
    let handed = *world.host.stored_at.last().unwrap();
    world.pass(handed + 2_100 - world.now);
    assert!(world.host.stored_at.last().unwrap() > &handed, "a chunk is on its way");
    let (tick, before) = (world.host.room.tick(), world.host.record().rows);
    world.crash();
    let restored = world.host.room.tick();
    assert!((62..=70).contains(&(tick - restored)), "{} ticks", tick - restored);
    assert_eq!(world.host.record().rows.len() as u32, restored.0);
    let seen = world.browser(conns[0]).frames.iter().map(|(_, frame)| frame);
    let lost = seen.filter(|frame| frame.tick > restored && !frame.receipt.is_empty());
    let receipts: Vec<_> = lost.map(|frame| frame.receipt.clone()).collect();
    let a = world.join(0);
    for receipts in receipts.chunks(12) {
        let from = world.host.room.tick().next();
        world.say(a, &ClientToRoom::RestoreReceipts { from, receipts: receipts.to_vec() });
    }
    assert_eq!(world.host.room.tick(), tick);
    world.join(1);
    world.pass(5_000);
    let (first, after) = (restored.0 as usize, world.host.record().rows);
    assert!(before.len() >= first + 55, "what is compared was on its way to the storage");
    for (old, new) in before.iter().zip(&after).skip(first) {
        assert_eq!((old.tick, old.server_time_ms, old.digest), (new.tick, new.server_time_ms, new.digest));
    }
}

#[test]
fn nobody_is_told_how_a_game_ended_before_that_is_stored_and_a_lost_process_ends_it_again() {
    for crashes in [false, true] {
        let mut world = World::new(long_slime(Seat::Human, Seat::Human).max_steps(90), 3);
        world.host.confirm_ms = 400;
        let conns = [world.join(0), world.join(1)];
        world.pass_while(10_000, |world| world.host.room.outcome().is_none());
        let ended = world.now;
        world.pass(399);
        for conn in conns {
            assert_eq!(world.phase(conn), Some(Phase::Running));
            assert_eq!(world.browser(conn).finished, []);
        }
        assert_eq!((world.host.finished, world.host.saves), (None, 0));
        if crashes {
            world.crash();
            assert!(world.host.room.tick() < Tick(90));
            world.join(0);
            world.join(1);
        }
        assert_eq!(world.play_out(20_000), Outcome::Completed);
        assert!(crashes || world.now - ended == 400);
        world.pass(3_000);
        assert_eq!(world.host.saves, 1);
        let ticks: Vec<u32> = world.host.record().rows.iter().map(|row| row.tick.0).collect();
        assert_eq!(ticks, (1..=90).collect::<Vec<_>>());
    }
}

#[test]
fn rows_are_stored_every_two_seconds_and_not_more_often() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 3);
    world.join(0);
    world.pass(60_000);
    let gaps: Vec<u64> = world.host.stored_at.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(gaps.len() >= 28, "{}", gaps.len());
    assert!(gaps.iter().all(|gap| (1_960..=2_040).contains(gap)), "{gaps:?}");
}
