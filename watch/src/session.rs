//! One person watches one game: a state machine. Time and messages come in, messages and requests come out.

use std::collections::VecDeque;

use footlights_env::{msgpack, surface::Encoder};
use footlights_experiment::Checkpoint;
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};

use crate::{
    command::{self, Command},
    message::{self, Told},
    picture,
    player::{Player, Saved},
};

/// Milliseconds between two steps at the usual speed.
const STEP_MS: f64 = 100.0;
/// Milliseconds between the end of an episode and the next one.
const BREAK_MS: u64 = 2_000;
/// A session ends when its client has said nothing for so long.
const IDLE_MS: u64 = 30 * 60 * 1_000;
/// How far steps may lag behind before the session goes on from now instead of making up for them.
const MOST_LATE_MS: f64 = 250.0;
/// Messages that a client may send at once, and in a second over time; what is beyond is not read.
const BURST: f64 = 60.0;
const A_SECOND: f64 = 30.0;
/// The longest message that is read.
const MAX_MESSAGE: usize = 4_096;

/// What happens to a session.
pub enum Input<'a> {
    /// A message of its client.
    Text(&'a str),
    /// A message that is no text.
    Bytes,
    /// A model that was asked for, or why there is none.
    Loaded {
        /// As the client named it.
        model: &'a str,
        /// The policy with what it plays.
        checkpoint: &'a Result<Checkpoint, String>,
    },
    /// The time that [`Session::next_wake`] named has come.
    Wake,
}

/// What a session asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A message to the client.
    Send(String),
    /// A picture to the client: the viewport and the change from the picture before, see [`picture::read`].
    Picture(Vec<u8>),
    /// A model by its name; [`Input::Loaded`] answers.
    Load(String),
    /// Something changed that a later process must know.
    Keep,
    /// The session is over.
    Close(&'static str),
}

/// A session.
pub struct Session {
    id: String,
    player: Player,
    /// The names of the actions of each agent.
    actions: Vec<Vec<&'static str>>,
    settings: Settings,
    /// When the next step is due while it plays, in milliseconds since 1970.
    due: f64,
    heard: EpochMs,
    allowance: f64,
    pictures: Option<Encoder>,
    out: VecDeque<Output>,
}

/// What is stored beside the game.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Settings {
    /// The model, as the client named it.
    model: String,
    seed: u64,
    /// From 1.
    episode: u32,
    playing: bool,
    speed: f64,
    /// The end of an episode was told, and the next one begins then.
    pause_until: Option<EpochMs>,
    /// Whether pictures are sent.
    picture: bool,
    /// The agent that the client plays.
    #[serde(default)]
    agent: Option<u8>,
}

/// A session as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    settings: Settings,
    player: Saved,
}

impl Session {
    /// A session that begins: it is paused, and its client is told so. `available` are the models that it may ask for.
    ///
    /// # Errors
    /// The checkpoint cannot be played.
    pub fn new(
        id: &str,
        checkpoint: &Checkpoint,
        available: &[String],
        seed: u64,
        now: EpochMs,
    ) -> Result<Self, String> {
        let player = Player::new(checkpoint, seed).map_err(|error| error.to_string())?;
        let settings = Settings {
            model: checkpoint.name.clone(),
            seed,
            episode: 1,
            playing: false,
            speed: 1.0,
            pause_until: None,
            picture: false,
            agent: None,
        };
        let mut session = Self::with(id, player, settings, now);
        session.tell(&Told::Connected { available_models: available, session: id });
        session.begin();
        session.out.push_back(Output::Keep);
        Ok(session)
    }

    fn with(id: &str, player: Player, settings: Settings, now: EpochMs) -> Self {
        Self {
            id: id.to_owned(),
            actions: message::action_names(&player),
            // A client that is shown pictures has none of them after a new start: the next one is whole.
            pictures: settings.picture.then(|| Encoder::new(player.sim.spec().viewport)),
            player,
            settings,
            due: now.0 as f64,
            heard: now,
            allowance: BURST,
            out: VecDeque::new(),
        }
    }

    /// The name of the model of a stored session.
    ///
    /// # Errors
    /// The bytes are none.
    pub fn stored_model(stored: &[u8]) -> Result<String, String> {
        let stored: Stored = msgpack::decode(stored).map_err(|error| error.to_string())?;
        Ok(stored.settings.model)
    }

