//! A game, tick by tick: one table a participant.

mod game;
mod participant;
mod row;
mod table;

pub use row::StepRow;
pub use table::{csv, per_participant_columns, table};
