//! One game of a scene on virtual time, with a real client at every participant's seat and no network between them.

use footlights_client::netcode::{LocalEngine, Play, PlayInput, PlayOutput};
use footlights_data::{Chunk, EventKind, Verdict};
use footlights_engine::{ConnId, room::Input};
use footlights_env::{Agent, Rng, Stream};
use footlights_experiment::{GameScene, record::GameInfo};
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs,
    wire::{self, LobbyToClient, Phase},
};

use crate::{Delivery, EPOCH, Host};

/// Mean time between two changes of the keys, ms.
const KEYS_MS: f64 = 300.0;
/// The least that time goes on between two looks at who is due, ms.
const STEP_MS: f64 = 1.0;
/// No game of an experiment lasts longer, in virtual time, ms.
const MOST_MS: f64 = 4.0 * 3_600_000.0;
/// What goes wrong in the lab's own code, or in its game.
const FAILURES: [EventKind; 6] = [
    EventKind::PolicyFailed,
    EventKind::EnvironmentFailed,
    EventKind::HooksFailed,
    EventKind::RecordFailed,
    EventKind::CheckpointFailed,
    EventKind::SnapshotFailed,
];
/// What clients ask for in place of a lobby's address.
const LOBBY: &str = "/lobby";

/// Plays a game of this scene to its end, with random keys. Clients guess what policies do.
///
/// # Errors
/// Why the game comes to no end, or cannot begin.
pub fn play(scene: GameScene, seed: u64) -> Result<(GameInfo, Verdict, Chunk), String> {
    let mut table = Table::new(scene, seed)?;
    table.play()?;
    // A game goes on without a policy that fails, and without hooks; a test must not.
    if let Some(event) = table.host.events.iter().find(|event| FAILURES.contains(&event.kind)) {
        return Err(format!("{}: {}", event.kind.as_str(), event.detail));
    }
    let (record, info) = (table.host.record(), table.host.room.info().clone());
    Ok((info, table.host.verdict.ok_or("the room gave no verdict")?, record))
}

/// A room and everybody at it.
struct Table {
    host: Host,
    now: f64,
    seats: Vec<Seat>,
    saved: bool,
}

struct Seat {
    agent: Agent,
    play: Play,
    conn: Option<ConnId>,
    in_lobby: bool,
    keys: Rng,
    next_key: f64,
}

impl Table {
    fn new(scene: GameScene, seed: u64) -> Result<Self, String> {
        let fingerprint = scene.environment.default_fingerprint().map_err(|error| error.to_string())?;
        let engine = LocalEngine {
            make: |id, config| footlights_app::installed().registry().get(id)?.make_packed(config),
            infer: |_, _| None,
        };
        let seat = |agent: Agent| Seat {
            agent,
            play: Play::new(LOBBY, Some(fingerprint), Some(engine), true, MonotonicMs(0.0)),
            conn: None,
            in_lobby: false,
            keys: Rng::derive(seed, Stream::Order, 1, u32::from(agent.0)),
            next_key: 0.0,
        };
        let seats = scene.human_agents().map(seat).collect();
        Ok(Self { host: Host::new(scene, seed, EPOCH), now: 0.0, seats, saved: false })
    }

    fn play(&mut self) -> Result<(), String> {
        while !self.saved {
            if self.now > MOST_MS {
                return Err(format!("the game goes on after {} hours", MOST_MS / 3_600_000.0));
            }
            let room = self.host.room.next_wake().map(|wake| (wake - EPOCH) as f64);
            let clients = self.seats.iter().map(|seat| seat.play.wake_at().0.min(seat.next_key));
            // A client may ask to be woken at once until its next picture, so time goes on in any case.
            let due = clients.chain(room).fold(f64::INFINITY, f64::min);
            if !due.is_finite() {
                return Err("nobody waits for anything".into());
            }
            self.now = due.max(self.now + STEP_MS);
            for place in 0..self.seats.len() {
                self.wake(place);
            }
            if room.is_some_and(|wake| wake <= self.now) {
                self.input(Input::Wake);
            }
        }
        Ok(())
    }

