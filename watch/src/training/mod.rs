//! One training run that many people watch: a state machine. Time, messages and turns to work in come in; messages, models
//! and rows come out.

mod request;
mod told;

use std::collections::{BTreeMap, VecDeque};

use footlights_env::{Registry, Simulation, msgpack};
use footlights_learn::{
    self as learn, Net, Run,
    run::{Finished, Round},
};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::{
    request::{Request, Start},
    told::{Complete, Episode, Told},
};
use crate::{heat::Heat, picture};

/// The most episodes that who comes late is told. Of more, every second one is left out, again and again.
const MOST_HISTORY: usize = 2_000;
/// What a slice may cost at first, at least and at most before others have a turn, as a number of multiplications. A
/// slice is at least one round, whatever that costs.
const FIRST_SLICE: u64 = 5_000_000;
const LEAST_SLICE: u64 = 100_000;
const MOST_SLICE: u64 = 2_000_000_000;
/// Milliseconds above which the next slice is shorter, and below which it is longer.
const SLICE_MS: (u64, u64) = (25, 12);
/// A run is kept so often: what a lost process costs.
const KEEP_MS: u64 = 8_000;
/// Pictures are not sent to a viewer who says that it has so many messages before it.
const MOST_BEHIND: u64 = 40;
/// The longest message that is read, and how many of them a viewer may send at once and in a second over time.
const MAX_MESSAGE: usize = 4_096;
const BURST: f64 = 40.0;
const A_SECOND: f64 = 20.0;

/// The end of the name of a run's last model.
const FINAL: &str = "_final";

/// A viewer's connection.
pub type Viewer = u64;

/// What happens to a run.
pub enum Input<'a> {
    /// Somebody begins to watch.
    Connected {
        /// Who.
        viewer: Viewer,
    },
    /// A message of a viewer.
    Text {
        /// Whose.
        viewer: Viewer,
        /// What it says; none if it is no text.
        text: Option<&'a str>,
        /// Whether it came with the token.
        may_control: bool,
    },
    /// A model that was learnt is stored, or could not be.
    Stored {
        /// Its name.
        model: &'a str,
        /// Whether it is.
        done: bool,
    },
    /// A viewer is gone.
    Disconnected {
        /// Who.
        viewer: Viewer,
    },
    /// The time that [`Training::next_wake`] named has come. `took` are the milliseconds since the turn before, if work was
    /// done in that.
    Wake {
        /// How long it took.
        took: Option<u64>,
    },
}

/// What a run asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A message to a viewer.
    Send {
        /// To whom.
        viewer: Viewer,
        /// The message.
        text: String,
    },
    /// A picture to a viewer, always a whole one: who is slow is sent fewer. It is read like one of a session.
    Picture {
        /// To whom.
        viewer: Viewer,
        /// The picture.
        bytes: Vec<u8>,
    },
    /// The run must be stored, or what is stored of it forgotten.
    Keep,
    /// A model was learnt; [`Input::Stored`] answers.
    Model(Box<Saved>),
    /// An episode ended by the rules, for the list of failures.
    Failed {
        /// From 1.
        episode: u32,
        /// Whose agent.
        agent: String,
        /// Why.
        reason: String,
    },
}

/// A model that was learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// Its network, for observations as they are.
    pub net: Net,
    /// What the outputs of the network are.
    pub output: learn::Output,
    /// What it was learnt for.
    pub environment: String,
    /// With which configuration.
    pub config: Value,
    /// Episodes and steps until then.
    pub episode: u32,
    /// Steps until then.
    pub steps: u64,
    /// The mean reward of the last ten episodes.
    pub score: f64,
}

/// A run with its viewers.
pub struct Training {
    name: String,
    viewers: BTreeMap<Viewer, Watching>,
    state: State,
    /// The episodes of the run that is over.
    past: Vec<Episode>,
    /// Models that are being stored, and what is told of them then.
    waiting: Vec<(String, String)>,
    out: VecDeque<Output>,
    slice: u64,
    /// Whether the last slice was used up.
    used_up: bool,
}

#[derive(Debug, Default)]
struct Watching {
    heard: EpochMs,
    allowance: f64,
    /// How many messages it was sent, and how many it says to have shown; none as long as it says nothing.
    sent: u64,
    seen: Option<u64>,
    /// Whether pictures are wanted.
    pictures: bool,
}

impl Watching {
    /// Whether the viewer has shown most of what it was sent, as far as one knows.
    fn keeps_up(&self) -> bool {
        self.seen.is_none_or(|seen| self.sent.saturating_sub(seen) < MOST_BEHIND)
    }
}

