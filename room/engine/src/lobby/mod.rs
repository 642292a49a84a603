//! The waiting room of one game scene: who is here, who plays with whom, and when.
//!
//! Somebody who waits is in the queue until a matchmaker names a group. A group may be held for a moment and then asked
//! whether everybody is there; if one of it goes, the others are in the queue again where they were. Everything about
//! somebody who waits is in [`QueueEntry`], which the shell keeps with the socket, and what must outlive the sockets is in
//! [`LobbyState`], so that a lobby can be put together again after its object slept. Nobody is matched who has not given a
//! sign of life lately.

mod queue;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use footlights_data::event::EventKind;
use footlights_experiment::{
    Globals, Location, Waitroom,
    matchmaking::{Candidate, LobbyEvent, LobbyEventKind, Matchmaker},
};
use footlights_protocol::wire::{CloseCode, LobbyToClient};

pub use queue::{GroupMembership, MAX_GLOBALS, QueueEntry, project_globals};

/// After so long without a message somebody is taken for gone. Browsers send one every 5 s, and hidden ones at least
/// once a minute.
pub const SILENT_MS: u64 = 70_000;

/// So many messages in a row, each within a second of the one before, no browser of ours sends.
const MAX_BURST: u32 = 20;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Somebody came.
    Joined {
        /// The new connection.
        conn: u64,
        /// Whose it is.
        subject: String,
        /// Since when this person has waited for this game, epoch ms: reloads and games that did not begin do not change
        /// that.
        since: u64,
        /// What is known about the person; what nobody asks for is not kept.
        globals: Globals,
        /// Where the person is.
        location: Option<Location>,
        /// Fresh entropy.
        draw: u64,
    },
    /// A sign of life.
    Alive {
        /// The connection it came from.
        conn: u64,
        /// The last measured round trip, ms; 0 before the first.
        rtt: f32,
    },
    /// Somebody says in a ready check that they are there.
    Ready(u64),
    /// A connection closed.
    Left(u64),
    /// The room of a matched group is there.
    Opened(String),
    /// A game is over, or its room could not be made.
    GameOver(String),
    /// The time that [`Lobby::next_wake`] asked for.
    Wake,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send this.
    Send(u64, LobbyToClient),
    /// Close the connection, with this code.
    Close(u64, CloseCode),
    /// Nobody came in time: tell this person so and close the connection, with [`CloseCode::Over`]. Gone from the lobby.
    TimeUp {
        /// Who waited.
        entry: QueueEntry,
        /// The researcher's words.
        message: String,
    },
    /// These people play together; they are no longer in the lobby, their connections are still open.
    Match {
        /// The game's id: 24 hexadecimal digits.
        game: String,
        /// Who plays, in the order of the seats.
        group: Vec<QueueEntry>,
    },
    /// Something for the log and the data.
    Report {
        /// What happened.
        kind: EventKind,
        /// To whom; empty where it is nobody's.
        subject: String,
        /// More about it: the matchmaker's words, if it has any.
        detail: String,
    },
}

/// What a lobby must remember though nobody may be connected. The shell stores it whenever [`Lobby::take_state`] hands
/// it out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LobbyState {
    /// The games that run; only kept where their number is limited.
    pub running: BTreeSet<String>,
    /// Who was not ready, and when: whoever of them comes again is behind those who were there then. Kept for as long as
    /// waiting is possible.
    pub missed: BTreeMap<String, u64>,
}

/// What somebody was told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Waiting { here: u32, full: bool },
    Check { until: u64, ready: u32, mine: bool },
}

/// The lobby of one game scene.
pub struct Lobby {
    group: usize,
    rules: Waitroom,
    needs: Vec<String>,
    matchmaker: Box<dyn Matchmaker>,
    /// Everybody, by whose turn it is.
    here: Vec<QueueEntry>,
    state: LobbyState,
    state_changed: bool,
    /// Games whose rooms are being made.
    opening: BTreeSet<String>,
    /// Whether a pick that cannot be was reported.
    complained: bool,
    told: BTreeMap<u64, Told>,
    changed: BTreeSet<u64>,
    out: VecDeque<Output>,
}

