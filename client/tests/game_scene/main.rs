//! The way through a game scene, against a server played by the test: what the participant sees and what is sent.

mod end;
mod lobby;
mod others;
mod page;
mod refusals;
mod seat;
