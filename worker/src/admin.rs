//! What researchers ask of a running deployment, behind a token: which experiments there are, their data, the deletion of
//! one participant. Tools send the token with every request; who has signed in at `/admin` may read. Nothing here decides
//! what the data are.

mod session;
mod site;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use worker::{Env, Headers, Method, Request, Response, ResponseBody};

use crate::{
    auth::is_id,
    costs,
    error::Fault,
    export, log,
    objects::call,
    store::{self, d1, listing, r2},
    studies,
};

pub use site::{handle as page, problem};

/// The secret that opens these routes; there is no default.
const TOKEN: &str = "FOOTLIGHTS_ADMIN_TOKEN";
/// The shortest token that is taken.
const SHORTEST: usize = 16;

/// Answers what is asked below `/api/admin/`.
pub async fn handle(request: &Request, env: &Env, path: &[&str]) -> Result<Response, Fault> {
    allowed(request, env)?;
    match (request.method(), path) {
        (Method::Get, ["experiments"]) => experiments(env).await,
        (Method::Get, ["costs"]) => Ok(Response::from_json(&costs::all())?),
        (Method::Get, ["experiments", id, "export.zip"]) => {
            let experiment = studies::experiment(id)?;
            let headers = Headers::new();
            headers.set("content-type", "application/zip")?;
            headers.set("content-disposition", &format!("attachment; filename=\"{}.zip\"", experiment.id))?;
            headers.set("cache-control", "no-store")?;
            log!("info", "export_began", "experiment": experiment.id);
            Ok(export::response(env, experiment)?.with_headers(headers))
        }
        (Method::Get, ["experiments", id, "games", game, "replay.msgpack"]) => {
            let known = is_id(id) && is_id(game);
            let file = if known { r2::replay(env, id, game).await? } else { None };
            let file = file.ok_or(Fault::Missing("no replay of this game is stored"))?;
            download(file, r2::MSGPACK, &format!("{game}.msgpack"))
        }
        (Method::Get, ["experiments", id, "games", game, "seats", file]) => {
            let agent = file.strip_suffix(".csv").ok_or(Fault::NotFound("admin route"))?;
            let (scene, subject) = listing::rows(env, id, game, agent).await?;
            let file = r2::steps(env, id, &scene, &subject).await?;
            let file = file.ok_or(Fault::Missing("no rows of this seat are stored"))?;
            download(file, r2::CSV, &format!("{game}_{agent}.csv"))
        }
        (Method::Delete, ["experiments", id, "participants", subject]) => {
            // An experiment that a deployment took away has data all the same.
            delete(env, id, subject).await
        }
        _ => Err(Fault::NotFound("admin route")),
    }
}

async fn experiments(env: &Env) -> Result<Response, Fault> {
    let mut all = Vec::new();
    for experiment in studies::all()? {
        let participants = d1::participants(env, &experiment.id).await?;
        all.push(json!({ "id": experiment.id, "title": experiment.title, "participants": participants }));
    }
    Ok(Response::from_json(&json!({ "experiments": all }))?)
}

async fn delete(env: &Env, experiment: &str, subject: &str) -> Result<Response, Fault> {
    if !is_id(subject) || !is_id(experiment) {
        return Err(Fault::NotFound("participant"));
    }
    let name = format!("{experiment}/{subject}");
    // First the object, which would otherwise write again what is deleted here.
    let () = call(env, "PARTICIPANT", &name, "/delete", &()).await?;
    let () = call(env, "ARMS", experiment, "/forget", &subject).await?;
    let files = store::forget(env, experiment, subject).await?;
    log!("info", "participant_deleted", "experiment": experiment, "files": files);
    Ok(Response::from_json(
        &json!({ "deleted": { "experiment": experiment, "subject_id": subject, "files": files } }),
    )?)
}

/// A stored file, piece by piece.
fn download(file: ResponseBody, content_type: &str, name: &str) -> Result<Response, Fault> {
    let headers = Headers::new();
    headers.set("content-type", content_type)?;
    headers.set("content-disposition", &format!("attachment; filename=\"{name}\""))?;
    headers.set("cache-control", "no-store")?;
    headers.set("x-content-type-options", "nosniff")?;
    Ok(Response::from_body(file)?.with_headers(headers))
}

/// Whether the request holds the deployment's token, or only reads and comes from somebody who has signed in. A browser
/// sends a cookie along with what another site makes it ask for, so a cookie changes nothing.
fn allowed(request: &Request, env: &Env) -> Result<(), Fault> {
    let token = token(env)?;
    match request.headers().get("authorization")? {
        Some(header) => judge(&token, &header),
        None if request.method() == Method::Get => session::check(request, env),
        None => Err(Fault::WrongToken),
    }
}

/// The deployment's token. One that can be guessed is none.
fn token(env: &Env) -> Result<String, Fault> {
    let token = env.secret(TOKEN).map_err(|_| Fault::NoAdminToken)?.to_string();
    if token.len() < SHORTEST { Err(Fault::NoAdminToken) } else { Ok(token) }
}

fn judge(token: &str, header: &str) -> Result<(), Fault> {
    matches(token, header.strip_prefix("Bearer ").unwrap_or_default().trim())
}

fn matches(token: &str, given: &str) -> Result<(), Fault> {
    if token.len() < SHORTEST {
        return Err(Fault::NoAdminToken);
    }
    // Digests under the token are compared in constant time, so the time that it takes says nothing about the token.
    let mac = |text: &str| {
        Hmac::<Sha256>::new_from_slice(token.as_bytes())
            .map(|mac| mac.chain_update(text.as_bytes()))
            .map_err(|_| Fault::NoAdminToken)
    };
    let expected = mac(token)?.finalize().into_bytes();
    mac(given)?.verify_slice(&expected).map_err(|_| Fault::WrongToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_opens() {
        let token = "0123456789abcdef";
        assert!(judge(token, "Bearer 0123456789abcdef").is_ok());
        for wrong in [
            "",
            "Bearer ",
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0",
            "0123456789abcdef",
            "bearer x",
        ] {
            assert!(matches!(judge(token, wrong), Err(Fault::WrongToken)), "{wrong}");
        }
    }

    #[test]
    fn a_token_that_can_be_guessed_is_none() {
        assert!(matches!(judge("", "Bearer "), Err(Fault::NoAdminToken)));
        assert!(matches!(judge("short", "Bearer short"), Err(Fault::NoAdminToken)));
    }
}
