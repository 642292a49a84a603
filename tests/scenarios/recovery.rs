//! The process is lost; storage is not.

use footlights_experiment::Seat;
use footlights_protocol::{Outcome, Tick, wire::Phase};
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
fn rows_are_stored_every_two_seconds_and_not_more_often() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 3);
    world.join(0);
    world.pass(60_000);
    let gaps: Vec<u64> = world.host.stored_at.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(gaps.len() >= 28, "{}", gaps.len());
    assert!(gaps.iter().all(|gap| (2_000..=2_040).contains(gap)), "{gaps:?}");
}
