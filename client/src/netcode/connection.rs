//! One connection that is wanted: when to open it, when to give it up, and when to try again.
//!
//! It knows nothing of the messages that travel over it. A lost socket and every timeout lead to another attempt after
//! a growing pause; only [`Connection::stop`] ends that.

use super::{outbox::Outbox, page::PlayOutput};
use footlights_protocol::MonotonicMs;

/// Pauses before the attempts after a loss, ms; the last one repeats.
const BACKOFF_MS: [f64; 5] = [300.0, 600.0, 1200.0, 2400.0, 3000.0];
/// Time for a socket to open and complete the handshake before it is given up, ms.
const HANDSHAKE_TIMEOUT_MS: f64 = 8000.0;
/// A connection that lasted this long was a good one: the next loss starts with the shortest pause again, ms.
const STEADY_MS: f64 = 5000.0;

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Stopped,
    Opening { since: MonotonicMs },
    Open { since: MonotonicMs },
    Pause { until: MonotonicMs },
}

/// What the owner of the socket must do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionAction {
    /// Open a socket; an older one, if there is any, is void.
    Open,
    /// Close the socket.
    Close,
}

/// One connection that is wanted.
#[derive(Debug, Clone)]
pub struct Connection {
    state: State,
    attempts: usize,
    /// When the oldest request without an answer was sent.
    unanswered_since: Option<MonotonicMs>,
    silence_ms: f64,
    polled_at: MonotonicMs,
}

impl Connection {
    /// A connection that is wanted from `now` on, and counts as lost when a request stays unanswered for `silence_ms`.
    /// [`Connection::poll_action`] must be called several times in such a span.
    #[must_use]
    pub fn new(now: MonotonicMs, silence_ms: f64) -> Self {
        Self {
            state: State::Pause { until: now },
            attempts: 0,
            unanswered_since: None,
            silence_ms,
            polled_at: now,
        }
    }

    /// The server completed the handshake: the connection works.
    pub fn on_handshake(&mut self, now: MonotonicMs) {
        self.state = State::Open { since: now };
        self.unanswered_since = None;
    }

    /// A message arrived, which answers every open request.
    pub fn on_message(&mut self) {
        self.unanswered_since = None;
    }

    /// A request was sent that needs an answer.
    pub fn on_request(&mut self, now: MonotonicMs) {
        self.unanswered_since.get_or_insert(now);
    }

    /// The socket is gone. Another attempt follows after a pause, unless the connection was stopped.
    pub fn on_lost(&mut self, now: MonotonicMs) {
        if matches!(self.state, State::Open { since } if now - since >= STEADY_MS) {
            self.attempts = 0;
        }
        if self.state != State::Stopped {
            let pause = BACKOFF_MS.get(self.attempts).or(BACKOFF_MS.last()).copied().unwrap_or(0.0);
            self.state = State::Pause { until: now + pause };
            self.attempts += 1;
            self.unanswered_since = None;
        }
    }

    /// Ends the pause before the next attempt: the network is back, or the participant asked for it.
    pub fn retry_now(&mut self, now: MonotonicMs) {
        if matches!(self.state, State::Pause { .. }) {
            self.state = State::Pause { until: now };
        }
    }

    /// Gives the connection up for good.
    pub fn stop(&mut self) {
        self.state = State::Stopped;
    }

    /// The action that is due now, if any. Call again until there is none.
    pub fn poll_action(&mut self, now: MonotonicMs) -> Option<ConnectionAction> {
        // After a long time without a poll the page was frozen, and the silence of that time says nothing.
        if now - self.polled_at > self.silence_ms / 2.0 {
            self.unanswered_since = self.unanswered_since.map(|_| now);
        }
        self.polled_at = now;
        match self.state {
            State::Pause { until } if now >= until => {
                self.state = State::Opening { since: now };
                Some(ConnectionAction::Open)
            }
            State::Opening { since } if now >= since + HANDSHAKE_TIMEOUT_MS => {
                self.on_lost(now);
                Some(ConnectionAction::Close)
            }
            State::Open { .. } if self.unanswered_ms(now) >= self.silence_ms => {
                self.on_lost(now);
                Some(ConnectionAction::Close)
            }
            _ => None,
        }
    }

    /// Queues everything that is due now, for a socket at `path`.
    pub(super) fn poll(&mut self, path: &str, now: MonotonicMs, out: &mut Outbox) {
        while let Some(action) = self.poll_action(now) {
            out.push_back(match action {
                ConnectionAction::Open => PlayOutput::Connect(path.to_owned()),
                ConnectionAction::Close => PlayOutput::Disconnect,
            });
        }
    }

