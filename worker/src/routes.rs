//! Which address leads where. Every path of a participant is below `/x/{experiment}/{subject}`, so that two windows of
//! one browser are two participants and a reload stays the same one.

use std::{pin::pin, time::Duration};

use footlights_engine::participant::Identity;
use footlights_env::Agent;
use footlights_experiment::{Experiment, Location, Scene};
use footlights_protocol::form::NEXT_PAGE;
use futures_util::future::{Either, select};
use wasm_bindgen::JsValue;
use worker::{Delay, Env, Headers, Method, Request, Response, Url, WebSocketPair};

use crate::{
    admin,
    auth::{self, Signer},
    clock::now,
    deletion,
    document::{Framed, framed, page},
    enter::{Entry, enter},
    error::ApiError,
    experiments, health,
    http::{form, is_socket, see_other},
    language::{self, LANGUAGE_FIELD},
    log,
    pages::{self, Retry, View},
    requests::{
        Address, AfterDeletion, CompleteExperiment, EnterLobby, LobbyHandoff, OpenPage, PageState,
        ParticipantRequest, PlayAlone, RoomHandoff, SubmitPage, SubmitReply, TabHandoff, call, hand_over,
    },
    watch::{self, catalog, cors, limits},
};

/// What stands between a participant's name and their key in an address.
const KEY: char = '.';
/// The longest name of a tab.
const MAX_TAB: usize = 40;
/// How long a page waits for the room of somebody who plays alone; the page gets it from the lobby otherwise.
const AHEAD: Duration = Duration::from_secs(2);

/// Answers a request. An error becomes a page, a JSON object or a close code.
pub async fn handle(request: Request, env: Env) -> worker::Result<Response> {
    let socket = is_socket(&request);
    let path = request.path();
    let in_frame = request.headers().get("sec-fetch-dest").ok().flatten().is_some_and(|to| to == "iframe");
    let proof = request.url().ok().and_then(|url| parameter(&url, auth::PROOF));
    let reads = reader(&request, &path);
    match route(request, &env).await {
        Ok(response) => Ok(response),
        Err(error) if socket && (path == "/ws" || path.starts_with("/ws/")) => error.json_socket(),
        Err(error) if socket => error.socket(),
        Err(error) if path.starts_with("/api/") => error.json(),
        Err(error) if path == "/admin" || path.starts_with("/admin/") => admin::problem(&error),
        Err(error) => {
            let proof = proof.map(|proof| format!("?{}={proof}", auth::PROOF)).unwrap_or_default();
            let words = reads.map(|experiment| experiment.words().clone()).unwrap_or_default();
            error.page(&format!("{path}{proof}"), in_frame, &words)
        }
    }
}

/// The experiment below which an address is, in the language that the person reads.
fn reader(request: &Request, path: &str) -> Option<&'static Experiment> {
    let id = path.strip_prefix("/x/")?.split('/').next()?;
    let experiment = experiments::experiment(id).ok()?;
    Some(experiment.in_language(language::asked(experiment, &request.url().ok()?, request)))
}

/// Whether an address is one of those that anybody may ask, as often as they like.
fn is_watching(parts: &[&str]) -> bool {
    matches!(
        parts,
        [] | ["watch" | "train"]
            | ["ws", ..]
            | ["api", "models", _]
            | ["api", "models" | "failures" | "failure_summary" | "openapi.json"]
    )
}

