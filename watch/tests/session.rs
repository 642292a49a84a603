//! Sessions, as a client of the Hamlet metaserver sees them. Time is virtual.

use footlights_env::{ActionValue, Policy, PolicyError, Preferences, Rng};
use footlights_environments::{
    hamlet::{Config, Hamlet, Variant},
    overcooked::{self, Overcooked},
};
use footlights_experiment::Checkpoint;
use footlights_protocol::EpochMs;
use footlights_watch::{
    picture,
    session::{Input, Output, Session},
};
use serde_json::{Value, json};

/// Always does the same.
struct Always(i32);

impl Policy for Always {
    fn act(&mut self, _: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
        Ok(ActionValue::Discrete(self.0))
    }

    fn preferences(&self) -> Option<Preferences> {
        Some(Preferences::Values(vec![0.5, 1.0, -2.0, 0.0, 3.0]))
    }
}

fn walker(name: &str, action: i32) -> Checkpoint {
    Checkpoint::new::<Hamlet>(name, Config::default(), move || Ok(Box::new(Always(action))))
}

fn find(name: &str) -> Result<Checkpoint, String> {
    match name {
        "down" => Ok(walker("down", 1)),
        "left" => Ok(walker("left", 2)),
        "random" => Ok(Checkpoint::random::<Hamlet>("random", Config::default())),
        "stress" => {
            let config = Config { variant: Variant::Stress, ..Config::default() };
            Ok(Checkpoint::random::<Hamlet>("stress", config))
        }
        "cooks" => Ok(Checkpoint::random::<Overcooked>("cooks", overcooked::Config::default())),
        _ => Err(format!("Model not found: {name}")),
    }
}

/// A client with its session.
struct Client {
    session: Session,
    now: EpochMs,
    told: Vec<Value>,
    pictures: Vec<Vec<u8>>,
    closed: bool,
}

const START: EpochMs = EpochMs(1_700_000_000_000);

impl Client {
    fn new(model: &str) -> Self {
        let names = ["down".to_owned(), "left".to_owned()];
        let session = Session::new("0-a", &find(model).unwrap(), &names, 7, START).unwrap();
        let mut client = Self { session, now: START, told: Vec::new(), pictures: Vec::new(), closed: false };
        client.drain();
        client
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send(text) => self.told.push(serde_json::from_str(&text).unwrap()),
                Output::Picture(bytes) => self.pictures.push(bytes),
                Output::Load(model) => {
                    let checkpoint = find(&model);
                    self.session.handle(self.now, &Input::Loaded { model: &model, checkpoint: &checkpoint });
                }
                Output::Keep => {}
                Output::Close(_) => self.closed = true,
            }
        }
    }

    fn say(&mut self, message: Value) -> Vec<Value> {
        self.say_text(&message.to_string())
    }

    fn say_text(&mut self, text: &str) -> Vec<Value> {
        self.told.clear();
        self.session.handle(self.now, &Input::Text(text));
        self.drain();
        self.told.clone()
    }

    /// Lets time pass; returns what is told meanwhile, and when.
    fn wait(&mut self, ms: u64) -> Vec<(u64, Value)> {
        let end = self.now + ms;
        let mut all = Vec::new();
        while let Some(wake) = self.session.next_wake().filter(|wake| *wake <= end && !self.closed) {
            self.now = self.now.max(wake);
            self.told.clear();
            self.session.handle(self.now, &Input::Wake);
            self.drain();
            all.extend(self.told.iter().map(|told| (self.now - START, told.clone())));
        }
        self.now = end;
        all
    }

    fn command(&mut self, command: &str) -> Vec<Value> {
        self.say(json!({ "type": "control", "command": command }))
    }
}

fn types(told: &[Value]) -> Vec<&str> {
    told.iter().map(|told| told["type"].as_str().unwrap()).collect()
}

#[test]
fn a_session_begins_paused_with_its_models_and_an_episode() {
    let mut client = Client::new("down");
    assert_eq!(types(&client.told), ["connected", "episode_start"]);
    assert_eq!(client.told[0]["available_models"], json!(["down", "left"]));
    assert_eq!(client.told[1]["episode"], 1);
    assert_eq!(client.told[1]["model_name"], "down");
    assert_eq!(client.session.next_wake(), None, "a paused session costs nothing");
    assert!(client.wait(60_000).is_empty());
}

