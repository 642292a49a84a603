//! A run whose actors learn in objects of their own. Time is virtual, and the actors are here.

use std::collections::{BTreeMap, VecDeque};

use footlights_environments::registry;
use footlights_protocol::EpochMs;
use footlights_watch::training::{Actor, Input, Output, Saved, Training, World};
use serde_json::{Value, json};

/// What an actor answers.
struct Answer {
    actor: u32,
    number: u64,
    learnt: Vec<u8>,
}

/// A run with one viewer and its actors.
struct Crew {
    training: Training,
    now: EpochMs,
    told: Vec<Value>,
    models: Vec<Saved>,
    /// Actors with the number and the task.
    asked: VecDeque<(u32, u64, Vec<u8>)>,
    actors: BTreeMap<u32, Actor>,
}

impl Crew {
    fn with(training: Training) -> Self {
        let now = EpochMs(1_700_000_000_000);
        let (told, models, asked) = (Vec::new(), Vec::new(), VecDeque::new());
        Self { training, now, told, models, asked, actors: BTreeMap::new() }
    }

    fn begin(actors: u32) -> Self {
        let mut crew = Self::with(Training::new("lesson"));
        crew.handle(&Input::Connected { viewer: 1 });
        let config = json!({ "layout": "cramped_room", "horizon": 40 });
        crew.say(&json!({ "command": "start_training", "learner": "ppo", "environment": "overcooked-v0", "config": config,
            "num_episodes": 60, "games": 4, "network": [16], "actors": actors, "step_delay": 0.01 }));
        crew
    }

    fn handle(&mut self, input: &Input<'_>) {
        let registry = registry();
        let world = World { registry: &registry, usual: None };
        self.training.handle(self.now, &world, input);
        while let Some(output) = self.training.poll() {
            match output {
                Output::Send { text, .. } => self.told.push(serde_json::from_str(&text).unwrap()),
                Output::Model(saved) => {
                    let model = saved.name.clone();
                    self.models.push(*saved);
                    self.training.handle(self.now, &world, &Input::Stored { model: &model, failed: None });
                }
                Output::Ask { actor, number, task } => self.asked.push_back((actor, number, task)),
                Output::Picture { .. } | Output::Keep | Output::Failed { .. } => {}
            }
        }
    }

    fn say(&mut self, message: &Value) {
        let text = message.to_string();
        self.handle(&Input::Text { viewer: 1, text: Some(&text), may_control: true });
    }

    /// Shows steps for some time.
    fn wait(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(wake) = self.training.next_wake().filter(|wake| *wake <= end) {
            self.now = self.now.max(wake);
            self.handle(&Input::Wake { took: None });
        }
        self.now = end;
    }

    /// What an actor makes of the task that was asked for first.
    fn work(&mut self) -> Option<Answer> {
        let (actor, number, task) = self.asked.pop_front()?;
        let machine = self.actors.entry(actor).or_default();
        machine.take(&registry(), &task).unwrap();
        let learnt = std::iter::repeat_with(|| machine.work(Some(1)).unwrap()).flatten().next().unwrap();
        Some(Answer { actor, number, learnt })
    }

    fn answer(&mut self, answer: &Answer) {
        let Answer { actor, number, learnt } = answer;
        self.handle(&Input::Answered { actor: *actor, number: *number, answer: Ok(learnt) });
    }

    /// An actor cannot be reached.
    fn lose(&mut self, actor: u32, number: u64) {
        self.handle(&Input::Answered { actor, number, answer: Err("it was lost") });
    }

    /// Answers all that is asked for until the run is over.
    fn finish(&mut self) {
        while self.training.is_active() {
            let answer = self.work().expect("somebody is asked as long as the run goes on");
            self.answer(&answer);
        }
    }

    fn count(&self, kind: &str) -> usize {
        self.told.iter().filter(|told| told["type"] == kind).count()
    }
}

