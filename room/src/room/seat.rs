//! One agent's place in a room: who holds it, and what that person or policy last did.

use env_sdk::{ActionValue, Policy, surface::Encoder};

use crate::{
    keys::Input,
    record::Person,
    wire::{Hud, Presence},
};

/// Messages a person may send within one second. A fast player changes keys 30 times a second at most.
const MAX_MESSAGES: u32 = 100;

/// Who plays.
pub(super) enum Holder {
    Policy(Box<dyn Policy>),
    Human(Human),
}

/// A seat and the action it took last.
pub(super) struct SeatState {
    pub holder: Holder,
    pub previous: Option<ActionValue>,
}

impl SeatState {
    pub fn human(&self) -> Option<&Human> {
        match &self.holder {
            Holder::Human(human) => Some(human),
            Holder::Policy(_) => None,
        }
    }

    pub fn human_mut(&mut self) -> Option<&mut Human> {
        match &mut self.holder {
            Holder::Human(human) => Some(human),
            Holder::Policy(_) => None,
        }
    }

    pub fn presence(&self) -> Presence {
        match &self.holder {
            Holder::Policy(_) => Presence::Policy,
            Holder::Human(human) => human.presence(),
        }
    }
}

/// A person in a seat.
pub(super) struct Human {
    /// The open connection.
    pub conn: Option<u64>,
    /// The connection said hello and may be sent pictures.
    pub ready: bool,
    /// Was ready at least once.
    pub arrived: bool,
    /// Did not come back in time.
    pub left: bool,
    pub input: Input,
    pub ack: u32,
    pub focused: bool,
    pub rtt_ms: f32,
    pub client_time_ms: f64,
    /// Last message, epoch ms.
    pub seen: u64,
    pub encoder: Encoder,
    pub hud: Option<Hud>,
    window: (u64, u32),
}

impl Human {
    pub fn new(encoder: Encoder) -> Self {
        Self {
            conn: None,
            ready: false,
            arrived: false,
            left: false,
            input: Input::default(),
            ack: 0,
            focused: true,
            rtt_ms: 0.0,
            client_time_ms: 0.0,
            seen: 0,
            encoder,
            hud: None,
            window: (0, 0),
        }
    }

    /// The connection to send to.
    pub fn listener(&self) -> Option<u64> {
        self.conn.filter(|_| self.ready)
    }

    pub fn connect(&mut self, conn: u64, now: u64) {
        self.disconnect();
        self.conn = Some(conn);
        self.seen = now;
        self.window = (now, 0);
    }

    pub fn disconnect(&mut self) {
        self.conn = None;
        self.ready = false;
        self.input.release();
    }

    /// Counts a message; false if there were too many within a second.
    pub fn count_message(&mut self, now: u64) -> bool {
        self.seen = now;
        if now.saturating_sub(self.window.0) >= 1_000 {
            self.window = (now, 0);
        }
        self.window.1 += 1;
        self.window.1 <= MAX_MESSAGES
    }

    pub fn row(&self) -> Person {
        Person {
            held: self.input.seen(),
            client_time_ms: self.client_time_ms,
            rtt_ms: self.rtt_ms,
            focused: self.focused,
        }
    }

    fn presence(&self) -> Presence {
        match (self.left, self.ready, self.arrived) {
            (true, ..) => Presence::Left,
            (_, true, _) if self.focused => Presence::Here,
            (_, true, _) => Presence::Away,
            (_, false, true) => Presence::Reconnecting,
            (_, false, false) => Presence::Expected,
        }
    }
}
