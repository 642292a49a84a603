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
    room::{GameRoom, Input, Output, RoomError, Write, Writes},
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
    store::{
        self, d1,
        games::Games,
        r2,
        unconfirmed::{Written, confirmed},
    },
};

/// How often the object looks whether a game was lost or could not be saved.
const WATCH_MS: u64 = 20_000;
/// How soon it tries again when saving failed.
const RETRY_MS: u64 = 5_000;
/// How soon a game is stored again that the storage refused.
const STORE_AGAIN_MS: u64 = 2_000;
/// How long, and how often in that time, something that needs a game stored waits for that.
const STORED_WITHIN_MS: u64 = 5_000;
const STORED_EVERY_MS: u64 = 20;

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
    writes: Writes,
    /// When the storage is tried again that refused something.
    retry_at: EpochMs,
}

impl Live {
    /// What came of a write, by its number; the room is told of each chunk that is stored.
    fn settle(&mut self, number: u64, is_confirmed: bool) {
        if !is_confirmed {
            self.retry_at = now() + STORE_AGAIN_MS;
        }
        for _ in 0..self.writes.settle(number, is_confirmed) {
            self.room.handle(now(), Input::Stored);
        }
    }

    /// Does what the room asks for; returns what takes longer.
    fn drain(&mut self) -> Due {
        let mut due = Due::default();
        loop {
            let Some(output) = self.writes.next_held().or_else(|| self.room.poll()) else { return due };
            match self.writes.take(output) {
                Some(Output::Send { conn, bytes }) => {
                    if let Some(socket) = self.sockets.get(&conn) {
                        // A socket that is closing refuses; its close event follows.
                        let _ = socket.send_with_bytes(&bytes);
                    }
                }
                Some(Output::Close { conn, code, reason }) => {
                    if let Some(socket) = self.sockets.remove(&conn) {
                        let reason: String = reason.chars().take(40).collect();
                        let _ = socket.close(Some(code.code()), Some(reason));
                    }
                }
                Some(Output::Report(event)) => {
                    let agent = event.agent.map(|agent| agent.to_string());
                    let game = &self.room.info().game_id;
                    log!("info", event.kind, "game": game, "tick": event.tick, "agent": agent, "detail": event.detail);
                }
                Some(Output::Released { agent, verdict }) => due.released.push((agent, verdict)),
                Some(Output::Save) => due.over = true,
                Some(Output::Persist { .. } | Output::Finished(_)) | None => {}
            }
        }
    }
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
        let games = Games::open(&self.state.storage())?;
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
        let (created, alarm) = (self.games()?.create(&info)?, self.games()?.set_alarm(WATCH_MS)?);
        self.insert(game.clone(), room, 0);
        // The lobby is told that there is a room once a lost process cannot forget it.
        let stored = async {
            created.held().await?;
            alarm.held().await?;
            confirmed(&self.state.storage()).await
        };
        if let Err(error) = stored.await {
            self.live.borrow_mut().remove(&game);
            return Err(error.into());
        }
        Ok(())
    }

    fn insert(self: &Rc<Self>, game: String, room: GameRoom, chunks: u32) {
        let (sockets, writes) = (BTreeMap::new(), Writes::after(chunks));
        let live = Live { room, sockets, writes, retry_at: EpochMs(0) };
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
                let written = self.games()?.finish(game, &verdict)?;
                spawn_local(logged(written.held()));
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
            live.drain()
        };
        self.follow(game, due);
        self.store();
    }

    fn follow(self: &Rc<Self>, game: &str, due: Due) {
        for (agent, verdict) in due.released {
            spawn_local(self.clone().release(game.to_owned(), agent, verdict));
        }
        if due.over {
            spawn_local(self.clone().save(game.to_owned()));
        }
    }

    /// Stores what is not stored yet of all games; what fails is tried again at the next turn.
    fn store(self: &Rc<Self>) {
        let mut begun = Vec::new();
        let at = now();
        for (game, live) in self.live.borrow_mut().iter_mut().filter(|(_, live)| live.retry_at <= at) {
            let (writes, failed) = live.writes.begin(|write| match write {
                Write::Chunk { seq, chunk, checkpoint } => {
                    self.games()?.append(game, *seq, chunk, checkpoint)
                }
                Write::Verdict(verdict) => self.games()?.finish(game, verdict),
            });
            if let Some(error) = failed {
                live.retry_at = at + STORE_AGAIN_MS;
                log!("error", "storage_failed", "game": game, "detail": error.to_string());
            }
            begun.extend(writes.into_iter().map(|(number, written)| (game.clone(), number, written)));
        }
        if !begun.is_empty() {
            spawn_local(self.clone().confirm(begun));
        }
    }

    /// Waits until these writes are confirmed, and tells the rooms.
    async fn confirm(self: Rc<Self>, begun: Vec<(String, u64, Written)>) {
        let mut held = Vec::new();
        for (game, number, written) in begun {
            let result = written.held().await;
            if let Err(error) = &result {
                log!("error", "storage_failed", "game": game, "detail": error.to_string());
            }
            held.push((game, number, result.is_ok()));
        }
        let confirmed = confirmed(&self.state.storage()).await;
        if let Err(error) = &confirmed {
            log!("error", "storage_failed", "detail": error.to_string());
        }
        let mut all = Vec::new();
        for (game, number, is_held) in held {
            if let Some(live) = self.live.borrow_mut().get_mut(&game) {
                live.settle(number, is_held && confirmed.is_ok());
                let due = live.drain();
                all.push((game, due));
            }
        }
        for (game, due) in all {
            self.follow(&game, due);
        }
        // A room that was told may want more stored.
        self.store();
        self.arm();
    }

    /// Until everything of a game is stored that its room wanted stored so far.
    async fn stored(self: &Rc<Self>, game: &str) -> Result<(), ApiError> {
        let wanted = self.live.borrow().get(game).map_or(0, |live| live.writes.next_number());
        for _ in 0..STORED_WITHIN_MS / STORED_EVERY_MS {
            if self.live.borrow().get(game).is_none_or(|live| live.writes.is_stored(wanted)) {
                return Ok(());
            }
            self.store();
            Delay::from(Duration::from_millis(STORED_EVERY_MS)).await;
        }
        Err(ApiError::Internal("chunks are not stored yet".into()))
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
                all.push((game.clone(), live.drain()));
            }
        }
        for (game, due) in all {
            self.follow(&game, due);
        }
        self.store();
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
            Delay::from(Duration::from_millis(RETRY_MS)).await;
            if self.live.borrow().get(&game).is_none_or(|live| live.room.outcome().is_some()) {
                return;
            }
        }
    }

    async fn try_release(
        self: &Rc<Self>,
        game: &str,
        agent: Agent,
        verdict: &SeatVerdict,
    ) -> Result<(), ApiError> {
        self.stored(game).await?;
        let info = self.live.borrow().get(game).map(|live| live.room.info().clone());
        let Some(info) = info else { return Ok(()) };
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
                self.alarm_in(RETRY_MS).await;
            }
        }
    }

    async fn try_save(self: &Rc<Self>, game: &str) -> Result<(), ApiError> {
        self.stored(game).await?;
        let Some(stored) = self.games()?.load(game)? else { return Ok(()) };
        let verdict = stored.verdict.ok_or_else(|| ApiError::Internal("the game is not over".into()))?;
        let info = stored.info;
        // A game that never began leaves a row and its events; its players return to the queue.
        let began = verdict.outcome != Outcome::NoShow;
        let blobs = self.games()?.chunks(game)?;
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
            None => {
                for deleted in self.games()?.delete(game)? {
                    deleted.held().await?;
                }
                Ok(())
            }
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
        if again {
            self.alarm_in(WATCH_MS).await;
        }
    }

    async fn alarm_in(&self, ms: u64) {
        let set = async { Ok::<_, ApiError>(self.games()?.set_alarm(ms)?.held().await?) };
        if let Err(error) = set.await {
            log!("error", "alarm_failed", "detail": error.to_string());
        }
    }
}

async fn logged(write: impl Future<Output = worker::Result<()>>) {
    if let Err(error) = write.await {
        log!("error", "storage_failed", "detail": error.to_string());
    }
}
