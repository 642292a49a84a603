//! One connection that is wanted: when to open it, when to give it up, and when to try again.
//!
//! It knows nothing of what is said over it. `lost` and every time-out lead to a retry after a growing pause; only
//! [`Link::stop`] ends that.

use std::collections::VecDeque;

use super::page::Output;

/// Pauses before the attempts after a loss, ms; the last one repeats.
pub const BACKOFF_MS: [f64; 5] = [300.0, 600.0, 1200.0, 2400.0, 3000.0];
/// A socket that has not opened and been greeted by then is given up, ms.
const OPENING_MS: f64 = 8000.0;
/// A connection that held this long was a good one: the next loss starts with the shortest pause again, ms.
const STEADY_MS: f64 = 5000.0;

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Stopped,
    Opening { since: f64 },
    Open { since: f64 },
    Pause { until: f64 },
}

/// What the socket's owner must do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    /// Open a socket; an older one, if there is any, is void.
    Connect,
    /// Close the socket.
    Drop,
}

/// One connection that is wanted.
#[derive(Debug, Clone)]
pub struct Link {
    state: State,
    attempt: usize,
    /// When the oldest question that has no answer yet was sent.
    asked: Option<f64>,
    silence_ms: f64,
    seen: f64,
}

impl Link {
    /// A link that wants to be open from `now` on, and counts as lost when a question stays unanswered for
    /// `silence_ms`. [`Link::due`] must be asked several times in such a span.
    pub fn new(now: f64, silence_ms: f64) -> Self {
        Self { state: State::Pause { until: now }, attempt: 0, asked: None, silence_ms, seen: now }
    }

    /// The other side greeted us: the connection works.
    pub fn greeted(&mut self, now: f64) {
        self.state = State::Open { since: now };
        self.asked = None;
    }

    /// Something arrived.
    pub fn heard(&mut self) {
        self.asked = None;
    }

    /// Something was sent that wants an answer.
    pub fn asked(&mut self, now: f64) {
        self.asked.get_or_insert(now);
    }

    /// The socket is gone.
    pub fn lost(&mut self, now: f64) {
        if matches!(self.state, State::Open { since } if now - since >= STEADY_MS) {
            self.attempt = 0;
        }
        if self.state != State::Stopped {
            let pause = BACKOFF_MS.get(self.attempt).or(BACKOFF_MS.last()).copied().unwrap_or(0.0);
            self.state = State::Pause { until: now + pause };
            self.attempt += 1;
            self.asked = None;
        }
    }

    /// The network is back, or the participant is impatient: no more pause.
    pub fn hurry(&mut self, now: f64) {
        if matches!(self.state, State::Pause { .. }) {
            self.state = State::Pause { until: now };
        }
    }

    /// Never again.
    pub fn stop(&mut self) {
        self.state = State::Stopped;
    }

    /// What is due now, if anything.
    pub fn due(&mut self, now: f64) -> Option<Do> {
        // If nobody asked for so long, the page was frozen, and silence of that time says nothing.
        if now - self.seen > self.silence_ms / 2.0 {
            self.asked = self.asked.map(|_| now);
        }
        self.seen = now;
        match self.state {
            State::Pause { until } if now >= until => {
                self.state = State::Opening { since: now };
                Some(Do::Connect)
            }
            State::Opening { since } if now >= since + OPENING_MS => {
                self.lost(now);
                Some(Do::Drop)
            }
            State::Open { .. } if self.unanswered_ms(now) >= self.silence_ms => {
                self.lost(now);
                Some(Do::Drop)
            }
            _ => None,
        }
    }

    /// Does what is due now, with a socket at `path`.
    pub(super) fn wake(&mut self, path: &str, now: f64, out: &mut VecDeque<Output>) {
        while let Some(due) = self.due(now) {
            out.push_back(match due {
                Do::Connect => Output::Connect(path.to_owned()),
                Do::Drop => Output::Disconnect,
            });
        }
    }

