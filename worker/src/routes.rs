//! Which address leads where. Every path of a participant is below `/x/{experiment}/{subject}`, so that two windows of
//! one browser are two participants and a reload stays the same one.

use std::collections::BTreeMap;

use footlights_engine::{
    lobby,
    participant::{Identity, Participant},
};
use footlights_experiment::{
    Location,
    recruiter::{RECRUITERS, Recruiter},
};
use serde_json::json;
use wasm_bindgen::JsValue;
use worker::{Date, Env, Headers, Method, Request, Response, Url};

use crate::{
    admin,
    auth::{self, Signer, Ticket},
    costs::{self, Cost},
    error::Fault,
    objects::{
        call,
        participant::{Form, Place, Wait, Waiting},
    },
    pages::{self, Retry, View},
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
        Err(fault) if path == "/admin" || path.starts_with("/admin/") => admin::problem(&fault),
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
        (_, ["api", "admin", path @ ..]) => admin::handle(&request, env, path).await,
        (_, ["admin", path @ ..]) => admin::page(request, env, path).await,
        (Method::Get, ["x", experiment]) => enter(&request, env, &url, experiment),
        (Method::Get, ["x", experiment, subject]) => {
            let identity = identify(&request, env, experiment, subject)?;
            let experiment = studies::experiment(experiment)?;
            let mut record = record(env, &identity).await?;
            // Who reloads on the result of a game is done with it.
            if let Some(scene) = record.session.progress.is_over(experiment) {
                record = submit(env, &identity, scene, Vec::new(), String::new()).await?.record;
            }
            let view = View { experiment, session: &record.session, base: &base(&identity), saved: false };
            page(pages::scene(&view, None))
        }
        (Method::Post, ["x", experiment, subject, "scenes", scene]) => {
            let identity = identify(&request, env, experiment, subject)?;
            leave(request, env, &identity, scene).await
        }
        (Method::Post, ["x", experiment, subject, "complete"]) => {
            let identity = identify(&request, env, experiment, subject)?;
            complete(env, &identity).await
        }
        // Where a form was posted from a browser without the page's program, and its page loaded anew.
        (Method::Get, ["x", experiment, subject, "complete"] | ["x", experiment, subject, "scenes", _]) => {
            see_other(&base(&identify(&request, env, experiment, subject)?), None)
        }
        // What a page measures its round trip with.
        (Method::Get, ["x", _, _, "ping"]) => {
            let headers = Headers::new();
            headers.set("cache-control", "no-store")?;
            Ok(Response::empty()?.with_status(204).with_headers(headers))
        }
        (Method::Get, ["x", experiment, subject, "tab"]) => {
            let identity = identify(&request, env, experiment, subject)?;
            if !is_socket(&request) {
                return Err(Fault::BadRequest("a tab is a WebSocket".into()));
            }
            let headers = Headers::from_iter(request.headers().entries());
            forward(request, headers, env, "PARTICIPANT", &participant_name(&identity), Some("/tab")).await
        }
        (Method::Get, ["x", experiment, subject, "lobby", scene]) => {
            let identity = identify(&request, env, experiment, subject)?;
            lobby(request, env, &identity, scene).await
        }
        (Method::Get, ["rooms", object, game]) => room(request, env, &url, object, game).await,
        _ => Err(Fault::NotFound("page")),
    }
}

/// A page of ours, with the headers that every one has.
pub fn page(markup: maud::Markup) -> Result<Response, Fault> {
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
    for entry in footlights_example_environments::registry().iter() {
        let golden =
            entry.make_default().and_then(|mut sim| footlights_env::conformance::golden(sim.as_mut()));
        let digests = golden.and_then(|golden| Ok((golden, entry.fingerprint()?)));
        let (golden, fingerprint) = digests.map_err(|e| Fault::Object(e.to_string()))?;
        let digests =
            json!({ "golden": format!("{golden:016x}"), "fingerprint": format!("{fingerprint:016x}") });
        environments.insert(entry.id.to_owned(), digests);
    }
    Ok(Response::from_json(&json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": footlights_protocol::wire::VERSION,
        "environments": environments,
    }))?)
}

/// The longest parameter of an address that is kept, in characters.
const MAX_PARAMETER: usize = 200;

/// Gives somebody an identity: the recruiter's, under a pseudonym, or a new one. Nothing is stored yet.
fn enter(request: &Request, env: &Env, url: &Url, experiment: &str) -> Result<Response, Fault> {
    let experiment = studies::experiment(experiment)?;
    let signer = Signer::new(env)?;
    let given: BTreeMap<String, String> =
        url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    let recruiter = RECRUITERS.iter().find(|recruiter| given.contains_key(recruiter.participant));
    let (source, subject) = match recruiter {
        Some(Recruiter { source, participant, .. }) => {
            let value = given.get(*participant).map(String::as_str).unwrap_or_default();
            if !auth::is_id(value) {
                let why = format!(
                    "{participant} is {value:?}; it must be letters, digits, - and _, filled in by the recruiter"
                );
                return Err(Fault::BadRequest(why));
            }
            (*source, signer.pseudonym(&experiment.id, source, value)?)
        }
        None => ("link", auth::random_hex::<8>()?),
    };
    let pick = |names: &mut dyn Iterator<Item = &str>| {
        names
            .filter_map(|name| {
                let value: String = given.get(name)?.chars().take(MAX_PARAMETER).collect();
                Some((name.to_owned(), value))
            })
            .collect()
    };
    let identity = Identity {
        experiment: experiment.id.clone(),
        subject,
        source: source.to_owned(),
        identifiers: pick(&mut recruiter.into_iter().flat_map(Recruiter::parameters)),
        parameters: pick(&mut experiment.parameters.iter().map(String::as_str)),
    };
    let secure = request.url()?.scheme() == "https";
    let cookie = auth::cookie(&signer, &identity, secure)?;
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
    auth::check_cookie(&Signer::new(env)?, request.headers().get("cookie")?, &experiment.id, subject)
}