async fn route(request: Request, env: &Env) -> Result<Response, ApiError> {
    let url = request.url()?;
    let path = url.path().to_owned();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if is_watching(&parts) && request.method() == Method::Get {
        limits::check(&request, env).await?;
    }
    match (request.method(), parts.as_slice()) {
        (Method::Get, []) if !wants_html(&request) => cors::open(&request, env, watch::health(env).await?),
        (Method::Get, []) => Ok(page(pages::index(experiments::all(), catalog::usual().is_some()))?),
        (Method::Get, ["watch"]) => Ok(page(pages::watch(&catalog::told(env).await?))?),
        (Method::Get, ["train"]) => {
            let environments: Vec<&str> =
                footlights_app::installed().registry().iter().map(|entry| entry.id).collect();
            let usual = catalog::usual().map(|(environment, _)| environment);
            Ok(page(pages::train(&catalog::told(env).await?, &environments, usual))?)
        }
        (Method::Get, ["ws"]) => {
            if !is_socket(&request) {
                return Err(ApiError::BadRequest("a session is a WebSocket".into()));
            }
            watch::open_session(&request, env, parameter(&url, "session")).await
        }
        (Method::Get, ["ws", "training"]) => {
            if !is_socket(&request) {
                return Err(ApiError::BadRequest("watching a training is a WebSocket".into()));
            }
            watch::watch_training(&request, env, parameter(&url, "run"), parameter(&url, "token")).await
        }
        (Method::Get, ["ws", "training", "publish"]) => {
            if !is_socket(&request) {
                return Err(ApiError::BadRequest("telling of a training is a WebSocket".into()));
            }
            watch::publish_training(&request, env, parameter(&url, "run")).await
        }
        (Method::Get, ["api", "models", file]) => {
            cors::open(&request, env, watch::model_file(env, file).await?)
        }
        (Method::Get, ["api", "models"]) => cors::open(&request, env, watch::models(env).await?),
        (Method::Get, ["api", "failures"]) => {
            cors::open(&request, env, watch::failures::list(env, &url).await?)
        }
        (Method::Get, ["api", "failure_summary"]) => {
            cors::open(&request, env, watch::failures::summary(env, &url).await?)
        }
        (Method::Get, ["api", "openapi.json"]) => cors::open(&request, env, watch::description()?),
        (Method::Options, [] | ["api", "models" | "failures" | "failure_summary" | "openapi.json"]) => {
            cors::preflight(&request, env)
        }
        (Method::Get, ["api", "health"]) => health::response(),
        (_, ["api", "admin", path @ ..]) => admin::handle(&request, env, path).await,
        (_, ["admin", path @ ..]) => admin::page(request, env, path).await,
        (Method::Get, ["x", experiment]) => {
            let identity = match enter(env, &request, &url, experiment)? {
                Entry::Participant(identity) => identity,
                Entry::Preview(experiment) => {
                    return Ok(framed(pages::preview(experiment), Framed::Anywhere)?);
                }
            };
            let secure = url.scheme() == "https";
            let (headers, signer) = (Headers::new(), Signer::new(env)?);
            headers.set("set-cookie", &auth::cookie(&signer, &identity, secure)?)?;
            let mut to = format!("/x/{}/{}", identity.experiment, identity.subject);
            if navigates(&request) {
                // What stands behind the sign is not sent. The page's program uses it where no cookie was kept, and takes
                // it out of the address otherwise.
                to.push_str(&format!("#{}", auth::proof(&signer, &identity)?));
            }
            see_other(&to, headers)
        }
        (Method::Get, ["x", experiment, subject]) => {
            open_page(env, &identify(&request, env, &url, experiment, subject)?).await
        }
        (Method::Post, ["x", experiment, subject, "scenes", scene]) => {
            let visitor = identify(&request, env, &url, experiment, subject)?;
            submit_page(request, env, visitor, scene).await
        }
        (Method::Post, ["x", experiment, subject, "complete"]) => {
            complete_experiment(env, &identify(&request, env, &url, experiment, subject)?).await
        }
        (Method::Post, ["x", experiment, subject, "withdraw"]) => {
            withdraw(env, &identify(&request, env, &url, experiment, subject)?).await
        }
        (Method::Get, ["x", experiment, subject, "copy", scene]) => {
            copy_page(env, &identify(&request, env, &url, experiment, subject)?, scene).await
        }
        // A page that was the answer to a form in a browser without the page's program, and is reloaded.
        (Method::Get, ["x", experiment, subject, "complete"] | ["x", experiment, subject, "scenes", _]) => {
            see_other(&identify(&request, env, &url, experiment, subject)?.base, Headers::new())
        }
        // Pages measure their round trip with it.
        (Method::Get, ["x", _, _, "ping"]) => {
            // And whether a socket opens.
            if is_socket(&request) {
                let pair = WebSocketPair::new()?;
                pair.server.accept()?;
                pair.server.close(Some(1000), Some("it opens"))?;
                return Ok(Response::from_websocket(pair.client)?);
            }
            let headers = Headers::new();
            headers.set("cache-control", "no-store")?;
            Ok(Response::empty()?.with_status(204).with_headers(headers))
        }
        (Method::Get, ["x", experiment, subject, "tab"]) => {
            let visitor = identify(&request, env, &url, experiment, subject)?;
            open_tab(&request, env, &url, &visitor.identity).await
        }
        (Method::Get, ["x", experiment, subject, "lobby", scene]) => {
            let visitor = identify(&request, env, &url, experiment, subject)?;
            enter_lobby(&request, env, &visitor.identity, scene).await
        }
        (Method::Get, ["rooms", object, game]) => enter_room(&request, env, &url, object, game).await,
        _ => Err(ApiError::NotFound("there is no such page")),
    }
}

