//! One training run that many people watch: a state machine. Time, messages and turns to work in come in; messages, models
//! and rows come out. The run is learnt here, or by a trainer elsewhere that says how it goes.

mod active;
mod actor;
mod broadcast;
mod crew;
mod episodes;
mod game;
mod output;
mod pace;
mod publication;
mod request;
mod told;
mod viewers;

use footlights_env::{Registry, msgpack};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::actor::Actor;
pub use self::output::{ModelFile, Output, Saved, Viewer};
use self::{
    active::Active,
    broadcast::Broadcast,
    crew::Crew,
    pace::Pace,
    publication::{Begin, Publication},
    request::{Request, Start},
    told::{Answer, Episode, Told},
    viewers::{Allowance, May, Viewers},
};

/// A run is kept so often: what a lost process costs.
const KEEP_MS: u64 = 8_000;
/// The least milliseconds between two steps that are shown while actors learn.
const LEAST_STEP_MS: u64 = 20;
/// The longest message of a viewer that is read.
const MAX_MESSAGE: usize = 4_096;
/// How many messages a trainer may send at once, and in a second over time.
const TRAINER_BURST: f64 = 300.0;
const TRAINER_A_SECOND: f64 = 100.0;

/// The end of the name of a run's last model.
const FINAL: &str = "_final";

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
    /// A message of a trainer elsewhere, which came with the token.
    Published {
        /// Its connection.
        trainer: Viewer,
        /// What it says.
        message: Message<'a>,
    },
    /// What [`Output::Keep`] wanted is stored.
    Kept,
    /// A model that was learnt is stored, or could not be.
    Stored {
        /// Its name.
        model: &'a str,
        /// Why it is not; none if it is.
        failed: Option<&'a str>,
    },
    /// An actor has done what [`Output::Ask`] wanted, or could not.
    Answered {
        /// Which.
        actor: u32,
        /// The number that it was asked under.
        number: u64,
        /// What [`Actor::work`] returned.
        answer: Result<&'a [u8], &'a str>,
    },
    /// A connection is gone: a viewer's, or a trainer's.
    Disconnected {
        /// Whose.
        viewer: Viewer,
    },
    /// The time that [`Training::next_wake`] named has come. `took` are the milliseconds since the turn before, if work was
    /// done in that.
    Wake {
        /// How long it took.
        took: Option<u64>,
    },
}

