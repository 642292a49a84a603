//! The lobby itself: takes in what happened and decides what follows.

use std::collections::VecDeque;

use footlights_data::event::EventKind;
use footlights_experiment::{
    Waitroom,
    matchmaking::{Candidate, LobbyEvent, LobbyEventKind, Matchmaker},
};
use footlights_protocol::{
    EpochMs,
    wire::{CloseCode, LobbyToClient},
    words::Words,
};

use super::{
    announce::{Announcer, Terms},
    entry::{QueueEntry, project_globals},
    message::{Input, Output},
    opening::OpeningRooms,
    queue::Queue,
    state::LobbyState,
};
use crate::ConnId;

/// After so long without a message a connection counts as lost, ms. Browsers send a message every 5 s, and hidden ones
/// at least once a minute.
pub const SILENT_MS: u64 = 70_000;

/// More messages in a row than a browser of ours sends, each within a second of the one before.
const MAX_BURST: u32 = 20;

/// What a group reads when its room could not be opened.
const ROOM_FAILED: &str = "The game could not be started. Please reload.";

/// The lobby of one game scene.
pub struct Lobby {
    pub(super) group_size: usize,
    /// The globals in which the members of a group must be alike.
    pub(super) must_share: Vec<String>,
    pub(super) rules: Waitroom,
    pub(super) matchmaker: Box<dyn Matchmaker>,
    pub(super) queue: Queue,
    pub(super) opening: OpeningRooms,
    pub(super) state: LobbyState,
    pub(super) state_changed: bool,
    pub(super) bad_pick_reported: bool,
    pub(super) announcer: Announcer,
    pub(super) out: VecDeque<Output>,
}

impl Lobby {
    /// An empty lobby that makes groups of `group_size` participants by the rules of a waiting room.
    #[must_use]
    pub fn new(group_size: usize, rules: &Waitroom) -> Self {
        Self {
            group_size: group_size.max(1),
            must_share: Vec::new(),
            rules: rules.clone(),
            matchmaker: rules.matchmaker(),
            queue: Queue::default(),
            opening: OpeningRooms::default(),
            state: LobbyState::default(),
            state_changed: false,
            bad_pick_reported: false,
            announcer: Announcer::default(),
            out: VecDeque::new(),
        }
    }

    /// Rebuilds the lobby from the entries of the sockets that are still open and from what was stored. Groups that are
    /// no longer complete return to the queue.
    pub fn restore(&mut self, entries: Vec<QueueEntry>, state: LobbyState) {
        self.queue = Queue::restore(entries);
        self.state = state;
        if self.rules.max_concurrent_games.is_none() {
            self.state.running.clear();
        }
    }

    /// The participants who wait, in the order of their turns.
    pub fn entries(&self) -> impl Iterator<Item = &QueueEntry> {
        self.queue.iter()
    }

    /// Whether a connection waits here: in the queue, or after a reload for the room that is being opened for its
    /// participant.
    pub fn contains(&self, conn: ConnId) -> bool {
        self.queue.iter().any(|entry| entry.conn == conn) || self.opening.has_returned(conn)
    }

    /// The games whose rooms are being opened and, where the number of games is limited, those that run.
    pub fn running(&self) -> impl Iterator<Item = &str> {
        self.state.running.iter().chain(self.opening.games()).map(String::as_str)
    }

    /// Whether no further game may begin.
    pub fn is_full(&self) -> bool {
        let promised = self.running().count() + self.queue.groups().len();
        self.rules.max_concurrent_games.is_some_and(|most| promised >= most as usize)
    }

    /// The entries that changed since the last call, to be stored with their sockets.
    pub fn take_changed(&mut self) -> Vec<QueueEntry> {
        self.queue.take_changed()
    }

    /// The state, if it changed since the last call, to be stored.
    pub fn take_state(&mut self) -> Option<LobbyState> {
        std::mem::take(&mut self.state_changed).then(|| self.state.clone())
    }

