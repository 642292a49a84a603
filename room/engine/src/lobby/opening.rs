//! The rooms that are being opened for matched groups, and the participants who connect again meanwhile.

use std::collections::BTreeMap;

use super::entry::QueueEntry;
use crate::ConnId;

/// All rooms that are being opened, by game.
#[derive(Debug, Default)]
pub(super) struct OpeningRooms {
    rooms: BTreeMap<String, OpeningRoom>,
}

/// A room that is being opened.
#[derive(Debug)]
pub(super) struct OpeningRoom {
    /// The members, in the order of the seats.
    pub(super) members: Vec<Member>,
    /// Whether the game ended before its room was reported as open.
    pub(super) is_over: bool,
}

/// A participant for whom a room is being opened.
#[derive(Debug)]
pub(super) struct Member {
    /// The connection that was matched.
    pub(super) entry: QueueEntry,
    /// The participant's newer connection, after a reload.
    pub(super) returned: Option<QueueEntry>,
}

impl OpeningRooms {
    /// A group was matched.
    pub(super) fn insert(&mut self, game: String, group: &[QueueEntry]) {
        let members = group.iter().map(|entry| Member { entry: entry.clone(), returned: None }).collect();
        self.rooms.insert(game, OpeningRoom { members, is_over: false });
    }

    /// The room of a participant, if one is being opened for them.
    pub(super) fn member_mut(&mut self, subject: &str) -> Option<&mut Member> {
        let mut members = self.rooms.values_mut().flat_map(|room| &mut room.members);
        members.find(|member| member.entry.candidate.subject == subject)
    }

    /// Whether a newer connection waits for its room.
    pub(super) fn has_returned(&self, conn: ConnId) -> bool {
        let members = self.rooms.values().flat_map(|room| &room.members);
        members.filter_map(|member| member.returned.as_ref()).any(|entry| entry.conn == conn)
    }

    /// Forgets a newer connection that closed.
    pub(super) fn remove_returned(&mut self, conn: ConnId) {
        for member in self.rooms.values_mut().flat_map(|room| &mut room.members) {
            member.returned.take_if(|entry| entry.conn == conn);
        }
    }

    /// Remembers that a game ended before its room was reported as open.
    pub(super) fn set_over(&mut self, game: &str) {
        if let Some(room) = self.rooms.get_mut(game) {
            room.is_over = true;
        }
    }

    /// The room is open, or could not be opened.
    pub(super) fn remove(&mut self, game: &str) -> Option<OpeningRoom> {
        self.rooms.remove(game)
    }

    /// The games whose rooms are being opened and that are not over.
    pub(super) fn games(&self) -> impl Iterator<Item = &String> {
        self.rooms.iter().filter(|(_, room)| !room.is_over).map(|(game, _)| game)
    }
}
