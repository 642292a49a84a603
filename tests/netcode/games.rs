//! Whole games of random play.

use footlights_client::netcode::{PlayStage, Stop};
use footlights_data::steps;
use footlights_env::Agent;
use footlights_environments::slime_volleyball::{self, Move, SlimeVolleyball};
use footlights_experiment::{Execution, GameScene, RunMode, Seat};
use footlights_protocol::{
    InputDelay, KeySet, MonotonicMs, Outcome, Tick,
    wire::{self, ClientToRoom, CloseCode},
};

use crate::{
    meadow::{Config, Meadow},
    net::Weather,
    world::World,
};

pub fn meadow(players: u8, steps: u32) -> GameScene {
    let scene = GameScene::new::<Meadow>("game", Config { players, steps })
        .execution(Execution::Browser)
        .default_action(footlights_env::ActionValue::Discrete(0))
        .countdown_ms(300)
        .episodes(2);
    let scene = (0..players).fold(scene, |scene, _| scene.seat(Seat::Human));
    [("ArrowLeft", 1), ("ArrowRight", 2), ("ArrowUp", 3)]
        .into_iter()
        .fold(scene, |scene, (key, n)| scene.action(&[key], footlights_env::ActionValue::Discrete(n), key))
}

pub fn slime(left: Seat, right: Seat) -> GameScene {
    let config = slime_volleyball::Config { lives: 2, max_steps: 240, ..slime_volleyball::Config::default() };
    GameScene::new::<SlimeVolleyball>("game", config)
        .execution(Execution::Browser)
        .seat(left)
        .seat(right)
        .countdown_ms(0)
        .action(&["ArrowLeft"], Move::Backward, "left")
        .action(&["ArrowUp"], Move::Jump, "jump")
        .action(&["ArrowRight"], Move::Forward, "right")
        .default_action(Move::Noop)
}

/// The networks that a game must survive: what other systems' own tests set, and worse.
pub fn weathers() -> Vec<(&'static str, Vec<Weather>)> {
    let jitter = |delay, jitter| Weather { delay, jitter, loss: 0.0, resend: 0.0 };
    vec![
        ("loopback", vec![Weather::steady(1.0)]),
        ("100 ms", vec![Weather::steady(50.0)]),
        ("200 ms", vec![Weather::steady(100.0)]),
        ("50 against 200 ms", vec![Weather::steady(25.0), Weather::steady(100.0)]),
        ("100 ± 75 ms", vec![jitter(12.5, 75.0)]),
        ("15 % loss", vec![Weather { delay: 25.0, jitter: 5.0, loss: 0.15, resend: 200.0 }]),
        ("300 ms", vec![Weather::steady(150.0)]),
        ("stalls of 1 s", vec![Weather { delay: 40.0, jitter: 20.0, loss: 0.01, resend: 1_000.0 }]),
    ]
}

/// How far a browser may be ahead, in ticks.
fn window(scene: &GameScene) -> u32 {
    if scene.run_mode() == RunMode::SinglePlayer { 450 } else { scene.stepping.prediction_window }
}

/// What must hold after any game.
pub fn check(world: &World, name: &str) {
    let record = world.host.record();
    let ticks: Vec<Tick> = record.rows.iter().map(|row| row.tick).collect();
    assert_eq!(
        ticks,
        Tick(1).until(world.host.room.tick().next()).collect::<Vec<_>>(),
        "{name}: every tick has its row"
    );
    for person in &world.people {
        assert!(person.compared > 20, "{name}: {} ticks compared", person.compared);
        let window = window(&world.host.scene);
        assert!(person.deepest <= window, "{name}: {} ticks predicted, {window} allowed", person.deepest);
    }
    // What both files say of the game is the same, row for row.
    let info = world.host.room.info();
    let tables: Vec<Vec<Vec<String>>> = world
        .host
        .scene
        .human_agents()
        .take(2)
        .map(|agent| shared(&steps::csv(&world.host.scene, info, agent, &record).expect("a table")))
        .collect();
    if let [a, b] = tables.as_slice() {
        assert_eq!(a, b, "{name}: the files are 0 rows apart");
    }
}