    /// Goes on with a stored session.
    ///
    /// # Errors
    /// The bytes are none, or of another environment.
    pub fn restore(id: &str, checkpoint: &Checkpoint, stored: &[u8], now: EpochMs) -> Result<Self, String> {
        let Stored { settings, player: saved } =
            msgpack::decode(stored).map_err(|error| error.to_string())?;
        let mut player = Player::new(checkpoint, settings.seed).map_err(|error| error.to_string())?;
        player.load(saved)?;
        player.take(settings.agent)?;
        Ok(Self::with(id, player, settings, now))
    }

    /// Tells a client that has come back where its session is.
    pub fn greet(&mut self, available: &[String]) {
        let id = self.id.clone();
        self.tell(&Told::Connected { available_models: available, session: &id });
        self.begin();
    }

    /// Everything that a later process needs; see [`Session::restore`].
    ///
    /// # Errors
    /// A state cannot be written.
    pub fn save(&self) -> Result<Vec<u8>, String> {
        let stored = Stored { settings: self.settings.clone(), player: self.player.save()? };
        msgpack::encode(&stored).map_err(|error| error.to_string())
    }

    /// When it wants to be woken; never while it is paused.
    #[must_use]
    pub fn next_wake(&self) -> Option<EpochMs> {
        match self.settings.pause_until {
            Some(until) => Some(until),
            None if self.settings.playing => Some(EpochMs(self.due.ceil() as u64)),
            None => None,
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Something happened.
    pub fn handle(&mut self, now: EpochMs, input: &Input<'_>) {
        match input {
            Input::Text(text) => {
                if self.may_speak(now) {
                    self.read(now, text);
                }
            }
            Input::Bytes => {
                if self.may_speak(now) {
                    self.refuse("A message is text.");
                }
            }
            Input::Loaded { model, checkpoint } => match checkpoint {
                Ok(checkpoint) => self.load(model, checkpoint),
                Err(why) => self.refuse(why),
            },
            Input::Wake => self.wake(now),
        }
    }

    /// Whether the client has said little enough lately.
    fn may_speak(&mut self, now: EpochMs) -> bool {
        let seconds = (now - self.heard) as f64 / 1_000.0;
        self.heard = self.heard.max(now);
        self.allowance = (self.allowance + seconds * A_SECOND).min(BURST);
        if self.allowance < 1.0 {
            return false;
        }
        self.allowance -= 1.0;
        if self.allowance < 1.0 {
            self.refuse("Too many messages; what follows is not read for a while.");
            return false;
        }
        true
    }

    fn read(&mut self, now: EpochMs, text: &str) {
        if text.len() > MAX_MESSAGE {
            return self.refuse(&format!("A message has at most {MAX_MESSAGE} bytes."));
        }
        let command = match command::parse(text) {
            Ok(command) => command,
            Err(why) => return self.refuse(&why),
        };
        match command {
            Command::Play => {
                self.skip_break();
                if !self.settings.playing {
                    self.settings.playing = true;
                    self.due = now.0 as f64;
                }
            }
            Command::Pause => self.settings.playing = false,
            Command::Step if self.settings.playing => {
                return self.refuse("step works while the session is paused.");
            }
            Command::Step => {
                self.skip_break();
                self.step(now);
            }
            Command::Reset => {
                if self.settings.pause_until.is_none() {
                    self.end(now, "reset");
                }
            }
            Command::SetSpeed(speed) => {
                self.settings.speed = speed;
                self.due = self.due.min(now.0 as f64 + STEP_MS / speed);
            }
            Command::LoadModel(model) => return self.out.push_back(Output::Load(model)),
            Command::SetSeed(seed) => {
                self.settings.seed = seed;
                self.start(1);
            }
            Command::Seek { episode, step } => self.seek(episode, step),
            Command::Show(picture) => {
                self.settings.picture = picture;
                self.pictures = picture.then(|| Encoder::new(self.player.sim.spec().viewport));
                self.draw();
            }
            Command::Take(agent) => {
                if let Err(why) = self.player.take(agent) {
                    return self.refuse(&why);
                }
                self.settings.agent = agent;
                self.tell(&Told::Taken { agent });
            }
            Command::Act(action) => {
                if let Err(why) = self.player.act(action) {
                    self.refuse(&why);
                }
                // What is held is not worth a row.
                return;
            }
            Command::Ping => return self.tell(&Told::Pong {}),
        }
        self.out.push_back(Output::Keep);
    }

    fn load(&mut self, model: &str, checkpoint: &Checkpoint) {
        let same = checkpoint.environment.id == self.player.sim.spec().id
            && self.player.sim.config().is_ok_and(|config| config == checkpoint.environment.config);
        let loaded = if same {
            self.player.seat(checkpoint)
        } else {
            Player::new(checkpoint, self.settings.seed).map(|player| self.player = player)
        };
        if let Err(error) = loaded {
            return self.refuse(&error.to_string());
        }
        self.settings.model = model.to_owned();
        self.player.heat.clear();
        self.tell(&Told::ModelLoaded { model });
        if !same {
            self.settings.agent = None;
            self.actions = message::action_names(&self.player);
            if self.pictures.is_some() {
                self.pictures = Some(Encoder::new(self.player.sim.spec().viewport));
            }
            self.start(1);
        }
        self.out.push_back(Output::Keep);
    }

    fn wake(&mut self, now: EpochMs) {
        if now - self.heard >= IDLE_MS {
            self.settings.playing = false;
            return self.out.push_back(Output::Close("No word came for half an hour."));
        }
        match self.settings.pause_until {
            Some(until) if until <= now => {
                self.start(self.settings.episode.saturating_add(1));
                self.due = now.0 as f64 + STEP_MS / self.settings.speed;
            }
            Some(_) => {}
            None if self.settings.playing && self.due <= now.0 as f64 => {
                self.step(now);
                self.due += STEP_MS / self.settings.speed;
                // After a stall the pace goes on from now: nobody wants to see what was missed at once.
                if now.0 as f64 - self.due > MOST_LATE_MS {
                    self.due = now.0 as f64;
                }
            }
            None => {}
        }
    }

    fn step(&mut self, now: EpochMs) {
        match self.player.step() {
            Ok(over) => {
                if let Some(played) = &self.player.last {
                    let update = message::update(&self.player, played, &self.actions);
                    self.out.push_back(Output::Send(update));
                }
                self.draw();
                if over {
                    let ended = self.player.last.as_ref();
                    let by_rules = ended.is_some_and(|played| played.step.terminated.iter().all(|end| *end));
                    self.end(now, if by_rules { "meter_depleted" } else { "truncated" });
                }
            }
            Err(why) => {
                self.refuse(&format!("The episode cannot go on: {why}"));
                self.settings.playing = false;
                self.end(now, "reset");
            }
        }
    }

    fn end(&mut self, now: EpochMs, reason: &'static str) {
        let told = Told::EpisodeEnd {
            episode: self.settings.episode,
            steps: self.player.sim.tick(),
            total_reward: self.player.totals.first().copied().unwrap_or_default(),
            reason,
        };
        self.out.push_back(Output::Send(told.json()));
        self.settings.pause_until = Some(now + BREAK_MS);
        self.out.push_back(Output::Keep);
    }

    /// A client that does not want to wait for the next episode.
    fn skip_break(&mut self) {
        if self.settings.pause_until.is_some() {
            self.start(self.settings.episode.saturating_add(1));
        }
    }

    fn start(&mut self, episode: u32) {
        self.settings.episode = episode.max(1);
        self.settings.pause_until = None;
        self.player.reset(self.settings.seed, self.settings.episode - 1);
        self.begin();
    }

    fn begin(&mut self) {
        let Settings { model, seed, episode, .. } = &self.settings;
        let told = Told::EpisodeStart { episode: *episode, model_name: model, seed: *seed }.json();
        self.out.push_back(Output::Send(told));
        self.draw();
    }

    fn seek(&mut self, episode: u32, step: u32) {
        self.settings.playing = false;
        self.settings.episode = episode;
        self.settings.pause_until = None;
        self.player.reset(self.settings.seed, episode - 1);
        let Settings { model, seed, .. } = &self.settings;
        let told = Told::EpisodeStart { episode, model_name: model, seed: *seed }.json();
        self.out.push_back(Output::Send(told));
        while self.player.sim.tick() < step {
            match self.player.step() {
                Ok(false) => {}
                // It ends before: that is where the seeking ends.
                Ok(true) => break,
                Err(why) => return self.refuse(&format!("The episode cannot go on: {why}")),
            }
        }
        if let Some(played) = &self.player.last {
            let update = message::update(&self.player, played, &self.actions);
            self.out.push_back(Output::Send(update));
        }
        self.draw();
    }

    fn draw(&mut self) {
        if let Some(encoder) = &mut self.pictures
            && let Ok(bytes) = picture::next(self.player.sim.as_ref(), encoder)
        {
            self.out.push_back(Output::Picture(bytes));
        }
    }

    fn tell(&mut self, told: &Told<'_>) {
        self.out.push_back(Output::Send(told.json()));
    }

    fn refuse(&mut self, why: &str) {
        self.tell(&Told::Error { message: why });
    }
}
