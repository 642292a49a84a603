//! A run whose trainer is elsewhere, as the trainer and its viewers see it. Time is virtual.

use footlights_environments::registry;
use footlights_learn as learn;
use footlights_protocol::EpochMs;
use footlights_watch::training::{Input, Message, ModelFile, Output, Saved, Training, Viewer, World};
use serde_json::{Value, json};

const TRAINER: Viewer = 100;

/// A run with its viewers and its trainer.
struct Class {
    training: Training,
    now: EpochMs,
    told: Vec<(Viewer, Value)>,
    pictures: Vec<(Viewer, Vec<u8>)>,
    models: Vec<Saved>,
    failures: usize,
    kept: usize,
    /// Whether the storage takes what is to be kept.
    stores: bool,
}

impl Class {
    fn with(training: Training) -> Self {
        let now = EpochMs(1_700_000_000_000);
        let (told, pictures, models) = (Vec::new(), Vec::new(), Vec::new());
        Self { training, now, told, pictures, models, failures: 0, kept: 0, stores: true }
    }

    fn handle(&mut self, input: &Input<'_>) {
        let registry = registry();
        let world = World { registry: &registry, usual: None };
        self.training.handle(self.now, &world, input);
        while let Some(output) = self.training.poll() {
            match output {
                Output::Send { viewer, text } => {
                    self.told.push((viewer, serde_json::from_str(&text).unwrap()));
                }
                Output::Picture { viewer, bytes } => self.pictures.push((viewer, bytes)),
                Output::Keep if self.stores => {
                    self.kept += 1;
                    self.training.handle(self.now, &world, &Input::Kept);
                }
                Output::Keep => {}
                Output::Model(saved) => self.models.push(*saved),
                Output::Ask { .. } => unreachable!("nobody has actors"),
                Output::Failed { .. } => self.failures += 1,
            }
        }
    }

    /// What everybody is told, by type.
    fn told_to(&mut self, viewer: Viewer) -> Vec<Value> {
        self.told.iter().filter(|(to, _)| *to == viewer).map(|(_, told)| told.clone()).collect()
    }

    fn join(&mut self, viewer: Viewer) -> Vec<Value> {
        self.told.clear();
        self.handle(&Input::Connected { viewer });
        self.told_to(viewer)
    }

    /// The trainer says something; what it is answered.
    fn publish(&mut self, message: &Value) -> Vec<Value> {
        self.publish_by(TRAINER, message)
    }

    fn publish_by(&mut self, trainer: Viewer, message: &Value) -> Vec<Value> {
        self.told.clear();
        self.handle(&Input::Published { trainer, message: Message::Text(&message.to_string()) });
        self.told_to(trainer)
    }

    fn send(&mut self, header: &Value, bytes: &[u8]) -> Vec<Value> {
        self.told.clear();
        let message = [header.to_string().as_bytes(), b"\n", bytes].concat();
        self.handle(&Input::Published { trainer: TRAINER, message: Message::Bytes(&message) });
        self.told_to(TRAINER)
    }

    fn say(&mut self, viewer: Viewer, message: &Value) {
        self.told.clear();
        let text = message.to_string();
        self.handle(&Input::Text { viewer, text: Some(&text), may_control: true });
    }
}

fn begin() -> Value {
    json!({ "type": "begin", "environment": "hamlet-v0", "config": { "variant": "mood" }, "num_episodes": 3 })
}

fn episode(number: u32) -> Value {
    json!({ "type": "episode", "episode": number, "reward": 10.0 * f64::from(number), "length": 7, "loss": 0.5,
        "epsilon": 0.1, "failure_reason": "mood_depleted" })
}

fn types(told: &[Value]) -> Vec<&str> {
    told.iter().map(|told| told["type"].as_str().unwrap()).collect()
}

