//! The one place where errors become HTTP statuses, close codes and words for the person who reads them.

use footlights_experiment::{ConfigError, progress::ProgressError};
use footlights_protocol::wire::{self, CloseCode};
use serde::{Deserialize, Serialize};
use worker::{Response, WebSocketPair, console_error};

use crate::pages;

/// Why a request is not answered as it hoped.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("{0}")]
    Missing(&'static str),
    #[error("the data of this participant were deleted")]
    Gone,
    #[error("{0}")]
    BadRequest(String),
    #[error("this link belongs to somebody else, or its cookie is gone")]
    Unauthorized,
    #[error(transparent)]
    Progress(#[from] ProgressError),
    #[error("the study is configured wrongly: {0}")]
    Config(ConfigError),
    #[error("the deployment has no secret: set FOOTLIGHTS_SECRET (wrangler secret put FOOTLIGHTS_SECRET)")]
    NoSecret,
    #[error(
        "the deployment has no admin token: set FOOTLIGHTS_ADMIN_TOKEN to 16 characters or more (wrangler secret put FOOTLIGHTS_ADMIN_TOKEN)"
    )]
    NoAdminToken,
    #[error("the admin token is missing or wrong: send it as Authorization: Bearer TOKEN")]
    WrongToken,
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Record(#[from] footlights_data::RecordError),
    #[error("{0}")]
    Room(#[from] footlights_engine::room::RoomError),
    #[error("{0}")]
    Object(String),
    #[error(transparent)]
    Worker(#[from] worker::Error),
}

/// An error on its way through JSON.
#[derive(Serialize, Deserialize)]
struct Refusal {
    error: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressError>,
    #[serde(default)]
    gone: bool,
    #[serde(default)]
    conflict: bool,
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl Fault {
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::Missing(_) => 404,
            Self::Gone => 410,
            Self::BadRequest(_) => 400,
            Self::Unauthorized => 403,
            Self::WrongToken => 401,
            Self::Progress(_) | Self::Conflict(_) => 409,
            Self::NoSecret | Self::NoAdminToken => 503,
            Self::Config(_) | Self::Record(_) | Self::Room(_) | Self::Object(_) | Self::Worker(_) => 500,
        }
    }

    /// A page for a person who asked for `path`.
    pub fn page(&self, path: &str) -> worker::Result<Response> {
        if self.status() >= 500 {
            console_error!(
                "{}",
                serde_json::json!({ "level": "error", "kind": "request_failed", "detail": self.to_string() })
            );
        }
        let (title, words) = match self {
            Self::NotFound(_) | Self::Missing(_) => {
                ("Not found", "This address leads nowhere. Please use the link you were given.")
            }
            Self::Gone => (
                "Your data were deleted",
                "You asked for this, or the researchers did. You can close this page.",
            ),
            Self::BadRequest(_) => {
                ("That did not work", "The request could not be read. Please use the link you were given.")
            }
            Self::Unauthorized => (
                "This link is not yours",
                "Please open the study from the link you were given, in the same browser and with cookies allowed.",
            ),
            Self::Progress(ProgressError::NotSaved(_)) => {
                ("One moment", "Your data are still being saved. Please try again.")
            }
            Self::Progress(_) => {
                ("You are elsewhere already", "This page is no longer current. Please reload.")
            }
            _ => (
                "Something went wrong on our side",
                "Please reload in a moment. Your data up to here are safe.",
            ),
        };
        let again = matches!(self, Self::Progress(_)) || self.status() >= 500;
        // What was posted to a scene is not tried again; the page that belongs to it is.
        let again = again.then(|| path.split_once("/scenes/").map_or(path, |(page, _)| page));
        Ok(Response::from_html(pages::problem(title, words, &self.to_string(), again).into_string())?
            .with_status(self.status()))
    }

    /// For other objects and for tools.
    pub fn json(&self) -> worker::Result<Response> {
        let body = Refusal {
            error: self.to_string(),
            progress: if let Self::Progress(error) = self { Some(error.clone()) } else { None },
            gone: matches!(self, Self::Gone),
            conflict: matches!(self, Self::Conflict(_)),
        };
        Ok(Response::from_json(&body)?.with_status(self.status()))
    }

    /// What another object answered instead of what it was asked for.
    pub fn from_object(place: &str, status: u16, body: &str) -> Self {
        match serde_json::from_str::<Refusal>(body) {
            Ok(Refusal { progress: Some(error), .. }) => Self::Progress(error),
            Ok(Refusal { gone: true, .. }) => Self::Gone,
            Ok(Refusal { conflict: true, error, .. }) => Self::Conflict(error),
            Ok(Refusal { error, .. }) => Self::Object(format!("{place}: {status}: {error}")),
            Err(_) => Self::Object(format!("{place}: {status}: {body}")),
        }
    }

    /// For a socket: opened, told why, closed with a code that the browser can read.
    pub fn socket(&self) -> worker::Result<Response> {
        let code = match self {
            Self::Unauthorized | Self::BadRequest(_) => CloseCode::Ticket,
            Self::Progress(_) => CloseCode::Over,
            _ => CloseCode::Unavailable,
        };
        refuse_socket(code, &self.to_string())
    }
}

/// A socket that only says why it is closed. Seats and waiters read the same message.
pub fn refuse_socket(code: CloseCode, reason: &str) -> worker::Result<Response> {
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    let message = wire::RoomToClient::Refused { code: code.code(), reason: reason.to_owned() };
    pair.server.send_with_bytes(wire::encode(&message))?;
    // A close frame holds 123 bytes of reason.
    pair.server.close(Some(code.code()), Some(reason.chars().take(40).collect::<String>()))?;
    Response::from_websocket(pair.client)
}