/// A message as it came.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    /// JSON.
    Text(&'a str),
    /// A picture or a model.
    Bytes(&'a [u8]),
}

/// A run with its viewers.
pub struct Training {
    name: String,
    viewers: Viewers,
    state: State,
    /// The episodes of the run that is over.
    past: Vec<Episode>,
    /// Models that are being stored, and what is told of them then.
    waiting: Vec<(String, String)>,
    pace: Pace,
    /// What the trainer elsewhere may still say.
    allowance: Allowance,
    /// How often actors were asked.
    asks: u64,
}

enum State {
    Idle,
    Active(Box<Active>),
    Broadcast(Box<Broadcast>),
}

/// A run as it is stored.
#[derive(Serialize, Deserialize)]
enum Stored {
    Active(Box<active::Stored>),
    Broadcast(Broadcast),
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
            viewers: Viewers::default(),
            state: State::Idle,
            past: Vec::new(),
            waiting: Vec::new(),
            pace: Pace::default(),
            allowance: Allowance::new(TRAINER_BURST, EpochMs(0)),
            asks: 0,
        }
    }

    /// Goes on with a run that was stored.
    ///
    /// # Errors
    /// The bytes are none, or their environment is another one by now.
    pub fn restore(name: &str, registry: &Registry, stored: &[u8], now: EpochMs) -> Result<Self, String> {
        let state = match msgpack::decode(stored).map_err(|error| error.to_string())? {
            Stored::Active(stored) => State::Active(Box::new(Active::restore(registry, *stored, now)?)),
            Stored::Broadcast(broadcast) => State::Broadcast(Box::new(broadcast)),
        };
        Ok(Self { state, ..Self::new(name) })
    }

    /// Everything that a later process needs; none if there is no run.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> Result<Option<Vec<u8>>, String> {
        let stored = match &self.state {
            State::Idle => return Ok(None),
            State::Active(active) => Stored::Active(Box::new(active.save()?)),
            State::Broadcast(broadcast) => Stored::Broadcast(broadcast.as_ref().clone()),
        };
        msgpack::encode(&stored).map(Some).map_err(|error| error.to_string())
    }

    /// Whether a run is under way, paused or not.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// How many watch.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.viewers.count()
    }

    /// The connection of the trainer elsewhere that tells of the run.
    #[must_use]
    pub fn trainer(&self) -> Option<Viewer> {
        match &self.state {
            State::Broadcast(broadcast) => broadcast.trainer,
            _ => None,
        }
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
        self.viewers.poll()
    }

    /// Something happened.
    pub fn handle(&mut self, now: EpochMs, world: &World<'_>, input: &Input<'_>) {
        match input {
            Input::Connected { viewer } => self.welcome(now, *viewer),
            Input::Disconnected { viewer } => {
                self.viewers.remove(*viewer);
                if let State::Broadcast(broadcast) = &mut self.state
                    && broadcast.trainer == Some(*viewer)
                {
                    broadcast.trainer = None;
                    self.viewers.broadcast(&Told::Trainer { connected: false }.json());
                    self.viewers.push(Output::Keep);
                }
            }
            Input::Text { viewer, text, may_control } => {
                if self.viewers.may_speak(now, *viewer) {
                    self.read(now, world, *viewer, *text, *may_control);
                }
            }
            Input::Published { trainer, message } => self.publish(now, *trainer, *message),
            Input::Kept => {
                if let State::Broadcast(broadcast) = &self.state
                    && broadcast.heard > 0
                {
                    broadcast.answer(&Answer::Kept { number: broadcast.heard }, &mut self.viewers);
                }
            }
            Input::Stored { model, failed } => self.stored(model, *failed),
            Input::Answered { actor, number, answer } => self.answered(now, *actor, *number, *answer),
            Input::Wake { took } => self.wake(now, *took),
        }
    }

    fn welcome(&mut self, now: EpochMs, viewer: Viewer) {
        self.viewers.add(viewer, now);
        self.tell_status(viewer);
        let episodes = match &self.state {
            State::Active(active) => active.facts.episodes.history(),
            State::Broadcast(broadcast) => broadcast.episodes.history(),
            State::Idle => &self.past,
        };
        if !episodes.is_empty() {
            self.viewers.send(viewer, Told::History { episodes }.json());
        }
        if let State::Broadcast(broadcast) = &self.state
            && !broadcast.metrics.is_empty()
        {
            self.viewers.send(viewer, Told::MetricsHistory { series: &broadcast.metrics }.json());
        }
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
            Err(why) => return self.viewers.refuse(viewer, &why),
        };
        if request.is_control() && !may_control {
            return self.viewers.refuse(
                viewer,
                "Only who has the token starts, pauses, resumes and stops a training: open /ws/training?token=TOKEN.",
            );
        }
        match request {
            Request::Start(start) => {
                if let Err(why) = self.start(now, world, *start) {
                    self.viewers.refuse(viewer, &why);
                }
            }
            Request::Pause => self.pause(viewer, true, now),
            Request::Resume => self.pause(viewer, false, now),
            Request::Stop => match &self.state {
                State::Active(_) => self.finish(true),
                // The trainer saves what it has and says the end; without one that is the end.
                State::Broadcast(broadcast) => {
                    if !broadcast.answer(&Answer::Stop {}, &mut self.viewers) {
                        self.end(true);
                    }
                }
                State::Idle => self.viewers.refuse(viewer, "No training is under way."),
            },
            Request::Status => self.tell_status(viewer),
            Request::Ping => {}
            Request::Show(pictures) => self.viewers.wants_pictures(viewer, pictures),
            Request::Seen(messages) => self.viewers.has_seen(viewer, messages),
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
        let active = Active::new(world.registry, environment, start, now)?;
        let Start { episodes, .. } = active.facts.start;
        let environment = &active.facts.environment;
        self.viewers.broadcast(&Told::TrainingStarted { num_episodes: episodes, environment }.json());
        active.tell_episode(&mut self.viewers);
        self.state = State::Active(Box::new(active));
        self.viewers.push(Output::Keep);
        Ok(())
    }

    fn pause(&mut self, viewer: Viewer, pause: bool, now: EpochMs) {
        match &mut self.state {
            State::Active(active) => {
                active.facts.paused = pause;
                active.due = active.due.max(now);
            }
            State::Broadcast(broadcast) => {
                broadcast.paused = pause;
                let answer = if pause { Answer::Pause {} } else { Answer::Resume {} };
                broadcast.answer(&answer, &mut self.viewers);
            }
            State::Idle => return self.viewers.refuse(viewer, "No training is under way."),
        }
        self.viewers.broadcast(&if pause { Told::Paused {} } else { Told::Resumed {} }.json());
        self.viewers.push(Output::Keep);
    }

    /// Works for a while: one step of an episode that is shown, or as many rounds of others as fit into a slice.
    fn wake(&mut self, now: EpochMs, took: Option<u64>) {
        if let State::Active(active) = &self.state
            && active.crew.is_some()
        {
            return self.lead(now);
        }
        let slice = self.pace.begin(took);
        let mut spent = 0;
        while spent < slice {
            let State::Active(active) = &mut self.state else { return };
            if active.facts.paused || (spent == 0 && active.due > now) {
                return;
            }
            spent += active.run.cost();
            let (shown, finished) = match active.round(&mut self.viewers) {
                Ok(round) => round,
                Err(error) => return self.fail(&error.to_string()),
            };
            if shown {
                active.due = now + active.facts.start.step_ms;
            }
            self.complete(now, finished.iter().map(Episode::from));
            if shown {
                return;
            }
        }
        self.pace.use_up();
        if let State::Active(active) = &mut self.state {
            active.due = now;
        }
    }

    /// Episodes are over, and perhaps the run with them.
    fn complete(&mut self, now: EpochMs, episodes: impl IntoIterator<Item = Episode>) {
        let State::Active(active) = &mut self.state else { return };
        let mut models = Vec::new();
        for episode in episodes {
            models.extend(active.complete(&self.name, episode, &mut self.viewers));
        }
        if now - active.kept >= KEEP_MS {
            active.kept = now;
            self.viewers.push(Output::Keep);
        }
        let over = active.run.is_over();
        models.into_iter().for_each(|saved| self.save_checkpoint(saved));
        if over {
            self.finish(false);
        }
    }

    /// Shows a step, and asks the actors for the next update when they wait for it.
    fn lead(&mut self, now: EpochMs) {
        let State::Active(active) = &mut self.state else { return };
        if active.facts.paused || active.due > now {
            return;
        }
        active.due = now + active.facts.start.step_ms.max(LEAST_STEP_MS);
        let done = active.exhibit(&mut self.viewers).map_err(|error| error.to_string());
        let idle = active.crew.as_ref().is_some_and(Crew::is_idle);
        if let Err(why) = done.and_then(|()| if idle { self.ask_all() } else { Ok(()) }) {
            self.fail(&why);
        }
    }

    /// All actors are asked for the next update.
    fn ask_all(&mut self) -> Result<(), String> {
        let State::Active(active) = &mut self.state else { return Ok(()) };
        self.asks += 1;
        let number = self.asks;
        let actors = active.crew.as_mut().map(|crew| crew.ask(number));
        actors.into_iter().flatten().try_for_each(|actor| self.ask(actor, number))
    }

    fn ask(&mut self, actor: u32, number: u64) -> Result<(), String> {
        if let State::Active(active) = &self.state {
            let task = active.task(actor)?;
            self.viewers.push(Output::Ask { actor, number, task });
        }
        Ok(())
    }

    /// An actor has answered, or could not be reached.
    fn answered(&mut self, now: EpochMs, actor: u32, number: u64, answer: Result<&[u8], &str>) {
        let State::Active(active) = &mut self.state else { return };
        let Some(crew) = &mut active.crew else { return };
        let (answers, mean) = match crew.answered(actor, number, answer) {
            crew::Next::Wait => return,
            crew::Next::Ask => {
                return match self.ask(actor, number) {
                    Ok(()) => {}
                    Err(why) => self.fail(&why),
                };
            }
            crew::Next::Failed(why) => return self.fail(&why),
            crew::Next::Learnt(answers, mean) => (answers, mean),
        };
        let episodes = match active.learnt(answers, &mean) {
            Ok(episodes) => episodes,
            Err(why) => return self.fail(&why),
        };
        let paused = active.facts.paused;
        self.complete(now, episodes);
        // They go on at once; the next step that is shown may be far away.
        if !paused && let Err(why) = self.ask_all() {
            self.fail(&why);
        }
    }

    /// The run cannot go on: what was learnt is saved.
    fn fail(&mut self, why: &str) {
        let why = format!("The training ended: {why}");
        self.viewers.broadcast(&Told::Error { message: &why }.json());
        self.finish(true);
    }

    fn save_checkpoint(&mut self, saved: Saved) {
        let told = Told::CheckpointSaved { model: &saved.name, episode: saved.episode }.json();
        self.save_model(saved, told);
    }

    /// What is told of a model is told when it is stored.
    fn save_model(&mut self, saved: Saved, told: String) {
        self.waiting.push((saved.name.clone(), told));
        self.viewers.push(Output::Model(Box::new(saved)));
    }

    fn stored(&mut self, model: &str, failed: Option<&str>) {
        let Some(place) = self.waiting.iter().position(|(name, _)| name == model) else { return };
        let (_, told) = self.waiting.remove(place);
        let why = failed.map(|why| format!("The model {model} could not be saved: {why}"));
        if let Some(why) = &why {
            self.viewers.broadcast(&Told::Error { message: why }.json());
        }
        if let State::Broadcast(broadcast) = &self.state {
            let answer = match &why {
                Some(why) => Answer::NotStored { model, message: why },
                None => Answer::Stored { model },
            };
            broadcast.answer(&answer, &mut self.viewers);
        }
        // The end of a run is told in any case.
        if failed.is_none() || model.ends_with(FINAL) {
            self.viewers.broadcast(&told);
        }
    }

    fn finish(&mut self, stopped: bool) {
        let State::Active(active) = std::mem::replace(&mut self.state, State::Idle) else { return };
        let saved = active.model(format!("{}{FINAL}", self.name));
        self.past = active.facts.episodes.history().to_vec();
        let told = Told::TrainingComplete {
            model_saved: Some(&format!("models/{}", saved.name)),
            final_avg_reward: saved.score,
            final_avg_length: active.facts.episodes.length(),
            stopped,
        }
        .json();
        self.save_model(saved, told);
        self.viewers.push(Output::Keep);
        self.pace = Pace::default();
    }

    fn tell_status(&mut self, viewer: Viewer) {
        let run = &self.name;
        let told = match &self.state {
            State::Active(active) => Told::TrainingStatus {
                is_training: true,
                is_paused: active.facts.paused,
                current_episode: active.episode(),
                total_episodes: active.facts.start.episodes,
                run,
                environment: Some(&active.facts.environment),
            },
            State::Broadcast(broadcast) => Told::TrainingStatus {
                is_training: true,
                is_paused: broadcast.paused,
                current_episode: broadcast.episode(),
                total_episodes: broadcast.num_episodes,
                run,
                environment: Some(&broadcast.environment),
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
        self.viewers.send(viewer, told);
    }

    /// A trainer elsewhere says something.
    fn publish(&mut self, now: EpochMs, trainer: Viewer, message: Message<'_>) {
        match self.allowance.speak(now, TRAINER_BURST, TRAINER_A_SECOND) {
            May::Speak => {}
            May::NoMore => {
                let message = "Too many messages; what follows is not read for a while.";
                return self.answer(trainer, &Answer::Error { message });
            }
            May::Not => return,
        }
        let done = match message {
            Message::Text(text) => publication::text(text).and_then(|said| self.said(now, trainer, said)),
            Message::Bytes(bytes) => publication::bytes(bytes).and_then(|bytes| {
                let broadcast = own(&mut self.state, trainer)?;
                if let Some(saved) = broadcast.take(&self.name, bytes, &mut self.viewers) {
                    self.save_checkpoint(saved);
                }
                Ok(())
            }),
        };
        if let Err(why) = done {
            self.answer(trainer, &Answer::Error { message: &why });
        }
    }

    fn said(&mut self, now: EpochMs, trainer: Viewer, said: Publication) -> Result<(), String> {
        match said {
            Publication::Begin(begin) => self.begin(now, trainer, begin)?,
            Publication::Ping {} => {
                self.answer(trainer, &Answer::Pong { viewers: self.viewers.count() });
            }
            Publication::End {} => {
                own(&mut self.state, trainer)?;
                self.end(false);
            }
            said => {
                let broadcast = own(&mut self.state, trainer)?;
                broadcast.hear(said, &mut self.viewers);
                if now - broadcast.kept >= KEEP_MS {
                    broadcast.kept = now;
                    self.viewers.push(Output::Keep);
                }
            }
        }
        Ok(())
    }

    /// A run of a trainer elsewhere begins, or goes on.
    fn begin(&mut self, now: EpochMs, trainer: Viewer, begin: Begin) -> Result<(), String> {
        let mut heard = 0;
        match &mut self.state {
            State::Active(_) => {
                return Err(format!(
                    "The run {:?} is learnt in the deployment; choose another name.",
                    self.name
                ));
            }
            // A connection that is lost may not be known to be so yet.
            State::Broadcast(broadcast) if begin.resume => {
                broadcast.trainer = Some(trainer);
                heard = broadcast.heard;
                self.viewers.broadcast(&Told::Trainer { connected: true }.json());
            }
            State::Broadcast(broadcast) if broadcast.trainer.is_some_and(|other| other != trainer) => {
                return Err(format!(
                    "Another trainer tells of the run {:?}; choose another name.",
                    self.name
                ));
            }
            State::Broadcast(_) | State::Idle => {
                let (num_episodes, environment) = (begin.num_episodes, &begin.environment);
                self.viewers.broadcast(&Told::TrainingStarted { num_episodes, environment }.json());
                self.state = State::Broadcast(Box::new(Broadcast::new(begin, trainer, now)));
            }
        }
        self.viewers.push(Output::Keep);
        let (run, viewers) = (self.name.clone(), self.viewers.count());
        self.answer(trainer, &Answer::Accepted { run: &run, viewers, heard });
        Ok(())
    }

    /// A run of a trainer elsewhere is over.
    fn end(&mut self, stopped: bool) {
        let State::Broadcast(broadcast) = std::mem::replace(&mut self.state, State::Idle) else { return };
        let told = Told::TrainingComplete {
            model_saved: None,
            final_avg_reward: broadcast.episodes.reward(),
            final_avg_length: broadcast.episodes.length(),
            stopped,
        };
        self.viewers.broadcast(&told.json());
        self.past = broadcast.episodes.history().to_vec();
        self.viewers.push(Output::Keep);
    }

    fn answer(&mut self, viewer: Viewer, answer: &Answer<'_>) {
        self.viewers.push(Output::Send { viewer, text: answer.json() });
    }
}

/// The run of that trainer.
fn own(state: &mut State, trainer: Viewer) -> Result<&mut Broadcast, String> {
    match state {
        State::Broadcast(broadcast) if broadcast.trainer == Some(trainer) => Ok(broadcast),
        _ => Err("No run of yours is under way: say begin first.".into()),
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
