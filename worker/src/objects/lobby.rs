//! The lobby of one game scene. It sleeps between events: who waits is kept with the sockets, and what must outlive
//! them in the object's storage.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use footlights_data::event::EventKind;
use footlights_engine::{
    lobby::{Input, Lobby as Queue, LobbyState, Output, QueueEntry},
    participant::{Participant, RunningGame},
    placement,
};
use footlights_experiment::{Globals, Location, progress::GameResult};
use footlights_protocol::{
    Outcome,
    wire::{self, ClientToLobby, CloseCode, LobbyToClient},
};
use serde::{Deserialize, Serialize};
use worker::{
    Delay, DurableObject, Env, Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    durable_object, wasm_bindgen_futures::spawn_local,
};

use super::{answer, call, call_near, heard, now, participant::Event, question, rooms::NewGame};
use crate::{
    auth::{self, Signer, TICKET_MS, Ticket},
    costs,
    error::Fault,
    log, studies,
};

/// How many games share one `Rooms` object: an object is billed alike however many it holds.
const GAMES_PER_OBJECT: u64 = 8;

/// A game that is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Over {
    pub game: String,
}

#[durable_object]
pub struct Lobby {
    shell: Rc<Shell>,
}

struct Shell {
    state: State,
    env: Env,
    queue: RefCell<Option<Queue>>,
    /// (experiment, scene), as the first request or a stored copy tells.
    place: RefCell<Option<(String, String)>>,
    last_conn: Cell<u64>,
    /// Participants for whom a room is being made.
    starting: RefCell<BTreeSet<String>>,
}