/// The columns of a table that are about the game and not about the participant.
fn shared(csv: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(csv);
    let header = reader.headers().expect("a header").clone();
    let own = steps::per_participant_columns();
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| {
        let fields = header.iter().zip(&row).filter(|(name, _)| !own.contains(*name));
        fields.map(|(_, value)| value.to_owned()).collect()
    })
    .collect()
}

/// A column of somebody's file.
pub fn column(world: &World, agent: Agent, name: &str) -> Vec<String> {
    let csv = steps::csv(&world.host.scene, world.host.room.info(), agent, &world.host.record()).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let at = reader.headers().unwrap().iter().position(|known| known == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

#[test]
fn a_thousand_games_of_random_play_end_in_the_same_states_on_every_network() {
    // As many at once as there are cores.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|threads| {
        for first in 0..cores {
            threads.spawn(move || (first as u64..1_000).step_by(cores).for_each(a_game_of_random_play));
        }
    });
}

/// Plays the game of this number, on the network and with the options that it falls to.
fn a_game_of_random_play(game: u64) {
    let networks = weathers();
    let (name, weather) = &networks[game as usize % networks.len()];
    let scene = match game % 5 {
        0 => slime(Seat::Human, Seat::Human),
        1 => slime(Seat::Human, Seat::Random),
        n => meadow(n as u8, 45),
    };
    let scene = match game % 3 {
        0 => scene,
        1 => scene.input_delay(InputDelay::Fixed(3)).prediction_window(0),
        _ => scene.input_delay(InputDelay::Adaptive { most: 6 }).prediction_window(8),
    };
    let mut world = World::new(scene, game, weather);
    if game.is_multiple_of(7) {
        world.people[0].skew = 0.02;
    }
    world.play(60_000.0);
    let (finished, events) = (&world.host.finished, &world.host.events);
    assert_eq!(*finished, Some(Outcome::Completed), "game {game}, {name}: {events:?}");
    check(&world, &format!("game {game}, {name}"));
    for agent in world.host.scene.human_agents() {
        for told in ["predicted", "input_delay_ticks", "verified"] {
            let untold = column(&world, agent, told).iter().filter(|word| word.is_empty()).count();
            assert_eq!(untold, 0, "game {game}, {name}: {told} of {agent}, up to the last tick");
        }
    }
}

#[test]
fn a_page_hidden_for_a_minute_comes_back_to_the_others_state() {
    let mut scene = meadow(3, 3_000).episodes(1);
    scene.stepping.prediction_window = 15;
    let mut world = World::new(scene, 5, &[Weather::steady(40.0)]);
    world.play(3_000.0);
    world.people[1].hidden_until = world.now + 60_000.0;
    world.play(60_500.0);
    let ahead = |world: &World, k: usize| {
        let rollback = world.people[k].rollback().unwrap();
        (rollback.present().tick(), rollback.confirmed().tick())
    };
    let (present, confirmed) = ahead(&world, 1);
    assert!(
        present >= confirmed && confirmed + 10 > world.host.room.tick(),
        "{present}, {confirmed}, {}",
        world.host.room.tick()
    );
    world.play(60_000.0);
    check(&world, "hidden");
}

#[test]
fn a_state_that_differs_is_noticed_within_a_second_repaired_and_in_the_data() {
    let scene = meadow(2, 600).episodes(1).countdown_ms(0);
    let mut world = World::new(scene, 17, &[Weather::steady(50.0)]);
    world.play_bent();
    assert_eq!(world.host.finished, Some(Outcome::Completed));
    check(&world, "repaired");
    let record = world.host.record();
    let repaired: Vec<_> = record.events.iter().filter(|event| event.kind.as_str() == "desync").collect();
    assert_eq!(repaired.len(), 1, "{repaired:?}");
    assert_eq!(repaired[0].agent, Some(Agent(0)));
}

