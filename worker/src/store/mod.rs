//! Where things are kept: an object's own SQLite while a game runs, R2 and D1 when it is over.

pub mod d1;
pub mod games;
pub mod r2;
