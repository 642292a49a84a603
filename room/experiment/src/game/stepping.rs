//! How often and where the environment is stepped.

use footlights_protocol::InputDelay;
use serde::Serialize;

use crate::run_mode::Execution;

/// The longest input delay, in ticks.
const MAX_INPUT_DELAY: u32 = 60;
/// The longest prediction window, in ticks.
const MAX_PREDICTION_WINDOW: u32 = 600;

/// How often and where the environment is stepped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stepping {
    /// Ticks a second.
    pub fps: f32,
    /// Where the environment is stepped.
    pub execution: Execution,
    /// How many ticks later than it is pressed a key counts, if browsers simulate the game.
    pub input_delay: InputDelay,
    /// How many ticks a browser may be ahead of the last confirmed one.
    pub prediction_window: u32,
}

impl Default for Stepping {
    fn default() -> Self {
        Self {
            fps: 30.0,
            execution: Execution::Server,
            input_delay: InputDelay::Fixed(0),
            prediction_window: 30,
        }
    }
}

impl Stepping {
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        if !(1.0..=60.0).contains(&self.fps) {
            return Err(("fps", format!("{} must be 1 to 60", self.fps)));
        }
        let (InputDelay::Fixed(delay) | InputDelay::Adaptive { most: delay }) = self.input_delay;
        if delay > MAX_INPUT_DELAY {
            return Err(("input_delay", format!("{delay} ticks are more than {MAX_INPUT_DELAY}")));
        }
        if self.prediction_window > MAX_PREDICTION_WINDOW {
            let why = format!("{} ticks are more than {MAX_PREDICTION_WINDOW}", self.prediction_window);
            return Err(("prediction_window", why));
        }
        Ok(())
    }
}
