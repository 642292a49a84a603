//! The Cloudflare side: routes, pages, Durable Objects and storage, each a thin shell around a pure state machine.
//!
//! No rule of a game, a lobby or an experiment is decided here: what can be tested without Cloudflare is below, in
//! `footlights_engine` and its layers.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod admin;
mod auth;
mod clock;
mod costs;
mod deletion;
mod document;
mod enter;
mod error;
mod experiments;
mod export;
mod health;
mod http;
mod json;
mod language;
mod logging;
mod objects;
mod pages;
mod requests;
mod routes;
mod store;
mod watch;

pub use footlights_app::install;

use worker::{Context, Env, Request, Response, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    costs::add(costs::Cost::Requests, 1);
    routes::handle(request, env).await
}
