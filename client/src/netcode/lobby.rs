//! The wait before a game, as this participant sees it.

use std::collections::VecDeque;

use footlights_protocol::wire::{self, ClientToLobby, CloseCode, LobbyToClient, MAX_TO_BROWSER};

use super::{
    link::Link,
    page::{Output, Stop},
};

/// How often a waiter says that it is still there, ms.
const PING_MS: f64 = 5000.0;
/// A sign of life that has no answer for this long ends the connection, ms.
const SILENCE_MS: f64 = 15_000.0;

/// How it stood when the lobby last said so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Waiting {
    /// How many are here, this one included.
    pub here: u32,
    /// How many it takes.
    pub needed: u32,
    /// Whether all places are taken.
    pub full: bool,
    /// Whether there was a group already, in which somebody was not ready.
    pub again: bool,
    waited_ms: f64,
    limit_ms: f64,
    told: f64,
}

impl Waiting {
    /// For how long this participant has waited, ms; never more than the limit.
    pub fn waited_ms(&self, now: f64) -> f64 {
        (self.waited_ms + (now - self.told).max(0.0)).min(self.limit_ms)
    }

    /// After how long waiting ends, ms.
    pub fn limit_ms(&self) -> f64 {
        self.limit_ms
    }
}

/// A question to everybody of a group, whether they are there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// How many have said so.
    pub ready: u32,
    /// How many it takes.
    pub needed: u32,
    /// Whether this participant has said so.
    pub mine: bool,
    until: f64,
}

impl Check {
    /// For how long there is time to answer, ms.
    pub fn remaining_ms(&self, now: f64) -> f64 {
        (self.until - now).max(0.0)
    }
}

/// What ends the wait.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// To the room with this socket.
    Matched(String),
    /// To a message with a way out.
    Stop(Stop),
}

/// The connection to a lobby.
#[derive(Debug, Clone)]
pub struct Lobby {
    path: String,
    link: Link,
    ping_at: f64,
    /// When the ping was sent that has no answer yet.
    pinged: Option<f64>,
    /// The last round trip, ms; 0 before the first.
    rtt: f64,
    waiting: Option<Waiting>,
    check: Option<Check>,
    reason: String,
    again: bool,
}

impl Lobby {
    /// Wants to connect to the lobby socket at `path`.
    pub fn new(path: String, now: f64) -> Self {
        Self {
            path,
            link: Link::new(now, SILENCE_MS),
            ping_at: f64::INFINITY,
            pinged: None,
            rtt: 0.0,
            waiting: None,
            check: None,
            reason: String::new(),
            again: false,
        }
    }

    /// The same from `at` on, after a match of which nothing came.
    pub fn again(path: String, at: f64) -> Self {
        Self { again: true, ..Self::new(path, at) }
    }

    /// Whether there was a match of which nothing came.
    pub fn is_again(&self) -> bool {
        self.again
    }

    /// The connection.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// How it stands, once the lobby has said so.
    pub fn waiting(&self) -> Option<&Waiting> {
        self.waiting.as_ref()
    }

    /// The ready check, while there is one.
    pub fn check(&self) -> Option<&Check> {
        self.check.as_ref()
    }

    pub(super) fn opened(&mut self, now: f64, out: &mut VecDeque<Output>) {
        self.link.greeted(now);
        self.pinged = None;
        self.ping(now, out);
    }

    /// Says that this participant is there, if that is asked.
    pub(super) fn ready(&mut self, out: &mut VecDeque<Output>) {
        if self.link.is_open() && self.check.is_some_and(|check| !check.mine) {
            out.push_back(Output::Send(wire::encode(&ClientToLobby::Ready)));
        }
    }

    pub(super) fn message(&mut self, bytes: &[u8], now: f64, out: &mut VecDeque<Output>) -> Option<Turn> {
        self.link.heard();
        match wire::decode(bytes, MAX_TO_BROWSER) {
            Ok(LobbyToClient::Waiting { here, needed, waited_ms, limit_ms, full }) => {
                let (waited_ms, limit_ms) = (f64::from(waited_ms), f64::from(limit_ms));
                let again = self.check.take().is_some() || self.waiting.is_some_and(|waiting| waiting.again);
                self.waiting = Some(Waiting { here, needed, full, again, waited_ms, limit_ms, told: now });
                None
            }
            Ok(LobbyToClient::ReadyCheck { remaining_ms, ready, needed, mine }) => {
                // Whoever waits may be looking elsewhere, also who was ready for a game that came to nothing.
                if self.check.is_none_or(|before| before.mine && !mine) {
                    out.push_back(Output::Call);
                }
                self.check = Some(Check { ready, needed, mine, until: now + f64::from(remaining_ms) });
                None
            }
            Ok(LobbyToClient::Pong) => {
                if let Some(at) = self.pinged.take() {
                    let first = self.rtt == 0.0;
                    // 0 would say that there is none.
                    self.rtt = (now - at).max(0.1);
                    if first {
                        self.ping(now, out);
                    }
                }
                None
            }
            Ok(LobbyToClient::Matched { socket }) => {
                // As above; whoever comes back to a running game, or has just said to be there, is looking here.
                if self.waiting.is_some() && self.check.is_none() {
                    out.push_back(Output::Call);
                }
                Some(Turn::Matched(socket))
            }
            Ok(LobbyToClient::TimedOut { message }) => Some(Turn::Stop(Stop::TimedOut { message })),
            Ok(LobbyToClient::Refused { code, reason }) => {
                self.reason.clone_from(&reason);
                Some(Turn::Stop(Stop::Refused { code, reason }))
            }
            Err(_) => {
                out.push_back(Output::Disconnect);
                self.link.lost(now);
                None
            }
        }
    }

    pub(super) fn closed(&mut self, code: u16, now: f64) -> Option<Turn> {
        if CloseCode::is_known(code) && code != CloseCode::Silent.code() {
            return Some(Turn::Stop(Stop::Refused { code, reason: std::mem::take(&mut self.reason) }));
        }
        self.link.lost(now);
        None
    }

    pub(super) fn hurry(&mut self, now: f64) {
        self.link.hurry(now);
    }

    pub(super) fn wake(&mut self, now: f64, out: &mut VecDeque<Output>) {
        if self.link.is_open() && now >= self.ping_at {
            self.ping(now, out);
        }
        self.link.wake(&self.path, now, out);
    }

    pub(super) fn wake_at(&self) -> f64 {
        let ping = if self.link.is_open() { self.ping_at } else { f64::INFINITY };
        ping.min(self.link.wake_at())
    }

    fn ping(&mut self, now: f64, out: &mut VecDeque<Output>) {
        out.push_back(Output::Send(wire::encode(&ClientToLobby::Ping { rtt: self.rtt as f32 })));
        self.link.asked(now);
        self.pinged.get_or_insert(now);
        self.ping_at = now + PING_MS;
    }
}