impl Lobby {
    /// An empty lobby that makes groups of `group` people by the rules of a waiting room.
    pub fn new(group: usize, rules: &Waitroom) -> Self {
        Self {
            group: group.max(1),
            rules: rules.clone(),
            needs: rules.needs(),
            matchmaker: rules.matchmaker(),
            here: Vec::new(),
            state: LobbyState::default(),
            state_changed: false,
            opening: BTreeSet::new(),
            complained: false,
            told: BTreeMap::new(),
            changed: BTreeSet::new(),
            out: VecDeque::new(),
        }
    }

    /// Puts back people whose sockets outlived the object, and what was stored. A group that is no longer complete is
    /// in the queue again.
    pub fn restore(&mut self, mut entries: Vec<QueueEntry>, state: LobbyState) {
        entries.sort_by_key(QueueEntry::order);
        self.here = entries;
        self.state = state;
        if self.rules.max_concurrent_games.is_none() {
            self.state.running.clear();
        }
        for (id, size) in self.groups() {
            if self.members(id).count() != size as usize {
                self.dissolve(id);
            }
        }
    }

    /// The people in the lobby, whose turn it is first.
    pub fn entries(&self) -> impl Iterator<Item = &QueueEntry> {
        self.here.iter()
    }

    /// The games that are known to run or are about to; empty where their number is not limited.
    pub fn running(&self) -> impl Iterator<Item = &str> {
        self.state.running.iter().chain(&self.opening).map(String::as_str)
    }

    /// Whether no further game may begin.
    pub fn is_full(&self) -> bool {
        let promised = self.running().count() + self.groups().len();
        self.rules.max_concurrent_games.is_some_and(|most| promised >= most as usize)
    }

    /// People who are not as they were at the last call: to be kept with their sockets.
    pub fn take_changed(&mut self) -> Vec<QueueEntry> {
        let changed = std::mem::take(&mut self.changed);
        self.here.iter().filter(|entry| changed.contains(&entry.conn)).cloned().collect()
    }

    /// The state, if it is not as it was at the last call: to be stored.
    pub fn take_state(&mut self) -> Option<LobbyState> {
        std::mem::take(&mut self.state_changed).then(|| self.state.clone())
    }

