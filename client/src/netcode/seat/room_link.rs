//! The link from a seat to its room: when it is opened, how it is kept alive, and how good it is.

use footlights_protocol::{MonotonicMs, wire::ClientToRoom};

use crate::netcode::{
    connection::Connection,
    outbox::{Outbox, send},
    page::PlayOutput,
    round_trips::{ConnectionQuality, RoundTrips},
};

/// How often a round trip is measured, ms.
const PING_MS: f64 = 1000.0;
/// A ping without an answer for this long ends the connection, ms.
const SILENCE_MS: f64 = 6000.0;

/// The link to the room at one path.
#[derive(Debug)]
pub struct RoomLink {
    path: String,
    connection: Connection,
    round_trips: RoundTrips,
    /// When the next ping is due while the link is open.
    ping_at: MonotonicMs,
    /// Whether the page is in view and has the focus, as a ping says it.
    focused: bool,
}

impl RoomLink {
    /// A link to the room socket at `path`, which is wanted from `now` on.
    pub fn new(path: String, focused: bool, now: MonotonicMs) -> Self {
        Self {
            path,
            connection: Connection::new(now, SILENCE_MS),
            round_trips: RoundTrips::default(),
            ping_at: MonotonicMs::NEVER,
            focused,
        }
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection, to say what has become of it.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The connection in one word.
    pub fn quality(&self, now: MonotonicMs) -> ConnectionQuality {
        self.round_trips.quality(self.connection.is_open(), self.connection.unanswered_ms(now))
    }

    /// The median of the last round trips, ms; `None` before the first.
    pub fn rtt(&self) -> Option<f64> {
        self.round_trips.median()
    }

    /// The socket opened: a ping follows the handshake.
    pub fn on_open(&mut self, now: MonotonicMs) {
        self.ping_at = now;
    }

    /// The answer to the ping of `sent_at`. Returns the round trip to plan for, ms.
    pub fn on_pong(&mut self, sent_at: MonotonicMs, now: MonotonicMs) -> f64 {
        self.round_trips.record(now - sent_at);
        self.round_trips.trip_ms()
    }

    /// The page gained or lost visibility and focus: the next ping is due at once. False if that is no change.
    pub fn set_focused(&mut self, focused: bool, now: MonotonicMs) -> bool {
        let changes = focused != self.focused;
        if changes {
            self.focused = focused;
            self.ping_at = self.ping_at.min(now);
        }
        changes
    }

    /// Queues a ping, if one is due. Returns whether it was.
    pub fn ping_if_due(&mut self, now: MonotonicMs, out: &mut Outbox) -> bool {
        if !self.connection.is_open() || now < self.ping_at {
            return false;
        }
        let rtt = self.round_trips.last() as f32;
        send(out, &ClientToRoom::Ping { time: now, rtt, focused: self.focused });
        self.connection.on_request(now);
        self.ping_at = now + PING_MS;
        true
    }

    /// Opens the socket again, or closes it, if that is due.
    pub fn poll(&mut self, now: MonotonicMs, out: &mut Outbox) {
        self.connection.poll(&self.path, now, out);
    }

    /// When to call [`RoomLink::ping_if_due`] and [`RoomLink::poll`] at the latest.
    pub fn wake_at(&self) -> MonotonicMs {
        let ping_at = if self.connection.is_open() { self.ping_at } else { MonotonicMs::NEVER };
        ping_at.min(self.connection.wake_at())
    }

    /// The two sides are out of sync, and only a new connection helps.
    pub fn start_over(&mut self, now: MonotonicMs, out: &mut Outbox) {
        out.push_back(PlayOutput::Disconnect);
        self.connection.on_lost(now);
    }

    /// Connects again after another tab took this seat.
    pub fn reclaim(&mut self, now: MonotonicMs) {
        self.connection = Connection::new(now, SILENCE_MS);
    }
}

#[cfg(test)]
mod tests {
    use footlights_protocol::wire::{self, MAX_FROM_BROWSER};

    use super::*;

    fn open() -> RoomLink {
        let mut link = RoomLink::new("/room".into(), true, MonotonicMs(0.0));
        let mut out = Outbox::new();
        link.poll(MonotonicMs(0.0), &mut out);
        assert_eq!(out, [PlayOutput::Connect("/room".into())]);
        link.on_open(MonotonicMs(10.0));
        link.connection_mut().on_handshake(MonotonicMs(20.0));
        link
    }

    /// The sign of life that is due at `now`.
    fn ping(link: &mut RoomLink, now: f64) -> Option<ClientToRoom> {
        let mut out = Outbox::new();
        let is_due = link.ping_if_due(MonotonicMs(now), &mut out);
        let sent = out.pop_front().map(|output| match output {
            PlayOutput::Send(bytes) => wire::decode(&bytes, MAX_FROM_BROWSER).unwrap(),
            other => panic!("{other:?}"),
        });
        assert_eq!(sent.is_some(), is_due);
        sent
    }

    #[test]
    fn an_open_line_gives_a_sign_of_life_once_a_second_and_measures_the_way() {
        let mut link = open();
        let first = ClientToRoom::Ping { time: MonotonicMs(20.0), rtt: 0.0, focused: true };
        assert_eq!(ping(&mut link, 20.0), Some(first));
        assert_eq!((ping(&mut link, 1_019.0), link.wake_at()), (None, MonotonicMs(1_020.0)));
        assert_eq!(link.on_pong(MonotonicMs(20.0), MonotonicMs(60.0)), 80.0);
        link.connection_mut().on_message();
        assert_eq!(link.rtt(), Some(40.0));
        let second = ClientToRoom::Ping { time: MonotonicMs(1_020.0), rtt: 40.0, focused: true };
        assert_eq!(ping(&mut link, 1_020.0), Some(second));
    }

    #[test]
    fn a_page_that_is_looked_away_from_says_so_at_once_and_once() {
        let mut link = open();
        ping(&mut link, 20.0);
        assert!(!link.set_focused(true, MonotonicMs(100.0)));
        assert!(link.set_focused(false, MonotonicMs(100.0)));
        let away = ClientToRoom::Ping { time: MonotonicMs(100.0), rtt: 0.0, focused: false };
        assert_eq!((ping(&mut link, 100.0), ping(&mut link, 101.0)), (Some(away), None));
    }

    #[test]
    fn a_line_that_is_out_of_sync_is_closed_and_silent_until_it_is_open_again() {
        let mut link = open();
        let mut out = Outbox::new();
        link.start_over(MonotonicMs(100.0), &mut out);
        assert_eq!(out, [PlayOutput::Disconnect]);
        assert_eq!((ping(&mut link, 5_000.0), link.wake_at()), (None, MonotonicMs(400.0)));
        link.connection_mut().stop();
        assert_eq!(link.wake_at(), MonotonicMs::NEVER);
        link.reclaim(MonotonicMs(6_000.0));
        assert_eq!(link.wake_at(), MonotonicMs(6_000.0));
    }
}
