//! Where browsers do not simulate, they keep what the room decided without being able to read it.

use footlights_experiment::{DropoutRule, Execution, Seat};
use footlights_protocol::{Outcome, Tick};

use crate::{
    games::{meadow, slime, weathers},
    net::Weather,
    world::World,
};

/// Every tick has its row once, as it was when it was told first.
fn check(world: &World, name: &str) {
    assert_eq!(world.host.finished, Some(Outcome::Completed), "{name}: {:?}", world.host.events);
    let record = world.host.record();
    let ticks: Vec<Tick> = record.rows.iter().map(|row| row.tick).collect();
    assert_eq!(
        ticks,
        Tick(1).until(world.host.room.tick().next()).collect::<Vec<_>>(),
        "{name}: every tick has its row"
    );
    for row in &record.rows {
        let told = world.receipts.get(&row.tick).map(|(at, _)| *at);
        assert_eq!(told, Some(row.server_time_ms), "{name}: tick {} is the one that was told", row.tick);
    }
}

#[test]
fn a_lost_process_costs_no_tick_that_anybody_has_seen() {
    let (mut lost, mut refused) = (0, 0);
    for seed in 0..24u64 {
        let scene = if seed % 2 == 0 { meadow(3, 240) } else { slime(Seat::Human, Seat::Random) };
        let scene = scene.execution(Execution::Server).on_dropout(DropoutRule::End);
        let networks = weathers();
        let mut world = World::new(scene, seed, &networks[seed as usize % networks.len()].1);
        world.host.confirm_ms = [0, 5, 30, 100, 400][seed as usize % 5];
        world.restless = if seed % 4 == 0 { 40.0 } else { 300.0 };
        world.play_and_crash(seed);
        check(&world, &format!("game {seed}"));
        lost += world.host.count("resumed_from_browser");
        refused += world.host.count("resume_refused");
    }
    assert!(lost > 40 && refused == 0, "{lost} of 72 crashes, {refused} refused");
}

#[test]
fn a_receipt_that_was_touched_is_not_taken_and_tells_nothing() {
    let flip: [fn(&mut Vec<u8>); 3] = [
        |receipt| receipt[0] ^= 1,
        |receipt| *receipt.last_mut().unwrap() ^= 0x80,
        |receipt| receipt.truncate(2),
    ];
    for forge in flip {
        let scene = meadow(2, 600).episodes(1).countdown_ms(0).execution(Execution::Server);
        let mut world = World::new(scene, 31, &[Weather::steady(10.0)]);
        world.play_until(5_000.0, |world| world.host.room.tick() >= Tick(70));
        world.crash();
        world.counterfeit = Some((0, forge));
        // The other one has the true ones, and is slower.
        world.people[1].offline_until = world.now + 1_000.0;
        world.play_until(5_000.0, |world| world.host.count("resume_refused") > 0);
        world.play_until(5_000.0, |world| world.host.count("resumed_from_browser") > 0);
        world.play(60_000.0);
        check(&world, "forged receipts");
    }
    let scene = meadow(2, 600).episodes(1).countdown_ms(0).execution(Execution::Server);
    let mut world = World::new(scene, 31, &[Weather::steady(10.0)]);
    world.play(10_000.0);
    let texts: std::collections::BTreeSet<&[u8]> =
        world.receipts.values().map(|(_, receipt)| &receipt[3..]).collect();
    assert!(texts.len() + 3 >= world.receipts.len(), "the same moves look different in every tick");
    let longest = world.receipts.values().map(|(_, receipt)| receipt.len()).max().unwrap();
    assert!(longest <= 40, "{longest} bytes");
}
