//! What was decided and is not stored yet is kept by the browsers, and comes back from them when the process is lost.
//!
//! Each tick has a tag: an HMAC-SHA256 over the tag before, the tick, its time and its moves, under a key that no browser
//! has, cut to 64 bits. A room that was restored from its last checkpoint takes ticks whose tags follow from the
//! checkpoint's, from whoever has them, and is where it was. So a browser can bring back what was decided, and nothing
//! else.
//!
//! Browsers that simulate know the moves, and are told them with the tag. All others get a receipt that only the room can
//! open: the beginning of the tag, and the moves under a stream that is made from the key and that beginning (a synthetic
//! IV, as in RFC 5297). Its length tells that somebody's keys changed, and nothing tells which.

use footlights_data::event::EventKind;
use footlights_env::{ActionValue, Agent};
use hmac::{Hmac, KeyInit, Mac, digest::Key};
use serde_bytes::ByteBuf;
use sha2::Sha256;

use super::{Room, State, seat::SeatState};
use footlights_experiment::Execution;
use footlights_protocol::{
    timeline::{Move, Moves},
    wire::{self, ConfirmedTick, RoomToClient},
};

/// Of one room; from something that only the server knows.
pub type SealKey = [u8; 32];

/// A room's key, ready to be used every tick: taking it up costs more than using it.
#[derive(Clone)]
pub(super) struct Seal(Hmac<Sha256>);

impl Seal {
    pub fn new(key: SealKey) -> Self {
        let mut block = Key::<Hmac<Sha256>>::default();
        for (place, byte) in block.iter_mut().zip(key) {
            *place = byte;
        }
        Self(Hmac::new(&block))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        parts.iter().fold(self.0.clone(), |mac, part| mac.chain_update(part)).finalize().into_bytes().into()
    }
}

/// How much of a tag is in a receipt, in bytes. One person can try a wrong one twice a second.
const TAG_BYTES: usize = 3;

/// What begins a move in a receipt, beside its agent.
const MOVES: u32 = 4;
const KEYS: u32 = 0;
const ACTION: u32 = 1;
const VALUES: u32 = 2;
const FAILED: u32 = 3;

/// The moves of a tick as a few small numbers: receipts go out thirty times a second and person.
fn packed(passed: u64, moves: &[(Agent, Move)]) -> Vec<u32> {
    let mut packed = vec![u32::try_from(passed).unwrap_or(u32::MAX)];
    for (agent, moved) in moves {
        let mut begin = |kind| packed.push(u32::from(agent.0) * MOVES + kind);
        match moved {
            Move::Keys(changes) => {
                begin(KEYS);
                packed.push(changes.len() as u32);
                // There are never so many keys that the highest bit is one: see `Keyboard::MAX_KEYS`.
                packed.extend(changes.iter().map(|change| change.map_or(0, |held| held.saturating_add(1))));
            }
            Move::Action(ActionValue::Discrete(action)) => {
                begin(ACTION);
                packed.push(action.cast_unsigned());
            }
            Move::Action(ActionValue::Continuous(values)) => {
                begin(VALUES);
                packed.push(values.len() as u32);
                packed.extend(values.iter().map(|value| value.to_bits()));
            }
            Move::Failed => begin(FAILED),
        }
    }
    packed
}

fn unpacked(packed: Vec<u32>) -> Option<(u64, Vec<(Agent, Move)>)> {
    let mut rest = packed.into_iter();
    let passed = rest.next()?;
    let mut moves = Vec::new();
    while let Some(begin) = rest.next() {
        let agent = Agent(u8::try_from(begin / MOVES).ok()?);
        let mut several = || {
            let count = rest.next()? as usize;
            let some: Vec<u32> = rest.by_ref().take(count).collect();
            (some.len() == count).then_some(some)
        };
        let moved = match begin % MOVES {
            KEYS => Move::Keys(several()?.into_iter().map(|held| held.checked_sub(1)).collect()),
            VALUES => {
                Move::Action(ActionValue::Continuous(several()?.into_iter().map(f32::from_bits).collect()))
            }
            ACTION => Move::Action(ActionValue::Discrete(rest.next()?.cast_signed())),
            _ => Move::Failed,
        };
        moves.push((agent, moved));
    }
    Some((passed.into(), moves))
}

impl Room {
    /// Gives the room its key. The same game must have the same one for all its life.
    pub fn sealed_with(mut self, key: SealKey) -> Self {
        self.seal = Seal::new(key);
        self
    }

