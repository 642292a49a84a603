//! A researcher's own code in a game: what it sees, what becomes of what it says, and that it survives a lost process.

use std::{cell::Cell, collections::BTreeMap};

use footlights_data::{Replay, metadata, steps};
use footlights_env::Agent;
use footlights_experiment::{
    Answer, DropoutRule, GameScene, Globals, Seat,
    hooks::Hooks,
    record::{EpisodeRecord, GameInfo, StepRecord},
};
use footlights_protocol::Outcome;
use footlights_testing::{World, info};

use crate::common::{chaser, long_slime};

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// Counts ticks and says too much.
#[derive(Default)]
struct Counter {
    ticks: u32,
    episodes: u32,
}

impl Hooks for Counter {
    fn columns(&self) -> Vec<String> {
        ["ticks", "nothing", "missing"].map(str::to_owned).into()
    }

    fn globals(&self) -> Vec<String> {
        vec!["ticks".into(), "ratio".into()]
    }

    fn episode_start(&mut self, episode: u32, initial: &[f32]) {
        assert_eq!((episode, initial.is_empty()), (self.episodes, false));
        self.episodes += 1;
    }

    fn tick(&mut self, row: &StepRecord) -> Vec<f64> {
        CALLS.set(CALLS.get() + 1);
        self.ticks += 1;
        // Every third tick one value is missing, every other tick there is one too many.
        let values = [f64::from(self.ticks), f64::NAN, 0.5, 99.0];
        values.into_iter().take(if row.tick.0.is_multiple_of(3) { 2 } else { 4 }).collect()
    }

    fn episode_end(&mut self, episode: &EpisodeRecord) -> BTreeMap<String, f64> {
        BTreeMap::from([("per_step".into(), f64::from(self.ticks) / f64::from(episode.steps))])
    }

    fn game_end(&mut self, game: &GameInfo, outcome: Outcome) -> Vec<Globals> {
        let own = |k| {
            let ticks = Answer::Number(f64::from(self.ticks + k));
            let word = Answer::Text(outcome.as_str().into());
            // What is not a number cannot be stored, and must not keep the game from being stored.
            let nothing = Answer::Number(f64::NAN);
            Globals::from([("ticks".into(), ticks), ("ratio".into(), nothing), ("undeclared".into(), word)])
        };
        (0..game.seats.len() as u32).map(|k| own(1_000 * k)).collect()
    }

    fn save(&self) -> Vec<u8> {
        [self.ticks.to_le_bytes(), self.episodes.to_le_bytes()].concat()
    }

    fn load(&mut self, state: &[u8]) -> Result<(), String> {
        let [a, b, c, d, e, f, g, h] = state else { return Err(format!("{} bytes", state.len())) };
        self.ticks = u32::from_le_bytes([*a, *b, *c, *d]);
        self.episodes = u32::from_le_bytes([*e, *f, *g, *h]);
        Ok(())
    }
}

fn scene() -> GameScene {
    long_slime(Seat::Human, Seat::Human).max_steps(200).episodes(2).hooks(|| Box::<Counter>::default())
}

fn columns(world: &World) -> Vec<[String; 3]> {
    let csv =
        steps::csv(&world.host.scene, &info(&world.host.scene, 3), Agent(0), &world.host.record()).unwrap();
    let mut csv = csv::Reader::from_reader(csv.as_slice());
    let header: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[header.len() - 3..], ["hooks.ticks", "hooks.nothing", "hooks.missing"]);
    let row = |row: csv::StringRecord| [3, 2, 1].map(|k| row[header.len() - k].to_owned());
    csv.records().map(|found| row(found.unwrap())).collect()
}

fn check(world: &World) {
    let rows = columns(world);
    assert_eq!(rows.len(), 400);
    for (tick, row) in (1..).zip(rows) {
        let missing = if tick % 3 == 0 { "" } else { "0.5" };
        assert_eq!(row, [tick.to_string().as_str(), "", missing]);
    }
    let record = world.host.record();
    assert!(record.rows.iter().all(|row| row.hooks.len() <= 3), "what is too much is not stored either");
    let metrics: Vec<f64> = record.episodes.iter().map(|episode| episode.metrics["per_step"]).collect();
    assert_eq!(metrics, [1.0, 2.0]);
    let verdict = world.host.verdict.as_ref().unwrap();
    let metadata = metadata::json(&world.host.scene, &info(&world.host.scene, 3), Agent(0), &record, verdict);
    assert_eq!(metadata["episodes"][1]["metrics"]["per_step"], 2.0);
    for (seat, ticks) in verdict.seats.iter().zip([400.0, 1_400.0]) {
        let globals = &seat.as_ref().unwrap().globals;
        assert_eq!(
            *globals,
            Globals::from([("ticks".into(), Answer::Number(ticks))]),
            "only what is declared and is a number"
        );
    }
    let stored = serde_json::to_string(verdict).unwrap();
    assert_eq!(serde_json::from_str::<footlights_data::verdict::Verdict>(&stored).unwrap(), *verdict);
}

