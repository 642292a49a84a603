//! A room and real clients (`footlights_client::netcode`), with a virtual network between them, in steps of a millisecond.

use std::collections::BTreeMap;

use footlights_client::netcode::{LocalEngine, Play, PlayInput, PlayOutput, Rollback};
use footlights_engine::{ConnId, room::Input};
use footlights_env::{Agent, EnvError, Rng, Simulation, Stream, surface::Item};
use footlights_environments::slime_volleyball::SlimeVolleyball;
use footlights_experiment::GameScene;
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs, Outcome, Tick,
    timeline::{Moves, Timeline},
    wire::{self, ClientToRoom, LobbyToClient, RoomToClient},
};
use footlights_testing::{Delivery, EPOCH, Host};

use crate::{
    meadow::{Meadow, Stubborn},
    net::{Line, Weather},
};

/// Milliseconds between two pictures.
const PICTURE_MS: f64 = 1000.0 / 60.0;

fn make(id: &str, config: &[u8]) -> Result<Box<dyn Simulation>, EnvError> {
    match id {
        "slime-volleyball-v0" => Ok(Box::new(footlights_env::Sim::<SlimeVolleyball>::from_packed(config)?)),
        _ => Ok(Box::new(footlights_env::Sim::<Meadow>::from_packed(config)?)),
    }
}

/// The browsers can run one policy.
const ENGINE: LocalEngine = LocalEngine { make, infer: Stubborn::answer };

/// A participant at a browser.
pub struct Person {
    pub play: Play,
    agent: Agent,
    /// The browser's clock runs that much faster.
    pub skew: f64,
    /// The page is hidden until then: no pictures, timers once a second.
    pub hidden_until: f64,
    /// The network is gone until then.
    pub offline_until: f64,
    pub up: Line,
    pub down: Line,
    conn: Option<ConnId>,
    lobby: bool,
    next_picture: f64,
    next_timer: f64,
    pub next_key: f64,
    keys: Rng,
    pub held: KeySet,
    /// Ticks whose digest was compared with the room's.
    pub compared: u32,
    /// The deepest prediction that was seen.
    pub deepest: u32,
    pub sent_bytes: usize,
    /// What was painted last.
    pub picture: Vec<Item>,
    pub over: Option<Outcome>,
}

impl Person {
    /// What the browser's clock shows.
    fn local(&self, now: f64) -> MonotonicMs {
        MonotonicMs(now * (1.0 + self.skew))
    }

    pub fn rollback(&self) -> Option<&Rollback> {
        self.play.seat().and_then(|seat| seat.rollback())
    }
}

/// Adds a hair to the state that somebody is sent first.
fn bend(message: &mut RoomToClient) -> bool {
    if let RoomToClient::Snapshot { timeline, .. } = message
        && let Some(at) = timeline.iter().position(|byte| *byte == 0xca)
    {
        // A 32-bit number: its last bit but two.
        timeline[at + 4] ^= 4;
        return true;
    }
    false
}

/// Changes a message; false if this one is not meant.
type Tamper = fn(&mut RoomToClient) -> bool;

/// Changes one tick of a history.
type Forge = fn(&mut wire::ConfirmedTick);

/// Changes a receipt.
type Counterfeit = fn(&mut Vec<u8>);

/// A game with everybody in it.
pub struct World {
    /// The room and its storage.
    pub host: Host,
    pub now: f64,
    pub people: Vec<Person>,
    /// What the room decided, by tick.
    decided: BTreeMap<Tick, Moves>,
    /// The same game, run from what was decided alone; and its digest after each tick.
    reference: Timeline,
    pub digests: BTreeMap<Tick, u64>,
    /// Where browsers do not simulate: when which tick was decided, and its receipt.
    pub receipts: BTreeMap<Tick, (EpochMs, Vec<u8>)>,
    /// Whether the room was told that the game is saved.
    saved: bool,
    /// How often somebody changes keys, ms.
    pub restless: f64,
    /// Changes one message on its way to a person.
    pub tamper: Option<(usize, Tamper)>,
    /// Whose state is known to be another one.
    pub differs: Option<usize>,
    /// Changes what a person brings back after a crash.
    pub forge: Option<(usize, Forge)>,
    pub counterfeit: Option<(usize, Counterfeit)>,
    /// How often the process was lost.
    pub crashes: u32,
}

impl World {
    pub fn new(scene: GameScene, seed: u64, weather: &[Weather]) -> Self {
        Self::with(ENGINE, scene, seed, weather)
    }

    /// The browsers cannot run the policy.
    pub fn without_policies(scene: GameScene, seed: u64, weather: &[Weather]) -> Self {
        Self::with(LocalEngine { infer: |_, _| None, ..ENGINE }, scene, seed, weather)
    }

