//! Which groups the matchmakers pick.

use proptest::prelude::*;

use super::*;
use crate::{Answer, EpochMs};

/// People in the order of their coming, each with a round trip and a global `a.b`.
fn people(of: &[(Option<f32>, Option<&str>)]) -> Vec<Candidate> {
    (0u64..)
        .zip(of)
        .map(|(since, (rtt, value))| {
            let mut candidate = Candidate { since: EpochMs(since), rtt_ms: *rtt, ..Candidate::default() };
            if let Some(value) = value {
                for name in ["a.b", "a.game_id"] {
                    candidate.globals.insert(name.into(), Answer::Text((*value).into()));
                }
            }
            candidate
        })
        .collect()
}

fn pick(matchmaker: &dyn Matchmaker, people: &[Candidate], size: usize) -> Option<Vec<usize>> {
    matchmaker.pick(&people.iter().collect::<Vec<_>>(), size, EpochMs(0))
}

#[test]
fn a_round_trip_that_is_unknown_or_too_long_is_not_matched() {
    let latency = LatencyFifo { max_server_rtt: 100.0, max_pair_rtt: 150.0 };
    let queue = people(&[(None, None), (Some(101.0), None), (Some(90.0), None), (Some(30.0), None)]);
    assert_eq!(pick(&latency, &queue, 2), Some(vec![2, 3]));
    assert_eq!(pick(&latency, &queue, 3), None);
    let far = people(&[(Some(80.0), None), (Some(71.0), None), (Some(79.0), None)]);
    assert_eq!(pick(&latency, &far, 2), Some(vec![1, 2]), "two round trips are one way through the room");
    assert_eq!(pick(&latency, &far, 3), None, "every pair must do");
}

#[test]
fn a_reunion_waits_until_everybody_of_the_earlier_game_is_there() {
    let reunion = Reunion::new("a");
    assert_eq!(reunion.needs(), ["a.game_id"]);
    let queue = people(&[(None, Some("g1")), (None, Some("g2")), (None, Some("")), (None, Some(""))]);
    assert_eq!(pick(&reunion, &queue, 2), None);
    let queue = people(&[(None, Some("g1")), (None, Some("g2")), (None, None), (None, Some("g2"))]);
    assert_eq!(pick(&reunion, &queue, 2), Some(vec![1, 3]));
}

#[test]
fn people_who_must_differ_all_differ_from_each_other() {
    let different = DifferentAttribute { global: "a.b".into() };
    let queue = people(&[(None, Some("x")), (None, Some("x")), (None, None), (None, Some("y"))]);
    assert_eq!(pick(&different, &queue, 2), Some(vec![0, 3]));
    assert_eq!(pick(&different, &queue, 3), None);
}

/// All groups of `size` among `n`, the one with the longest waits first.
fn groups(n: usize, size: usize) -> Vec<Vec<usize>> {
    let masks = (0u32..1 << n).filter(|mask| mask.count_ones() as usize == size);
    let mut all: Vec<Vec<usize>> =
        masks.map(|mask| (0..n).filter(|k| mask >> k & 1 == 1).collect()).collect();
    all.sort();
    all
}

proptest! {
    #[test]
    fn nobody_is_matched_while_a_longer_candidate_could_have_been_in_their_place_and_nobody_waits_in_vain(
        who in proptest::collection::vec((proptest::option::of(1u8..20), proptest::option::of(0usize..4)), 0..9),
        size in 1usize..5,
        kind in 0u8..4,
    ) {
        let values = ["", "x", "y", "z"];
        let of: Vec<_> = who.iter().map(|(rtt, at)| (rtt.map(f32::from), at.map(|at| values[at]))).collect();
        let queue = people(&of);
        let value = |k: usize| of[k].1.filter(|value| !value.is_empty());
        let alone = |k: usize| match kind {
            0 => true,
            1 => of[k].0.is_some_and(|rtt| rtt <= 15.0),
            _ => value(k).is_some(),
        };
        let pair = |a: usize, b: usize| match kind {
            0 => true,
            1 => of[a].0.unwrap() + of[b].0.unwrap() <= 20.0,
            2 => value(a) == value(b),
            _ => value(a) != value(b),
        };
        let does = |group: &Vec<usize>| {
            group.iter().all(|k| alone(*k))
                && group.iter().all(|a| group.iter().all(|b| a == b || pair(*a, *b)))
        };
        let matchmaker: Box<dyn Matchmaker> = match kind {
            0 => Box::new(Fifo),
            1 => Box::new(LatencyFifo { max_server_rtt: 15.0, max_pair_rtt: 20.0 }),
            2 => Box::new(SameAttribute { global: "a.b".into() }),
            _ => Box::new(DifferentAttribute { global: "a.b".into() }),
        };
        let first = groups(queue.len(), size).into_iter().find(does);
        prop_assert_eq!(pick(matchmaker.as_ref(), &queue, size), first);
    }
}
