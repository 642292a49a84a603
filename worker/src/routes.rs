//! Which address leads where. Every path of a participant is below `/x/{experiment}/{subject}`, so that two windows of
//! one browser are two participants and a reload stays the same one.

use std::collections::BTreeMap;

use room::experiment::Answer;
use serde_json::json;
use worker::{Date, Env, Headers, Method, Request, Response, Url};

use crate::{
    auth::{self, Identity, Signer, Ticket},
    error::Fault,
    objects::{
        call,
        participant::{Position, Step},
    },
    pages::{self, Again},
    studies,
};

/// The longest form, in bytes.
const MAX_FORM: usize = 256 * 1024;

/// Answers a request; whatever goes wrong becomes a page, a JSON error or a close code.
pub async fn handle(request: Request, env: Env) -> worker::Result<Response> {
    let socket = is_socket(&request);
    let path = request.path();
    match route(request, &env).await {
        Ok(response) => Ok(response),
        Err(fault) if socket => fault.socket(),
        Err(fault) if path.starts_with("/api/") => fault.json(),
        Err(fault) => fault.page(&path),
    }
}

fn is_socket(request: &Request) -> bool {
    let upgrade = request.headers().get("upgrade").ok().flatten();
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

async fn route(request: Request, env: &Env) -> Result<Response, Fault> {
    let url = request.url()?;
    let path = url.path().to_owned();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (request.method(), parts.as_slice()) {
        (Method::Get, []) => page(pages::index(studies::all()?)),
        (Method::Get, ["api", "health"]) => health(),
        (Method::Get, ["x", experiment]) => enter(&request, env, &url, experiment),
        (Method::Get, ["x", experiment, subject]) => {
            let identity = identify(&request, env, experiment, subject)?;
            let experiment = studies::experiment(experiment)?;
            let mut position = position(env, &identity).await?;
            // Who reloads on the result of a game is done with it.
            if let Some(scene) = position.stager.played(experiment) {
                position = advance(env, &identity, scene, BTreeMap::new()).await?;
            }
            page(pages::scene(experiment, &position.stager, &base(&identity), None))
        }
        (Method::Post, ["x", experiment, subject, "scenes", scene]) => {
            let identity = identify(&request, env, experiment, subject)?;
            leave(request, env, &identity, scene).await
        }
        (Method::Get, ["x", experiment, subject, "lobby", scene]) => {
            let identity = identify(&request, env, experiment, subject)?;
            lobby(request, env, &identity, scene).await
        }
        (Method::Get, ["rooms", object, game]) => room(request, env, &url, object, game).await,
        _ => Err(Fault::NotFound("page")),
    }
}

fn page(markup: maud::Markup) -> Result<Response, Fault> {
    let response = Response::from_html(markup.into_string())?;
    let headers = Headers::new();
    headers.set("content-type", "text/html; charset=utf-8")?;
    headers.set("cache-control", "no-store")?;
    headers.set("content-security-policy", CONTENT_SECURITY_POLICY)?;
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("referrer-policy", "no-referrer")?;
    Ok(response.with_headers(headers))
}

/// Wasm needs its own word; everything else comes from here.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' \
     'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'";

/// Says that the deployment works, and that it simulates like every other build with the same digests.
fn health() -> Result<Response, Fault> {
    studies::all()?;
    let mut environments = serde_json::Map::new();
    for entry in envs::registry().iter() {
        let golden = entry
            .make(&serde_json::Value::Null)
            .and_then(|mut sim| env_sdk::conformance::golden(sim.as_mut()));
        let digests = golden.and_then(|golden| Ok((golden, entry.fingerprint()?)));
        let (golden, fingerprint) = digests.map_err(|e| Fault::Object(e.to_string()))?;
        let digests =
            json!({ "golden": format!("{golden:016x}"), "fingerprint": format!("{fingerprint:016x}") });
        environments.insert(entry.id.to_owned(), digests);
    }
    Ok(Response::from_json(&json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": room::wire::VERSION,
        "environments": environments,
    }))?)
}

/// Gives somebody an identity: the recruiter's, or a new one.
fn enter(request: &Request, env: &Env, url: &Url, experiment: &str) -> Result<Response, Fault> {
    let experiment = studies::experiment(experiment)?;
    let given = url.query_pairs().find(|(key, _)| key == "PROLIFIC_PID" || key == "workerId");
    let subject = match given {
        Some((_, id)) if auth::is_subject(&id) => id.into_owned(),
        Some((key, _)) => return Err(Fault::BadRequest(format!("{key} must be letters, digits, - and _"))),
        None => auth::random_hex::<8>()?,
    };
    let identity = Identity { experiment: experiment.id.clone(), subject };
    let secure = request.url()?.scheme() == "https";
    let cookie = auth::cookie(&Signer::new(env)?, &identity, secure)?;
    see_other(&base(&identity), Some(&cookie))
}