#[test]
fn a_browser_that_simulates_the_configuration_differently_does_not_play_and_asks_for_a_reload() {
    // Its default has 100 steps: the environment's own fingerprint is the room's.
    let mut world = World::of_another_build(meadow(2, 600), 29, &[Weather::steady(20.0)]);
    world.play(2_000.0);
    for person in &world.people {
        match person.play.stage() {
            PlayStage::Stopped(Stop::Refused { code, reason }, ..) => {
                assert_eq!(*code, CloseCode::Mismatch.code());
                assert!(reason.starts_with("meadow-v0: this build has simulation"), "{reason}");
            }
            _ => panic!("the page says {:?}", footlights_client::view::state(&person.play)),
        }
    }
    assert_eq!(world.host.room.tick(), Tick(0));
}

#[test]
fn stamps_far_ahead_or_long_past_count_as_the_last_or_the_next_tick_that_can_be() {
    let scene = meadow(2, 600).episodes(1).countdown_ms(0);
    let mut world = World::new(scene, 19, &[Weather::steady(20.0)]);
    world.restless = 1e12;
    world.play_until(5_000.0, |world| world.host.room.tick() >= Tick(30));
    for (tick, held) in [(Tick(1), KeySet(1)), (Tick(u32::MAX), KeySet(2)), (Tick(0), KeySet(4))] {
        world.people[0]
            .up
            .send(world.now, wire::encode(&ClientToRoom::StampedKeys { tick, held, time: MonotonicMs(1.0) }));
    }
    world.play(60_000.0);
    let held: Vec<(Tick, KeySet)> =
        world.host.record().rows.iter().filter_map(|row| Some((row.tick, row.people[0]?.held))).collect();
    let first = |keys: KeySet| held.iter().find(|(_, held)| *held == keys).map(|(tick, _)| *tick);
    let at = first(KeySet(1)).unwrap();
    assert!((30..40).contains(&at.0), "what is past counts at once: {at}");
    // Five seconds of 30 ticks; and what comes behind it does not overtake it.
    assert!(first(KeySet(4)).or(first(KeySet(6))).unwrap() >= at + 140, "{held:?}");
    check(&world, "forged stamps");
}

#[test]
fn who_holds_still_costs_forty_bytes_a_second_at_most() {
    let scene = meadow(2, 1_200).episodes(1).countdown_ms(0);
    let mut world = World::new(scene, 23, &[Weather::steady(30.0)]);
    world.restless = 1e12;
    world.play(5_000.0);
    let before: Vec<usize> = world.people.iter().map(|person| person.sent_bytes).collect();
    world.play(20_000.0);
    for (person, before) in world.people.iter().zip(before) {
        let rate = (person.sent_bytes - before) as f64 / 20.0;
        assert!(rate <= 40.0, "{rate} bytes a second");
    }
}

#[test]
fn own_keys_are_in_the_next_picture_at_any_distance() {
    for delay in [1.0, 75.0, 150.0] {
        let scene = meadow(2, 600).episodes(1).prediction_window(60);
        let mut world = World::new(scene, 29, &[Weather::steady(delay)]);
        // Nothing moves while the countdown runs; from the first tick that is shown on, everything does.
        world.restless = 1e12;
        let begun =
            |world: &World| world.people[0].rollback().is_some_and(|game| game.present().tick() > Tick(0));
        world.play_until(5_000.0, begun);
        world.restless = 120.0;
        world.people.iter_mut().for_each(|person| person.next_key = 0.0);
        world.people[0].play.seat_mut().unwrap().take_measured().count();
        world.play(15_000.0);
        let seat = world.people[0].play.seat_mut().unwrap();
        let measured: Vec<f64> = seat.take_measured().collect();
        assert!(measured.len() > 20);
        assert!(measured.iter().all(|ms| *ms <= 17.0), "{delay} ms: {measured:?}");
    }
}

