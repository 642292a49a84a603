//! Who plays alone waits for nobody.

use footlights_env::Agent;
use footlights_experiment::{GameScene, Seat};
use footlights_protocol::{
    InputDelay, KeySet, MonotonicMs, Outcome, Tick,
    wire::{self, ClientToRoom},
};

use crate::{
    games::{check, column, meadow, weathers},
    meadow::Stubborn,
    net::Weather,
    world::World,
};

/// One person and two policies.
fn company(steps: u32) -> GameScene {
    let mut scene = meadow(3, steps);
    for seat in scene.seats.iter_mut().skip(1) {
        *seat = Seat::policy("stubborn", Stubborn::make);
    }
    scene
}

/// Everything that was played was seen as the room computed it, and nothing was ever undone.
fn check_alone(world: &World, name: &str) {
    assert_eq!(world.host.finished, Some(Outcome::Completed), "{name}: {:?}", world.host.events);
    check(world, name);
    let rollback = world.people[0].rollback().unwrap();
    assert_eq!(rollback.rollbacks(), (0, 0), "{name}: nothing is guessed");
    assert_eq!(verified(world).iter().filter(|word| *word != "true").count(), 0, "{name}");
    let late = column(world, Agent(0), "late_ticks");
    assert!(
        late.iter().all(|ticks| ticks == "0" || ticks.is_empty()),
        "{name}: keys count when they were meant"
    );
}

fn verified(world: &World) -> Vec<String> {
    column(world, Agent(0), "verified")
}

#[test]
fn keys_that_are_hammered_while_it_counts_down_are_late_for_no_tick() {
    let mut world = World::new(meadow(1, 150).countdown_ms(3_000), 5, &[Weather::steady(60.0)]);
    world.restless = 20.0;
    world.play(60_000.0);
    check_alone(&world, "hammered");
}

#[test]
fn nothing_is_undone_and_every_tick_is_verified_on_every_network() {
    for (seed, (name, weather)) in (0..).zip(weathers()) {
        for (delay, scene) in [(0, meadow(1, 150)), (3, meadow(1, 150)), (0, company(150)), (2, company(150))]
        {
            let pause = if seed % 2 == 0 { 300 } else { 0 };
            let scene = scene.input_delay(InputDelay::Fixed(delay)).countdown_ms(pause);
            let mut world = World::new(scene, seed, &weather);
            world.people[0].skew = [0.0, 0.02, -0.02][seed as usize % 3];
            world.restless = if seed % 2 == 0 { 25.0 } else { 300.0 };
            world.play(60_000.0);
            check_alone(&world, name);
            assert!(world.people[0].rollback().unwrap().stalled_ms() < 1.0, "{name}: no picture waits");
        }
    }
}

#[test]
fn keys_that_are_pressed_while_nobody_tells_that_the_round_is_over_count_when_the_next_one_begins() {
    let mut world = World::new(meadow(1, 150), 6, &[Weather::steady(60.0)]);
    world.restless = 100.0;
    world.play_until(20_000.0, |world| world.host.room.tick() >= Tick(130));
    world.people[0].offline_until = world.now + 6_000.0;
    let present = |world: &World| world.people[0].rollback().unwrap().present().tick();
    world.play_until(20_000.0, |world| present(world) >= Tick(170));
    // What is held is what the game has seen, but for the tick in which it changes.
    let mut seen = 0;
    while present(&world) < Tick(270) {
        world.play(33.0);
        let person = &world.people[0];
        seen += u32::from(person.rollback().unwrap().present().keys_seen(Agent(0)) == person.held);
    }
    assert!(seen > 60, "{seen} of 100");
    world.play(60_000.0);
    check_alone(&world, "offline at the end of a round");
}

#[test]
fn a_connection_that_is_lost_for_ten_seconds_is_not_noticed_in_the_game() {
    let mut world = World::new(meadow(1, 600).episodes(1), 3, &[Weather::steady(60.0)]);
    world.play(6_000.0);
    world.people[0].offline_until = world.now + 10_000.0;
    let before = world.people[0].rollback().unwrap().present().tick();
    world.play(9_900.0);
    let after = world.people[0].rollback().unwrap().present().tick();
    assert!(after - before >= 294, "{} ticks in 9.9 s", after - before);
    world.play(60_000.0);
    check_alone(&world, "offline");
    assert!(world.people[0].rollback().unwrap().stalled_ms() < 1.0);
    // The keys of that time are in the data, at their ticks.
    let record = world.host.record();
    let late = record
        .rows
        .iter()
        .filter(|row| row.people[0].is_some_and(|person| person.late.is_some_and(|late| late > 0)))
        .count();
    assert_eq!(late, 0);
    let held: std::collections::BTreeSet<u32> = record.rows[before.0 as usize..after.0 as usize]
        .iter()
        .filter_map(|row| Some(row.people[0]?.held.0))
        .collect();
    assert!(held.len() > 3, "{held:?}");
}

#[test]
fn who_is_away_for_longer_waits_and_goes_on() {
    let mut world = World::new(meadow(1, 900).episodes(1), 4, &[Weather::steady(60.0)]);
    world.play(6_000.0);
    world.people[0].offline_until = world.now + 20_000.0;
    world.play(90_000.0);
    check_alone(&world, "offline");
    let stalled = world.people[0].rollback().unwrap().stalled_ms();
    assert!((4_000.0..8_500.0).contains(&stalled), "{stalled} ms");
}

