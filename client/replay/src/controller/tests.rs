use footlights_data::replay::{FORMAT, ReplayEpisode};
use footlights_env::{ActionValue, conformance, surface::Shape};
use footlights_experiment::record::GameInfo;

use super::*;

/// A game of random episodes with so many steps each.
fn game(id: &str, steps: &[u32]) -> (Replay, Box<dyn Simulation>, u64) {
    let registry = footlights_environments::registry();
    let entry = registry.get(id).unwrap();
    let (mut sim, here) = (entry.make_default().unwrap(), entry.fingerprint().unwrap());
    let episodes = (0u32..).zip(steps).map(|(episode, steps)| {
        sim.reset(9, episode);
        let (mut actions, mut digests) = (Vec::new(), Vec::new());
        for _ in 0..*steps {
            let some = conformance::random_actions(sim.as_ref(), 9);
            sim.step(&some).unwrap();
            actions.push(some.to_vec());
            digests.push(sim.digest().unwrap());
        }
        ReplayEpisode { episode, actions, digest: sim.digest().unwrap(), digests }
    });
    let replay = Replay {
        format: FORMAT,
        info: GameInfo {
            game_id: "g".into(),
            experiment: "e".into(),
            scene: "s".into(),
            seed: 9,
            seats: Vec::new(),
            condition: Default::default(),
            opened_at: None,
        },
        environment: id.into(),
        config: "null".into(),
        fingerprint: here,
        fps: 30.0,
        episodes: episodes.collect(),
    };
    (replay, sim, here)
}

const SLIME: &str = "slime-volleyball-v0";

fn opened(steps: &[u32]) -> ReplayController {
    let (replay, sim, here) = game(SLIME, steps);
    let mut player = ReplayController::open(replay, sim, here);
    while player.check(7) {}
    player
}

fn at(episode: u32, step: u32) -> ReplayPosition {
    ReplayPosition { episode, step }
}

#[test]
fn every_moment_is_the_same_however_one_gets_there() {
    for id in footlights_environments::registry().iter().map(|entry| entry.id) {
        let (replay, sim, here) = game(id, &[90, 1, 75]);
        let mut player = ReplayController::open(replay.clone(), sim, here);
        while player.check(1) {}
        assert!(player.checked().is_fine(), "{}", player.checked().words());
        // From anywhere to anywhere, in an order without pattern.
        let mut places: Vec<ReplayPosition> = (0..=90).map(|step| at(0, step)).collect();
        places.extend([at(1, 0), at(1, 1)]);
        places.extend((0..=75).map(|step| at(2, step)));
        for k in 0..places.len() {
            let place = places[k * 61 % places.len()];
            player.seek(place);
            assert_eq!(player.place(), place);
            let recorded = match place.step.checked_sub(1) {
                Some(before) => replay.episodes[place.episode as usize].digests[before as usize],
                None => {
                    let mut fresh =
                        footlights_environments::registry().get(id).unwrap().make_default().unwrap();
                    fresh.reset(9, place.episode);
                    fresh.digest().unwrap()
                }
            };
            assert_eq!(player.digest(), Some(recorded), "{id} {place:?}");
        }
    }
}

#[test]
fn going_anywhere_costs_a_bounded_number_of_steps_and_keyframes_are_few() {
    let player = opened(&[1000, 200]);
    let keyframes: Vec<u32> = player.episodes[0].keyframes.iter().map(|(step, _)| *step).collect();
    assert_eq!(keyframes.len(), 1000 / MIN_KEYFRAME_GAP as usize);
    assert!(keyframes.windows(2).all(|two| two[1] - two[0] == MIN_KEYFRAME_GAP));
    assert_eq!(ReplayController::open(game(SLIME, &[1000; 9]).0, game(SLIME, &[1]).1, 0).keyframe_gap, 36);
}