#[test]
fn viewers_are_told_what_the_trainer_says_as_if_it_happened_here() {
    let mut class = Class::with(Training::new("lab"));
    class.join(1);
    class.say(1, &json!({ "command": "show", "picture": true }));
    let accepted = class.publish(&begin());
    assert_eq!(accepted, [json!({ "type": "accepted", "run": "lab", "viewers": 1, "heard": 0 })]);
    let started = json!({ "type": "training_started", "num_episodes": 3, "environment": "hamlet-v0" });
    assert_eq!(class.told_to(1), [started]);
    class.publish(&episode(1));
    class.publish(&episode(2));
    let complete = class.told_to(1).remove(0);
    assert_eq!(
        (&complete["type"], &complete["avg_reward_5"], &complete["failure_reason"]),
        (&json!("episode_complete"), &json!(15.0), &json!("mood_depleted"))
    );
    assert_eq!(class.failures, 2);
    class.publish(&json!({ "type": "metrics", "step": 64, "values": { "train/loss": 0.25 } }));
    assert_eq!(types(&class.told_to(1)), ["metrics"]);
    let picture = b"\x89PNG and what follows";
    class.send(&json!({ "type": "frame", "episode": 3, "step": 4, "reward": 1.5 }), picture);
    assert_eq!(
        class.told_to(1),
        [json!({ "type": "frame", "episode": 3, "step": 4, "reward": 1.5, "cumulative_reward": 0.0 })]
    );
    assert_eq!(class.pictures, [(1, picture.to_vec())]);
    // Who comes late is told how it stands.
    let late = class.join(2);
    assert_eq!(types(&late), ["training_status", "history", "metrics_history"]);
    assert_eq!((&late[0]["is_training"], &late[0]["current_episode"]), (&json!(true), &json!(2)));
    assert_eq!(late[2]["series"], json!({ "train/loss": [[64, 0.25]] }));
    class.publish(&json!({ "type": "end" }));
    let end = class.told_to(2).remove(0);
    assert_eq!((&end["type"], &end["final_avg_reward"]), (&json!("training_complete"), &json!(15.0)));
    assert!(!class.training.is_active() && class.training.save().unwrap().is_none());
}

#[test]
fn a_model_is_told_of_when_it_is_stored() {
    let mut class = Class::with(Training::new("lab"));
    class.join(1);
    class.publish(&begin());
    class.publish(&episode(1));
    class.send(&json!({ "type": "checkpoint", "label": "ep1", "output": "logits", "steps": 7 }), b"onnx");
    let [saved] = class.models.as_slice() else { panic!() };
    assert_eq!((saved.name.as_str(), saved.steps, saved.score), ("lab_ep1", 7, 10.0));
    assert_eq!((&saved.file, saved.output), (&ModelFile::Onnx(b"onnx".to_vec()), learn::Output::Logits));
    assert!(class.told_to(1).is_empty(), "it is not stored yet");
    class.told.clear();
    class.handle(&Input::Stored { model: "lab_ep1", failed: None });
    assert_eq!(types(&class.told_to(1)), ["checkpoint_saved"]);
    assert_eq!(class.told_to(TRAINER), [json!({ "type": "stored", "model": "lab_ep1" })]);
    class.send(&json!({ "type": "checkpoint", "label": "ep2", "output": "logits" }), b"nonsense");
    class.told.clear();
    class.handle(&Input::Stored { model: "lab_ep2", failed: Some("it is no ONNX file") });
    let why = "The model lab_ep2 could not be saved: it is no ONNX file";
    assert_eq!(class.told_to(1), [json!({ "type": "error", "message": why })]);
    let answer = json!({ "type": "not_stored", "model": "lab_ep2", "message": why });
    assert_eq!(class.told_to(TRAINER), [answer]);
}

#[test]
fn a_trainer_that_lost_its_connection_goes_on_and_others_cannot() {
    let mut class = Class::with(Training::new("lab"));
    class.join(1);
    class.publish(&begin());
    class.publish(&episode(1));
    class.now += 10_000;
    let kept = class.kept;
    class.publish(&episode(2));
    assert_eq!(class.kept, kept + 1, "a lost process costs ten seconds at most");
    let other = class.publish_by(101, &begin());
    assert!(other[0]["message"].as_str().unwrap().starts_with("Another trainer tells of"), "{other:?}");
    let other = class.publish_by(101, &episode(9));
    assert!(other[0]["message"].as_str().unwrap().starts_with("No run of yours"), "{other:?}");
    class.told.clear();
    class.handle(&Input::Disconnected { viewer: TRAINER });
    assert_eq!(class.told_to(1), [json!({ "type": "trainer", "connected": false })]);
    // The process is lost, too.
    let stored = class.training.save().unwrap().unwrap();
    let mut class = Class::with(Training::restore("lab", &registry(), &stored, class.now).unwrap());
    assert_eq!(class.training.trainer(), None);
    assert_eq!(class.join(1)[1]["episodes"].as_array().unwrap().len(), 2);
    let mut again = begin();
    again["resume"] = json!(true);
    assert_eq!(types(&class.publish_by(102, &again)), ["accepted"]);
    assert_eq!(class.told_to(1), [json!({ "type": "trainer", "connected": true })]);
    class.publish_by(102, &episode(3));
    assert_eq!(class.told_to(1)[0]["avg_reward_5"], 20.0);
}