/// The sample of the specification, in the middle of its first steps.
#[test]
fn a_step_is_told_in_the_layout_of_the_original() {
    let mut client = Client::new("down");
    let told = client.command("step");
    assert_eq!(types(&told), ["state_update"]);
    let update = &told[0];
    let rewarded = update["reward"].as_f64().unwrap();
    assert!((rewarded - 1.7265).abs() < 1e-6, "{rewarded}");
    assert_eq!(update["cumulative_reward"], update["reward"]);
    assert_eq!(update["info"], json!({ "step": 1, "failure_reason": null }));
    assert_eq!((&update["step"], &update["action"], &update["done"]), (&json!(1), &json!(1), &json!(false)));
    let grid = &update["grid"];
    assert_eq!((&grid["width"], &grid["height"]), (&json!(8.0), &json!(8.0)));
    let agent = &grid["agents"][0];
    assert_eq!(
        (&agent["id"], &agent["x"], &agent["y"], &agent["color"], &agent["last_action"]),
        (&json!("agent_0"), &json!(4), &json!(5), &json!("#3b82f6"), &json!("down"))
    );
    assert_eq!(grid["affordances"].as_array().unwrap().len(), 8);
    let bed = &grid["affordances"][0];
    assert_eq!(
        (&bed["type"], &bed["x"], &bed["y"], &bed["qualifier"]),
        (&json!("Bed"), &json!(1), &json!(1), &Value::Null)
    );
    assert_eq!(
        update["agents"]["agent_0"]["meters"],
        json!({ "energy": 0.99, "hygiene": 0.994, "satiation": 0.992, "money": 50.0, "mood": 99.9, "social": 0.494 })
    );
    assert_eq!(update["agents"]["agent_0"]["last_action"], "down");
    assert_eq!(update["heat_map"], json!({ "4,5": 1.0 }));
    assert_eq!(update["q_values"], json!([0.5, 1.0, -2.0, 0.0, 3.0]));
}

