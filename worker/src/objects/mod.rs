//! The Durable Objects: thin shells that decode, hand to a pure state machine, and do what it says.

pub mod arms;
pub mod lobby;
pub mod participant;
pub mod rooms;

use footlights_protocol::wire::{self, WireError};
use serde::{Serialize, de::DeserializeOwned};
use worker::{Date, Env, Method, Request, RequestInit, Response, WebSocketIncomingMessage};

use crate::{
    costs::{self, Cost},
    error::Fault,
};

/// Asks an object and reads its answer, both JSON.
pub async fn call<T: Serialize, R: DeserializeOwned>(
    env: &Env,
    class: &str,
    name: &str,
    path: &str,
    body: &T,
) -> Result<R, Fault> {
    call_near(env, class, name, None, path, body).await
}

/// The same; an object that is not there yet is made near `hint`, one of Cloudflare's location hints.
pub async fn call_near<T: Serialize, R: DeserializeOwned>(
    env: &Env,
    class: &str,
    name: &str,
    hint: Option<&str>,
    path: &str,
    body: &T,
) -> Result<R, Fault> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(serde_json::to_string(body)?.into()));
    let request = Request::new_with_init(&format!("https://object{path}"), &init)?;
    let class_of = env.durable_object(class)?;
    let stub = match hint {
        Some(hint) => class_of.get_by_name_with_location_hint(name, hint)?,
        None => class_of.get_by_name(name)?,
    };
    costs::add(Cost::ObjectRequests, 1);
    let mut response = stub.fetch_with_request(request).await?;
    match response.status_code() {
        200 => Ok(serde_json::from_str(&response.text().await?)?),
        status => Err(Fault::from_object(&format!("{class} {path}"), status, &response.text().await?)),
    }
}

/// What an object is asked. Through serde_json, not through JavaScript, whose numbers hold 53 bits.
pub async fn question<T: DeserializeOwned>(request: &mut Request) -> Result<T, Fault> {
    Ok(serde_json::from_str(&request.text().await?)?)
}

/// An object's answer.
pub fn answer<T: Serialize>(result: Result<T, Fault>) -> worker::Result<Response> {
    match result {
        Ok(value) => Response::from_json(&value),
        Err(fault) => fault.json(),
    }
}

/// What a browser said over a socket; text is never ours.
pub fn heard<T: DeserializeOwned>(message: WebSocketIncomingMessage) -> Result<T, WireError> {
    costs::add(Cost::SocketMessages, 1);
    match message {
        WebSocketIncomingMessage::Binary(bytes) => wire::decode(&bytes, wire::MAX_FROM_BROWSER),
        WebSocketIncomingMessage::String(text) => {
            Err(WireError::Malformed(format!("{} characters of text", text.len())))
        }
    }
}

/// The clock: the only one, and it is read in shells only.
pub fn now() -> u64 {
    Date::now().as_millis()
}

/// A line of the structured log.
#[macro_export]
macro_rules! log {
    ($level:literal, $kind:expr, $($key:literal: $value:expr),* $(,)?) => {
        worker::console_log!(
            "{}",
            serde_json::json!({ "level": $level, "kind": $kind, $($key: $value),* })
        )
    };
}
