//! The studies' policies for participants' browsers, which run them as well as the room where somebody plays alone. A
//! module of its own, because the runtime of the models is twenty times as large as everything else that a page loads.
#![cfg(target_arch = "wasm32")]
#![deny(missing_docs)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use footlights_env::{Agent, Policy, msgpack};
use footlights_protocol::timeline::PolicyQuery;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The policies of one game scene.
#[wasm_bindgen]
pub struct Policies(BTreeMap<Agent, Box<dyn Policy>>);

#[wasm_bindgen]
impl Policies {
    /// Makes them. An error if there is no such game, or a model does not load.
    #[wasm_bindgen(constructor)]
    pub fn new(experiment: &str, scene: &str) -> Result<Self, JsError> {
        let missing = || JsError::new(&format!("there is no game {scene} in {experiment}"));
        let experiment = footlights_example_experiments::all()
            .into_iter()
            .find(|known| known.id == experiment)
            .ok_or_else(missing)?;
        let game = experiment.game(scene).ok_or_else(missing)?;
        let mut policies = BTreeMap::new();
        for agent in (0..).map(Agent).take(game.seats.len()) {
            if let Some(policy) = game.make_policy(agent)? {
                policies.insert(agent, policy);
            }
        }
        Ok(Self(policies))
    }

    /// Asks a policy that is in the state `mind` of its own, at the start of an episode without one. `asked` is an
    /// encoded [`PolicyQuery`]; what comes back is the encoded pair of its action and its state after that.
    pub fn act(&mut self, asked: &[u8], mind: Option<Vec<u8>>) -> Result<Vec<u8>, JsError> {
        let asked: PolicyQuery = msgpack::decode(asked)?;
        let missing = || JsError::new(&format!("no policy plays {}", asked.agent));
        let policy = self.0.get_mut(&asked.agent).ok_or_else(missing)?;
        match mind {
            Some(mind) => policy.load(&mind)?,
            None => policy.reset(),
        }
        let action = asked.evaluate(policy.as_mut())?;
        Ok(msgpack::encode(&(action, policy.save()))?)
    }
}