/// Rows of a page follow the order of the keys, which a parsed object does not keep.
#[test]
fn meters_come_in_the_order_of_the_world() {
    let mut client = Client::new("down");
    client.session.handle(client.now, &Input::Text(r#"{"command":"step"}"#));
    let Some(Output::Send(text)) = client.session.poll() else { panic!("no message") };
    let places: Vec<usize> = ["energy", "hygiene", "satiation", "money", "mood", "social"]
        .iter()
        .map(|name| text.find(&format!("\"{name}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn several_steps_in_one_instant_are_as_many_steps() {
    let mut client = Client::new("down");
    for number in 1..=3 {
        assert_eq!(client.command("step")[0]["step"], number);
    }
}

#[test]
fn playing_goes_at_ten_steps_a_second_times_the_speed() {
    let mut client = Client::new("down");
    client.command("play");
    let updates = client.wait(1_000);
    assert!((10..=11).contains(&updates.len()), "{}", updates.len());
    for (speed, in_a_second) in [(0.1, 1), (2.5, 25), (10.0, 100), (99.0, 100)] {
        client = Client::new("random");
        client.say(json!({ "command": "set_speed", "speed": speed }));
        client.say(json!({ "command": "play" }));
        let steps = client.wait(400).iter().filter(|(_, told)| told["type"] == "state_update").count();
        let expected = in_a_second as f64 * 0.4;
        assert!((steps as f64 - expected).abs() <= 1.0, "{speed}: {steps}");
    }
    client.command("pause");
    assert!(client.wait(10_000).is_empty());
}

#[test]
fn steps_do_not_drift() {
    let mut client = Client::new("random");
    client.say(json!({ "command": "set_speed", "speed": 3 }));
    client.command("play");
    let times: Vec<u64> = client.wait(1_000).iter().map(|(at, _)| *at).collect();
    for (number, at) in times.iter().enumerate() {
        let due = number as f64 * 100.0 / 3.0;
        assert!((*at as f64 - due).abs() <= 1.0, "step {number} at {at}");
    }
}

#[test]
fn an_episode_ends_with_its_reason_and_the_next_one_begins_two_seconds_later() {
    let mut client = Client::new("down");
    client.command("play");
    let told = client.wait(76 * 100 + 2_500);
    let end = told.iter().position(|(_, told)| told["type"] == "episode_end").unwrap();
    let (at, ended) = &told[end];
    assert_eq!(told[end - 1].1["done"], true);
    assert_eq!(told[end - 1].1["info"]["failure_reason"], "mood_depleted");
    assert_eq!(
        (&ended["episode"], &ended["steps"], &ended["reason"]),
        (&json!(1), &json!(76), &json!("meter_depleted"))
    );
    let total = told[end - 1].1["cumulative_reward"].clone();
    assert_eq!(ended["total_reward"], total);
    let (next_at, next) = &told[end + 1];
    assert_eq!(
        (next["type"].as_str(), &next["episode"], next_at - at),
        (Some("episode_start"), &json!(2), 2_000)
    );
    assert_eq!(told[end + 2].1["step"], 1, "it plays on");
}

#[test]
fn reset_ends_the_episode_while_playing_and_while_paused() {
    for playing in [false, true] {
        let mut client = Client::new("down");
        client.command("step");
        if playing {
            client.command("play");
        }
        let told = client.command("reset");
        assert_eq!(types(&told), ["episode_end"]);
        assert_eq!((&told[0]["reason"], &told[0]["steps"]), (&json!("reset"), &json!(1)));
        let told = client.wait(2_000);
        assert_eq!(
            (told[0].0, &told[0].1["type"], &told[0].1["episode"]),
            (2_000, &json!("episode_start"), &json!(2))
        );
    }
}

#[test]
fn who_does_not_want_to_wait_for_the_next_episode_need_not() {
    let mut client = Client::new("down");
    client.command("reset");
    assert_eq!(types(&client.command("step")), ["episode_start", "state_update"]);
}

#[test]
fn a_model_is_exchanged_in_the_middle_of_an_episode() {
    let mut client = Client::new("down");
    client.command("step");
    let told = client.say(json!({ "command": "load_model", "model": "left" }));
    assert_eq!(told, [json!({ "type": "model_loaded", "model": "left" })]);
    let told = client.command("step");
    assert_eq!((&told[0]["step"], &told[0]["action"]), (&json!(2), &json!(2)));
    assert_eq!(told[0]["heat_map"], json!({ "3,5": 1.0 }), "of this model");
    let told = client.say(json!({ "command": "load_model", "model": "nope.pt" }));
    assert_eq!(told, [json!({ "type": "error", "message": "Model not found: nope.pt" })]);
    assert_eq!(client.command("step")[0]["action"], 2, "the former one plays on");
}

#[test]
fn a_model_of_another_world_begins_an_episode_there() {
    let mut client = Client::new("down");
    for (model, meter) in [("stress", Some("stress")), ("cooks", None)] {
        client.command("step");
        let told = client.say(json!({ "command": "load_model", "model": model }));
        assert_eq!(types(&told), ["model_loaded", "episode_start"]);
        let told = client.command("step");
        assert_eq!(told[0]["step"], 1);
        assert_eq!(told[0]["agents"]["agent_0"]["meters"].get("stress").is_some(), meter.is_some());
    }
    assert_eq!(client.command("step")[0]["action"].as_array().map(Vec::len), Some(2), "two cooks");
}

#[test]
fn what_is_wrong_is_answered_and_the_session_goes_on() {
    let mut client = Client::new("down");
    for wrong in ["", "no", "[]", "{}", r#"{"command":"fly"}"#, r#"{"command":"set_speed","speed":"x"}"#] {
        assert_eq!(types(&client.say_text(wrong)), ["error"], "{wrong}");
    }
    let long = format!(r#"{{"command":"{}"}}"#, "x".repeat(5_000));
    assert_eq!(types(&client.say_text(&long)), ["error"]);
    client.session.handle(client.now, &Input::Bytes);
    client.drain();
    assert_eq!(types(&client.command("step")), ["state_update"]);
}

#[test]
fn a_flood_is_not_read_and_ends() {
    let mut client = Client::new("down");
    let answers: usize = (0..1_000).map(|_| client.command("step").len()).sum();
    assert!(answers < 70, "{answers}");
    assert!(client.command("step").is_empty());
    client.now += 1_000;
    assert_eq!(types(&client.command("step")), ["state_update"]);
}

/// A stored session goes on as it would have, in another process.
#[test]
fn a_lost_process_changes_nothing() {
    let mut client = Client::new("random");
    client.say(json!({ "command": "set_speed", "speed": 10 }));
    client.command("play");
    client.wait(400);
    let stored = client.session.save().unwrap();
    let whole: Vec<Value> = client.wait(5_000).into_iter().map(|(_, told)| told).collect();

    let model = Session::stored_model(&stored).unwrap();
    let session = Session::restore("0-a", &find(&model).unwrap(), &stored, START + 400).unwrap();
    let mut later =
        Client { session, now: START + 400, told: Vec::new(), pictures: Vec::new(), closed: false };
    let again: Vec<Value> = later.wait(5_000).into_iter().map(|(_, told)| told).collect();
    // The pace begins anew, so one may be a step ahead.
    let common = whole.len().min(again.len());
    assert!(common > 100, "{common}");
    assert_eq!(whole[..common], again[..common]);
    assert!(Session::restore("0-a", &find("cooks").unwrap(), &stored, START).is_err());
    assert!(Session::stored_model(b"none").is_err());
}

#[test]
fn a_link_to_a_moment_leads_to_the_moment() {
    let mut client = Client::new("random");
    client.say(json!({ "command": "set_seed", "seed": 11 }));
    let played: Vec<Value> = (0..30).map(|_| client.command("step").remove(0)).collect();
    client.now += 60_000;
    let mut other = Client::new("random");
    other.say(json!({ "command": "set_seed", "seed": 11 }));
    let told = other.say(json!({ "command": "seek", "episode": 1, "step": 30 }));
    assert_eq!(types(&told), ["episode_start", "state_update"]);
    assert_eq!(told[1], played[29]);
}

#[test]
fn a_session_without_a_word_ends_and_a_ping_is_a_word() {
    let mut client = Client::new("random");
    client.command("play");
    client.wait(20 * 60_000);
    assert_eq!(client.say(json!({ "command": "ping" })), [json!({ "type": "pong" })]);
    client.wait(29 * 60_000);
    assert!(!client.closed);
    client.wait(2 * 60_000);
    assert!(client.closed);
}

#[test]
fn pictures_come_only_to_those_who_ask() {
    let mut client = Client::new("down");
    client.command("step");
    assert!(client.pictures.is_empty());
    client.say(json!({ "command": "show", "picture": true }));
    let (viewport, first) = picture::read(&client.pictures[0]).unwrap();
    assert!(first.full && viewport.width == 8.0);
    client.command("step");
    let (_, second) = picture::read(&client.pictures[1]).unwrap();
    assert!(!second.full && client.pictures[1].len() < 40, "{} bytes", client.pictures[1].len());
    // After a lost process the next picture is whole.
    let stored = client.session.save().unwrap();
    client.session = Session::restore("0-a", &find("down").unwrap(), &stored, client.now).unwrap();
    client.command("step");
    assert!(picture::read(&client.pictures[2]).unwrap().1.full);
    client.say(json!({ "command": "show", "picture": false }));
    client.command("step");
    assert_eq!(client.pictures.len(), 3);
}

#[test]
fn a_person_plays_an_agent_beside_the_policy() {
    let mut client = Client::new("down");
    assert_eq!(
        client.say(json!({ "command": "act", "action": 1 })),
        [json!({ "type": "error", "message": "You play no agent: say take first." })]
    );
    client.say(json!({ "command": "load_model", "model": "cooks" }));
    let refused = client.say(json!({ "command": "take", "agent": 2 }));
    assert_eq!(refused[0]["message"], "There is no agent 2; there are 2.");
    assert_eq!(
        client.say(json!({ "command": "take", "agent": 1 })),
        [json!({ "type": "taken", "agent": 1 })]
    );
    // A cook who does nothing stays, which is action 4; a press that is over before the step counts in it.
    assert_eq!(client.command("step")[0]["action"][1], 4);
    for action in [3, 4] {
        assert!(client.say(json!({ "command": "act", "action": action })).is_empty());
    }
    let pressed: Vec<Value> = (0..2).map(|_| client.command("step")[0]["action"][1].clone()).collect();
    assert_eq!(pressed, [json!(3), json!(4)]);
    assert_eq!(client.say(json!({ "command": "act", "action": 6 }))[0]["message"], "There is no action 6.");
    // It goes on so after a lost process, and ends with another world.
    let stored = client.session.save().unwrap();
    let session = Session::restore("0-a", &find("cooks").unwrap(), &stored, client.now).unwrap();
    client.session = session;
    client.drain();
    assert_eq!(client.command("step")[0]["action"][1], 4);
    client.say(json!({ "command": "load_model", "model": "down" }));
    assert_eq!(client.command("step")[0]["action"], 1, "the policy plays");
    client.say(json!({ "command": "take", "agent": 0 }));
    assert!(client.command("step")[0].get("q_values").is_none());
    assert_eq!(client.say(json!({ "command": "take" })), [json!({ "type": "taken", "agent": null })]);
    assert_eq!(client.command("step")[0]["action"], 1);
}
