//! A game on virtual time: a real room, its storage, and browsers that are nothing but a wire.

use std::collections::BTreeMap;

use footlights_data::{
    chunk::Chunk,
    event::Event,
    verdict::{SeatVerdict, Verdict},
};
use footlights_engine::{
    ConnId,
    room::{GameRoom, Input, Output},
};
use footlights_env::{Agent, surface::Scene};
use footlights_experiment::{
    GameScene,
    record::{GameInfo, SeatInfo},
};
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs, Outcome,
    wire::{self, ClientToRoom, CloseCode, Frame, Phase, RoomToClient, Status, Welcome},
};

/// The start of all virtual time.
pub const EPOCH: EpochMs = EpochMs(1_790_000_000_000);

/// What one connection has received.
#[derive(Debug, Default)]
pub struct Browser {
    /// The seat's agent.
    pub agent: u8,
    /// The room's greeting.
    pub welcome: Option<Welcome>,
    /// The newest status.
    pub status: Option<Status>,
    /// (arrival, frame), in order.
    pub frames: Vec<(EpochMs, Frame)>,
    /// Length of every frame as it travelled.
    pub bytes: Vec<usize>,
    /// The picture that the frames make.
    pub scene: Scene,
    /// Every word of the game's end: how, and whether it is saved.
    pub finished: Vec<(Outcome, bool)>,
    /// Why the room refused the connection.
    pub refused: Option<String>,
    /// How the room closed the connection.
    pub closed: Option<CloseCode>,
    /// How many pings were answered.
    pub pongs: usize,
    /// What the participant was told, in order.
    pub notices: Vec<String>,
    /// What its signs of life report from now on.
    pub rtt: f32,
    /// Whether its signs of life say that the page is looked at.
    pub focused: bool,
    seq: u32,
}

/// A room, its virtual clock, its storage and everybody who ever connected.
pub struct World {
    /// What is played.
    pub scene: GameScene,
    /// The real room.
    pub room: GameRoom,
    /// The time.
    pub now: EpochMs,
    /// Every connection there ever was, by number.
    pub browsers: BTreeMap<ConnId, Browser>,
    /// Stored chunks, in order.
    pub chunks: Vec<Vec<u8>>,
    /// The checkpoint that was stored with the last chunk.
    pub checkpoint: Option<Vec<u8>>,
    /// When something was stored.
    pub stored_at: Vec<EpochMs>,
    /// Everything that the room reported.
    pub events: Vec<Event>,
    /// How the game ended.
    pub finished: Option<Outcome>,
    /// What the room found about the game and its participants.
    pub verdict: Option<Verdict>,
    /// Who may go on before the game is over.
    pub released: Vec<(u8, SeatVerdict)>,
    /// How often it was asked to save the game.
    pub saves: usize,
    next_conn: ConnId,
}

/// Ids as a lobby would give them.
pub fn info(scene: &GameScene, seed: u64) -> GameInfo {
    let seats = (0u8..).zip(&scene.seats).map(|(agent, seat)| SeatInfo {
        agent: Agent(agent),
        holder: seat.name().to_owned(),
        subject: seat.is_human().then(|| format!("subject-{agent}")),
    });
    GameInfo {
        game_id: "game-1".into(),
        experiment: "experiment".into(),
        scene: scene.id.clone(),
        seed,
        seats: seats.collect(),
    }
}

