//! Several running games in one object: their sockets, one timer for all of them, and their storage.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use footlights_data::{
    chunk::Chunk,
    verdict::{SeatVerdict, Verdict},
};
use footlights_engine::{
    ConnId,
    room::{GameRoom, Input, Output, RoomError},
};
use footlights_env::{Agent, PolicyError};
use footlights_experiment::record::{GameInfo, SeatInfo};
use footlights_protocol::{EpochMs, Outcome, wire::CloseCode};
use worker::{
    Delay, DurableObject, Env, Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    durable_object, wasm_bindgen_futures::spawn_local,
};

use super::assignment::record_group;
use crate::{
    auth::Signer,
    clock::now,
    costs::{self, Cost},
    error::{ApiError, refuse_socket},
    experiments,
    http::is_socket,
    log,
    requests::{
        Address, CancelGame, CreateGame, Delivery, FinishGame, GameEnded, ObjectRequest, ParticipantRequest,
        RoomHandoff, RoomsRequest, call, read_handoff, read_request, refuse, respond,
    },
    store::{self, d1, games::Games, r2},
};

/// How often the object looks whether a game was lost or could not be saved.
const WATCH_MS: i64 = 20_000;
/// How soon it tries again when saving failed.
const RETRY_MS: i64 = 5_000;

#[durable_object]
pub struct Rooms {
    shell: Rc<Shell>,
}

/// What takes longer than the room's turn and is done after it.
#[derive(Default)]
struct Due {
    over: bool,
    released: Vec<(Agent, SeatVerdict)>,
}

/// A game in memory.
struct Live {
    room: GameRoom,
    sockets: BTreeMap<ConnId, WebSocket>,
    next_chunk: u32,
    /// Chunks that could not be stored yet.
    unstored: Vec<(Vec<u8>, Vec<u8>)>,
    /// How the game ended, until that is stored, too: after the last chunk.
    verdict: Option<Verdict>,
}

/// Closes a socket that outlived the object's memory: its browser comes back with its ticket and is let in again.
fn close_outlived(socket: &WebSocket) {
    let _ = socket.close(Some(1012), Some("restarted"));
}

struct Shell {
    state: State,
    env: Env,
    games: OnceCell<Games>,
    live: RefCell<BTreeMap<String, Live>>,
    saving: RefCell<BTreeSet<String>>,
    /// Since when there has been a game in memory.
    busy: Cell<Option<EpochMs>>,
    /// When the running timer will fire.
    armed: Cell<Option<EpochMs>>,
    last_conn: Cell<ConnId>,
}

