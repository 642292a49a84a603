//! A training run, as its viewers see it. Time is virtual.

use footlights_environments::registry;
use footlights_learn as learn;
use footlights_protocol::EpochMs;
use footlights_watch::{
    picture,
    training::{Input, Output, Saved, Training, Viewer, World},
};
use serde_json::{Value, json};

const START: EpochMs = EpochMs(1_700_000_000_000);

/// A run with its viewers.
struct Class {
    training: Training,
    now: EpochMs,
    told: Vec<(Viewer, Value)>,
    pictures: Vec<(Viewer, Vec<u8>)>,
    models: Vec<Saved>,
    failures: Vec<String>,
    worked: bool,
}

impl Class {
    fn new() -> Self {
        Self::with(Training::new("lesson"))
    }

    fn with(training: Training) -> Self {
        Self {
            training,
            now: START,
            told: Vec::new(),
            pictures: Vec::new(),
            models: Vec::new(),
            failures: Vec::new(),
            worked: false,
        }
    }

    fn handle(&mut self, input: &Input<'_>) {
        let registry = registry();
        let world = World { registry: &registry, usual: Some(("hamlet-v0", json!({}))) };
        self.training.handle(self.now, &world, input);
        while let Some(output) = self.training.poll() {
            match output {
                Output::Send { viewer, text } => {
                    self.told.push((viewer, serde_json::from_str(&text).unwrap()))
                }
                Output::Picture { viewer, bytes } => self.pictures.push((viewer, bytes)),
                Output::Keep => {}
                Output::Model(saved) => {
                    let model = saved.name.clone();
                    self.models.push(*saved);
                    self.training.handle(self.now, &world, &Input::Stored { model: &model, failed: None });
                }
                Output::Ask { .. } => unreachable!("nobody has actors"),
                Output::Failed { episode, agent, reason } => {
                    self.failures.push(format!("{episode} {agent} {reason}"));
                }
            }
        }
    }

    fn join(&mut self, viewer: Viewer) -> Vec<Value> {
        self.told.clear();
        self.handle(&Input::Connected { viewer });
        self.told_to(viewer)
    }

    fn say(&mut self, viewer: Viewer, message: Value) -> Vec<Value> {
        self.told.clear();
        self.handle(&Input::Text { viewer, text: Some(&message.to_string()), may_control: viewer == 1 });
        self.told_to(viewer)
    }

    fn told_to(&self, viewer: Viewer) -> Vec<Value> {
        self.told.iter().filter(|(to, _)| *to == viewer).map(|(_, told)| told.clone()).collect()
    }

    /// Until nothing is to be done any more, or `ms` have passed.
    fn wait(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(wake) = self.training.next_wake().filter(|wake| *wake <= end) {
            // A turn of work takes a while.
            self.now = self.now.max(wake) + u64::from(self.worked);
            self.handle(&Input::Wake { took: self.worked.then_some(1) });
            self.worked = true;
        }
        self.now = self.now.max(end);
    }
}

fn types(told: &[Value]) -> Vec<&str> {
    told.iter().map(|told| told["type"].as_str().unwrap()).collect()
}

fn start(episodes: u32) -> Value {
    json!({ "command": "start_training", "num_episodes": episodes, "show_every": 5, "step_delay": 0.05 })
}

const DAY: u64 = 86_400_000;

