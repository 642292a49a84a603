//! Sends requests and sockets to objects, and reads them there.

use worker::{Env, Headers, Method, Request, RequestInit, Response, Stub};

use super::{
    address::Address,
    envelope::{Envelope, ObjectRequest},
    handoff::{HEADER, Handoff},
    refusal::Refusal,
};
use crate::{
    auth::Signer,
    clock::now,
    costs::{self, Cost},
    error::ApiError,
    json,
};

/// The address of every request to an object: what it is about stands in its body, or in the handoff.
const URL: &str = "https://object/";

/// Sends a request to an object and reads its reply.
///
/// # Errors
/// What the object refused, or [`ApiError::OwnData`] if its reply cannot be read.
pub async fn call<R: ObjectRequest>(
    env: &Env,
    address: &Address<R::Envelope>,
    request: R,
) -> Result<R::Reply, ApiError> {
    call_near(env, address, None, request).await
}

/// The same as [`call`]; an object that does not exist yet is created near `hint`, one of Cloudflare's location hints.
///
/// # Errors
/// As [`call`].
pub async fn call_near<R: ObjectRequest>(
    env: &Env,
    address: &Address<R::Envelope>,
    hint: Option<&str>,
    request: R,
) -> Result<R::Reply, ApiError> {
    let place = format!("{:?} {}", R::Envelope::OBJECT, R::NAME);
    let body = json::encode(&place, &request.into())?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body.into()));
    let request = Request::new_with_init(URL, &init)?;
    costs::add(Cost::ObjectRequests, 1);
    let mut response = stub(env, address, hint)?.fetch_with_request(request).await?;
    let status = response.status_code();
    let body = response.text().await?;
    if status == 200 {
        return json::decode(&place, &body);
    }
    // Not every refusal is ours: the platform answers for an object that it cannot run.
    match serde_json::from_str::<Refusal>(&body) {
        Ok(refusal) => Err(refusal.into_error(&place)),
        Err(_) => Err(ApiError::Internal(format!("{place}: {status}: {body}"))),
    }
}

fn stub<E: Envelope>(env: &Env, address: &Address<E>, hint: Option<&str>) -> Result<Stub, ApiError> {
    let class = env.durable_object(E::OBJECT.binding())?;
    Ok(match hint {
        Some(hint) => class.get_by_name_with_location_hint(address.name(), hint)?,
        None => class.get_by_name(address.name())?,
    })
}

/// Hands a WebSocket request to an object.
///
/// # Errors
/// If the object cannot be reached.
pub async fn hand_over<H: Handoff>(
    env: &Env,
    address: &Address<H::Envelope>,
    request: &Request,
    handoff: &H,
) -> Result<Response, ApiError> {
    let headers = Headers::from_iter(request.headers().entries());
    headers.set(HEADER, &Signer::new(env)?.sign_short_lived(H::PURPOSE, now(), handoff)?)?;
    let mut init = RequestInit::new();
    init.with_headers(headers);
    let request = Request::new_with_init(URL, &init)?;
    costs::add(Cost::ObjectRequests, 1);
    Ok(stub(env, address, None)?.fetch_with_request(request).await?)
}

/// In an object: what the worker knows about a socket.
///
/// # Errors
/// [`ApiError::Unauthorized`] if this deployment did not sign it for this object a moment ago.
pub fn read_handoff<H: Handoff>(request: &Request, env: &Env) -> Result<H, ApiError> {
    let signed = request.headers().get(HEADER)?.ok_or(ApiError::Unauthorized)?;
    Signer::new(env)?.verify_short_lived(H::PURPOSE, now(), &signed)
}

/// In an object: the request.
///
/// # Errors
/// [`ApiError::OwnData`] if it is none of the object's.
pub async fn read_request<E: Envelope>(request: &mut Request) -> Result<E, ApiError> {
    json::decode(&format!("a request to {:?}", E::OBJECT), &request.text().await?)
}

/// In an object: handles a request and sends its reply.
pub async fn respond<R: ObjectRequest>(
    request: R,
    handle: impl AsyncFnOnce(R) -> Result<R::Reply, ApiError>,
) -> worker::Result<Response> {
    match handle(request).await {
        Ok(reply) => Response::from_json(&reply),
        Err(error) => refuse(&error),
    }
}

/// In an object: refuses a request.
pub fn refuse(error: &ApiError) -> worker::Result<Response> {
    error.log();
    Ok(Response::from_json(&Refusal::from(error))?.with_status(error.status()))
}