    /// The browsers are of a build that knows the environment, and simulates another configuration of it.
    pub fn of_another_build(scene: GameScene, seed: u64, weather: &[Weather]) -> Self {
        let make = |_: &str, _: &[u8]| -> Result<Box<dyn Simulation>, EnvError> {
            Ok(Box::new(footlights_env::Sim::<Meadow>::new(Default::default())?))
        };
        Self::with(LocalEngine { make, ..ENGINE }, scene, seed, weather)
    }

    fn with(engine: LocalEngine, scene: GameScene, seed: u64, weather: &[Weather]) -> Self {
        let fingerprint = scene.environment.default_fingerprint().expect("a fingerprint");
        let sim = scene.environment.make().expect("the environment can be made");
        let reference = Timeline::new(scene.rules(), sim, seed);
        let person = |(k, agent): (usize, Agent)| {
            let weather = weather[k % weather.len()];
            let line = |way: u64| Line::new(weather, seed * 100 + k as u64 * 10 + way);
            Person {
                play: Play::new("/lobby", Some(fingerprint), Some(engine), true, MonotonicMs(0.0)),
                agent,
                skew: 0.0,
                hidden_until: 0.0,
                offline_until: 0.0,
                up: line(1),
                down: line(2),
                conn: None,
                lobby: false,
                next_picture: k as f64 * 3.0,
                next_timer: 0.0,
                next_key: 0.0,
                keys: Rng::derive(seed, Stream::Order, 7, k as u32),
                held: KeySet::EMPTY,
                compared: 0,
                deepest: 0,
                sent_bytes: 0,
                picture: Vec::new(),
                over: None,
            }
        };
        let people = scene.human_agents().enumerate().map(person).collect();
        Self {
            host: Host::new(scene, seed, EPOCH),
            now: 0.0,
            people,
            decided: BTreeMap::new(),
            reference,
            digests: BTreeMap::new(),
            receipts: BTreeMap::new(),
            saved: false,
            restless: 300.0,
            tamper: None,
            differs: None,
            forge: None,
            counterfeit: None,
            crashes: 0,
        }
    }

    fn epoch(&self) -> EpochMs {
        EPOCH + self.now as u64
    }

    /// The process is lost: connections and memory are gone, storage is not.
    pub fn crash(&mut self) {
        self.crashes += 1;
        self.host.crash(self.epoch());
        // What nobody has seen may be decided otherwise now.
        let seen = self.people.iter().filter_map(|person| person.play.seat()?.tick()).max();
        let seen = seen.unwrap_or_default().max(self.host.room.tick());
        self.decided.retain(|tick, _| *tick <= seen);
        self.digests.retain(|tick, _| *tick <= seen);
        self.receipts.retain(|tick, _| *tick <= seen);
        let sim = self.host.scene.environment.make().expect("the environment can be made");
        self.reference = Timeline::new(self.host.scene.rules(), sim, self.host.room.info().seed);
        for moves in self.decided.values() {
            let ticked = self.reference.advance(moves).expect("a confirmed tick can be simulated");
            if ticked.step.done() {
                self.reference.next_episode();
            }
        }
        for k in 0..self.people.len() {
            let person = &mut self.people[k];
            if person.conn.take().is_some() {
                let local = person.local(self.now);
                person.play.handle(local, PlayInput::Closed(1006));
                self.drain(k);
            }
        }
    }

    /// Plays to the end, and loses the process three times on the way.
    pub fn play_and_crash(&mut self, seed: u64) {
        for crash in 0..3 {
            self.play(2_500.0 + 313.0 * (seed + crash) as f64 % 1_700.0);
            // A game that is stored as over is not opened again.
            if self.host.finished.is_none() {
                self.crash();
            }
        }
        self.play(120_000.0);
    }

    /// Plays to the end; the first person's state is another one than the room's, until that is noticed and repaired.
    pub fn play_bent(&mut self) {
        self.tamper = Some((0, bend));
        self.differs = Some(0);
        self.play_until(5_000.0, |world| world.host.room.tick() >= Tick(1));
        // Noticed within a second.
        self.play_until(1_000.0, |world| world.host.count("desync") > 0);
        // The snapshot is on its way.
        self.play(600.0);
        self.differs = None;
        self.play(60_000.0);
    }

    /// Lets time pass until the game is saved, or that many milliseconds are over.
    pub fn play(&mut self, ms: f64) {
        let end = self.now + ms;
        while self.now < end && self.people.iter().any(|person| person.over.is_none()) {
            self.millisecond();
        }
    }

