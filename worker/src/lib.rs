//! The Cloudflare side: routes, pages, Durable Objects and storage, each a thin shell around a pure state machine.
//!
//! No rule of a game, a lobby or an experiment is decided here: what could be tested without Cloudflare is in `room`.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod admin;
mod auth;
mod costs;
mod error;
mod export;
mod objects;
mod pages;
mod routes;
mod store;
mod studies;

use worker::{Context, Env, Request, Response, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    costs::add(costs::Cost::Requests, 1);
    routes::handle(request, env).await
}
