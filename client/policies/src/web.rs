//! The module's face to JavaScript.

use std::collections::BTreeMap;

use footlights_env::{Agent, Policy, msgpack};
use footlights_experiment::GameScene;
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
        let game = game(experiment, scene)?;
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

/// Loads every model of a game scene, with the one that replaces participants, and tries it. A build asks for this, so that
/// a model that does not fit is told to who builds and not to participants.
///
/// # Errors
/// There is no such game, or a model does not fit.
#[wasm_bindgen]
pub fn check(experiment: &str, scene: &str) -> Result<(), JsError> {
    let wrong = |(option, why)| JsError::new(&format!("{option}: {why}"));
    game(experiment, scene)?.validate_seats().map_err(wrong)
}

fn game(experiment: &str, scene: &str) -> Result<GameScene, JsError> {
    let mut all = footlights_app::installed().experiments().into_iter();
    let found = all.find(|known| known.id == experiment).and_then(|known| known.game(scene).cloned());
    found.ok_or_else(|| JsError::new(&format!("there is no game {scene} in {experiment}")))
}
