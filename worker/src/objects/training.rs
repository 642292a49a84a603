//! A training run that many people watch: their sockets, a chain of timers in which it works, and its storage.
//!
//! The run works in slices. Between two of them every message that came has its turn. An alarm every few seconds renews the
//! CPU time that the platform allows an event, and goes on with the run after a lost process.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use footlights_data::column::iso8601;
use footlights_learn::onnx;
use footlights_protocol::EpochMs;
use footlights_watch::training::{
    Actor, Input, Message, ModelFile, Output, Saved, Training as Machine, Viewer, World,
};
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
    requests::{
        Address, LearnBeside, Learnt, Rights, TrainingHandoff, TrainingRequest, ViewerCount, call,
        read_handoff, read_request, refuse, respond,
    },
    store::{
        failures::{self, Failure},
        models::{self, About},
        runs::Runs,
    },
    watch::catalog,
};

/// How often an alarm comes while a run is under way.
const ALARM_MS: i64 = 5_000;
/// How often a model is tried to be saved, and how long is waited between two attempts.
const ATTEMPTS: u32 = 3;
const RETRY_MS: u64 = 1_000;

#[durable_object]
pub struct Training {
    shell: Rc<Shell>,
}

struct Shell {
    state: State,
    env: Env,
    runs: OnceCell<Runs>,
    machine: RefCell<Option<Machine>>,
    /// Of an object that learns for another one.
    actor: RefCell<Actor>,
    /// The last task of the actor: one that is newer ends the work on it.
    last_task: Cell<u64>,
    name: RefCell<String>,
    sockets: RefCell<BTreeMap<Viewer, WebSocket>>,
    last_viewer: Cell<Viewer>,
    /// Whether the timers run, and when the last turn that worked began.
    running: Cell<bool>,
    worked: Cell<Option<EpochMs>>,
}

