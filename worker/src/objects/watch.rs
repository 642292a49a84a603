//! People watch policies play, each in a session of their own: their sockets, one timer for all, and their storage.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use footlights_engine::ConnId;
use footlights_protocol::EpochMs;
use footlights_watch::session::{Input, Output, Session};
use worker::{
    Delay, DurableObject, Env, Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    durable_object, wasm_bindgen_futures::spawn_local,
};

use crate::{
    clock::now,
    costs::{self, Cost},
    error::ApiError,
    http::is_socket,
    log,
    requests::{SessionCount, WatchHandoff, WatchRequest, read_handoff, read_request, refuse, respond},
    store::sessions::Sessions,
    watch::{FULL, catalog},
};

/// Sessions of one object; the next ones open in another.
const MOST_SESSIONS: usize = 300;
/// Timers fire at multiples of it, so that sessions share them.
const GRID_MS: u64 = 10;
/// How often the object looks after its sessions while one of them plays. An object that hears nothing for longer may be
/// taken from memory, with its timers.
const WATCH_MS: i64 = 20_000;
/// What a session that was left is kept for, so that its client can come back.
const KEEP_MS: u64 = 60 * 60 * 1_000;
/// While it plays, a session is stored so often.
const STORE_MS: u64 = 10_000;

#[durable_object]
pub struct Watch {
    shell: Rc<Shell>,
}

/// A session in memory.
struct Live {
    session: Session,
    socket: WebSocket,
    /// Of the socket, which is not the first one where a client came back.
    conn: ConnId,
    kept: EpochMs,
    /// Whether its client has said anything: a session that was only tried leaves nothing behind.
    used: bool,
}

struct Shell {
    state: State,
    sessions: OnceCell<Sessions>,
    live: RefCell<BTreeMap<String, Live>>,
    /// When the running timer will fire.
    armed: Cell<Option<EpochMs>>,
    /// Whether an alarm is set.
    watched: Cell<bool>,
    last_conn: Cell<ConnId>,
    env: Env,
}

