//! The queue of what the shell must do.

use std::collections::VecDeque;

use footlights_protocol::wire::{self, CloseCode, RoomToClient};

use super::io::Output;
use crate::ConnId;

/// Outputs in the order in which they must be done.
#[derive(Debug, Default)]
pub struct Outbox(VecDeque<Output>);

impl Outbox {
    /// Adds an output.
    pub fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    /// Takes the oldest output.
    pub fn pop(&mut self) -> Option<Output> {
        self.0.pop_front()
    }

    /// Sends a message over one connection.
    pub fn send(&mut self, conn: ConnId, message: &RoomToClient) {
        self.0.push_back(Output::Send { conn, bytes: wire::encode(message) });
    }

    /// Sends a message over several connections; it is encoded once.
    pub fn broadcast(&mut self, conns: impl IntoIterator<Item = ConnId>, message: &RoomToClient) {
        let bytes = wire::encode(message);
        for conn in conns {
            self.0.push_back(Output::Send { conn, bytes: bytes.clone() });
        }
    }

    /// Closes a connection.
    pub fn close(&mut self, conn: ConnId, code: CloseCode, reason: &str) {
        self.0.push_back(Output::Close { conn, code, reason: reason.to_owned() });
    }
}