async fn record(env: &Env, identity: &Identity) -> Result<Participant, Fault> {
    call(env, "PARTICIPANT", &participant_name(identity), "/position", &()).await
}

fn participant_name(identity: &Identity) -> String {
    format!("{}/{}", identity.experiment, identity.subject)
}

/// Takes the form of a page, and goes on; or shows the page again, with what is wrong.
async fn leave(mut request: Request, env: &Env, identity: &Identity, scene: &str) -> Result<Response, Fault> {
    let experiment = studies::experiment(&identity.experiment)?;
    let sent = form(&mut request).await?;
    let user_agent = request.headers().get("user-agent")?.unwrap_or_default();
    let Place { record, again } = submit(env, identity, scene, sent.clone(), user_agent).await?;
    match again {
        Some((errors, attempts_left)) => {
            let again = Retry { sent: &sent, errors: &errors, attempts_left };
            let view = View { experiment, session: &record.session, base: &base(identity), saved: false };
            Ok(page(pages::scene(&view, Some(again)))?.with_status(422))
        }
        None => see_other(&base(identity), None),
    }
}

/// The last page: shows the code once everything is saved for good.
async fn complete(env: &Env, identity: &Identity) -> Result<Response, Fault> {
    let experiment = studies::experiment(&identity.experiment)?;
    let record = record(env, identity).await?;
    if record.ending(experiment).is_none() {
        return see_other(&base(identity), None);
    }
    let () = call(env, "PARTICIPANT", &participant_name(identity), "/complete", &()).await?;
    let view = View { experiment, session: &record.session, base: &base(identity), saved: true };
    page(pages::scene(&view, None))
}

/// The fields of a form. Longer than any page of ours can make it is not read.
pub async fn form(request: &mut Request) -> Result<Vec<(String, String)>, Fault> {
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

async fn submit(
    env: &Env,
    identity: &Identity,
    scene: &str,
    sent: Vec<(String, String)>,
    user_agent: String,
) -> Result<Place, Fault> {
    let form = Form { identity: identity.clone(), scene: scene.to_owned(), sent, user_agent };
    call(env, "PARTICIPANT", &participant_name(identity), "/submit", &form).await
}

async fn lobby(request: Request, env: &Env, identity: &Identity, scene: &str) -> Result<Response, Fault> {
    let experiment = studies::experiment(&identity.experiment)?;
    let game = studies::game(&experiment.id, scene)?;
    if !is_socket(&request) {
        return Err(Fault::BadRequest("a lobby is a WebSocket".into()));
    }
    // Asked first: who is elsewhere must not begin to wait here.
    record(env, identity).await?.session.progress.may_play(experiment, scene)?;
    let wait = Wait { scene: scene.to_owned() };
    let Waiting { since, record } =
        call(env, "PARTICIPANT", &participant_name(identity), "/wait", &wait).await?;
    // Somebody whose game runs already goes back to it.
    let socket = record.game.filter(|game| game.scene == scene).map(|game| game.socket);
    let globals = lobby::project_globals(record.session.progress.globals(), &game.waitroom.needs());
    let headers = Headers::from_iter(request.headers().entries());
    headers.set("x-footlights-subject", &identity.subject)?;
    headers.set("x-footlights-experiment", &experiment.id)?;
    headers.set("x-footlights-scene", scene)?;
    headers.set("x-footlights-since", &since.to_string())?;
    headers.set("x-footlights-globals", &auth::encode(&globals)?)?;
    // Set in any case: what the browser may have sent under these names counts for nothing.
    let place = place_of(&request).map(|place| auth::encode(&place)).transpose()?;
    headers.set("x-footlights-place", &place.unwrap_or_default())?;
    headers.set("x-footlights-socket", &socket.unwrap_or_default())?;
    forward(request, headers, env, "LOBBY", &format!("{}/{scene}", experiment.id), None).await
}

/// Where a request comes from, as Cloudflare estimates it. Read field by field: `worker`'s own accessor panics on what is
/// not a number.
fn place_of(request: &Request) -> Option<Location> {
    let field = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let cf = field(request.inner().as_ref(), "cf").filter(JsValue::is_object)?;
    let degrees = |name: &str| field(&cf, name)?.as_string()?.parse().ok();
    Location::new(degrees("latitude")?, degrees("longitude")?)
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
    forward(request, headers, env, "ROOMS", object, None).await
}

async fn forward(
    request: Request,
    headers: Headers,
    env: &Env,
    class: &str,
    name: &str,
    path: Option<&str>,
) -> Result<Response, Fault> {
    let mut init = worker::RequestInit::new();
    init.with_headers(headers);
    let mut url = request.url()?;
    if let Some(path) = path {
        url.set_path(path);
    }
    let request = Request::new_with_init(url.as_str(), &init)?;
    costs::add(Cost::ObjectRequests, 1);
    Ok(env.durable_object(class)?.get_by_name(name)?.fetch_with_request(request).await?)
}
