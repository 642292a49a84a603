//! The queue of actions that the page still has to perform.

use std::collections::VecDeque;

use footlights_protocol::wire::{self, ClientToRoom};

use super::page::PlayOutput;

/// Actions for the page, oldest first.
pub type Outbox = VecDeque<PlayOutput>;

/// Queues a message to the room.
pub fn send(out: &mut Outbox, message: &ClientToRoom) {
    out.push_back(PlayOutput::Send(wire::encode(message)));
}
