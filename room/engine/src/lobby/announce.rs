//! What the participants in a lobby read about it: each is sent what is new to them.

use std::collections::BTreeMap;

use footlights_protocol::wire::LobbyToClient;

use super::{entry::QueueEntry, machine::Lobby, message::Output};

/// What a participant was sent last, without the times that always change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    Waiting { waiting: u32, full: bool },
    ReadyCheck { until: u64, ready: u32, mine: bool },
}

impl Lobby {
    /// Sends every participant what changed for them, and answers the message of `answered`.
    pub(super) fn announce(&mut self, now: u64, answered: Option<u64>) {
        let full = self.is_full();
        let in_check =
            |entry: &&QueueEntry| entry.membership.as_ref().is_some_and(|m| m.check_until.is_some());
        let waiting = (self.queue.len() - self.queue.iter().filter(in_check).count()) as u32;
        let mut announced = BTreeMap::new();
        for entry in self.queue.iter() {
            let state = self.standing(entry, waiting, full);
            let is_answer = answered == Some(entry.conn);
            if is_answer {
                self.out.push_back(Output::Send(entry.conn, LobbyToClient::Pong));
            }
            if is_answer || self.announced.get(&entry.conn) != Some(&state) {
                self.out.push_back(Output::Send(entry.conn, self.message(now, entry, state)));
            }
            announced.insert(entry.conn, state);
        }
        self.announced = announced;
    }

    /// How it stands for one participant.
    fn standing(&self, entry: &QueueEntry, waiting: u32, full: bool) -> Announced {
        match entry.membership.as_ref().and_then(|member| Some((member, member.check_until?))) {
            Some((member, until)) => {
                let ready = self.queue.members(member.group).filter(|member| member.ready).count() as u32;
                Announced::ReadyCheck { until, ready, mine: member.ready }
            }
            None => Announced::Waiting { waiting, full },
        }
    }

    fn message(&self, now: u64, entry: &QueueEntry, state: Announced) -> LobbyToClient {
        let needed = self.group_size as u32;
        match state {
            Announced::ReadyCheck { until, ready, mine } => {
                let remaining_ms = ms_u32(until.saturating_sub(now));
                LobbyToClient::ReadyCheck { remaining_ms, ready, needed, mine }
            }
            Announced::Waiting { waiting, full } => LobbyToClient::Waiting {
                here: waiting,
                needed,
                waited_ms: ms_u32(now.saturating_sub(entry.candidate.since)),
                limit_ms: ms_u32(self.rules.max_wait_ms),
                full,
            },
        }
    }
}

/// A duration in the width of the wire.
fn ms_u32(ms: u64) -> u32 {
    ms.try_into().unwrap_or(u32::MAX)
}