impl World {
    /// A room of this scene at the start of time.
    pub fn new(scene: GameScene, seed: u64) -> Self {
        let room =
            GameRoom::new(&scene, info(&scene, seed), 0, EPOCH).expect("the scene is configured right");
        Self {
            scene,
            room,
            now: EPOCH,
            browsers: BTreeMap::new(),
            chunks: Vec::new(),
            checkpoint: None,
            stored_at: Vec::new(),
            events: Vec::new(),
            finished: None,
            verdict: None,
            released: Vec::new(),
            saves: 0,
            next_conn: ConnId(1),
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll() {
            match output {
                Output::Send { conn, bytes } => {
                    let browser = self.browsers.get_mut(&conn).expect("a message to nobody");
                    assert_eq!(browser.closed, None, "a message behind a close");
                    match wire::decode(&bytes, wire::MAX_TO_BROWSER).expect("a room sends what can be read") {
                        RoomToClient::Welcome(welcome) => browser.welcome = Some(welcome),
                        RoomToClient::Frame(frame) => {
                            browser.scene.apply(&frame.picture).expect("pictures fit each other");
                            browser.bytes.push(bytes.len());
                            browser.frames.push((self.now, frame));
                        }
                        // Those who simulate are in the netcode tests, and nobody else sees a state.
                        RoomToClient::ConfirmedTick(_) | RoomToClient::Snapshot { .. } => {
                            assert!(self.scene.run_mode().simulates_in_browser());
                        }
                        RoomToClient::Persisted { .. } => {}
                        RoomToClient::Status(status) => browser.status = Some(status),
                        RoomToClient::Pong { .. } => browser.pongs += 1,
                        RoomToClient::Notice { text } => browser.notices.push(text),
                        RoomToClient::Finished { outcome, saved, .. } => {
                            browser.finished.push((outcome, saved))
                        }
                        RoomToClient::Refused { reason, .. } => browser.refused = Some(reason),
                    }
                }
                Output::Close { conn, code, .. } => {
                    self.browsers.get_mut(&conn).expect("a close for nobody").closed = Some(code);
                }
                Output::Persist { chunk, checkpoint } => {
                    assert_eq!(self.saves, 0, "nothing comes after what is saved");
                    self.chunks.push(chunk);
                    self.checkpoint = Some(checkpoint);
                    self.stored_at.push(self.now);
                    self.room.handle(self.now, Input::Stored);
                }
                Output::Report(event) => self.events.push(event),
                Output::Released { agent, verdict } => self.released.push((agent.0, verdict)),
                Output::Save => {
                    assert!(self.finished.is_some(), "how a game ended is stored before it is saved");
                    self.saves += 1;
                }
                Output::Finished(verdict) => {
                    assert_eq!(self.finished, None, "a game ends once");
                    self.finished = Some(verdict.outcome);
                    // As it is stored until the game is saved.
                    let stored = serde_json::to_string(&verdict).expect("a verdict is JSON");
                    self.verdict = Some(serde_json::from_str(&stored).expect("a stored verdict can be read"));
                }
            }
        }
    }

    /// Gives the room one input at the present moment, and does what it asks for.
    pub fn input(&mut self, input: Input) {
        self.room.handle(self.now, input);
        self.drain();
    }

    /// Opens a connection without saying anything.
    pub fn open(&mut self, agent: u8) -> ConnId {
        let conn = self.next_conn;
        self.next_conn = ConnId(conn.0 + 1);
        self.browsers.insert(conn, Browser { agent, rtt: 20.0, focused: true, ..Browser::default() });
        self.input(Input::Connected { agent: Agent(agent), conn });
        conn
    }

    /// Opens a connection and says hello as a good browser does.
    pub fn join(&mut self, agent: u8) -> ConnId {
        let conn = self.open(agent);
        let digest = self.scene.environment.default_fingerprint().expect("a fingerprint");
        self.say(conn, &ClientToRoom::Hello { version: wire::VERSION, digest: Some(digest) });
        conn
    }

    /// Sends one message.
    pub fn say(&mut self, conn: ConnId, message: &ClientToRoom) {
        self.input(Input::Message { conn, bytes: wire::encode(message) });
    }

    /// Holds these keys from now on.
    pub fn hold(&mut self, conn: ConnId, held: KeySet) {
        let browser = self.browsers.get_mut(&conn).expect("a connection");
        browser.seq += 1;
        let (seq, time) = (browser.seq, MonotonicMs((self.now - EPOCH) as f64));
        self.say(conn, &ClientToRoom::Keys { seq, held, time });
    }

    /// Sends a sign of life, which says whether the page is looked at.
    pub fn ping(&mut self, conn: ConnId, focused: bool) {
        let time = MonotonicMs((self.now - EPOCH) as f64);
        let browser = self.browsers.get_mut(&conn).expect("a connection");
        browser.focused = focused;
        let rtt = browser.rtt;
        self.say(conn, &ClientToRoom::Ping { time, rtt, focused });
    }

    /// The connection is lost without a close.
    pub fn drop_connection(&mut self, conn: ConnId) {
        self.input(Input::Disconnected { conn });
    }

    /// Lets time pass; wakes the room when it asked for it, and open connections give signs of life.
    pub fn pass(&mut self, ms: u64) {
        self.pass_while(ms, |_| true);
    }

    /// The same, but no longer than `go_on` says.
    pub fn pass_while(&mut self, ms: u64, go_on: impl Fn(&Self) -> bool) {
        let end = self.now + ms;
        let mut ping = self.now + 1_000;
        while go_on(self) {
            let wake = self.room.next_wake().unwrap_or(EpochMs(u64::MAX)).max(self.now);
            let next = wake.min(ping);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            if next == ping {
                ping += 1_000;
                let open: Vec<(ConnId, bool)> = self
                    .browsers
                    .iter()
                    .filter(|(_, b)| b.closed.is_none() && b.welcome.is_some())
                    .map(|(conn, b)| (*conn, b.focused))
                    .collect();
                for (conn, focused) in open {
                    self.ping(conn, focused);
                }
            }
            if wake == next {
                self.input(Input::Wake);
            }
        }
    }

    /// Until the game is over; it must be within `ms`.
    pub fn play_out(&mut self, ms: u64) -> Outcome {
        self.pass_while(ms, |world| world.finished.is_none());
        self.finished.expect("the game ends in time")
    }

    /// The process is lost: connections and memory are gone, storage is not.
    pub fn crash(&mut self) {
        for browser in self.browsers.values_mut() {
            browser.closed.get_or_insert(CloseCode::Unavailable);
        }
        let info = self.room.info().clone();
        self.room = match &self.checkpoint {
            Some(bytes) => GameRoom::restore(&self.scene, info, 0, bytes, self.now),
            None => GameRoom::new(&self.scene, info, 0, self.now),
        }
        .expect("a stored checkpoint can be read");
        self.drain();
    }

    /// Everything that is stored.
    pub fn record(&self) -> Chunk {
        Chunk::join(self.chunks.iter().map(|bytes| Chunk::decode(bytes).expect("a stored chunk can be read")))
    }

    /// What a connection has received.
    pub fn browser(&self, conn: ConnId) -> &Browser {
        &self.browsers[&conn]
    }

    /// The phase that a connection was told last.
    pub fn phase(&self, conn: ConnId) -> Option<Phase> {
        self.browser(conn).status.as_ref().map(|status| status.phase)
    }

    /// How the game ended for the person of a seat.
    pub fn outcome_of(&self, agent: usize) -> Option<Outcome> {
        self.verdict.as_ref()?.seats.get(agent)?.as_ref().map(|seat| seat.outcome)
    }

    /// The names of all events, in order.
    pub fn event_kinds(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.kind.as_str()).collect()
    }
}