    /// When to call with [`Input::Wake`] at the latest.
    pub fn next_wake(&self) -> Option<u64> {
        let due = |entry: &QueueEntry| match &entry.membership {
            Some(member) => member.check_until.unwrap_or(member.held_until),
            None => entry.candidate.since.saturating_add(self.rules.max_wait_ms),
        };
        let people = self.here.iter().map(|entry| due(entry).min(entry.last_seen.saturating_add(SILENT_MS)));
        // Who missed a check is forgotten when their limit is over, whether somebody comes or not.
        let missed = self.state.missed.values().map(|at| at.saturating_add(self.rules.max_wait_ms));
        people.chain(missed).min()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Takes in what happened at `now`, epoch ms.
    pub fn handle(&mut self, now: u64, input: Input) {
        let mut answer = None;
        match input {
            Input::Joined { conn, subject, since, globals, location, draw } => {
                let globals = project_globals(&globals, &self.needs);
                let candidate = Candidate { subject, since: since.min(now), globals, rtt_ms: None, location };
                let entry = QueueEntry { conn, candidate, last_seen: now, draw, ..QueueEntry::default() };
                self.join(now, entry);
            }
            Input::Alive { conn, rtt } => {
                if let Some(entry) = self.sign_of_life(now, conn) {
                    entry.candidate.rtt_ms = (rtt.is_finite() && rtt > 0.0).then_some(rtt);
                    answer = Some(conn);
                }
            }
            Input::Ready(conn) => {
                let member = self.sign_of_life(now, conn).and_then(|entry| entry.membership.as_mut());
                if let Some(member) = member.filter(|member| member.check_until.is_some()) {
                    member.ready = true;
                }
            }
            Input::Left(conn) => {
                if let Some(entry) = self.remove(conn) {
                    self.note(now, LobbyEventKind::Left, &entry);
                }
            }
            Input::Opened(game) => {
                // One that was over before that is not known any more.
                if self.opening.remove(&game) {
                    self.state_changed |= self.state.running.insert(game);
                }
            }
            Input::GameOver(game) => {
                self.opening.remove(&game);
                self.state_changed |= self.state.running.remove(&game);
            }
            Input::Wake => {}
        }
        loop {
            self.dismiss(now);
            if !self.advance(now) && !self.gather(now) {
                break;
            }
        }
        self.tell(now, answer);
    }

    fn join(&mut self, now: u64, mut entry: QueueEntry) {
        entry.priority_since = self
            .state
            .missed
            .get(&entry.candidate.subject)
            .map_or(entry.candidate.since, |at| entry.candidate.since.max(*at));
        let older = self.here.iter().position(|known| known.candidate.subject == entry.candidate.subject);
        match older.map(|at| self.here.remove(at)) {
            // Somebody who comes again keeps the place and loses the older connection.
            Some(older) => {
                self.shut(older.conn, CloseCode::Replaced);
                entry.candidate.since = entry.candidate.since.min(older.candidate.since);
                entry.priority_since = older.priority_since;
                entry.membership = older.membership;
                entry.candidate.rtt_ms = older.candidate.rtt_ms;
            }
            None => self.note(now, LobbyEventKind::Joined, &entry),
        }
        self.changed.insert(entry.conn);
        let at = self.here.partition_point(|known| known.order() <= entry.order());
        self.here.insert(at, entry);
    }

    /// A message came; `None` if it is nobody's, or one too many.
    fn sign_of_life(&mut self, now: u64, conn: u64) -> Option<&mut QueueEntry> {
        let at = self.here.iter().position(|entry| entry.conn == conn)?;
        let entry = self.here.get_mut(at)?;
        entry.burst = if now.saturating_sub(entry.last_seen) < 1_000 { entry.burst + 1 } else { 0 };
        entry.last_seen = now;
        if entry.burst > MAX_BURST {
            self.close(now, conn, CloseCode::TooFrequent);
            return None;
        }
        self.changed.insert(conn);
        self.here.get_mut(at)
    }

    fn close(&mut self, now: u64, conn: u64, code: CloseCode) {
        if let Some(entry) = self.remove(conn) {
            self.shut(conn, code);
            self.note(now, LobbyEventKind::Left, &entry);
        }
    }

    /// Says why before it closes, since a close may take its time. Who is only silent shall come back and is not told.
    fn shut(&mut self, conn: u64, code: CloseCode) {
        if code != CloseCode::Silent {
            let refused = LobbyToClient::Refused { code: code.code(), reason: String::new() };
            self.out.push_back(Output::Send(conn, refused));
        }
        self.out.push_back(Output::Close(conn, code));
    }

    /// Takes somebody out; a group without them is none.
    fn remove(&mut self, conn: u64) -> Option<QueueEntry> {
        let at = self.here.iter().position(|entry| entry.conn == conn)?;
        let entry = self.here.remove(at);
        if let Some(member) = &entry.membership {
            self.dissolve(member.group);
        }
        Some(entry)
    }

    fn dissolve(&mut self, group: u64) {
        for entry in &mut self.here {
            if entry.membership.take_if(|member| member.group == group).is_some() {
                self.changed.insert(entry.conn);
            }
        }
    }

    /// Ends the wait of those who are silent, and of those who waited in vain. Who is matched already does not time out.
    fn dismiss(&mut self, now: u64) {
        let silent = |entry: &&QueueEntry| now >= entry.last_seen.saturating_add(SILENT_MS);
        let conns: Vec<u64> = self.here.iter().filter(silent).map(|entry| entry.conn).collect();
        for conn in conns {
            self.close(now, conn, CloseCode::Silent);
        }
        let limit = self.rules.max_wait_ms;
        let late = |entry: &&QueueEntry| {
            entry.membership.is_none() && now >= entry.candidate.since.saturating_add(limit)
        };
        let conns: Vec<u64> = self.here.iter().filter(late).map(|entry| entry.conn).collect();
        for conn in conns {
            if let Some(entry) = self.remove(conn) {
                self.note(now, LobbyEventKind::TimedOut, &entry);
                let message = self.rules.timeout_message.clone();
                self.out.push_back(Output::TimeUp { entry, message });
            }
        }
        // Whoever missed a check before the limit's time would only come to be told that the time is up.
        let known = self.state.missed.len();
        self.state.missed.retain(|_, at| now < at.saturating_add(limit));
        self.state_changed |= self.state.missed.len() != known;
    }

    /// Groups with their sizes.
    fn groups(&self) -> BTreeMap<u64, u32> {
        let members = self.here.iter().filter_map(|entry| entry.membership.as_ref());
        members.map(|member| (member.group, member.size)).collect()
    }

    fn members(&self, group: u64) -> impl Iterator<Item = &QueueEntry> {
        let of =
            move |entry: &&QueueEntry| entry.membership.as_ref().is_some_and(|member| member.group == group);
        self.here.iter().filter(of)
    }

    /// Does what is due with a group: the end of its extra wait or of its ready check. True if that was anything.
    fn advance(&mut self, now: u64) -> bool {
        for group in self.groups().into_keys() {
            let members: Vec<&GroupMembership> =
                self.members(group).filter_map(|entry| entry.membership.as_ref()).collect();
            let Some(first) = members.first() else { continue };
            match (first.check_until, self.rules.ready_check_ms) {
                (None, _) if now < first.held_until => {}
                (None, Some(ms)) => return self.ask(group, now.saturating_add(ms)),
                (None, None) => return self.play(now, group),
                (Some(_), _) if members.iter().all(|member| member.ready) => return self.play(now, group),
                (Some(until), _) if now >= until => return self.give_up(now, group),
                (Some(_), _) => {}
            }
        }
        false
    }

    fn ask(&mut self, group: u64, until: u64) -> bool {
        for entry in &mut self.here {
            if let Some(member) = entry.membership.as_mut().filter(|member| member.group == group) {
                member.check_until = Some(until);
                self.changed.insert(entry.conn);
            }
        }
        true
    }

    /// Sends away who is not ready; the others wait on.
    fn give_up(&mut self, now: u64, group: u64) -> bool {
        let not_ready = |entry: &&QueueEntry| entry.membership.as_ref().is_some_and(|member| !member.ready);
        let conns: Vec<u64> = self.members(group).filter(not_ready).map(|entry| entry.conn).collect();
        for conn in conns {
            if let Some(entry) = self.remove(conn) {
                self.shut(conn, CloseCode::NotReady);
                self.note(now, LobbyEventKind::NotReady, &entry);
                self.state.missed.insert(entry.candidate.subject, now);
                self.state_changed = true;
            }
        }
        true
    }

    /// The group's game begins.
    fn play(&mut self, now: u64, group: u64) -> bool {
        let of = |entry: &QueueEntry| entry.membership.as_ref().is_some_and(|member| member.group == group);
        let (mut players, others) = std::mem::take(&mut self.here).into_iter().partition::<Vec<_>, _>(of);
        self.here = others;
        players.sort_by_key(|entry| entry.membership.as_ref().map(|member| member.at));
        let game = game_id(now, &players);
        if self.rules.max_concurrent_games.is_some() {
            self.opening.insert(game.clone());
        }
        for entry in &players {
            self.note(now, LobbyEventKind::Matched, entry);
            self.state_changed |= self.state.missed.remove(&entry.candidate.subject).is_some();
        }
        self.out.push_back(Output::Match { game, group: players });
        true
    }

    /// Makes a group of those who are free, if there is one and a place for its game. True if there was.
    fn gather(&mut self, now: u64) -> bool {
        if self.is_full() {
            return false;
        }
        let free: Vec<&QueueEntry> = self.here.iter().filter(|entry| entry.membership.is_none()).collect();
        let candidates: Vec<&Candidate> = free.iter().map(|entry| &entry.candidate).collect();
        let Some(pick) = self.matchmaker.pick(&candidates, self.group, now) else { return false };
        if let Err(detail) = validate_pick(&pick, self.group, free.len()) {
            if !std::mem::replace(&mut self.complained, true) {
                self.out.push_back(Output::Report {
                    kind: EventKind::BadPick,
                    subject: String::new(),
                    detail,
                });
            }
            return false;
        }
        let group: Vec<&QueueEntry> = pick.iter().filter_map(|at| free.get(*at).copied()).collect();
        let (least, most) = self.rules.wait_jitter_ms;
        let span = most.saturating_sub(least).saturating_add(1);
        let extra = least.saturating_add(mix(0, now, &group) % span);
        let conns: Vec<u64> = group.iter().map(|entry| entry.conn).collect();
        let Some(id) = conns.first().copied() else { return false };
        for (at, conn) in (0u32..).zip(&conns) {
            if let Some(entry) = self.here.iter_mut().find(|entry| entry.conn == *conn) {
                let held_until = now.saturating_add(extra);
                let size = self.group as u32;
                entry.membership = Some(GroupMembership {
                    group: id,
                    at,
                    size,
                    held_until,
                    check_until: None,
                    ready: false,
                });
                self.changed.insert(*conn);
            }
        }
        true
    }

    /// Tells everybody what is new to them, and `answered` that the message came.
    fn tell(&mut self, now: u64, answered: Option<u64>) {
        let full = self.is_full();
        let in_check = |entry: &&QueueEntry| {
            entry.membership.as_ref().is_some_and(|member| member.check_until.is_some())
        };
        let here = self.here.len() - self.here.iter().filter(in_check).count();
        let mut told = BTreeMap::new();
        for entry in &self.here {
            let (state, message) = match entry.membership.as_ref().and_then(|m| Some((m, m.check_until?))) {
                Some((member, until)) => {
                    let members = self.members(member.group).filter_map(|entry| entry.membership.as_ref());
                    let (ready, mine) = (members.filter(|member| member.ready).count() as u32, member.ready);
                    let remaining_ms = short(until.saturating_sub(now));
                    let needed = self.group as u32;
                    (
                        Told::Check { until, ready, mine },
                        LobbyToClient::ReadyCheck { remaining_ms, ready, needed, mine },
                    )
                }
                None => {
                    let here = here as u32;
                    let message = LobbyToClient::Waiting {
                        here,
                        needed: self.group as u32,
                        waited_ms: short(now.saturating_sub(entry.candidate.since)),
                        limit_ms: short(self.rules.max_wait_ms),
                        full,
                    };
                    (Told::Waiting { here, full }, message)
                }
            };
            let answer = answered == Some(entry.conn);
            if answer {
                self.out.push_back(Output::Send(entry.conn, LobbyToClient::Pong));
            }
            if answer || self.told.get(&entry.conn) != Some(&state) {
                self.out.push_back(Output::Send(entry.conn, message));
            }
            told.insert(entry.conn, state);
        }
        self.told = told;
    }

    fn note(&mut self, now: u64, kind: LobbyEventKind, entry: &QueueEntry) {
        let waiting = self.here.len();
        let event = LobbyEvent { kind, candidate: &entry.candidate, waiting, now };
        let words = self.matchmaker.on_event(&event);
        let detail = words.unwrap_or_else(|| {
            format!("after {} ms, {waiting} others here", now.saturating_sub(entry.candidate.since))
        });
        self.out.push_back(Output::Report {
            kind: event_kind(kind),
            subject: entry.candidate.subject.clone(),
            detail,
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

/// A time as the wire has it.
fn short(ms: u64) -> u32 {
    ms.try_into().unwrap_or(u32::MAX)
}

/// A number that nobody knows before the people came, another one for each `salt`.
fn mix<'a>(salt: u64, now: u64, group: impl IntoIterator<Item = &'a &'a QueueEntry>) -> u64 {
    let people = group.into_iter().flat_map(|entry| [entry.conn, entry.draw]);
    let bytes: Vec<u8> = [salt, now].into_iter().chain(people).flat_map(u64::to_le_bytes).collect();
    footlights_env::digest::of_bytes(&bytes)
}

fn game_id(now: u64, players: &[QueueEntry]) -> String {
    let players: Vec<&QueueEntry> = players.iter().collect();
    format!("{:016x}{:08x}", mix(1, now, &players), mix(2, now, &players) as u32)
}

/// Refuses a pick that is no group of `size` different participants among `candidates`.
fn validate_pick(pick: &[usize], size: usize, candidates: usize) -> Result<(), String> {
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
