//! How games end, and what is left of them.

use footlights_data::{Replay, event::EventKind, metadata, steps};
use footlights_engine::room::Input;
use footlights_env::{ActionValue, Agent, Policy, PolicyError, Rng};
use footlights_experiment::{Execution, Seat};
use footlights_protocol::{
    Outcome, Tick,
    wire::{ClientToRoom, CloseCode, Phase, Presence, RenderReport},
};
use footlights_testing::{EPOCH, World, info};

use crate::common::{UP, chaser, hill, long_slime, slime};

/// Every promise about the stored data of a finished game.
fn check_data(world: &World) {
    let record = world.host.record();
    let (scene, info) = (&world.host.scene, info(&world.host.scene, 3));
    assert_eq!(record.rows.len() as u32, world.host.room.tick().0);
    assert!(
        record.rows.iter().zip(Tick(1).onwards()).all(|(row, tick)| row.tick == tick),
        "every tick once, in order"
    );
    let steps: u32 = record.episodes.iter().map(|episode| episode.steps).sum();
    assert_eq!(steps, world.host.room.tick().0);
    for agent in scene.human_agents() {
        let csv = steps::csv(scene, &info, agent, &record).unwrap();
        let mut reader = csv::Reader::from_reader(csv.as_slice());
        let header = reader.headers().unwrap().clone();
        let column =
            |name: &str| header.iter().position(|h| h == name).unwrap_or_else(|| panic!("no {name}"));
        let first = header.iter().position(|name| name.starts_with("observations.player_0.")).unwrap();
        let observed =
            first..first + scene.environment.make().unwrap().spec().observation_space(Agent(0)).len();
        assert!(observed.clone().all(|k| header[k].starts_with("observations.player_0.")));
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len() as u32, world.host.room.tick().0);
        for row in &rows {
            for k in observed.clone() {
                row[k].parse::<f32>().unwrap();
            }
            assert_eq!(&row[column("agent")], agent.to_string());
        }
        let metadata = metadata::json(scene, &info, agent, &record, world.host.verdict.as_ref().unwrap());
        assert_eq!(metadata["ticks"], world.host.room.tick().0);
        let own = world.outcome_of(agent.index()).unwrap();
        assert_eq!(metadata["outcome"], own.as_str());
        assert_eq!(metadata["game_outcome"], world.host.finished.unwrap().as_str());
        assert_eq!(metadata["partial"], own != Outcome::Completed);
    }
    let replay =
        Replay::decode(&Replay::from_record(scene, &info, &record).unwrap().encode().unwrap()).unwrap();
    let mut sim = scene.environment.make().unwrap();
    let here = scene.environment.fingerprint().unwrap();
    assert_eq!(replay.verify(sim.as_mut(), here), Ok(world.host.room.tick().0));
}

