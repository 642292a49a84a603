//! One participant: everything about them, the tabs they have open, and what analysts get of it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use footlights_data::event::EventKind;
use footlights_engine::{
    participant::{Identity, Participant as Record, RunningGame},
    tab_lease::{self, Tab},
};
use footlights_experiment::{
    Experiment, ValidationErrors,
    progress::{Assignment, GameResult, SubmitOutcome},
};
use footlights_protocol::wire::{self, ClientToTabLease};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use worker::{
    Delay, DurableObject, Env, Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    durable_object, wasm_bindgen_futures::spawn_local,
};

use super::{answer, arms, call, heard, now, question};
use crate::{auth, costs, error::Fault, log, store, studies};

/// What happened is written for analysts so much later, ms: what comes until then is written with it.
const PUBLISH_MS: i64 = 1_000;
/// After a failure to write what analysts read, it is tried again after so long, ms.
const RETRY_MS: i64 = 10_000;
/// Where it is kept that the participant was deleted.
const DELETED: &str = "deleted";
/// The longest name of a tab.
const MAX_TAB: usize = 40;

/// A page that was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Form {
    pub identity: Identity,
    pub scene: String,
    pub sent: Vec<(String, String)>,
    pub user_agent: String,
}

/// Where a participant is after a page was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    pub record: Record,
    /// The page is shown again, for these reasons.
    pub again: Option<(ValidationErrors, Option<u32>)>,
}

/// Who wants to wait where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wait {
    pub scene: String,
}

/// What a lobby must know of who waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiting {
    pub since: u64,
    pub record: Record,
}

/// Something that happened to a participant elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub kind: EventKind,
    pub detail: String,
}

/// A game to which somebody did not come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unmatched {
    pub scene: String,
    pub game: String,
}

#[durable_object]
pub struct Participant {
    shell: Rc<Shell>,
}

struct Shell {
    state: State,
    env: Env,
    /// What is stored, once it was read.
    record: RefCell<Option<Record>>,
    publishing: Cell<bool>,
}

impl DurableObject for Participant {
    fn new(state: State, env: Env) -> Self {
        Self { shell: Rc::new(Shell { state, env, record: RefCell::default(), publishing: Cell::default() }) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let shell = self.shell.clone();
        match request.path().as_str() {
            "/position" => answer(shell.record().await),
            "/submit" => answer(shell.submit(&mut request).await),
            "/wait" => answer(shell.wait(&mut request).await),
            "/matched" => answer(shell.matched(&mut request).await),
            "/note" => answer(match question::<Event>(&mut request).await {
                Ok(Event { kind, detail }) => {
                    shell.note(kind, detail).await;
                    Ok(())
                }
                Err(fault) => Err(fault),
            }),
            "/unmatched" => answer(shell.unmatched(&mut request).await),
            "/saved" => answer(shell.saved(&mut request).await),
            "/complete" => answer(shell.publish().await),
            "/delete" => answer(shell.delete().await),
            "/tab" => match shell.tab(&request).await {
                Ok(response) => Ok(response),
                Err(fault) => fault.socket(),
            },
            _ => answer::<()>(Err(Fault::NotFound("request"))),
        }
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        let heard = heard(message);
        let Some(tab) = tab_of(&socket) else { return Ok(()) };
        let shell = self.shell.clone();
        match heard {
            Ok(ClientToTabLease::Take) => {
                shell.tabs(tab_lease::Input::Take(tab.conn));
                shell.note(EventKind::TabTaken, String::new()).await;
            }
            Ok(ClientToTabLease::Visible(visible)) => {
                shell
                    .note(if visible { EventKind::PageVisible } else { EventKind::PageHidden }, String::new())
                    .await;
            }
            Err(error) => {
                log!("warn", "tab_refused", "detail": error.to_string());
                let _ = socket.close(Some(error.close_code().code()), Some("malformed"));
            }
        }
        Ok(())
    }

    async fn websocket_close(&self, socket: WebSocket, _: usize, _: String, _: bool) -> worker::Result<()> {
        // Answers the close; without it the browser waits for its own time-out.
        let _ = socket.close(Some(1000), Some("bye"));
        self.shell.clone().closed(&socket).await;
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _: worker::Error) -> worker::Result<()> {
        self.shell.clone().closed(&socket).await;
        Ok(())
    }

    /// What is not written yet for analysts is written.
    async fn alarm(&self) -> worker::Result<Response> {
        match self.shell.publish().await {
            // The study is gone from this deployment; whatever happens next tries again.
            Err(Fault::NotFound(_)) => {
                log!("warn", "not_published", "detail": "the study is not served any more")
            }
            Err(fault) => {
                log!("error", "publish_failed", "detail": fault.to_string());
                costs::set_alarm(&self.shell.state, RETRY_MS).await?;
            }
            Ok(()) => {}
        }
        Response::empty()
    }
}

fn tab_of(socket: &WebSocket) -> Option<Tab> {
    socket.deserialize_attachment::<Tab>().ok()?
}

impl Shell {
    async fn record(&self) -> Result<Record, Fault> {
        if let Some(record) = self.record.borrow().as_ref() {
            return Ok(record.clone());
        }
        let record = match self.state.storage().get::<String>("record").await? {
            Some(stored) => serde_json::from_str(&stored)?,
            None if self.deleted().await? => return Err(Fault::Gone),
            None => Record::default(),
        };
        Ok(self.record.borrow_mut().get_or_insert(record).clone())
    }

