//! What the participants in a lobby read about it: each is sent what is new to them.

use std::collections::BTreeMap;

use footlights_protocol::{EpochMs, wire::LobbyToClient};

use super::{entry::QueueEntry, message::Output, queue::Queue};
use crate::ConnId;

/// What a participant was sent last, without the times that always change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announced {
    Waiting { waiting: u32, full: bool },
    ReadyCheck { until: EpochMs, ready: u32, mine: bool },
}

/// What does not change about a lobby while it is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// How many participants a group takes.
    pub group_size: u32,
    /// The longest wait, ms.
    pub max_wait_ms: u64,
}

/// Remembers what each connection was sent last.
#[derive(Debug, Default)]
pub(super) struct Announcer(BTreeMap<ConnId, Announced>);

impl Announcer {
    /// The messages for every participant for whom something changed, and for `answered`, whose message came.
    pub(super) fn announce(
        &mut self,
        now: EpochMs,
        queue: &Queue,
        terms: Terms,
        full: bool,
        answered: Option<ConnId>,
    ) -> Vec<Output> {
        let in_check =
            |entry: &&QueueEntry| entry.membership.as_ref().is_some_and(|m| m.check_until.is_some());
        let waiting = (queue.len() - queue.iter().filter(in_check).count()) as u32;
        let mut out = Vec::new();
        let mut announced = BTreeMap::new();
        for entry in queue.iter() {
            let state = standing(queue, entry, waiting, full);
            let is_answer = answered == Some(entry.conn);
            if is_answer {
                out.push(Output::Send(entry.conn, LobbyToClient::Pong));
            }
            if is_answer || self.0.get(&entry.conn) != Some(&state) {
                out.push(Output::Send(entry.conn, message(now, entry, terms, state)));
            }
            announced.insert(entry.conn, state);
        }
        self.0 = announced;
        out
    }
}

/// How it stands for one participant.
fn standing(queue: &Queue, entry: &QueueEntry, waiting: u32, full: bool) -> Announced {
    match entry.membership.as_ref().and_then(|member| Some((member, member.check_until?))) {
        Some((member, until)) => {
            let ready = queue.members(member.group).filter(|member| member.ready).count() as u32;
            Announced::ReadyCheck { until, ready, mine: member.ready }
        }
        None => Announced::Waiting { waiting, full },
    }
}

fn message(now: EpochMs, entry: &QueueEntry, terms: Terms, state: Announced) -> LobbyToClient {
    let needed = terms.group_size;
    match state {
        Announced::ReadyCheck { until, ready, mine } => {
            let remaining_ms = ms_u32(until - now);
            LobbyToClient::ReadyCheck { remaining_ms, ready, needed, mine }
        }
        Announced::Waiting { waiting, full } => LobbyToClient::Waiting {
            here: waiting,
            needed,
            waited_ms: ms_u32(now - entry.candidate.since),
            limit_ms: ms_u32(terms.max_wait_ms),
            full,
        },
    }
}

/// A duration in the width of the wire.
fn ms_u32(ms: u64) -> u32 {
    ms.try_into().unwrap_or(u32::MAX)
}
