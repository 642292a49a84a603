//! Browser execution over bad networks: everybody simulates, everybody ends in the same states.

mod alone;
mod games;
mod meadow;
mod net;
mod server;
mod world;
