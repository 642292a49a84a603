//! The moves of a tick as a few small numbers: receipts go out thirty times a second to every participant.

use footlights_env::{ActionValue, Agent};
use footlights_protocol::{KeySet, timeline::Move};

/// A move begins with `agent * KINDS + kind`.
const KINDS: u32 = 4;
const KEYS: u32 = 0;
const ACTION: u32 = 1;
const VALUES: u32 = 2;
const FAILED: u32 = 3;

/// Packs the moves of a tick that was decided `passed` ms after the one before.
pub fn pack(passed: u64, moves: &[(Agent, Move)]) -> Vec<u32> {
    let mut packed = vec![u32::try_from(passed).unwrap_or(u32::MAX)];
    for (agent, moved) in moves {
        let mut begin = |kind| packed.push(u32::from(agent.0) * KINDS + kind);
        match moved {
            Move::Keys(changes) => {
                begin(KEYS);
                packed.push(changes.len() as u32);
                // A keyboard has too few keys for the addition to overflow: see `Keyboard::MAX_KEYS`.
                packed.extend(changes.iter().map(|change| change.map_or(0, |held| held.0.saturating_add(1))));
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

/// What [`pack`] packed; `None` if it packed no such thing.
pub fn unpack(packed: Vec<u32>) -> Option<(u64, Vec<(Agent, Move)>)> {
    let mut rest = packed.into_iter();
    let passed = rest.next()?;
    let mut moves = Vec::new();
    while let Some(begin) = rest.next() {
        let agent = Agent(u8::try_from(begin / KINDS).ok()?);
        let mut list = || {
            let count = rest.next()? as usize;
            let items: Vec<u32> = rest.by_ref().take(count).collect();
            (items.len() == count).then_some(items)
        };
        let moved = match begin % KINDS {
            KEYS => Move::Keys(list()?.into_iter().map(|held| held.checked_sub(1).map(KeySet)).collect()),
            VALUES => {
                Move::Action(ActionValue::Continuous(list()?.into_iter().map(f32::from_bits).collect()))
            }
            ACTION => Move::Action(ActionValue::Discrete(rest.next()?.cast_signed())),
            _ => Move::Failed,
        };
        moves.push((agent, moved));
    }
    Some((passed.into(), moves))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn a_move() -> impl Strategy<Value = Move> {
        let change = proptest::option::of((0u32..1 << 31).prop_map(KeySet));
        prop_oneof![
            proptest::collection::vec(change, 0..5).prop_map(Move::Keys),
            any::<i32>().prop_map(|action| Move::Action(ActionValue::Discrete(action))),
            proptest::collection::vec(-1e9f32..1e9, 0..4)
                .prop_map(|values| Move::Action(ActionValue::Continuous(values))),
            Just(Move::Failed),
        ]
    }

    proptest! {
        #[test]
        fn moves_are_unpacked_as_they_were(
            passed in 0u64..1 << 32,
            moves in proptest::collection::vec((any::<u8>().prop_map(Agent), a_move()), 0..5),
        ) {
            prop_assert_eq!(unpack(pack(passed, &moves)), Some((passed, moves)));
        }

        #[test]
        fn arbitrary_numbers_do_no_harm(numbers in proptest::collection::vec(any::<u32>(), 0..40)) {
            let _ = unpack(numbers);
        }
    }
}
