//! Messages that browsers send over sockets.

use footlights_protocol::wire::{self, WireError};
use serde::de::DeserializeOwned;
use worker::WebSocketIncomingMessage;

use crate::costs::{self, Cost};

/// Decodes a message of a browser.
///
/// # Errors
/// [`WireError`] if it is too long or malformed. Text is always malformed: our browsers send binary messages only.
pub fn decode_message<T: DeserializeOwned>(message: WebSocketIncomingMessage) -> Result<T, WireError> {
    costs::add(Cost::SocketMessages, 1);
    match message {
        WebSocketIncomingMessage::Binary(bytes) => wire::decode(&bytes, wire::MAX_FROM_BROWSER),
        WebSocketIncomingMessage::String(text) => {
            Err(WireError::Malformed(format!("{} characters of text", text.len())))
        }
    }
}