    /// The tag that follows this room's last one.
    pub(super) fn tag_of(&self, tick: u32, at_ms: u64, moves: &[(Agent, Move)]) -> u64 {
        let said = wire::encode(&(self.tag, tick, at_ms, moves));
        let bytes = self.seal.mac(&[&said]);
        bytes.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
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
        let sealed = self.streamed(before, &tag, wire::encode(&packed(passed, moves)));
        [tag, sealed].concat()
    }

    /// The same bytes under the stream of a tag that follows on another one, or without it.
    fn streamed(&self, before: u64, tag: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
        for (block, piece) in (0u32..).zip(bytes.chunks_mut(32)) {
            let stream = self.seal.mac(&[b"receipt", &before.to_be_bytes(), tag, &block.to_be_bytes()]);
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
        let (passed, moves) = unpacked(wire::decode(&said, wire::MAX_FROM_BROWSER).ok()?)?;
        let at_ms = self.decided_ms.checked_add(passed)?;
        let right = self.tag_of(self.tick() + 1, at_ms, &moves).to_be_bytes();
        (right.get(..TAG_BYTES) == Some(tag)).then_some((at_ms, moves))
    }

    /// The oldest of what was handed out for storage is stored.
    pub(super) fn stored(&mut self) {
        if let Some(tick) = self.handed_out.pop_front() {
            self.persisted = tick;
            if self.scene.execution == Execution::Server {
                self.tell_all(&RoomToClient::Persisted { tick });
            }
        }
    }

    /// A browser brings back ticks that this room does not know any more.
    pub(super) fn resume(&mut self, now: u64, agent: Agent, ticks: Vec<ConfirmedTick>) {
        let without_it = match self.state {
            // Somebody who plays alone has the game where they are.
            State::Running => self.alone.is_none(),
            State::Over { .. } => return,
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
        for ConfirmedTick { tick, at_ms, moves, tag, .. } in ticks {
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
            self.report(now, Some(agent), EventKind::RestoreRefused, format!("after tick {}", self.tick()));
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
        // A wrong one can be tried again after a while.
        if !self.human(agent).is_some_and(|human| human.may_be_repaired(now)) {
            return;
        }
        self.repeats = true;
        for (tick, receipt) in (u64::from(from)..).zip(receipts).filter(|(tick, _)| *tick > before.into()) {
            let decided = (tick == u64::from(self.tick()) + 1).then(|| self.opened(receipt)).flatten();
            let Some((at_ms, moves)) = decided.filter(|_| !matches!(self.state, State::Over { .. })) else {
                if self.may_repair(now, agent) {
                    self.report(
                        now,
                        Some(agent),
                        EventKind::RestoreRefused,
                        format!("after tick {}", self.tick()),
                    );
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
        for human in self.seats.iter_mut().filter_map(SeatState::human_mut) {
            human.late = None;
        }
        self.apply(at_ms, all);
    }

    /// What a browser brought back is stored at once.
    fn resumed(&mut self, now: u64, agent: Agent, before: u32) {
        if self.tick() > before {
            let detail = format!("ticks {} to {}", before + 1, self.tick());
            self.report(now, Some(agent), EventKind::RestoredFromBrowser, detail);
            self.flush(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moved() -> impl Strategy<Value = Move> {
        let change = proptest::option::of(0u32..1 << 31);
        prop_oneof![
            proptest::collection::vec(change, 0..5).prop_map(Move::Keys),
            any::<i32>().prop_map(|action| Move::Action(ActionValue::Discrete(action))),
            proptest::collection::vec(-1e9f32..1e9, 0..4)
                .prop_map(|values| Move::Action(ActionValue::Continuous(values))),
            Just(Move::Failed),
        ]
    }

    #[test]
    fn a_key_that_was_taken_up_before_seals_like_one_that_is_new() {
        let key: SealKey = std::array::from_fn(|k| k as u8 * 7);
        let fresh = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(b"what is said");
        let expected: [u8; 32] = fresh.finalize().into_bytes().into();
        assert_eq!(Seal::new(key).mac(&[b"what ", b"is said"]), expected);
    }

    proptest! {
        #[test]
        fn moves_are_unpacked_as_they_were(
            passed in 0u64..1 << 32,
            moves in proptest::collection::vec((any::<u8>().prop_map(Agent), moved()), 0..5),
        ) {
            prop_assert_eq!(unpacked(packed(passed, &moves)), Some((passed, moves)));
        }

        #[test]
        fn whatever_else_there_is_does_no_harm(numbers in proptest::collection::vec(any::<u32>(), 0..40)) {
            let _ = unpacked(numbers);
        }
    }
}