    /// Stores what changed, and has it written for analysts soon. Memory never runs ahead of storage.
    async fn keep(&self, record: Record) -> Result<Record, Fault> {
        let stored = serde_json::to_string(&record)?;
        *self.record.borrow_mut() = Some(record.clone());
        let put = costs::put(&self.state, "record", stored).await;
        if put.is_err() {
            *self.record.borrow_mut() = None;
        }
        put?;
        if record.session.progress.begun() {
            costs::set_alarm(&self.state, PUBLISH_MS).await?;
        }
        Ok(record)
    }

    async fn submit(self: Rc<Self>, request: &mut Request) -> Result<Place, Fault> {
        let Form { identity, scene, sent, user_agent } = question(request).await?;
        let experiment = studies::experiment(&identity.experiment)?;
        let mut draw = None;
        if !self.record().await?.session.progress.begun() {
            draw = Some(self.draw(experiment, &identity).await?);
        }
        // After the last wait for anything else: what follows is one step.
        let mut record = self.record().await?;
        let again = match draw {
            Some(draw) if !record.session.progress.begun() => {
                record.begin(now(), experiment, &scene, identity, draw)?;
                None
            }
            _ => match record.submit(now(), experiment, &scene, &sent, &user_agent)? {
                SubmitOutcome::Accepted(_) => None,
                SubmitOutcome::Retry { errors, attempts_left, .. } => Some((errors, attempts_left)),
            },
        };
        let record = self.keep(record).await?;
        spawn_local(self.tell_arms(experiment, record.clone()));
        Ok(Place { record, again })
    }

    async fn draw(&self, experiment: &Experiment, identity: &Identity) -> Result<Assignment, Fault> {
        let seed = auth::random_u64()?;
        let conditions = experiment.conditions();
        let cell = match conditions.len() {
            0 | 1 => 0,
            _ => {
                let arrival =
                    arms::Arrival { experiment: experiment.id.clone(), subject: identity.subject.clone() };
                call::<_, usize>(&self.env, "ARMS", &experiment.id, "/assign", &arrival).await?
            }
        };
        Ok(Assignment { condition: conditions.get(cell).cloned().unwrap_or_default(), seed })
    }