#[test]
fn a_run_is_told_as_the_original_tells_it() {
    let mut class = Class::new();
    let status = class.join(1);
    assert_eq!(types(&status), ["training_status"]);
    assert_eq!(
        (&status[0]["is_training"], &status[0]["current_episode"], &status[0]["total_episodes"]),
        (&json!(false), &json!(0), &json!(0))
    );
    let began = class.say(1, start(6));
    assert_eq!(types(&began), ["training_started", "episode_start"]);
    assert_eq!(
        (&began[0]["num_episodes"], &began[1]["episode"], &began[1]["epsilon"]),
        (&json!(6), &json!(1), &json!(1.0))
    );
    class.told.clear();
    class.wait(DAY);
    let told = class.told_to(1);
    let updates: Vec<&Value> = told.iter().filter(|told| told["type"] == "state_update").collect();
    // The first and the sixth are shown.
    assert!(updates.iter().all(|told| told["episode"] == 1 || told["episode"] == 6));
    let first = updates[0];
    assert_eq!((&first["step"], &first["grid"]), (&json!(1), &json!({ "width": 8.0, "height": 8.0 })));
    assert_eq!(first["agents"][0]["id"], "agent_0");
    assert_eq!(first["agent_meters"]["agent_0"]["meters"]["money"], 50.0);
    assert_eq!(first["affordances"].as_array().unwrap().len(), 8);
    assert_eq!(first["heat_map"].as_object().unwrap().len(), 1);
    assert_eq!(first["q_values"].as_array().unwrap().len(), 5);
    let last_of_first = updates.iter().rfind(|told| told["episode"] == 1).unwrap();
    assert_eq!(last_of_first["done"], true, "the end of an episode is shown");
    let complete: Vec<&Value> = told.iter().filter(|told| told["type"] == "episode_complete").collect();
    assert_eq!(complete.len(), 6, "every episode is told, shown or not");
    let one = complete[0];
    assert!((one["epsilon"].as_f64().unwrap() - 0.995).abs() < 1e-6);
    assert_eq!(one["buffer_size"], one["length"]);
    assert_eq!(
        (&one["avg_reward_5"], &one["avg_length_5"]),
        (&one["reward"], &json!(one["length"].as_f64().unwrap()))
    );
    assert!(one["failure_reason"].as_str().unwrap().ends_with("_depleted"));
    assert!(complete[5]["loss"].as_f64().unwrap() > 0.0);
    let end = told.last().unwrap();
    assert_eq!(types(std::slice::from_ref(end)), ["training_complete"]);
    assert_eq!(end["model_saved"], "models/lesson_final");
    let mean = |key: &str| complete.iter().map(|told| told[key].as_f64().unwrap()).sum::<f64>() / 6.0;
    assert!((end["final_avg_reward"].as_f64().unwrap() - mean("reward")).abs() < 1e-9);
    assert!((end["final_avg_length"].as_f64().unwrap() - mean("length")).abs() < 1e-9);
    assert_eq!(class.failures.len(), 6);
    // One model an episode (a tenth of six) but the last, and the final one.
    let names: Vec<&str> = class.models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["lesson_ep1", "lesson_ep2", "lesson_ep3", "lesson_ep4", "lesson_ep5", "lesson_final"]);
    assert_eq!(types(&class.say(1, json!({ "command": "status" }))), ["training_status"]);
    assert_eq!(types(&class.say(1, start(6)))[0], "training_started", "another run may follow");
}

#[test]
fn only_who_has_the_token_controls_a_run_and_all_are_told() {
    let mut class = Class::new();
    (1..=3).for_each(|viewer| drop(class.join(viewer)));
    let refused = class.say(2, start(6));
    assert!(refused[0]["message"].as_str().unwrap().contains("token"));
    class.say(1, start(6));
    assert_eq!(types(&class.told_to(3)), ["training_started", "episode_start"]);
    assert!(class.say(1, start(6))[0]["message"].as_str().unwrap().contains("under way"));
    assert_eq!(types(&class.say(2, json!({ "command": "pause" }))), ["error"]);
    class.say(1, json!({ "command": "pause" }));
    assert_eq!(types(&class.told_to(3)), ["paused"]);
    assert_eq!(class.training.next_wake(), None, "a paused run costs nothing");
    class.say(1, json!({ "command": "resume" }));
    assert_eq!(types(&class.told_to(3)), ["resumed"]);
    class.wait(200);
    class.say(1, json!({ "command": "stop" }));
    let told = class.told_to(3);
    assert_eq!((types(&told), &told[0]["stopped"]), (vec!["training_complete"], &json!(true)));
    assert!(!class.training.is_active());
    assert_eq!(types(&class.say(1, json!({ "command": "stop" }))), ["error"]);
}