#[test]
fn their_columns_metrics_and_globals_are_in_the_data_and_a_replay_does_not_call_them() {
    let mut world = World::new(scene(), 3);
    world.join(0);
    world.join(1);
    assert_eq!(world.play_out(30_000), Outcome::Completed);
    check(&world);
    let calls = CALLS.get();
    assert_eq!(calls, 400);
    let replay =
        Replay::from_record(&world.host.scene, &info(&world.host.scene, 3), &world.host.record()).unwrap();
    let mut sim = world.host.scene.environment.make().unwrap();
    assert_eq!(replay.verify(sim.as_mut(), replay.fingerprint), Ok(400));
    assert_eq!(CALLS.get(), calls);
}

#[test]
fn they_count_on_after_a_lost_process() {
    let mut world = World::new(scene(), 3);
    for pass in [3_300, 4_000] {
        world.join(0);
        world.join(1);
        world.pass(pass);
        world.crash();
    }
    world.join(0);
    world.join(1);
    assert_eq!(world.play_out(30_000), Outcome::Completed);
    assert!(!world.host.event_kinds().contains(&"hooks_failed"));
    check(&world);
}

#[test]
fn a_state_that_cannot_be_read_is_an_event_and_the_game_goes_on() {
    struct Forgetful;
    impl Hooks for Forgetful {
        fn load(&mut self, _: &[u8]) -> Result<(), String> {
            Err("forgot".into())
        }
    }
    let mut world = World::new(scene().hooks(|| Box::new(Forgetful)), 3);
    world.join(0);
    world.join(1);
    world.pass(5_000);
    world.crash();
    world.join(0);
    world.join(1);
    assert_eq!(world.play_out(30_000), Outcome::Completed);
    let failed: Vec<_> =
        world.host.events.iter().filter(|event| event.kind.as_str() == "hooks_failed").collect();
    assert_eq!((failed.len(), failed[0].detail.as_str()), (1, "forgot"));
    assert_eq!(world.host.record().rows.len(), 400);
}

#[test]
fn who_left_before_the_end_has_what_the_hooks_say_in_the_end_only() {
    let mut world = World::new(scene().grace_ms(2_000).on_dropout(DropoutRule::Replace(chaser())), 3);
    let a = world.join(0);
    world.join(1);
    world.pass(3_000);
    world.drop_connection(a);
    assert_eq!(world.play_out(60_000), Outcome::Completed);
    assert!(world.host.released[0].1.globals.is_empty());
    check(&world);
}

#[test]
fn globals_that_are_too_large_are_left_out_and_the_events_say_so() {
    struct Diary;
    impl Hooks for Diary {
        fn globals(&self) -> Vec<String> {
            ["a", "b", "c"].map(str::to_owned).into()
        }
        fn game_end(&mut self, game: &GameInfo, _: Outcome) -> Vec<Globals> {
            let text = |length: usize| Answer::Text("x".repeat(length));
            // With names and quotes, `a` takes half of what an agent has, `b` more than is left, and `c` all that is left.
            let own = [("a".into(), text(8_184)), ("b".into(), text(8_185)), ("c".into(), text(8_184))];
            game.seats.iter().map(|_| Globals::from(own.clone())).collect()
        }
    }
    let mut world = World::new(scene().hooks(|| Box::new(Diary)), 3);
    world.join(0);
    world.join(1);
    assert_eq!(world.play_out(30_000), Outcome::Completed);
    for seat in &world.host.verdict.as_ref().unwrap().seats {
        let kept: Vec<&str> = seat.as_ref().unwrap().globals.keys().map(String::as_str).collect();
        assert_eq!(kept, ["a", "c"]);
    }
    world.pass(3_000);
    let stored = world.host.record().events;
    let dropped = stored.iter().filter(|event| event.kind.as_str() == "global_dropped");
    let said: Vec<_> = dropped.map(|event| (event.agent, event.detail.as_str())).collect();
    assert_eq!(said, [(Some(Agent(0)), "b: 8193 bytes"), (Some(Agent(1)), "b: 8193 bytes")]);
}

#[test]
fn wrong_names_are_refused_with_the_scene() {
    struct Twice;
    impl Hooks for Twice {
        fn columns(&self) -> Vec<String> {
            vec!["same".into(), "same".into()]
        }
    }
    struct Known;
    impl Hooks for Known {
        fn globals(&self) -> Vec<String> {
            vec!["score".into()]
        }
    }
    struct Comma;
    impl Hooks for Comma {
        fn columns(&self) -> Vec<String> {
            vec!["a,b".into()]
        }
    }
    let refused = |scene: GameScene, words: &str| {
        let page = |id: &str| footlights_experiment::Page::new(id, "Page");
        let experiment = footlights_experiment::Experiment::new("e", "E")
            .scene(footlights_experiment::Scene::start(page("start")))
            .scene(scene)
            .scene(footlights_experiment::Scene::end(page("end")));
        let why = experiment.validate().unwrap_err().to_string();
        assert!(why.contains("hooks") && why.contains(words), "{why}");
    };
    refused(scene().hooks(|| Box::new(Twice)), "\"same\" appears twice");
    refused(scene().hooks(|| Box::new(Known)), "\"score\" appears twice");
    refused(scene().hooks(|| Box::new(Comma)), "\"a,b\"");
}
