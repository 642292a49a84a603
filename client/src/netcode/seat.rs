//! A seat in a running game: greeting, keys, frames, presence, and the way back after a loss.

use std::collections::VecDeque;

use footlights_env::{Agent, EnvError, Viewport, surface::Item};
use footlights_protocol::{
    Hud, Outcome,
    wire::{
        self, ClientToRoom, CloseCode, ConfirmedTick, Frame, MAX_FROM_BROWSER, MAX_TO_BROWSER, Phase,
        RoomToClient, Status, VERSION, Welcome,
    },
};
use serde_bytes::ByteBuf;

use super::{
    health::{Health, Quality},
    link::Link,
    page::{Output, Stop},
    playback::Playback,
    rollback::{Engine, Finding, Rollback},
};

/// How often a round trip is measured, ms.
const PING_MS: f64 = 1000.0;
/// In a game that is played alone, changes of keys are told together, this often at most, ms.
const UPLOAD_MS: f64 = 250.0;
/// What a receipt costs in a message beside its own bytes, and the message beside its receipts, at most.
const RECEIPT_BYTES: usize = 3;
const MESSAGE_BYTES: usize = 16;
/// A ping that has no answer for this long ends the connection, ms.
const SILENCE_MS: f64 = 6000.0;
/// More forgotten ticks than this are not brought back: the room takes so many messages a second and no more.
const MOST_BROUGHT: usize = 300;
/// More reports than this do not tell how the last ticks of a game were shown.
const MOST_LAST_REPORTS: usize = 8;
/// How many measured times from input to frame wait to be fetched at most; further ones push out the oldest.
const MAX_MEASURED: usize = 200;

/// How the game ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// What the room says.
    pub outcome: Outcome,
    /// Whether everything is stored for good.
    pub saved: bool,
    /// Final score by agent.
    pub scores: Vec<f32>,
    /// When the room said so first.
    pub at: f64,
}

/// What ends a seat.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// The game is over; whatever it told of its end is in [`Seat::finished`].
    Over,
    /// The ticket is no longer good: the lobby gives another one if the game still runs.
    Ticket {
        /// The room's words.
        reason: String,
    },
    /// To a message with a way out.
    Stop(Stop),
}

/// The connection to a room, and everything the room has said.
#[derive(Debug, Clone)]
pub struct Seat {
    path: String,
    digest: Option<u64>,
    link: Link,
    health: Health,
    welcome: Option<Welcome>,
    status: Option<(Status, f64)>,
    hud: Hud,
    engine: Option<Engine>,
    playback: Option<Playback>,
    /// What the room may forget, in place of which it gets these back; by tick.
    receipts: VecDeque<(u32, ByteBuf)>,
    /// In place of the playback where this browser simulates.
    rollback: Option<Rollback>,
    finished: Option<Finished>,
    notice: String,
    reason: String,
    /// Whether anything but the picture changed since that was asked last.
    news: bool,
    focused: bool,
    ping_at: f64,
    upload_at: f64,
    held: u32,
    seq: u32,
    ack: u32,
    /// Whether the room of this connection knows what is held. It does not before its first frame.
    told: bool,
    /// Sent and not yet seen in a frame: `seq`, or the tick where this browser simulates; and when its key changed.
    unseen: VecDeque<(u32, f64)>,
    measured: VecDeque<f64>,
}

impl Seat {
    /// Wants to connect to the room socket at `path`; `digest` is the environment's fingerprint, and `engine` simulates it,
    /// where this build can.
    pub fn new(path: String, digest: Option<u64>, engine: Option<Engine>, focused: bool, now: f64) -> Self {
        Self {
            path,
            digest,
            link: Link::new(now, SILENCE_MS),
            health: Health::default(),
            welcome: None,
            status: None,
            hud: Hud::default(),
            engine,
            playback: None,
            receipts: VecDeque::new(),
            rollback: None,
            finished: None,
            notice: String::new(),
            reason: String::new(),
            news: true,
            focused,
            ping_at: f64::INFINITY,
            upload_at: f64::INFINITY,
            held: 0,
            seq: 0,
            ack: 0,
            told: false,
            unseen: VecDeque::new(),
            measured: VecDeque::new(),
        }
    }

    /// The connection.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The connection in one word.
    pub fn quality(&self, now: f64) -> Quality {
        self.health.quality(self.link.is_open(), self.link.unanswered_ms(now))
    }

    /// The usual round trip of the last seconds, ms.
    pub fn rtt(&self) -> Option<f64> {
        self.health.rtt()
    }

