//! Pictures of a game as messages: the viewport, and what changed since the picture before.

use footlights_env::{
    Simulation, Surface, View, Viewport,
    msgpack::{self, Error},
    surface::{Delta, Encoder},
};

/// The picture of a game, as a change from the one that was encoded before.
///
/// # Errors
/// It cannot be written.
pub(crate) fn next(sim: &dyn Simulation, encoder: &mut Encoder) -> Result<Vec<u8>, Error> {
    let mut surface = Surface::new();
    sim.draw(View::Spectator, &mut surface);
    msgpack::encode(&(sim.spec().viewport, encoder.encode(&surface)))
}

/// The picture of a game, whole.
///
/// # Errors
/// It cannot be written.
pub fn whole(sim: &dyn Simulation) -> Result<Vec<u8>, Error> {
    next(sim, &mut Encoder::new(sim.spec().viewport))
}

/// Reads a picture.
///
/// # Errors
/// The bytes are none.
pub fn read(bytes: &[u8]) -> Result<(Viewport, Delta), Error> {
    msgpack::decode(bytes)
}
