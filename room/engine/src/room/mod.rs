//! One running game, without a clock or a socket.
//!
//! The shell hands in what happened with [`Room::handle`], does what [`Room::poll`] returns until it returns nothing,
//! and calls again with [`Input::Wake`] at [`Room::next_wake`]. A room never fails: what a participant, a policy or an
//! environment does wrong becomes an event, a refusal or an outcome.

mod alone;
mod checkpoint;
mod confirm;
mod durable;
mod hooked;
mod messages;
mod schedule;
mod seat;
mod staying;
mod tick;
mod watch;

use std::collections::{BTreeMap, VecDeque};

use footlights_env::{Agent, Surface, surface::Encoder};

use footlights_data::{
    chunk::Chunk,
    event::{Event, EventKind, Retention},
    verdict::{SeatVerdict, Verdict},
};
use footlights_experiment::{
    GameScene, Globals,
    record::{EpisodeRecord, GameInfo},
};
use footlights_protocol::{
    Outcome,
    timeline::Timeline,
    wire::{self, CloseCode, Phase, RoomToClient, Status},
};

use alone::Alone;
pub use checkpoint::Checkpoint;
use durable::Seal;
pub use durable::SealKey;
use hooked::Hooked;
use schedule::Schedule;
use seat::{Gone, Holder, Human, SeatState};

/// A connection from which nothing came for so long is taken for lost.
pub const SILENT_MS: u64 = 10_000;
/// Rows are handed out for storage at least this often.
pub const FLUSH_MS: u64 = 2_000;
/// How long the game waits, with a countdown, when somebody came back.
const RESUME_MS: u64 = 1_500;
/// For how many grace times in all one person may hold up a game that others are in.
const MOST_GRACES: u64 = 3;
/// How long a game that is over waits for what browsers have yet to tell of its end.
const LAST_WORDS_MS: u64 = 2_000;
/// A game keeps no more events than this, beside those that decide how it goes on.
const MAX_EVENTS: u32 = 1_000;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A participant with a good ticket for this agent's seat connected.
    Connected {
        /// The seat.
        agent: Agent,
        /// The connection, unique in the room.
        conn: u64,
    },
    /// A message came.
    Message {
        /// From this connection.
        conn: u64,
        /// As it came.
        bytes: Vec<u8>,
    },
    /// A connection is gone.
    Disconnected {
        /// Which.
        conn: u64,
    },
    /// The time that [`Room::next_wake`] asked for has come.
    Wake,
    /// The participants' objects know that this person has gone for good.
    Released {
        /// From this seat.
        agent: Agent,
    },
    /// The oldest [`Output::Persist`] that was not confirmed yet is stored.
    Stored,
    /// Rows and replay are stored for good.
    Saved,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send these bytes.
    Send {
        /// Over this connection.
        conn: u64,
        /// An encoded [`RoomToClient`].
        bytes: Vec<u8>,
    },
    /// Close a connection.
    Close {
        /// Which.
        conn: u64,
        /// With this code.
        code: CloseCode,
        /// For the log.
        reason: String,
    },
    /// Store both, or neither: what happened since the last time, and where to go on from. Say so with [`Input::Stored`].
    Persist {
        /// An encoded [`Chunk`].
        chunk: Vec<u8>,
        /// An encoded [`Checkpoint`].
        checkpoint: Vec<u8>,
    },
    /// Log this. It is in a chunk, too.
    Report(Event),
    /// Somebody has gone for good while the others play on. Let them go on, and say so with [`Input::Released`]. It comes
    /// again after a restore.
    Released {
        /// From this seat.
        agent: Agent,
        /// How the game ended for them.
        verdict: SeatVerdict,
    },
    /// The game is over and what decides it was handed out for storage. Store how it ended; from then on it need not be
    /// restored any more.
    Finished(Verdict),
    /// Nobody will tell more of a game that is over. Save it and say so with [`Input::Saved`].
    Save,
}

