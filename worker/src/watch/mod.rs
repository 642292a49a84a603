//! Watching policies play: `/ws`, its models, and the health of all of it as the Hamlet metaserver tells it.

pub mod catalog;
pub mod cors;
pub mod failures;
pub mod limits;

use serde::Serialize;
use worker::{Env, Headers, Request, Response};

use crate::{
    admin, auth,
    error::ApiError,
    requests::{
        Address, CountSessions, CountViewers, Rights, TrainingHandoff, WatchHandoff, call, hand_over,
    },
    store::models,
};

/// How many objects are asked for room, one after the other, before a client is turned away.
const MOST_OBJECTS: u32 = 64;
/// The status with which an object says that it has no room.
pub const FULL: u16 = 503;

/// Opens a session, or goes on with the one that `session` names: in the first object that has room.
pub async fn open_session(
    request: &Request,
    env: &Env,
    session: Option<String>,
) -> Result<Response, ApiError> {
    let known = session.as_deref().and_then(object_of);
    let objects = known.map_or((0, MOST_OBJECTS), |object| (object, object + 1));
    for object in objects.0..objects.1 {
        let id = match &session {
            Some(id) if known.is_some() => id.clone(),
            _ => format!("{object}-{}", auth::random_hex::<12>()?),
        };
        let handoff = WatchHandoff { session: id, seed: auth::random_u64()? % SEEDS };
        let answer = hand_over(env, &Address::watch(object), request, &handoff).await?;
        if answer.status_code() != FULL {
            return Ok(answer);
        }
    }
    Err(ApiError::Internal("every object for watching is full".into()))
}

/// Seeds are numbers that a person can read to another.
const SEEDS: u64 = 1_000_000;

/// The number of the object that a session is in: the start of its name.
fn object_of(session: &str) -> Option<u32> {
    let (object, rest) = session.split_once('-')?;
    let is_ours = rest.len() == 24 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    object.parse().ok().filter(|object| is_ours && *object < MOST_OBJECTS)
}

/// How many sessions are open.
async fn sessions(env: &Env) -> Result<u32, ApiError> {
    let mut sum = 0;
    for object in 0..MOST_OBJECTS {
        let count = call(env, &Address::watch(object), CountSessions {}).await?;
        sum += count.open;
        if !count.full {
            break;
        }
    }
    Ok(sum)
}

/// The run that is meant when none is named.
const USUAL_RUN: &str = "training";
/// The longest name of a run: the names of its models begin with it.
const LONGEST_RUN: usize = 60;
/// The variable that says who may control a run: `open` lets everybody, as on a researcher's own machine.
const WHO_TRAINS: &str = "FOOTLIGHTS_TRAINING";

/// Lets somebody watch a training run; who comes with the token may control it.
pub async fn watch_training(
    request: &Request,
    env: &Env,
    run: Option<String>,
    token: Option<String>,
) -> Result<Response, ApiError> {
    let may_control = match token {
        // A wrong token is an error, so that nobody wonders why the buttons do nothing.
        Some(token) => {
            admin::check_token(env, &token)?;
            true
        }
        None => is_open(env),
    };
    to_run(request, env, run, if may_control { Rights::Control } else { Rights::Watch }).await
}

/// Lets a trainer elsewhere tell of a run.
pub async fn publish_training(
    request: &Request,
    env: &Env,
    run: Option<String>,
) -> Result<Response, ApiError> {
    let header = request.headers().get("authorization")?;
    if header.is_some() || !is_open(env) {
        admin::check_request(env, request)?;
    }
    to_run(request, env, run, Rights::Publish).await
}

/// The file of a model that was learnt here: a lab plays it as a seat of its studies.
pub async fn model_file(env: &Env, file: &str) -> Result<Response, ApiError> {
    let name = file.strip_suffix(".onnx").ok_or(NO_MODEL)?;
    let (bytes, about) = models::load(env, name).await?.ok_or(NO_MODEL)?;
    let headers = Headers::new();
    headers.set("content-type", "application/octet-stream")?;
    headers.set("content-disposition", &format!("attachment; filename=\"{name}.onnx\""))?;
    headers.set("etag", &format!("\"{}\"", about.digest))?;
    Ok(Response::from_bytes(bytes)?.with_headers(headers))
}

const NO_MODEL: ApiError = ApiError::NotFound("no model of that name was learnt here");

/// Whether everybody may control a run here.
fn is_open(env: &Env) -> bool {
    env.var(WHO_TRAINS).is_ok_and(|who| who.to_string() == "open")
}

async fn to_run(
    request: &Request,
    env: &Env,
    run: Option<String>,
    rights: Rights,
) -> Result<Response, ApiError> {
    let run = run.unwrap_or_else(|| USUAL_RUN.to_owned());
    if !models::is_name(&run) || run.len() > LONGEST_RUN {
        return Err(ApiError::BadRequest(format!(
            "a run's name has letters, digits, _ and - only, at most {LONGEST_RUN}"
        )));
    }
    let handoff = TrainingHandoff { run: run.clone(), rights };
    hand_over(env, &Address::training(&run), request, &handoff).await
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    endpoints: Endpoints,
    active_sessions: Active,
    training_active: bool,
}

#[derive(Serialize)]
struct Endpoints {
    inference: &'static str,
    training: &'static str,
}

#[derive(Serialize)]
struct Active {
    inference: u32,
    training: u32,
}

/// `GET /` for programs.
pub async fn health(env: &Env) -> Result<Response, ApiError> {
    let training = call(env, &Address::training(USUAL_RUN), CountViewers {}).await?;
    Ok(Response::from_json(&Health {
        status: "running",
        service: "Footlights",
        version: env!("CARGO_PKG_VERSION"),
        endpoints: Endpoints { inference: "/ws", training: "/ws/training" },
        active_sessions: Active { inference: sessions(env).await?, training: training.viewers },
        training_active: training.active,
    })?)
}

#[derive(Serialize)]
struct Models {
    models: Vec<String>,
    count: usize,
    details: Vec<catalog::Detail>,
}

/// `GET /api/models`.
pub async fn models(env: &Env) -> Result<Response, ApiError> {
    let details = catalog::details(env).await?;
    let models: Vec<String> = details.iter().map(|detail| detail.name.clone()).collect();
    Ok(Response::from_json(&Models { count: models.len(), models, details })?)
}

/// `GET /api/openapi.json`: the description of all that.
pub fn description() -> Result<Response, ApiError> {
    let response = Response::ok(include_str!("openapi.json"))?;
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    Ok(response.with_headers(headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_says_in_which_object_it_is() {
        assert_eq!(object_of("3-0123456789abcdef01234567"), Some(3));
        for wrong in [
            "",
            "3",
            "64-0123456789abcdef01234567",
            "3-0123",
            "-1-0123456789abcdef01234567",
            "3-../../../../../../../../",
        ] {
            assert_eq!(object_of(wrong), None, "{wrong}");
        }
    }
}