impl DurableObject for Rooms {
    fn new(state: State, env: Env) -> Self {
        Self {
            shell: Rc::new(Shell {
                state,
                env,
                games: OnceCell::new(),
                live: RefCell::default(),
                saving: RefCell::default(),
                busy: Cell::default(),
                armed: Cell::default(),
                last_conn: Cell::default(),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let shell = self.shell.clone();
        if is_socket(&request) {
            let connected = read_handoff(&request, &shell.env).and_then(|handoff| shell.connect(handoff));
            return connected.or_else(|error| error.socket());
        }
        match read_request(&mut request).await {
            Ok(RoomsRequest::CreateGame(request)) => respond(request, async |r| shell.create(r).await).await,
            Err(error) => refuse(&error),
        }
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        costs::add(Cost::SocketMessages, 1);
        let bytes = match message {
            WebSocketIncomingMessage::Binary(bytes) => bytes,
            // Text is never ours: an empty message is refused as malformed.
            WebSocketIncomingMessage::String(_) => Vec::new(),
        };
        match self.shell.place(&socket) {
            Some((game, conn)) if self.shell.knows(&game, conn) => {
                self.shell.handle(&game, Input::Message { conn, bytes });
            }
            _ => close_outlived(&socket),
        }
        Ok(())
    }

    async fn websocket_close(&self, socket: WebSocket, _: usize, _: String, _: bool) -> worker::Result<()> {
        // Answers the close; without it the browser waits for its own time-out.
        let _ = socket.close(Some(1000), Some("bye"));
        self.shell.gone(&socket);
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _: worker::Error) -> worker::Result<()> {
        self.shell.gone(&socket);
        Ok(())
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.shell.clone().watch().await;
        Response::empty()
    }
}

impl Shell {
    fn games(&self) -> Result<&Games, ApiError> {
        if let Some(games) = self.games.get() {
            return Ok(games);
        }
        let games = Games::open(self.state.storage().sql())?;
        Ok(self.games.get_or_init(|| games))
    }

    /// The phase of this object's ticks: its games tick together, and other objects at other moments.
    fn phase_ms(&self) -> u64 {
        footlights_env::digest::of_bytes(self.state.id().to_string().as_bytes()) % 1_000
    }

    async fn create(self: Rc<Self>, new: CreateGame) -> Result<(), ApiError> {
        let scene = experiments::game(&new.experiment, &new.scene)?;
        let opened = now();
        let seats = (0u8..).zip(&scene.seats).zip(new.subjects).map(|((agent, seat), subject)| SeatInfo {
            agent: Agent(agent),
            holder: seat.name().to_owned(),
            subject,
        });
        let info = GameInfo {
            game_id: new.game,
            experiment: new.experiment,
            scene: new.scene,
            seed: new.seed,
            seats: seats.collect(),
            condition: new.condition,
            opened_at: Some(opened),
        };
        let scene = &scene.in_condition(&info.condition);
        let game = info.game_id.clone();
        let key = Signer::new(&self.env)?.seal_key(&game)?;
        let room = GameRoom::new(scene, info.clone(), self.phase_ms(), opened)?.sealed_with(key);
        self.games()?.create(&info)?;
        costs::set_alarm(&self.state, WATCH_MS).await?;
        self.insert(game, room, 0);
        Ok(())
    }

    fn insert(self: &Rc<Self>, game: String, room: GameRoom, next_chunk: u32) {
        let live = Live { room, sockets: BTreeMap::new(), next_chunk, unstored: Vec::new(), verdict: None };
        self.live.borrow_mut().insert(game, live);
        self.busy.set(self.busy.get().or(Some(now())));
        self.arm();
    }

    /// Brings a stored game back into memory. Returns the verdict of a game that is over and waits to be saved.
    fn recover(self: &Rc<Self>, game: &str) -> Result<Option<Verdict>, ApiError> {
        let stored = self.games()?.load(game)?.ok_or(ApiError::NotFound("there is no such game"))?;
        if stored.verdict.is_some() {
            return Ok(stored.verdict);
        }
        let (phase, key) = (self.phase_ms(), Signer::new(&self.env)?.seal_key(game)?);
        let info = stored.info.clone();
        let restored = experiments::game(&info.experiment, &info.scene).and_then(|scene| {
            let scene = &scene.in_condition(&info.condition);
            let room = if stored.checkpoint.is_empty() {
                GameRoom::new(scene, stored.info, phase, now())?
            } else {
                GameRoom::restore(scene, stored.info, phase, &stored.checkpoint, now())?
            };
            Ok(room.sealed_with(key))
        });
        let room = match restored {
            Ok(room) => room,
            // The next deployment may be right again: the game stays as it is stored, and is tried again at the next
            // alarm, or when one of its players comes back.
            Err(
                error @ (ApiError::Config(_) | ApiError::Room(RoomError::Policy(PolicyError::Load { .. }))),
            ) => return Err(error),
            // A deployment changed the scene or its environment, so the game can never go on. Its players go on without it.
            Err(error) => {
                log!("error", "not_restored", "game": game, "detail": error.to_string());
                let verdict = Verdict::failed(&info);
                self.games()?.finish(game, &verdict)?;
                return Ok(Some(verdict));
            }
        };
        log!("warn", "game_recovered", "game": game, "tick": room.tick());
        self.insert(game.to_owned(), room, stored.chunks);
        self.state.get_websockets_with_tag(game).iter().for_each(close_outlived);
        self.turn(game, |_| {});
        Ok(None)
    }

    /// A participant connects. The worker has checked the signature of their ticket.
    fn connect(self: Rc<Self>, handoff: RoomHandoff) -> Result<Response, ApiError> {
        let RoomHandoff { game, agent, subject, ticket_expired } = handoff;
        if !self.live.borrow().contains_key(&game) {
            match self.recover(&game) {
                Ok(None) => {}
                Ok(Some(_)) => {
                    // The process was lost before the game was saved. Its players need not wait for the alarm.
                    spawn_local(self.save(game));
                    return Ok(refuse_socket(CloseCode::Over, "The game is over.")?);
                }
                // Saved and deleted here: the participant's object knows the result, and the browser goes on.
                Err(ApiError::NotFound(_)) => {
                    return Ok(refuse_socket(CloseCode::Over, "The game is over.")?);
                }
                Err(error) => return Err(error),
            }
        }
        {
            let live = self.live.borrow();
            let live = live.get(&game).ok_or(ApiError::NotFound("there is no such game"))?;
            let seat = live.room.info().seats.get(agent.index());
            if seat.and_then(|seat| seat.subject.as_deref()) != Some(subject.as_str()) {
                return Err(ApiError::Unauthorized);
            }
            if ticket_expired && !live.room.has_arrived(agent) {
                log!("warn", "stale_ticket", "game": game, "agent": agent.0);
                return Ok(refuse_socket(CloseCode::Ticket, "The ticket has expired.")?);
            }
        }
        let pair = WebSocketPair::new()?;
        let conn = self.last_conn.get().after(now().0);
        self.last_conn.set(conn);
        self.state.accept_websocket_with_tags(&pair.server, &[&game, &conn.to_string()]);
        if let Some(live) = self.live.borrow_mut().get_mut(&game) {
            live.sockets.insert(conn, pair.server);
        }
        self.handle(&game, Input::Connected { agent, conn });
        Ok(Response::from_websocket(pair.client)?)
    }

    /// Whether a game in memory has this connection.
    fn knows(&self, game: &str, conn: ConnId) -> bool {
        self.live.borrow().get(game).is_some_and(|live| live.sockets.contains_key(&conn))
    }

    /// The game and the connection of a socket.
    fn place(&self, socket: &WebSocket) -> Option<(String, ConnId)> {
        match self.state.get_tags(socket).as_slice() {
            [game, conn] => Some((game.clone(), ConnId(conn.parse().ok()?))),
            _ => None,
        }
    }

    fn gone(self: &Rc<Self>, socket: &WebSocket) {
        if let Some((game, conn)) = self.place(socket) {
            if let Some(live) = self.live.borrow_mut().get_mut(&game) {
                live.sockets.remove(&conn);
            }
            self.handle(&game, Input::Disconnected { conn });
        }
    }

    fn handle(self: &Rc<Self>, game: &str, input: Input) {
        self.turn(game, |room| room.handle(now(), input));
        self.arm();
    }

    /// Gives the room its turn and does what it asks for.
    fn turn(self: &Rc<Self>, game: &str, act: impl FnOnce(&mut GameRoom)) {
        let due = {
            let mut games = self.live.borrow_mut();
            let Some(live) = games.get_mut(game) else { return };
            act(&mut live.room);
            self.drain(game, live)
        };
        self.follow(game, due);
    }

    fn follow(self: &Rc<Self>, game: &str, due: Due) {
        for (agent, verdict) in due.released {
            spawn_local(self.clone().release(game.to_owned(), agent, verdict));
        }
        if due.over {
            spawn_local(self.clone().save(game.to_owned()));
        }
    }

    /// Does what the room asks for; returns what takes longer.
    fn drain(&self, game: &str, live: &mut Live) -> Due {
        let mut due = Due::default();
        while let Some(output) = live.room.poll() {
            match output {
                Output::Send { conn, bytes } => {
                    if let Some(socket) = live.sockets.get(&conn) {
                        // A socket that is closing refuses; its close event follows.
                        let _ = socket.send_with_bytes(&bytes);
                    }
                }
                Output::Close { conn, code, reason } => {
                    if let Some(socket) = live.sockets.remove(&conn) {
                        let _ = socket
                            .close(Some(code.code()), Some(reason.chars().take(40).collect::<String>()));
                    }
                }
                Output::Persist { chunk, checkpoint } => {
                    live.unstored.push((chunk, checkpoint));
                    self.store(game, live);
                }
                Output::Report(event) => {
                    let agent = event.agent.map(|agent| agent.to_string());
                    log!("info", event.kind, "game": game, "tick": event.tick, "agent": agent, "detail": event.detail);
                }
                Output::Released { agent, verdict } => due.released.push((agent, verdict)),
                Output::Finished(verdict) => {
                    live.verdict = Some(verdict);
                    self.store(game, live);
                }
                Output::Save => due.over = true,
            }
        }
        due
    }

    /// Stores what is not stored yet, in order; what fails is tried again with the next chunk.
    fn store(&self, game: &str, live: &mut Live) {
        while let Some((chunk, checkpoint)) = live.unstored.first() {
            let stored = self
                .games()
                .and_then(|games| games.append(game, live.next_chunk, chunk.clone(), checkpoint.clone()));
            if let Err(error) = stored {
                log!("error", "storage_failed", "game": game, "detail": error.to_string());
                return;
            }
            live.next_chunk += 1;
            live.unstored.remove(0);
            // What is sent from now on waits for the write (the output gate), so it may speak of it.
            live.room.handle(now(), Input::Stored);
        }
        // After the last chunk: a game that is stored as over has all its rows.
        if let Some(verdict) = &live.verdict {
            match self.games().and_then(|games| games.finish(game, verdict)) {
                Ok(()) => live.verdict = None,
                Err(error) => log!("error", "storage_failed", "game": game, "detail": error.to_string()),
            }
        }
    }

    /// One timer for all games: it fires at the earliest time that any of them asked for.
    fn arm(self: &Rc<Self>) {
        let wake = self.live.borrow().values().filter_map(|live| live.room.next_wake()).min();
        let Some(wake) = wake else { return };
        if self.armed.get().is_some_and(|armed| armed <= wake) {
            return;
        }
        self.armed.set(Some(wake));
        let shell = self.clone();
        spawn_local(async move {
            Delay::from(Duration::from_millis(wake - now())).await;
            if shell.armed.get() == Some(wake) {
                shell.armed.set(None);
                shell.wake();
            }
        });
    }

    fn wake(self: &Rc<Self>) {
        let at = now();
        let mut all = Vec::new();
        for (game, live) in self.live.borrow_mut().iter_mut() {
            if live.room.next_wake().is_some_and(|wake| wake <= at) {
                live.room.handle(at, Input::Wake);
                all.push((game.clone(), self.drain(game, live)));
            }
        }
        for (game, due) in all {
            self.follow(&game, due);
        }
        self.arm();
    }

    /// Lets a participant go on who has left for good while the others play. Their rows are in storage and are saved with
    /// the game. A failure is retried until the game itself is over and notifies all participants.
    async fn release(self: Rc<Self>, game: String, agent: Agent, verdict: SeatVerdict) {
        loop {
            match self.try_release(&game, agent, &verdict).await {
                Ok(()) => return self.handle(&game, Input::Released { agent }),
                Err(error) => log!("error", "release_failed", "game": game, "detail": error.to_string()),
            }
            Delay::from(Duration::from_millis(RETRY_MS as u64)).await;
            if self.live.borrow().get(&game).is_none_or(|live| live.room.outcome().is_some()) {
                return;
            }
        }
    }

    async fn try_release(&self, game: &str, agent: Agent, verdict: &SeatVerdict) -> Result<(), ApiError> {
        let info = match self.live.borrow_mut().get_mut(game) {
            Some(live) => {
                self.store(game, live);
                if !live.unstored.is_empty() {
                    return Err(ApiError::Internal("chunks are not stored yet".into()));
                }
                live.room.info().clone()
            }
            None => return Ok(()),
        };
        self.notify(&info, agent, FinishGame { result: verdict.played(&info) }).await
    }

    /// Sends a request to the participant of a seat. A seat that a policy holds has none.
    async fn notify<R>(&self, info: &GameInfo, agent: Agent, request: R) -> Result<(), ApiError>
    where
        R: ObjectRequest<Envelope = ParticipantRequest, Reply = Delivery>,
    {
        let seat = info.seats.get(agent.index());
        let Some(subject) = seat.and_then(|seat| seat.subject.as_deref()) else { return Ok(()) };
        let participant = Address::participant(&info.experiment, subject);
        match call(&self.env, &participant, request).await? {
            Delivery::Delivered => Ok(()),
            // Deleted while others played: the game was just written with data about them.
            Delivery::NoParticipant => {
                store::forget(&self.env, &info.experiment, subject).await?;
                Ok(())
            }
        }
    }

    /// Writes a finished game to R2 and D1, notifies its participants, and deletes it here. A failure is retried.
    async fn save(self: Rc<Self>, game: String) {
        if !self.saving.borrow_mut().insert(game.clone()) {
            return;
        }
        let saved = self.try_save(&game).await;
        self.saving.borrow_mut().remove(&game);
        match saved {
            Ok(()) => {
                log!("info", "saved", "game": game);
                self.handle(&game, Input::Saved);
                self.live.borrow_mut().remove(&game);
                if self.live.borrow().is_empty()
                    && let Some(since) = self.busy.take()
                {
                    costs::add(Cost::RoomSeconds, (now() - since).div_ceil(1_000));
                }
            }
            Err(error) => {
                log!("error", "save_failed", "game": game, "detail": error.to_string());
                if let Err(error) = costs::set_alarm(&self.state, RETRY_MS).await {
                    log!("error", "alarm_failed", "game": game, "detail": error.to_string());
                }
            }
        }
    }

    async fn try_save(&self, game: &str) -> Result<(), ApiError> {
        if let Some(live) = self.live.borrow_mut().get_mut(game) {
            self.store(game, live);
            if !live.unstored.is_empty() || live.verdict.is_some() {
                return Err(ApiError::Internal("chunks are not stored yet".into()));
            }
        }
        let Some(stored) = self.games()?.load(game)? else { return Ok(()) };
        let verdict = stored.verdict.ok_or_else(|| ApiError::Internal("the game is not over".into()))?;
        let info = stored.info;
        // A game that never began leaves a row and its events; its players return to the queue.
        let began = verdict.outcome != Outcome::NoShow;
        let blobs = self.games()?.blobs(game)?;
        match self.write(&info, &blobs, &verdict).await {
            // The rows cannot be read, now or later: what is stored is kept as it is.
            Err(error @ (ApiError::NotFound(_) | ApiError::Record(_))) => {
                log!("error", "kept_raw", "game": game, "detail": error.to_string());
                r2::raw(&self.env, &info, &blobs).await?;
            }
            written => written?,
        }
        // Every participant is notified even if one call fails; the first error is returned afterwards.
        let mut failed = None;
        for (agent, seat) in (0u8..).map(Agent).zip(&verdict.seats) {
            let notified = match seat {
                Some(seat) if began => {
                    self.notify(&info, agent, FinishGame { result: seat.played(&info) }).await
                }
                Some(_) => self.notify(&info, agent, CancelGame { game: game.to_owned() }).await,
                None => Ok(()),
            };
            failed = failed.or(notified.err());
        }
        let limited = experiments::game(&info.experiment, &info.scene)
            .is_ok_and(|scene| scene.waitroom.max_concurrent_games.is_some());
        if limited {
            let lobby = Address::lobby(&info.experiment, &info.scene);
            call(&self.env, &lobby, GameEnded { game: game.to_owned() }).await?;
        }
        if !info.condition.is_empty() {
            let completed = verdict.outcome == Outcome::Completed;
            record_group(&self.env, &info.experiment, game, completed).await;
        }
        match failed {
            Some(error) => Err(error),
            None => self.games()?.delete(game),
        }
    }

    /// Files and rows of a finished game.
    async fn write(&self, info: &GameInfo, blobs: &[Vec<u8>], verdict: &Verdict) -> Result<(), ApiError> {
        let scene = &experiments::game(&info.experiment, &info.scene)?.in_condition(&info.condition);
        let chunks: Result<Vec<Chunk>, _> = blobs.iter().map(|bytes| Chunk::decode(bytes)).collect();
        let record = Chunk::join(chunks?);
        if verdict.outcome != Outcome::NoShow {
            r2::save(&self.env, scene, info, &record, verdict).await?;
        }
        d1::save(&self.env, scene, info, &record, verdict).await
    }

    /// Recovers the games of a lost process and saves those that could not be saved.
    async fn watch(self: Rc<Self>) {
        let mut again = false;
        let ids = match self.games().and_then(Games::ids) {
            Ok(ids) => ids,
            Err(error) => {
                log!("error", "storage_failed", "detail": error.to_string());
                again = true;
                Vec::new()
            }
        };
        // If the storage failed, it is read again at the next alarm.
        let again = again || !ids.is_empty();
        for game in ids {
            let over = self.live.borrow().get(&game).map(|live| live.room.is_drained());
            let over = match over {
                Some(over) => Ok(over),
                None => self.recover(&game).map(|outcome| outcome.is_some()),
            };
            match over {
                Ok(true) => self.clone().save(game).await,
                Ok(false) => {}
                Err(error) => log!("error", "recovery_failed", "game": game, "detail": error.to_string()),
            }
        }
        if again && let Err(error) = costs::set_alarm(&self.state, WATCH_MS).await {
            log!("error", "alarm_failed", "detail": error.to_string());
        }
    }
}