    /// Arms are balanced over who completes the study, so they hear of it. Nobody waits for that, and nothing depends on
    /// a single word of it.
    async fn tell_arms(self: Rc<Self>, experiment: &'static Experiment, record: Record) {
        if experiment.conditions().len() < 2 {
            return;
        }
        let completed =
            record.ending(experiment).map(|ending| ending == footlights_experiment::Ending::Completed);
        let seen = arms::Seen { subject: record.session.subject.clone(), completed };
        let told = call::<_, IgnoredAny>(&self.env, "ARMS", &experiment.id, "/seen", &seen).await;
        if let Err(fault) = told {
            log!("warn", "arms_not_told", "subject": record.session.subject, "detail": fault.to_string());
        }
    }

    async fn wait(&self, request: &mut Request) -> Result<Waiting, Fault> {
        let Wait { scene } = question(request).await?;
        let mut record = self.record().await?;
        let before = record.clone();
        let since = record.wait(now(), &scene);
        if record != before {
            record = self.keep(record).await?;
        }
        Ok(Waiting { since, record })
    }

    async fn matched(&self, request: &mut Request) -> Result<(), Fault> {
        let game: RunningGame = question(request).await?;
        let mut record = self.record().await?;
        let experiment = self.experiment(&record)?;
        let other = record.game.as_ref().is_some_and(|running| running.game != game.game);
        if other || record.session.progress.outcome(&game.scene).is_some() {
            return Err(Fault::Conflict("the participant is in another game, or has played".into()));
        }
        record.note(now(), experiment, EventKind::Matched, game.game.clone());
        record.matched(game);
        self.keep(record).await.map(drop)
    }

    /// Whether there was somebody to be told.
    async fn unmatched(&self, request: &mut Request) -> Result<bool, Fault> {
        let Unmatched { game, .. } = question(request).await?;
        let Some(mut record) = self.present().await? else { return Ok(false) };
        if let Ok(experiment) = self.experiment(&record) {
            record.note(now(), experiment, EventKind::Unmatched, game.clone());
        }
        record.unmatched(&game);
        self.keep(record).await.map(|_| true)
    }

    /// Whether there was somebody to be told.
    async fn saved(&self, request: &mut Request) -> Result<bool, Fault> {
        let played: GameResult = question(request).await?;
        let Some(mut record) = self.present().await? else { return Ok(false) };
        if record.session.progress.outcome(&played.scene).is_none()
            && let Ok(experiment) = self.experiment(&record)
        {
            record.note(now(), experiment, EventKind::GameOver, played.outcome.as_str().to_owned());
        }
        record.played(played);
        self.keep(record).await.map(|_| true)
    }