#[test]
fn two_people_finish_and_everything_is_stored_and_plays_again_to_the_same_states() {
    let mut world = World::new(slime(Seat::Human, Seat::Human), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.hold(a, UP);
    assert_eq!(world.play_out(600_000), Outcome::Completed);
    assert_eq!(world.browser(a).finished, [(Outcome::Completed, false)]);
    assert_eq!(world.browser(a).closed, None, "nobody is sent away before the data are safe");
    check_data(&world);
    let record = world.host.record();
    assert_eq!(record.episodes.len(), 5);
    assert!(record.episodes.iter().all(|episode| episode.end == "terminated"));
    assert_eq!(record.rows.iter().filter(|row| row.terminated[0]).count(), 5, "terminal rows are there");
    world.input(Input::Saved);
    for conn in [a, b] {
        assert_eq!(world.browser(conn).finished.last(), Some(&(Outcome::Completed, true)));
        assert_eq!(world.browser(conn).closed, Some(CloseCode::Over));
    }
}

#[test]
fn a_time_limit_ends_a_game_by_the_clock_also_in_a_countdown_and_after_a_lost_process() {
    const LIMIT_MS: u64 = 8_000;
    let ended = |world: &mut World| {
        let outcome = world.play_out(600_000);
        let up = world.host.events.iter().find(|event| event.kind == EventKind::TimeUp);
        (outcome, world.now - EPOCH, up.map(|event| event.detail.clone()).unwrap_or_default())
    };
    let expected = (Outcome::Completed, LIMIT_MS, "8000 ms after the room was opened".to_owned());
    for execution in [Execution::Server, Execution::Browser] {
        let scene = || {
            let scene = long_slime(Seat::Human, Seat::Human).execution(execution);
            scene.gather_ms(6_000).time_limit(LIMIT_MS)
        };
        // Who comes late takes nothing from the others' time.
        let mut world = World::new(scene(), 3);
        world.join(0);
        world.pass(4_000);
        let b = world.join(1);
        assert_eq!(ended(&mut world), expected, "{execution:?}");
        check_data(&world);
        assert_eq!(world.host.record().episodes.last().unwrap().end, "interrupted");
        assert_eq!(world.browser(b).finished, [(Outcome::Completed, false)]);

        // A countdown is broken off.
        let mut world = World::new(scene().countdown_ms(60_000), 3);
        world.join(0);
        world.join(1);
        assert_eq!(ended(&mut world), expected, "{execution:?}");
        assert_eq!(world.host.room.tick(), Tick(0));

        // The time counts from the room's opening, not from that of the next process.
        let mut world = World::new(scene(), 3);
        world.join(0);
        world.join(1);
        world.pass(5_000);
        world.crash();
        world.join(0);
        world.join(1);
        assert_eq!(ended(&mut world), expected, "{execution:?}");
    }
    let mut world = World::new(hill().episodes(100).time_limit(LIMIT_MS), 3);
    world.join(0);
    assert_eq!(ended(&mut world), expected, "alone");
}

#[test]
fn a_pause_is_waited_out_before_a_time_limit_ends_the_game() {
    let scene = || long_slime(Seat::Human, Seat::Human).time_limit(40_000).grace_ms(20_000);
    let paused = || {
        let mut world = World::new(scene(), 3);
        world.join(0);
        let b = world.join(1);
        world.pass(35_000);
        world.drop_connection(b);
        world.pass(10_000);
        assert_eq!(world.host.finished, None, "who may come back is waited for");
        world
    };
    let mut world = paused();
    world.join(1);
    assert_eq!((world.host.finished, world.host.count("time_up")), (Some(Outcome::Completed), 1));
    check_data(&world);

    let mut world = paused();
    assert_eq!(world.play_out(20_000), Outcome::PartnerLeft);
    assert_eq!((world.now - EPOCH, world.host.count("time_up")), (55_000, 0));
}

#[test]
fn a_person_against_a_policy_and_alone() {
    for scene in [slime(Seat::Human, chaser()), slime(Seat::Random, Seat::Human), hill()] {
        let agent = scene.human_agents().next().unwrap().0;
        let mut world = World::new(scene, 3);
        world.join(agent);
        assert_eq!(world.play_out(600_000), Outcome::Completed);
        check_data(&world);
    }
}

#[test]
fn a_game_is_saved_when_its_browsers_have_told_of_its_end_and_two_seconds_later_at_the_latest() {
    let events = |world: &World, kind| {
        world.host.record().events.iter().filter(|event| event.kind.as_str() == kind).count()
    };
    let scene = || long_slime(Seat::Human, Seat::Human).max_steps(90).execution(Execution::Browser);
    let told = |world: &World, until: Tick| {
        let digest = Some(world.host.record().rows[until.0 as usize - 1].digest);
        ClientToRoom::RenderReport(RenderReport {
            until,
            notes: Vec::new(),
            digest,
            input_delay: 0,
            ticks: u32::MAX,
        })
    };
    let over = |seed| {
        let mut world = World::new(scene(), seed);
        let conns = [world.join(0), world.join(1)];
        assert_eq!(world.play_out(10_000), Outcome::Completed);
        assert_eq!(world.host.saves, 0, "how it ended is stored, but the browsers have not told yet");
        (world, conns)
    };
    let (mut world, [a, b]) = over(1);
    world.say(a, &told(&world, Tick(90)));
    world.say(b, &told(&world, Tick(89)));
    assert_eq!(world.host.saves, 0);
    world.say(b, &told(&world, Tick(90)));
    assert_eq!(world.host.saves, 1);
    assert_eq!(
        world.host.record().verified,
        [(Agent(0), Tick(90), true), (Agent(1), Tick(89), true), (Agent(1), Tick(90), true)]
    );

    let (mut world, [a, b]) = over(2);
    world.say(a, &told(&world, Tick(90)));
    world.drop_connection(b);
    assert_eq!(world.host.saves, 1, "who is gone is not waited for");

    let (mut world, [a, b]) = over(3);
    for conn in [a, b] {
        let ClientToRoom::RenderReport(right) = told(&world, Tick(90)) else { unreachable!() };
        world.say(conn, &ClientToRoom::RenderReport(RenderReport { digest: Some(1), ..right }));
    }
    assert_eq!(
        (world.host.saves, events(&world, "desync")),
        (1, 2),
        "a state that differs at the end is in the data"
    );
    assert!(world.host.record().verified.iter().all(|(.., equal)| !equal));

    let (mut world, _) = over(4);
    world.pass(1_999);
    assert_eq!(world.host.saves, 0);
    world.pass(2);
    assert_eq!(world.host.saves, 1, "nor who does not say it");
    world.pass(60_000);
    assert_eq!(world.host.saves, 1);

    let mut world = World::new(scene().execution(Execution::Server), 5);
    world.join(0);
    world.join(1);
    assert_eq!(world.play_out(10_000), Outcome::Completed);
    assert_eq!(world.host.saves, 1, "a browser that is sent pictures has nothing to tell");
}

#[test]
fn the_scenes_step_limit_truncates() {
    let mut world = World::new(long_slime(Seat::Human, chaser()).max_steps(45), 3);
    world.join(0);
    assert_eq!(world.play_out(60_000), Outcome::Completed);
    let record = world.host.record();
    assert_eq!(record.rows.len(), 45);
    assert!(record.rows[44].truncated[0] && !record.rows[44].terminated[0]);
    assert_eq!(record.episodes[0].end, "truncated");
}

#[test]
fn a_lost_connection_pauses_the_game_and_a_return_within_the_grace_time_goes_on() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human).max_steps(600), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(5_000);
    let tick = world.host.room.tick();
    world.drop_connection(a);
    assert_eq!(world.phase(b), Some(Phase::Paused));
    let status = world.browser(b).status.clone().unwrap();
    assert_eq!((status.seats[0], status.remaining_ms), (Presence::Reconnecting, 30_000));
    world.pass(20_000);
    assert_eq!(world.host.room.tick(), tick, "nothing happens meanwhile");
    let again = world.join(0);
    assert_eq!(world.phase(again), Some(Phase::Countdown));
    let picture = world.browser(again).frames[0].1.picture.clone();
    assert!(picture.full, "whoever comes back has nothing");
    assert_eq!(world.play_out(60_000), Outcome::Completed);
    check_data(&world);
    for kind in ["lost", "rejoined"] {
        assert!(world.host.event_kinds().contains(&kind));
    }
}

