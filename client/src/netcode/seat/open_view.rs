//! Makes the view that a room's welcome asks for. This is the only place that makes views.

use footlights_env::EnvError;
use footlights_protocol::wire::{SimulationSetup, Welcome};

use super::{streamed::Streamed, view::View};
use crate::netcode::rollback::LocalEngine;

/// Why this browser cannot show the game that a welcome describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WelcomeError {
    /// It does not know how to make the game. The handshake compared fingerprints, so this happens only while a new
    /// version is deployed; a new connection finds another server.
    OutOfSync,
    /// Its page simulates the game differently from the room, for this reason: it must be reloaded.
    OutOfDate(String),
}

impl From<EnvError> for WelcomeError {
    fn from(error: EnvError) -> Self {
        match error {
            EnvError::Fingerprint { .. } => Self::OutOfDate(error.to_string()),
            _ => Self::OutOfSync,
        }
    }
}

/// The view that `welcome` asks for: this browser simulates the game where the room says how, and the room streams
/// pictures otherwise.
///
/// # Errors
/// This browser cannot simulate the game, or simulates it differently.
pub fn open_view(welcome: &Welcome, engine: Option<LocalEngine>) -> Result<Box<dyn View>, WelcomeError> {
    let Some(setup) = welcome.simulated.clone() else { return Ok(Box::new(Streamed::new(welcome))) };
    simulate(welcome, setup, engine)
}

#[cfg(any(feature = "simulate", not(target_arch = "wasm32")))]
fn simulate(
    welcome: &Welcome,
    setup: SimulationSetup,
    engine: Option<LocalEngine>,
) -> Result<Box<dyn View>, WelcomeError> {
    let engine = engine.ok_or(WelcomeError::OutOfSync)?;
    Ok(Box::new(super::simulated::Simulated::new(welcome, setup, engine)?))
}

/// The page of an experiment whose games no browser simulates has no engine. It does not even load what one would need.
#[cfg(not(any(feature = "simulate", not(target_arch = "wasm32"))))]
fn simulate(_: &Welcome, _: SimulationSetup, _: Option<LocalEngine>) -> Result<Box<dyn View>, WelcomeError> {
    Err(WelcomeError::OutOfSync)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netcode::rollback::testing::{ENGINE, setup, welcome};

    #[test]
    fn a_view_goes_on_while_the_room_asks_for_its_kind() {
        let (streamed, simulated) = (welcome(None), welcome(Some(setup(false))));
        let mut view = open_view(&streamed, None).ok().unwrap();
        assert!(view.on_welcome(&streamed) && !view.on_welcome(&simulated));
        assert!(view.rollback().is_none());
        let mut view = open_view(&simulated, Some(ENGINE)).ok().unwrap();
        assert!(view.on_welcome(&simulated) && !view.on_welcome(&streamed));
        assert!(view.rollback().is_some());
    }

    #[test]
    fn a_page_that_cannot_simulate_connects_again_and_one_that_does_it_differently_is_reloaded() {
        let known = welcome(Some(setup(false)));
        assert_eq!(open_view(&known, None).err(), Some(WelcomeError::OutOfSync));
        let unknown = SimulationSetup { environment: "nothing-v0".into(), ..setup(false) };
        assert_eq!(open_view(&welcome(Some(unknown)), Some(ENGINE)).err(), Some(WelcomeError::OutOfSync));
        let other = SimulationSetup { fingerprint: 0, ..setup(false) };
        let refused = open_view(&welcome(Some(other)), Some(ENGINE));
        assert!(matches!(refused, Err(WelcomeError::OutOfDate(_))));
    }
}