    /// What the room said first; stays over a reconnect.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// What the room does, and how everybody is.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref().map(|(status, _)| status)
    }

    /// Milliseconds until the phase ends by itself; 0 where it does not.
    pub fn remaining_ms(&self, now: f64) -> f64 {
        self.status
            .as_ref()
            .map_or(0.0, |(status, told)| (f64::from(status.remaining_ms) - (now - told).max(0.0)).max(0.0))
    }

    /// The panel.
    pub fn hud(&self) -> &Hud {
        &self.hud
    }

    /// How the game ended, once it has.
    pub fn finished(&self) -> Option<&Finished> {
        self.finished.as_ref()
    }

    /// Whether somebody who was expected never came, so that there is no game.
    pub fn is_unmatched(&self) -> bool {
        self.finished.as_ref().is_some_and(|finished| finished.outcome == Outcome::NoShow)
    }

    /// What the participant must know while the game goes on, such as a warning; empty if there is nothing.
    pub fn notice(&self) -> &str {
        &self.notice
    }

    /// What the pictures are drawn into; nothing before there are any.
    pub fn viewport(&self) -> Option<Viewport> {
        let rollback = self.rollback.as_ref().map(Rollback::viewport);
        rollback.or_else(|| self.playback.as_ref().map(Playback::viewport))
    }

    /// What to paint now, in painting order; `None` if what was painted last still holds. Ask once a refresh.
    pub fn picture(&mut self, now: f64) -> Option<Vec<Item>> {
        match (&mut self.rollback, &mut self.playback) {
            (Some(rollback), _) => {
                let before = rollback.present().tick();
                let picture = rollback.picture(now);
                if rollback.is_alone() && rollback.present().tick() != before {
                    let hud = rollback.hud();
                    self.news |= hud != self.hud;
                    self.hud = hud;
                }
                if picture.is_some() {
                    let shown = rollback.shown();
                    self.seen(shown, now);
                }
                picture
            }
            (None, Some(playback)) => playback.picture(now),
            (None, None) => None,
        }
    }

    /// The next picture must be painted even if nothing changed: the canvas is new.
    pub fn repaint(&mut self) {
        if let Some(rollback) = &mut self.rollback {
            rollback.repaint();
        } else if let Some(playback) = &mut self.playback {
            playback.repaint();
        }
    }

    /// The newest tick that the room told of.
    pub fn tick(&self) -> Option<u32> {
        let rollback = self.rollback.as_ref().map(|rollback| rollback.confirmed().tick());
        rollback.or_else(|| self.playback.as_ref().and_then(Playback::tick))
    }

    /// Whether the participant plays already though the room still counts down.
    pub fn has_begun(&self) -> bool {
        self.rollback.as_ref().is_some_and(Rollback::has_begun)
    }

    /// Whether the participant plays on though the connection may be lost.
    pub fn goes_on(&self) -> bool {
        self.finished.is_none() && self.rollback.as_ref().is_some_and(Rollback::goes_on)
    }

    /// The game that this browser simulates, if it does.
    pub fn rollback(&self) -> Option<&Rollback> {
        self.rollback.as_ref()
    }

    /// `seq` of the last keys sent and of the last ones seen in a frame.
    pub fn sent_and_acked(&self) -> (u32, u32) {
        (self.seq, self.ack)
    }

    /// Times from a key to the first frame that takes it into account, ms, since the last call.
    pub fn take_measured(&mut self) -> impl Iterator<Item = f64> + '_ {
        self.measured.drain(..)
    }

    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    pub(super) fn opened(&mut self, now: f64, out: &mut VecDeque<Output>) {
        let hello = ClientToRoom::Hello { version: VERSION, digest: self.digest };
        out.push_back(Output::Send(wire::encode(&hello)));
        self.told = false;
        self.ping_at = now;
    }

    pub(super) fn message(&mut self, bytes: &[u8], now: f64, out: &mut VecDeque<Output>) -> Option<Turn> {
        self.link.heard();
        let message = wire::decode(bytes, MAX_TO_BROWSER);
        self.news |= !matches!(
            &message,
            Ok(RoomToClient::Frame(Frame { hud: None, .. }) | RoomToClient::ConfirmedTick(_))
        );
        match message {
            Ok(RoomToClient::Welcome(welcome)) => return self.welcomed(welcome, now, out),
            Ok(RoomToClient::Frame(frame)) => self.frame(frame, now, out),
            Ok(RoomToClient::ConfirmedTick(confirmed)) => self.confirmed(confirmed, now, out),
            Ok(RoomToClient::Snapshot { tick, timeline, policy_states, mandatory }) => {
                let policy_states =
                    policy_states.into_iter().map(|(agent, state)| (agent, state.into_vec())).collect();
                self.snapshot(tick, &timeline, policy_states, mandatory, now, out);
            }
            Ok(RoomToClient::Persisted { tick }) => {
                while self.receipts.pop_front_if(|(kept, _)| *kept <= tick).is_some() {}
            }
            Ok(RoomToClient::Status(status)) => {
                // A room that was restored may count down to what is being played.
                let plays = status.phase == Phase::Countdown && self.goes_on();
                if let Some(rollback) = self.rollback.as_mut().filter(|_| !plays) {
                    let begins = match status.phase {
                        Phase::Running => Some(0.0),
                        Phase::Countdown if !rollback.is_alone() => Some(f64::from(status.remaining_ms)),
                        _ => None,
                    };
                    rollback.run(begins, now);
                }
                self.status = Some((status, now));
            }
            Ok(RoomToClient::Pong { time, .. }) => {
                self.health.measured(now - time);
                if let Some(rollback) = &mut self.rollback {
                    rollback.round_trip(now - time);
                }
            }
            Ok(RoomToClient::Notice { text }) => self.notice = text,
            Ok(RoomToClient::Finished { outcome, saved, scores }) => {
                // How the end was shown: the room waits for it before anything is saved.
                if let Some(rollback) = self.rollback.as_mut().filter(|_| self.told && !saved) {
                    let end = rollback.confirmed().tick();
                    for _ in 0..MOST_LAST_REPORTS {
                        let shown = rollback.report();
                        let until = shown.until;
                        out.push_back(Output::Send(wire::encode(&ClientToRoom::RenderReport(shown))));
                        if until >= end {
                            break;
                        }
                    }
                }
                let at = self.finished.as_ref().map_or(now, |first| first.at);
                self.finished = Some(Finished { outcome, saved, scores, at });
            }
            Ok(RoomToClient::Refused { code, reason }) => {
                self.reason = reason;
                return self.closed(code, now);
            }
            // Half understood is not understood: a new connection brings everything anew.
            Err(_) => self.start_over(now, out),
        }
        None
    }

    pub(super) fn closed(&mut self, code: u16, now: f64) -> Option<Turn> {
        let reason = std::mem::take(&mut self.reason);
        if self.finished.as_ref().is_some_and(|finished| finished.saved) {
            self.link.stop();
            return None;
        }
        match code {
            _ if code == CloseCode::Over.code() => return Some(Turn::Over),
            _ if code == CloseCode::Ticket.code() => return Some(Turn::Ticket { reason }),
            // Whoever is silent for long was asleep, and is awake when this is read.
            _ if code == CloseCode::Silent.code() => {}
            _ if CloseCode::is_known(code) => {
                return Some(Turn::Stop(Stop::Refused { code, reason }));
            }
            _ => {}
        }
        self.link.lost(now);
        None
    }

    /// The keys changed; `at` is when the event happened.
    pub(super) fn hold(&mut self, held: u32, at: f64, out: &mut VecDeque<Output>) {
        if held != self.held {
            self.held = held;
            if self.told || self.rollback.as_ref().is_some_and(Rollback::is_alone) {
                let mark = self.tell(at, out);
                self.unseen.push_back((mark, at));
                if self.unseen.len() > MAX_MEASURED {
                    self.unseen.pop_front();
                }
            }
        }
    }

    pub(super) fn attention(&mut self, focused: bool, now: f64, out: &mut VecDeque<Output>) {
        if focused != self.focused {
            self.focused = focused;
            self.ping_at = self.ping_at.min(now);
            self.wake(now, out);
        }
    }

    pub(super) fn hurry(&mut self, now: f64) {
        self.link.hurry(now);
    }

    /// Nothing more is wanted from the room.
    pub(super) fn leave(&mut self) {
        self.link.stop();
    }

    /// The participant wants this seat back after another tab took it.
    pub(super) fn take_back(&mut self, now: f64) {
        self.link = Link::new(now, SILENCE_MS);
    }

    pub(super) fn wake(&mut self, now: f64, out: &mut VecDeque<Output>) {
        if self.link.is_open() && now >= self.ping_at {
            let rtt = self.health.last() as f32;
            let ping = ClientToRoom::Ping { time: now, rtt, focused: self.focused };
            out.push_back(Output::Send(wire::encode(&ping)));
            if let Some(rollback) = self.rollback.as_mut().filter(|_| self.told)
                && (rollback.has_notes() || !rollback.is_alone())
            {
                out.push_back(Output::Send(wire::encode(&ClientToRoom::RenderReport(rollback.report()))));
            }
            self.link.asked(now);
            self.ping_at = now + PING_MS;
            self.upload(now, out);
        } else if self.link.is_open() && now >= self.upload_at {
            self.upload_at = now + UPLOAD_MS;
            if self.rollback.as_ref().is_some_and(Rollback::has_news) {
                self.upload(now, out);
            }
        }
        if let Some(rollback) = self.rollback.as_mut().filter(|rollback| now >= rollback.begins_at()) {
            rollback.advance(now);
        }
        self.link.wake(&self.path, now, out);
    }

    pub(super) fn wake_at(&self) -> f64 {
        let own = if self.link.is_open() { self.ping_at.min(self.upload_at) } else { f64::INFINITY };
        let begins = self.rollback.as_ref().map_or(f64::INFINITY, Rollback::begins_at);
        own.min(begins).min(self.link.wake_at())
    }

    /// Tells the room how far a game is that is played alone.
    fn upload(&mut self, now: f64, out: &mut VecDeque<Output>) {
        let Some(rollback) = self.rollback.as_mut().filter(|rollback| self.told && rollback.is_alone())
        else {
            return;
        };
        out.extend(rollback.played(now).iter().map(|message| Output::Send(wire::encode(message))));
        self.upload_at = now + UPLOAD_MS;
    }

    fn welcomed(&mut self, welcome: Welcome, now: f64, out: &mut VecDeque<Output>) -> Option<Turn> {
        self.link.greeted(now);
        if let Some(simulated) = welcome.simulated.clone() {
            let made = self.engine.map(|engine| Rollback::new(welcome.agent, welcome.fps, simulated, engine));
            match made {
                Some(Ok(rollback)) if self.rollback.is_none() => self.rollback = Some(rollback),
                Some(Ok(_)) => {}
                Some(Err(error @ EnvError::Fingerprint { .. })) => {
                    self.reason = error.to_string();
                    return self.closed(CloseCode::Mismatch.code(), now);
                }
                // The environments' fingerprints were equal, so this cannot be; a new connection brings another
                // deployment, if any.
                None | Some(Err(_)) => {
                    self.start_over(now, out);
                    return None;
                }
            }
        }
        // The picture so far stays on the screen until the full one is there.
        let fits = self.playback.as_ref().is_some_and(|p| p.viewport() == welcome.viewport);
        if !fits {
            self.playback = Some(Playback::new(welcome.viewport, welcome.fps));
        }
        self.welcome = Some(welcome);
        // What still stands is said again.
        self.notice.clear();
        self.wake(now, out);
        None
    }

    fn frame(&mut self, frame: Frame, now: f64, out: &mut VecDeque<Output>) {
        let Some(playback) = self.playback.as_mut() else { return };
        if playback.push(frame.tick, frame.picture, now).is_err() {
            return self.start_over(now, out);
        }
        if let Some(hud) = frame.hud {
            self.hud = hud;
        }
        if !self.told {
            out.extend(self.forgotten(frame.tick).into_iter().map(Output::Send));
        }
        if !frame.receipt.is_empty() {
            // What was decided anew was not brought back in time.
            while self.receipts.pop_back_if(|(kept, _)| *kept >= frame.tick).is_some() {}
            self.receipts.push_back((frame.tick, frame.receipt));
            if self.receipts.len() > MOST_BROUGHT {
                self.receipts.pop_front();
            }
        }
        // After a reload the room remembers higher numbers than this page ever sent.
        self.seq = self.seq.max(frame.ack);
        self.ack = frame.ack;
        self.seen(frame.ack, now);
        if !self.told {
            self.told = true;
            self.unseen.clear();
            self.tell(now, out);
        }
    }

    /// The receipts of ticks after `tick`, in as few messages as hold them.
    fn forgotten(&self, tick: u32) -> Vec<Vec<u8>> {
        let receipts = self.receipts.iter().filter(|(kept, _)| *kept > tick);
        let numbered: Vec<(u32, &ByteBuf)> = receipts.map(|(kept, receipt)| (*kept, receipt)).collect();
        let mut messages = Vec::new();
        for some in numbered.chunk_by(|a, b| a.0 + 1 == b.0) {
            let mut rest = some;
            while let Some((from, _)) = rest.first() {
                let mut bytes = 0;
                let fits = rest.iter().take_while(|(_, receipt)| {
                    bytes += receipt.len() + RECEIPT_BYTES;
                    bytes <= MAX_FROM_BROWSER - MESSAGE_BYTES
                });
                let count = fits.count();
                let (now, later) = rest.split_at(count);
                if now.is_empty() {
                    // A tick that is longer stays here: what comes behind it could not be taken either.
                    return messages;
                }
                let receipts = now.iter().map(|(_, receipt)| (*receipt).clone()).collect();
                messages.push(wire::encode(&ClientToRoom::RestoreReceipts { from: *from, receipts }));
                rest = later;
            }
        }
        messages
    }

    /// Keys up to this `seq`, or tick, show on the screen.
    fn seen(&mut self, ack: u32, now: f64) {
        while let Some((_, at)) = self.unseen.pop_front_if(|(seq, _)| *seq <= ack) {
            if self.measured.len() >= MAX_MEASURED {
                self.measured.pop_front();
            }
            self.measured.push_back((now - at).max(0.0));
        }
    }

    /// Says what is held; what tells when it shows.
    fn tell(&mut self, time: f64, out: &mut VecDeque<Output>) -> u32 {
        self.seq = self.seq.wrapping_add(1);
        let message = match &mut self.rollback {
            Some(rollback) => {
                let tick = rollback.hold(self.held, time);
                if !rollback.is_alone() {
                    out.push_back(Output::Send(wire::encode(&ClientToRoom::StampedKeys {
                        tick,
                        held: self.held,
                        time,
                    })));
                }
                return tick;
            }
            None => ClientToRoom::Keys { seq: self.seq, held: self.held, time },
        };
        out.push_back(Output::Send(wire::encode(&message)));
        self.seq
    }

    /// The room's state.
    fn snapshot(
        &mut self,
        tick: u32,
        timeline: &[u8],
        policy_states: Vec<(Agent, Vec<u8>)>,
        mandatory: bool,
        now: f64,
        out: &mut VecDeque<Output>,
    ) {
        let Some(rollback) = &mut self.rollback else { return };
        match rollback.forgotten(tick).filter(|ticks| !mandatory && ticks.len() <= MOST_BROUGHT) {
            Some(forgotten) => out.extend(resume(forgotten).into_iter().map(Output::Send)),
            None if rollback.snapshot(timeline, policy_states).is_err() => return self.start_over(now, out),
            None => {}
        }
        self.hud = rollback.hud();
        if !self.told {
            self.told = true;
            let must_tell = rollback.reconnected();
            if must_tell {
                self.unseen.clear();
                self.tell(now, out);
            }
            self.upload(now, out);
        }
    }

    /// What the room decided for a tick.
    fn confirmed(&mut self, confirmed: ConfirmedTick, now: f64, out: &mut VecDeque<Output>) {
        let Some(rollback) = &mut self.rollback else { return };
        let tick = confirmed.tick;
        let found = rollback.confirm(confirmed, now);
        let hud = rollback.hud();
        self.news |= hud != self.hud;
        self.hud = hud;
        let digest = match found {
            Finding::Fine => return,
            Finding::Differs(digest) => digest,
            Finding::Broken => 0,
        };
        out.push_back(Output::Send(wire::encode(&ClientToRoom::Desync { tick, digest })));
    }

    fn start_over(&mut self, now: f64, out: &mut VecDeque<Output>) {
        out.push_back(Output::Disconnect);
        self.link.lost(now);
    }
}

/// Ticks that the room has forgotten, in as few messages as hold them.
fn resume(forgotten: Vec<ConfirmedTick>) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut ticks = Vec::new();
    let mut bytes = Vec::new();
    for tick in forgotten {
        ticks.push(tick);
        let longer = wire::encode(&ClientToRoom::RestoreTicks { ticks: ticks.clone() });
        if longer.len() > MAX_FROM_BROWSER {
            messages.push(std::mem::take(&mut bytes));
            ticks.drain(..ticks.len() - 1);
            bytes = wire::encode(&ClientToRoom::RestoreTicks { ticks: ticks.clone() });
        } else {
            bytes = longer;
        }
    }
    messages.push(bytes);
    // A single tick that is longer stays here: what comes behind it could not be taken either.
    messages.into_iter().take_while(|bytes| (1..=MAX_FROM_BROWSER).contains(&bytes.len())).collect()
}