impl DurableObject for Training {
    fn new(state: State, env: Env) -> Self {
        Self {
            shell: Rc::new(Shell {
                state,
                env,
                runs: OnceCell::new(),
                machine: RefCell::default(),
                actor: RefCell::default(),
                last_task: Cell::default(),
                name: RefCell::default(),
                sockets: RefCell::default(),
                last_viewer: Cell::default(),
                running: Cell::default(),
                worked: Cell::default(),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let shell = self.shell.clone();
        if is_socket(&request) {
            let opened = read_handoff(&request, &shell.env);
            return match opened {
                Ok(handoff) => shell.open(handoff).await.or_else(|error| error.json_socket()),
                Err(error) => error.json_socket(),
            };
        }
        match read_request(&mut request).await {
            Ok(TrainingRequest::CountViewers(request)) => {
                respond(request, async |_| {
                    let viewers = shell.state.get_websockets().len() as u32;
                    let active = match &*shell.machine.borrow() {
                        Some(machine) => machine.is_active(),
                        None => shell.runs()?.load()?.is_some(),
                    };
                    Ok(ViewerCount { viewers, active })
                })
                .await
            }
            Ok(TrainingRequest::LearnBeside(request)) => {
                respond(request, async |request| shell.learn(&request.task).await).await
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
        let shell = &self.shell;
        if let Err(error) = shell.awake().await {
            log!("error", "run_lost", "detail": error.to_string());
        }
        let Some((viewer, rights)) = shell.place(&socket) else { return Ok(()) };
        shell.handle(&match (rights, &message) {
            (Rights::Publish, WebSocketIncomingMessage::String(text)) => {
                Input::Published { trainer: viewer, message: Message::Text(text) }
            }
            (Rights::Publish, WebSocketIncomingMessage::Binary(bytes)) => {
                Input::Published { trainer: viewer, message: Message::Bytes(bytes) }
            }
            (Rights::Watch | Rights::Control, message) => Input::Text {
                viewer,
                text: match message {
                    WebSocketIncomingMessage::String(text) => Some(text),
                    WebSocketIncomingMessage::Binary(_) => None,
                },
                may_control: rights == Rights::Control,
            },
        });
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
        match self.shell.awake().await {
            Ok(()) => {
                self.shell.go_on();
                self.shell.set_alarm().await;
            }
            Err(error) => log!("error", "run_lost", "detail": error.to_string()),
        }
        Response::empty()
    }
}

impl Shell {
    fn runs(&self) -> Result<&Runs, ApiError> {
        if let Some(runs) = self.runs.get() {
            return Ok(runs);
        }
        let runs = Runs::open(self.state.storage().sql())?;
        Ok(self.runs.get_or_init(|| runs))
    }

    /// Brings the run and its viewers back into memory, where the object was taken from it.
    async fn awake(&self) -> Result<(), ApiError> {
        if self.machine.borrow().is_some() {
            return Ok(());
        }
        let name: Option<String> = self.state.storage().get("name").await?;
        let name = name.unwrap_or_default();
        if self.machine.borrow().is_some() {
            return Ok(());
        }
        let registry = footlights_app::installed().registry();
        let restored = match self.runs()?.load()? {
            Some(stored) => Machine::restore(&name, registry, &stored, now()),
            None => Ok(Machine::new(&name)),
        };
        let mut machine = match restored {
            Ok(machine) => machine,
            // A deployment changed the environment, so the run can never go on.
            Err(why) => {
                log!("error", "run_not_restored", "run": name, "detail": why);
                self.runs()?.keep(None)?;
                Machine::new(&name)
            }
        };
        if machine.is_active() {
            log!("warn", "run_recovered", "run": name);
        }
        let world = world();
        let lost = machine.trainer();
        for socket in self.state.get_websockets() {
            if let Some((viewer, rights)) = self.place(&socket) {
                self.sockets.borrow_mut().insert(viewer, socket);
                if rights != Rights::Publish {
                    machine.handle(now(), &world, &Input::Connected { viewer });
                }
            }
        }
        // A trainer whose connection was lost with the process opens another one.
        if let Some(viewer) = lost.filter(|trainer| !self.sockets.borrow().contains_key(trainer)) {
            machine.handle(now(), &world, &Input::Disconnected { viewer });
        }
        *self.name.borrow_mut() = name;
        *self.machine.borrow_mut() = Some(machine);
        Ok(())
    }

    async fn open(self: &Rc<Self>, handoff: TrainingHandoff) -> Result<Response, ApiError> {
        if self.name.borrow().is_empty() {
            costs::put(&self.state, "name", &handoff.run).await?;
        }
        self.awake().await?;
        let pair = WebSocketPair::new()?;
        let viewer = self.last_viewer.get().max(now().0) + 1;
        self.last_viewer.set(viewer);
        let rights = handoff.rights;
        self.state.accept_websocket_with_tags(&pair.server, &[&viewer.to_string(), rights.tag()]);
        self.sockets.borrow_mut().insert(viewer, pair.server);
        if rights != Rights::Publish {
            self.handle(&Input::Connected { viewer });
        }
        Ok(Response::from_websocket(pair.client)?)
    }

    /// Who a socket belongs to, and what they may do.
    fn place(&self, socket: &WebSocket) -> Option<(Viewer, Rights)> {
        match self.state.get_tags(socket).as_slice() {
            [viewer, rights] => Some((viewer.parse().ok()?, Rights::of_tag(rights)?)),
            _ => None,
        }
    }

    fn gone(self: &Rc<Self>, socket: &WebSocket) {
        if let Some((viewer, _)) = self.place(socket) {
            self.sockets.borrow_mut().remove(&viewer);
            self.handle(&Input::Disconnected { viewer });
        }
    }

    fn handle(self: &Rc<Self>, input: &Input<'_>) {
        self.turn(now(), input);
        self.go_on();
    }

    /// Does what the run asks for. What takes a while holds up neither the run nor what is told of it.
    fn act(self: &Rc<Self>, due: Vec<Output>) {
        let mut failed = Vec::new();
        for output in due {
            match output {
                Output::Send { viewer, text } => {
                    if let Some(socket) = self.sockets.borrow().get(&viewer) {
                        // A socket that is closing refuses; its close event follows.
                        let _ = socket.send_with_str(&text);
                    }
                }
                Output::Picture { viewer, bytes } => {
                    if let Some(socket) = self.sockets.borrow().get(&viewer) {
                        let _ = socket.send_with_bytes(&bytes);
                    }
                }
                Output::Ask { actor, number, task } => {
                    let shell = self.clone();
                    spawn_local(async move {
                        let answer = shell.ask(actor, &task).await;
                        let answer = answer.as_deref().map_err(String::as_str);
                        shell.handle(&Input::Answered { actor, number, answer });
                    });
                }
                Output::Keep => self.keep(),
                Output::Model(saved) => {
                    let shell = self.clone();
                    spawn_local(async move {
                        let model = saved.name.clone();
                        let stored = shell.save(*saved).await;
                        shell.handle(&Input::Stored { model: &model, failed: stored.err().as_deref() });
                    });
                }
                Output::Failed { episode, agent, reason } => {
                    let (timestamp, run) = (iso8601(now()), self.name.borrow().clone());
                    failed.push(Failure { timestamp, run, episode, agent, reason });
                }
            }
        }
        if failed.is_empty() {
            return;
        }
        let shell = self.clone();
        spawn_local(async move {
            if let Err(error) = failures::save(&shell.env, &failed).await {
                log!("error", "storage_failed", "run": *shell.name.borrow(), "detail": error.to_string());
            }
        });
    }

    /// Lets an actor learn in an object of its own.
    async fn ask(&self, actor: u32, task: &[u8]) -> Result<Vec<u8>, String> {
        let address = Address::actor(&self.name.borrow().clone(), actor);
        let request = LearnBeside { task: BASE64_STANDARD.encode(task) };
        let answered = call(&self.env, &address, request).await;
        let answer = answered.inspect_err(|error| {
            log!("error", "actor_failed", "actor": actor, "detail": error.to_string());
        });
        let answer = answer.map_err(|error| error.to_string())?.answer;
        BASE64_STANDARD.decode(answer).map_err(|error| error.to_string())
    }

    /// Learns for the run of another object, in slices between which others have their turn.
    async fn learn(&self, task: &str) -> Result<Learnt, ApiError> {
        let task = BASE64_STANDARD.decode(task).map_err(|error| ApiError::BadRequest(error.to_string()))?;
        let registry = footlights_app::installed().registry();
        self.actor.borrow_mut().take(registry, &task).map_err(ApiError::BadRequest)?;
        let number = self.last_task.get() + 1;
        self.last_task.set(number);
        let mut began = None;
        loop {
            if self.last_task.get() != number {
                return Err(ApiError::Conflict("another task took the place of this one".into()));
            }
            let at = now();
            let took = began.replace(at).map(|before| at - before);
            let answer = self.actor.borrow_mut().work(took).map_err(ApiError::Internal)?;
            if let Some(answer) = answer {
                return Ok(Learnt { answer: BASE64_STANDARD.encode(answer) });
            }
            Delay::from(Duration::ZERO).await;
        }
    }

    fn keep(self: &Rc<Self>) {
        let stored = match &*self.machine.borrow() {
            Some(machine) => machine.save().map_err(ApiError::Internal),
            None => return,
        };
        match stored.and_then(|stored| self.runs()?.keep(stored.as_deref())) {
            // What is told of it leaves the object when the platform has confirmed it.
            Ok(()) => self.turn(now(), &Input::Kept),
            Err(error) => {
                log!("error", "storage_failed", "run": *self.name.borrow(), "detail": error.to_string());
            }
        }
    }

    /// Stores a model.
    ///
    /// # Errors
    /// Why it is not, in words for those who watch.
    async fn save(&self, saved: Saved) -> Result<(), String> {
        let (bytes, foreign) = match saved.file {
            ModelFile::Net(net) => (onnx::write(&net, saved.output.name()), false),
            ModelFile::Onnx(bytes) => (bytes, true),
        };
        let about = About {
            environment: saved.environment,
            config: saved.config,
            episode: saved.episode,
            steps: saved.steps,
            score: saved.score,
            output: saved.output,
            digest: models::digest_of(&bytes),
        };
        if foreign {
            catalog::check(&saved.name, &bytes, &about)?;
        }
        for attempt in 1..=ATTEMPTS {
            match models::save(&self.env, &saved.name, bytes.clone(), &about).await {
                Ok(()) => {
                    log!("info", "model_saved", "model": saved.name);
                    return Ok(());
                }
                Err(error) => {
                    log!("error", "model_not_saved", "model": saved.name, "attempt": attempt, "detail": error.to_string());
                }
            }
            Delay::from(Duration::from_millis(RETRY_MS)).await;
        }
        Err("the storage does not take it now".into())
    }

    /// Starts the chain of timers, unless it runs.
    fn go_on(self: &Rc<Self>) {
        if self.running.get() || self.next_wake().is_none() {
            return;
        }
        self.running.set(true);
        self.worked.set(None);
        let shell = self.clone();
        spawn_local(async move {
            shell.set_alarm().await;
            while let Some(wake) = shell.next_wake() {
                Delay::from(Duration::from_millis(wake - now())).await;
                let at = now();
                // What the turn before took: in production the clock stands still within a turn.
                let took = shell.worked.take().map(|before| at - before);
                shell.worked.set((wake <= at).then_some(at));
                shell.work(took, wake);
            }
            shell.running.set(false);
        });
    }

    fn work(self: &Rc<Self>, took: Option<u64>, wake: EpochMs) {
        // A timer may fire a little before the clock stands where it was set to.
        self.turn(now().max(wake), &Input::Wake { took });
    }

    fn turn(self: &Rc<Self>, at: EpochMs, input: &Input<'_>) {
        let due = {
            let mut machine = self.machine.borrow_mut();
            let Some(machine) = machine.as_mut() else { return };
            machine.handle(at, &world(), input);
            std::iter::from_fn(|| machine.poll()).collect()
        };
        self.act(due);
    }

    fn next_wake(&self) -> Option<EpochMs> {
        self.machine.borrow().as_ref().and_then(Machine::next_wake)
    }

    async fn set_alarm(&self) {
        if self.next_wake().is_none() {
            return;
        }
        if let Err(error) = costs::set_alarm(&self.state, ALARM_MS).await {
            log!("error", "alarm_failed", "detail": error.to_string());
        }
    }
}

fn world() -> World<'static> {
    World { registry: footlights_app::installed().registry(), usual: catalog::usual() }
}
