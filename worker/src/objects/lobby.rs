//! The lobby of one game scene. The object hibernates between events: the queue's entries are kept with their sockets,
//! and what must outlive the sockets in storage.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use footlights_engine::{
    ConnId,
    lobby::{self, Input, LobbyState, Output, QueueEntry, seat_participants, subjects_by_agent},
    participant::RunningGame,
    placement::Region,
    seat_ticket::SeatTicket,
};
use footlights_experiment::{
    Condition, Location, SESSION, Unit, levels, matchmaking::Candidate, progress::GameResult,
};
use footlights_protocol::{
    Outcome,
    wire::{self, ClientToLobby, CloseCode, LobbyToClient},
};
use serde::{Deserialize, Serialize};
use worker::{
    DurableObject, Env, Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    durable_object, wasm_bindgen_futures::spawn_local,
};

use super::{assignment::record_group, message::decode_message};
use crate::{
    auth::{self, Signer},
    clock::now,
    costs,
    error::ApiError,
    experiments,
    http::is_socket,
    json, log,
    requests::{
        Address, AssignGroup, CreateGame, FinishGame, JoinGame, LobbyHandoff, LobbyRequest,
        ParticipantRequest, PlayAlone, RecordEvent, call, call_near, read_handoff, read_request, refuse,
        respond,
    },
};

/// The attachment of a socket that is no longer in the queue.
const NO_ENTRY: &str = "";

#[durable_object]
pub struct Lobby {
    shell: Rc<Shell>,
}

/// The game scene of a lobby.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
struct SceneId {
    experiment: String,
    scene: String,
}

impl From<(String, String)> for SceneId {
    fn from((experiment, scene): (String, String)) -> Self {
        Self { experiment, scene }
    }
}

impl From<SceneId> for (String, String) {
    fn from(id: SceneId) -> Self {
        (id.experiment, id.scene)
    }
}

struct Shell {
    state: State,
    env: Env,
    lobby: RefCell<Option<lobby::Lobby>>,
    /// From the first participant's handoff, or from storage.
    scene: RefCell<Option<SceneId>>,
    last_conn: Cell<ConnId>,
}