fn address(identity: &Identity) -> Address<ParticipantRequest> {
    Address::participant(&identity.experiment, &identity.subject)
}

/// Who asks for a page.
struct Visitor {
    identity: Identity,
    /// The beginning of their addresses.
    base: String,
    /// Where their pages may be shown: without a cookie anywhere.
    framed: Framed,
    /// What proves who they are until they have begun, without a cookie.
    proof: Option<String>,
    /// The language that they ask for now.
    chosen: Option<String>,
}

/// Who asks for a page of that participant. A cookie proves it; where a browser keeps none, as in the frame of another site,
/// the address does, by a key behind the participant's name or, until they have begun, by the proof that the entrance gave.
fn identify(
    request: &Request,
    env: &Env,
    url: &Url,
    experiment: &str,
    named: &str,
) -> Result<Visitor, ApiError> {
    let experiment = experiments::experiment(experiment)?;
    let signer = Signer::new(env)?;
    let (subject, key) = named.split_once(KEY).map_or((named, None), |(subject, key)| (subject, Some(key)));
    let proof = parameter(url, auth::PROOF);
    let chosen = language::chosen(url).map(|asked| experiment.language_for(Some(&asked), "").to_owned());
    if key.is_none() && proof.is_none() {
        let cookies = request.headers().get("cookie")?;
        let identity = auth::check_cookie(&signer, cookies, &experiment.id, subject)?;
        let base = format!("/x/{}/{subject}", experiment.id);
        return Ok(Visitor { identity, base, framed: Framed::Here, proof: None, chosen });
    }
    if let Some(key) = key {
        signer.check_key(&experiment.id, subject, key)?;
    }
    let identity = match &proof {
        Some(proof) => auth::check_proof(&signer, proof, &experiment.id, subject)?,
        None => {
            Identity { experiment: experiment.id.clone(), subject: subject.into(), ..Identity::default() }
        }
    };
    let base = format!("/x/{}/{subject}{KEY}{}", experiment.id, signer.key(&experiment.id, subject)?);
    Ok(Visitor { identity, base, framed: Framed::Anywhere, proof, chosen })
}

/// Whether a browser asks, for a page.
fn wants_html(request: &Request) -> bool {
    let accept = request.headers().get("accept").ok().flatten().unwrap_or_default();
    accept.contains("text/html")
}

