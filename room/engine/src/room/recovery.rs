//! Proof of what was decided: ticks that are not stored yet are kept by the browsers, and come back from them when the
//! process is lost.
//!
//! Each tick has a tag: an HMAC-SHA256 over the tag before, the tick, its time and its moves, cut to 64 bits, under a key
//! that no browser has. A room that was restored from its last checkpoint accepts ticks whose tags follow from the
//! checkpoint's tag, from any browser that has them, and repeats them. A browser can bring back what was decided, and
//! nothing else.
//!
//! Browsers that simulate know the moves and are sent them with the tag. All others get a receipt that only the room can
//! open: the beginning of the tag, and the moves under a keystream that is derived from the key and that beginning (a
//! synthetic IV, as in RFC 5297). A receipt's length shows that someone's keys changed; nothing shows which keys.

use footlights_env::Agent;
use footlights_protocol::{EpochMs, Tick, timeline::Move, wire};
use hmac::{Hmac, KeyInit, Mac, digest::Key};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::receipt;

/// The key of one room, derived from a secret that only the server knows.
pub type SealKey = [u8; 32];

/// How much of a tag is in a receipt, in bytes. One participant can try a wrong receipt twice a second.
const TAG_BYTES: usize = 3;

/// A room's key, ready for use every tick: preparing it costs more than using it.
#[derive(Clone)]
struct Seal(Hmac<Sha256>);

impl Seal {
    fn new(key: SealKey) -> Self {
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

/// What a checkpoint keeps of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedChain {
    tag: u64,
    decided_ms: EpochMs,
}

/// The chain of tags, at the last tick that was decided.
pub struct TickChain {
    seal: Seal,
    /// The tag of the last tick.
    tag: u64,
    /// When the last tick was decided.
    decided_ms: EpochMs,
}

impl TickChain {
    /// A chain without a tick, under a key of zeros.
    pub fn new(now: EpochMs) -> Self {
        Self { seal: Seal::new(SealKey::default()), tag: 0, decided_ms: now }
    }

    /// Takes the room's own key.
    pub fn set_key(&mut self, key: SealKey) {
        self.seal = Seal::new(key);
    }

    /// The tag that follows the last one.
    pub fn next_tag(&self, tick: Tick, at_ms: EpochMs, moves: &[(Agent, Move)]) -> u64 {
        let content = wire::encode(&(self.tag, tick, at_ms, moves));
        let bytes = self.seal.mac(&[&content]);
        bytes.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }

    /// Goes on to the tag of a tick that was decided, and returns it.
    pub fn advance(&mut self, tick: Tick, at_ms: EpochMs, moves: &[(Agent, Move)]) -> u64 {
        self.tag = self.next_tag(tick, at_ms, moves);
        self.decided_ms = at_ms;
        self.tag
    }

    /// Goes on to the tag of a tick that was decided, and returns its receipt.
    pub fn seal_receipt(&mut self, tick: Tick, at_ms: EpochMs, moves: &[(Agent, Move)]) -> Vec<u8> {
        let (before, passed) = (self.tag, at_ms - self.decided_ms);
        self.advance(tick, at_ms, moves);
        let tag: Vec<u8> = self.tag.to_be_bytes().into_iter().take(TAG_BYTES).collect();
        let sealed = self.keystream_xor(before, &tag, wire::encode(&receipt::pack(passed, moves)));
        [tag, sealed].concat()
    }

    /// What was decided for tick `tick`, which follows the last one, and when; `None` if the receipt is not this room's
    /// receipt of that tick.
    pub fn open_receipt(&self, tick: Tick, receipt: &[u8]) -> Option<(EpochMs, Vec<(Agent, Move)>)> {
        let (tag, sealed) = receipt.split_at_checked(TAG_BYTES)?;
        let content = self.keystream_xor(self.tag, tag, sealed.to_vec());
        let (passed, moves) = receipt::unpack(wire::decode(&content, wire::MAX_FROM_BROWSER).ok()?)?;
        let at_ms = EpochMs(self.decided_ms.0.checked_add(passed)?);
        let expected = self.next_tag(tick, at_ms, &moves).to_be_bytes();
        (expected.get(..TAG_BYTES) == Some(tag)).then_some((at_ms, moves))
    }