#[test]
fn own_keys_are_shown_as_if_the_others_held_still() {
    // Where the own slime is in every picture, and how often a guess about the other one was wrong.
    let shown = |delay: f64, other: f64| {
        let scene = slime(Seat::Human, Seat::Human).prediction_window(60).countdown_ms(3_000);
        let mut world = World::new(scene, 29, &[Weather::steady(delay)]);
        (world.restless, world.people[1].next_key) = (120.0, other);
        let mut places = Vec::new();
        for _ in 0..10_000 {
            world.play(1.0);
            let slime = world.people[0].picture.iter().find(|item| item.id == 10);
            places.extend(slime.map(|item| item.shape.place()));
        }
        let (rollbacks, _) = world.people[0].rollback().unwrap().rollbacks();
        (places, rollbacks)
    };
    for delay in [30.0, 75.0, 150.0] {
        let (among_others, many) = shown(delay, 0.0);
        let (alone, few) = shown(delay, f64::INFINITY);
        assert!(many > 20 && few < 10, "{delay} ms: {many} and {few} rollbacks");
        assert!(alone.len() > 4_000, "{delay} ms: {} pictures", alone.len());
        assert_eq!(among_others.len(), alone.len());
        // In units of the viewport; a glide is only as exact as its arithmetic.
        let apart = |(a, b): (&(f32, f32), &(f32, f32))| (a.0 - b.0).abs().max((a.1 - b.1).abs());
        let most = among_others.iter().zip(&alone).map(apart).fold(0.0, f32::max);
        assert!(most < 1e-4, "{delay} ms: {most} apart");
    }
}

#[test]
fn in_lockstep_pictures_move_between_ticks_too() {
    let scene = slime(Seat::Human, Seat::Human).prediction_window(0).input_delay(InputDelay::Fixed(3));
    let mut world = World::new(scene, 29, &[Weather::steady(30.0)]);
    world.restless = 120.0;
    world.play(1_000.0);
    let (begun, mut places) = (world.host.room.tick(), Vec::new());
    for _ in 0..6_000 {
        world.play(1.0);
        let slime = world.people[0].picture.iter().find(|item| item.id == 10);
        places.extend(slime.map(|item| item.shape.place()));
    }
    places.dedup();
    let ticks = (world.host.room.tick() - begun) as usize;
    assert!(places.len() > ticks + ticks / 4, "{} places in {ticks} ticks", places.len());
}

#[test]
fn a_rollback_of_a_hundred_and_fifty_ticks_repairs_what_was_guessed() {
    let scene = meadow(2, 900).episodes(1).prediction_window(300);
    let mut world = World::new(scene, 11, &[Weather::steady(20.0)]);
    world.play(5_000.0);
    // Nothing reaches one of them for six seconds; keys still go out.
    let until = world.now + 6_000.0;
    let before = world.host.room.tick().0 as usize;
    world.people[0].down.stall(until);
    world.play(60_000.0);
    assert!(world.people[0].deepest >= 150, "{} ticks", world.people[0].deepest);
    check(&world, "a long stall");
    // It all came at once, and was made anew once.
    let undone = column(&world, Agent(0), "rollback_ticks");
    let undone = undone[before..before + 170].iter().filter_map(|ticks| ticks.parse().ok());
    let undone: Vec<u16> = undone.filter(|ticks| *ticks > 0).collect();
    assert!(undone.len() <= 2 && undone[0] >= 150, "{undone:?}");
}

#[test]
fn a_lost_connection_goes_on_where_it_was() {
    for seconds in [0.5, 3.0, 12.0] {
        let mut world = World::new(meadow(2, 600).episodes(1), 3, &[Weather::steady(60.0)]);
        world.play(4_000.0);
        world.people[1].offline_until = world.now + seconds * 1_000.0;
        world.play(90_000.0);
        assert_eq!(world.host.finished, Some(Outcome::Completed), "{:?}", world.host.events);
        check(&world, &format!("offline for {seconds} s"));
        // The data tell what was shown up to the loss; only what a snapshot skipped is unknown.
        let predicted = column(&world, Agent(1), "predicted");
        let empty = predicted.iter().filter(|word| word.is_empty()).count();
        assert!((1..=6).contains(&empty), "{empty} of {} rows", predicted.len());
    }
}