#[test]
fn playing_comes_through_every_step_and_every_episode_and_stops_at_the_end() {
    let mut player = opened(&[20, 10]);
    player.play(MonotonicMs(0.0));
    let (mut seen, mut now) = (vec![player.place()], 0.0);
    while player.is_playing() {
        now += 10.0;
        player.advance(MonotonicMs(now));
        if *seen.last().unwrap() != player.place() {
            seen.push(player.place());
        }
    }
    let all: Vec<ReplayPosition> =
        (0..=20).map(|step| at(0, step)).chain((0..=10).map(|step| at(1, step))).collect();
    assert_eq!(seen, all);
    let ideal = 31.0 * 1000.0 / 30.0;
    assert!((now - ideal).abs() <= 10.0, "{now} ms for {ideal}");
    player.play(MonotonicMs(now));
    assert_eq!(player.place(), at(1, 0), "from the end, the episode again");
}

#[test]
fn speed_is_a_factor_and_a_late_picture_is_not_made_up_for() {
    for (speed, steps) in [(0.25, 15), (1.0, 60), (8.0, 480), (100.0, 480), (f64::NAN, 60)] {
        let mut player = opened(&[600]);
        player.set_speed(speed);
        player.play(MonotonicMs(0.0));
        (1..=200).for_each(|k| player.advance(MonotonicMs(f64::from(k) * 10.0)));
        assert!(player.place().step.abs_diff(steps) <= 1, "{speed}: {:?}", player.place());
    }
    let mut player = opened(&[600]);
    player.play(MonotonicMs(0.0));
    player.advance(MonotonicMs(60_000.0));
    assert!(player.place().step <= 8, "{:?}", player.place());
    player.advance(MonotonicMs(0.0));
    assert!(player.is_playing(), "a clock that goes back does no harm");
}

#[test]
fn one_episode_is_played_from_its_start_to_its_end() {
    let mut player = opened(&[20, 10]);
    player.seek(at(0, 7));
    player.set_speed(4.0);
    player.play_episode(MonotonicMs(0.0));
    assert_eq!((player.place(), player.speed()), (at(0, 0), 1.0));
    (1..1000).for_each(|k| player.advance(MonotonicMs(f64::from(k) * 10.0)));
    assert_eq!((player.place(), player.is_playing()), (at(0, 20), false));
}

#[test]
fn steps_go_over_the_edge_of_an_episode_only_from_the_edge() {
    let mut player = opened(&[20, 10]);
    for (by, place) in [
        (1, at(0, 1)),
        (-10, at(0, 0)),
        (-1, at(0, 0)),
        (10, at(0, 10)),
        (30, at(0, 20)),
        (1, at(1, 0)),
        (-1, at(0, 20)),
    ] {
        player.step(by);
        assert_eq!(player.place(), place, "{by}");
    }
    for (wanted, place) in [(at(1, 99), at(1, 10)), (at(7, 3), at(1, 10)), (at(0, u32::MAX), at(0, 20))] {
        player.seek(wanted);
        assert_eq!(player.place(), place, "{wanted:?}");
    }
    player.step(1);
    player.seek(at(1, 10));
    player.step(1);
    assert_eq!(player.place(), at(1, 10), "there is nothing behind the end");
}

#[test]
fn pictures_are_between_two_steps_while_playing_and_on_the_step_otherwise() {
    let mut player = opened(&[40]);
    player.seek(at(0, 10));
    let x = |player: &mut ReplayController| {
        let items = player.items(Agent(0));
        let moving: Vec<f32> = items
            .iter()
            .filter_map(|item| match item.shape {
                Shape::Circle { x, .. } if item.tween => Some(x),
                _ => None,
            })
            .collect();
        moving
    };
    let here = x(&mut player);
    player.play(MonotonicMs(0.0));
    player.advance(MonotonicMs(1000.0 / 60.0));
    let half = x(&mut player);
    player.step(1);
    let there = x(&mut player);
    assert!(here != there && !here.is_empty());
    for ((a, b), c) in here.iter().zip(&half).zip(&there) {
        assert!((b - (a + c) / 2.0).abs() < 0.02, "{a} {b} {c}");
    }
    assert_eq!(player.items(Agent(1)).len(), player.items(Agent(0)).len());
}

