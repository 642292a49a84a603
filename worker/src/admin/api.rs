//! The administration for tools: the deployment's experiments, their data, and the deletion of a participant.

use footlights_experiment::is_id;
use serde_json::json;
use worker::{Env, Headers, Method, Request, Response, ResponseBody};

use super::{session, token};
use crate::{
    costs, deletion,
    error::ApiError,
    experiments, export, log,
    requests::AfterDeletion,
    store::{d1, listing, r2},
};

/// Answers a request below `/api/admin/`.
///
/// # Errors
/// [`ApiError::WrongToken`] if the request may not do what it asks for; otherwise what went wrong.
pub async fn handle(request: &Request, env: &Env, path: &[&str]) -> Result<Response, ApiError> {
    authorize(request, env)?;
    match (request.method(), path) {
        (Method::Get, ["experiments"]) => list_experiments(env).await,
        (Method::Get, ["costs"]) => Ok(Response::from_json(&costs::all())?),
        (Method::Get, ["experiments", id, "export.zip"]) => {
            let experiment = experiments::experiment(id)?;
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
            let file = file.ok_or(ApiError::NotFound("no replay of this game is stored"))?;
            download(file, r2::MSGPACK, &format!("{game}.msgpack"))
        }
        (Method::Get, ["experiments", id, "games", game, "seats", file]) => {
            let agent =
                file.strip_suffix(".csv").ok_or(ApiError::NotFound("there is no such admin route"))?;
            let (scene, subject) = listing::rows(env, id, game, agent).await?;
            let file = r2::steps(env, id, &scene, &subject).await?;
            let file = file.ok_or(ApiError::NotFound("no rows of this seat are stored"))?;
            download(file, r2::CSV, &format!("{game}_{agent}.csv"))
        }
        (Method::Delete, ["experiments", id, "participants", subject]) => {
            // An experiment that this deployment no longer serves still has data.
            delete(env, id, subject, AfterDeletion::Gone).await
        }
        (Method::Post, ["experiments", id, "participants", subject, "readmit"]) => {
            delete(env, id, subject, AfterDeletion::MayBeginAgain).await
        }
        _ => Err(ApiError::NotFound("there is no such admin route")),
    }
}

async fn list_experiments(env: &Env) -> Result<Response, ApiError> {
    let mut all = Vec::new();
    for experiment in experiments::all() {
        let participants = d1::participants(env, &experiment.id).await?;
        all.push(json!({ "id": experiment.id, "title": experiment.title, "participants": participants }));
    }
    Ok(Response::from_json(&json!({ "experiments": all }))?)
}

/// Deletes a participant's data.
async fn delete(
    env: &Env,
    experiment: &str,
    subject: &str,
    after: AfterDeletion,
) -> Result<Response, ApiError> {
    if !is_id(subject) || !is_id(experiment) {
        return Err(ApiError::NotFound("there is no such participant"));
    }
    let files = deletion::delete(env, experiment, subject, after).await?;
    let again = after == AfterDeletion::MayBeginAgain;
    let deleted =
        json!({ "experiment": experiment, "subject_id": subject, "files": files, "may_begin_again": again });
    Ok(Response::from_json(&json!({ "deleted": deleted }))?)
}

/// A stored file, piece by piece.
fn download(file: ResponseBody, content_type: &str, name: &str) -> Result<Response, ApiError> {
    let headers = Headers::new();
    headers.set("content-type", content_type)?;
    headers.set("content-disposition", &format!("attachment; filename=\"{name}\""))?;
    headers.set("cache-control", "no-store")?;
    headers.set("x-content-type-options", "nosniff")?;
    Ok(Response::from_body(file)?.with_headers(headers))
}

/// Refuses a request that neither has the deployment's token nor only reads for a researcher who has signed in. A browser
/// sends its cookies with requests that another site makes it send, so a cookie does not allow any change.
fn authorize(request: &Request, env: &Env) -> Result<(), ApiError> {
    match request.headers().get("authorization")? {
        Some(header) => token::check_header(&token::read(env)?, &header),
        None if request.method() == Method::Get => session::check(request, env),
        None => Err(token::read(env).err().unwrap_or(ApiError::WrongToken)),
    }
}
