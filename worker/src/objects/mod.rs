//! The Durable Objects: thin shells that decode, hand to a pure state machine, and do what it says.

mod assignment;
mod lobby;
mod message;
mod participant;
mod rooms;
mod training;
mod watch;