impl DurableObject for Lobby {
    fn new(state: State, env: Env) -> Self {
        Self {
            shell: Rc::new(Shell {
                state,
                env,
                queue: RefCell::default(),
                place: RefCell::default(),
                last_conn: Cell::default(),
                starting: RefCell::default(),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        if request.path() == "/over" {
            return answer(match question::<Over>(&mut request).await {
                Ok(over) => self.shell.clone().try_handle(Input::GameOver(over.game)).await,
                Err(fault) => Err(fault),
            });
        }
        match self.shell.clone().join(request).await {
            Ok(response) => Ok(response),
            Err(fault) => fault.socket(),
        }
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        let heard = heard(message);
        let Some(conn) = conn(&socket) else { return Ok(()) };
        match heard {
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
        if let Some(conn) = conn(&socket) {
            self.shell.clone().handle(Input::Left(conn)).await;
        }
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _: worker::Error) -> worker::Result<()> {
        if let Some(conn) = conn(&socket) {
            self.shell.clone().handle(Input::Left(conn)).await;
        }
        Ok(())
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.shell.clone().handle(Input::Wake).await;
        Response::empty()
    }
}

/// Who waits at a socket; `None` for one that is only about to close.
fn waiter(socket: &WebSocket) -> Option<QueueEntry> {
    serde_json::from_str(&socket.deserialize_attachment::<String>().ok()??).ok()
}

/// The connection's number, from what is kept with its socket.
fn conn(socket: &WebSocket) -> Option<u64> {
    Some(waiter(socket)?.conn)
}

/// What the worker found out about somebody, in a header; nothing where there is no header.
fn known<T: serde::de::DeserializeOwned>(header: &str) -> Result<Option<T>, Fault> {
    if header.is_empty() { Ok(None) } else { Ok(Some(auth::decode(header)?)) }
}

impl Shell {
    async fn join(self: Rc<Self>, request: Request) -> Result<Response, Fault> {
        let header = |name: &str| Ok::<_, Fault>(request.headers().get(name)?.unwrap_or_default());
        let (experiment, scene) = (header("x-footlights-experiment")?, header("x-footlights-scene")?);
        let subject = header("x-footlights-subject")?;
        let pair = WebSocketPair::new()?;
        let running = header("x-footlights-socket")?;
        if !running.is_empty() {
            self.state.accept_web_socket(&pair.server);
            pair.server.send_with_bytes(wire::encode(&LobbyToClient::Matched { socket: running }))?;
            return Ok(Response::from_websocket(pair.client)?);
        }
        studies::game(&experiment, &scene)?;
        // A room is being made for them this very moment: they are not to be matched again.
        if self.starting.borrow().contains(&subject)
            && let Some(socket) = self.started(&experiment, &scene, &subject).await?
        {
            self.state.accept_web_socket(&pair.server);
            pair.server.send_with_bytes(wire::encode(&LobbyToClient::Matched { socket }))?;
            return Ok(Response::from_websocket(pair.client)?);
        }
        if self.place.borrow().is_none() {
            costs::put(&self.state, "place", (&experiment, &scene)).await?;
            *self.place.borrow_mut() = Some((experiment, scene));
        }
        // Unique in this life of the object and in those before, whose sockets may still be here.
        let conn = (now() * 1_000).max(self.last_conn.get() + 1);
        self.last_conn.set(conn);
        let since = header("x-footlights-since")?.parse().unwrap_or_else(|_| now());
        let globals = known::<Globals>(&header("x-footlights-globals")?)?.unwrap_or_default();
        let location = known::<Location>(&header("x-footlights-place")?)?;
        let draw = auth::random_u64()?;
        self.state.accept_websocket_with_tags(&pair.server, &[&conn.to_string()]);
        self.handle(Input::Joined { conn, subject, since, globals, location, draw }).await;
        Ok(Response::from_websocket(pair.client)?)
    }

    /// The room that is being made for somebody, once it is; `None` if it comes to nothing.
    async fn started(&self, experiment: &str, scene: &str, subject: &str) -> Result<Option<String>, Fault> {
        while self.starting.borrow().contains(subject) {
            Delay::from(Duration::from_millis(100)).await;
        }
        let name = format!("{experiment}/{subject}");
        let record: Participant = call(&self.env, "PARTICIPANT", &name, "/position", &()).await?;
        Ok(record.game.filter(|game| game.scene == scene).map(|game| game.socket))
    }

    async fn handle(self: Rc<Self>, input: Input) {
        if let Err(fault) = self.clone().try_handle(input).await {
            log!("error", "lobby_failed", "detail": fault.to_string());
        }
    }

    async fn try_handle(self: Rc<Self>, input: Input) -> Result<(), Fault> {
        let place = self.place().await?;
        if self.queue.borrow().is_none() {
            let ledger = self.ledger().await?;
            let mut slot = self.queue.borrow_mut();
            if slot.is_none() {
                *slot = Some(self.restore(&place, ledger)?);
            }
        }
        let mut outputs = Vec::new();
        let (ledger, wake) = {
            let mut slot = self.queue.borrow_mut();
            let Some(queue) = slot.as_mut() else { return Ok(()) };
            queue.handle(now(), input);
            while let Some(output) = queue.poll() {
                outputs.push(output);
            }
            for waiter in queue.take_changed() {
                if let Some(socket) = self.socket(waiter.conn) {
                    socket.serialize_attachment(serde_json::to_string(&waiter)?)?;
                }
            }
            (queue.take_state(), queue.next_wake())
        };
        for output in outputs {
            match output {
                Output::Send(conn, message) => self.send(conn, &message),
                Output::Close(conn, code) => self.close(conn, code),
                Output::TimeUp { entry: waiter, message } => {
                    self.forget(waiter.conn);
                    spawn_local(self.clone().time_up(place.clone(), waiter, message));
                }
                Output::Match { game, group } => {
                    group.iter().for_each(|waiter| self.forget(waiter.conn));
                    self.starting
                        .borrow_mut()
                        .extend(group.iter().map(|waiter| waiter.candidate.subject.clone()));
                    spawn_local(self.clone().start(place.clone(), game, group));
                }
                Output::Report { kind, subject, detail } => {
                    let (experiment, scene) = &place;
                    log!("info", kind.as_str(), "experiment": experiment, "scene": scene,
                        "subject": subject, "detail": detail);
                    // Who is matched hears of it anyway, with the game.
                    if !subject.is_empty() && kind != EventKind::LobbyMatched {
                        let event = Event { kind, detail };
                        spawn_local(self.clone().keep_event(format!("{experiment}/{subject}"), event));
                    }
                }
            }
        }
        if let Some(ledger) = ledger {
            costs::put(&self.state, "ledger", serde_json::to_string(&ledger)?).await?;
        }
        match wake {
            Some(wake) => self.state.storage().set_alarm(wake.saturating_sub(now()) as i64).await?,
            None => self.state.storage().delete_alarm().await?,
        }
        Ok(())
    }

    async fn ledger(&self) -> Result<LobbyState, Fault> {
        match self.state.storage().get::<String>("ledger").await? {
            Some(stored) => Ok(serde_json::from_str(&stored)?),
            None => Ok(LobbyState::default()),
        }
    }

    /// Has it written among a participant's events. Nobody waits for it.
    async fn keep_event(self: Rc<Self>, participant: String, event: Event) {
        if let Err(fault) = call::<_, ()>(&self.env, "PARTICIPANT", &participant, "/note", &event).await {
            log!("warn", "event_not_kept", "event": event.kind.as_str(), "detail": fault.to_string());
        }
    }

    /// The lobby as the sockets and the storage remember it.
    fn restore(&self, place: &(String, String), ledger: LobbyState) -> Result<Queue, Fault> {
        let scene = studies::game(&place.0, &place.1)?;
        let mut queue = Queue::new(scene.humans(), &scene.waitroom);
        queue.restore(self.state.get_websockets().iter().filter_map(waiter).collect(), ledger);
        Ok(queue)
    }

    /// A socket that is still open, but whose owner does not wait any more.
    fn forget(&self, conn: u64) {
        if let Some(socket) = self.socket(conn) {
            let _ = socket.serialize_attachment("");
        }
    }

    async fn place(&self) -> Result<(String, String), Fault> {
        if let Some(place) = self.place.borrow().clone() {
            return Ok(place);
        }
        let place: Option<(String, String)> = self.state.storage().get("place").await?;
        let place = place.ok_or(Fault::Object("a lobby without a place".into()))?;
        *self.place.borrow_mut() = Some(place.clone());
        Ok(place)
    }

    fn socket(&self, conn: u64) -> Option<WebSocket> {
        self.state.get_websockets_with_tag(&conn.to_string()).pop()
    }

    fn send(&self, conn: u64, message: &LobbyToClient) {
        if let Some(socket) = self.socket(conn) {
            let _ = socket.send_with_bytes(wire::encode(message));
        }
    }

    fn close(&self, conn: u64, code: CloseCode) {
        self.forget(conn);
        if let Some(socket) = self.socket(conn) {
            let _ = socket.close(Some(code.code()), Some("see the code"));
        }
    }

    /// Says what failed on our side, and closes.
    fn refuse(&self, conn: u64, reason: &str) {
        let code = CloseCode::Unavailable;
        self.send(conn, &LobbyToClient::Refused { code: code.code(), reason: reason.to_owned() });
        self.close(conn, code);
    }

    /// Lets somebody go who waited in vain: first it is stored that they may go on without a game.
    async fn time_up(
        self: Rc<Self>,
        (experiment, scene): (String, String),
        waiter: QueueEntry,
        message: String,
    ) {
        let outcome = Outcome::LobbyTimeout;
        let none = GameResult { scene, outcome, game: String::new(), score: 0.0, globals: BTreeMap::new() };
        let name = format!("{experiment}/{}", waiter.candidate.subject);
        let stored: Result<serde_json::Value, Fault> =
            call(&self.env, "PARTICIPANT", &name, "/saved", &none).await;
        match stored {
            Ok(_) => {
                self.send(waiter.conn, &LobbyToClient::TimedOut { message });
                self.close(waiter.conn, CloseCode::Over);
            }
            Err(fault) => {
                log!("error", "time_out_failed", "detail": fault.to_string());
                self.refuse(waiter.conn, "The wait could not be ended. Please reload.");
            }
        }
    }

    /// Opens a room for a group and sends everybody there.
    async fn start(self: Rc<Self>, place: (String, String), game: String, group: Vec<QueueEntry>) {
        let opened = self.open_room(&place, &game, &group).await;
        for waiter in &group {
            self.starting.borrow_mut().remove(&waiter.candidate.subject);
        }
        match opened {
            Ok(sockets) => {
                self.clone().handle(Input::Opened(game)).await;
                for (waiter, socket) in group.iter().zip(sockets) {
                    self.send(waiter.conn, &LobbyToClient::Matched { socket });
                }
            }
            Err(fault) => {
                log!("error", "match_failed", "game": game, "detail": fault.to_string());
                for waiter in &group {
                    self.refuse(waiter.conn, "The game could not be started. Please reload.");
                }
                self.handle(Input::GameOver(game)).await;
            }
        }
    }

    /// Makes the room near its people. The object's name says where it is, so that no game comes to one elsewhere.
    async fn open_room(
        &self,
        place: &(String, String),
        game_id: &str,
        group: &[QueueEntry],
    ) -> Result<Vec<String>, Fault> {
        let (experiment, scene) = place;
        let game = studies::game(experiment, scene)?;
        let places: Vec<Location> = group.iter().filter_map(|waiter| waiter.candidate.location).collect();
        let hint = placement::location_hint(&places);
        let region = hint.unwrap_or("any");
        let storage = self.state.storage();
        let counter = format!("games-{region}");
        let number: u64 = storage.get(&counter).await?.unwrap_or(0);
        costs::put(&self.state, &counter, number + 1).await?;
        let object = format!("{experiment}-{scene}-{region}-{}", number / GAMES_PER_OBJECT);
        let mut people = group.iter();
        let subjects: Vec<Option<String>> = game
            .seats
            .iter()
            .map(
                |seat| {
                    if seat.is_human() { people.next().map(|w| w.candidate.subject.clone()) } else { None }
                },
            )
            .collect();
        let new = NewGame {
            experiment: experiment.clone(),
            scene: scene.clone(),
            game: game_id.to_owned(),
            seed: u64::from_str_radix(&auth::random_hex::<8>()?, 16).unwrap_or(number),
            subjects,
        };
        let () = call_near(&self.env, "ROOMS", &object, hint, "/games", &new).await?;
        let signer = Signer::new(&self.env)?;
        let mut sockets = Vec::new();
        for (agent, waiter) in game.human_agents().zip(group) {
            let ticket = Ticket {
                object: object.clone(),
                game: game_id.to_owned(),
                agent: agent.0,
                subject: waiter.candidate.subject.clone(),
                expires: now() + TICKET_MS,
            };
            let socket = format!("/rooms/{object}/{game_id}?ticket={}", signer.sign("ticket", &ticket)?);
            let running =
                RunningGame { scene: scene.clone(), game: game_id.to_owned(), socket: socket.clone() };
            let name = format!("{experiment}/{}", waiter.candidate.subject);
            let _: serde_json::Value = call(&self.env, "PARTICIPANT", &name, "/matched", &running).await?;
            sockets.push(socket);
        }
        Ok(sockets)
    }
}
