//! The module's face to JavaScript.

use std::collections::BTreeMap;

use footlights_env::{Agent, Policy, msgpack};
use footlights_protocol::timeline::PolicyQuery;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The policies of one game scene.
#[wasm_bindgen]
pub struct Policies(BTreeMap<Agent, Box<dyn Policy>>);

#[wasm_bindgen]
impl Policies {
    /// Makes the policies of a game scene.
    ///
    /// # Errors
    /// There is no such game, or a model does not load.
    #[wasm_bindgen(constructor)]
    pub fn new(experiment: &str, scene: &str) -> Result<Self, JsError> {
        let missing = || JsError::new(&format!("there is no game {scene} in {experiment}"));
        let experiment = footlights_app::installed()
            .experiments()
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

    /// Evaluates a policy from its saved state, or from the start of an episode without one. `query` is an encoded
    /// [`PolicyQuery`]; the result is the encoded pair of the action and the state after it.
    ///
    /// # Errors
    /// The query or the state cannot be read, no policy plays that agent, or the policy fails.
    pub fn act(&mut self, query: &[u8], state: Option<Vec<u8>>) -> Result<Vec<u8>, JsError> {
        let query: PolicyQuery = msgpack::decode(query)?;
        let missing = || JsError::new(&format!("no policy plays {}", query.agent));
        let policy = self.0.get_mut(&query.agent).ok_or_else(missing)?;
        match state {
            Some(state) => policy.load(&state)?,
            None => policy.reset(),
        }
        let action = query.evaluate(policy.as_mut())?;
        Ok(msgpack::encode(&(action, policy.save()?))?)
    }
}
