//! One participant: their record, the tabs they have open, and what analysts get to know about them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use footlights_data::event::EventKind;
use footlights_engine::{
    ConnId,
    lobby::project_globals,
    participant::{Identity, Participant as Record, SubmitReport},
    tab_lease::{self, Tab},
};
use footlights_experiment::{
    Ending, Experiment,
    progress::{Assignment, SubmitOutcome},
};
use footlights_protocol::wire::{self, ClientToTabLease};
use worker::{
    Delay, DurableObject, Env, Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    durable_object, wasm_bindgen_futures::spawn_local,
};

use super::message::decode_message;
use crate::{
    auth,
    clock::now,
    costs,
    error::ApiError,
    experiments,
    http::is_socket,
    json, log,
    requests::{
        Address, AfterDeletion, Assign, CancelGame, CompleteExperiment, Delete, Delivery, EnterLobby,
        FinishGame, JoinGame, LobbyEntry, OpenPage, PageState, ParticipantRequest, RecordEvent,
        RecordProgress, SubmitPage, SubmitReply, TabHandoff, call, read_handoff, read_request, refuse,
        respond,
    },
    store,
};

/// How long after a change analysts' data are written, ms. Changes in between are written together with it.
const PUBLISH_MS: i64 = 1_000;
/// How long after a failure to write analysts' data it is tried again, ms.
const RETRY_MS: i64 = 10_000;
/// The storage key of the record.
const RECORD: &str = "record";
/// The storage key that says that the participant was deleted.
const DELETED: &str = "deleted";
/// The attachment of a socket that no longer belongs to a tab.
const IGNORED: Option<Tab> = None;

