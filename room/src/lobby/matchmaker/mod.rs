//! Who plays with whom. A matchmaker looks at those who wait and names a group; the lobby checks what it names, and does
//! the rest. It never takes anybody out of the queue itself.
//!
//! The matchmakers of this crate name the first group that can be, the longest wait counting most: nobody is in it
//! while somebody who waits longer could have been in their place.

mod attribute;
mod latency;

use super::Waiter;
use crate::experiment::Matching;

pub use attribute::{DifferentAttribute, Reunion, SameAttribute};
pub use latency::LatencyFifo;

/// Makes a matchmaker when a lobby opens.
pub type MatchmakerFactory = fn() -> Box<dyn Matchmaker>;

/// Picks a group among those who wait.
pub trait Matchmaker {
    /// The globals (`scene.question`, `arm.factor`, `url.name`) that it asks for; they are in [`Waiter::globals`].
    fn needs(&self) -> Vec<String> {
        Vec::new()
    }

    /// `size` people who can play together, by index in `queue`, which has the longest wait first; `None` if there are
    /// none yet. It is asked again whenever somebody comes or goes, and every few seconds, when browsers report their
    /// round trips. The order is that of the seats.
    fn pick(&self, queue: &[&Waiter], size: usize, now: u64) -> Option<Vec<usize>>;

    /// Something happened in the waiting room. The words that are returned are kept with it in the data. What a
    /// matchmaker remembers is gone when the lobby's object restarts.
    fn note(&mut self, _event: &Note<'_>) -> Option<String> {
        None
    }
}

/// Something that happened to somebody in the waiting room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note<'a> {
    /// What.
    pub kind: NoteKind,
    /// To whom.
    pub waiter: &'a Waiter,
    /// How many wait now, this one not included.
    pub waiting: usize,
    /// When, epoch ms.
    pub now: u64,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// Came.
    Joined,
    /// Went, or was closed.
    Left,
    /// Is in a game.
    Matched,
    /// Did not say in time that they were there.
    NotReady,
    /// Waited in vain.
    TimedOut,
}

impl NoteKind {
    /// The word in the data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Matched => "matched",
            Self::NotReady => "not_ready",
            Self::TimedOut => "timed_out",
        }
    }
}

/// The matchmaker that a waiting room is configured with.
pub(super) fn of(matching: &Matching) -> Box<dyn Matchmaker> {
    match matching {
        Matching::Fifo => Box::new(Fifo),
        Matching::LatencyFifo { max_server_rtt, max_pair_rtt } => {
            Box::new(LatencyFifo { max_server_rtt: *max_server_rtt, max_pair_rtt: *max_pair_rtt })
        }
        Matching::Reunion { scene } => Box::new(Reunion::new(scene)),
        Matching::SameAttribute { global } => Box::new(SameAttribute { global: global.clone() }),
        Matching::DifferentAttribute { global } => Box::new(DifferentAttribute { global: global.clone() }),
        Matching::Own { make, .. } => make(),
    }
}

/// First come, first served.
pub struct Fifo;

impl Matchmaker for Fifo {
    fn pick(&self, queue: &[&Waiter], size: usize, _: u64) -> Option<Vec<usize>> {
        (queue.len() >= size).then(|| (0..size).collect())
    }
}

/// What is wrong with a pick among `people`, if anything.
pub(super) fn fault(pick: &[usize], size: usize, people: usize) -> Option<String> {
    let mut sorted = pick.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if pick.len() != size {
        return Some(format!("the matchmaker picked {} people for a group of {size}", pick.len()));
    }
    if sorted.len() != size {
        return Some(format!("the matchmaker picked somebody twice: {pick:?}"));
    }
    if sorted.last().is_some_and(|last| *last >= people) {
        return Some(format!("the matchmaker picked {pick:?}, but only {people} wait"));
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::experiment::Answer;

    /// People in the order of their coming, each with a round trip and a global `a.b`.
    fn people(of: &[(Option<f32>, Option<&str>)]) -> Vec<Waiter> {
        (0u64..)
            .zip(of)
            .map(|(conn, (rtt, value))| {
                let mut waiter = Waiter { conn, since: conn, turn: conn, rtt_ms: *rtt, ..Waiter::default() };
                if let Some(value) = value {
                    for name in ["a.b", "a.game_id"] {
                        waiter.globals.insert(name.into(), Answer::Text((*value).into()));
                    }
                }
                waiter
            })
            .collect()
    }

    fn pick(matchmaker: &dyn Matchmaker, people: &[Waiter], size: usize) -> Option<Vec<usize>> {
        matchmaker.pick(&people.iter().collect::<Vec<_>>(), size, 0)
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

    #[test]
    fn a_pick_that_cannot_be_is_found_out() {
        assert_eq!(fault(&[3, 0], 2, 4), None);
        for bad in [&[0][..], &[0, 0], &[0, 4], &[0, 1, 2]] {
            assert!(fault(bad, 2, 4).is_some(), "{bad:?}");
        }
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
        fn nobody_is_matched_while_a_longer_waiter_could_have_been_in_their_place_and_nobody_waits_in_vain(
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
            let matching = match kind {
                0 => Matching::Fifo,
                1 => Matching::LatencyFifo { max_server_rtt: 15.0, max_pair_rtt: 20.0 },
                2 => Matching::SameAttribute { global: "a.b".into() },
                _ => Matching::DifferentAttribute { global: "a.b".into() },
            };
            let first = groups(queue.len(), size).into_iter().find(does);
            prop_assert_eq!(super::of(&matching).pick(&queue.iter().collect::<Vec<_>>(), size, 0), first);
        }
    }
}
