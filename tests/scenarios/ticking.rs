//! Time, pictures and bytes.

use footlights_engine::room::Input;
use footlights_experiment::{Execution, Seat};
use footlights_protocol::{
    MonotonicMs, Tick,
    wire::{ClientToRoom, Phase},
};
use footlights_testing::{EPOCH, World};

use crate::common::{LEFT, RIGHT, UP, chaser, hill, long_slime, slime};

#[test]
fn thirty_ticks_a_second_stay_thirty_over_ten_minutes() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 1);
    let conn = world.join(0);
    world.pass(600_000);
    let frames = &world.browser(conn).frames;
    assert!((18_000..=18_001).contains(&(frames.len() - 1)), "{}", frames.len());
    let gaps: Vec<u64> = frames.windows(2).skip(1).map(|w| w[1].0 - w[0].0).collect();
    assert!(gaps.iter().all(|gap| (33..=34).contains(gap)));
    assert_eq!(world.host.room.slips(), 0);
}

#[test]
fn a_late_call_is_made_up_for_and_a_very_late_one_moves_the_schedule_and_is_counted() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 1);
    world.join(0);
    world.pass(1_000);
    let before = world.host.room.tick();
    world.now += 100;
    world.input(Input::Wake);
    assert_eq!(world.host.room.tick(), before + 3);
    assert_eq!(world.host.room.slips(), 0);
    world.now += 2_000;
    world.input(Input::Wake);
    assert_eq!(world.host.room.tick(), before + 7, "at most four ticks are made up for");
    assert_eq!(world.host.room.slips(), 1);
    assert!(world.host.event_kinds().contains(&"slip"));
}

/// At Cloudflare the clock reads in a timer's turn the time that the timer was set for, and in other turns no more than that.
#[test]
fn after_a_stall_that_its_clock_does_not_show_a_room_skips_the_lost_time_as_its_players_clocks_say() {
    let scene = long_slime(Seat::Human, Seat::Human);
    let mut world = World::new(scene, 1);
    let conns = [world.join(0), world.join(1)];
    world.pass(5_500);
    let (began, before) = (world.now, world.host.room.tick());
    // The process stands still for two seconds. Then turns of the timer and what came meanwhile take turns.
    for (after, conn) in [300, 800, 1_300, 1_800].into_iter().zip(conns.into_iter().cycle()) {
        world.now = world.host.room.next_wake().unwrap();
        world.input(Input::Wake);
        world.now = world.host.room.next_wake().unwrap() - 1;
        let time = MonotonicMs((began - EPOCH + after) as f64);
        world.say(conn, &ClientToRoom::Ping { time, rtt: 20.0, focused: true });
    }
    let ticks = world.host.room.tick() - before;
    assert!(ticks <= 5, "{ticks} ticks in a row");
    let next = world.host.room.next_wake().unwrap() - began;
    assert!((1_250..=1_350).contains(&next), "what both have said by then is skipped: {next}");
    assert!(world.host.room.slips() >= 1);
    let slip = world.host.events.iter().find(|event| event.kind.as_str() == "slip").unwrap();
    assert!(slip.detail.ends_with("ms late by the players' clocks"), "{}", slip.detail);
    // From then on the clock is right again, and nothing more is skipped.
    world.now = began + 2_000;
    let slips = world.host.room.slips();
    world.pass(60_000);
    assert!(world.host.room.slips() <= slips + 1, "{}", world.host.room.slips());
}

#[test]
fn a_browser_that_lies_about_its_clock_does_not_stop_the_game() {
    for humans in [1, 2] {
        let partner = if humans == 1 { chaser() } else { Seat::Human };
        let mut world = World::new(long_slime(Seat::Human, partner), 1);
        let conns: Vec<_> = (0..humans).map(|agent| world.join(agent)).collect();
        world.pass(5_000);
        for time in [-1e300, 1e300, 0.0, 1e12, -1e12] {
            world.say(conns[0], &ClientToRoom::Ping { time: MonotonicMs(time), rtt: 1e-3, focused: true });
            let wait = world.host.room.next_wake().unwrap() - world.now;
            assert!(wait <= if humans == 1 { 10_100 } else { 34 }, "{humans} {time}: {wait}");
        }
        let before = world.host.room.tick();
        world.pass(20_000);
        assert!(world.host.room.tick() - before > 250, "{}", world.host.room.tick() - before);
    }
}

