//! From the queue to a game: forms groups, holds them, runs their ready checks and starts their games.

use std::collections::BTreeSet;

use footlights_data::event::EventKind;
use footlights_experiment::{
    Answer,
    matchmaking::{Candidate, LobbyEventKind},
};
use footlights_protocol::{EpochMs, wire::CloseCode};

use super::{
    entry::{GroupMembership, QueueEntry},
    machine::Lobby,
    message::Output,
};
use crate::ConnId;

impl Lobby {
    /// Forms one group of participants who are in none, if the matchmaker names one and another game may begin. Returns
    /// whether it did.
    pub(super) fn form_group(&mut self, now: EpochMs) -> bool {
        if self.is_full() {
            return false;
        }
        let free: Vec<&QueueEntry> = self.queue.iter().filter(|entry| entry.membership.is_none()).collect();
        let mut picked = None;
        for alike in alike(free, &self.must_share) {
            let candidates: Vec<&Candidate> = alike.iter().map(|entry| &entry.candidate).collect();
            let Some(pick) = self.matchmaker.pick(&candidates, self.group_size, now) else { continue };
            match validate_pick(&pick, self.group_size, alike.len()) {
                Ok(()) => {
                    picked = Some(pick.iter().filter_map(|at| alike.get(*at).copied()).collect());
                    break;
                }
                Err(detail) => {
                    self.report_bad_pick(detail);
                    return false;
                }
            }
        }
        let Some(group): Option<Vec<&QueueEntry>> = picked else { return false };
        let (shortest, longest) = self.rules.wait_jitter_ms;
        let span = longest.saturating_sub(shortest).saturating_add(1);
        let jitter = shortest.saturating_add(hash_seed(0, now, &group) % span);
        let conns: Vec<ConnId> = group.iter().map(|entry| entry.conn).collect();
        let Some(id) = conns.first().copied() else { return false };
        for (at, conn) in (0u32..).zip(&conns) {
            if let Some(entry) = self.queue.get_mut(*conn) {
                entry.membership = Some(GroupMembership {
                    group: id,
                    at,
                    size: self.group_size as u32,
                    held_until: now + jitter,
                    check_until: None,
                    ready: false,
                });
            }
        }
        true
    }

    /// Reports a pick that names no possible group. A matchmaker that errs will do so at every event, so only the first
    /// one is reported.
    fn report_bad_pick(&mut self, detail: String) {
        if !std::mem::replace(&mut self.bad_pick_reported, true) {
            let kind = EventKind::BadPick;
            self.out.push_back(Output::Report { kind, subject: String::new(), detail, record: false });
        }
    }

    /// Advances one group whose hold or ready check has ended. Returns whether there was one.
    pub(super) fn advance_group(&mut self, now: EpochMs) -> bool {
        for group in self.queue.groups().into_keys() {
            let members: Vec<&GroupMembership> = self.queue.members(group).collect();
            let Some(first) = members.first() else { continue };
            match (first.check_until, self.rules.ready_check_ms) {
                (None, _) if now < first.held_until => continue,
                (None, Some(ms)) => {
                    let until = now + ms;
                    self.queue.update_members(group, |member| member.check_until = Some(until));
                }
                (None, None) => self.start_game(now, group),
                (Some(_), _) if members.iter().all(|member| member.ready) => self.start_game(now, group),
                (Some(until), _) if now >= until => self.fail_ready_check(now, group),
                (Some(_), _) => continue,
            }
            return true;
        }
        false
    }

    /// Removes the members who did not confirm the ready check; the others return to the queue.
    fn fail_ready_check(&mut self, now: EpochMs, group: ConnId) {
        let not_ready = |entry: &QueueEntry| {
            entry.membership.as_ref().is_some_and(|member| member.group == group && !member.ready)
        };
        for conn in self.queue.connections(not_ready) {
            if let Some(entry) = self.queue.remove(conn) {
                self.close_with_reason(conn, CloseCode::NotReady, "");
                self.report_event(now, LobbyEventKind::NotReady, &entry);
                self.state.missed.insert(entry.candidate.subject, now);
                self.state_changed = true;
            }
        }
    }

    fn start_game(&mut self, now: EpochMs, group: ConnId) {
        let players = self.queue.take_group(group);
        let game = game_id(now, &players);
        self.opening.insert(game.clone(), &players);
        for entry in &players {
            self.report_event(now, LobbyEventKind::Matched, entry);
            self.state_changed |= self.state.missed.remove(&entry.candidate.subject).is_some();
        }
        self.out.push_back(Output::Match { game, group: players });
    }
}

/// The entries that can play together, in the order of the queue: those who are alike in these globals.
fn alike<'a>(free: Vec<&'a QueueEntry>, must_share: &[String]) -> Vec<Vec<&'a QueueEntry>> {
    let mut all: Vec<(Vec<Option<&Answer>>, Vec<&QueueEntry>)> = Vec::new();
    for entry in free {
        let shared: Vec<Option<&Answer>> =
            must_share.iter().map(|name| entry.candidate.globals.get(name)).collect();
        match all.iter_mut().find(|(known, _)| *known == shared) {
            Some((_, entries)) => entries.push(entry),
            None => all.push((shared, vec![entry])),
        }
    }
    all.into_iter().map(|(_, entries)| entries).collect()
}

/// A number that depends on the entropy of all members, so that it cannot be known before they came. Each `salt` gives
/// another one.
fn hash_seed<'a>(salt: u64, now: EpochMs, group: impl IntoIterator<Item = &'a &'a QueueEntry>) -> u64 {
    let members = group.into_iter().flat_map(|entry| [entry.conn.0, entry.draw]);
    let bytes: Vec<u8> = [salt, now.0].into_iter().chain(members).flat_map(u64::to_le_bytes).collect();
    footlights_env::digest::of_bytes(&bytes)
}

/// The group of somebody who plays alone, and the id of their game.
#[must_use]
pub fn alone(now: EpochMs, candidate: Candidate, draw: u64) -> (String, [QueueEntry; 1]) {
    let group = [QueueEntry { candidate, draw, ..QueueEntry::default() }];
    (game_id(now, &group), group)
}

fn game_id(now: EpochMs, players: &[QueueEntry]) -> String {
    let players: Vec<&QueueEntry> = players.iter().collect();
    // It begins with a letter, so that no program reads it as a number.
    format!("g{:016x}{:08x}", hash_seed(1, now, &players), hash_seed(2, now, &players) as u32)
}

/// Refuses a pick that is no group of `size` different participants among `candidates`.
pub(super) fn validate_pick(pick: &[usize], size: usize, candidates: usize) -> Result<(), String> {
    let distinct: BTreeSet<usize> = pick.iter().copied().collect();
    if pick.len() != size {
        return Err(format!("the matchmaker picked {} participants for a group of {size}", pick.len()));
    }
    if distinct.len() != size {
        return Err(format!("the matchmaker picked a participant twice: {pick:?}"));
    }
    match distinct.last() {
        Some(last) if *last >= candidates => {
            Err(format!("the matchmaker picked {pick:?}, but only {candidates} wait"))
        }
        _ => Ok(()),
    }
}