#[test]
fn all_actors_go_on_from_the_mean_of_what_they_learnt() {
    let mut crew = Crew::begin(3);
    crew.wait(1);
    assert_eq!(crew.asked.iter().map(|(actor, ..)| *actor).collect::<Vec<_>>(), [0, 1, 2]);
    let first: Vec<_> = (0..3).map(|_| crew.work().unwrap()).collect();
    assert!(first[0].learnt != first[1].learnt, "each plays other games");
    // In any order; nobody is asked again before all have answered.
    for answer in [&first[2], &first[0]] {
        crew.answer(answer);
        assert!(crew.asked.is_empty());
    }
    crew.answer(&first[1]);
    assert_eq!(crew.asked.len(), 3);
    let tasks: Vec<usize> = crew.asked.iter().map(|(.., task)| task.len()).collect();
    assert_eq!((tasks[0], tasks[1]), (tasks[2], tasks[2]), "all are told the same network");
    crew.finish();
    let numbers: Vec<u64> = crew
        .told
        .iter()
        .filter(|told| told["type"] == "episode_complete")
        .map(|told| told["episode"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "the run counts all episodes");
    assert!(numbers.len() >= 60);
    assert_eq!(crew.count("training_complete"), 1);
    let last = crew.models.last().unwrap();
    assert!(last.name == "lesson_final" && last.steps >= 60 * 40, "{}", last.steps);
}

#[test]
fn steps_are_shown_while_others_learn() {
    let mut crew = Crew::begin(1);
    crew.wait(2_000);
    // One step in twenty milliseconds, although nobody has answered yet.
    let shown: Vec<u64> = crew
        .told
        .iter()
        .filter(|told| told["type"] == "state_update")
        .map(|told| told["step"].as_u64().unwrap())
        .collect();
    assert_eq!(shown.len(), 101);
    assert_eq!((shown[0], shown[39], shown[40]), (1, 40, 1), "one episode after the other");
    assert_eq!(crew.count("episode_start"), 3);
    assert_eq!(crew.count("episode_complete"), 0, "what is only shown is no episode of the training");
}

#[test]
fn the_others_go_on_without_an_actor_that_fails() {
    let mut crew = Crew::begin(2);
    crew.wait(1);
    let one = crew.work().unwrap();
    crew.answer(&one);
    crew.asked.clear();
    for attempt in 1..=3 {
        crew.lose(1, one.number);
        // After the third attempt the round is over, and both are asked anew.
        assert_eq!(crew.asked.len(), if attempt < 3 { 1 } else { 2 }, "{attempt}");
        if attempt < 3 {
            crew.asked.clear();
        }
    }
    crew.finish();
    assert_eq!(crew.count("training_complete"), 1);
}

#[test]
fn a_run_without_any_actor_left_ends_with_what_it_has() {
    let mut crew = Crew::begin(1);
    crew.wait(1);
    for _ in 0..3 {
        crew.lose(0, 1);
    }
    let why = crew.told.iter().find(|told| told["type"] == "error").unwrap();
    assert_eq!(why["message"], "The training ended: it was lost");
    assert_eq!(crew.models.len(), 1);
    assert!(!crew.training.is_active());
}

#[test]
fn a_paused_run_and_one_after_a_lost_process_ask_again() {
    let mut crew = Crew::begin(1);
    crew.wait(1);
    crew.say(&json!({ "command": "pause" }));
    let answer = crew.work().unwrap();
    crew.answer(&answer);
    assert!(crew.asked.is_empty(), "it waits");
    crew.say(&json!({ "command": "resume" }));
    crew.wait(50);
    assert_eq!(crew.asked.len(), 1);
    let (saved, now) = (crew.training.save().unwrap().unwrap(), crew.now);
    let mut crew = Crew::with(Training::restore("lesson", &registry(), &saved, now).unwrap());
    crew.now = now;
    crew.handle(&Input::Connected { viewer: 1 });
    // An answer to who asked before is no answer.
    crew.answer(&answer);
    assert!(crew.asked.is_empty());
    crew.wait(1);
    assert_eq!(crew.asked.len(), 1);
    crew.finish();
    assert_eq!(crew.count("training_complete"), 1);
}

#[test]
fn an_answer_for_the_run_before_is_none() {
    let mut crew = Crew::begin(1);
    crew.wait(1);
    let late = crew.work().unwrap();
    crew.say(&json!({ "command": "stop" }));
    crew.say(&json!({ "command": "start_training", "learner": "ppo", "environment": "slime-volleyball-v0", "actors": 1,
        "num_episodes": 10, "games": 4, "network": [8], "step_delay": 0.01 }));
    crew.wait(50);
    crew.answer(&late);
    assert_eq!(crew.count("error"), 0);
    assert!(crew.training.is_active());
    crew.finish();
}

#[test]
fn an_actor_plays_the_world_of_its_task() {
    let learnt_in = |variant: &str, actor: &mut Actor| {
        let mut crew = Crew::with(Training::new("lesson"));
        crew.handle(&Input::Connected { viewer: 1 });
        crew.say(&json!({ "command": "start_training", "learner": "ppo", "environment": "hamlet-v0", "num_episodes": 60,
            "config": { "variant": variant }, "actors": 1, "games": 4, "network": [16] }));
        crew.wait(1);
        let (_, _, task) = crew.asked.pop_front().unwrap();
        actor.take(&registry(), &task).unwrap();
        std::iter::repeat_with(|| actor.work(Some(1)).unwrap()).flatten().next().unwrap()
    };
    // The next run of that name is of another version of the world, with the same settings.
    let mut actor = Actor::default();
    learnt_in("mood", &mut actor);
    let after_another = learnt_in("stress", &mut actor);
    assert_eq!(after_another, learnt_in("stress", &mut Actor::default()));
    assert_ne!(after_another, learnt_in("mood", &mut Actor::default()));
}