#[test]
fn a_game_that_ends_between_two_episodes_is_verified_to_its_last_tick() {
    let scene = meadow(2, 100).countdown_ms(5_000).grace_ms(2_000);
    let mut world = World::new(scene, 3, &[Weather::steady(60.0)]);
    world.play_until(20_000.0, |world| world.host.room.tick() == Tick(100));
    world.play(1_000.0);
    world.people[1].offline_until = world.now + 60_000.0;
    world.play_until(10_000.0, |world| world.people[0].over.is_some());
    assert_eq!(world.host.finished, Some(Outcome::PartnerLeft), "{:?}", world.host.events);
    assert_eq!(column(&world, Agent(0), "verified"), vec!["true"; 100]);
}

#[test]
fn a_lost_process_costs_no_tick_that_anybody_has_seen() {
    let mut brought_back = 0;
    for seed in 0..40u64 {
        let scene = if seed % 2 == 0 { meadow(4, 240) } else { slime(Seat::Human, Seat::Random) };
        let networks = weathers();
        let mut world = World::new(scene, seed, &networks[seed as usize % networks.len()].1);
        world.host.confirm_ms = [0, 5, 30, 100, 400][seed as usize % 5];
        // Some are so restless that every tick has moves.
        world.restless = if seed % 4 == 0 { 40.0 } else { 300.0 };
        // In the middle of a countdown nobody has anything that the storage has not.
        world.play_and_crash(seed);
        assert_eq!(world.host.finished, Some(Outcome::Completed), "game {seed}: {:?}", world.host.events);
        check(&world, &format!("game {seed}"));
        assert!(world.host.count("resume_refused") == 0, "{:?}", world.host.events);
        brought_back += world.host.count("resumed_from_browser");
    }
    assert!(brought_back > 60, "{brought_back} of 120 crashes");
}

#[test]
fn what_the_room_has_not_said_is_not_taken_back() {
    let mut world = World::new(meadow(2, 600).episodes(1).countdown_ms(0), 31, &[Weather::steady(10.0)]);
    world.play_until(5_000.0, |world| world.host.room.tick() >= Tick(70));
    world.crash();
    let restored = world.host.room.tick();
    assert!(restored < Tick(70));
    // Somebody comes back with a history in which the other one held a key.
    let forged = |confirmed: &mut wire::ConfirmedTick| {
        confirmed.moves = vec![(Agent(1), footlights_protocol::timeline::Move::Keys(vec![Some(KeySet(1))]))]
    };
    world.forge = Some((0, forged));
    world.play_until(5_000.0, |world| world.host.count("resume_refused") > 0);
    world.forge = None;
    world.differs = Some(0);
    world.play(500.0);
    world.differs = None;
    world.play(60_000.0);
    assert_eq!(world.host.finished, Some(Outcome::Completed), "{:?}", world.host.events);
}

#[test]
fn a_process_lost_before_its_first_checkpoint_costs_no_tick_that_anybody_has_seen_either() {
    for seed in 0..10u64 {
        let scene = meadow(2, 200).episodes(1).countdown_ms(0);
        let networks = weathers();
        let mut world = World::new(scene, seed, &networks[seed as usize % networks.len()].1);
        world.play_until(5_000.0, |world| world.host.room.tick() >= Tick(5 + 4 * seed as u32));
        world.crash();
        world.play(60_000.0);
        assert_eq!(world.host.finished, Some(Outcome::Completed), "game {seed}: {:?}", world.host.events);
        check(&world, &format!("game {seed}"));
    }
}