#[test]
fn who_comes_late_is_told_the_episodes_so_far() {
    let mut class = Class::new();
    class.join(1);
    class.say(
        1,
        json!({ "command": "start_training", "num_episodes": 40, "show_every": 100_000, "step_delay": 0 }),
    );
    class.told.clear();
    while class.told_to(1).iter().filter(|told| told["type"] == "episode_complete").count() < 5 {
        class.wait(1);
    }
    let told = class.join(2);
    assert_eq!((types(&told), &told[0]["is_training"]), (vec!["training_status", "history"], &json!(true)));
    let numbers = |told: &Value| -> Vec<u64> {
        told["episodes"].as_array().unwrap().iter().map(|told| told["episode"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&told[1])[..5], [1, 2, 3, 4, 5]);
    class.wait(DAY);
    let told = class.join(3);
    assert_eq!(
        (numbers(&told[1]).len(), &told[0]["is_training"]),
        (40, &json!(false)),
        "also when it is over"
    );
}

#[test]
fn viewers_that_vanish_flood_or_talk_nonsense_change_nothing() {
    let run = |disturbed: bool| {
        let mut class = Class::new();
        class.join(1);
        class.say(1, start(4));
        for viewer in 2..42 {
            if disturbed {
                class.join(viewer);
                class.handle(&Input::Text { viewer, text: Some("{nonsense"), may_control: false });
                class.handle(&Input::Text { viewer, text: None, may_control: false });
                (0..100).for_each(|_| {
                    class.handle(&Input::Text { viewer, text: Some("{}"), may_control: false })
                });
                class.handle(&Input::Disconnected { viewer });
            }
            class.wait(10);
        }
        class.wait(DAY);
        let complete = class.told_to(1).into_iter().filter(|told| told["type"] == "episode_complete");
        complete.collect::<Vec<_>>()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn who_falls_behind_is_sent_fewer_pictures_and_every_episode() {
    let mut class = Class::new();
    class.join(1);
    class.join(2);
    class.say(2, json!({ "command": "seen", "messages": 1 }));
    class.told.clear();
    class.say(
        1,
        json!({ "command": "start_training", "num_episodes": 2, "show_every": 1, "step_delay": 0.05 }),
    );
    class.wait(DAY);
    let count = |viewer, kind| class.told_to(viewer).iter().filter(|told| told["type"] == kind).count();
    assert!(count(1, "state_update") > 100 && count(2, "state_update") < 45);
    assert_eq!((count(1, "episode_complete"), count(2, "episode_complete")), (2, 2));
}

#[test]
fn a_lost_process_goes_on_where_the_run_was_stored() {
    let mut class = Class::new();
    class.join(1);
    class.say(
        1,
        json!({ "command": "start_training", "num_episodes": 12, "show_every": 4, "step_delay": 0.02 }),
    );
    class.wait(4_000);
    let stored = class.training.save().unwrap().unwrap();
    let training = Training::restore("lesson", &registry(), &stored, class.now).unwrap();
    let mut later = Class::with(training);
    later.now = class.now;
    let status = later.join(1);
    assert_eq!((&status[0]["is_training"], &status[0]["total_episodes"]), (&json!(true), &json!(12)));
    let before = status[1]["episodes"].as_array().unwrap().len();
    assert!(before >= 4);
    later.wait(DAY);
    let told = later.told_to(1);
    let complete: Vec<&Value> = told.iter().filter(|told| told["type"] == "episode_complete").collect();
    assert_eq!(complete.len(), 12 - before);
    assert_eq!(complete[0]["episode"], before as u64 + 1);
    // The memory is whole: it holds every step of every episode.
    let steps = |told: &Value| told["length"].as_u64().unwrap();
    let all: u64 = status[1]["episodes"].as_array().unwrap().iter().map(steps).sum::<u64>()
        + complete.iter().map(|told| steps(told)).sum::<u64>();
    assert_eq!(complete.last().unwrap()["buffer_size"], all);
    assert_eq!(told.last().unwrap()["type"], "training_complete");
    assert!(Training::restore("lesson", &registry(), b"nothing", START).is_err());
    assert_eq!(later.training.save(), Ok(None));
}

#[test]
fn any_environment_is_trained_and_what_cannot_be_is_refused_in_words() {
    for (environment, agents) in [("cart-pole-v1", 1), ("overcooked-v0", 2)] {
        let mut class = Class::new();
        class.join(1);
        class.say(1, json!({ "command": "start_training", "num_episodes": 1, "environment": environment, "step_delay": 0 }));
        class.wait(1_000);
        let update = class.told_to(1).into_iter().find(|told| told["type"] == "state_update").unwrap();
        assert_eq!(update["agent_meters"].as_object().unwrap().len(), agents);
    }
    for (fields, why) in [
        (json!({ "environment": "pendulum-v1" }), "discrete actions"),
        (json!({ "environment": "nothing-v0" }), "nothing-v0"),
        (json!({ "variant": "fun" }), "unknown variant"),
        (json!({ "num_episodes": 0 }), "num_episodes"),
        (json!({ "show_every": 0 }), "show_every"),
    ] {
        let mut class = Class::new();
        class.join(1);
        let mut message = json!({ "command": "start_training" });
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let told = class.say(1, message);
        assert!(told[0]["message"].as_str().unwrap().contains(why), "{told:?}");
        assert!(!class.training.is_active());
    }
}

#[test]
fn pictures_of_the_steps_that_are_shown_come_whole_and_only_to_those_who_ask() {
    let mut class = Class::new();
    for viewer in 1..=3 {
        class.join(viewer);
    }
    class.say(2, json!({ "command": "show", "picture": true }));
    class.say(1, start(1));
    class.wait(DAY);
    let steps = class.told_to(2).iter().filter(|told| told["type"] == "state_update").count();
    assert!(steps > 10 && class.pictures.len() == steps, "{steps} {}", class.pictures.len());
    for (viewer, bytes) in &class.pictures {
        let (viewport, delta) = picture::read(bytes).unwrap();
        assert!(*viewer == 2 && delta.full && viewport.width == 8.0);
    }
    let refused = class.say(2, json!({ "command": "show" }));
    assert_eq!(refused[0]["message"], "show needs \"picture\", true or false.");
}

#[test]
fn several_agents_learn_together_and_what_they_learnt_survives_a_lost_process() {
    let mut class = Class::new();
    class.join(1);
    let config = json!({ "layout": "cramped_room", "horizon": 40 });
    let start = json!({ "command": "start_training", "learner": "ppo", "environment": "overcooked-v0", "config": config,
        "num_episodes": 120, "games": 4, "network": [16], "show_every": 50, "step_delay": 0.01 });
    class.told.clear();
    assert_eq!(types(&class.say(1, start)), ["training_started", "episode_start"]);
    // The first episode is shown, and takes 400 milliseconds.
    class.wait(420);
    let saved = class.training.save().unwrap().unwrap();
    let mut class = Class::with(Training::restore("lesson", &registry(), &saved, class.now).unwrap());
    class.join(1);
    class.wait(DAY);
    let told = class.told_to(1);
    let updates: Vec<&Value> = told.iter().filter(|told| told["type"] == "state_update").collect();
    let shown = updates.last().unwrap();
    assert_eq!(shown["agents"].as_array().unwrap().len(), 2);
    let sum: f64 = shown["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    let episodes: Vec<&Value> = told.iter().filter(|told| told["type"] == "episode_complete").collect();
    let with_past = episodes.iter().filter(|told| told["against_past"] == true).count();
    // One game of four is played with earlier selves.
    assert!(with_past.abs_diff(episodes.len() / 4) <= 2, "{with_past} of {}", episodes.len());
    assert!(episodes.iter().any(|told| told["loss"].as_f64().unwrap() > 0.0));
    assert_eq!(types(&told).last(), Some(&"training_complete"));
    assert_eq!(class.models.last().unwrap().output, learn::Output::Logits);
}
