//! One agent's place in a room: who holds it, and what that person or policy last did.

use std::collections::VecDeque;

use footlights_env::{Policy, surface::Encoder};
use serde::{Deserialize, Serialize};

use super::watch::{Trips, Watched};
use footlights_experiment::record::ParticipantSample;
use footlights_protocol::{
    Hud, Outcome,
    timeline::{Change, MAX_CHANGES_PER_TICK},
    wire::Presence,
};

/// Messages a person may send within one second. A fast player changes keys 30 times a second at most.
const MAX_MESSAGES: u32 = 100;
/// How many changes wait for their ticks at most; further ones push out the oldest.
const MAX_WAITING: usize = 256;

/// Who plays.
pub(super) enum Holder {
    Policy(Box<dyn Policy>),
    Human(Box<Human>),
}

/// A seat.
pub(super) struct SeatState {
    pub holder: Holder,
    /// Set when the person of this seat has left for good.
    pub gone: Option<Gone>,
}

/// What stays of a person who has left for good, or was excluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Gone {
    pub outcome: Outcome,
    /// Ticks until then.
    pub tick: u32,
    /// Sum of rewards until then.
    pub score: f64,
    /// Where they still listen, to be told that all is stored.
    #[serde(skip)]
    pub conn: Option<u64>,
    /// All is stored.
    #[serde(skip)]
    pub released: bool,
}

impl SeatState {
    /// The person in this seat; nobody once they have left for good.
    pub fn human(&self) -> Option<&Human> {
        match &self.holder {
            Holder::Human(human) if self.gone.is_none() => Some(human),
            _ => None,
        }
    }

    /// The person in this seat; nobody once they have left for good.
    pub fn human_mut(&mut self) -> Option<&mut Human> {
        match &mut self.holder {
            Holder::Human(human) if self.gone.is_none() => Some(human),
            _ => None,
        }
    }

    /// Whether a person has left for good, and no policy plays on.
    pub fn is_vacant(&self) -> bool {
        self.gone.is_some() && matches!(self.holder, Holder::Human(_))
    }

    pub fn presence(&self) -> Presence {
        match &self.holder {
            Holder::Policy(_) => Presence::Policy,
            Holder::Human(_) if self.gone.is_some() => Presence::Left,
            Holder::Human(human) => human.presence(),
        }
    }
}

/// Changes of keys that wait for their tick.
#[derive(Debug, Clone, Default)]
pub(super) struct Inbox(VecDeque<(u32, Change)>);

impl Inbox {
    /// The keys held change to `held` with tick `tick`, or with the first one that is still to come; never before an
    /// earlier change.
    pub fn change(&mut self, tick: u32, held: u32) {
        let last = self.0.back().map_or(0, |(last, _)| *last);
        self.0.push_back((tick.max(last), Some(held)));
        if self.0.len() > MAX_WAITING {
            self.0.pop_front();
        }
    }

    /// What is told anew is not kept.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Nobody holds anything any more: the connection is gone.
    pub fn release(&mut self) {
        self.0.clear();
        self.0.push_back((0, None));
    }

    /// The changes for tick `tick`, and by how many ticks the one that is latest is late.
    pub fn take(&mut self, tick: u32) -> (Vec<Change>, u32) {
        let mut late = 0;
        let due = std::iter::from_fn(|| self.0.pop_front_if(|(due, _)| *due <= tick));
        let changes = due
            .take(MAX_CHANGES_PER_TICK)
            .map(|(due, change)| {
                // Without a stamp nothing is late.
                late = late.max(if due == 0 { 0 } else { tick - due });
                change
            })
            .collect();
        (changes, late)
    }
}

/// What is wrong in a browser is repaired no more often than this, ms.
const REPAIR_MS: u64 = 500;

/// A person in a seat.
pub(super) struct Human {
    /// The open connection.
    pub conn: Option<u64>,
    /// The connection said hello and may be sent pictures.
    pub ready: bool,
    /// Was ready at least once.
    pub arrived: bool,
    /// Must be back by then, if not ready; epoch ms.
    pub back_by: u64,
    /// That is earlier than with the whole grace time: the game was held up for too long before.
    pub cut_short: bool,
    /// Since when the game stands still because of them, epoch ms.
    held_up: Option<u64>,
    /// For how long it did before, ms.
    pub held_up_ms: u64,
    pub inbox: Inbox,
    /// By how many ticks the keys of the last tick came too late; unknown where somebody brought the tick back.
    pub late: Option<u32>,
    pub ack: u32,
    pub focused: bool,
    pub rtt_ms: f32,
    /// What their clock said last, ms.
    pub client_time_ms: Option<f64>,
    /// Last message, epoch ms.
    pub seen: u64,
    pub encoder: Encoder,
    pub hud: Option<Hud>,
    pub trips: Trips,
    pub ping_watch: Watched,
    /// For how long the page has been out of sight or focus while the game ran.
    pub away_ms: u64,
    pub focus_watch: Watched,
    /// The last tick of which this browser told how it was shown.
    pub shown_until: u32,
    /// When a snapshot repaired this seat's state last, epoch ms.
    pub repaired_ms: Option<u64>,
    /// The tick of the last snapshot: what the browser said of earlier ones is settled.
    pub repaired_tick: u32,
    window: (u64, u32),
}

impl Human {
    pub fn new(encoder: Encoder) -> Self {
        Self {
            conn: None,
            ready: false,
            arrived: false,
            back_by: 0,
            cut_short: false,
            held_up: None,
            held_up_ms: 0,
            inbox: Inbox::default(),
            late: None,
            ack: 0,
            focused: true,
            rtt_ms: 0.0,
            client_time_ms: None,
            seen: 0,
            encoder,
            hud: None,
            trips: Trips::default(),
            ping_watch: Watched::default(),
            away_ms: 0,
            focus_watch: Watched::default(),
            shown_until: 0,
            repaired_ms: None,
            repaired_tick: 0,
            window: (0, 0),
        }
    }

    /// Whether enough time has passed since something of this browser was wrong.
    pub fn may_be_repaired(&self, now: u64) -> bool {
        self.repaired_ms.is_none_or(|last| now.saturating_sub(last) >= REPAIR_MS)
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
        self.trips.clear();
    }

    /// The game waits for them and is held up `from` then on, but for no longer than `grace`, and `most` with all the times
    /// before.
    pub fn wait_for(&mut self, now: u64, from: u64, grace: u64, most: u64) {
        self.held_up.get_or_insert(from);
        let left = most.saturating_sub(self.held_up_for(now));
        self.cut_short = left < grace;
        self.back_by = now + grace.min(left);
    }

    /// For how long the game has stood still because of them in all, ms.
    pub fn held_up_for(&self, now: u64) -> u64 {
        self.held_up_ms + self.held_up.map_or(0, |since| now.saturating_sub(since))
    }

    /// The game goes on.
    pub fn goes_on(&mut self, now: u64) {
        self.held_up_ms = self.held_up_for(now);
        (self.held_up, self.cut_short) = (None, false);
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

    /// What is known of them at a tick that saw the keys `held`.
    pub fn row(&self, held: u32) -> ParticipantSample {
        ParticipantSample {
            held,
            client_time_ms: self.client_time_ms,
            rtt_ms: self.rtt_ms,
            focused: self.focused,
            late: self.late,
        }
    }

    fn presence(&self) -> Presence {
        match (self.ready, self.arrived) {
            (true, _) if self.focused => Presence::Here,
            (true, _) => Presence::Away,
            (false, true) => Presence::Reconnecting,
            (false, false) => Presence::Expected,
        }
    }
}