enum State {
    Idle,
    Active(Box<Active>),
}

/// A run that is not over.
struct Active {
    run: Run,
    facts: Facts,
    actions: Vec<Vec<&'static str>>,
    /// When the next step of an episode that is shown is due.
    due: EpochMs,
    kept: EpochMs,
}

/// What is stored of a run beside what it learnt.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    start: Start,
    environment: String,
    paused: bool,
    /// The episode that is shown, or was shown last.
    shown: u32,
    heat: Heat,
    history: Vec<Episode>,
    last: VecDeque<Episode>,
}

/// A run as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    facts: Facts,
    #[serde(with = "serde_bytes")]
    run: Vec<u8>,
}

/// What a run needs to know of a deployment.
pub struct World<'a> {
    /// The environments.
    pub registry: &'a Registry,
    /// The environment and the configuration of a run that names none.
    pub usual: Option<(&'a str, Value)>,
}

impl Training {
    /// A run of that name that has not begun.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            viewers: BTreeMap::new(),
            state: State::Idle,
            past: Vec::new(),
            waiting: Vec::new(),
            out: VecDeque::new(),
            slice: FIRST_SLICE,
            used_up: false,
        }
    }

    /// Goes on with a run that was stored.
    ///
    /// # Errors
    /// The bytes are none, or their environment is another one by now.
    pub fn restore(name: &str, registry: &Registry, stored: &[u8], now: EpochMs) -> Result<Self, String> {
        let Stored { facts, run } = msgpack::decode(stored).map_err(|error| error.to_string())?;
        let sim = make(registry, &facts.environment, &facts.start.config)?;
        let run = Run::restore(sim.as_ref(), &run).map_err(|error| error.to_string())?;
        let actions = names(sim.as_ref());
        let active = Active { run, facts, actions, due: now, kept: now };
        Ok(Self { state: State::Active(Box::new(active)), ..Self::new(name) })
    }

    /// Everything that a later process needs; none if there is no run.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> Result<Option<Vec<u8>>, String> {
        let State::Active(active) = &self.state else { return Ok(None) };
        let run = active.run.save().map_err(|error| error.to_string())?;
        let stored = Stored { facts: active.facts.clone(), run };
        msgpack::encode(&stored).map(Some).map_err(|error| error.to_string())
    }

    /// Whether a run is under way, paused or not.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self.state, State::Active(_))
    }

    /// How many watch.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.viewers.len()
    }

    /// When it wants to be woken; never while nothing is to be done.
    #[must_use]
    pub fn next_wake(&self) -> Option<EpochMs> {
        match &self.state {
            State::Active(active) if !active.facts.paused => Some(active.due),
            _ => None,
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Something happened.
    pub fn handle(&mut self, now: EpochMs, world: &World<'_>, input: &Input<'_>) {
        match input {
            Input::Connected { viewer } => {
                let watching = Watching { heard: now, allowance: BURST, ..Watching::default() };
                self.viewers.insert(*viewer, watching);
                self.tell_status(*viewer);
                let episodes = match &self.state {
                    State::Active(active) => &active.facts.history,
                    State::Idle => &self.past,
                };
                if !episodes.is_empty() {
                    let history = Told::History { episodes }.json();
                    self.send(*viewer, history);
                }
            }
            Input::Disconnected { viewer } => {
                self.viewers.remove(viewer);
            }
            Input::Text { viewer, text, may_control } => {
                if self.may_speak(now, *viewer) {
                    self.read(now, world, *viewer, *text, *may_control);
                }
            }
            Input::Stored { model, done } => self.stored(model, *done),
            Input::Wake { took } => self.wake(now, *took),
        }
    }

    fn may_speak(&mut self, now: EpochMs, viewer: Viewer) -> bool {
        let Some(watching) = self.viewers.get_mut(&viewer) else { return false };
        let seconds = (now - watching.heard) as f64 / 1_000.0;
        watching.heard = watching.heard.max(now);
        watching.allowance = (watching.allowance + seconds * A_SECOND).min(BURST);
        if watching.allowance < 1.0 {
            return false;
        }
        watching.allowance -= 1.0;
        if watching.allowance < 1.0 {
            self.refuse(viewer, "Too many messages; what follows is not read for a while.");
            return false;
        }
        true
    }

    fn read(
        &mut self,
        now: EpochMs,
        world: &World<'_>,
        viewer: Viewer,
        text: Option<&str>,
        may_control: bool,
    ) {
        let request = match text {
            Some(text) if text.len() <= MAX_MESSAGE => request::parse(text),
            Some(_) => Err(format!("A message has at most {MAX_MESSAGE} bytes.")),
            None => Err("A message is text.".into()),
        };
        let request = match request {
            Ok(request) => request,
            Err(why) => return self.refuse(viewer, &why),
        };
        if request.is_control() && !may_control {
            return self.refuse(
                viewer,
                "Only who has the token starts, pauses, resumes and stops a training: open /ws/training?token=TOKEN.",
            );
        }
        match request {
            Request::Start(start) => {
                if let Err(why) = self.start(now, world, *start) {
                    self.refuse(viewer, &why);
                }
            }
            Request::Pause => self.pause(viewer, true, now),
            Request::Resume => self.pause(viewer, false, now),
            Request::Stop => match &self.state {
                State::Active(_) => self.finish(true),
                State::Idle => self.refuse(viewer, "No training is under way."),
            },
            Request::Status => self.tell_status(viewer),
            Request::Ping => {}
            Request::Show(pictures) => {
                if let Some(watching) = self.viewers.get_mut(&viewer) {
                    watching.pictures = pictures;
                }
            }
            Request::Seen(messages) => {
                if let Some(watching) = self.viewers.get_mut(&viewer) {
                    watching.seen = Some(messages);
                }
            }
        }
    }

    fn start(&mut self, now: EpochMs, world: &World<'_>, mut start: Start) -> Result<(), String> {
        if self.is_active() {
            return Err("A training is under way. Stop it first, or wait until it is over.".into());
        }
        let environment = match (&start.environment, &world.usual) {
            (Some(environment), _) => environment.clone(),
            (None, Some((usual, config))) => {
                merge(&mut start.config, config);
                (*usual).to_owned()
            }
            (None, None) => return Err("\"environment\" is missing, and nothing here can be watched.".into()),
        };
        let sim = make(world.registry, &environment, &start.config)?;
        start.settings.common.shaping = start.shaping.of(&sim.labels().infos);
        let run = Run::new(sim.as_ref(), start.settings.clone()).map_err(|error| error.to_string())?;
        self.broadcast(
            &Told::TrainingStarted { num_episodes: start.episodes, environment: &environment }.json(),
        );
        let mut facts = Facts {
            start,
            environment,
            paused: false,
            shown: 0,
            heat: Heat::default(),
            history: Vec::new(),
            last: VecDeque::new(),
        };
        facts.show_next(&run);
        let active = Active { run, facts, actions: names(sim.as_ref()), due: now, kept: now };
        self.state = State::Active(Box::new(active));
        self.tell_episode();
        self.out.push_back(Output::Keep);
        Ok(())
    }

    fn pause(&mut self, viewer: Viewer, pause: bool, now: EpochMs) {
        let State::Active(active) = &mut self.state else {
            return self.refuse(viewer, "No training is under way.");
        };
        active.facts.paused = pause;
        active.due = active.due.max(now);
        self.broadcast(&if pause { Told::Paused {} } else { Told::Resumed {} }.json());
        self.out.push_back(Output::Keep);
    }

    /// Works for a while: one step of an episode that is shown, or as many rounds of others as fit into a slice.
    fn wake(&mut self, now: EpochMs, took: Option<u64>) {
        // What took a while says something only of a slice that was used up.
        match took.filter(|_| std::mem::take(&mut self.used_up)) {
            Some(took) if took > SLICE_MS.0 => self.slice = (self.slice / 2).max(LEAST_SLICE),
            Some(took) if took < SLICE_MS.1 => self.slice = (self.slice + self.slice / 4).min(MOST_SLICE),
            _ => {}
        }
        let mut spent = 0;
        while spent < self.slice {
            let State::Active(active) = &mut self.state else { return };
            if active.facts.paused || (spent == 0 && active.due > now) {
                return;
            }
            spent += active.run.cost();
            if active.run.begin() {
                active.facts.show_next(&active.run);
                self.tell_episode();
            }
            let State::Active(active) = &mut self.state else { return };
            let Round { played, finished } = match active.run.round() {
                Ok(round) => round,
                Err(error) => {
                    let why = format!("The training ended: {error}");
                    self.broadcast(&Told::Error { message: &why }.json());
                    return self.finish(true);
                }
            };
            let shown = played && active.is_shown();
            if played {
                active.count();
            }
            if shown {
                self.tell_step();
            }
            for finished in finished {
                self.complete(&finished);
            }
            let State::Active(active) = &mut self.state else { return };
            if now - active.kept >= KEEP_MS {
                active.kept = now;
                self.out.push_back(Output::Keep);
            }
            if active.run.is_over() {
                return self.finish(false);
            }
            if shown {
                active.due = now + active.facts.start.step_ms;
                return;
            }
        }
        self.used_up = true;
        if let State::Active(active) = &mut self.state {
            active.due = now;
        }
    }

    /// That an episode begins, if it is shown.
    fn tell_episode(&mut self) {
        let State::Active(active) = &self.state else { return };
        if let (true, Some(game)) = (active.is_shown(), active.run.games().first()) {
            let told = Told::EpisodeStart { episode: game.episode, epsilon: active.run.epsilon(0) }.json();
            self.broadcast(&told);
        }
    }

    /// The step of an episode that is shown.
    fn tell_step(&mut self) {
        let State::Active(active) = &mut self.state else { return };
        let Active { run, facts, actions, .. } = active.as_mut();
        let mut observation = Vec::new();
        if let Some(game) = run.games().first() {
            game.sim.observe(footlights_env::Agent(0), &mut observation);
        }
        let preferences = run.preferences(&observation);
        let game = run.games().first();
        let update = game.and_then(|game| told::update(game, preferences, &facts.heat, actions));
        let wanted = self.viewers.values().any(|viewer| viewer.pictures);
        let picture = game.filter(|_| wanted).map(|game| picture::whole(game.sim.as_ref()));
        if let Some(update) = update {
            self.show(&update);
        }
        // A picture that cannot be written is one that is missing; the next one is whole again.
        if let Some(Ok(bytes)) = picture {
            self.show_picture(&bytes);
        }
    }

    fn complete(&mut self, finished: &Finished) {
        let State::Active(active) = &mut self.state else { return };
        let episode = Episode::from(finished);
        let facts = &mut active.facts;
        facts.last.push_back(episode.clone());
        if facts.last.len() > 10 {
            facts.last.pop_front();
        }
        facts.history.push(episode.clone());
        if facts.history.len() > MOST_HISTORY {
            let mut number = 0;
            facts.history.retain(|_| {
                number += 1;
                number % 2 == 0
            });
        }
        let complete = Complete {
            episode: episode.episode,
            reward: episode.reward,
            length: episode.length,
            loss: episode.loss,
            epsilon: episode.epsilon,
            avg_reward_5: mean(&facts.last, 5, |episode| episode.reward),
            avg_length_5: mean(&facts.last, 5, |episode| f64::from(episode.length)),
            avg_loss_5: mean(&facts.last, 5, |episode| episode.loss),
            buffer_size: active.run.remembered(),
            failure_reason: episode.failure_reason.clone(),
            against_past: episode.against_past,
        };
        let every = active.facts.start.save_every;
        let saves = episode.episode.is_multiple_of(every) && !active.run.is_over();
        let saved = saves.then(|| {
            let name = format!("{}_ep{}", self.name, episode.episode);
            active.model(name)
        });
        let told = Told::EpisodeComplete(&complete).json();
        self.broadcast(&told);
        if let Some(reason) = episode.failure_reason {
            self.out.push_back(Output::Failed { episode: episode.episode, agent: "agent_0".into(), reason });
        }
        if let Some(saved) = saved {
            let told = Told::CheckpointSaved { model: &saved.name, episode: saved.episode }.json();
            self.save_model(saved, told);
        }
    }

    /// What is told of a model is told when it is stored.
    fn save_model(&mut self, saved: Saved, told: String) {
        self.waiting.push((saved.name.clone(), told));
        self.out.push_back(Output::Model(Box::new(saved)));
    }

    fn stored(&mut self, model: &str, done: bool) {
        let Some(place) = self.waiting.iter().position(|(name, _)| name == model) else { return };
        let (_, told) = self.waiting.remove(place);
        if !done {
            let why = format!("The model {model} could not be saved.");
            self.broadcast(&Told::Error { message: &why }.json());
        }
        // The end of a run is told in any case.
        if done || model.ends_with(FINAL) {
            self.broadcast(&told);
        }
    }

    fn finish(&mut self, stopped: bool) {
        let State::Active(mut active) = std::mem::replace(&mut self.state, State::Idle) else { return };
        let saved = active.model(format!("{}{FINAL}", self.name));
        self.past = std::mem::take(&mut active.facts.history);
        let told = Told::TrainingComplete {
            model_saved: &format!("models/{}", saved.name),
            final_avg_reward: saved.score,
            final_avg_length: mean(&active.facts.last, 10, |episode| f64::from(episode.length)),
            stopped,
        }
        .json();
        self.save_model(saved, told);
        self.out.push_back(Output::Keep);
        self.slice = FIRST_SLICE;
    }

    fn tell_status(&mut self, viewer: Viewer) {
        let run = &self.name;
        let told = match &self.state {
            State::Active(active) => Told::TrainingStatus {
                is_training: true,
                is_paused: active.facts.paused,
                current_episode: active.run.games().first().map_or(0, |game| game.episode),
                total_episodes: active.facts.start.episodes,
                run,
                environment: Some(&active.facts.environment),
            },
            State::Idle => Told::TrainingStatus {
                is_training: false,
                is_paused: false,
                current_episode: 0,
                total_episodes: 0,
                run,
                environment: None,
            },
        }
        .json();
        self.send(viewer, told);
    }

    fn send(&mut self, viewer: Viewer, text: String) {
        if let Some(watching) = self.viewers.get_mut(&viewer) {
            watching.sent += 1;
            self.out.push_back(Output::Send { viewer, text });
        }
    }

    fn broadcast(&mut self, text: &str) {
        for (viewer, watching) in &mut self.viewers {
            watching.sent += 1;
            self.out.push_back(Output::Send { viewer: *viewer, text: text.to_owned() });
        }
    }

    /// A step, for those who keep up.
    fn show(&mut self, text: &str) {
        for (viewer, watching) in &mut self.viewers {
            if watching.keeps_up() {
                watching.sent += 1;
                self.out.push_back(Output::Send { viewer: *viewer, text: text.to_owned() });
            }
        }
    }

    /// The picture of a step, for those who want it and keep up.
    fn show_picture(&mut self, bytes: &[u8]) {
        for (viewer, watching) in &mut self.viewers {
            if watching.pictures && watching.keeps_up() {
                watching.sent += 1;
                self.out.push_back(Output::Picture { viewer: *viewer, bytes: bytes.to_vec() });
            }
        }
    }

    fn refuse(&mut self, viewer: Viewer, why: &str) {
        self.send(viewer, Told::Error { message: why }.json());
    }
}

impl Facts {
    /// Chooses whether the episode that has just begun in the first game is shown.
    fn show_next(&mut self, run: &Run) {
        let Some(game) = run.games().first() else { return };
        if self.shown == 0 || game.episode >= self.shown.saturating_add(self.start.show_every.max(1)) {
            self.shown = game.episode;
        }
    }
}

impl Active {
    /// Whether the episode of the first game is shown.
    fn is_shown(&self) -> bool {
        self.run.games().first().is_some_and(|game| game.episode == self.facts.shown)
    }

    fn count(&mut self) {
        for game in self.run.games() {
            // An episode that has just begun entered no cell.
            if game.last.is_some() {
                let positions = game.sim.overview().positions;
                self.facts.heat.count(&positions, game.sim.spec().viewport);
            }
        }
    }

    fn model(&self, name: String) -> Saved {
        Saved {
            name,
            net: self.run.network(),
            output: self.run.output(),
            environment: self.facts.environment.clone(),
            config: self.facts.start.config.clone(),
            episode: self.run.episodes(),
            steps: self.run.steps(),
            score: mean(&self.facts.last, 10, |episode| episode.reward),
        }
    }
}

/// Fills in what a configuration leaves out.
fn merge(config: &mut Value, usual: &Value) {
    match (config, usual) {
        (config @ Value::Null, usual) => *config = usual.clone(),
        (Value::Object(config), Value::Object(usual)) => {
            for (key, value) in usual {
                config.entry(key).or_insert_with(|| value.clone());
            }
        }
        _ => {}
    }
}

fn make(registry: &Registry, environment: &str, config: &Value) -> Result<Box<dyn Simulation>, String> {
    let entry = registry.get(environment).map_err(|error| error.to_string())?;
    entry.make(config).map_err(|error| error.to_string())
}

fn names(sim: &dyn Simulation) -> Vec<Vec<&'static str>> {
    let labels = sim.labels();
    sim.spec().agents().map(|agent| labels.actions(agent).to_vec()).collect()
}

/// The mean of the last episodes.
fn mean(episodes: &VecDeque<Episode>, count: usize, of: impl Fn(&Episode) -> f64) -> f64 {
    let last: Vec<f64> = episodes.iter().rev().take(count).map(of).collect();
    if last.is_empty() { 0.0 } else { last.iter().sum::<f64>() / last.len() as f64 }
}