    /// The record; `None` if it was deleted meanwhile: nobody is there to be told, and the others' game must be saved
    /// all the same.
    async fn present(&self) -> Result<Option<Record>, Fault> {
        match self.record().await {
            Ok(record) => Ok(Some(record).filter(|record| record.session.progress.begun())),
            Err(Fault::Gone) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn experiment(&self, record: &Record) -> Result<&'static Experiment, Fault> {
        studies::experiment(&record.session.experiment)
    }

    /// Writes for analysts what is stored here already; doing it twice does no harm.
    async fn publish(&self) -> Result<(), Fault> {
        // One after the other: an older one that came last would leave an older file behind.
        while self.publishing.replace(true) {
            Delay::from(Duration::from_millis(50)).await;
        }
        let published = self.publish_now().await;
        self.publishing.set(false);
        published
    }

    async fn publish_now(&self) -> Result<(), Fault> {
        let Some(record) = self.present().await? else { return Ok(()) };
        store::participant(&self.env, &record.session).await?;
        // Deleted while it was written.
        if self.deleted().await? {
            store::forget(&self.env, &record.session.experiment, &record.session.subject).await?;
        }
        Ok(())
    }

    async fn deleted(&self) -> Result<bool, Fault> {
        Ok(self.state.storage().get::<bool>(DELETED).await?.unwrap_or(false))
    }

    /// Forgets everything but that there was somebody: the cookie of a deleted participant begins nothing again.
    async fn delete(&self) -> Result<(), Fault> {
        // What a game writes when it is over would bring the participant back.
        if let Ok(Record { game: Some(game), .. }) = self.record().await {
            let why =
                format!("the participant plays the game {} now; delete when it is over and saved", game.game);
            return Err(Fault::Conflict(why));
        }
        for socket in self.state.get_websockets() {
            let _ = socket.close(Some(wire::CloseCode::Over.code()), Some("deleted"));
        }
        self.state.storage().delete_alarm().await?;
        self.state.storage().delete_all().await?;
        *self.record.borrow_mut() = None;
        Ok(costs::put(&self.state, DELETED, true).await?)
    }

    async fn note(&self, kind: EventKind, detail: String) {
        let noted = async {
            if let Some(mut record) = self.present().await? {
                let before = record.session.events.len();
                record.note(now(), self.experiment(&record)?, kind, detail);
                // Only so many are kept, and what is not kept is not written either.
                if record.session.events.len() > before {
                    self.keep(record).await?;
                }
            }
            Ok::<_, Fault>(())
        };
        if let Err(fault) = noted.await {
            log!("error", "note_failed", "detail": fault.to_string());
        }
    }

    /// A tab of the participant's is open.
    async fn tab(&self, request: &Request) -> Result<Response, Fault> {
        let name =
            request.url()?.query_pairs().find(|(key, _)| key == "tab").map(|(_, name)| name.into_owned());
        let name =
            name.filter(|name| name.len() <= MAX_TAB).ok_or(Fault::BadRequest("a tab has a name".into()))?;
        let pair = WebSocketPair::new()?;
        let conn = self.open().iter().map(|tab| tab.conn).max().unwrap_or(0).max(now()) + 1;
        self.state.accept_websocket_with_tags(&pair.server, &[&conn.to_string()]);
        self.tabs(tab_lease::Input::Opened { conn, name });
        let holds = self.open().iter().any(|tab| tab.conn == conn && tab.holds);
        self.note(if holds { EventKind::TabOpened } else { EventKind::SecondTabRefused }, String::new())
            .await;
        Ok(Response::from_websocket(pair.client)?)
    }

    async fn closed(&self, socket: &WebSocket) {
        let Some(tab) = tab_of(socket) else { return };
        let known = self.open().iter().any(|open| open.conn == tab.conn);
        self.tabs(tab_lease::Input::Closed(tab.conn));
        if known {
            self.note(EventKind::TabClosed, String::new()).await;
        }
    }

    fn open(&self) -> Vec<Tab> {
        let mut open: Vec<Tab> = self.state.get_websockets().iter().filter_map(tab_of).collect();
        open.sort_by_key(|tab| tab.conn);
        open
    }

    /// Decides which tab takes part, and tells them.
    fn tabs(&self, input: tab_lease::Input) {
        let mut open = self.open();
        let outputs = tab_lease::handle(&mut open, input);
        let socket = |conn: u64| self.state.get_websockets_with_tag(&conn.to_string()).pop();
        for tab in &open {
            if let Some(socket) = socket(tab.conn) {
                let _ = socket.serialize_attachment(tab);
            }
        }
        for output in outputs {
            match output {
                tab_lease::Output::Send(conn, message) => {
                    if let Some(socket) = socket(conn) {
                        let _ = socket.send_with_bytes(wire::encode(&message));
                    }
                }
                tab_lease::Output::Close(conn) => {
                    if let Some(socket) = socket(conn) {
                        // It is no longer one of the tabs, whenever its close arrives.
                        let _ = socket.serialize_attachment(IGNORED);
                        let _ = socket.close(Some(wire::CloseCode::Replaced.code()), Some("loaded anew"));
                    }
                }
            }
        }
    }
}

/// The attachment of a socket that belongs to no tab any more.
const IGNORED: Option<Tab> = None;