#[test]
fn what_was_done_and_won_is_told_of_every_step() {
    let mut player = opened(&[200]);
    assert_eq!((player.action(Agent(0)), player.reward(Agent(0)), player.score(Agent(0))), (None, None, 0.0));
    let mut sum = 0.0;
    for step in 1..=200 {
        player.seek(at(0, step));
        sum += player.reward(Agent(1)).unwrap();
        assert_eq!(player.score(Agent(1)), sum);
        assert!(player.action(Agent(0)).is_some_and(|name| name.parse::<u32>().is_err()), "it has a name");
    }
    assert_eq!(player.action(Agent(9)), None);
}

#[test]
fn the_step_that_differs_is_named_and_what_came_before_can_be_watched() {
    let (mut replay, sim, here) = game(SLIME, &[20, 30]);
    let changed = &mut replay.episodes[1].actions[4][0];
    *changed = ActionValue::Discrete(if *changed == ActionValue::Discrete(1) { 5 } else { 1 });
    let mut player = ReplayController::open(replay.clone(), sim.fork(), here);
    while player.check(100) {}
    let words = player.checked().words();
    assert!(
        words.contains("episode 1, step 5: digest") && words.contains("only those can be watched"),
        "{words}"
    );
    assert_eq!(player.episodes().collect::<Vec<_>>(), [(0, 20), (1, 4)]);
    player.seek(at(1, 30));
    assert_eq!(player.place(), at(1, 4));
    assert_eq!(player.digest(), Some(replay.episodes[1].digests[3]));
    // An action that the environment does not know.
    replay.episodes[0].actions[2] = Vec::new();
    let mut player = ReplayController::open(replay, sim, here);
    while player.check(100) {}
    let words = player.checked().words();
    assert!(words.contains("episode 0, step 3: ") && player.episodes().eq([(0, 2)]), "{words}");
}

#[test]
fn another_build_is_said_and_the_game_is_compared_all_the_same() {
    let (replay, sim, here) = game(SLIME, &[20]);
    let mut player = ReplayController::open(replay, sim, here ^ 1);
    while player.check(100) {}
    let words = player.checked().words();
    assert!(
        words.starts_with(
            "The environment was changed since this game was played: it was recorded with simulation "
        ) && words.contains("Nevertheless, every digest holds"),
        "{words}"
    );
    assert!(!player.checked().is_fine() && player.steps() == 20);
}

#[test]
fn an_older_file_and_an_empty_one_are_said_to_be_so() {
    let (mut replay, sim, here) = game(SLIME, &[20, 0]);
    replay.episodes[0].digests.clear();
    let mut player = ReplayController::open(replay.clone(), sim.fork(), here);
    while player.check(100) {}
    assert!(player.checked().words().contains("older format") && player.checked().is_fine());
    player.seek(at(1, 5));
    assert_eq!((player.place(), player.is_over()), (at(1, 0), true));
    replay.episodes[1].digest ^= 1;
    let mut player = ReplayController::open(replay.clone(), sim.fork(), here);
    while player.check(100) {}
    assert!(
        player.checked().words().contains("episode 1, step 0: digest") && player.episodes().eq([(0, 20)])
    );

    replay.episodes.clear();
    let mut player = ReplayController::open(replay, sim, here);
    assert!(!player.check(1));
    assert_eq!(player.checked().words(), "There are no steps in it.");
    player.play(MonotonicMs(0.0));
    player.step(1);
    player.step(-1);
    player.seek(at(3, 3));
    player.advance(MonotonicMs(1000.0));
    assert!(!player.is_playing() && player.items(Agent(0)).len() > 1);
}
