//! The participants who wait, in the order of their turns, and the groups that are being formed among them.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{GroupMembership, QueueEntry};
use crate::ConnId;

/// The queue of a lobby. It remembers which entries changed, since each is stored with its socket.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: Vec<QueueEntry>,
    changed: BTreeSet<ConnId>,
}

impl Queue {
    /// A queue of entries that were stored. A group that is no longer complete is dissolved.
    pub(super) fn restore(mut entries: Vec<QueueEntry>) -> Self {
        entries.sort_by_key(QueueEntry::order);
        let mut queue = Self { entries, changed: BTreeSet::new() };
        for (group, size) in queue.groups() {
            if queue.members(group).count() != size as usize {
                queue.dissolve(group);
            }
        }
        queue
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &QueueEntry> {
        self.entries.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The connections of the entries for which `condition` holds.
    pub(super) fn connections(&self, condition: impl Fn(&QueueEntry) -> bool) -> Vec<ConnId> {
        self.iter().filter(|entry| condition(entry)).map(|entry| entry.conn).collect()
    }

    /// The entry of a connection, to be changed.
    pub(super) fn get_mut(&mut self, conn: ConnId) -> Option<&mut QueueEntry> {
        let entry = self.entries.iter_mut().find(|entry| entry.conn == conn)?;
        self.changed.insert(conn);
        Some(entry)
    }

    /// Puts an entry where its turn is.
    pub(super) fn insert(&mut self, entry: QueueEntry) {
        self.changed.insert(entry.conn);
        let at = self.entries.partition_point(|known| known.order() <= entry.order());
        self.entries.insert(at, entry);
    }

    /// Takes out the entry of a participant and leaves their group as it is: the participant is about to return.
    pub(super) fn take_subject(&mut self, subject: &str) -> Option<QueueEntry> {
        let at = self.entries.iter().position(|entry| entry.candidate.subject == subject)?;
        Some(self.entries.remove(at))
    }

    /// Takes out the entry of a connection and dissolves its group.
    pub(super) fn remove(&mut self, conn: ConnId) -> Option<QueueEntry> {
        let at = self.entries.iter().position(|entry| entry.conn == conn)?;
        let entry = self.entries.remove(at);
        if let Some(member) = &entry.membership {
            self.dissolve(member.group);
        }
        Some(entry)
    }

    /// Takes out a whole group, in the order of its seats.
    pub(super) fn take_group(&mut self, group: ConnId) -> Vec<QueueEntry> {
        let (mut members, others) =
            std::mem::take(&mut self.entries).into_iter().partition::<Vec<_>, _>(|entry| is_in(entry, group));
        self.entries = others;
        members.sort_by_key(|entry| entry.membership.as_ref().map(|member| member.at));
        members
    }

    /// The groups with their sizes.
    pub(super) fn groups(&self) -> BTreeMap<ConnId, u32> {
        let members = self.iter().filter_map(|entry| entry.membership.as_ref());
        members.map(|member| (member.group, member.size)).collect()
    }

    /// The memberships of a group.
    pub(super) fn members(&self, group: ConnId) -> impl Iterator<Item = &GroupMembership> {
        let of_group = move |entry: &&QueueEntry| is_in(entry, group);
        self.iter().filter(of_group).filter_map(|entry| entry.membership.as_ref())
    }

    /// Changes every membership of a group.
    pub(super) fn update_members(&mut self, group: ConnId, change: impl Fn(&mut GroupMembership)) {
        for entry in self.entries.iter_mut().filter(|entry| is_in(entry, group)) {
            self.changed.insert(entry.conn);
            entry.membership.iter_mut().for_each(&change);
        }
    }

    fn dissolve(&mut self, group: ConnId) {
        for entry in self.entries.iter_mut().filter(|entry| is_in(entry, group)) {
            entry.membership = None;
            self.changed.insert(entry.conn);
        }
    }

    /// The entries that changed since the last call.
    pub(super) fn take_changed(&mut self) -> Vec<QueueEntry> {
        let changed = std::mem::take(&mut self.changed);
        self.iter().filter(|entry| changed.contains(&entry.conn)).cloned().collect()
    }
}

fn is_in(entry: &QueueEntry, group: ConnId) -> bool {
    entry.membership.as_ref().is_some_and(|member| member.group == group)
}
