//! The kernels as Node.js calls them.

use footlights_env::Environment;
use footlights_environments::{
    mountain_car::MountainCar, overcooked::Overcooked, slime_volleyball::SlimeVolleyball,
};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::{inference, steps};

/// [`steps::typed`] for the environment of that id.
#[wasm_bindgen]
pub fn typed_steps(id: &str, steps: u32) -> Result<f32, JsError> {
    match id {
        SlimeVolleyball::ID => Ok(steps::typed::<SlimeVolleyball>(steps)),
        MountainCar::ID => Ok(steps::typed::<MountainCar>(steps)),
        Overcooked::ID => Ok(steps::typed::<Overcooked>(steps)),
        _ => Err(JsError::new("no such environment")),
    }
}

/// [`steps::erased`].
#[wasm_bindgen]
pub fn erased_steps(id: &str, steps: u32) -> Result<f32, JsError> {
    Ok(steps::erased(&footlights_environments::registry(), id, steps)?)
}

/// A network that decides; see [`inference::Network`].
#[wasm_bindgen]
pub struct Network(inference::Network);

#[wasm_bindgen]
impl Network {
    /// With random weights, for Slime Volleyball's observations and actions.
    pub fn random(widths: &[usize]) -> Result<Self, JsError> {
        Ok(Self(inference::Network::random(widths, &inference::slime())?))
    }

    /// From a model's file, for the same.
    pub fn load(bytes: &[u8]) -> Result<Self, JsError> {
        Ok(Self(inference::Network::load(bytes, &inference::slime())?))
    }

    /// Decides so many times.
    pub fn decide(&mut self, times: u32) -> Result<u32, JsError> {
        Ok(self.0.decide(times)?)
    }
}
