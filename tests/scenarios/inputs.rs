//! What people press and what the environment gets.

use footlights_env::ActionValue;
use footlights_experiment::{Seat, record::StepRecord};
use footlights_protocol::{
    KeySet, Tick,
    keys::{InputMode, MissingAction},
    timeline::ActionSource,
};
use footlights_testing::World;

use crate::common::{LEFT, RIGHT, UP, chaser, hill, long_slime};

fn actions(rows: &[StepRecord], agent: usize) -> Vec<i32> {
    rows.iter()
        .map(|row| match row.actions[agent] {
            ActionValue::Discrete(action) => action,
            ActionValue::Continuous(_) => unreachable!(),
        })
        .collect()
}

/// Plays mountain car in this mode: LEFT is held in ticks 3 to 5, RIGHT is tapped between ticks 8 and 9.
fn car(mode: InputMode, missing: MissingAction) -> (Vec<i32>, Vec<ActionSource>) {
    let rows = car_rows(mode, missing);
    (actions(&rows, 0), rows.iter().map(|row| row.sources[0]).collect())
}

fn car_rows(mode: InputMode, missing: MissingAction) -> Vec<StepRecord> {
    let mut world = World::new(hill().input_mode(mode).missing_action(missing), 1);
    let conn = world.join(0);
    let until =
        |world: &mut World, tick| world.pass_while(60_000, |world| world.host.room.tick() < Tick(tick));
    until(&mut world, 2);
    world.hold(conn, LEFT);
    until(&mut world, 5);
    world.hold(conn, KeySet(0));
    until(&mut world, 8);
    world.hold(conn, KeySet(2));
    world.hold(conn, KeySet(0));
    world.play_out(60_000);
    let mut rows = world.host.record().rows;
    rows.truncate(12);
    rows
}

#[test]
fn pressed_keys_act_while_they_are_held_and_a_tap_between_ticks_counts_once() {
    let (actions, sources) = car(InputMode::PressedKeys, MissingAction::Previous);
    assert_eq!(actions, [1, 1, 0, 0, 0, 1, 1, 1, 2, 1, 1, 1]);
    assert_eq!(sources[2], ActionSource::Keys);
    assert_eq!(sources[5], ActionSource::Default);
}

#[test]
fn the_row_names_the_keys_of_its_tick_and_a_tap_between_ticks_is_one_of_them() {
    for mode in [InputMode::PressedKeys, InputMode::KeyDown, InputMode::KeyUp] {
        let rows = car_rows(mode, MissingAction::Default);
        let keys: Vec<u32> = rows.iter().map(|row| row.people[0].map_or(0, |person| person.held.0)).collect();
        assert_eq!(keys, [0, 0, 1, 1, 1, 0, 0, 0, 2, 0, 0, 0]);
    }
}

#[test]
fn key_down_acts_once_a_press() {
    let (actions, _) = car(InputMode::KeyDown, MissingAction::Default);
    assert_eq!(actions, [1, 1, 0, 1, 1, 1, 1, 1, 2, 1, 1, 1]);
}

#[test]
fn key_up_acts_once_a_release() {
    let (actions, _) = car(InputMode::KeyUp, MissingAction::Default);
    assert_eq!(actions, [1, 1, 1, 1, 1, 0, 1, 1, 2, 1, 1, 1]);
}

#[test]
fn a_tick_without_a_press_can_repeat_the_previous_action() {
    let (actions, sources) = car(InputMode::KeyDown, MissingAction::Previous);
    assert_eq!(actions, [1, 1, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2]);
    assert_eq!(sources[4], ActionSource::Previous);
}

#[test]
fn a_chord_is_one_action_and_each_seat_has_its_own_keys() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let (a, b) = (world.join(0), world.join(1));
    world.hold(a, RIGHT | UP);
    world.hold(b, LEFT);
    world.pass(500);
    world.drop_connection(a);
    let rows = world.host.record().rows;
    assert!(actions(&rows, 0).iter().all(|action| *action == 2));
    assert!(actions(&rows, 1).iter().all(|action| *action == 5));
}

#[test]
fn the_frame_says_which_input_it_takes_into_account() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 1);
    let conn = world.join(0);
    world.pass(500);
    world.hold(conn, LEFT);
    let pressed = world.now;
    world.pass(100);
    let (at, _) = world.browser(conn).frames.iter().find(|(_, frame)| frame.ack == 1).unwrap();
    assert!(*at >= pressed && *at - pressed <= 34);
}

#[test]
fn late_and_missing_input_never_holds_up_a_tick() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 1);
    let (a, _) = (world.join(0), world.join(1));
    world.pass(10_000);
    world.hold(a, LEFT);
    world.pass(1_000);
    let frames = &world.browser(a).frames;
    assert!(frames.len() >= 330);
    let rows = world.host.record().rows;
    assert!(rows.iter().all(|row| row.sources[1] == ActionSource::Default));
}

#[test]
fn hidden_pages_and_round_trips_are_in_every_row() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 1);
    let conn = world.join(0);
    world.pass(300);
    world.ping(conn, false);
    world.pass(300);
    world.drop_connection(conn);
    let rows = world.host.record().rows;
    let person = |row: &StepRecord| row.people[0].unwrap();
    assert!(person(&rows[0]).focused && !person(rows.last().unwrap()).focused);
    assert_eq!(person(rows.last().unwrap()).rtt_ms, 20.0);
    assert!(rows[0].people[1].is_none());
    assert!(world.host.event_kinds().contains(&"focus_lost"));
}

#[test]
fn changes_of_focus_leave_room_for_what_decides() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 1);
    let conn = world.join(0);
    for _ in 0..20 {
        for k in 0..90 {
            world.ping(conn, k % 2 == 0);
        }
        world.pass(1_000);
    }
    let focus = world.host.event_kinds().iter().filter(|kind| kind.starts_with("focus")).count();
    assert!((900..=1_000).contains(&focus), "{focus}");
    world.drop_connection(conn);
    world.pass(60_000);
    assert_eq!(world.host.event_kinds().last(), Some(&"finished"));
}
