//! A participant in a seat: their connection, their keys, and what their browser last said.

use footlights_experiment::record::ParticipantSample;
use footlights_protocol::{EpochMs, KeySet, MonotonicMs};

use super::{input_queue::InputQueue, rtt_window::RttWindow};
use crate::ConnId;

/// Messages that a browser may send within one second. A fast player changes keys 30 times a second at most.
const MAX_MESSAGES_PER_SECOND: u32 = 100;

/// A participant in a seat.
#[derive(Debug)]
pub struct Player {
    /// The open connection.
    pub conn: Option<ConnId>,
    /// Whether the connection has completed the handshake and is sent the game.
    pub ready: bool,
    /// When the last message arrived.
    pub last_message_ms: EpochMs,
    /// Key changes that wait for their ticks.
    pub inputs: InputQueue,
    /// By how many ticks the keys of the last tick came too late; `None` where a browser brought the tick back.
    pub late: Option<u32>,
    /// `seq` of the newest key change.
    pub ack: u32,
    /// Whether the page is visible and focused.
    pub focused: bool,
    /// The last round trip that the browser measured, ms; 0 before the first.
    pub rtt_ms: f32,
    /// The round trips of the last seconds on this connection.
    pub rtts: RttWindow,
    /// The browser's clock at its last message.
    pub client_time_ms: Option<MonotonicMs>,
    /// Since when messages are counted, and how many there were.
    message_count: (EpochMs, u32),
}

impl Player {
    /// A participant who has not connected yet.
    pub fn new() -> Self {
        Self {
            conn: None,
            ready: false,
            last_message_ms: EpochMs(0),
            inputs: InputQueue::default(),
            late: None,
            ack: 0,
            focused: true,
            rtt_ms: 0.0,
            rtts: RttWindow::default(),
            client_time_ms: None,
            message_count: (EpochMs(0), 0),
        }
    }

    /// The connection to send the game to.
    pub fn listener(&self) -> Option<ConnId> {
        self.conn.filter(|_| self.ready)
    }

    /// Takes a new connection. Returns the one that it replaces.
    pub fn connect(&mut self, conn: ConnId, now: EpochMs) -> Option<ConnId> {
        let replaced = self.conn;
        self.disconnect();
        self.conn = Some(conn);
        self.last_message_ms = now;
        self.message_count = (now, 0);
        replaced
    }

    /// Forgets the connection.
    pub fn disconnect(&mut self) {
        self.conn = None;
        self.ready = false;
        self.rtts.clear();
    }

    /// Counts a message. Returns false if there were too many within a second.
    pub fn count_message(&mut self, now: EpochMs) -> bool {
        self.last_message_ms = now;
        let (since, count) = &mut self.message_count;
        if now - *since >= 1_000 {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= MAX_MESSAGES_PER_SECOND
    }

    /// What the row of a tick says of the participant; `held` are the keys that the tick saw.
    pub fn sample(&self, held: KeySet) -> ParticipantSample {
        ParticipantSample {
            held,
            client_time_ms: self.client_time_ms,
            rtt_ms: self.rtt_ms,
            focused: self.focused,
            late: self.late,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_messages_a_second_are_allowed_and_no_more() {
        let mut player = Player::new();
        assert_eq!(player.connect(ConnId(7), EpochMs(5_000)), None);
        assert!((0..MAX_MESSAGES_PER_SECOND).all(|_| player.count_message(EpochMs(5_900))));
        assert!(!player.count_message(EpochMs(5_999)));
        assert!(player.count_message(EpochMs(6_000)));
    }

    #[test]
    fn a_new_connection_replaces_the_old_one_and_has_to_say_hello() {
        let mut player = Player::new();
        player.connect(ConnId(7), EpochMs(0));
        player.ready = true;
        assert_eq!(player.listener(), Some(ConnId(7)));
        assert_eq!(player.connect(ConnId(8), EpochMs(10)), Some(ConnId(7)));
        assert_eq!((player.listener(), player.conn), (None, Some(ConnId(8))));
    }
}