/// The experiment in the language in which a participant reads it.
fn as_read(experiment: &'static Experiment, record: &Record) -> &'static Experiment {
    experiment.in_language(&record.session.language)
}

/// What the page of a participant shows now.
fn page_state(experiment: &Experiment, record: &Record) -> PageState {
    let time_left = record.page_time_left(now(), experiment);
    let room = record.room(experiment).map(str::to_owned);
    PageState { time_left, room, ..PageState::new(experiment, &record.session) }
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
        use ParticipantRequest as Ask;
        let shell = self.shell.clone();
        if is_socket(&request) {
            let opened = match read_handoff(&request, &shell.env) {
                Ok(handoff) => shell.open_tab(handoff).await,
                Err(error) => Err(error),
            };
            return opened.or_else(|error| error.socket());
        }
        match read_request(&mut request).await {
            Ok(Ask::OpenPage(request)) => respond(request, async |r| shell.open_page(r).await).await,
            Ok(Ask::SubmitPage(request)) => respond(request, async |r| shell.submit_page(r).await).await,
            Ok(Ask::CompleteExperiment(request)) => {
                respond(request, async |r| shell.complete_experiment(r).await).await
            }
            Ok(Ask::EnterLobby(request)) => respond(request, async |r| shell.enter_lobby(r).await).await,
            Ok(Ask::JoinGame(request)) => respond(request, async |r| shell.join_game(r).await).await,
            Ok(Ask::RecordEvent(request)) => {
                respond(request, async |RecordEvent { kind, detail }| {
                    shell.record_event(kind, detail).await;
                    Ok(())
                })
                .await
            }
            Ok(Ask::CancelGame(request)) => respond(request, async |r| shell.cancel_game(r).await).await,
            Ok(Ask::FinishGame(request)) => respond(request, async |r| shell.finish_game(r).await).await,
            Ok(Ask::Delete(request)) => respond(request, async |r| shell.delete(r).await).await,
            Err(error) => refuse(&error),
        }
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        let message = decode_message(message);
        let Some(tab) = tab_of(&socket) else { return Ok(()) };
        match message {
            Ok(ClientToTabLease::Take) => {
                self.shell.handle_tabs(tab_lease::Input::Take(tab.conn));
                self.shell.record_event(EventKind::TabTaken, String::new()).await;
            }
            Ok(ClientToTabLease::TakeIfFree) => {
                self.shell.handle_tabs(tab_lease::Input::TakeIfFree(tab.conn));
                let holds = self.shell.open_tabs().iter().any(|open| open.conn == tab.conn && open.holds);
                if holds {
                    self.shell.record_event(EventKind::TabTaken, String::new()).await;
                }
            }
            Ok(ClientToTabLease::Visible(visible)) => {
                let kind = if visible { EventKind::PageVisible } else { EventKind::PageHidden };
                self.shell.record_event(kind, String::new()).await;
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
        self.shell.tab_closed(&socket).await;
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _: worker::Error) -> worker::Result<()> {
        self.shell.tab_closed(&socket).await;
        Ok(())
    }

    /// Writes analysts' data that are not written yet, and ends a wait whose time is over: that of a participant does not
    /// hang on whether analysts' storage can be written.
    async fn alarm(&self) -> worker::Result<Response> {
        let ended = self.shell.clone().end_wait().await;
        let published = self.shell.publish().await;
        if let Err(error) = &ended {
            log!("error", "wait_not_ended", "detail": error.to_string());
        }
        match &published {
            // The deployment no longer serves the experiment; the next change tries again.
            Err(ApiError::NotFound(_)) => {
                log!("warn", "not_published", "detail": "the experiment is not served any more")
            }
            Err(error) => log!("error", "publish_failed", "detail": error.to_string()),
            Ok(()) => {}
        }
        let again = ended.is_err() || !matches!(published, Ok(()) | Err(ApiError::NotFound(_)));
        if again {
            costs::set_alarm(&self.shell.state, RETRY_MS).await?;
        }
        Response::empty()
    }
}

fn tab_of(socket: &WebSocket) -> Option<Tab> {
    socket.deserialize_attachment::<Tab>().ok()?
}

impl Shell {
    async fn record(&self) -> Result<Record, ApiError> {
        if let Some(record) = self.record.borrow().as_ref() {
            return Ok(record.clone());
        }
        let record = match self.state.storage().get::<String>(RECORD).await? {
            Some(stored) => json::decode("a participant's record", &stored)?,
            None if self.is_deleted().await? => return Err(ApiError::Gone),
            None => Record::default(),
        };
        Ok(self.record.borrow_mut().get_or_insert(record).clone())
    }

    /// Stores a record that changed, and has it written for analysts soon. Memory never runs ahead of storage.
    async fn keep(&self, record: Record) -> Result<(), ApiError> {
        let begun = record.session.progress.begun();
        let stored = json::encode("a participant's record", &record)?;
        *self.record.borrow_mut() = Some(record);
        let put = costs::put(&self.state, RECORD, stored).await;
        if put.is_err() {
            *self.record.borrow_mut() = None;
        }
        put?;
        if begun {
            costs::set_alarm(&self.state, PUBLISH_MS).await?;
        }
        Ok(())
    }

    async fn open_page(self: Rc<Self>, request: OpenPage) -> Result<PageState, ApiError> {
        let experiment = experiments::experiment(&request.experiment)?;
        let mut record = self.record().await?;
        let chosen = request.language.as_deref();
        let has_chosen = chosen.is_some_and(|language| record.choose_language(now(), experiment, language));
        // A participant who opens the page on the result of a game is done with it.
        if let Some(scene) = record.session.progress.is_over(experiment) {
            self.submit(as_read(experiment, &record), &mut record, scene, &[], "")?;
            record.visit(experiment, &request.identifiers);
            self.clone().keep_progress(experiment, record.clone()).await?;
        } else if record.visit(experiment, &request.identifiers) || has_chosen {
            self.keep(record.clone()).await?;
        }
        if record.has_taken_part(experiment, &request.identifiers) {
            return Err(ApiError::TakenPart);
        }
        Ok(page_state(experiment, &record))
    }

    async fn submit_page(self: Rc<Self>, request: SubmitPage) -> Result<SubmitReply, ApiError> {
        let SubmitPage { identity, scene, sent, user_agent } = request;
        let experiment = experiments::experiment(&identity.experiment)?;
        let mut assignment = None;
        if !self.record().await?.session.progress.begun() {
            assignment = Some(self.assign(experiment, &identity).await?);
        }
        // The last wait for anything else is over: from here to `keep`, no other request intervenes.
        let mut record = self.record().await?;
        let before = record.clone();
        let reply = match assignment {
            Some(_) if identity.source.is_empty() && !record.session.progress.begun() => {
                // The key of an address does not say which recruiter somebody came from.
                return Err(ApiError::Unauthorized);
            }
            Some(assignment) if !record.session.progress.begun() => {
                record.begin(now(), experiment, &scene, identity, assignment)?;
                SubmitReply::Accepted
            }
            _ if record.skip_game(now(), as_read(experiment, &before), &scene)? => SubmitReply::Accepted,
            _ => match self.submit(as_read(experiment, &before), &mut record, &scene, &sent, &user_agent) {
                Ok(SubmitOutcome::Accepted(_)) => SubmitReply::Accepted,
                Ok(SubmitOutcome::Retry { errors, attempts_left, .. }) => {
                    let page = Box::new(page_state(experiment, &record));
                    SubmitReply::Retry { errors, attempts_left, page }
                }
                Err(error) => {
                    // Since when they wait counts also where they cannot go on yet.
                    if record != before {
                        self.keep(record).await?;
                    }
                    return Err(error);
                }
            },
        };
        self.keep_progress(experiment, record).await?;
        Ok(reply)
    }

    fn submit(
        &self,
        experiment: &Experiment,
        record: &mut Record,
        scene: &str,
        sent: &[(String, String)],
        user_agent: &str,
    ) -> Result<SubmitOutcome, ApiError> {
        let SubmitReport { outcome, dropped } = record.submit(now(), experiment, scene, sent, user_agent)?;
        if dropped {
            log!("error", "answers_dropped", "subject": record.session.subject, "scene": scene);
        }
        Ok(outcome)
    }

    /// Stores a record after a page was sent, and reports the progress to the assignment without waiting for it.
    async fn keep_progress(
        self: Rc<Self>,
        experiment: &'static Experiment,
        record: Record,
    ) -> Result<(), ApiError> {
        let subject = record.session.subject.clone();
        let completed = record.ending(experiment).map(|ending| ending == Ending::Completed);
        self.keep(record).await?;
        spawn_local(self.report_progress(experiment, RecordProgress { subject, completed }));
        Ok(())
    }

    async fn assign(&self, experiment: &Experiment, identity: &Identity) -> Result<Assignment, ApiError> {
        let seed = auth::random_u64()?;
        let conditions = experiment.conditions();
        let condition = match conditions.len() {
            0 | 1 => 0,
            _ => {
                let request = Assign { experiment: experiment.id.clone(), subject: identity.subject.clone() };
                call(&self.env, &Address::assignment(&experiment.id), request).await?
            }
        };
        Ok(Assignment { condition: conditions.get(condition).cloned().unwrap_or_default(), seed })
    }

    /// Conditions are balanced over the participants who complete the experiment. No single report matters, so a
    /// failure is only logged.
    async fn report_progress(self: Rc<Self>, experiment: &'static Experiment, progress: RecordProgress) {
        if experiment.conditions().len() < 2 {
            return;
        }
        let subject = progress.subject.clone();
        if let Err(error) = call(&self.env, &Address::assignment(&experiment.id), progress).await {
            log!("warn", "progress_not_reported", "subject": subject, "detail": error.to_string());
        }
    }

    async fn enter_lobby(&self, request: EnterLobby) -> Result<LobbyEntry, ApiError> {
        let experiment = experiments::experiment(&request.experiment)?;
        let game = experiments::game(&request.experiment, &request.scene)?;
        let before = self.record().await?;
        let mut record = before.clone();
        let pass = record.enter_lobby(now(), experiment, &request.scene)?;
        let globals = {
            let needs = [game.waitroom.needs(), experiment.must_share(game)].concat();
            project_globals(record.session.progress.globals(), &needs)
        };
        if record != before {
            self.keep(record).await?;
        }
        Ok(LobbyEntry { since: pass.since, running_socket: pass.running_socket, globals })
    }

    async fn join_game(&self, request: JoinGame) -> Result<(), ApiError> {
        let mut record = self.record().await?;
        let experiment = experiments::experiment(&record.session.experiment)?;
        record.join_game(now(), experiment, request.game)?;
        self.keep(record).await
    }

    async fn cancel_game(&self, request: CancelGame) -> Result<Delivery, ApiError> {
        let Some(mut record) = self.present().await? else { return Ok(Delivery::NoParticipant) };
        let experiment = experiments::experiment(&record.session.experiment).ok();
        record.cancel_game(now(), experiment, &request.game);
        self.keep(record).await?;
        Ok(Delivery::Delivered)
    }

    async fn finish_game(self: Rc<Self>, request: FinishGame) -> Result<Delivery, ApiError> {
        let Some(mut record) = self.present().await? else { return Ok(Delivery::NoParticipant) };
        let experiment = experiments::experiment(&record.session.experiment).ok();
        let experiment = experiment.map(|experiment| as_read(experiment, &record));
        record.finish_game(now(), experiment, request.result);
        match experiment.filter(|experiment| record.ending(experiment).is_some()) {
            Some(experiment) => self.keep_progress(experiment, record).await?,
            None => self.keep(record).await?,
        }
        Ok(Delivery::Delivered)
    }

    /// Ends the wait of a participant who closed the page, once its time is over; before, has the object called then.
    async fn end_wait(self: Rc<Self>) -> Result<(), ApiError> {
        let Some(mut record) = self.present().await? else { return Ok(()) };
        let Ok(experiment) = experiments::experiment(&record.session.experiment) else { return Ok(()) };
        let experiment = as_read(experiment, &record);
        if record.end_wait(now(), experiment) {
            return self.keep_progress(experiment, record).await;
        }
        // What changed meanwhile is to be written sooner, and comes back here.
        let is_free = self.state.storage().get_alarm().await?.is_none();
        if let Some(ends) = record.wait_ends(experiment).filter(|_| is_free) {
            costs::set_alarm(&self.state, (ends - now()) as i64).await?;
        }
        Ok(())
    }

    /// The record of a participant who has begun; `None` if they have not, or were deleted meanwhile. Their game must
    /// be saved for the others even so.
    async fn present(&self) -> Result<Option<Record>, ApiError> {
        match self.record().await {
            Ok(record) => Ok(Some(record).filter(|record| record.session.progress.begun())),
            Err(ApiError::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn complete_experiment(&self, request: CompleteExperiment) -> Result<Option<PageState>, ApiError> {
        let experiment = experiments::experiment(&request.experiment)?;
        let record = self.record().await?;
        if record.ending(experiment).is_none() {
            return Ok(None);
        }
        if record.has_taken_part(experiment, &request.identifiers) {
            return Err(ApiError::TakenPart);
        }
        self.publish().await?;
        Ok(Some(page_state(experiment, &record)))
    }

    /// Writes for analysts what is stored here already; doing it twice does no harm.
    async fn publish(&self) -> Result<(), ApiError> {
        // One at a time: an older one that finished last would leave an older file behind.
        self.take_publishing().await;
        let published = self.publish_now().await;
        self.publishing.set(false);
        published
    }

    /// Waits until nothing is being written for analysts, and keeps others from it.
    async fn take_publishing(&self) {
        while self.publishing.replace(true) {
            Delay::from(Duration::from_millis(50)).await;
        }
    }

    async fn publish_now(&self) -> Result<(), ApiError> {
        let Some(record) = self.present().await? else { return Ok(()) };
        store::participant(&self.env, &record.session).await?;
        // The participant may have been deleted while their data were written.
        if self.is_deleted().await? {
            store::forget(&self.env, &record.session.experiment, &record.session.subject).await?;
        }
        Ok(())
    }

    async fn is_deleted(&self) -> Result<bool, ApiError> {
        Ok(self.state.storage().get::<bool>(DELETED).await?.unwrap_or(false))
    }

    /// Deletes everything; unless the participant may begin again, the fact of the deletion stays, so that the cookie of a
    /// deleted participant begins nothing.
    async fn delete(&self, request: Delete) -> Result<(), ApiError> {
        // What a game writes when it is over would bring the participant back.
        if let Ok(Record { game: Some(game), .. }) = self.record().await {
            let why =
                format!("the participant plays the game {} now; delete when it is over and saved", game.game);
            return Err(ApiError::Conflict(why));
        }
        for socket in self.state.get_websockets() {
            let _ = socket.close(Some(wire::CloseCode::Over.code()), Some("deleted"));
        }
        // What is being written now would be there again after the deletion.
        self.take_publishing().await;
        let emptied = self.empty(request.after).await;
        self.publishing.set(false);
        emptied
    }

    async fn empty(&self, after: AfterDeletion) -> Result<(), ApiError> {
        self.state.storage().delete_alarm().await?;
        self.state.storage().delete_all().await?;
        *self.record.borrow_mut() = None;
        match after {
            AfterDeletion::Gone => Ok(costs::put(&self.state, DELETED, true).await?),
            AfterDeletion::MayBeginAgain => Ok(()),
        }
    }

    /// Records an event. Nothing depends on it, so a failure is only logged.
    async fn record_event(&self, kind: EventKind, detail: String) {
        if let Err(error) = self.try_record_event(kind, detail).await {
            log!("error", "event_not_kept", "event": kind.as_str(), "detail": error.to_string());
        }
    }

    async fn try_record_event(&self, kind: EventKind, detail: String) -> Result<(), ApiError> {
        let Some(mut record) = self.present().await? else { return Ok(()) };
        let experiment = experiments::experiment(&record.session.experiment)?;
        // Only a limited number is kept; an event that is not kept is not written either.
        if record.record_event(now(), experiment, kind, detail) {
            self.keep(record).await?;
        }
        Ok(())
    }

    /// The participant opened a tab.
    async fn open_tab(&self, handoff: TabHandoff) -> Result<Response, ApiError> {
        let pair = WebSocketPair::new()?;
        let newest = self.open_tabs().iter().map(|tab| tab.conn).max().unwrap_or_default();
        let conn = newest.after(now().0 + 1);
        self.state.accept_websocket_with_tags(&pair.server, &[&conn.to_string()]);
        self.handle_tabs(tab_lease::Input::Opened { conn, name: handoff.tab });
        let holds = self.open_tabs().iter().any(|tab| tab.conn == conn && tab.holds);
        let kind = if holds { EventKind::TabOpened } else { EventKind::SecondTabRefused };
        self.record_event(kind, String::new()).await;
        Ok(Response::from_websocket(pair.client)?)
    }

    async fn tab_closed(&self, socket: &WebSocket) {
        let Some(tab) = tab_of(socket) else { return };
        let known = self.open_tabs().iter().any(|open| open.conn == tab.conn);
        self.handle_tabs(tab_lease::Input::Closed(tab.conn));
        if known {
            self.record_event(EventKind::TabClosed, String::new()).await;
        }
    }

    fn open_tabs(&self) -> Vec<Tab> {
        let mut open: Vec<Tab> = self.state.get_websockets().iter().filter_map(tab_of).collect();
        open.sort_by_key(|tab| tab.conn);
        open
    }

    /// Decides which tab is active, and sends the tabs what changed for them.
    fn handle_tabs(&self, input: tab_lease::Input) {
        let mut open = self.open_tabs();
        let outputs = tab_lease::handle(&mut open, input);
        let socket = |conn: ConnId| self.state.get_websockets_with_tag(&conn.to_string()).pop();
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
                        // It is no longer one of the tabs, even before its close arrives.
                        let _ = socket.serialize_attachment(IGNORED);
                        let _ = socket.close(Some(wire::CloseCode::Replaced.code()), Some("reloaded"));
                    }
                }
            }
        }
    }
}
