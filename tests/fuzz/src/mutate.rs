//! New inputs from old ones.

use footlights_env::Rng;

/// Numbers at which readers tend to go wrong, as they stand in a file.
const CORNERS: [&[u8]; 9] = [
    &[0x00],
    &[0x7f],
    &[0x80],
    &[0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0xdd, 0xff, 0xff, 0xff, 0xff],
    &[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];
/// At most so many changes at once.
const MAX_CHANGES: u32 = 6;

/// One of these inputs with some changes.
pub fn mutate(kept: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = pick(kept, rng).cloned().unwrap_or_default();
    for _ in 0..=rng.below(MAX_CHANGES) {
        change(&mut bytes, kept, rng);
    }
    bytes
}

fn pick<'a, T>(all: &'a [T], rng: &mut Rng) -> Option<&'a T> {
    all.get(rng.below(all.len().max(1) as u32) as usize)
}

fn change(bytes: &mut Vec<u8>, kept: &[Vec<u8>], rng: &mut Rng) {
    let at = rng.below(bytes.len() as u32 + 1) as usize;
    let end = (at + 1 + rng.below(16) as usize).min(bytes.len());
    match rng.below(8) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << rng.below(8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = rng.below(256) as u8;
            }
        }
        3 => {
            let corner = pick(&CORNERS, rng).copied().unwrap_or_default();
            for (byte, new) in bytes.iter_mut().skip(at).zip(corner) {
                *byte = *new;
            }
        }
        4 => {
            let corner = pick(&CORNERS, rng).copied().unwrap_or_default();
            bytes.splice(at..at, corner.iter().copied());
        }
        5 => drop(bytes.drain(at.min(end)..end)),
        6 => {
            let piece: Vec<u8> = bytes.get(at.min(end)..end).unwrap_or_default().to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            // The end of another one.
            let other = pick(kept, rng).map(Vec::as_slice).unwrap_or_default();
            let from = rng.below(other.len() as u32 + 1) as usize;
            bytes.truncate(at);
            bytes.extend(other.get(from..).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs_and_they_differ() {
        let kept = vec![(0..32).collect(), vec![7; 16]];
        let made = |seed| {
            let mut rng = Rng::derive(seed, Stream::Environment, 0, 0);
            (0..500).map(|_| mutate(&kept, &mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        let different: std::collections::BTreeSet<Vec<u8>> = made(1).into_iter().collect();
        assert!(different.len() > 300, "{}", different.len());
    }
}
