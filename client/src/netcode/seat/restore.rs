//! Ticks that a restarted room has forgotten, packed into as few messages as hold them.

use footlights_protocol::{
    Tick,
    wire::{self, ClientToRoom, ConfirmedTick, MAX_FROM_BROWSER},
};
use serde_bytes::ByteBuf;

/// More forgotten ticks than this are not brought back: the room accepts only so many messages a second.
pub const MAX_RESTORED_TICKS: usize = 300;
/// The size of a receipt in a message beside its own bytes, and of the message beside its receipts, at most.
const RECEIPT_BYTES: usize = 3;
const MESSAGE_BYTES: usize = 16;

/// Encoded messages with these ticks, which follow one another without a gap. A tick that is too long for a message
/// ends the list: the room could not take what comes behind it either.
pub fn pack_ticks(forgotten: Vec<ConfirmedTick>) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut ticks = Vec::new();
    let mut bytes = Vec::new();
    for tick in forgotten {
        ticks.push(tick);
        let longer = wire::encode(&ClientToRoom::RestoreTicks { ticks: ticks.clone() });
        if longer.len() > MAX_FROM_BROWSER {
            messages.push(std::mem::take(&mut bytes));
            ticks.drain(..ticks.len() - 1);
            bytes = wire::encode(&ClientToRoom::RestoreTicks { ticks: ticks.clone() });
        } else {
            bytes = longer;
        }
    }
    messages.push(bytes);
    messages.into_iter().take_while(|bytes| (1..=MAX_FROM_BROWSER).contains(&bytes.len())).collect()
}

/// Encoded messages with these receipts, each with its tick, in order. A receipt that is too long for a message ends the
/// list: the room could not take what comes behind it either.
pub fn pack_receipts<'a>(receipts: impl Iterator<Item = &'a (Tick, ByteBuf)>) -> Vec<Vec<u8>> {
    let numbered: Vec<(Tick, &ByteBuf)> = receipts.map(|(tick, receipt)| (*tick, receipt)).collect();
    let mut messages = Vec::new();
    for run in numbered.chunk_by(|a, b| a.0.next() == b.0) {
        let mut rest = run;
        while let Some((from, _)) = rest.first() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|(_, receipt)| {
                bytes += receipt.len() + RECEIPT_BYTES;
                bytes <= MAX_FROM_BROWSER - MESSAGE_BYTES
            });
            let count = fits.count();
            let (now, later) = rest.split_at(count);
            if now.is_empty() {
                return messages;
            }
            let receipts = now.iter().map(|(_, receipt)| (*receipt).clone()).collect();
            messages.push(wire::encode(&ClientToRoom::RestoreReceipts { from: *from, receipts }));
            rest = later;
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use footlights_env::Agent;
    use footlights_protocol::{EpochMs, KeySet, timeline::Move};

    use super::*;

    fn tick(tick: Tick, changes: usize) -> ConfirmedTick {
        let moves = vec![(Agent(0), Move::Keys(vec![Some(KeySet(u32::MAX)); changes]))];
        ConfirmedTick { tick, at_ms: EpochMs(0), moves, tag: u64::MAX, digest: None, persisted: None }
    }

    fn ticks_in(messages: &[Vec<u8>]) -> Vec<Tick> {
        let ticks = messages.iter().flat_map(|bytes| {
            assert!(bytes.len() <= MAX_FROM_BROWSER);
            match wire::decode(bytes, MAX_FROM_BROWSER).unwrap() {
                ClientToRoom::RestoreTicks { ticks } => ticks.iter().map(|tick| tick.tick).collect(),
                ClientToRoom::RestoreReceipts { from, receipts } => {
                    from.onwards().take(receipts.len()).collect::<Vec<_>>()
                }
                other => panic!("{other:?}"),
            }
        });
        ticks.collect()
    }

    #[test]
    fn ticks_are_packed_in_order_into_few_messages() {
        let messages = pack_ticks((5..105).map(|k| tick(Tick(k), 2)).collect());
        assert_eq!(ticks_in(&messages), (5..105).map(Tick).collect::<Vec<_>>());
        assert!(messages.len() < 20, "{}", messages.len());
        assert_eq!(pack_ticks(Vec::new()), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn nothing_is_brought_back_behind_a_tick_that_is_too_long() {
        let messages = pack_ticks(vec![tick(Tick(1), 1), tick(Tick(2), 400), tick(Tick(3), 1)]);
        assert_eq!(ticks_in(&messages), [Tick(1)]);
        let long = [
            (Tick(1), ByteBuf::from(vec![7; 9])),
            (Tick(2), ByteBuf::from(vec![7; 600])),
            (Tick(3), ByteBuf::new()),
        ];
        assert_eq!(ticks_in(&pack_receipts(long.iter())), [Tick(1)]);
    }

    #[test]
    fn receipts_without_a_gap_share_a_message() {
        let receipt = |tick| (Tick(tick), ByteBuf::from(vec![7; 30]));
        let kept: Vec<_> = (1..4).chain(6..46).map(receipt).collect();
        let messages = pack_receipts(kept.iter());
        assert_eq!(ticks_in(&messages), (1..4).chain(6..46).map(Tick).collect::<Vec<_>>());
        assert!((3..6).contains(&messages.len()), "{}", messages.len());
    }
}