    /// The bytes combined with the keystream of a tag that follows the tag `before`; twice gives the same bytes again.
    fn keystream_xor(&self, before: u64, tag: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
        for (block, piece) in (0u32..).zip(bytes.chunks_mut(32)) {
            let stream = self.seal.mac(&[b"receipt", &before.to_be_bytes(), tag, &block.to_be_bytes()]);
            for (byte, key) in piece.iter_mut().zip(stream) {
                *byte ^= key;
            }
        }
        bytes
    }

    /// What a checkpoint keeps.
    pub fn save(&self) -> SavedChain {
        SavedChain { tag: self.tag, decided_ms: self.decided_ms }
    }

    /// The chain as it was at a checkpoint, under the same key.
    pub fn restore(&mut self, saved: SavedChain) {
        (self.tag, self.decided_ms) = (saved.tag, saved.decided_ms);
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::ActionValue;
    use footlights_protocol::KeySet;

    use super::*;

    fn chain() -> TickChain {
        let mut chain = TickChain::new(EpochMs(1_000));
        chain.set_key([7; 32]);
        chain
    }

    fn moves(keys: KeySet) -> Vec<(Agent, Move)> {
        vec![(Agent(0), Move::Keys(vec![Some(keys)])), (Agent(1), Move::Action(ActionValue::Discrete(-3)))]
    }

    #[test]
    fn a_key_that_was_prepared_seals_like_one_that_is_new() {
        let key: SealKey = std::array::from_fn(|k| k as u8 * 7);
        let fresh = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(b"what is said");
        let expected: [u8; 32] = fresh.finalize().into_bytes().into();
        assert_eq!(Seal::new(key).mac(&[b"what ", b"is said"]), expected);
    }

    #[test]
    fn a_restored_chain_opens_the_receipts_that_follow_its_checkpoint_and_no_others() {
        let mut chain = chain();
        chain.seal_receipt(Tick(1), EpochMs(1_033), &moves(KeySet(1)));
        let saved = chain.save();
        let second = chain.seal_receipt(Tick(2), EpochMs(1_066), &moves(KeySet(2)));
        let third = chain.seal_receipt(Tick(3), EpochMs(1_099), &moves(KeySet(3)));
        let mut restored = TickChain::new(EpochMs(9_000));
        restored.set_key([7; 32]);
        restored.restore(saved);
        assert_eq!(restored.open_receipt(Tick(2), &third), None);
        assert_eq!(restored.open_receipt(Tick(3), &second), None);
        assert_eq!(restored.open_receipt(Tick(2), &second), Some((EpochMs(1_066), moves(KeySet(2)))));
        restored.advance(Tick(2), EpochMs(1_066), &moves(KeySet(2)));
        assert_eq!(restored.open_receipt(Tick(3), &third), Some((EpochMs(1_099), moves(KeySet(3)))));
        restored.set_key([8; 32]);
        assert_eq!(restored.open_receipt(Tick(3), &third), None);
    }

    #[test]
    fn a_receipt_with_a_changed_byte_does_not_open() {
        let mut sealing = chain();
        let receipt = sealing.seal_receipt(Tick(1), EpochMs(1_033), &moves(KeySet(1)));
        let opening = chain();
        assert!(opening.open_receipt(Tick(1), &receipt).is_some());
        for at in 0..receipt.len() {
            let mut forged = receipt.clone();
            forged[at] ^= 1;
            assert_eq!(opening.open_receipt(Tick(1), &forged), None, "byte {at}");
        }
        assert_eq!(opening.open_receipt(Tick(1), &[]), None);
    }

    #[test]
    fn a_receipt_and_a_tag_of_the_same_tick_lead_to_the_same_chain() {
        let (mut sealing, mut tagging) = (chain(), chain());
        sealing.seal_receipt(Tick(1), EpochMs(1_033), &moves(KeySet(1)));
        tagging.advance(Tick(1), EpochMs(1_033), &moves(KeySet(1)));
        assert_eq!(sealing.save(), tagging.save());
    }
}
