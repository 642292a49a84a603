//! The waiting room of one game scene: who is here, who plays with whom, and when.
//!
//! Somebody who waits is in the queue until a matchmaker names a group. A group may be held for a moment and then asked
//! whether everybody is there; if one of it goes, the others are in the queue again where they were. Everything about
//! somebody who waits is in [`Waiter`], which the shell keeps with the socket, and what must outlive the sockets is in
//! [`Ledger`], so that a lobby can be put together again after its object slept. Nobody is matched who has not given a
//! sign of life lately.

mod matchmaker;
pub mod place;
#[cfg(test)]
mod tests;
mod waiter;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{
    experiment::{Globals, Waitroom},
    wire::{CloseCode, ToWaiter},
};

pub use matchmaker::{
    DifferentAttribute, Fifo, LatencyFifo, Matchmaker, MatchmakerFactory, Note, NoteKind, Reunion,
    SameAttribute,
};
pub use place::Place;
pub use waiter::{MAX_GLOBALS, Member, Waiter, keep};

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
        place: Option<Place>,
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
    /// These people play together; they are no longer in the lobby, their connections are still open.
    Match {
        /// The game's id: 24 hexadecimal digits.
        game: String,
        /// Who plays, in the order of the seats.
        group: Vec<Waiter>,
    },
    /// Something for the log and the data.
    Report {
        /// What: a [`NoteKind`], or `bad_pick` for a matchmaker that names a group that cannot be.
        kind: &'static str,
        /// To whom; empty where it is nobody's.
        subject: String,
        /// More about it: the matchmaker's words, if it has any.
        detail: String,
    },
}