#[test]
fn a_page_in_the_background_whose_timers_sleep_is_still_there_when_the_partner_comes_back() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human).max_steps(600), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(5_000);
    world.sleep(b);
    world.drop_connection(a);
    world.pass(25_000);
    assert_eq!((world.phase(b), world.browser(b).closed), (Some(Phase::Paused), None));
    let again = world.join(0);
    assert_eq!(world.phase(again), Some(Phase::Countdown));
    assert_eq!(world.play_out(60_000), Outcome::Completed);
    check_data(&world);
}

#[test]
fn a_partner_who_stays_away_ends_the_game_with_its_own_outcome_and_all_rows() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(5_000);
    world.drop_connection(a);
    assert_eq!(world.play_out(30_000), Outcome::PartnerLeft);
    let browser = world.browser(b);
    assert_eq!(browser.finished, [(Outcome::PartnerLeft, false)]);
    assert_eq!(browser.status.as_ref().unwrap().seats, [Presence::Left, Presence::Here]);
    check_data(&world);
    assert_eq!(world.host.record().episodes[0].end, "interrupted");
}

#[test]
fn a_person_alone_who_stays_away_abandons_the_game() {
    let mut world = World::new(long_slime(Seat::Human, chaser()), 3);
    let a = world.join(0);
    world.pass(1_000);
    world.drop_connection(a);
    assert_eq!(world.play_out(30_000), Outcome::Abandoned);
    check_data(&world);
}