    /// When to call [`handle`](Self::handle) with [`Input::Wake`] at the latest.
    pub fn next_wake(&self) -> Option<EpochMs> {
        let due = |entry: &QueueEntry| match &entry.membership {
            Some(member) => member.check_until.unwrap_or(member.held_until),
            None => entry.candidate.since + self.rules.max_wait_ms,
        };
        let entries = self.queue.iter().map(|entry| due(entry).min(entry.last_seen + SILENT_MS));
        // A missed check is forgotten after the longest wait even if no participant connects.
        let missed = self.state.missed.values().map(|at| *at + self.rules.max_wait_ms);
        entries.chain(missed).min()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Makes groups only of participants who are alike in these globals; those who do not have one are alike, too.
    #[must_use]
    pub fn sharing(mut self, globals: Vec<String>) -> Self {
        self.must_share = globals;
        self
    }

    /// The globals that the lobby needs of a participant.
    fn needs(&self) -> Vec<String> {
        self.rules.needs().into_iter().chain(self.must_share.iter().cloned()).collect()
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: EpochMs, input: Input) {
        let mut answered = None;
        match input {
            Input::Joined { conn, subject, since, globals, location, draw } => {
                let globals = project_globals(&globals, &self.needs());
                let candidate = Candidate { subject, since: since.min(now), globals, rtt_ms: None, location };
                self.arrive(
                    now,
                    QueueEntry { conn, candidate, last_seen: now, draw, ..QueueEntry::default() },
                );
            }
            Input::Alive { conn, rtt } => {
                if let Some(entry) = self.sign_of_life(now, conn) {
                    entry.candidate.rtt_ms = (rtt.is_finite() && rtt > 0.0).then_some(rtt);
                    answered = Some(conn);
                }
            }
            Input::Ready(conn) => {
                let member = self.sign_of_life(now, conn).and_then(|entry| entry.membership.as_mut());
                if let Some(member) = member.filter(|member| member.check_until.is_some()) {
                    member.ready = true;
                }
            }
            Input::Left(conn) => {
                self.opening.remove_returned(conn);
                if let Some(entry) = self.queue.remove(conn) {
                    self.report_event(now, LobbyEventKind::Left, &entry);
                }
            }
            Input::RoomOpened { game, sockets } => self.room_opened(game, sockets),
            Input::RoomFailed(game) => self.room_failed(now, &game),
            Input::GameOver(game) => {
                self.opening.set_over(&game);
                self.state_changed |= self.state.running.remove(&game);
            }
            Input::Wake => {}
        }
        loop {
            self.remove_expired(now);
            if !self.advance_group(now) && !self.form_group(now) {
                break;
            }
        }
        let terms = Terms { group_size: self.group_size as u32, max_wait_ms: self.rules.max_wait_ms };
        let full = self.is_full();
        self.out.extend(self.announcer.announce(now, &self.queue, terms, full, answered));
    }

    /// A participant connected: they wait, unless a room is being opened for them.
    fn arrive(&mut self, now: EpochMs, entry: QueueEntry) {
        match self.opening.member_mut(&entry.candidate.subject) {
            Some(member) => {
                if let Some(older) = member.returned.replace(entry) {
                    self.close_with_reason(older.conn, CloseCode::Replaced, "");
                }
            }
            None => self.join(now, entry),
        }
    }

    fn join(&mut self, now: EpochMs, mut entry: QueueEntry) {
        let missed = self.state.missed.get(&entry.candidate.subject).copied().unwrap_or_default();
        entry.priority_since = entry.candidate.since.max(missed);
        match self.queue.take_subject(&entry.candidate.subject) {
            // A participant who connects again keeps their place; the older connection is closed.
            Some(older) => {
                self.close_with_reason(older.conn, CloseCode::Replaced, "");
                entry.candidate.since = entry.candidate.since.min(older.candidate.since);
                entry.priority_since = older.priority_since;
                entry.membership = older.membership;
                entry.candidate.rtt_ms = older.candidate.rtt_ms;
            }
            None => self.report_event(now, LobbyEventKind::Joined, &entry),
        }
        self.queue.insert(entry);
    }

    /// A message came. `None` if its connection does not wait here, or if the message was one too many.
    fn sign_of_life(&mut self, now: EpochMs, conn: ConnId) -> Option<&mut QueueEntry> {
        let entry = self.queue.get_mut(conn)?;
        entry.burst = if now - entry.last_seen < 1_000 { entry.burst + 1 } else { 0 };
        entry.last_seen = now;
        if entry.burst > MAX_BURST {
            self.remove_and_close(now, conn, CloseCode::TooFrequent);
            return None;
        }
        self.queue.get_mut(conn)
    }

    fn remove_and_close(&mut self, now: EpochMs, conn: ConnId, code: CloseCode) {
        if let Some(entry) = self.queue.remove(conn) {
            self.close_with_reason(conn, code, "");
            self.report_event(now, LobbyEventKind::Left, &entry);
        }
    }

    /// Sends why a connection is closed and closes it: the message arrives earlier than the close. A silent connection is
    /// sent nothing, so that its browser connects again.
    pub(super) fn close_with_reason(&mut self, conn: ConnId, code: CloseCode, reason: &str) {
        if code != CloseCode::Silent {
            let refused = LobbyToClient::Refused { code: code.code(), reason: reason.to_owned() };
            self.out.push_back(Output::Send(conn, refused));
        }
        self.out.push_back(Output::Close(conn, code));
    }

    /// Sends the members of a group to their room, on every connection they have.
    fn room_opened(&mut self, game: String, sockets: Vec<String>) {
        let Some(room) = self.opening.remove(&game) else { return };
        for (member, socket) in room.members.into_iter().zip(sockets) {
            for entry in [Some(member.entry), member.returned].into_iter().flatten() {
                let matched = LobbyToClient::Matched { socket: socket.clone() };
                self.out.push_back(Output::Send(entry.conn, matched));
            }
        }
        if self.rules.max_concurrent_games.is_some() && !room.is_over {
            self.state_changed |= self.state.running.insert(game);
        }
    }

    /// Closes the connections of a group whose room could not be opened. Members who connected again meanwhile wait.
    fn room_failed(&mut self, now: EpochMs, game: &str) {
        let Some(room) = self.opening.remove(game) else { return };
        for member in room.members {
            self.close_with_reason(member.entry.conn, CloseCode::Unavailable, ROOM_FAILED);
            if let Some(returned) = member.returned {
                self.join(now, returned);
            }
        }
    }

    /// Removes silent connections and the participants whose longest wait is over. A participant in a group does not time
    /// out.
    fn remove_expired(&mut self, now: EpochMs) {
        let silent = |entry: &QueueEntry| now >= entry.last_seen + SILENT_MS;
        for conn in self.queue.connections(silent) {
            self.remove_and_close(now, conn, CloseCode::Silent);
        }
        let limit = self.rules.max_wait_ms;
        let late = |entry: &QueueEntry| entry.membership.is_none() && now >= entry.candidate.since + limit;
        for conn in self.queue.connections(late) {
            if let Some(entry) = self.queue.remove(conn) {
                self.report_event(now, LobbyEventKind::TimedOut, &entry);
                // The page says the usual words in the participant's language.
                let message = self.rules.timeout_words(&Words::default()).to_owned();
                self.out.push_back(Output::TimeUp { entry, message });
            }
        }
        // A participant who missed a check that long ago has no time left to wait.
        let known = self.state.missed.len();
        self.state.missed.retain(|_, at| now < *at + limit);
        self.state_changed |= self.state.missed.len() != known;
    }

    pub(super) fn report_event(&mut self, now: EpochMs, kind: LobbyEventKind, entry: &QueueEntry) {
        let waiting = self.queue.len();
        let event = LobbyEvent { kind, candidate: &entry.candidate, waiting, now };
        let words = self.matchmaker.on_event(&event);
        let detail = words
            .unwrap_or_else(|| format!("after {} ms, {waiting} others here", now - entry.candidate.since));
        self.out.push_back(Output::Report {
            kind: event_kind(kind),
            subject: entry.candidate.subject.clone(),
            detail,
            record: kind != LobbyEventKind::Matched,
        });
    }
}

/// The event of the data.
fn event_kind(kind: LobbyEventKind) -> EventKind {
    match kind {
        LobbyEventKind::Joined => EventKind::LobbyJoined,
        LobbyEventKind::Left => EventKind::LobbyLeft,
        LobbyEventKind::Matched => EventKind::LobbyMatched,
        LobbyEventKind::NotReady => EventKind::LobbyNotReady,
        LobbyEventKind::TimedOut => EventKind::LobbyTimedOut,
    }
}