    /// The same, until something holds.
    pub fn play_until(&mut self, ms: f64, done: impl Fn(&Self) -> bool) {
        let end = self.now + ms;
        while self.now < end && !done(self) {
            self.millisecond();
        }
        assert!(done(self), "it did not come to pass within {ms} ms: {:?}", self.host.events);
    }

    fn millisecond(&mut self) {
        self.now += 1.0;
        for k in 0..self.people.len() {
            self.person(k);
        }
        if self.host.next_wake().is_some_and(|wake| wake <= self.epoch()) {
            self.input(Input::Wake);
        }
    }

    fn person(&mut self, k: usize) {
        let now = self.now;
        let person = &mut self.people[k];
        if now < person.offline_until {
            if let Some(conn) = person.conn.take() {
                let local = person.local(now);
                person.play.handle(local, PlayInput::Closed(1006));
                self.drain(k);
                self.input(Input::Disconnected { conn });
            }
        } else if let Some(conn) = person.conn {
            while let Some(bytes) = self.people[k].up.arrived(now) {
                self.input(Input::Message { conn, bytes });
            }
        }
        while self.people[k].conn.is_some()
            && let Some(bytes) = self.people[k].down.arrived(now)
        {
            self.receive(k, &bytes);
        }
        let person = &mut self.people[k];
        let (local, hidden) = (person.local(now), now < person.hidden_until);
        if person.play.wake_at() <= local && now >= person.next_timer {
            person.next_timer = if hidden { now + 1_000.0 } else { now };
            person.play.handle(local, PlayInput::Wake);
            self.drain(k);
        }
        let person = &mut self.people[k];
        if now >= person.next_picture {
            person.next_picture += PICTURE_MS;
            if !hidden
                && let Some(seat) = person.play.seat_mut()
                && let Some(items) = seat.picture(local)
            {
                person.picture = items;
            }
            if !hidden && let Some(rollback) = person.rollback() {
                let present = rollback.present();
                let depth = present.tick() - rollback.confirmed().tick();
                // What is shown is what follows from what was decided, and from nothing else.
                let mut anew = rollback.clone();
                anew.resimulate();
                assert_eq!(anew.present().tick(), present.tick());
                assert_eq!(anew.present().digest().ok(), present.digest().ok(), "tick {}", present.tick());
                person.deepest = person.deepest.max(depth);
            }
        }
        let person = &mut self.people[k];
        if now >= person.next_key {
            person.next_key = now + self.restless * (0.2 + person.keys.unit_f64());
            person.held = KeySet(person.keys.below(8));
            let keys = person.held;
            person.play.handle(local, PlayInput::Held { keys, at: local });
            self.drain(k);
        }
    }

    /// A message arrives at a browser; from then on its state must be the room's.
    fn receive(&mut self, k: usize, bytes: &[u8]) {
        let person = &mut self.people[k];
        let local = person.local(self.now);
        let before = person.rollback().map(|rollback| rollback.confirmed().tick());
        person.play.handle(local, PlayInput::Message(bytes));
        match wire::decode::<RoomToClient>(bytes, wire::MAX_TO_BROWSER)
            .expect("a room sends what can be read")
        {
            RoomToClient::ConfirmedTick(confirmed) if self.differs != Some(k) => {
                let before = before.expect("a browser that simulates");
                if confirmed.tick <= before {
                    // A room that was restored tells everybody what one of them brought back.
                    assert!(self.crashes > 0);
                    return self.drain(k);
                }
                assert_eq!(before.next(), confirmed.tick, "each tick is confirmed once, in order");
                let state = person.rollback().expect("a browser that simulates").confirmed();
                // Between episodes the room's digest is taken before the reset, and this state is after it.
                if state.sim().tick() > 0 {
                    assert_eq!(
                        state.digest().ok(),
                        self.digests.get(&confirmed.tick).copied(),
                        "tick {}",
                        confirmed.tick
                    );
                    person.compared += 1;
                }
            }
            RoomToClient::Finished { outcome, saved: true, .. } => person.over = Some(outcome),
            _ => {}
        }
        self.drain(k);
    }