#[test]
fn without_its_policies_a_browser_guesses_them_and_nothing_is_called_a_wrong_state() {
    for (seed, (name, weather)) in (0..).zip(weathers()) {
        let mut world = World::without_policies(company(200).countdown_ms(1_000), seed, &weather);
        world.play(90_000.0);
        assert_eq!(world.host.finished, Some(Outcome::Completed), "{name}: {:?}", world.host.events);
        check(&world, name);
        assert!(world.host.count("desync") == 0, "{name}: {:?}", world.host.events);
        assert!(verified(&world).iter().all(|word| word != "false"), "{name}");
    }
}

#[test]
fn a_lost_process_costs_nothing() {
    for seed in 0..20u64 {
        let networks = weathers();
        let scene = if seed % 3 == 0 { meadow(1, 240) } else { company(240) };
        let mut world = World::new(scene, seed, &networks[seed as usize % networks.len()].1);
        world.restless = if seed % 2 == 0 { 40.0 } else { 300.0 };
        world.play_and_crash(seed);
        check_alone(&world, &format!("game {seed}"));
        let wrong = world.host.count("resume_refused") + world.host.count("behind");
        assert_eq!(wrong, 0, "{:?}", world.host.events);
    }
}

#[test]
fn a_hidden_page_plays_on_by_the_clock() {
    let mut world = World::new(meadow(1, 1_200).episodes(1), 5, &[Weather::steady(40.0)]);
    world.play(5_000.0);
    world.people[0].hidden_until = world.now + 20_000.0;
    let before = world.host.room.tick();
    world.play(20_000.0);
    assert!(world.host.room.tick() - before > 550, "{} ticks", world.host.room.tick() - before);
    world.play(60_000.0);
    check_alone(&world, "hidden");
}

#[test]
fn who_holds_still_costs_forty_bytes_a_second_at_most() {
    let mut world = World::new(meadow(1, 1_200).episodes(1), 23, &[Weather::steady(30.0)]);
    world.restless = 1e12;
    world.play(5_000.0);
    let before = world.people[0].sent_bytes;
    world.play(20_000.0);
    let rate = (world.people[0].sent_bytes - before) as f64 / 20.0;
    assert!(rate <= 40.0, "{rate} bytes a second");
}

#[test]
fn nobody_plays_faster_than_time_and_who_is_slower_is_logged() {
    let ticks = |skew: f64| {
        let mut world = World::new(meadow(1, 3_000).episodes(1), 7, &[Weather::steady(20.0)]);
        world.people[0].skew = skew;
        world.play(40_000.0);
        let behind = world.host.count("behind");
        (world.host.room.tick().0, behind)
    };
    let (fair, none) = ticks(0.0);
    assert!((1_150..1_200).contains(&fair) && none == 0, "{fair} ticks, behind {none} times");
    let (fast, _) = ticks(1.0);
    assert!(
        f64::from(fast) < f64::from(fair) * 1.05 + 90.0,
        "{fast} ticks with a clock twice as fast, {fair} fairly"
    );
    let (slow, behind) = ticks(-0.5);
    assert!(slow < 600 && behind >= 5, "{slow} ticks, behind {behind} times");
}

#[test]
fn a_state_that_differs_is_noticed_repaired_and_in_the_data() {
    let mut world = World::new(meadow(1, 600).episodes(1).countdown_ms(0), 17, &[Weather::steady(50.0)]);
    world.play_bent();
    assert_eq!(world.host.finished, Some(Outcome::Completed));
    check(&world, "repaired");
    let words = verified(&world);
    let wrong = words.iter().filter(|word| *word == "false").count();
    assert!((1..60).contains(&wrong), "{wrong} ticks were shown from another state");
    assert_eq!(words.len(), 600);
    assert!(words.iter().skip(60).all(|word| word == "true"), "{words:?}");
}

#[test]
fn impossible_claims_gain_nothing() {
    let mut world = World::new(meadow(1, 900).episodes(1).countdown_ms(0), 19, &[Weather::steady(20.0)]);
    world.restless = 1e12;
    world.play_until(5_000.0, |world| world.host.room.tick() >= Tick(30));
    let before = (world.now, world.host.room.tick());
    let held = |world: &World| -> Vec<KeySet> {
        world.host.record().rows.iter().map(|row| row.people[0].unwrap().held).collect()
    };
    let earlier = held(&world);
    let claims = [
        ClientToRoom::Advanced { until: Tick(u32::MAX), changes: Vec::new(), digest: Some(1) },
        ClientToRoom::Advanced { until: Tick(0), changes: Vec::new(), digest: None },
        ClientToRoom::Advanced {
            until: Tick(5),
            changes: vec![wire::KeyChange { tick: Tick(2), held: KeySet(1), time: MonotonicMs(1.0) }],
            digest: Some(7),
        },
    ];
    for claim in claims {
        world.people[0].up.send(world.now, wire::encode(&claim));
    }
    world.play(500.0);
    let (passed, ticks) = (world.now - before.0, world.host.room.tick() - before.1);
    assert!(f64::from(ticks) < passed * 0.0315 + 90.0, "{ticks} ticks in {passed} ms");
    world.play(3_000.0);
    assert!(held(&world).starts_with(&earlier), "what is decided stays");
    // The page that the claims did not come from is told what is so, and plays on.
    world.differs = Some(0);
    world.play(60_000.0);
    assert_eq!(world.host.finished, Some(Outcome::Completed), "{:?}", world.host.events);
}