    /// When to call [`Connection::poll_action`] again; infinite while nothing is due.
    pub fn wake_at(&self) -> MonotonicMs {
        match self.state {
            State::Stopped => MonotonicMs::NEVER,
            State::Pause { until } => until,
            State::Opening { since } => since + HANDSHAKE_TIMEOUT_MS,
            State::Open { .. } => self.unanswered_since.map_or(MonotonicMs::NEVER, |at| at + self.silence_ms),
        }
    }

    /// Whether the handshake is complete and the server is not known to be gone.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// How long the oldest request has been without an answer, ms.
    pub fn unanswered_ms(&self, now: MonotonicMs) -> f64 {
        self.unanswered_since.map_or(0.0, |at| now - at)
    }

    /// Milliseconds until the next attempt; `None` while one is under way.
    pub fn retry_in(&self, now: MonotonicMs) -> Option<f64> {
        match self.state {
            State::Pause { until } => Some((until - now).max(0.0)),
            _ => None,
        }
    }

    /// Number of attempts since the connection last worked.
    pub fn attempts(&self) -> usize {
        self.attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(now: MonotonicMs) -> Connection {
        let mut connection = Connection::new(now, 6000.0);
        assert_eq!(connection.poll_action(now), Some(ConnectionAction::Open));
        connection.on_handshake(now);
        connection
    }

    #[test]
    fn pauses_grow_to_three_seconds_and_never_end() {
        let mut connection = open(MonotonicMs(0.0));
        let mut now = 0.0;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            connection.on_lost(MonotonicMs(now));
            pauses.push(connection.retry_in(MonotonicMs(now)).unwrap());
            now += pauses.last().unwrap();
            assert_eq!(connection.poll_action(MonotonicMs(now)), Some(ConnectionAction::Open));
        }
        assert_eq!(pauses, [300.0, 600.0, 1200.0, 2400.0, 3000.0, 3000.0, 3000.0, 3000.0]);
    }

    #[test]
    fn a_connection_that_held_starts_the_pauses_over_and_one_that_flaps_does_not() {
        let mut connection = open(MonotonicMs(0.0));
        connection.on_lost(MonotonicMs(6000.0));
        assert_eq!(connection.retry_in(MonotonicMs(6000.0)), Some(300.0));
        assert_eq!(connection.poll_action(MonotonicMs(6300.0)), Some(ConnectionAction::Open));
        connection.on_handshake(MonotonicMs(6350.0));
        connection.on_lost(MonotonicMs(6400.0));
        assert_eq!(connection.retry_in(MonotonicMs(6400.0)), Some(600.0));
    }

    #[test]
    fn a_socket_that_never_opens_is_given_up() {
        let mut connection = Connection::new(MonotonicMs(0.0), 6000.0);
        connection.poll_action(MonotonicMs(0.0));
        assert_eq!(connection.poll_action(MonotonicMs(7999.0)), None);
        assert_eq!(connection.wake_at(), MonotonicMs(8000.0));
        assert_eq!(connection.poll_action(MonotonicMs(8000.0)), Some(ConnectionAction::Close));
        assert_eq!(connection.poll_action(MonotonicMs(8300.0)), Some(ConnectionAction::Open));
    }

    #[test]
    fn an_unanswered_request_ends_a_connection_and_an_answered_one_does_not() {
        let mut connection = open(MonotonicMs(0.0));
        for second in 1..20 {
            let now = f64::from(second) * 1000.0;
            connection.on_request(MonotonicMs(now));
            assert_eq!(connection.poll_action(MonotonicMs(now)), None);
            connection.on_message();
        }
        let mut silent = (20..).map(|second| f64::from(second) * 1000.0).take_while(|now| {
            connection.on_request(MonotonicMs(*now));
            connection.poll_action(MonotonicMs(*now)).is_none()
        });
        assert_eq!(silent.by_ref().count(), 6);
    }

    #[test]
    fn a_frozen_page_does_not_take_its_own_sleep_for_silence() {
        let mut connection = open(MonotonicMs(0.0));
        connection.on_request(MonotonicMs(1000.0));
        connection.poll_action(MonotonicMs(1000.0));
        assert_eq!(connection.poll_action(MonotonicMs(3_600_000.0)), None);
        assert!(connection.is_open());
        assert_eq!(connection.poll_action(MonotonicMs(3_601_000.0)), None);
        connection.poll_action(MonotonicMs(3_603_000.0));
        connection.poll_action(MonotonicMs(3_605_000.0));
        assert_eq!(connection.poll_action(MonotonicMs(3_606_000.0)), Some(ConnectionAction::Close));
    }

    #[test]
    fn a_stopped_connection_stays_stopped() {
        let mut connection = open(MonotonicMs(0.0));
        connection.stop();
        connection.on_lost(MonotonicMs(1.0));
        connection.retry_now(MonotonicMs(1.0));
        assert_eq!(connection.poll_action(MonotonicMs(1e9)), None);
        assert_eq!(connection.wake_at(), MonotonicMs::NEVER);
    }
}