#[test]
fn what_a_trainer_says_again_is_heard_once() {
    let mut class = Class::with(Training::new("lab"));
    class.join(1);
    class.publish(&begin());
    let numbered = |number: u32| {
        let mut told = episode(number);
        told["number"] = json!(number);
        told
    };
    class.publish(&numbered(1));
    class.now += 8_000;
    assert_eq!(class.publish(&numbered(2)), [json!({ "type": "kept", "number": 2 })]);
    // What could not be stored is not said to be kept.
    class.stores = false;
    class.now += 8_000;
    assert!(class.publish(&numbered(3)).is_empty());
    // The process is lost.
    let stored = class.training.save().unwrap().unwrap();
    let mut class = Class::with(Training::restore("lab", &registry(), &stored, class.now).unwrap());
    class.join(1);
    let mut again = begin();
    again["resume"] = json!(true);
    let accepted = class.publish_by(102, &again).remove(0);
    assert_eq!(accepted["heard"], 3, "{accepted}");
    class.publish_by(102, &numbered(3));
    assert!(class.told_to(1).is_empty(), "it was heard");
    class.publish_by(102, &numbered(4));
    assert_eq!(class.told_to(1)[0]["avg_reward_5"], 25.0);
}

#[test]
fn who_controls_the_run_controls_the_trainer() {
    let mut class = Class::with(Training::new("lab"));
    class.join(1);
    class.publish(&begin());
    for (command, told) in [("pause", "paused"), ("resume", "resumed")] {
        class.say(1, &json!({ "command": command }));
        assert_eq!(class.told_to(TRAINER), [json!({ "type": command })]);
        assert_eq!(types(&class.told_to(1)), [told]);
    }
    class.say(1, &json!({ "command": "start_training" }));
    assert!(class.told_to(1)[0]["message"].as_str().unwrap().starts_with("A training is under way"));
    class.say(1, &json!({ "command": "stop" }));
    assert_eq!(class.told_to(TRAINER), [json!({ "type": "stop" })]);
    assert!(class.training.is_active(), "the trainer says when it has saved what it learnt");
    class.handle(&Input::Disconnected { viewer: TRAINER });
    class.say(1, &json!({ "command": "stop" }));
    assert_eq!(types(&class.told_to(1)), ["training_complete"]);
    assert!(!class.training.is_active());
}

#[test]
fn what_is_wrong_is_said_to_the_trainer_and_changes_nothing() {
    let mut class = Class::with(Training::new("lab"));
    class.join(1);
    class.publish(&begin());
    class.told.clear();
    for (said, why) in [
        ("{", "The message cannot be read"),
        (r#"{"type":"fly"}"#, "unknown variant `fly`"),
        (r#"{"type":"episode","episode":1}"#, "missing field `reward`"),
        (r#"{"type":"metrics","step":1,"values":{"loss":NaN}}"#, "The message cannot be read"),
        (r#"{"type":"begin","environment":""}"#, "\"environment\" has 1 to"),
    ] {
        class.told.clear();
        class.handle(&Input::Published { trainer: TRAINER, message: Message::Text(said) });
        let told = class.told_to(TRAINER);
        assert!(told[0]["message"].as_str().unwrap().contains(why), "{said}: {told:?}");
        assert!(class.told_to(1).is_empty(), "{said}");
    }
    for (header, bytes, why) in [
        (json!({ "type": "frame" }), b"MZ".to_vec(), "A picture is one of Footlights"),
        (json!({ "type": "frame" }), [b"RIFF".to_vec(), vec![0; 1 << 20]].concat(), "A picture has at most"),
        (
            json!({ "type": "checkpoint", "label": "../x", "output": "logits" }),
            vec![],
            "\"label\" has 1 to 30",
        ),
        (json!({ "type": "checkpoint", "label": "x", "output": "tea" }), vec![], "unknown variant `tea`"),
        (
            json!({ "type": "checkpoint", "label": "x", "output": "logits" }),
            vec![0; 11 << 20],
            "A model has at",
        ),
        (json!({ "pad": "x".repeat(5_000) }), vec![], "A line of JSON stands before"),
    ] {
        let told = class.send(&header, &bytes);
        assert!(told[0]["message"].as_str().unwrap().contains(why), "{header}: {told:?}");
    }
    assert!(class.models.is_empty() && class.pictures.is_empty());
    // A flood is told once, and not read.
    class.now += 60_000;
    class.told.clear();
    for _ in 0..1_000 {
        let message = Message::Text(r#"{"type":"ping"}"#);
        class.handle(&Input::Published { trainer: TRAINER, message });
    }
    let told = class.told_to(TRAINER);
    assert_eq!((told.len(), types(&told).last()), (300, Some(&"error")));
}