    /// When to ask [`Link::due`] again.
    pub fn wake_at(&self) -> f64 {
        match self.state {
            State::Stopped => f64::INFINITY,
            State::Pause { until } => until,
            State::Opening { since } => since + OPENING_MS,
            State::Open { .. } => self.asked.map_or(f64::INFINITY, |at| at + self.silence_ms),
        }
    }

    /// Whether the other side has greeted us and is not known to be gone.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// For how long the oldest question has had no answer, ms.
    pub fn unanswered_ms(&self, now: f64) -> f64 {
        self.asked.map_or(0.0, |at| now - at)
    }

    /// Milliseconds until the next attempt; `None` while one is under way.
    pub fn retry_in(&self, now: f64) -> Option<f64> {
        match self.state {
            State::Pause { until } => Some((until - now).max(0.0)),
            _ => None,
        }
    }

    /// How many attempts there were since the connection last held.
    pub fn attempts(&self) -> usize {
        self.attempt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(now: f64) -> Link {
        let mut link = Link::new(now, 6000.0);
        assert_eq!(link.due(now), Some(Do::Connect));
        link.greeted(now);
        link
    }

    #[test]
    fn pauses_grow_to_three_seconds_and_never_end() {
        let mut link = open(0.0);
        let mut now = 0.0;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            link.lost(now);
            pauses.push(link.retry_in(now).unwrap());
            now += pauses.last().unwrap();
            assert_eq!(link.due(now), Some(Do::Connect));
        }
        assert_eq!(pauses, [300.0, 600.0, 1200.0, 2400.0, 3000.0, 3000.0, 3000.0, 3000.0]);
    }

    #[test]
    fn a_connection_that_held_starts_the_pauses_over_and_one_that_flaps_does_not() {
        let mut link = open(0.0);
        link.lost(6000.0);
        assert_eq!(link.retry_in(6000.0), Some(300.0));
        assert_eq!(link.due(6300.0), Some(Do::Connect));
        link.greeted(6350.0);
        link.lost(6400.0);
        assert_eq!(link.retry_in(6400.0), Some(600.0));
    }

    #[test]
    fn a_socket_that_never_opens_is_given_up() {
        let mut link = Link::new(0.0, 6000.0);
        link.due(0.0);
        assert_eq!(link.due(7999.0), None);
        assert_eq!(link.wake_at(), 8000.0);
        assert_eq!(link.due(8000.0), Some(Do::Drop));
        assert_eq!(link.due(8300.0), Some(Do::Connect));
    }

    #[test]
    fn an_unanswered_question_ends_a_connection_and_an_answered_one_does_not() {
        let mut link = open(0.0);
        for second in 1..20 {
            let now = f64::from(second) * 1000.0;
            link.asked(now);
            assert_eq!(link.due(now), None);
            link.heard();
        }
        let mut silent = (20..).map(|second| f64::from(second) * 1000.0).take_while(|now| {
            link.asked(*now);
            link.due(*now).is_none()
        });
        assert_eq!(silent.by_ref().count(), 6);
    }

    #[test]
    fn a_frozen_page_does_not_take_its_own_sleep_for_silence() {
        let mut link = open(0.0);
        link.asked(1000.0);
        link.due(1000.0);
        assert_eq!(link.due(3_600_000.0), None);
        assert!(link.is_open());
        assert_eq!(link.due(3_601_000.0), None);
        link.due(3_603_000.0);
        link.due(3_605_000.0);
        assert_eq!(link.due(3_606_000.0), Some(Do::Drop));
    }

    #[test]
    fn a_stopped_link_stays_stopped() {
        let mut link = open(0.0);
        link.stop();
        link.lost(1.0);
        link.hurry(1.0);
        assert_eq!(link.due(1e9), None);
        assert_eq!(link.wake_at(), f64::INFINITY);
    }
}
