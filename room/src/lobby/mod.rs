//! First come, first served: the waiting room of one game scene.
//!
//! Everything about somebody who waits is in [`Waiter`], which the shell keeps with the socket, so that a lobby can be
//! put together again after its object slept. Nobody is matched who has not given a sign of life lately.

mod matchmaker;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::wire::{CloseCode, ToWaiter};

pub use matchmaker::{Fifo, Matchmaker, MatchmakerFactory};

/// After so long without a message somebody is taken for gone. Browsers send one every 5 s, and hidden ones at least
/// once a minute.
pub const SILENT_MS: u64 = 70_000;

/// So many messages in a row, each within a second of the one before, no browser of ours sends.
const MAX_BURST: u32 = 20;

/// Somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    /// The connection, unique within the lobby.
    pub conn: u64,
    /// The participant's subject id.
    pub subject: String,
    /// Since when, epoch ms.
    pub since: u64,
    /// The last message, epoch ms.
    pub seen: u64,
    /// Messages that came within a second of the one before, in a row.
    #[serde(default)]
    pub burst: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Somebody came.
    Joined {
        /// The new connection.
        conn: u64,
        /// Whose it is.
        subject: String,
    },
    /// A message came.
    Alive(u64),
    /// A connection closed.
    Left(u64),
    /// The time that [`Lobby::next_wake`] asked for.
    Wake,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send this.
    Send(u64, ToWaiter),
    /// Close the connection, with this code.
    Close(u64, CloseCode),
    /// Nobody came in time: tell this person so and close the connection, with [`CloseCode::Over`]. Gone from the lobby.
    TimeUp {
        /// Who waited.
        waiter: Waiter,
        /// The researcher's words.
        message: String,
    },
    /// These people play together, in the order of their coming; they are no longer in the lobby, their connections
    /// are still open.
    Match(Vec<Waiter>),
}

/// The lobby of one game scene.
#[derive(Debug, Clone)]
pub struct Lobby {
    group: usize,
    limit_ms: u64,
    timeout: String,
    queue: VecDeque<Waiter>,
    out: VecDeque<Output>,
}

impl Lobby {
    /// An empty lobby that makes groups of `group` and keeps nobody longer than `limit_ms`.
    pub fn new(group: usize, limit_ms: u64, timeout: &str) -> Self {
        Self {
            group: group.max(1),
            limit_ms,
            timeout: timeout.to_owned(),
            queue: VecDeque::new(),
            out: VecDeque::new(),
        }
    }

    /// Puts back people whose sockets outlived the object.
    pub fn restore(&mut self, mut waiters: Vec<Waiter>) {
        waiters.sort_by_key(|waiter| (waiter.since, waiter.conn));
        self.queue = waiters.into();
    }

    /// The people who wait, longest first.
    pub fn waiters(&self) -> impl Iterator<Item = &Waiter> {
        self.queue.iter()
    }

