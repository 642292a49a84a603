//! What was decided and is not stored yet is kept by the browsers, and comes back from them when the process is lost.
//!
//! Each tick is told with a tag: an HMAC-SHA256 over the tag before, the tick, its time and its moves, under a key that
//! no browser has, cut to 64 bits. A room that was restored from its last checkpoint takes ticks whose tags follow from
//! the checkpoint's, from whoever has them, and is where it was. So a browser can bring back what was decided, and
//! nothing else.

use env_sdk::Agent;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Room, State};
use crate::{
    timeline::{Move, Moves},
    wire::{self, Confirmed},
};

/// Of one room; from something that only the server knows.
pub type SealKey = [u8; 32];

impl Room {
    /// Gives the room its key. The same game must have the same one for all its life.
    pub fn sealed_with(mut self, key: SealKey) -> Self {
        self.key = key;
        self
    }

    /// The tag that follows this room's last one.
    pub(super) fn tag_of(&self, tick: u32, at_ms: u64, moves: &[(Agent, Move)]) -> u64 {
        let said = wire::encode(&(self.tag, tick, at_ms, moves));
        // A key of any length is one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return 0 };
        mac.update(&said);
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }

    /// The oldest of what was handed out for storage is stored.
    pub(super) fn stored(&mut self) {
        if let Some(tick) = self.handed_out.pop_front() {
            self.durable = tick;
        }
    }

    /// A browser brings back ticks that this room does not know any more.
    pub(super) fn resume(&mut self, now: u64, agent: Agent, ticks: Vec<Confirmed>) {
        let without_it = match self.state {
            // Somebody who plays alone has the game where they are.
            State::Running => self.alone.is_none(),
            State::Over { .. } => true,
            _ => false,
        };
        if without_it {
            // Too late: the game has gone on.
            if self.may_repair(now, agent) {
                self.send_snapshot(now, agent, true);
            }
            return;
        }
        let before = self.tick();
        let mut forged = false;
        for Confirmed { tick, at_ms, moves, tag, .. } in ticks {
            if tick <= self.tick() {
                continue;
            }
            forged = tick != self.tick() + 1 || tag != self.tag_of(tick, at_ms, &moves);
            if forged || matches!(self.state, State::Over { .. }) {
                break;
            }
            let mut all: Moves = self.agents().map(|agent| (agent, Move::default())).collect();
            all.extend(moves);
            self.repeat_policies();
            self.apply(at_ms, all);
        }
        if self.tick() > before {
            let detail = format!("ticks {} to {}", before + 1, self.tick());
            self.report(now, Some(agent), "resumed_from_browser", detail);
            self.flush(now);
        }
        if forged && self.may_repair(now, agent) {
            self.report(now, Some(agent), "resume_refused", format!("after tick {}", self.tick()));
            self.send_snapshot(now, agent, true);
        }
    }
}
