//! The wait for a game, as this participant sees it.

use footlights_protocol::{
    MonotonicMs,
    wire::{self, ClientToLobby, CloseCode, LobbyToClient, MAX_TO_BROWSER},
};

use super::{
    connection::Connection,
    outbox::Outbox,
    page::{PlayOutput, Stop},
};

/// How often the participant's browser says that it is still there, ms.
const PING_MS: f64 = 5000.0;
/// A ping without an answer for this long ends the connection, ms.
const SILENCE_MS: f64 = 15_000.0;

/// The state of the queue, as the lobby reported it last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LobbyStatus {
    /// Participants in the queue, including this one.
    pub here: u32,
    /// Participants that a game needs.
    pub needed: u32,
    /// Whether every place of the experiment is taken.
    pub full: bool,
    /// Whether this participant's previous group broke up because a member was not ready.
    pub again: bool,
    waited_ms: f64,
    limit_ms: f64,
    received_at: MonotonicMs,
}

impl LobbyStatus {
    /// How long this participant has waited, ms; never more than the limit.
    pub fn waited_ms(&self, now: MonotonicMs) -> f64 {
        (self.waited_ms + (now - self.received_at).max(0.0)).min(self.limit_ms)
    }

    /// The longest possible wait, ms.
    pub fn limit_ms(&self) -> f64 {
        self.limit_ms
    }
}

/// The question to every member of a group whether they are ready.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadyCheck {
    /// Members that have confirmed.
    pub ready: u32,
    /// Members of the group.
    pub needed: u32,
    /// Whether this participant has confirmed.
    pub mine: bool,
    until: MonotonicMs,
}

impl ReadyCheck {
    /// Time left to answer, ms.
    pub fn remaining_ms(&self, now: MonotonicMs) -> f64 {
        (self.until - now).max(0.0)
    }
}

/// How the wait ends.
#[derive(Debug, Clone, PartialEq)]
pub enum LobbyExit {
    /// There is a game; connect to the room's socket at this path.
    Matched(String),
    /// There is nothing to play.
    Stop(Stop),
}

/// The connection to a lobby.
#[derive(Debug, Clone)]
pub struct LobbyConnection {
    path: String,
    connection: Connection,
    ping_at: MonotonicMs,
    /// When the ping without an answer was sent.
    pinged_at: Option<MonotonicMs>,
    /// The last round trip, ms; 0 before the first.
    rtt_ms: f64,
    status: Option<LobbyStatus>,
    check: Option<ReadyCheck>,
    reason: String,
    is_rematch: bool,
}

impl LobbyConnection {
    /// Connects to the lobby socket at `path`, from `now` on.
    #[must_use]
    pub fn new(path: String, now: MonotonicMs) -> Self {
        Self {
            path,
            connection: Connection::new(now, SILENCE_MS),
            ping_at: MonotonicMs::NEVER,
            pinged_at: None,
            rtt_ms: 0.0,
            status: None,
            check: None,
            reason: String::new(),
            is_rematch: false,
        }
    }

    /// Connects to the lobby socket at `path` from `at` on, after a match whose partners did not come.
    #[must_use]
    pub fn rematch(path: String, at: MonotonicMs) -> Self {
        Self { is_rematch: true, ..Self::new(path, at) }
    }