    /// When to call with [`Input::Wake`] at the latest.
    pub fn next_wake(&self) -> Option<u64> {
        self.queue.iter().map(|w| (w.since + self.limit_ms).min(w.seen + SILENT_MS)).min()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Takes in what happened at `now`, epoch ms.
    pub fn handle(&mut self, now: u64, input: Input) {
        match input {
            Input::Joined { conn, subject } => {
                // Somebody who comes again keeps the place and loses the older connection.
                let since = match self.queue.iter().position(|w| w.subject == subject) {
                    Some(at) => self.queue.remove(at).map_or(now, |old| {
                        self.out.push_back(Output::Close(old.conn, CloseCode::Replaced));
                        old.since
                    }),
                    None => now,
                };
                let at = self.queue.partition_point(|w| w.since <= since);
                self.queue.insert(at, Waiter { conn, subject, since, seen: now, burst: 0 });
            }
            Input::Alive(conn) => {
                let Some(at) = self.queue.iter().position(|w| w.conn == conn) else { return };
                let Some(waiter) = self.queue.get_mut(at) else { return };
                waiter.burst = if now.saturating_sub(waiter.seen) < 1_000 { waiter.burst + 1 } else { 0 };
                waiter.seen = now;
                if waiter.burst <= MAX_BURST {
                    // An answer, so that a browser notices a connection that only looks open.
                    let news = self.news(now, self.queue.get(at).map_or(now, |waiter| waiter.since));
                    self.out.push_back(Output::Send(conn, news));
                    return;
                }
                self.queue.remove(at);
                self.out.push_back(Output::Close(conn, CloseCode::TooFrequent));
            }
            Input::Left(conn) => self.queue.retain(|w| w.conn != conn),
            Input::Wake => {}
        }
        self.dismiss(now);
        while self.queue.len() >= self.group {
            self.out.push_back(Output::Match(self.queue.drain(..self.group).collect()));
        }
        self.tell(now);
    }

    fn dismiss(&mut self, now: u64) {
        let (limit, timeout, out) = (self.limit_ms, &self.timeout, &mut self.out);
        self.queue.retain(|waiter| {
            if now >= waiter.seen + SILENT_MS {
                out.push_back(Output::Close(waiter.conn, CloseCode::Silent));
                return false;
            }
            if now >= waiter.since + limit {
                out.push_back(Output::TimeUp { waiter: waiter.clone(), message: timeout.clone() });
                return false;
            }
            true
        });
    }

    fn tell(&mut self, now: u64) {
        for waiter in &self.queue {
            self.out.push_back(Output::Send(waiter.conn, self.news(now, waiter.since)));
        }
    }

    /// How it stands for somebody who has waited since then.
    fn news(&self, now: u64, since: u64) -> ToWaiter {
        ToWaiter::Waiting {
            here: self.queue.len() as u32,
            needed: self.group as u32,
            waited_ms: now.saturating_sub(since) as u32,
            limit_ms: self.limit_ms as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drain(lobby: &mut Lobby) -> Vec<Output> {
        std::iter::from_fn(|| lobby.poll()).collect()
    }

    fn matches(outputs: &[Output]) -> Vec<Vec<String>> {
        outputs
            .iter()
            .filter_map(|o| match o {
                Output::Match(group) => Some(group.iter().map(|w| w.subject.clone()).collect()),
                _ => None,
            })
            .collect()
    }

    fn join(lobby: &mut Lobby, now: u64, conn: u64, subject: &str) -> Vec<Output> {
        lobby.handle(now, Input::Joined { conn, subject: subject.into() });
        drain(lobby)
    }

    #[test]
    fn a_hundred_at_once_make_fifty_pairs_in_the_order_of_their_coming() {
        let mut lobby = Lobby::new(2, 60_000, "");
        let mut pairs = Vec::new();
        for k in 0..100 {
            pairs.extend(matches(&join(&mut lobby, 0, k, &format!("s{k:02}"))));
        }
        assert_eq!(pairs.len(), 50);
        assert_eq!(pairs[0], ["s00", "s01"]);
        assert_eq!(pairs[49], ["s98", "s99"]);
        assert_eq!(lobby.waiters().count(), 0);
    }

    #[test]
    fn a_closed_tab_is_never_matched() {
        let mut lobby = Lobby::new(2, 60_000, "");
        join(&mut lobby, 0, 1, "a");
        lobby.handle(5, Input::Left(1));
        assert!(matches(&join(&mut lobby, 10, 2, "b")).is_empty());
        assert_eq!(matches(&join(&mut lobby, 20, 3, "c")), [["b", "c"]]);
    }

    #[test]
    fn a_silent_connection_is_closed_before_anybody_is_matched_with_it() {
        let mut lobby = Lobby::new(2, 600_000, "");
        join(&mut lobby, 0, 1, "a");
        lobby.handle(1_000, Input::Alive(1));
        let outputs = join(&mut lobby, 1_000 + SILENT_MS, 2, "b");
        assert!(outputs.contains(&Output::Close(1, CloseCode::Silent)));
        assert!(matches(&outputs).is_empty());
    }

    #[test]
    fn the_same_person_in_a_second_tab_keeps_the_place_and_is_not_their_own_partner() {
        let mut lobby = Lobby::new(3, 60_000, "");
        join(&mut lobby, 0, 1, "a");
        join(&mut lobby, 5, 2, "b");
        let outputs = join(&mut lobby, 10, 3, "a");
        assert!(outputs.contains(&Output::Close(1, CloseCode::Replaced)));
        assert_eq!(matches(&join(&mut lobby, 20, 4, "c")), [["a", "b", "c"]]);
    }

    #[test]
    fn waiting_ends_at_the_limit_with_the_researchers_words() {
        let mut lobby = Lobby::new(2, 60_000, "Sorry.");
        join(&mut lobby, 1_000, 1, "a");
        lobby.handle(50_000, Input::Alive(1));
        assert_eq!(lobby.next_wake(), Some(61_000));
        lobby.handle(60_999, Input::Wake);
        assert!(!drain(&mut lobby).iter().any(|output| matches!(output, Output::TimeUp { .. })));
        lobby.handle(61_000, Input::Wake);
        let outputs = drain(&mut lobby);
        assert!(matches!(outputs.as_slice(), [Output::TimeUp { waiter, message }]
            if waiter.subject == "a" && waiter.conn == 1 && message == "Sorry."));
        assert_eq!(lobby.next_wake(), None);
    }

    #[test]
    fn a_sign_of_life_is_answered_to_who_gave_it() {
        let mut lobby = Lobby::new(3, 60_000, "");
        join(&mut lobby, 0, 1, "a");
        join(&mut lobby, 500, 2, "b");
        lobby.handle(5_500, Input::Alive(2));
        let waiting = ToWaiter::Waiting { here: 2, needed: 3, waited_ms: 5_000, limit_ms: 60_000 };
        assert_eq!(drain(&mut lobby), [Output::Send(2, waiting)]);
    }

    #[test]
    fn a_flood_is_closed_and_the_others_wait_on() {
        let mut lobby = Lobby::new(3, 600_000, "");
        join(&mut lobby, 0, 1, "a");
        join(&mut lobby, 0, 2, "b");
        for k in 0..100 {
            lobby.handle(k * 10, Input::Alive(1));
            lobby.handle(k * 5_000, Input::Alive(2));
        }
        assert!(drain(&mut lobby).contains(&Output::Close(1, CloseCode::TooFrequent)));
        assert_eq!(lobby.waiters().map(|w| w.conn).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn one_person_games_start_at_once() {
        let mut lobby = Lobby::new(1, 60_000, "");
        assert_eq!(matches(&join(&mut lobby, 0, 1, "a")), [["a"]]);
    }

    proptest! {
        #[test]
        fn nobody_is_in_two_groups_and_nobody_alive_is_forgotten(events in proptest::collection::vec((0u8..3, 0u64..20), 1..200)) {
            let mut lobby = Lobby::new(2, 600_000, "");
            let (mut matched, mut open) = (Vec::new(), std::collections::BTreeMap::new());
            let mut next = 100;
            for (kind, who) in events {
                if kind < 2 {
                    next += 1;
                    lobby.handle(1, Input::Joined { conn: next, subject: who.to_string() });
                    open.insert(who, next);
                } else if let Some(conn) = open.remove(&who) {
                    lobby.handle(1, Input::Left(conn));
                }
                for output in drain(&mut lobby) {
                    if let Output::Match(group) = output {
                        prop_assert_eq!(group.len(), 2);
                        prop_assert_ne!(&group[0].subject, &group[1].subject);
                        for waiter in group {
                            let who: u64 = waiter.subject.parse().unwrap();
                            prop_assert_eq!(open.remove(&who), Some(waiter.conn));
                            matched.push(waiter.conn);
                        }
                    }
                }
                let waiting: Vec<u64> = lobby.waiters().map(|w| w.conn).collect();
                prop_assert!(waiting.iter().all(|conn| !matched.contains(conn)));
                prop_assert_eq!(waiting.len(), open.len());
            }
        }
    }
}