    /// Does what a page wants.
    fn drain(&mut self, k: usize) {
        let now = self.now;
        while let Some(output) = self.people[k].play.poll() {
            let person = &mut self.people[k];
            let local = person.local(now);
            match output {
                PlayOutput::Connect(_) if now < person.offline_until => {
                    person.play.handle(local, PlayInput::Closed(1006));
                }
                PlayOutput::Connect(path) if path == "/lobby" => {
                    person.lobby = true;
                    person.play.handle(local, PlayInput::Opened);
                    let matched = LobbyToClient::Matched { socket: "/room".into() };
                    person.play.handle(local, PlayInput::Message(&wire::encode(&matched)));
                }
                PlayOutput::Connect(_) => {
                    let conn = self.host.next_conn();
                    person.lobby = false;
                    person.conn = Some(conn);
                    let seed = conn.0 * 1_000 + 7;
                    person.up = Line::new(person.up.weather, seed);
                    person.down = Line::new(person.down.weather, seed + 1);
                    let agent = person.agent;
                    self.input(Input::Connected { agent, conn });
                    let person = &mut self.people[k];
                    person.play.handle(local, PlayInput::Opened);
                }
                PlayOutput::Disconnect => {
                    if let Some(conn) = person.conn.take() {
                        self.input(Input::Disconnected { conn });
                    }
                }
                PlayOutput::Send(bytes) => {
                    if !person.lobby {
                        let mut bytes = bytes;
                        if let Some((_, forge)) = self.forge.filter(|(whose, _)| *whose == k)
                            && let Ok(ClientToRoom::RestoreTicks { mut ticks }) =
                                wire::decode(&bytes, wire::MAX_FROM_BROWSER)
                        {
                            ticks.iter_mut().for_each(forge);
                            bytes = wire::encode(&ClientToRoom::RestoreTicks { ticks });
                        }
                        if let Some((_, forge)) = self.counterfeit.filter(|(whose, _)| *whose == k)
                            && let Ok(ClientToRoom::RestoreReceipts { from, mut receipts }) =
                                wire::decode(&bytes, wire::MAX_FROM_BROWSER)
                        {
                            receipts.iter_mut().for_each(|receipt| forge(receipt));
                            bytes = wire::encode(&ClientToRoom::RestoreReceipts { from, receipts });
                        }
                        person.sent_bytes += bytes.len();
                        person.up.send(now, bytes);
                    }
                }
                PlayOutput::Call | PlayOutput::Advance | PlayOutput::Reload => {}
            }
        }
    }

    fn input(&mut self, input: Input) {
        let at = self.epoch();
        self.host.room.handle(at, input);
        while let Some(delivery) = self.host.poll(at) {
            match delivery {
                Delivery::Message { conn, bytes } => self.send(conn, bytes),
                Delivery::Close { conn, code } => {
                    if let Some(k) = self.people.iter().position(|person| person.conn == Some(conn)) {
                        let person = &mut self.people[k];
                        person.conn = None;
                        // What was sent before the close arrives before it.
                        let rest: Vec<Vec<u8>> =
                            std::iter::from_fn(|| person.down.arrived(f64::INFINITY)).collect();
                        for bytes in rest {
                            self.receive(k, &bytes);
                        }
                        let person = &mut self.people[k];
                        let local = person.local(self.now);
                        person.play.handle(local, PlayInput::Closed(code.code()));
                        self.drain(k);
                    }
                }
            }
        }
        if self.host.saves > 0 && !self.saved {
            self.saved = true;
            self.input(Input::Saved);
        }
    }

    fn send(&mut self, conn: ConnId, bytes: Vec<u8>) {
        let now = self.now;
        let mut message: RoomToClient =
            wire::decode(&bytes, wire::MAX_TO_BROWSER).expect("a room sends what can be read");
        if let RoomToClient::ConfirmedTick(confirmed) = &message {
            let moves: Moves = confirmed.moves.iter().cloned().collect();
            let known = self.decided.entry(confirmed.tick).or_insert_with(|| moves.clone());
            assert_eq!(*known, moves, "a tick is decided once");
            if self.reference.tick().next() == confirmed.tick {
                let ticked = self.reference.advance(&moves).expect("a confirmed tick can be simulated");
                self.digests.insert(confirmed.tick, self.reference.digest().expect("a digest"));
                if ticked.step.done() {
                    self.reference.next_episode();
                }
            }
        }
        if let RoomToClient::Frame(frame) = &message
            && !frame.receipt.is_empty()
        {
            let at = self.epoch();
            let known = self.receipts.entry(frame.tick).or_insert_with(|| (at, frame.receipt.to_vec()));
            assert_eq!(known.1, frame.receipt.as_slice(), "tick {} is decided once", frame.tick);
        }
        let Some(k) = self.people.iter().position(|person| person.conn == Some(conn)) else { return };
        let person = &mut self.people[k];
        match self.tamper.filter(|(whose, _)| *whose == k) {
            Some((_, tamper)) => {
                if tamper(&mut message) {
                    self.tamper = None;
                }
                person.down.send(now, wire::encode(&message));
            }
            None => person.down.send(now, bytes),
        }
    }
}
