//! Who leaves, who stays, and how the game ends for each of them.

use footlights_data::{Replay, event::Event, metadata, steps};
use footlights_engine::{ConnId, room::Input};
use footlights_env::Agent;
use footlights_experiment::{DropoutRule, GameScene, PresenceRule, Seat};
use footlights_protocol::{
    EpochMs, Outcome, Tick,
    timeline::ActionSource,
    wire::{CloseCode, Phase, Presence},
};
use footlights_testing::{World, info};

use crate::common::{UP, chaser, long_slime};

/// Two people, 15 s of play, 5 s of grace.
fn pair(on_dropout: DropoutRule) -> GameScene {
    long_slime(Seat::Human, Seat::Human).max_steps(450).grace_ms(5_000).on_dropout(on_dropout)
}

fn replaced() -> GameScene {
    pair(DropoutRule::Replace(chaser()))
}

fn events<'a>(world: &'a World, kind: &str) -> Vec<&'a Event> {
    world.host.events.iter().filter(|event| event.kind.as_str() == kind).collect()
}

/// The first person's connection is lost, and there again after `ms`: the new one.
fn lost_for(world: &mut World, conn: ConnId, ms: u64) -> ConnId {
    world.drop_connection(conn);
    world.pass(ms);
    world.join(0)
}

/// The replay of what is stored ends in the same states.
fn plays_again(world: &World) {
    let replay =
        Replay::from_record(&world.host.scene, &info(&world.host.scene, 3), &world.host.record()).unwrap();
    let mut sim = world.host.scene.environment.make().unwrap();
    let here = world.host.scene.environment.fingerprint().unwrap();
    assert_eq!(replay.verify(sim.as_mut(), here), Ok(world.host.room.tick().0));
}

#[test]
fn who_leaves_has_an_outcome_of_their_own_and_who_stays_has_the_games() {
    for (on_dropout, outcome) in
        [(DropoutRule::End, Outcome::PartnerLeft), (DropoutRule::Void, Outcome::Void)]
    {
        let mut world = World::new(pair(on_dropout), 3);
        let (a, b) = (world.join(0), world.join(1));
        world.pass(2_000);
        world.drop_connection(a);
        assert_eq!(world.play_out(5_000), outcome);
        assert_eq!((world.outcome_of(0), world.outcome_of(1)), (Some(Outcome::Left), Some(outcome)));
        assert_eq!(world.browser(b).finished, [(outcome, false)]);
        assert_eq!(world.browser(b).status.as_ref().unwrap().seats, [Presence::Left, Presence::Here]);
        assert!(world.host.released.is_empty(), "the game is over for both");
        let late = world.open(0);
        assert_eq!(world.browser(late).finished, [(Outcome::Left, false)], "and is told so");
        assert_eq!(world.browser(late).closed, Some(CloseCode::Over));
    }
}