    fn epoch(&self) -> EpochMs {
        EPOCH + self.now as u64
    }

    fn wake(&mut self, place: usize) {
        let now = MonotonicMs(self.now);
        let Some(seat) = self.seats.get_mut(place) else { return };
        if seat.play.wake_at() <= now {
            seat.play.handle(now, PlayInput::Wake);
        }
        if seat.next_key <= self.now {
            seat.next_key = self.now + 2.0 * KEYS_MS * (0.05 + seat.keys.unit_f64());
            if let Some(keys) = other_keys(seat) {
                seat.play.handle(now, PlayInput::Held { keys, at: now });
            }
        }
        self.drain(place);
    }

    /// Does what a client's page wants.
    fn drain(&mut self, place: usize) {
        let now = MonotonicMs(self.now);
        while let Some(seat) = self.seats.get_mut(place)
            && let Some(output) = seat.play.poll()
        {
            match output {
                PlayOutput::Connect(path) if path == LOBBY => {
                    seat.in_lobby = true;
                    seat.play.handle(now, PlayInput::Opened);
                    let matched = wire::encode(&LobbyToClient::Matched { socket: "/room".into() });
                    seat.play.handle(now, PlayInput::Message(&matched));
                }
                PlayOutput::Connect(_) => {
                    let (conn, agent) = (self.host.next_conn(), seat.agent);
                    (seat.in_lobby, seat.conn) = (false, Some(conn));
                    self.input(Input::Connected { agent, conn });
                    if let Some(seat) = self.seats.get_mut(place) {
                        seat.play.handle(now, PlayInput::Opened);
                    }
                }
                PlayOutput::Disconnect => {
                    if let Some(conn) = seat.conn.take() {
                        self.input(Input::Disconnected { conn });
                    }
                }
                PlayOutput::Send(bytes) => {
                    if let Some(conn) = seat.conn.filter(|_| !seat.in_lobby) {
                        self.input(Input::Message { conn, bytes });
                    }
                }
                PlayOutput::Call | PlayOutput::Advance | PlayOutput::Reload => {}
            }
        }
    }

    /// Gives the room one input; what it sends arrives at once.
    fn input(&mut self, input: Input) {
        let (at, now) = (self.epoch(), MonotonicMs(self.now));
        self.host.room.handle(at, input);
        let mut changed = Vec::new();
        while let Some(delivery) = self.host.poll(at) {
            let conn = match &delivery {
                Delivery::Message { conn, .. } | Delivery::Close { conn, .. } => *conn,
            };
            let Some(place) = self.seats.iter().position(|seat| seat.conn == Some(conn)) else { continue };
            let Some(seat) = self.seats.get_mut(place) else { continue };
            match &delivery {
                Delivery::Message { bytes, .. } => seat.play.handle(now, PlayInput::Message(bytes)),
                Delivery::Close { code, .. } => {
                    seat.conn = None;
                    seat.play.handle(now, PlayInput::Closed(code.code()));
                }
            }
            if !changed.contains(&place) {
                changed.push(place);
            }
        }
        changed.into_iter().for_each(|place| self.drain(place));
        if self.host.saves > 0 && !self.saved {
            self.saved = true;
            self.input(Input::Saved);
        }
    }
}

/// What one of the keyboard's meanings takes, or nothing, while the game runs.
fn other_keys(seat: &mut Seat) -> Option<KeySet> {
    let connection = seat.play.seat()?;
    if !connection.status().is_some_and(|status| status.phase == Phase::Running) {
        return None;
    }
    let keyboard = &connection.welcome()?.keyboard;
    let chords = keyboard.chords.iter().map(|chord| chord.keys);
    let ends =
        keyboard.axes.iter().enumerate().map(|(axis, _)| KeySet::EMPTY.with_level(axis, KeySet::MAX_LEVEL));
    let choices: Vec<KeySet> = std::iter::once(KeySet::EMPTY).chain(chords).chain(ends).collect();
    choices.get(seat.keys.below(choices.len() as u32) as usize).copied()
}
