//! What tests and benchmarks call in the very module that participants run.

use footlights_env::{Simulation, conformance};
use footlights_protocol::{
    ShownScores,
    keys::{InputMode, Keyboard, MissingAction},
    timeline::{Moves, Rules, Timeline},
};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The environments of this build.
#[wasm_bindgen]
pub fn environment_ids() -> Vec<String> {
    footlights_app::installed().registry().iter().map(|entry| entry.id.to_owned()).collect()
}

/// The golden digest of an environment's default configuration, as 16 hexadecimal digits.
#[wasm_bindgen]
pub fn golden(id: &str) -> Result<String, JsError> {
    let mut simulation = make(id)?;
    Ok(format!("{:016x}", conformance::golden(simulation.as_mut())?))
}

/// Plays that many random steps, episode after episode, and returns how many it played; the caller takes the time.
#[wasm_bindgen]
pub fn bench_steps(id: &str, steps: u32) -> Result<u32, JsError> {
    let mut simulation = make(id)?;
    let mut episode = 0;
    simulation.reset(1, episode);
    for _ in 0..steps {
        let actions = conformance::random_actions(simulation.as_ref(), 1);
        if simulation.step(&actions)?.done() {
            episode += 1;
            simulation.reset(1, episode);
        }
    }
    Ok(steps)
}

/// Copies a game and simulates that many ticks again, as after a wrong guess; all of it that many times.
#[wasm_bindgen]
pub fn bench_rollback(id: &str, ticks: u32, times: u32) -> Result<u32, JsError> {
    let simulation = make(id)?;
    let agents = &simulation.spec().agents;
    let keyboards = vec![Keyboard::default(); agents.len()];
    let default_actions = agents.iter().map(|agent| agent.noop.clone()).collect();
    let (input_mode, missing_action) = (InputMode::PressedKeys, MissingAction::Default);
    let rules = Rules {
        input_mode,
        missing_action,
        default_actions,
        keyboards,
        episodes: 1,
        max_steps: None,
        carry_score: true,
        shown_scores: ShownScores::All,
    };
    let confirmed = Timeline::new(rules, simulation, 1);
    let moves = Moves::new();
    for _ in 0..times {
        let mut present = confirmed.clone();
        for _ in 0..ticks {
            present.advance(&moves)?;
        }
    }
    Ok(times)
}

fn make(id: &str) -> Result<Box<dyn Simulation>, JsError> {
    Ok(footlights_app::installed().registry().get(id)?.make_default()?)
}