/// Whether a browser asks, for a page that it will show (Fetch Metadata).
fn navigates(request: &Request) -> bool {
    request.headers().get("sec-fetch-mode").ok().flatten().is_some_and(|mode| mode == "navigate")
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The page of the scene in which a participant is.
fn show(
    visitor: &Visitor,
    state: &PageState,
    saved: bool,
    again: Option<Retry<'_>>,
) -> Result<Response, ApiError> {
    Ok(framed(pages::scene(&view(visitor, state, saved)?, again), visitor.framed)?)
}

/// What the pages of a participant are made of.
fn view<'a>(visitor: &'a Visitor, state: &'a PageState, saved: bool) -> Result<View<'a>, ApiError> {
    let begun = state.session.progress.begun();
    if !begun && visitor.framed == Framed::Anywhere && visitor.proof.is_none() {
        return Err(ApiError::Unauthorized);
    }
    let usual = experiments::experiment(&visitor.identity.experiment)?;
    let language = match &visitor.chosen {
        _ if begun => &state.session.language,
        Some(chosen) => chosen,
        None => &visitor.identity.language,
    };
    Ok(View {
        experiment: usual.in_language(language),
        usual,
        time_left: state.time_left,
        room: state.room.as_deref(),
        chosen: visitor.chosen.as_deref().filter(|_| !begun),
        session: &state.session,
        base: &visitor.base,
        leads_to: state.leads_to.as_ref(),
        proof: visitor.proof.as_deref().filter(|_| !begun),
        saved,
    })
}

/// Deletes the data of a participant who is on the last page and wishes so.
async fn withdraw(env: &Env, visitor: &Visitor) -> Result<Response, ApiError> {
    let Identity { experiment, subject, identifiers, .. } = &visitor.identity;
    if !experiments::experiment(experiment)?.withdrawal {
        return Err(ApiError::NotFound("there is no such page"));
    }
    let request = CompleteExperiment { experiment: experiment.clone(), identifiers: identifiers.clone() };
    let Some(state) = call(env, &address(&visitor.identity), request).await? else {
        return see_other(&visitor.base, Headers::new());
    };
    deletion::delete(env, experiment, subject, AfterDeletion::Gone).await?;
    Ok(framed(pages::withdrawn(&view(visitor, &state, true)?), visitor.framed)?)
}

/// The text of a page that participants can keep, as a file.
async fn copy_page(env: &Env, visitor: &Visitor, scene: &str) -> Result<Response, ApiError> {
    let Identity { experiment, identifiers, .. } = &visitor.identity;
    let request =
        OpenPage { experiment: experiment.clone(), identifiers: identifiers.clone(), language: None };
    let state = call(env, &address(&visitor.identity), request).await?;
    let view = view(visitor, &state, false)?;
    let page = view.experiment.page(scene).filter(|page| page.copy);
    let page = page.ok_or(ApiError::NotFound("there is no such page"))?;
    let response = framed(pages::copy(&view, page), visitor.framed)?;
    let name = format!("attachment; filename=\"{experiment}-{scene}.html\"");
    response.headers().set("content-disposition", &name)?;
    Ok(response)
}

async fn open_page(env: &Env, visitor: &Visitor) -> Result<Response, ApiError> {
    show(visitor, &page_state(env, visitor).await?, false, None)
}

/// What the page of a participant shows.
async fn page_state(env: &Env, visitor: &Visitor) -> Result<PageState, ApiError> {
    let Identity { experiment, identifiers, .. } = &visitor.identity;
    let request = OpenPage {
        experiment: experiment.clone(),
        identifiers: identifiers.clone(),
        language: visitor.chosen.clone(),
    };
    call(env, &address(&visitor.identity), request).await
}

/// Takes the form of a page: the participant goes on, or sees the page again with what is wrong.
async fn submit_page(
    mut request: Request,
    env: &Env,
    mut visitor: Visitor,
    scene: &str,
) -> Result<Response, ApiError> {
    let mut sent = form(&mut request).await?;
    if let Some(place) = sent.iter().position(|(name, _)| name == auth::PROOF_FIELD) {
        let (_, proof) = sent.swap_remove(place);
        let Identity { experiment, subject, .. } = &visitor.identity;
        visitor.identity = auth::check_proof(&Signer::new(env)?, &proof, experiment, subject)?;
        visitor.proof = Some(proof);
    }
    if let Some(place) = sent.iter().position(|(name, _)| name == LANGUAGE_FIELD) {
        let (_, language) = sent.swap_remove(place);
        visitor.identity.language = language;
    }
    let user_agent = request.headers().get("user-agent")?.unwrap_or_default();
    let location = location_of(&request);
    let by_program = request.headers().get(NEXT_PAGE)?.is_some();
    let request = SubmitPage {
        identity: visitor.identity.clone(),
        scene: scene.to_owned(),
        sent: sent.clone(),
        user_agent,
    };
    match call(env, &address(&visitor.identity), request).await? {
        // The page's program shows the next scene at once; a browser is sent there, so that a reload sends no form again.
        SubmitReply::Accepted if by_program => {
            let visitor = Visitor { proof: None, chosen: None, ..visitor };
            let mut state = page_state(env, &visitor).await?;
            if state.room.is_none() {
                state.room = play_alone(env, &visitor.identity, &state, location).await;
            }
            let response = show(&visitor, &state, false, None)?;
            response.headers().set("content-location", &visitor.base)?;
            Ok(response)
        }
        SubmitReply::Accepted => see_other(&visitor.base, Headers::new()),
        SubmitReply::Retry { errors, attempts_left, page } => {
            let again = Retry { sent: &sent, errors: &errors, attempts_left };
            Ok(show(&visitor, &page, false, Some(again))?.with_status(422))
        }
    }
}

/// Opens the room of somebody who plays alone together with the page: on a slow line that is a second less than by the lobby,
/// where the page goes if there is none.
async fn play_alone(
    env: &Env,
    identity: &Identity,
    state: &PageState,
    location: Option<Location>,
) -> Option<String> {
    let experiment = experiments::experiment(&identity.experiment).ok()?;
    let progress = &state.session.progress;
    let Some(Scene::Game(game)) = progress.current(experiment) else { return None };
    if !game.begins_at_once() || progress.outcome(&game.id).is_some() {
        return None;
    }
    let opened = async {
        let enter = EnterLobby { experiment: identity.experiment.clone(), scene: game.id.clone() };
        let entry = call(env, &address(identity), enter).await?;
        if let Some(running) = entry.running_socket {
            return Ok(running);
        }
        let play = PlayAlone {
            experiment: identity.experiment.clone(),
            scene: game.id.clone(),
            subject: identity.subject.clone(),
            globals: entry.globals,
            location,
        };
        call(env, &Address::lobby(&identity.experiment, &game.id), play).await
    };
    let opened: Result<String, ApiError> = match select(pin!(opened), pin!(Delay::from(AHEAD))).await {
        Either::Left((opened, _)) => opened,
        Either::Right(_) => Err(ApiError::Internal("the room was not open in time".into())),
    };
    opened.inspect_err(|error| log!("warn", "not_opened_ahead", "detail": error.to_string())).ok()
}

/// The last page: shows the code once everything is saved.
async fn complete_experiment(env: &Env, visitor: &Visitor) -> Result<Response, ApiError> {
    let Identity { experiment, identifiers, .. } = &visitor.identity;
    let request = CompleteExperiment { experiment: experiment.clone(), identifiers: identifiers.clone() };
    match call(env, &address(&visitor.identity), request).await? {
        Some(state) => show(visitor, &state, true, None),
        None => see_other(&visitor.base, Headers::new()),
    }
}

async fn open_tab(
    request: &Request,
    env: &Env,
    url: &Url,
    identity: &Identity,
) -> Result<Response, ApiError> {
    if !is_socket(request) {
        return Err(ApiError::BadRequest("a tab is a WebSocket".into()));
    }
    let tab = parameter(url, "tab").filter(|tab| tab.len() <= MAX_TAB);
    let tab = tab.ok_or_else(|| ApiError::BadRequest("a tab has a name".into()))?;
    hand_over(env, &address(identity), request, &TabHandoff { tab }).await
}

async fn enter_lobby(
    request: &Request,
    env: &Env,
    identity: &Identity,
    scene: &str,
) -> Result<Response, ApiError> {
    experiments::game(&identity.experiment, scene)?;
    if !is_socket(request) {
        return Err(ApiError::BadRequest("a lobby is a WebSocket".into()));
    }
    let enter = EnterLobby { experiment: identity.experiment.clone(), scene: scene.to_owned() };
    let entry = call(env, &address(identity), enter).await?;
    let handoff = LobbyHandoff {
        experiment: identity.experiment.clone(),
        scene: scene.to_owned(),
        subject: identity.subject.clone(),
        since: entry.since,
        globals: entry.globals,
        location: location_of(request),
        running_socket: entry.running_socket,
    };
    hand_over(env, &Address::lobby(&identity.experiment, scene), request, &handoff).await
}

/// Where a request comes from, as Cloudflare estimates it. Read field by field: `worker`'s own accessor panics on what
/// is not a number.
fn location_of(request: &Request) -> Option<Location> {
    let field = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let cf = field(request.inner().as_ref(), "cf").filter(JsValue::is_object)?;
    let degrees = |name: &str| field(&cf, name)?.as_string()?.parse().ok();
    Location::new(degrees("latitude")?, degrees("longitude")?)
}

async fn enter_room(
    request: &Request,
    env: &Env,
    url: &Url,
    object: &str,
    game: &str,
) -> Result<Response, ApiError> {
    let signed = parameter(url, "ticket").unwrap_or_default();
    let ticket = Signer::new(env)?.verify_ticket(&signed)?;
    if !ticket.is_for(object, game) {
        return Err(ApiError::Unauthorized);
    }
    if !is_socket(request) {
        return Err(ApiError::BadRequest("a room is a WebSocket".into()));
    }
    let handoff = RoomHandoff {
        ticket_expired: ticket.is_expired(now()),
        game: ticket.game,
        agent: Agent(ticket.agent),
        subject: ticket.subject,
    };
    hand_over(env, &Address::rooms(object), request, &handoff).await
}