/// What a lobby must remember though nobody may be connected. The shell stores it whenever [`Lobby::take_ledger`] hands
/// it out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
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
    here: Vec<Waiter>,
    ledger: Ledger,
    ledger_changed: bool,
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
            matchmaker: matchmaker::of(&rules.matching),
            here: Vec::new(),
            ledger: Ledger::default(),
            ledger_changed: false,
            opening: BTreeSet::new(),
            complained: false,
            told: BTreeMap::new(),
            changed: BTreeSet::new(),
            out: VecDeque::new(),
        }
    }

    /// Puts back people whose sockets outlived the object, and what was stored. A group that is no longer complete is
    /// in the queue again.
    pub fn restore(&mut self, mut waiters: Vec<Waiter>, ledger: Ledger) {
        waiters.sort_by_key(Waiter::order);
        self.here = waiters;
        self.ledger = ledger;
        if self.rules.max_concurrent_games.is_none() {
            self.ledger.running.clear();
        }
        for (id, size) in self.groups() {
            if self.members(id).count() != size as usize {
                self.dissolve(id);
            }
        }
    }

    /// The people in the lobby, whose turn it is first.
    pub fn waiters(&self) -> impl Iterator<Item = &Waiter> {
        self.here.iter()
    }

    /// The games that are known to run or are about to; empty where their number is not limited.
    pub fn running(&self) -> impl Iterator<Item = &str> {
        self.ledger.running.iter().chain(&self.opening).map(String::as_str)
    }

    /// Whether no further game may begin.
    pub fn is_full(&self) -> bool {
        let promised = self.running().count() + self.groups().len();
        self.rules.max_concurrent_games.is_some_and(|most| promised >= most as usize)
    }

    /// People who are not as they were at the last call: to be kept with their sockets.
    pub fn take_changed(&mut self) -> Vec<Waiter> {
        let changed = std::mem::take(&mut self.changed);
        self.here.iter().filter(|waiter| changed.contains(&waiter.conn)).cloned().collect()
    }

    /// The ledger, if it is not as it was at the last call: to be stored.
    pub fn take_ledger(&mut self) -> Option<Ledger> {
        std::mem::take(&mut self.ledger_changed).then(|| self.ledger.clone())
    }

    /// When to call with [`Input::Wake`] at the latest.
    pub fn next_wake(&self) -> Option<u64> {
        let due = |waiter: &Waiter| match &waiter.member {
            Some(member) => member.check_until.unwrap_or(member.held_until),
            None => waiter.since.saturating_add(self.rules.limit_ms),
        };
        let people = self.here.iter().map(|waiter| due(waiter).min(waiter.seen.saturating_add(SILENT_MS)));
        // Who missed a check is forgotten when their limit is over, whether somebody comes or not.
        let missed = self.ledger.missed.values().map(|at| at.saturating_add(self.rules.limit_ms));
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
            Input::Joined { conn, subject, since, globals, place, draw } => {
                let waiter = Waiter {
                    conn,
                    subject,
                    since: since.min(now),
                    seen: now,
                    place,
                    draw,
                    ..Waiter::default()
                };
                self.join(now, waiter, &globals);
            }
            Input::Alive { conn, rtt } => {
                if let Some(waiter) = self.sign_of_life(now, conn) {
                    waiter.rtt_ms = (rtt.is_finite() && rtt > 0.0).then_some(rtt);
                    answer = Some(conn);
                }
            }
            Input::Ready(conn) => {
                let member = self.sign_of_life(now, conn).and_then(|waiter| waiter.member.as_mut());
                if let Some(member) = member.filter(|member| member.check_until.is_some()) {
                    member.ready = true;
                }
            }
            Input::Left(conn) => {
                if let Some(waiter) = self.remove(conn) {
                    self.note(now, NoteKind::Left, &waiter);
                }
            }
            Input::Opened(game) => {
                // One that was over before that is not known any more.
                if self.opening.remove(&game) {
                    self.ledger_changed |= self.ledger.running.insert(game);
                }
            }
            Input::GameOver(game) => {
                self.opening.remove(&game);
                self.ledger_changed |= self.ledger.running.remove(&game);
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

    fn join(&mut self, now: u64, mut waiter: Waiter, globals: &Globals) {
        waiter.globals = waiter::keep(globals, &self.needs);
        waiter.turn =
            self.ledger.missed.get(&waiter.subject).map_or(waiter.since, |at| waiter.since.max(*at));
        let older = self.here.iter().position(|known| known.subject == waiter.subject);
        match older.map(|at| self.here.remove(at)) {
            // Somebody who comes again keeps the place and loses the older connection.
            Some(older) => {
                self.shut(older.conn, CloseCode::Replaced);
                waiter.since = waiter.since.min(older.since);
                waiter.turn = older.turn;
                waiter.member = older.member;
                waiter.rtt_ms = older.rtt_ms;
            }
            None => self.note(now, NoteKind::Joined, &waiter),
        }
        self.changed.insert(waiter.conn);
        let at = self.here.partition_point(|known| known.order() <= waiter.order());
        self.here.insert(at, waiter);
    }

    /// A message came; `None` if it is nobody's, or one too many.
    fn sign_of_life(&mut self, now: u64, conn: u64) -> Option<&mut Waiter> {
        let at = self.here.iter().position(|waiter| waiter.conn == conn)?;
        let waiter = self.here.get_mut(at)?;
        waiter.burst = if now.saturating_sub(waiter.seen) < 1_000 { waiter.burst + 1 } else { 0 };
        waiter.seen = now;
        if waiter.burst > MAX_BURST {
            self.close(now, conn, CloseCode::TooFrequent);
            return None;
        }
        self.changed.insert(conn);
        self.here.get_mut(at)
    }

    fn close(&mut self, now: u64, conn: u64, code: CloseCode) {
        if let Some(waiter) = self.remove(conn) {
            self.shut(conn, code);
            self.note(now, NoteKind::Left, &waiter);
        }
    }

    /// Says why before it closes, since a close may take its time. Who is only silent shall come back and is not told.
    fn shut(&mut self, conn: u64, code: CloseCode) {
        if code != CloseCode::Silent {
            let refused = ToWaiter::Refused { code: code.code(), reason: String::new() };
            self.out.push_back(Output::Send(conn, refused));
        }
        self.out.push_back(Output::Close(conn, code));
    }

    /// Takes somebody out; a group without them is none.
    fn remove(&mut self, conn: u64) -> Option<Waiter> {
        let at = self.here.iter().position(|waiter| waiter.conn == conn)?;
        let waiter = self.here.remove(at);
        if let Some(member) = &waiter.member {
            self.dissolve(member.group);
        }
        Some(waiter)
    }

    fn dissolve(&mut self, group: u64) {
        for waiter in &mut self.here {
            if waiter.member.take_if(|member| member.group == group).is_some() {
                self.changed.insert(waiter.conn);
            }
        }
    }

    /// Ends the wait of those who are silent, and of those who waited in vain. Who is matched already does not time out.
    fn dismiss(&mut self, now: u64) {
        let silent = |waiter: &&Waiter| now >= waiter.seen.saturating_add(SILENT_MS);
        let conns: Vec<u64> = self.here.iter().filter(silent).map(|waiter| waiter.conn).collect();
        for conn in conns {
            self.close(now, conn, CloseCode::Silent);
        }
        let limit = self.rules.limit_ms;
        let late = |waiter: &&Waiter| waiter.member.is_none() && now >= waiter.since.saturating_add(limit);
        let conns: Vec<u64> = self.here.iter().filter(late).map(|waiter| waiter.conn).collect();
        for conn in conns {
            if let Some(waiter) = self.remove(conn) {
                self.note(now, NoteKind::TimedOut, &waiter);
                let message = self.rules.timeout_message.clone();
                self.out.push_back(Output::TimeUp { waiter, message });
            }
        }
        // Whoever missed a check before the limit's time would only come to be told that the time is up.
        let known = self.ledger.missed.len();
        self.ledger.missed.retain(|_, at| now < at.saturating_add(limit));
        self.ledger_changed |= self.ledger.missed.len() != known;
    }

    /// Groups with their sizes.
    fn groups(&self) -> BTreeMap<u64, u32> {
        let members = self.here.iter().filter_map(|waiter| waiter.member.as_ref());
        members.map(|member| (member.group, member.size)).collect()
    }

    fn members(&self, group: u64) -> impl Iterator<Item = &Waiter> {
        let of = move |waiter: &&Waiter| waiter.member.as_ref().is_some_and(|member| member.group == group);
        self.here.iter().filter(of)
    }

    /// Does what is due with a group: the end of its extra wait or of its ready check. True if that was anything.
    fn advance(&mut self, now: u64) -> bool {
        for group in self.groups().into_keys() {
            let members: Vec<&Member> =
                self.members(group).filter_map(|waiter| waiter.member.as_ref()).collect();
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
        for waiter in &mut self.here {
            if let Some(member) = waiter.member.as_mut().filter(|member| member.group == group) {
                member.check_until = Some(until);
                self.changed.insert(waiter.conn);
            }
        }
        true
    }

    /// Sends away who is not ready; the others wait on.
    fn give_up(&mut self, now: u64, group: u64) -> bool {
        let not_ready = |waiter: &&Waiter| waiter.member.as_ref().is_some_and(|member| !member.ready);
        let conns: Vec<u64> = self.members(group).filter(not_ready).map(|waiter| waiter.conn).collect();
        for conn in conns {
            if let Some(waiter) = self.remove(conn) {
                self.shut(conn, CloseCode::NotReady);
                self.note(now, NoteKind::NotReady, &waiter);
                self.ledger.missed.insert(waiter.subject, now);
                self.ledger_changed = true;
            }
        }
        true
    }

    /// The group's game begins.
    fn play(&mut self, now: u64, group: u64) -> bool {
        let of = |waiter: &Waiter| waiter.member.as_ref().is_some_and(|member| member.group == group);
        let (mut players, others) = std::mem::take(&mut self.here).into_iter().partition::<Vec<_>, _>(of);
        self.here = others;
        players.sort_by_key(|waiter| waiter.member.as_ref().map(|member| member.at));
        let game = game_id(now, &players);
        if self.rules.max_concurrent_games.is_some() {
            self.opening.insert(game.clone());
        }
        for waiter in &players {
            self.note(now, NoteKind::Matched, waiter);
            self.ledger_changed |= self.ledger.missed.remove(&waiter.subject).is_some();
        }
        self.out.push_back(Output::Match { game, group: players });
        true
    }

    /// Makes a group of those who are free, if there is one and a place for its game. True if there was.
    fn gather(&mut self, now: u64) -> bool {
        if self.is_full() {
            return false;
        }
        let free: Vec<&Waiter> = self.here.iter().filter(|waiter| waiter.member.is_none()).collect();
        let Some(pick) = self.matchmaker.pick(&free, self.group, now) else { return false };
        if let Some(detail) = matchmaker::fault(&pick, self.group, free.len()) {
            if !std::mem::replace(&mut self.complained, true) {
                self.out.push_back(Output::Report { kind: "bad_pick", subject: String::new(), detail });
            }
            return false;
        }
        let group: Vec<&Waiter> = pick.iter().filter_map(|at| free.get(*at).copied()).collect();
        let (least, most) = self.rules.extra_wait_ms;
        let span = most.saturating_sub(least).saturating_add(1);
        let extra = least.saturating_add(mix(0, now, &group) % span);
        let conns: Vec<u64> = group.iter().map(|waiter| waiter.conn).collect();
        let Some(id) = conns.first().copied() else { return false };
        for (at, conn) in (0u32..).zip(&conns) {
            if let Some(waiter) = self.here.iter_mut().find(|waiter| waiter.conn == *conn) {
                let held_until = now.saturating_add(extra);
                let size = self.group as u32;
                waiter.member =
                    Some(Member { group: id, at, size, held_until, check_until: None, ready: false });
                self.changed.insert(*conn);
            }
        }
        true
    }

    /// Tells everybody what is new to them, and `answered` that the message came.
    fn tell(&mut self, now: u64, answered: Option<u64>) {
        let full = self.is_full();
        let in_check =
            |waiter: &&Waiter| waiter.member.as_ref().is_some_and(|member| member.check_until.is_some());
        let here = self.here.len() - self.here.iter().filter(in_check).count();
        let mut told = BTreeMap::new();
        for waiter in &self.here {
            let (state, message) = match waiter.member.as_ref().and_then(|m| Some((m, m.check_until?))) {
                Some((member, until)) => {
                    let members = self.members(member.group).filter_map(|waiter| waiter.member.as_ref());
                    let (ready, mine) = (members.filter(|member| member.ready).count() as u32, member.ready);
                    let remaining_ms = short(until.saturating_sub(now));
                    let needed = self.group as u32;
                    (
                        Told::Check { until, ready, mine },
                        ToWaiter::ReadyCheck { remaining_ms, ready, needed, mine },
                    )
                }
                None => {
                    let here = here as u32;
                    let message = ToWaiter::Waiting {
                        here,
                        needed: self.group as u32,
                        waited_ms: short(now.saturating_sub(waiter.since)),
                        limit_ms: short(self.rules.limit_ms),
                        full,
                    };
                    (Told::Waiting { here, full }, message)
                }
            };
            let answer = answered == Some(waiter.conn);
            if answer {
                self.out.push_back(Output::Send(waiter.conn, ToWaiter::Pong));
            }
            if answer || self.told.get(&waiter.conn) != Some(&state) {
                self.out.push_back(Output::Send(waiter.conn, message));
            }
            told.insert(waiter.conn, state);
        }
        self.told = told;
    }

    fn note(&mut self, now: u64, kind: NoteKind, waiter: &Waiter) {
        let waiting = self.here.len();
        let words = self.matchmaker.note(&Note { kind, waiter, waiting, now });
        let detail = words.unwrap_or_else(|| {
            format!("after {} ms, {waiting} others here", now.saturating_sub(waiter.since))
        });
        self.out.push_back(Output::Report { kind: kind.as_str(), subject: waiter.subject.clone(), detail });
    }
}

/// A time as the wire has it.
fn short(ms: u64) -> u32 {
    ms.try_into().unwrap_or(u32::MAX)
}

/// A number that nobody knows before the people came, another one for each `salt`.
fn mix<'a>(salt: u64, now: u64, group: impl IntoIterator<Item = &'a &'a Waiter>) -> u64 {
    let people = group.into_iter().flat_map(|waiter| [waiter.conn, waiter.draw]);
    let bytes: Vec<u8> = [salt, now].into_iter().chain(people).flat_map(u64::to_le_bytes).collect();
    env_sdk::digest::of_bytes(&bytes)
}

fn game_id(now: u64, players: &[Waiter]) -> String {
    let players: Vec<&Waiter> = players.iter().collect();
    format!("{:016x}{:08x}", mix(1, now, &players), mix(2, now, &players) as u32)
}