fn see_other(to: &str, cookie: Option<&str>) -> Result<Response, Fault> {
    let headers = Headers::new();
    headers.set("location", to)?;
    headers.set("cache-control", "no-store")?;
    if let Some(cookie) = cookie {
        headers.set("set-cookie", cookie)?;
    }
    Ok(Response::empty()?.with_status(303).with_headers(headers))
}

fn base(identity: &Identity) -> String {
    format!("/x/{}/{}", identity.experiment, identity.subject)
}

fn identify(request: &Request, env: &Env, experiment: &str, subject: &str) -> Result<Identity, Fault> {
    let experiment = studies::experiment(experiment)?;
    let identity = Identity { experiment: experiment.id.clone(), subject: subject.to_owned() };
    auth::check_cookie(&Signer::new(env)?, request.headers().get("cookie")?, &identity)?;
    Ok(identity)
}

async fn position(env: &Env, identity: &Identity) -> Result<Position, Fault> {
    call(env, "PARTICIPANT", &participant_name(identity), "/position", &()).await
}

fn participant_name(identity: &Identity) -> String {
    format!("{}/{}", identity.experiment, identity.subject)
}

/// Takes the form of a page, and goes on; or shows the page again, with what is wrong.
async fn leave(mut request: Request, env: &Env, identity: &Identity, scene: &str) -> Result<Response, Fault> {
    let experiment = studies::experiment(&identity.experiment)?;
    let position = position(env, identity).await?;
    // Asked here for the error's sake; the object decides.
    position.stager.clone().advance(experiment, scene)?;
    let mut answers = BTreeMap::new();
    if let Some(asked) = experiment.page(scene) {
        let sent = form(&mut request).await?;
        match asked.accept(&sent) {
            Ok(accepted) => answers = accepted,
            Err(complaints) => {
                let again = Again { sent: &sent, complaints: &complaints };
                let markup = pages::scene(experiment, &position.stager, &base(identity), Some(again));
                return Ok(page(markup)?.with_status(422));
            }
        }
    }
    advance(env, identity, scene, answers).await?;
    see_other(&base(identity), None)
}

/// The fields of a form. Longer than any page of ours can make it is not read.
async fn form(request: &mut Request) -> Result<Vec<(String, String)>, Fault> {
    let too_long = || Fault::BadRequest(format!("a form of more than {MAX_FORM} bytes"));
    let length = request.headers().get("content-length")?.and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_FORM) {
        return Err(too_long());
    }
    let body = request.bytes().await?;
    if body.len() > MAX_FORM {
        return Err(too_long());
    }
    serde_html_form::from_bytes(&body).map_err(|error| Fault::BadRequest(error.to_string()))
}

async fn advance(
    env: &Env,
    identity: &Identity,
    scene: &str,
    answers: BTreeMap<String, Answer>,
) -> Result<Position, Fault> {
    let step = Step { identity: identity.clone(), scene: scene.to_owned(), answers };
    call(env, "PARTICIPANT", &participant_name(identity), "/advance", &step).await
}

async fn lobby(request: Request, env: &Env, identity: &Identity, scene: &str) -> Result<Response, Fault> {
    let experiment = studies::experiment(&identity.experiment)?;
    studies::game(&experiment.id, scene)?;
    let position = position(env, identity).await?;
    position.stager.may_play(experiment, scene)?;
    let headers = Headers::from_iter(request.headers().entries());
    headers.set("x-footlights-subject", &identity.subject)?;
    headers.set("x-footlights-experiment", &experiment.id)?;
    headers.set("x-footlights-scene", scene)?;
    // Somebody whose game runs already goes back to it.
    if let Some(game) = position.game.filter(|game| game.scene == scene) {
        headers.set("x-footlights-socket", &game.socket)?;
    }
    forward(request, headers, env, "LOBBY", &format!("{}/{scene}", experiment.id)).await
}

async fn room(request: Request, env: &Env, url: &Url, object: &str, game: &str) -> Result<Response, Fault> {
    let signed = url.query_pairs().find(|(key, _)| key == "ticket").map(|(_, value)| value.into_owned());
    let ticket: Ticket = Signer::new(env)?.verify("ticket", &signed.unwrap_or_default())?;
    if ticket.object != object || ticket.game != game {
        return Err(Fault::Unauthorized);
    }
    if !is_socket(&request) {
        return Err(Fault::BadRequest("a room is a WebSocket".into()));
    }
    let headers = Headers::from_iter(request.headers().entries());
    headers.set("x-footlights-game", game)?;
    headers.set("x-footlights-agent", &ticket.agent.to_string())?;
    headers.set("x-footlights-subject", &ticket.subject)?;
    headers.set("x-footlights-stale", if Date::now().as_millis() > ticket.expires { "yes" } else { "no" })?;
    forward(request, headers, env, "ROOMS", object).await
}

async fn forward(
    request: Request,
    headers: Headers,
    env: &Env,
    class: &str,
    name: &str,
) -> Result<Response, Fault> {
    let mut init = worker::RequestInit::new();
    init.with_headers(headers);
    let request = Request::new_with_init(request.url()?.as_str(), &init)?;
    Ok(env.durable_object(class)?.get_by_name(name)?.fetch_with_request(request).await?)
}
