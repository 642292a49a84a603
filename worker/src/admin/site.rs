//! The pages below `/admin`: signing in, the experiments, their games, and the replay of one.

use footlights_experiment::is_id;
use worker::{Env, Headers, Method, Request, Response};

use super::session;
use crate::{
    document::page,
    error::ApiError,
    experiments,
    http::{form, see_other},
    log,
    pages::admin as pages,
    store::listing::{self, Amount},
};

/// Answers a request below `/admin`.
pub async fn handle(mut request: Request, env: &Env, path: &[&str]) -> Result<Response, ApiError> {
    let url = request.url()?;
    let secure = url.scheme() == "https";
    match (request.method(), path) {
        (Method::Post, ["sign-in"]) => return sign_in(&mut request, env, secure).await,
        (Method::Post, ["sign-out"]) => {
            let headers = Headers::new();
            session::close(secure, &headers)?;
            return see_other("/admin", headers);
        }
        // A page that was the answer to a form, and is reloaded.
        (Method::Get, ["sign-in" | "sign-out"]) => return see_other("/admin", Headers::new()),
        _ => {}
    }
    match session::check(&request, env) {
        Ok(()) => {}
        Err(ApiError::WrongToken) => {
            let to = match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            };
            let from = request.headers().get("sec-fetch-site")?;
            let asked = url.query_pairs().any(|(key, _)| key == "again");
            let again = from.as_deref() == Some("cross-site") && !asked;
            return Ok(page(pages::sign_in(&to, None, again))?.with_status(401));
        }
        Err(fault) => return Err(fault),
    }
    match (request.method(), path) {
        (Method::Get, []) => list_experiments(env).await,
        (Method::Get, ["x", experiment]) if is_id(experiment) => {
            let asked = url.query_pairs().find(|(key, _)| key == "page");
            let at = asked.and_then(|(_, page)| page.parse::<u32>().ok()).unwrap_or(1).max(1) - 1;
            let (games, more) = listing::games(env, experiment, at).await?;
            let title = title(experiment)?;
            if title.is_none() && games.is_empty() && at == 0 {
                return Err(ApiError::NotFound("there is no such experiment"));
            }
            Ok(page(pages::games(&pages::ListedExperiment { id: experiment, title }, &games, at, more))?)
        }
        (Method::Get, ["x", experiment, "games", game]) if is_id(experiment) && is_id(game) => {
            let found = listing::game(env, experiment, game)
                .await?
                .ok_or(ApiError::NotFound("there is no such game"))?;
            let listed = pages::ListedExperiment { id: experiment, title: title(experiment)? };
            Ok(page(pages::replay(&listed, &found, experiments::game(experiment, &found.scene_id).ok()))?)
        }
        _ => Err(ApiError::NotFound("there is no such page")),
    }
}

/// A page that says what is wrong, for a researcher.
pub fn problem(fault: &ApiError) -> worker::Result<Response> {
    if fault.status() >= 500 {
        log!("error", "admin_page_failed", "detail": fault.to_string());
    }
    match page(pages::problem(&fault.to_string())) {
        Ok(response) => Ok(response.with_status(fault.status())),
        Err(_) => fault.json(),
    }
}

async fn sign_in(request: &mut Request, env: &Env, secure: bool) -> Result<Response, ApiError> {
    let entered = form(request).await?;
    let field = |name: &str| entered.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
    let token = field("token").unwrap_or_default();
    let to = field("to").filter(|to| is_ours(to)).unwrap_or("/admin");
    let headers = Headers::new();
    match session::open(env, token, secure, &headers) {
        Ok(()) => {
            log!("info", "admin_signed_in", "hours": session::HOURS);
            see_other(to, headers)
        }
        Err(ApiError::WrongToken) => {
            log!("warn", "admin_refused", "empty": token.is_empty());
            let why = if token.is_empty() {
                "Please enter the token."
            } else {
                "This is not the token of this deployment. Please compare it with what FOOTLIGHTS_ADMIN_TOKEN was set to."
            };
            Ok(page(pages::sign_in(to, Some(why), false))?.with_status(401))
        }
        Err(fault) => Err(fault),
    }
}

/// Whether an address is one of the pages here: signing in leads to no other.
fn is_ours(to: &str) -> bool {
    let below = to.strip_prefix("/admin");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_?=&".contains(&b);
    below.is_some_and(|rest| (rest.is_empty() || rest.starts_with(['/', '?'])) && rest.bytes().all(plain))
}

async fn list_experiments(env: &Env) -> Result<Response, ApiError> {
    let mut amounts = listing::amounts(env).await?;
    let mut all: Vec<(pages::ListedExperiment<'_>, Amount)> = Vec::new();
    for experiment in experiments::all() {
        let listed = pages::ListedExperiment { id: &experiment.id, title: Some(&experiment.title) };
        all.push((listed, amounts.remove(&experiment.id).unwrap_or_default()));
    }
    // An experiment that this deployment no longer serves still has data.
    all.extend(amounts.iter().map(|(id, amount)| (pages::ListedExperiment { id, title: None }, *amount)));
    Ok(page(pages::experiments(&all))?)
}

/// The title of an experiment, if this deployment serves it.
fn title(experiment: &str) -> Result<Option<&'static str>, ApiError> {
    Ok(experiments::all().iter().find(|known| known.id == experiment).map(|known| known.title.as_str()))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn signing_in_leads_to_no_other_site() {
        for ours in ["/admin", "/admin/x/hill", "/admin/x/hill?page=2&again=", "/admin/x/hill/games/0f-1_a"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "",
            "/",
            "//evil",
            "/adminx",
            "https://evil",
            "/admin/\r\nset-cookie: a",
            "/admin//@evil:1",
            "/admin\\evil",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
