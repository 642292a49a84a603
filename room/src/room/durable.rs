//! What was decided and is not stored yet is kept by the browsers, and comes back from them when the process is lost.
//!
//! Each tick has a tag: an HMAC-SHA256 over the tag before, the tick, its time and its moves, under a key that no browser
//! has, cut to 64 bits. A room that was restored from its last checkpoint takes ticks whose tags follow from the
//! checkpoint's, from whoever has them, and is where it was. So a browser can bring back what was decided, and nothing
//! else.
//!
//! Browsers that simulate know the moves, and are told them with the tag. All others get a receipt that only the room can
//! open: half of the tag, and the moves under a stream that is made from the key and that half (a synthetic IV, as in RFC
//! 5297). Its length tells that somebody's keys changed, and nothing tells which.

use env_sdk::Agent;
use hmac::{Hmac, KeyInit, Mac};
use serde_bytes::ByteBuf;
use sha2::Sha256;

use super::{Room, State};
use crate::{
    experiment::Execution,
    timeline::{Move, Moves},
    wire::{self, Confirmed, ToSeat},
};

/// Of one room; from something that only the server knows.
pub type SealKey = [u8; 32];

/// How much of a tag is in a receipt, in bytes. A wrong one can be tried twice a second.
const TAG_BYTES: usize = 4;

impl Room {
    /// Gives the room its key. The same game must have the same one for all its life.
    pub fn sealed_with(mut self, key: SealKey) -> Self {
        self.key = key;
        self
    }

    /// The tag that follows this room's last one.
    pub(super) fn tag_of(&self, tick: u32, at_ms: u64, moves: &[(Agent, Move)]) -> u64 {
        let said = wire::encode(&(self.tag, tick, at_ms, moves));
        let bytes = self.mac(&[&said]);
        bytes.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // A key of any length is one.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return [0; 32] };
        parts.iter().fold(mac, |mac, part| mac.chain_update(part)).finalize().into_bytes().into()
    }

    /// Goes on to the tag of a tick that was decided. Its receipt, where browsers do not simulate.
    pub(super) fn seal(&mut self, tick: u32, at_ms: u64, moves: &[(Agent, Move)]) -> Vec<u8> {
        let before = self.tag;
        self.tag = self.tag_of(tick, at_ms, moves);
        let passed = at_ms.saturating_sub(std::mem::replace(&mut self.decided_ms, at_ms));
        if self.scene.execution == Execution::Browser {
            return Vec::new();
        }
        let tag: Vec<u8> = self.tag.to_be_bytes().into_iter().take(TAG_BYTES).collect();
        let sealed = self.streamed(before, &tag, wire::encode(&(passed, moves)));
        [tag, sealed].concat()
    }

    /// The same bytes under the stream of a tag that follows on another one, or without it.
    fn streamed(&self, before: u64, tag: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
        for (block, piece) in (0u32..).zip(bytes.chunks_mut(32)) {
            let stream = self.mac(&[b"receipt", &before.to_be_bytes(), tag, &block.to_be_bytes()]);
            for (byte, key) in piece.iter_mut().zip(stream) {
                *byte ^= key;
            }
        }
        bytes
    }

    /// What was decided for the tick that comes, if the receipt is this room's.
    fn opened(&self, receipt: &[u8]) -> Option<(u64, Vec<(Agent, Move)>)> {
        let (tag, sealed) = receipt.split_at_checked(TAG_BYTES)?;
        let said = self.streamed(self.tag, tag, sealed.to_vec());
        let (passed, moves): (u64, Vec<(Agent, Move)>) = wire::decode(&said, wire::MAX_FROM_BROWSER).ok()?;
        let at_ms = self.decided_ms.checked_add(passed)?;
        let right = self.tag_of(self.tick() + 1, at_ms, &moves).to_be_bytes();
        (right.get(..TAG_BYTES) == Some(tag)).then_some((at_ms, moves))
    }

    /// The oldest of what was handed out for storage is stored.
    pub(super) fn stored(&mut self) {
        if let Some(tick) = self.handed_out.pop_front() {
            self.durable = tick;
            if self.scene.execution == Execution::Server {
                self.tell_all(&ToSeat::Durable { tick });
            }
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
            self.repeat(at_ms, moves);
        }
        self.resumed(now, agent, before);
        if forged && self.may_repair(now, agent) {
            self.report(now, Some(agent), "resume_refused", format!("after tick {}", self.tick()));
            self.send_snapshot(now, agent, true);
        }
    }

    /// The same, where browsers do not simulate.
    pub(super) fn unseal(&mut self, now: u64, agent: Agent, from: u32, receipts: &[ByteBuf]) {
        let late = matches!(self.state, State::Running | State::Over { .. });
        if late || self.scene.execution == Execution::Browser {
            return;
        }
        let before = self.tick();
        self.repeats = true;
        for (tick, receipt) in (from..).zip(receipts).filter(|(tick, _)| *tick > before) {
            let decided = (tick == self.tick() + 1).then(|| self.opened(receipt)).flatten();
            let Some((at_ms, moves)) = decided.filter(|_| !matches!(self.state, State::Over { .. })) else {
                if self.may_repair(now, agent) {
                    self.report(now, Some(agent), "resume_refused", format!("after tick {}", self.tick()));
                }
                break;
            };
            self.repeat(at_ms, moves);
        }
        self.repeats = false;
        self.resumed(now, agent, before);
        if self.tick() > before {
            self.send_pictures();
        }
    }

    /// A tick that was decided before.
    fn repeat(&mut self, at_ms: u64, moves: Vec<(Agent, Move)>) {
        let mut all: Moves = self.agents().map(|agent| (agent, Move::default())).collect();
        all.extend(moves);
        self.repeat_policies();
        self.apply(at_ms, all);
    }

    /// What a browser brought back is stored at once.
    fn resumed(&mut self, now: u64, agent: Agent, before: u32) {
        if self.tick() > before {
            let detail = format!("ticks {} to {}", before + 1, self.tick());
            self.report(now, Some(agent), "resumed_from_browser", detail);
            self.flush(now);
        }
    }
}