impl DurableObject for Lobby {
    fn new(state: State, env: Env) -> Self {
        Self {
            shell: Rc::new(Shell {
                state,
                env,
                lobby: RefCell::default(),
                scene: RefCell::default(),
                last_conn: Cell::default(),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let shell = self.shell.clone();
        if is_socket(&request) {
            let joined = match read_handoff(&request, &shell.env) {
                Ok(handoff) => shell.join(handoff).await,
                Err(error) => Err(error),
            };
            return joined.or_else(|error| error.socket());
        }
        match read_request(&mut request).await {
            Ok(LobbyRequest::GameEnded(request)) => {
                respond(request, async |ended| shell.try_handle(Input::GameOver(ended.game)).await).await
            }
            Ok(LobbyRequest::PlayAlone(request)) => {
                respond(request, async |request| shell.play_alone(request).await).await
            }
            Err(error) => refuse(&error),
        }
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        let message = decode_message(message);
        // A participant who was matched has nothing more to say here.
        let Some(QueueEntry { conn, .. }) = entry_of(&socket) else { return Ok(()) };
        match message {
            Ok(ClientToLobby::Ping { rtt }) => self.shell.clone().handle(Input::Alive { conn, rtt }).await,
            Ok(ClientToLobby::Ready) => self.shell.clone().handle(Input::Ready(conn)).await,
            Err(error) => {
                log!("warn", "lobby_refused", "detail": error.to_string());
                let code = error.close_code().code();
                let refused = LobbyToClient::Refused { code, reason: error.to_string() };
                let _ = socket.send_with_bytes(wire::encode(&refused));
                let _ = socket.close(Some(code), Some("see the message before"));
                self.shell.clone().handle(Input::Left(conn)).await
            }
        }
        Ok(())
    }

    async fn websocket_close(&self, socket: WebSocket, _: usize, _: String, _: bool) -> worker::Result<()> {
        // Answers the close; without it the browser waits for its own time-out.
        let _ = socket.close(Some(1000), Some("bye"));
        self.shell.clone().left(&socket).await;
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _: worker::Error) -> worker::Result<()> {
        self.shell.clone().left(&socket).await;
        Ok(())
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.shell.clone().handle(Input::Wake).await;
        Response::empty()
    }
}

/// The queue entry that is kept with a socket; `None` if the socket is not in the queue.
fn entry_of(socket: &WebSocket) -> Option<QueueEntry> {
    let stored = socket.deserialize_attachment::<String>().ok().flatten()?;
    if stored == NO_ENTRY {
        return None;
    }
    let entry = json::decode("a queue entry", &stored);
    entry.inspect_err(|error| log!("error", "entry_lost", "detail": error.to_string())).ok()
}

impl Shell {
    /// A participant connects. They wait, unless their game runs already.
    async fn join(self: Rc<Self>, handoff: LobbyHandoff) -> Result<Response, ApiError> {
        let pair = WebSocketPair::new()?;
        if let Some(socket) = handoff.running_socket {
            self.state.accept_web_socket(&pair.server);
            pair.server.send_with_bytes(wire::encode(&LobbyToClient::Matched { socket }))?;
            return Ok(Response::from_websocket(pair.client)?);
        }
        self.take_place(handoff.experiment, handoff.scene).await?;
        // Unique in this life of the object and in earlier ones, whose sockets may still be open.
        let conn = self.last_conn.get().after(now().0.saturating_mul(1_000));
        self.last_conn.set(conn);
        let draw = auth::random_u64()?;
        self.state.accept_websocket_with_tags(&pair.server, &[&conn.to_string()]);
        self.handle(Input::Joined {
            conn,
            subject: handoff.subject,
            since: handoff.since,
            globals: handoff.globals,
            location: handoff.location,
            draw,
        })
        .await;
        Ok(Response::from_websocket(pair.client)?)
    }

    /// Somebody plays alone: their room is opened at once, and they never wait here.
    async fn play_alone(&self, request: PlayAlone) -> Result<String, ApiError> {
        let PlayAlone { experiment, scene, subject, globals, location } = request;
        let id = self.take_place(experiment, scene).await?;
        if !experiments::game(&id.experiment, &id.scene)?.begins_at_once() {
            return Err(ApiError::Conflict("this game has a waiting room".into()));
        }
        let candidate = Candidate { subject, since: now(), globals, rtt_ms: None, location };
        let (game, group) = lobby::alone(now(), candidate, auth::random_u64()?);
        match self.open_room(&id, &game, &group).await {
            Ok(mut sockets) => {
                sockets.pop().ok_or_else(|| ApiError::Internal("a room without a seat".into()))
            }
            Err(error) => {
                record_group(&self.env, &id.experiment, &game, false).await;
                Err(error)
            }
        }
    }

    /// The scene of this lobby, which who comes first brings along.
    async fn take_place(&self, experiment: String, scene: String) -> Result<SceneId, ApiError> {
        experiments::game(&experiment, &scene)?;
        let scene = SceneId { experiment, scene };
        if self.scene.borrow().is_none() {
            costs::put(&self.state, "place", &scene).await?;
            *self.scene.borrow_mut() = Some(scene.clone());
        }
        Ok(scene)
    }

    /// A socket closed. One that waits for a room that is being opened has no queue entry, so its tag names it.
    async fn left(self: Rc<Self>, socket: &WebSocket) {
        let conn = self.state.get_tags(socket).first().and_then(|tag| tag.parse().ok()).map(ConnId);
        let Some(conn) = conn else { return };
        let is_known = entry_of(socket).is_some()
            || self.lobby.borrow().as_ref().is_some_and(|lobby| lobby.contains(conn));
        if is_known {
            self.handle(Input::Left(conn)).await;
        }
    }

    async fn handle(self: Rc<Self>, input: Input) {
        if let Err(error) = self.try_handle(input).await {
            log!("error", "lobby_failed", "detail": error.to_string());
        }
    }

    async fn try_handle(self: Rc<Self>, input: Input) -> Result<(), ApiError> {
        let scene = self.scene().await?;
        if self.lobby.borrow().is_none() {
            let state = self.stored_state().await?;
            let mut slot = self.lobby.borrow_mut();
            if slot.is_none() {
                *slot = Some(self.restore(&scene, state)?);
            }
        }
        let mut outputs = Vec::new();
        let (state, wake) = {
            let mut slot = self.lobby.borrow_mut();
            let Some(lobby) = slot.as_mut() else { return Ok(()) };
            lobby.handle(now(), input);
            while let Some(output) = lobby.poll() {
                outputs.push(output);
            }
            for entry in lobby.take_changed() {
                let Some(socket) = self.socket(entry.conn) else { continue };
                let kept = json::encode("a queue entry", &entry)
                    .and_then(|entry| Ok(socket.serialize_attachment(entry)?));
                // What one participant's socket cannot hold is theirs alone: they come back, and the others are matched.
                if let Err(error) = kept {
                    log!("error", "entry_not_kept", "subject": entry.candidate.subject, "detail": error.to_string());
                    self.close(entry.conn, CloseCode::Unavailable);
                }
            }
            (lobby.take_state(), lobby.next_wake())
        };
        for output in outputs {
            self.follow(&scene, output);
        }
        if let Some(state) = state {
            costs::put(&self.state, "ledger", json::encode("a lobby's state", &state)?).await?;
        }
        match wake {
            Some(wake) => self.state.storage().set_alarm((wake - now()) as i64).await?,
            None => self.state.storage().delete_alarm().await?,
        }
        Ok(())
    }

    /// Does what the lobby says.
    fn follow(self: &Rc<Self>, scene: &SceneId, output: Output) {
        match output {
            Output::Send(conn, message) => self.send(conn, &message),
            Output::Close(conn, code) => self.close(conn, code),
            Output::TimeUp { entry, message } => {
                self.forget(entry.conn);
                spawn_local(self.clone().end_wait(scene.clone(), entry, message));
            }
            Output::Match { game, group } => {
                group.iter().for_each(|entry| self.forget(entry.conn));
                spawn_local(self.clone().start_game(scene.clone(), game, group));
            }
            Output::Report { kind, subject, detail, record } => {
                log!("info", kind.as_str(), "experiment": scene.experiment, "scene": scene.scene,
                    "subject": subject, "detail": detail);
                if record {
                    let participant = Address::participant(&scene.experiment, &subject);
                    let event = RecordEvent { kind, detail };
                    spawn_local(self.clone().record_event(participant, event));
                }
            }
        }
    }

    async fn stored_state(&self) -> Result<LobbyState, ApiError> {
        match self.state.storage().get::<String>("ledger").await? {
            Some(stored) => json::decode("a lobby's state", &stored),
            None => Ok(LobbyState::default()),
        }
    }

    /// Records an event with a participant. Nothing depends on it, so a failure is only logged.
    async fn record_event(self: Rc<Self>, participant: Address<ParticipantRequest>, event: RecordEvent) {
        let kind = event.kind;
        if let Err(error) = call(&self.env, &participant, event).await {
            log!("warn", "event_not_kept", "event": kind.as_str(), "detail": error.to_string());
        }
    }

    /// The lobby from the entries of the open sockets and from what was stored.
    fn restore(&self, id: &SceneId, state: LobbyState) -> Result<lobby::Lobby, ApiError> {
        let scene = experiments::game(&id.experiment, &id.scene)?;
        let must_share = experiments::experiment(&id.experiment)?.must_share(scene);
        let mut lobby = lobby::Lobby::new(scene.human_count(), &scene.waitroom).sharing(must_share);
        lobby.restore(self.state.get_websockets().iter().filter_map(entry_of).collect(), state);
        Ok(lobby)
    }

    async fn scene(&self) -> Result<SceneId, ApiError> {
        if let Some(scene) = self.scene.borrow().clone() {
            return Ok(scene);
        }
        let scene: Option<SceneId> = self.state.storage().get("place").await?;
        let scene = scene.ok_or_else(|| ApiError::Internal("a lobby without a scene".into()))?;
        *self.scene.borrow_mut() = Some(scene.clone());
        Ok(scene)
    }

    fn socket(&self, conn: ConnId) -> Option<WebSocket> {
        self.state.get_websockets_with_tag(&conn.to_string()).pop()
    }

    fn send(&self, conn: ConnId, message: &LobbyToClient) {
        if let Some(socket) = self.socket(conn) {
            let _ = socket.send_with_bytes(wire::encode(message));
        }
    }

    /// Removes the queue entry from a socket that stays open.
    fn forget(&self, conn: ConnId) {
        if let Some(socket) = self.socket(conn) {
            let _ = socket.serialize_attachment(NO_ENTRY);
        }
    }

    fn close(&self, conn: ConnId, code: CloseCode) {
        self.forget(conn);
        if let Some(socket) = self.socket(conn) {
            let _ = socket.close(Some(code.code()), Some("see the code"));
        }
    }

    /// Ends the wait of a participant for whom no group was found. That they may go on without a game is stored before
    /// they read it.
    async fn end_wait(self: Rc<Self>, id: SceneId, entry: QueueEntry, message: String) {
        let participant = Address::participant(&id.experiment, &entry.candidate.subject);
        let result = GameResult {
            scene: id.scene,
            outcome: Outcome::LobbyTimeout,
            game: String::new(),
            score: 0.0,
            globals: BTreeMap::new(),
            condition: Default::default(),
        };
        match call(&self.env, &participant, FinishGame { result }).await {
            Ok(_) => {
                self.send(entry.conn, &LobbyToClient::TimedOut { message });
                self.close(entry.conn, CloseCode::Over);
            }
            Err(error) => {
                log!("error", "time_out_failed", "detail": error.to_string());
                let code = CloseCode::Unavailable;
                let reason = "The wait could not be ended. Please reload.".to_owned();
                self.send(entry.conn, &LobbyToClient::Refused { code: code.code(), reason });
                self.close(entry.conn, code);
            }
        }
    }

    /// Opens a room for a group, and says how that went.
    async fn start_game(self: Rc<Self>, id: SceneId, game: String, group: Vec<QueueEntry>) {
        match self.open_room(&id, &game, &group).await {
            Ok(sockets) => self.handle(Input::RoomOpened { game, sockets }).await,
            Err(error) => {
                log!("error", "match_failed", "game": game, "detail": error.to_string());
                record_group(&self.env, &id.experiment, &game, false).await;
                self.handle(Input::RoomFailed(game)).await;
            }
        }
    }

    /// The levels by which the game of a group is varied: those that its members have, in which they are alike, and those that
    /// are drawn now.
    async fn assign_group(
        &self,
        id: &SceneId,
        game: &str,
        group: &[QueueEntry],
    ) -> Result<Condition, ApiError> {
        let experiment = experiments::experiment(&id.experiment)?;
        let scene = experiments::game(&id.experiment, &id.scene)?;
        let Some(first) = group.first() else { return Ok(Condition::new()) };
        let globals = &first.candidate.globals;
        let mut condition = levels(globals, scene.varied_by());
        let is_whole = [Unit::Group, Unit::Session]
            .iter()
            .all(|unit| experiment.undrawn(scene, *unit, &condition).len() == 1);
        if !is_whole {
            let request = AssignGroup {
                experiment: id.experiment.clone(),
                scene: id.scene.clone(),
                game: game.to_owned(),
                known: condition.clone(),
                session: globals.get(SESSION).map(ToString::to_string),
            };
            condition.extend(call(&self.env, &Address::assignment(&id.experiment), request).await?);
        }
        Ok(condition)
    }

    /// Creates the room near the group and gives each member their seat. Returns the sockets of the seats.
    async fn open_room(
        &self,
        id: &SceneId,
        game: &str,
        group: &[QueueEntry],
    ) -> Result<Vec<String>, ApiError> {
        let SceneId { experiment, scene } = id;
        let configured = experiments::game(experiment, scene)?;
        let locations: Vec<Location> = group.iter().filter_map(|entry| entry.candidate.location).collect();
        let region = Region::nearest(&locations);
        let counter = region.counter_key();
        let number: u64 = self.state.storage().get(&counter).await?.unwrap_or(0);
        costs::put(&self.state, &counter, number + 1).await?;
        let object = region.object_name(experiment, scene, number);
        let seated = seat_participants(configured, group);
        let create = CreateGame {
            experiment: experiment.clone(),
            scene: scene.clone(),
            game: game.to_owned(),
            seed: auth::random_u64()?,
            subjects: subjects_by_agent(configured, &seated),
            condition: self.assign_group(id, game, group).await?,
        };
        call_near(&self.env, &Address::rooms(&object), region.location_hint(), create).await?;
        let signer = Signer::new(&self.env)?;
        let mut sockets = Vec::new();
        for seat in seated {
            let ticket = SeatTicket::new(now(), &object, game, seat.agent.0, &seat.subject);
            let socket = ticket.socket_path(&signer.sign_ticket(&ticket)?);
            let game = RunningGame { scene: scene.clone(), game: game.to_owned(), socket: socket.clone() };
            call(&self.env, &Address::participant(experiment, &seat.subject), JoinGame { game }).await?;
            sockets.push(socket);
        }
        Ok(sockets)
    }
}
