//! A game on virtual time: a real room, its storage, and browsers that are nothing but a wire.

use std::collections::BTreeMap;

use footlights_engine::{ConnId, room::Input};
use footlights_env::{Agent, digest, surface::Scene};
use footlights_experiment::GameScene;
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs, Outcome,
    wire::{self, ClientToRoom, CloseCode, Frame, Phase, RoomToClient, Status, Welcome},
};

use crate::host::{Delivery, Host};

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
    /// The digest of every message as it travelled, but for the receipt of a frame: that is sealed, and only the room can
    /// read it.
    pub messages: Vec<u64>,
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
    /// How many messages had come when its page went to sleep in the background, or was woken last.
    pub asleep: Option<usize>,
}

fn without_receipt(message: &RoomToClient) -> RoomToClient {
    let mut message = message.clone();
    if let RoomToClient::Frame(frame) = &mut message {
        frame.receipt = Default::default();
    }
    message
}

/// A room, its virtual clock, its storage and everybody who ever connected.
pub struct World {
    /// The room and its storage.
    pub host: Host,
    /// The time.
    pub now: EpochMs,
    /// Every connection there ever was, by number.
    pub browsers: BTreeMap<ConnId, Browser>,
}

impl World {
    /// A room of this scene at the start of time.
    pub fn new(scene: GameScene, seed: u64) -> Self {
        Self { host: Host::new(scene, seed, EPOCH), now: EPOCH, browsers: BTreeMap::new() }
    }

    fn drain(&mut self) {
        while let Some(delivery) = self.host.poll(self.now) {
            match delivery {
                Delivery::Message { conn, bytes } => {
                    let browser = self.browsers.get_mut(&conn).expect("a message for a connection");
                    assert_eq!(browser.closed, None, "a message behind a close");
                    let message: RoomToClient =
                        wire::decode(&bytes, wire::MAX_TO_BROWSER).expect("a room sends what can be read");
                    browser.messages.push(digest::of_bytes(&wire::encode(&without_receipt(&message))));
                    match message {
                        RoomToClient::Welcome(welcome) => browser.welcome = Some(welcome),
                        RoomToClient::Frame(frame) => {
                            browser.scene.apply(&frame.picture).expect("pictures fit each other");
                            browser.bytes.push(bytes.len());
                            browser.frames.push((self.now, frame));
                        }
                        // Those who simulate are in the netcode tests; no other browser may see a state.
                        RoomToClient::ConfirmedTick(_) | RoomToClient::Snapshot { .. } => {
                            assert!(self.host.scene.run_mode().simulates_in_browser());
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
                Delivery::Close { conn, code } => {
                    self.browsers.get_mut(&conn).expect("a close of a connection").closed = Some(code);
                }
            }
        }
    }

    /// Gives the room one input at the present moment, and does what it asks for.
    pub fn input(&mut self, input: Input) {
        self.host.room.handle(self.now, input);
        self.drain();
    }

    /// Opens a connection without saying anything.
    pub fn open(&mut self, agent: u8) -> ConnId {
        let conn = self.host.next_conn();
        self.browsers.insert(conn, Browser { agent, rtt: 20.0, focused: true, ..Browser::default() });
        self.input(Input::Connected { agent: Agent(agent), conn });
        conn
    }

    /// Opens a connection and says hello as a good browser does.
    pub fn join(&mut self, agent: u8) -> ConnId {
        let conn = self.open(agent);
        let digest = self.host.scene.environment.default_fingerprint().expect("a fingerprint");
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
            let wake = self.host.next_wake().unwrap_or(EpochMs(u64::MAX)).max(self.now);
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
                    .filter(|(_, b)| b.closed.is_none() && b.welcome.is_some() && b.asleep.is_none())
                    .map(|(conn, b)| (*conn, b.focused))
                    .collect();
                for (conn, focused) in open {
                    self.ping(conn, focused);
                }
            }
            if wake == next {
                self.input(Input::Wake);
            }
            self.answer_asleep();
        }
    }

    /// The page of a connection is in the background, where its timers sleep: it says that it is there when it hears
    /// something.
    pub fn sleep(&mut self, conn: ConnId) {
        let browser = self.browsers.get_mut(&conn).expect("a connection");
        browser.asleep = Some(browser.messages.len());
    }

    fn answer_asleep(&mut self) {
        let heard = |browser: &Browser| browser.asleep.is_some_and(|heard| browser.messages.len() > heard);
        let woken: Vec<ConnId> = self
            .browsers
            .iter()
            .filter(|(_, browser)| browser.closed.is_none() && heard(browser))
            .map(|(conn, _)| *conn)
            .collect();
        for conn in woken {
            self.ping(conn, false);
            self.sleep(conn);
        }
    }

    /// Until the game is over; it must be within `ms`.
    pub fn play_out(&mut self, ms: u64) -> Outcome {
        self.pass_while(ms, |world| world.host.finished.is_none());
        self.host.finished.expect("the game ends in time")
    }

    /// The process is lost: connections and memory are gone, storage is not.
    pub fn crash(&mut self) {
        for browser in self.browsers.values_mut() {
            browser.closed.get_or_insert(CloseCode::Unavailable);
        }
        self.host.crash(self.now);
        self.drain();
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
        self.host.verdict.as_ref()?.seats.get(agent)?.as_ref().map(|seat| seat.outcome)
    }
}