#[test]
fn every_seat_gets_every_tick_once_and_in_order() {
    let mut world = World::new(slime(Seat::Human, Seat::Human), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.play_out(600_000);
    for conn in [a, b] {
        let mut ticks: Vec<Tick> = world.browser(conn).frames.iter().map(|(_, frame)| frame.tick).collect();
        ticks.dedup();
        assert_eq!(ticks, Tick::ZERO.until(world.host.room.tick().next()).collect::<Vec<_>>());
    }
}

#[test]
fn a_frame_costs_less_than_60_bytes_on_average_while_both_players_keep_moving() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 5);
    let (a, b) = (world.join(0), world.join(1));
    let keys = [LEFT, RIGHT, UP, LEFT | UP, RIGHT | UP];
    for k in 0..600usize {
        world.hold(a, keys[k * 7 % 5]);
        world.hold(b, keys[k * 3 % 5]);
        world.pass(200);
    }
    let bytes = &world.browser(a).bytes;
    let mean = bytes.iter().sum::<usize>() as f64 / bytes.len() as f64;
    assert!(mean <= 60.0, "{mean}");
}

#[test]
fn an_episode_begins_with_a_countdown_and_a_full_picture() {
    let scene = slime(Seat::Human, Seat::Human).countdown_ms(3_000);
    let mut world = World::new(scene, 3);
    let a = world.join(0);
    assert_eq!(world.phase(a), Some(Phase::Gathering));
    let b = world.join(1);
    assert_eq!(world.phase(a), Some(Phase::Countdown));
    assert_eq!(world.browser(b).status.as_ref().unwrap().remaining_ms, 3_000);
    world.pass(2_999);
    assert_eq!(world.host.room.tick(), Tick(0));
    world.pass(40);
    assert_eq!(world.phase(a), Some(Phase::Running));
    world.play_out(600_000);
    let full = world.browser(a).frames.iter().filter(|(_, frame)| frame.picture.full).count();
    assert_eq!(full, 5, "one a episode");
}

#[test]
fn the_panel_is_sent_when_it_changes_and_tells_round_score_and_time() {
    let mut world = World::new(slime(Seat::Human, Seat::Random), 3);
    let a = world.join(0);
    world.play_out(600_000);
    let huds: Vec<_> = world.browser(a).frames.iter().filter_map(|(_, frame)| frame.hud.clone()).collect();
    assert!(huds.windows(2).all(|w| w[0] != w[1]));
    assert_eq!((huds[0].episode, huds[0].episodes, huds[0].seconds_left), (1, 5, 100));
    let last = huds.last().unwrap();
    assert_eq!(last.episode, 5);
    assert_eq!(last.scores[0].unwrap(), -last.scores[1].unwrap());
}

#[test]
fn what_was_told_beyond_the_end_of_an_episode_is_not_of_the_next_one() {
    let scene = hill().execution(Execution::Browser).episodes(2).countdown_ms(1_000);
    let mut world = World::new(scene, 1);
    let conn = world.join(0);
    world.pass(1_500);
    // A browser that guesses wrongly does not see the end after 200 steps.
    world.say(conn, &ClientToRoom::Advanced { until: Tick(215), changes: Vec::new(), digest: None });
    world.pass_while(12_000, |world| world.host.room.tick() < Tick(200));
    // Nor has it been told of it when this arrives.
    world.say(conn, &ClientToRoom::Advanced { until: Tick(222), changes: Vec::new(), digest: Some(1) });
    assert_eq!(world.phase(conn), Some(Phase::Countdown));
    world.pass(3_000);
    assert_eq!((world.phase(conn), world.host.room.tick()), (Some(Phase::Running), Tick(200)));
    world.say(conn, &ClientToRoom::Advanced { until: Tick(230), changes: Vec::new(), digest: None });
    world.pass(2_000);
    assert_eq!(world.host.room.tick(), Tick(230));
}