#[test]
fn a_no_show_frees_the_other_after_the_gathering_time() {
    let mut world = World::new(slime(Seat::Human, Seat::Human).gather_ms(15_000), 3);
    let a = world.join(0);
    assert_eq!(world.play_out(15_000), Outcome::NoShow);
    assert_eq!(world.browser(a).finished, [(Outcome::NoShow, false)]);
    assert!(world.host.record().rows.is_empty());
}

#[test]
fn a_connection_that_goes_silent_is_treated_as_lost() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.browsers.get_mut(&a).unwrap().welcome = None; // the harness pings for it no more
    world.pass(10_100);
    assert_eq!(world.browser(a).closed, Some(CloseCode::Silent));
    assert_eq!(world.phase(b), Some(Phase::Paused));
}

#[test]
fn a_second_connection_of_the_same_person_replaces_the_first_without_a_pause() {
    let mut world = World::new(long_slime(Seat::Human, Seat::Human), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(1_000);
    let again = world.join(0);
    assert_eq!(world.browser(a).closed, Some(CloseCode::Replaced));
    world.drop_connection(a);
    world.pass(1_000);
    assert_eq!(world.phase(b), Some(Phase::Running));
    assert!(world.browser(again).frames.len() > 25);
    assert_eq!(world.host.room.info().seats[0].agent, Agent(0));
}

#[test]
fn a_policy_that_fails_is_replaced_by_the_default_action_and_logged() {
    struct Broken;
    impl Policy for Broken {
        fn act(&mut self, _: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
            Err(PolicyError::Act { name: "broken".into(), why: "logits are not finite".into() })
        }
    }
    let seat = Seat::policy("broken", || Ok(Box::new(Broken)));
    let mut world = World::new(slime(Seat::Human, seat), 3);
    world.join(0);
    assert_eq!(world.play_out(600_000), Outcome::Completed);
    assert!(world.host.event_kinds().contains(&"policy_failed"));
    assert!(world.host.events.len() <= 1_000, "events are bounded");
    check_data(&world);
}

/// Acts, and cannot say from where it would go on.
struct Unsaved(u32);

impl Policy for Unsaved {
    fn act(&mut self, _: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
        self.0 += 1;
        Ok(ActionValue::Discrete(0))
    }

    fn save(&self) -> Result<Vec<u8>, PolicyError> {
        match self.0 {
            0..100 => Ok(Vec::new()),
            _ => Err(PolicyError::State { name: "unsaved".into(), why: "no room".into() }),
        }
    }
}

#[test]
fn a_game_that_cannot_be_saved_any_more_ends_as_failed_and_keeps_its_rows() {
    let unsaved = Seat::policy("unsaved", || Ok(Box::new(Unsaved(0))));
    let mut world = World::new(long_slime(Seat::Human, unsaved), 1);
    world.join(0);
    assert_eq!(world.play_out(20_000), Outcome::Failed);
    let failed = world.host.events.iter().find(|event| event.kind == EventKind::CheckpointFailed).unwrap();
    assert!(failed.detail.contains("unsaved") && failed.detail.contains("no room"), "{}", failed.detail);
    let rows = world.host.record().rows.len();
    assert!((100..300).contains(&rows), "{rows} rows are stored");
    assert_eq!(world.host.record().rows.last().unwrap().tick.0 as usize, rows, "none of them is missing");
}