    /// Whether the participant is back because the partners of a match did not come.
    pub fn is_rematch(&self) -> bool {
        self.is_rematch
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The state of the queue, once the lobby has reported it.
    pub fn status(&self) -> Option<&LobbyStatus> {
        self.status.as_ref()
    }

    /// The ready check, while there is one.
    pub fn check(&self) -> Option<&ReadyCheck> {
        self.check.as_ref()
    }

    pub(super) fn on_open(&mut self, now: MonotonicMs, out: &mut Outbox) {
        self.connection.on_handshake(now);
        self.pinged_at = None;
        self.ping(now, out);
    }

    /// Answers the ready check, if one is open.
    pub(super) fn confirm_ready(&mut self, out: &mut Outbox) {
        if self.connection.is_open() && self.check.is_some_and(|check| !check.mine) {
            out.push_back(PlayOutput::Send(wire::encode(&ClientToLobby::Ready)));
        }
    }

    pub(super) fn on_message(
        &mut self,
        bytes: &[u8],
        now: MonotonicMs,
        out: &mut Outbox,
    ) -> Option<LobbyExit> {
        self.connection.on_message();
        match wire::decode(bytes, MAX_TO_BROWSER) {
            Ok(LobbyToClient::Waiting { here, needed, waited_ms, limit_ms, full }) => {
                let (waited_ms, limit_ms) = (f64::from(waited_ms), f64::from(limit_ms));
                let again = self.check.take().is_some() || self.status.is_some_and(|status| status.again);
                self.status =
                    Some(LobbyStatus { here, needed, full, again, waited_ms, limit_ms, received_at: now });
                None
            }
            Ok(LobbyToClient::ReadyCheck { remaining_ms, ready, needed, mine }) => {
                // The participant may be looking elsewhere, also one who was ready for a group that broke up.
                if self.check.is_none_or(|before| before.mine && !mine) {
                    out.push_back(PlayOutput::Call);
                }
                self.check = Some(ReadyCheck { ready, needed, mine, until: now + f64::from(remaining_ms) });
                None
            }
            Ok(LobbyToClient::Pong) => {
                if let Some(at) = self.pinged_at.take() {
                    let is_first = self.rtt_ms == 0.0;
                    // On the wire 0 means that none was measured.
                    self.rtt_ms = (now - at).max(0.1);
                    if is_first {
                        self.ping(now, out);
                    }
                }
                None
            }
            Ok(LobbyToClient::Matched { socket }) => {
                // After a reload in a running game, or right after a ready check, the participant is looking here.
                if self.status.is_some() && self.check.is_none() {
                    out.push_back(PlayOutput::Call);
                }
                Some(LobbyExit::Matched(socket))
            }
            Ok(LobbyToClient::TimedOut { message }) => Some(LobbyExit::Stop(Stop::TimedOut { message })),
            Ok(LobbyToClient::Refused { code, reason }) => {
                self.reason.clone_from(&reason);
                Some(LobbyExit::Stop(Stop::Refused { code, reason }))
            }
            // An undecodable message means that the two sides are out of sync: reconnect.
            Err(_) => {
                out.push_back(PlayOutput::Disconnect);
                self.connection.on_lost(now);
                None
            }
        }
    }

    pub(super) fn on_close(&mut self, code: u16, now: MonotonicMs) -> Option<LobbyExit> {
        if CloseCode::is_known(code) && code != CloseCode::Silent.code() {
            return Some(LobbyExit::Stop(Stop::Refused { code, reason: std::mem::take(&mut self.reason) }));
        }
        self.connection.on_lost(now);
        None
    }

    pub(super) fn retry_now(&mut self, now: MonotonicMs) {
        self.connection.retry_now(now);
    }

    /// Does what is due at `now`.
    pub(super) fn poll(&mut self, now: MonotonicMs, out: &mut Outbox) {
        if self.connection.is_open() && now >= self.ping_at {
            self.ping(now, out);
        }
        self.connection.poll(&self.path, now, out);
    }

    pub(super) fn wake_at(&self) -> MonotonicMs {
        let ping = if self.connection.is_open() { self.ping_at } else { MonotonicMs::NEVER };
        ping.min(self.connection.wake_at())
    }

    fn ping(&mut self, now: MonotonicMs, out: &mut Outbox) {
        out.push_back(PlayOutput::Send(wire::encode(&ClientToLobby::Ping { rtt: self.rtt_ms as f32 })));
        self.connection.on_request(now);
        self.pinged_at.get_or_insert(now);
        self.ping_at = now + PING_MS;
    }
}