impl DurableObject for Watch {
    fn new(state: State, env: Env) -> Self {
        Self {
            shell: Rc::new(Shell {
                state,
                sessions: OnceCell::new(),
                live: RefCell::default(),
                armed: Cell::default(),
                watched: Cell::default(),
                last_conn: Cell::default(),
                env,
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let shell = self.shell.clone();
        if is_socket(&request) {
            return match read_handoff(&request, &shell.env) {
                Ok(handoff) => match shell.open(handoff).await {
                    Ok(response) => Ok(response),
                    Err(error) => error.json_socket(),
                },
                Err(error) => error.json_socket(),
            };
        }
        match read_request(&mut request).await {
            Ok(WatchRequest::CountSessions(request)) => {
                respond(request, async |_| {
                    let open = shell.state.get_websockets().len();
                    Ok(SessionCount { open: open as u32, full: open >= MOST_SESSIONS })
                })
                .await
            }
            Err(error) => refuse(&error),
        }
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        costs::add(Cost::SocketMessages, 1);
        let Some(id) = self.shell.awake(&socket).await else { return Ok(()) };
        match &message {
            WebSocketIncomingMessage::String(text) => self.shell.handle(&id, &Input::Text(text)),
            WebSocketIncomingMessage::Binary(_) => self.shell.handle(&id, &Input::Bytes),
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
        self.shell.look_after().await;
        Response::empty()
    }
}

impl Shell {
    fn sessions(&self) -> Result<&Sessions, ApiError> {
        if let Some(sessions) = self.sessions.get() {
            return Ok(sessions);
        }
        let sessions = Sessions::open(self.state.storage().sql())?;
        Ok(self.sessions.get_or_init(|| sessions))
    }

    /// A client comes, or comes back.
    async fn open(self: &Rc<Self>, handoff: WatchHandoff) -> Result<Response, ApiError> {
        let id = handoff.session;
        let stored = self.sessions()?.load(&id)?;
        if stored.is_none() && self.state.get_websockets().len() >= MOST_SESSIONS {
            return Ok(Response::empty()?.with_status(FULL));
        }
        let names = catalog::names(&self.env).await?;
        let known = self.live.borrow_mut().remove(&id);
        let (mut session, used) = match (known, stored) {
            // Its former socket is of no use any more.
            (Some(live), _) => {
                let _ = live.socket.close(Some(1012), Some("opened elsewhere"));
                let mut session = live.session;
                session.greet(&names);
                (session, true)
            }
            (None, Some(stored)) => {
                let mut session = self.restore(&id, &stored).await?;
                session.greet(&names);
                (session, true)
            }
            (None, None) => (self.begin(&id, &names, handoff.seed).await?, false),
        };
        let pair = WebSocketPair::new()?;
        let conn = self.last_conn.get().after(now().0);
        self.last_conn.set(conn);
        self.state.accept_websocket_with_tags(&pair.server, &[&id, &conn.to_string()]);
        let mut due = Vec::new();
        while let Some(output) = session.poll() {
            due.push(output);
        }
        let live = Live { session, socket: pair.server, conn, kept: EpochMs(0), used };
        self.live.borrow_mut().insert(id.clone(), live);
        self.act(&id, due);
        self.arm();
        Ok(Response::from_websocket(pair.client)?)
    }

    /// A session that begins with the first of the policies that can be played: a build without the runtime of models plays
    /// those that are none.
    async fn begin(&self, id: &str, names: &[String], seed: u64) -> Result<Session, ApiError> {
        let mut failed = None;
        for first in catalog::first() {
            match Session::new(id, first, names, seed, now()) {
                Ok(session) => return Ok(session),
                Err(why) => failed = Some(why),
            }
        }
        // An app without checkpoints shows what was learnt here.
        if let (None, Some(learnt)) = (&failed, names.last()) {
            let first = catalog::find(&self.env, learnt).await.map_err(ApiError::Internal)?;
            return Session::new(id, &first, names, seed, now()).map_err(ApiError::Internal);
        }
        Err(match failed {
            Some(why) => ApiError::Internal(why),
            None => ApiError::NotFound("There is nothing to watch here yet."),
        })
    }

    /// The session of a socket, in memory. After the object slept it is read from storage.
    async fn awake(self: &Rc<Self>, socket: &WebSocket) -> Option<String> {
        let (id, conn) = self.place(socket)?;
        if self.live.borrow().contains_key(&id) {
            return Some(id);
        }
        let stored = self
            .sessions()
            .and_then(|sessions| sessions.load(&id))
            .and_then(|stored| stored.ok_or(ApiError::NotFound("the session is not stored")));
        let restored = match stored {
            Ok(stored) => self.restore(&id, &stored).await,
            Err(error) => Err(error),
        };
        // Another message may have done the same meanwhile.
        if self.live.borrow().contains_key(&id) {
            return Some(id);
        }
        match restored {
            Ok(session) => {
                let live = Live { session, socket: socket.clone(), conn, kept: now(), used: true };
                self.live.borrow_mut().insert(id.clone(), live);
                Some(id)
            }
            Err(error) => {
                log!("warn", "session_lost", "session": id, "detail": error.to_string());
                let _ = socket.close(Some(1012), Some("restarted"));
                None
            }
        }
    }

    /// The session and the connection of a socket.
    fn place(&self, socket: &WebSocket) -> Option<(String, ConnId)> {
        match self.state.get_tags(socket).as_slice() {
            [session, conn] => Some((session.clone(), ConnId(conn.parse().ok()?))),
            _ => None,
        }
    }

    async fn restore(&self, id: &str, stored: &[u8]) -> Result<Session, ApiError> {
        let model = Session::stored_model(stored).map_err(ApiError::Internal)?;
        let checkpoint = catalog::find(&self.env, &model).await.map_err(ApiError::Internal)?;
        Session::restore(id, &checkpoint, stored, now()).map_err(ApiError::Internal)
    }

    fn handle(self: &Rc<Self>, id: &str, input: &Input<'_>) {
        let due = {
            let mut all = self.live.borrow_mut();
            let Some(live) = all.get_mut(id) else { return };
            live.used |= matches!(input, Input::Text(_));
            live.session.handle(now(), input);
            drain(&mut live.session)
        };
        self.act(id, due);
        self.arm();
    }

    /// Does what a session asks for.
    fn act(self: &Rc<Self>, id: &str, due: Vec<Output>) {
        for output in due {
            match output {
                Output::Send(text) => self.with(id, |live| {
                    // A socket that is closing refuses; its close event follows.
                    let _ = live.socket.send_with_str(&text);
                }),
                Output::Picture(bytes) => self.with(id, |live| {
                    let _ = live.socket.send_with_bytes(&bytes);
                }),
                Output::Load(model) => {
                    let (shell, id) = (self.clone(), id.to_owned());
                    spawn_local(async move {
                        let checkpoint = catalog::find(&shell.env, &model).await;
                        shell.handle(&id, &Input::Loaded { model: &model, checkpoint: &checkpoint });
                    });
                }
                Output::Keep => self.keep(id),
                Output::Close(why) => {
                    self.with(id, |live| {
                        let _ = live.socket.close(Some(1000), Some(why));
                    });
                    self.live.borrow_mut().remove(id);
                }
            }
        }
    }

    fn with(&self, id: &str, act: impl FnOnce(&mut Live)) {
        if let Some(live) = self.live.borrow_mut().get_mut(id) {
            act(live);
        }
    }

    fn keep(&self, id: &str) {
        self.with(id, |live| {
            let stored = live.session.save().map_err(ApiError::Internal);
            let kept = stored.and_then(|stored| self.sessions()?.keep(id, stored, now()));
            match kept {
                Ok(()) => live.kept = now(),
                Err(error) => log!("error", "storage_failed", "session": id, "detail": error.to_string()),
            }
        });
    }

    fn gone(self: &Rc<Self>, socket: &WebSocket) {
        let Some((id, conn)) = self.place(socket) else { return };
        // The former socket of a session whose client came back is closed as well.
        if self.live.borrow().get(&id).is_none_or(|live| live.conn != conn) {
            return;
        }
        let used = self.live.borrow().get(&id).is_some_and(|live| live.used);
        if used {
            self.keep(&id);
        } else if let Err(error) = self.sessions().and_then(|sessions| sessions.forget(&id)) {
            log!("error", "storage_failed", "session": id, "detail": error.to_string());
        }
        self.live.borrow_mut().remove(&id);
    }

    /// One timer for all sessions.
    fn arm(self: &Rc<Self>) {
        let wake = self.live.borrow().values().filter_map(|live| live.session.next_wake()).min();
        let Some(EpochMs(wake)) = wake else { return };
        let wake = EpochMs(wake.div_ceil(GRID_MS) * GRID_MS);
        if !self.watched.replace(true) {
            let shell = self.clone();
            spawn_local(async move { shell.set_alarm().await });
        }
        if self.armed.get().is_some_and(|armed| armed <= wake) {
            return;
        }
        self.armed.set(Some(wake));
        let shell = self.clone();
        spawn_local(async move {
            Delay::from(Duration::from_millis(wake - now())).await;
            if shell.armed.get() == Some(wake) {
                shell.armed.set(None);
                shell.wake(wake);
            }
        });
    }

    /// `due` is what the timer was set for: the clock may stand a little before it.
    fn wake(self: &Rc<Self>, due: EpochMs) {
        let at = now().max(due);
        let mut all = Vec::new();
        for (id, live) in self.live.borrow_mut().iter_mut() {
            if live.session.next_wake().is_some_and(|wake| wake <= at) {
                live.session.handle(at, &Input::Wake);
                let mut due = drain(&mut live.session);
                if at - live.kept >= STORE_MS {
                    due.push(Output::Keep);
                }
                all.push((id.clone(), due));
            }
        }
        for (id, due) in all {
            self.act(&id, due);
        }
        self.arm();
    }

    async fn set_alarm(&self) {
        if let Err(error) = costs::set_alarm(&self.state, WATCH_MS).await {
            self.watched.set(false);
            log!("error", "alarm_failed", "detail": error.to_string());
        }
    }

    /// Wakes the sessions that played when the object was taken from memory, and forgets old ones.
    async fn look_after(self: &Rc<Self>) {
        self.watched.set(false);
        let before = EpochMs(now().0.saturating_sub(KEEP_MS));
        for socket in self.state.get_websockets() {
            self.awake(&socket).await;
        }
        // A session whose client is here is no old one, however long it has been paused.
        let open: Vec<String> = self.live.borrow().keys().cloned().collect();
        if let Err(error) = self.sessions().and_then(|sessions| sessions.forget_before(before, &open)) {
            log!("error", "storage_failed", "detail": error.to_string());
        }
        self.arm();
    }
}

fn drain(session: &mut Session) -> Vec<Output> {
    std::iter::from_fn(|| session.poll()).collect()
}
