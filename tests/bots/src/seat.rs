//! The conversation with a room: greeting, keys, signs of life, pictures.

use std::collections::VecDeque;

use footlights_env::{Rng, surface::Scene};
use footlights_protocol::{
    Outcome,
    keys::Keyboard,
    wire::{self, ClientToRoom, MAX_TO_BROWSER, Phase, RoomToClient, VERSION},
};

use crate::bot::{Output, Report};

const PING_MS: f64 = 1_000.0;

/// A seat in a room, over any number of connections.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    digest: u64,
    /// Mean time between two changes of the keys, ms.
    gap_ms: f64,
    scene: Scene,
    keyboard: Keyboard,
    /// The room of this connection has greeted us.
    welcome: bool,
    running: bool,
    held: u32,
    seq: u32,
    key_at: f64,
    ping_at: f64,
    rtt_ms: f64,
    /// Frames since the last ping.
    /// Key changes that no frame has answered yet.
    unanswered: VecDeque<(u32, f64)>,
    outcome: Option<Outcome>,
    saved: bool,
}

impl Seat {
    /// `digest` is the environment's fingerprint.
    pub fn new(digest: u64, key_changes_per_second: f32) -> Self {
        Self {
            digest,
            gap_ms: 1_000.0 / f64::from(key_changes_per_second.max(0.001)),
            scene: Scene::default(),
            keyboard: Keyboard::default(),
            welcome: false,
            running: false,
            held: 0,
            seq: 0,
            key_at: f64::INFINITY,
            ping_at: f64::INFINITY,
            rtt_ms: 0.0,
            unanswered: VecDeque::new(),
            outcome: None,
            saved: false,
        }
    }

    /// Whether the game is over and everything is stored.
    pub fn is_saved(&self) -> bool {
        self.saved
    }

    pub fn opened(&mut self, out: &mut VecDeque<Output>) {
        self.welcome = false;
        let hello = ClientToRoom::Hello { version: VERSION, digest: Some(self.digest) };
        out.push_back(Output::Send(wire::encode(&hello)));
    }

    /// The connection is gone; until the next greeting there is nothing to say.
    pub fn lost(&mut self) {
        (self.welcome, self.running, self.held) = (false, false, 0);
        self.unanswered.clear();
    }

    /// Takes in a message; on an error the connection is worth nothing any more.
    pub fn message(
        &mut self,
        now: f64,
        bytes: &[u8],
        rng: &mut Rng,
        out: &mut VecDeque<Output>,
    ) -> Result<(), String> {
        match wire::decode(bytes, MAX_TO_BROWSER).map_err(|e| e.to_string())? {
            RoomToClient::Welcome(welcome) => {
                self.keyboard = welcome.keyboard;
                self.welcome = true;
                // Not all at the same moment.
                self.ping_at = now + PING_MS * rng.unit_f64();
                self.key_at = self.next_key(now, rng);
                out.push_back(Output::Report(Report::Seated { agent: welcome.agent, fps: welcome.fps }));
            }
            RoomToClient::Frame(frame) => {
                self.scene.apply(&frame.picture).map_err(|e| e.to_string())?;
                // After a reload the room remembers higher numbers than this bot ever sent.
                self.seq = self.seq.max(frame.ack);
                let report = Report::Frame { tick: frame.tick, bytes: bytes.len() };
                out.push_back(Output::Report(report));
                while let Some((_, sent)) = self.unanswered.pop_front_if(|(seq, _)| *seq <= frame.ack) {
                    out.push_back(Output::Report(Report::Answered { ms: now - sent }));
                }
            }
            // A bot does not look at the game: it presses keys, and counts what comes back.
            RoomToClient::ConfirmedTick(confirmed) => {
                out.push_back(Output::Report(Report::Frame { tick: confirmed.tick, bytes: bytes.len() }));
            }
            RoomToClient::Snapshot { .. } | RoomToClient::Persisted { .. } => {}
            RoomToClient::Status(status) => {
                self.running = status.phase == Phase::Running;
                if !self.running {
                    // The next tick may be seconds away: that would say nothing about how fast the game answers.
                    self.unanswered.clear();
                }
            }
            RoomToClient::Notice { .. } => {}
            RoomToClient::Pong { time, .. } => self.rtt_ms = now - time,
            RoomToClient::Finished { outcome, saved, scores } => {
                if self.outcome.replace(outcome).is_none() {
                    out.push_back(Output::Report(Report::Over { outcome, scores }));
                }
                self.saved |= saved;
            }
            RoomToClient::Refused { code, reason } => return Err(format!("refused with {code}: {reason}")),
        }
        Ok(())
    }

    /// Says what is due.
    pub fn wake(&mut self, now: f64, rng: &mut Rng, out: &mut VecDeque<Output>) {
        if !self.welcome {
            return;
        }
        if now >= self.ping_at {
            let ping = ClientToRoom::Ping { time: now, rtt: self.rtt_ms as f32, focused: true };
            out.push_back(Output::Send(wire::encode(&ping)));
            self.ping_at = now + PING_MS;
        }
        if now >= self.key_at {
            self.key_at = self.next_key(now, rng);
            if self.running && self.change_keys(rng) {
                self.seq += 1;
                self.unanswered.push_back((self.seq, now));
                let keys = ClientToRoom::Keys { seq: self.seq, held: self.held, time: now };
                out.push_back(Output::Send(wire::encode(&keys)));
            }
        }
    }

    pub fn wake_at(&self) -> f64 {
        if self.welcome { self.ping_at.min(self.key_at) } else { f64::INFINITY }
    }

    fn next_key(&self, now: f64, rng: &mut Rng) -> f64 {
        now + 2.0 * self.gap_ms * rng.unit_f64()
    }

    /// Holds something else: what one of the keyboard's meanings takes, or nothing. False if there is nothing else.
    fn change_keys(&mut self, rng: &mut Rng) -> bool {
        let chords = self.keyboard.chords.iter().map(|chord| chord.keys);
        let choices: Vec<u32> = std::iter::once(0).chain(chords).filter(|keys| *keys != self.held).collect();
        match choices.get(rng.below(choices.len() as u32) as usize) {
            Some(keys) => self.held = *keys,
            None => return false,
        }
        true
    }
}