/// Why there is no room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// The environment refuses its configuration or a snapshot.
    #[error(transparent)]
    Environment(#[from] footlights_env::EnvError),
    /// A policy does not load.
    #[error(transparent)]
    Policy(#[from] footlights_env::PolicyError),
    /// A stored checkpoint does not decode.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Gathering { until: u64 },
    Countdown { until: u64 },
    Running,
    Paused { until: u64 },
    Over { outcome: Outcome, saved: bool },
}

/// One running game.
pub struct Room {
    scene: GameScene,
    info: GameInfo,
    /// Of the environment's default configuration, which a browser knows before it is sent the game's.
    fingerprint: u64,
    /// Of the game's configuration, where browsers simulate.
    own_fingerprint: Option<u64>,
    timeline: Timeline,
    seats: Vec<SeatState>,
    state: State,
    schedule: Schedule,
    /// Sum of all rewards by agent.
    totals: Vec<f64>,
    hooks: Option<Hooked>,
    episode: EpisodeRecord,
    started_ms: u64,
    slips: u32,
    /// Where one person plays alone, their browser's clock in place of the schedule.
    alone: Option<Alone>,
    /// Since when the game has stood still because of somebody.
    paused_ms: Option<u64>,
    /// When attention was looked at last.
    watched_ms: u64,
    /// Until when browsers may tell of the end of a game that is over.
    listens_until: Option<u64>,
    /// Until when the last countdown was to last that somebody's loss broke off, epoch ms.
    countdown_ms: u64,
    pending: Chunk,
    flushed_ms: u64,
    events_left: u32,
    surface: Surface,
    /// Digests of the last seconds where browsers simulate, by tick.
    digests: VecDeque<(u32, u64)>,
    seal: Seal,
    /// Of the last tick.
    tag: u64,
    /// When the last tick was decided, epoch ms.
    decided_ms: u64,
    /// Ticks are repeated that everybody has seen: there is nothing to show.
    repeats: bool,
    /// Ticks up to which rows were handed out for storage and are not known to be stored.
    handed_out: VecDeque<u32>,
    /// Up to this tick all is stored, and up to which browsers have been told so.
    persisted: u32,
    announced_persisted: u32,
    out: VecDeque<Output>,
}

impl Room {
    /// A room that waits for its people. `phase_ms` shifts the grid of its ticks: rooms of one object share a timer by
    /// sharing it, and objects that differ in it do not all work at the same moment.
    pub fn new(scene: &GameScene, info: GameInfo, phase_ms: u64, now: u64) -> Result<Self, RoomError> {
        let timeline = Timeline::new(scene.rules(), scene.environment.make()?, info.seed);
        let spec = timeline.sim().spec();
        let viewport = spec.viewport;
        let mut seats = Vec::new();
        for agent in spec.agents() {
            let holder = match scene.policy_for(agent, timeline.sim())? {
                Some(policy) => Holder::Policy(policy),
                None => Holder::Human(Box::new(Human::new(Encoder::new(viewport)))),
            };
            seats.push(SeatState { holder, gone: None });
        }
        let agents = seats.len();
        let mut room = Self {
            fingerprint: scene.environment.default_fingerprint()?,
            own_fingerprint: scene.runs_in_browser().then(|| scene.environment.fingerprint()).transpose()?,
            scene: scene.clone(),
            info,
            timeline,
            seats,
            state: State::Gathering { until: now + scene.gather_ms },
            schedule: Schedule::new(scene.fps, phase_ms),
            totals: vec![0.0; agents],
            hooks: None,
            episode: EpisodeRecord {
                episode: 0,
                started_ms: now,
                initial_observations: Vec::new(),
                steps: 0,
                returns: vec![0.0; agents],
                end: "interrupted".into(),
                digest: 0,
                metrics: BTreeMap::new(),
            },
            started_ms: now,
            slips: 0,
            alone: Alone::of(scene, now),
            paused_ms: None,
            watched_ms: now,
            listens_until: None,
            countdown_ms: 0,
            pending: Chunk::default(),
            flushed_ms: now,
            events_left: MAX_EVENTS,
            surface: Surface::new(),
            digests: VecDeque::new(),
            seal: Seal::new(SealKey::default()),
            tag: 0,
            decided_ms: now,
            repeats: false,
            handed_out: VecDeque::new(),
            persisted: 0,
            announced_persisted: 0,
            out: VecDeque::new(),
        };
        room.episode.initial_observations = room.observations();
        room.hooks = Hooked::open(scene, 0, &room.episode.initial_observations);
        Ok(room)
    }

    /// What the game is called and where it belongs.
    pub fn info(&self) -> &GameInfo {
        &self.info
    }

    /// Whether the person of that seat was here at least once.
    pub fn has_arrived(&self, agent: Agent) -> bool {
        let gone = self.seats.get(agent.index()).is_some_and(|seat| seat.gone.is_some());
        gone || self.human(agent).is_some_and(|human| human.arrived)
    }

    /// Ticks since the game began.
    pub fn tick(&self) -> u32 {
        self.timeline.tick()
    }

    /// Times the schedule had to be moved because the room was called too late.
    pub fn slips(&self) -> u32 {
        self.slips
    }

    /// How the game ended, if it did.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Over { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Whether the game is over, and nobody will tell more of it.
    pub fn is_told(&self) -> bool {
        self.outcome().is_some() && self.listens_until.is_none()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When to call with [`Input::Wake`] at the latest, epoch ms.
    pub fn next_wake(&self) -> Option<u64> {
        let deadline = match self.state {
            State::Gathering { until } | State::Countdown { until } | State::Paused { until } => until,
            State::Running => return Some(self.alone_wake().unwrap_or(self.schedule.next())),
            State::Over { .. } => return self.listens_until,
        };
        let silent = self.people().filter(|h| h.conn.is_some()).map(|h| h.seen + SILENT_MS).min();
        Some(silent.map_or(deadline, |silent| silent.min(deadline)))
    }

    /// Takes in what happened at `now`, epoch ms.
    pub fn handle(&mut self, now: u64, input: Input) {
        self.attention_rule(now);
        match input {
            Input::Connected { agent, conn } => self.connected(now, agent, conn),
            Input::Message { conn, bytes } => self.message(now, conn, &bytes),
            Input::Disconnected { conn } => {
                if let Some(agent) = self.agent_of(conn) {
                    self.lost(now, agent, EventKind::Lost, "the connection closed");
                }
                for gone in self.seats.iter_mut().filter_map(|seat| seat.gone.as_mut()) {
                    gone.conn.take_if(|listening| *listening == conn);
                }
            }
            Input::Released { agent } => self.released(agent),
            Input::Stored => self.stored(),
            Input::Saved => self.saved(),
            Input::Wake => {}
        }
        self.advance(now);
    }

    /// Does what is due.
    fn advance(&mut self, now: u64) {
        for agent in self.agents() {
            let silent = self
                .human(agent)
                .is_some_and(|human| human.conn.is_some() && now.saturating_sub(human.seen) >= SILENT_MS);
            if silent {
                self.close_silent(now, agent, "nothing came for 10 s");
            } else if self.alone_is_stuck(now, agent) {
                self.close_silent(now, agent, "nothing was played for 10 s");
            }
        }
        match self.state {
            State::Gathering { until } if now >= until => self.finish(now, Outcome::NoShow),
            State::Countdown { until } if now >= until => self.go(now, until),
            State::Paused { until } if now >= until => self.grace_over(now),
            State::Running => self.run(now),
            State::Over { .. } => self.hear_out(now),
            _ => {}
        }
        if self.state == State::Running && now.saturating_sub(self.flushed_ms) >= FLUSH_MS {
            self.flush(now);
        }
    }

    /// The ticks begin, or go on, on a schedule from `from`.
    fn go(&mut self, now: u64, from: u64) {
        self.schedule.start(from);
        self.set_state(now, State::Running);
        if let Some(since) = self.paused_ms.take() {
            self.report(now, None, EventKind::Resumed, format!("after {} ms", now.saturating_sub(since)));
        }
        for human in self.seats.iter_mut().filter_map(SeatState::human_mut) {
            human.goes_on(now);
        }
        self.run(now);
    }

    fn connected(&mut self, now: u64, agent: Agent, conn: u64) {
        if let Some((outcome, saved)) = self.over_for(agent) {
            let finished = RoomToClient::Finished { outcome, saved, scores: self.timeline.scores().to_vec() };
            self.out.push_back(Output::Send { conn, bytes: wire::encode(&finished) });
            self.close(conn, CloseCode::Over, if saved { "over" } else { "over, being saved" });
            return;
        }
        let (grace, patience) = (self.scene.grace_ms, self.patience_ms());
        let paused = matches!(self.state, State::Paused { .. });
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else {
            self.close(conn, CloseCode::Ticket, "not a person's seat");
            return;
        };
        if human.ready {
            human.back_by = now + grace;
            if paused {
                human.wait_for(now, now, grace, patience);
            }
        }
        let old = human.conn.replace(conn);
        human.connect(conn, now);
        self.forget_keys(agent);
        if let Some(old) = old {
            self.close(old, CloseCode::Replaced, "the same participant connected again");
            self.report(now, Some(agent), EventKind::Replaced, String::new());
        }
    }

    /// How the game is over for a person, and whether that is stored; `None` while they may play.
    fn over_for(&self, agent: Agent) -> Option<(Outcome, bool)> {
        let gone = self.seats.get(agent.index()).and_then(|seat| seat.gone.as_ref());
        match (&self.state, gone) {
            (State::Over { saved, .. }, Some(gone)) => Some((gone.outcome, *saved || gone.released)),
            (State::Over { outcome, saved }, None) => Some((*outcome, *saved)),
            (_, Some(gone)) => Some((gone.outcome, gone.released)),
            (_, None) => None,
        }
    }

    /// How the game ended for the person of that seat, where it ends with `outcome` for who stays.
    fn seat_verdict(&self, agent: Agent, outcome: Outcome) -> Option<SeatVerdict> {
        let seat = self.seats.get(agent.index())?;
        let globals = Globals::new();
        if let Some(Gone { outcome, tick, score, .. }) = seat.gone {
            return Some(SeatVerdict { outcome, score, tick, globals });
        }
        let score = self.totals.get(agent.index()).copied().unwrap_or(0.0);
        seat.human().map(|_| SeatVerdict { outcome, score, tick: self.tick(), globals })
    }

    fn finish(&mut self, now: u64, outcome: Outcome) {
        if matches!(self.state, State::Over { .. }) {
            return;
        }
        if self.episode.steps > 0 {
            self.close_episode("interrupted");
        }
        self.report(now, None, EventKind::Finished, outcome.as_str().to_owned());
        self.set_state(now, State::Over { outcome, saved: false });
        self.flush(now);
        let mut seats: Vec<Option<SeatVerdict>> =
            self.agents().map(|agent| self.seat_verdict(agent, outcome)).collect();
        let globals =
            self.hooks.as_mut().map(|hooks| hooks.game_end(&self.info, outcome)).unwrap_or_default();
        for (seat, globals) in seats.iter_mut().zip(globals) {
            if let Some(seat) = seat {
                seat.globals = globals;
            }
        }
        self.out.push_back(Output::Finished(Verdict { outcome, seats }));
        self.tell_all(&RoomToClient::Finished {
            outcome,
            saved: false,
            scores: self.timeline.scores().to_vec(),
        });
        // Where the environment failed, nobody was told of the last tick.
        self.listens_until = Some(if outcome == Outcome::Failed { now } else { now + LAST_WORDS_MS });
        self.hear_out(now);
    }

    /// Has a game that is over saved as soon as everybody who is here has told how they were shown its end.
    fn hear_out(&mut self, now: u64) {
        let Some(until) = self.listens_until else { return };
        let tick = self.tick();
        let owes = |human: &Human| human.ready && human.shown_until < tick;
        if now < until && self.scene.runs_in_browser() && self.people().any(owes) {
            return;
        }
        self.listens_until = None;
        self.flush(now);
        self.out.push_back(Output::Save);
    }

    fn saved(&mut self) {
        let State::Over { outcome, .. } = self.state else { return };
        self.state = State::Over { outcome, saved: true };
        self.listens_until = None;
        self.tell_all(&RoomToClient::Finished {
            outcome,
            saved: true,
            scores: self.timeline.scores().to_vec(),
        });
        let open: Vec<u64> = self.people().filter_map(|human| human.conn).collect();
        for conn in open {
            self.close(conn, CloseCode::Over, "over");
        }
        for agent in self.agents() {
            self.released(agent);
        }
    }

    fn set_state(&mut self, now: u64, state: State) {
        self.state = state;
        if state == State::Running {
            self.alone_runs(now);
        }
        self.tell_status(now);
    }

    fn tell_status(&mut self, now: u64) {
        let (phase, until) = match self.state {
            State::Gathering { until } => (Phase::Gathering, until),
            State::Countdown { until } => (Phase::Countdown, until),
            State::Running => (Phase::Running, now),
            State::Paused { until } => (Phase::Paused, until),
            State::Over { .. } => (Phase::Over, now),
        };
        let seats = self.seats.iter().map(SeatState::presence).collect();
        let remaining_ms = u32::try_from(until.saturating_sub(now)).unwrap_or(u32::MAX);
        self.tell_all(&RoomToClient::Status(Status { phase, remaining_ms, seats }));
    }

    fn tell_all(&mut self, message: &RoomToClient) {
        let bytes = wire::encode(message);
        let listeners: Vec<u64> = self.people().filter_map(Human::listener).collect();
        for conn in listeners {
            self.out.push_back(Output::Send { conn, bytes: bytes.clone() });
        }
    }

    fn close(&mut self, conn: u64, code: CloseCode, reason: &str) {
        self.out.push_back(Output::Close { conn, code, reason: reason.to_owned() });
    }

    fn report(&mut self, now: u64, agent: Option<Agent>, kind: EventKind, detail: String) {
        let mut kind = kind;
        if kind.retention() != Retention::Always {
            let Some(left) = self.events_left.checked_sub(1) else { return };
            self.events_left = left;
            if left == 0 {
                kind = EventKind::NoMoreEvents;
            }
        }
        let event = Event { at_ms: now, tick: self.tick(), agent, kind, detail };
        self.pending.events.push(event.clone());
        self.out.push_back(Output::Report(event));
    }

    /// Hands out what is not stored yet.
    fn flush(&mut self, now: u64) {
        self.flushed_ms = now;
        if self.pending.is_empty() {
            return;
        }
        let checkpoint = match self.checkpoint() {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                // Without a checkpoint the rows are still worth storing; the last good checkpoint stays valid only up
                // to its own tick, so the game ends here.
                self.report(now, None, EventKind::CheckpointFailed, error.to_string());
                if !matches!(self.state, State::Over { .. }) {
                    self.finish(now, Outcome::Failed);
                    return;
                }
                Vec::new()
            }
        };
        let chunk = match self.pending.encode() {
            Ok(chunk) => chunk,
            Err(error) => {
                // Nothing is stored in place of these rows, and what was stored before stays. The events say why.
                let events = std::mem::take(&mut self.pending.events);
                self.pending = Chunk { events, ..Chunk::default() };
                self.report(now, None, EventKind::RecordFailed, error.to_string());
                self.finish(now, Outcome::Failed);
                return;
            }
        };
        self.pending = Chunk::default();
        self.handed_out.push_back(self.tick());
        self.out.push_back(Output::Persist { chunk, checkpoint });
    }

    fn agents(&self) -> impl Iterator<Item = Agent> + use<> {
        (0..self.seats.len() as u8).map(Agent)
    }

    /// The people who have not gone for good.
    fn people(&self) -> impl Iterator<Item = &Human> {
        self.seats.iter().filter_map(SeatState::human)
    }

    fn human(&self, agent: Agent) -> Option<&Human> {
        self.seats.get(agent.index()).and_then(SeatState::human)
    }

    fn agent_of(&self, conn: u64) -> Option<Agent> {
        self.agents().find(|agent| self.human(*agent).is_some_and(|human| human.conn == Some(conn)))
    }

    fn observations(&self) -> Vec<f32> {
        let sim = self.timeline.sim();
        let mut flat = Vec::new();
        for agent in self.agents() {
            sim.observe(agent, &mut flat);
        }
        flat
    }
}
