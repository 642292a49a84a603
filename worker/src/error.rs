//! The one place where errors become HTTP statuses, close codes and words for the person who reads them.

use footlights_app::Problem;
use footlights_engine::participant::MatchError;
use footlights_experiment::progress::ProgressError;
use footlights_protocol::{
    wire::{self, CloseCode},
    words::{Text, Words, texts},
};
use worker::{Response, WebSocketPair, console_error};

use crate::{
    document::{self, Framed},
    pages,
};

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address leads nowhere.
    #[error("{0}")]
    NotFound(&'static str),
    #[error("the data of this participant were deleted")]
    Gone,
    #[error("the participant has taken part, and comes back with another session of the recruiter")]
    TakenPart,
    /// What a client sent cannot be read. It is the client's mistake.
    #[error("{0}")]
    BadRequest(String),
    #[error("this link belongs to another participant, or its cookie is gone")]
    Unauthorized,
    #[error(transparent)]
    Progress(#[from] ProgressError),
    #[error("the study is configured wrongly: {0}")]
    Config(Problem),
    #[error("the deployment has no secret: set FOOTLIGHTS_SECRET (wrangler secret put FOOTLIGHTS_SECRET)")]
    NoSecret,
    #[error(
        "the deployment has no admin token: set FOOTLIGHTS_ADMIN_TOKEN to 16 characters or more (wrangler secret put FOOTLIGHTS_ADMIN_TOKEN)"
    )]
    NoAdminToken,
    #[error("the admin token is missing or wrong: send it as Authorization: Bearer TOKEN")]
    WrongToken,
    #[error("too many requests came from your address; try again in a minute")]
    TooMany,
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Record(#[from] footlights_data::RecordError),
    #[error("{0}")]
    Room(#[from] footlights_engine::room::RoomError),
    /// What this deployment wrote itself, or another of its objects replied, has another form. It is our mistake.
    #[error("{place} cannot be read or written: {error}")]
    OwnData {
        /// What it is.
        place: String,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    #[error("{0}")]
    Internal(String),
    #[error(transparent)]
    Worker(#[from] worker::Error),
}

impl From<MatchError> for ApiError {
    fn from(error: MatchError) -> Self {
        Self::Conflict(error.to_string())
    }
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::Gone => 410,
            Self::BadRequest(_) => 400,
            Self::Unauthorized => 403,
            Self::WrongToken => 401,
            Self::TooMany => 429,
            Self::Progress(_) | Self::Conflict(_) | Self::TakenPart => 409,
            Self::NoSecret | Self::NoAdminToken => 503,
            Self::Config(_)
            | Self::Record(_)
            | Self::Room(_)
            | Self::OwnData { .. }
            | Self::Internal(_)
            | Self::Worker(_) => 500,
        }
    }

    /// Writes the error to the log if it is ours.
    pub fn log(&self) {
        if self.status() >= 500 {
            console_error!(
                "{}",
                serde_json::json!({ "level": "error", "kind": "request_failed", "detail": self.to_string() })
            );
        }
    }

    /// The title and the words of the page that a participant reads.
    fn words(&self) -> (Text, Text) {
        match self {
            Self::NotFound(_) => (texts::NOT_FOUND, texts::NO_SUCH_PAGE),
            Self::Gone => (texts::DELETED, texts::DELETED_WHY),
            Self::TakenPart => (texts::TAKEN_PART, texts::TAKEN_PART_WHY),
            Self::BadRequest(_) => (texts::NOT_READ, texts::NOT_READ_WHY),
            Self::Unauthorized => (texts::NOT_YOURS, texts::NOT_YOURS_WHY),
            Self::Progress(ProgressError::NotSaved(_)) => (texts::ONE_MOMENT, texts::STILL_SAVING),
            Self::TooMany => (texts::ONE_MOMENT, texts::TOO_MANY_REQUESTS),
            Self::Progress(_) => (texts::MOVED_ON, texts::MOVED_ON_WHY),
            _ => (texts::OUR_FAULT, texts::OUR_FAULT_WHY),
        }
    }

    /// A page for the participant who opened `address`, a path with what else proves who they are. In the frame of another
    /// site they must be able to read it, too; it shows nothing of anybody.
    pub fn page(&self, address: &str, in_frame: bool, words: &Words) -> worker::Result<Response> {
        self.log();
        let again = matches!(self, Self::Progress(_)) || self.status() >= 500;
        // A form is not sent again; the page that belongs to it is opened instead.
        let again = again.then(|| address.split_once("/scenes/").map_or(address, |(page, _)| page));
        // In a frame no cookie may come along; the page's program then goes another way in.
        let arrives = matches!(self, Self::Unauthorized);
        let framed = if arrives || in_frame { Framed::Anywhere } else { Framed::Here };
        let page =
            document::framed(pages::problem(words, self.words(), &self.to_string(), again, arrives), framed)?;
        Ok(page.with_status(self.status()))
    }

    /// A JSON object for tools.
    pub fn json(&self) -> worker::Result<Response> {
        self.log();
        Ok(Response::from_json(&serde_json::json!({ "error": self.to_string() }))?.with_status(self.status()))
    }

    /// A socket that opens, says what is wrong, and closes with a code that the browser can read.
    pub fn socket(&self) -> worker::Result<Response> {
        self.log();
        refuse_socket(self.close_code(), &self.to_string())
    }

    /// The same for a socket that speaks JSON: those on which people watch.
    pub fn json_socket(&self) -> worker::Result<Response> {
        self.log();
        let words = match self {
            Self::WrongToken => "The token is wrong.".to_owned(),
            Self::NotFound(why) => (*why).to_owned(),
            Self::BadRequest(why) => why.clone(),
            _ if self.status() >= 500 => "Something went wrong on our side.".to_owned(),
            other => other.to_string(),
        };
        let pair = WebSocketPair::new()?;
        pair.server.accept()?;
        pair.server.send_with_str(serde_json::json!({ "type": "error", "message": words }).to_string())?;
        // What the client did wrong is wrong at the next attempt, too.
        let code = match self.status() {
            429 => 1013,
            500.. => 1011,
            _ => 1008,
        };
        pair.server.close(Some(code), Some("refused"))?;
        Response::from_websocket(pair.client)
    }

    /// The code with which a socket is closed because of this error.
    fn close_code(&self) -> CloseCode {
        match self {
            Self::Unauthorized | Self::BadRequest(_) => CloseCode::Ticket,
            Self::Progress(_) => CloseCode::Over,
            _ => CloseCode::Unavailable,
        }
    }
}

/// A socket that only says why it is closed. Rooms and lobbies send the same message.
pub fn refuse_socket(code: CloseCode, reason: &str) -> worker::Result<Response> {
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    let message = wire::RoomToClient::Refused { code: code.code(), reason: reason.to_owned() };
    pair.server.send_with_bytes(wire::encode(&message))?;
    // A close frame holds 123 bytes of reason.
    pair.server.close(Some(code.code()), Some(reason.chars().take(40).collect::<String>()))?;
    Response::from_websocket(pair.client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_wrote_ourselves_is_our_mistake_and_what_a_client_sent_is_the_clients() {
        let ours = crate::json::decode::<u32>("a stored record", "{}").unwrap_err();
        assert_eq!((ours.status(), ours.words().0), (500, texts::OUR_FAULT));
        assert!(ours.to_string().starts_with("a stored record cannot be read"), "{ours}");
        assert_eq!(ours.close_code(), CloseCode::Unavailable);
        let theirs = ApiError::BadRequest("a form".into());
        assert_eq!((theirs.status(), theirs.words().0), (400, texts::NOT_READ));
    }
}