#[test]
fn a_policy_plays_on_in_the_seat_of_who_left_and_the_game_completes() {
    let mut world = World::new(replaced(), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.hold(a, UP);
    world.pass(4_000);
    world.drop_connection(a);
    let left_at = world.host.room.tick();
    world.pass(5_000);
    assert_eq!(world.phase(b), Some(Phase::Countdown));
    assert_eq!(world.browser(b).status.as_ref().unwrap().seats, [Presence::Policy, Presence::Here]);
    assert_eq!(events(&world, "taken_over")[0].detail, "chaser");
    for (kind, agent) in
        [("paused", Some(Agent(0))), ("left", Some(Agent(0))), ("taken_over", Some(Agent(0)))]
    {
        let found = events(&world, kind);
        assert_eq!((found.len(), found[0].agent, found[0].tick), (1, agent, left_at), "{kind}");
    }
    world.pass(1_500);
    assert_eq!(world.phase(b), Some(Phase::Running));
    assert_eq!(events(&world, "resumed")[0].detail, "after 6500 ms");

    // Who left may go on at once, and not back.
    let [(0, verdict)] = world.host.released.as_slice() else { panic!("{:?}", world.host.released) };
    assert_eq!((verdict.outcome, verdict.tick), (Outcome::Left, left_at));
    world.input(Input::Released { agent: Agent(0) });
    let late = world.open(0);
    assert_eq!(world.browser(late).finished, [(Outcome::Left, true)]);
    assert_eq!(world.browser(late).closed, Some(CloseCode::Over));
    assert_eq!(world.phase(b), Some(Phase::Running), "and nobody is held up");

    assert_eq!(world.play_out(30_000), Outcome::Completed);
    assert_eq!((world.outcome_of(0), world.outcome_of(1)), (Some(Outcome::Left), Some(Outcome::Completed)));
    let record = world.host.record();
    assert_eq!(record.rows.len(), 450);
    for row in &record.rows {
        let played_on = row.tick > left_at;
        assert_eq!(row.sources[0] == ActionSource::Policy, played_on, "tick {}", row.tick);
        assert_eq!(row.people[0].is_none(), played_on);
    }
    let own: f64 = record.rows.iter().take(left_at.0 as usize).map(|row| f64::from(row.rewards[0])).sum();
    let seats = &world.host.verdict.as_ref().unwrap().seats;
    assert_eq!(seats[0].as_ref().unwrap().score, own, "the policy's rewards are not the person's");
    plays_again(&world);

    let csv = steps::csv(&world.host.scene, &info(&world.host.scene, 3), Agent(1), &record).unwrap();
    let mut csv = csv::Reader::from_reader(csv.as_slice());
    let column = csv.headers().unwrap().iter().position(|name| name == "seats.player_0").unwrap();
    let holders: Vec<String> = csv.records().map(|row| row.unwrap()[column].to_owned()).collect();
    assert!(
        holders
            .iter()
            .zip(Tick(1).onwards())
            .all(|(h, tick)| h == if tick > left_at { "chaser" } else { "human" })
    );
    let metadata = |agent| {
        let verdict = world.host.verdict.as_ref().unwrap();
        metadata::json(&world.host.scene, &info(&world.host.scene, 3), Agent(agent), &record, verdict)
    };
    let (leaver, stayer) = (metadata(0), metadata(1));
    assert_eq!((&leaver["outcome"], &leaver["game_outcome"]), (&"left".into(), &"completed".into()));
    assert_eq!((&leaver["partial"], &leaver["partial_reason"]), (&true.into(), &"left".into()));
    assert_eq!(leaver["partial_tick"], left_at.0);
    assert_eq!((&stayer["outcome"], &stayer["partial"]), (&"completed".into(), &false.into()));
    assert!(stayer["partial_reason"].is_null() && stayer["partial_tick"].is_null());
}

#[test]
fn a_game_that_everybody_leaves_is_abandoned_and_each_of_them_has_left() {
    for on_dropout in [DropoutRule::End, DropoutRule::Void, DropoutRule::Replace(Seat::Random)] {
        for pause in [0, 3_000] {
            let mut world = World::new(pair(on_dropout.clone()), 3);
            let (a, b) = (world.join(0), world.join(1));
            world.pass(2_000);
            let tick = world.host.room.tick();
            world.drop_connection(a);
            world.pass(pause);
            world.drop_connection(b);
            assert_eq!(world.play_out(10_000), Outcome::Abandoned);
            assert_eq!([0, 1].map(|seat| world.outcome_of(seat)), [Some(Outcome::Left); 2]);
            assert_eq!(world.host.room.tick(), tick, "nobody is there to play for");
        }
    }
}

#[test]
fn everybody_has_a_grace_time_of_their_own() {
    for (on_dropout, game) in [
        (DropoutRule::End, Outcome::PartnerLeft),
        (DropoutRule::Void, Outcome::Void),
        (DropoutRule::Replace(chaser()), Outcome::Completed),
    ] {
        let mut world = World::new(pair(on_dropout), 3);
        let (a, b) = (world.join(0), world.join(1));
        world.pass(2_000);
        world.drop_connection(a);
        world.pass(4_000);
        world.drop_connection(b);
        world.pass(2_000);
        assert!(!events(&world, "left").is_empty(), "the first is gone");
        assert_eq!(world.host.finished, None, "the second may still come back");
        let again = world.open(0);
        assert_eq!(world.browser(again).closed, Some(CloseCode::Over), "the first may not");
        world.join(1);
        assert_eq!(world.play_out(30_000), game);
        assert_eq!((world.outcome_of(0), world.outcome_of(1)), (Some(Outcome::Left), Some(game)));
    }
}

/// Does what it does by counting its own decisions: without its state it does something else.
#[derive(Default)]
struct Wobbler(u8);

impl footlights_env::Policy for Wobbler {
    fn act(
        &mut self,
        _: &[f32],
        _: &mut footlights_env::Rng,
    ) -> Result<footlights_env::ActionValue, footlights_env::PolicyError> {
        self.0 = self.0.wrapping_add(1);
        Ok(footlights_env::ActionValue::Discrete(i32::from(self.0 / 23 % 6)))
    }

    fn save(&self) -> Result<Vec<u8>, footlights_env::PolicyError> {
        Ok(vec![self.0])
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), footlights_env::PolicyError> {
        self.0 = saved[0];
        Ok(())
    }
}

#[test]
fn a_replaced_seat_goes_on_after_a_lost_process_to_the_same_states() {
    let wobbler = Seat::policy("wobbler", || Ok(Box::<Wobbler>::default()));
    let play = |crash: bool| {
        let mut world = World::new(pair(DropoutRule::Replace(wobbler.clone())), 3);
        let (a, b) = (world.join(0), world.join(1));
        world.hold(a, UP);
        world.pass(3_000);
        world.drop_connection(a);
        world.pass(8_500);
        assert_eq!(world.phase(b), Some(Phase::Running));
        if crash {
            world.crash();
            assert_eq!(world.host.released.len(), 2, "it is said again who may go on");
            let late = world.open(0);
            assert_eq!(world.browser(late).closed, Some(CloseCode::Over));
            let b = world.join(1);
            assert_eq!(world.browser(b).status.as_ref().unwrap().seats, [Presence::Policy, Presence::Here]);
        }
        assert_eq!(world.play_out(30_000), Outcome::Completed);
        assert_eq!(
            (world.outcome_of(0), world.outcome_of(1)),
            (Some(Outcome::Left), Some(Outcome::Completed))
        );
        plays_again(&world);
        let record = world.host.record();
        assert!(record.rows.iter().zip(Tick(1).onwards()).all(|(row, tick)| row.tick == tick));
        let digests: Vec<u64> = record.episodes.iter().map(|episode| episode.digest).collect();
        let actions: Vec<_> = record.rows.into_iter().map(|row| row.actions).collect();
        (digests, actions)
    };
    assert!(play(true) == play(false));
}

#[test]
fn who_was_told_to_go_on_stays_gone_even_if_the_process_is_lost_right_then() {
    let mut world = World::new(replaced(), 3);
    let a = world.join(0);
    world.join(1);
    world.pass(3_000);
    world.drop_connection(a);
    world.pass_while(10_000, |world| world.host.released.is_empty());
    let told = world.host.released[0].clone();
    world.crash();
    assert_eq!(world.host.released, [told.clone(), told]);
    let late = world.open(0);
    assert_eq!(world.browser(late).closed, Some(CloseCode::Over));
}

/// Warned of 400 ms, excluded at 900 ms; warned when 3 s away, excluded at 8 s.
fn watched(on_dropout: DropoutRule) -> GameScene {
    pair(on_dropout)
        .max_steps(3_000)
        .latency_rule(PresenceRule::new(400.0, "slow").exclude(900.0, "too slow"))
        .attention_rule(PresenceRule::new(3_000.0, "look here").exclude(8_000.0, "too long away"))
}

#[test]
fn a_slow_connection_is_warned_of_and_the_warning_ends_when_it_is_good_again() {
    let mut world = World::new(watched(DropoutRule::End), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(12_000);
    assert!(world.browser(a).notices.is_empty());
    world.browsers.get_mut(&a).unwrap().rtt = 500.0;
    world.pass(4_000);
    assert!(world.browser(a).notices.is_empty(), "a median forgives a stall");
    world.pass(4_000);
    assert_eq!(world.browser(a).notices, ["slow"]);
    let warned = events(&world, "ping_warning");
    assert_eq!((warned.len(), warned[0].agent, warned[0].detail.as_str()), (1, Some(Agent(0)), "500 ms"));
    // Whoever reloads the page still sees what stands.
    let again = world.join(0);
    assert_eq!(world.browser(again).notices, ["slow"]);
    world.pass(8_000);
    assert_eq!(world.browser(again).notices, ["slow", ""]);
    assert_eq!(events(&world, "ping_recovered").len(), 1);
    assert!(world.browser(b).notices.is_empty());
    assert_eq!(world.host.finished, None);
}

#[test]
fn a_connection_that_is_too_slow_excludes_and_the_others_have_their_own_outcome() {
    for (on_dropout, others) in [(DropoutRule::End, Outcome::PartnerLeft), (DropoutRule::Void, Outcome::Void)]
    {
        let mut world = World::new(watched(on_dropout), 3);
        let (a, b) = (world.join(0), world.join(1));
        world.browsers.get_mut(&a).unwrap().rtt = 1_000.0;
        assert_eq!(world.play_out(10_000), others);
        assert_eq!(world.browser(a).notices, ["too slow"]);
        assert_eq!(world.browser(a).finished, [(Outcome::Excluded, false)]);
        assert_eq!(world.browser(b).finished, [(others, false)]);
        assert_eq!((world.outcome_of(0), world.outcome_of(1)), (Some(Outcome::Excluded), Some(others)));
        assert_eq!(events(&world, "excluded")[0].detail, "round trip: 1000 ms");
        world.input(Input::Saved);
        assert_eq!(world.browser(a).finished.last(), Some(&(Outcome::Excluded, true)));
        assert_eq!(world.browser(a).closed, Some(CloseCode::Over));
    }
}

#[test]
fn who_looks_away_is_warned_then_excluded_without_grace_and_a_policy_plays_on() {
    let mut world = World::new(watched(DropoutRule::Replace(chaser())), 3);
    let (a, b) = (world.join(0), world.join(1));
    world.pass(1_000);
    world.ping(b, false);
    world.pass(2_900);
    assert!(world.browser(b).notices.is_empty());
    world.pass(200);
    assert_eq!(world.browser(b).notices, ["look here"]);
    world.pass(4_800);
    assert!(world.host.finished.is_none() && world.browser(b).finished.is_empty());
    let tick = world.host.room.tick();
    world.pass(200);
    assert_eq!(world.browser(b).notices, ["look here", "too long away"]);
    assert_eq!(world.browser(b).finished, [(Outcome::Excluded, false)]);
    assert_eq!(world.phase(a), Some(Phase::Countdown));
    assert!(world.host.room.tick() - tick <= 6);
    assert_eq!(world.browser(b).closed, None, "until it is stored that they may go on");
    world.input(Input::Released { agent: Agent(1) });
    assert_eq!(world.browser(b).finished.last(), Some(&(Outcome::Excluded, true)));
    assert_eq!(world.browser(b).closed, Some(CloseCode::Over));
    assert_eq!(world.host.released[0].1.outcome, Outcome::Excluded);
    world.pass(1_600);
    assert_eq!(world.phase(a), Some(Phase::Running));
    assert_eq!(world.browser(a).status.as_ref().unwrap().seats, [Presence::Here, Presence::Policy]);
    assert_eq!(world.play_out(120_000), Outcome::Completed);
    assert_eq!(
        (world.outcome_of(0), world.outcome_of(1)),
        (Some(Outcome::Completed), Some(Outcome::Excluded))
    );
    plays_again(&world);
}

#[test]
fn nobody_holds_up_the_others_for_longer_than_three_grace_times_however_often_they_come_back() {
    // Away for 4 s of 5 each time, and one who is gone as soon as they are back.
    for (away, here) in [(4_000, 2_000), (100, 10)] {
        let mut world = World::new(pair(DropoutRule::End).max_steps(3_000), 3);
        let (mut a, b) = (world.join(0), world.join(1));
        world.pass(6_000);
        let (begun, tick) = (world.now, world.host.room.tick());
        while world.host.finished.is_none() && world.now < begun + 120_000 {
            world.ping(b, true);
            world.drop_connection(a);
            world.pass_while(away, |world| world.host.finished.is_none());
            if world.host.finished.is_none() {
                a = world.join(0);
                world.pass_while(here, |world| world.host.finished.is_none());
            }
        }
        assert_eq!(
            (world.outcome_of(0), world.outcome_of(1)),
            (Some(Outcome::Left), Some(Outcome::PartnerLeft))
        );
        let stood_still = world.now - begun - u64::from(world.host.room.tick() - tick) * 1_000 / 30;
        assert!((14_900..15_200).contains(&stood_still), "{stood_still} ms");
        assert_eq!(events(&world, "left")[0].detail, "held the game up for 15000 ms in all");
        assert_eq!(world.browser(b).finished, [(Outcome::PartnerLeft, false)]);
    }
}

#[test]
fn nobody_is_charged_for_the_time_in_which_others_are_waited_for_or_that_is_counted_down_anyway() {
    let mut world = World::new(pair(DropoutRule::End).max_steps(1_500), 3);
    let (mut a, mut b) = (world.join(0), world.join(1));
    world.pass(3_000);
    for _ in 0..3 {
        world.drop_connection(a);
        world.drop_connection(b);
        world.pass(100);
        a = world.join(0);
        world.pass(2_900);
        b = world.join(1);
        world.pass(2_500);
    }
    // The other one has 13.5 of 15 s behind them now, this one three times 0.1 s.
    world.drop_connection(a);
    world.pass(4_900);
    world.join(0);
    assert_eq!(world.play_out(120_000), Outcome::Completed);

    let mut world = World::new(pair(DropoutRule::End).countdown_ms(30_000), 3);
    let (mut a, _) = (world.join(0), world.join(1));
    for _ in 0..3 {
        world.pass(5_000);
        a = lost_for(&mut world, a, 4_000);
    }
    assert_eq!(world.host.room.tick(), Tick(0));
    assert_eq!(world.play_out(120_000), Outcome::Completed);
}

#[test]
fn a_lost_process_forgets_nobodys_patience() {
    let mut world = World::new(pair(DropoutRule::End).max_steps(1_500), 3);
    let (mut a, _) = (world.join(0), world.join(1));
    world.pass(3_000);
    for _ in 0..2 {
        a = lost_for(&mut world, a, 4_500);
        world.pass(4_500);
    }
    world.crash();
    let (a, _) = (world.join(0), world.join(1));
    world.pass(3_000);
    world.drop_connection(a);
    assert_eq!(world.play_out(3_100), Outcome::PartnerLeft, "after 12 s of 15");
}

#[test]
fn who_plays_with_policies_alone_may_be_lost_as_often_as_it_takes() {
    let mut scene = pair(DropoutRule::End).max_steps(900);
    scene.seats = vec![Seat::Human, chaser()];
    let mut world = World::new(scene, 3);
    let mut a = world.join(0);
    world.pass(5_000);
    for _ in 0..10 {
        a = lost_for(&mut world, a, 4_000);
        world.pass(2_000);
    }
    assert_eq!(world.play_out(120_000), Outcome::Completed);
}

#[test]
fn only_time_of_play_without_a_break_counts_as_looking_away() {
    let mut world = World::new(watched(DropoutRule::End).grace_ms(60_000), 3);
    let (a, b) = (world.join(0), world.join(1));
    for _ in 0..5 {
        world.ping(a, false);
        world.pass(2_500);
        world.ping(a, true);
        world.pass(100);
    }
    assert!(world.browser(a).notices.is_empty(), "a look in between is a break");
    world.ping(a, false);
    world.pass(2_500);
    world.drop_connection(b);
    world.pass(20_000);
    assert!(world.browser(a).notices.is_empty(), "the game stands still");
    world.join(1);
    world.pass(1_500);
    world.pass(1_000);
    assert_eq!(world.browser(a).notices, ["look here"]);
    world.ping(a, true);
    world.pass(100);
    assert_eq!(world.browser(a).notices, ["look here", ""]);
    assert_eq!(world.host.finished, None);
}

#[test]
fn warnings_do_not_flood_the_record() {
    let mut world = World::new(watched(DropoutRule::End), 3);
    let a = world.join(0);
    world.join(1);
    for _ in 0..12 {
        world.ping(a, false);
        world.pass(3_500);
        world.ping(a, true);
        world.pass(500);
    }
    let at: Vec<EpochMs> = events(&world, "focus_warning").iter().map(|event| event.at_ms).collect();
    assert!(at.len() >= 3 && at.windows(2).all(|pair| pair[1] - pair[0] >= 10_000), "{at:?}");
}

#[test]
fn a_person_alone_can_be_excluded_too() {
    let mut scene = watched(DropoutRule::End);
    scene.seats = vec![Seat::Human, chaser()];
    let mut world = World::new(scene, 3);
    let a = world.join(0);
    world.ping(a, false);
    assert_eq!(world.play_out(10_000), Outcome::Abandoned);
    assert_eq!((world.outcome_of(0), world.outcome_of(1)), (Some(Outcome::Excluded), None));
}

#[test]
fn a_no_show_is_the_outcome_of_everybody_and_leaves_nothing_but_events() {
    let mut world = World::new(pair(DropoutRule::Replace(Seat::Random)).gather_ms(15_000), 3);
    let a = world.join(0);
    assert_eq!(world.play_out(15_000), Outcome::NoShow);
    assert_eq!([0, 1].map(|seat| world.outcome_of(seat)), [Some(Outcome::NoShow); 2]);
    assert_eq!(world.browser(a).finished, [(Outcome::NoShow, false)]);
    assert!(world.host.record().rows.is_empty() && !world.host.record().events.is_empty());
    world.input(Input::Saved);
    assert_eq!(world.browser(a).finished.last(), Some(&(Outcome::NoShow, true)));
    assert_eq!(world.browser(a).closed, Some(CloseCode::Over));
}

#[test]
fn a_second_connection_that_never_says_hello_does_not_leave_the_partner_with_an_empty_seat() {
    let mut world = World::new(pair(DropoutRule::End), 3);
    let (_, b) = (world.join(0), world.join(1));
    world.pass(1_000);
    world.open(0);
    world.pass(10_100);
    assert_eq!(world.phase(b), Some(Phase::Paused));
    assert_eq!(world.play_out(5_000), Outcome::PartnerLeft);
}

#[test]
fn who_comes_back_within_a_countdown_makes_it_no_shorter() {
    let scene = long_slime(Seat::Human, Seat::Human).countdown_ms(10_000);
    let mut world = World::new(scene, 1);
    let (a, b) = (world.join(0), world.join(1));
    let begun = world.now;
    world.pass(2_000);
    world.drop_connection(a);
    world.pass(500);
    world.join(0);
    world.pass_while(20_000, |world| world.phase(b) != Some(Phase::Running));
    assert_eq!(world.now - begun, 10_000);
}
