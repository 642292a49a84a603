//! How a model's tensors and numbers become a policy: what an experiment writes down.

use serde::{Deserialize, Serialize};

/// How one model is used. The defaults suit a feed-forward model with an input `obs` and an output `logits`.
///
/// ```
/// use footlights_onnx::Config;
///
/// let lstm = Config::new("partner")
///     .observation("state")
///     .recurrent("h_in", "h_out")
///     .fixed("seq_lens", &[1], &[1.0])
///     .softmax(0.7)
///     .frame_skip(2);
/// assert_eq!(lstm.logits, "logits");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The policy's name, in errors and in data.
    pub name: String,
    /// The input tensor that takes the flat observation, whatever its shape.
    #[serde(default = "default_observation")]
    pub observation: String,
    /// The output tensor with one number for each action.
    #[serde(default = "default_logits")]
    pub logits: String,
    /// State tensors that go from one step to the next.
    #[serde(default)]
    pub recurrent: Vec<Recurrent>,
    /// Input tensors that always have the same value.
    #[serde(default)]
    pub fixed: Vec<Fixed>,
    /// How logits become an action.
    #[serde(default)]
    pub sampling: Sampling,
    /// An action is held for so many ticks, and the model runs once in as many; 0 means 1. A recurrent state
    /// advances only when the model runs.
    #[serde(default = "default_frame_skip")]
    pub frame_skip: u32,
}

/// A state tensor: zeros at the start of an episode, then whatever the model's output said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recurrent {
    /// The input's name.
    pub input: String,
    /// The name of the output that becomes the next step's input.
    pub output: String,
}

/// An input tensor with a constant value, such as sequence lengths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// The input's name.
    pub input: String,
    /// Its shape.
    pub shape: Vec<u32>,
    /// Its values in row-major order, or a single one that fills the shape. They are converted to the input's type.
    pub values: Vec<f32>,
}

/// How logits become an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum Sampling {
    /// The action with the largest logit, the first of them if there are several.
    #[default]
    Argmax,
    /// Drawn with probability proportional to `exp(logit / temperature)`.
    Softmax {
        /// Above 0; the higher, the closer to uniform.
        temperature: f32,
    },
}

fn default_observation() -> String {
    "obs".into()
}

fn default_logits() -> String {
    "logits".into()
}

fn default_frame_skip() -> u32 {
    1
}

impl Config {
    /// Feed-forward, `obs` to `logits`, argmax, a decision every tick.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            observation: default_observation(),
            logits: default_logits(),
            recurrent: Vec::new(),
            fixed: Vec::new(),
            sampling: Sampling::default(),
            frame_skip: default_frame_skip(),
        }
    }

    /// Names the input that takes the observation.
    #[must_use]
    pub fn observation(mut self, input: impl Into<String>) -> Self {
        self.observation = input.into();
        self
    }

    /// Names the output that holds the logits.
    #[must_use]
    pub fn logits(mut self, output: impl Into<String>) -> Self {
        self.logits = output.into();
        self
    }

    /// Feeds `output` back into `input` at the next step.
    #[must_use]
    pub fn recurrent(mut self, input: impl Into<String>, output: impl Into<String>) -> Self {
        self.recurrent.push(Recurrent { input: input.into(), output: output.into() });
        self
    }

    /// Gives `input` a constant value; one value alone fills the shape.
    #[must_use]
    pub fn fixed(mut self, input: impl Into<String>, shape: &[u32], values: &[f32]) -> Self {
        self.fixed.push(Fixed { input: input.into(), shape: shape.to_vec(), values: values.to_vec() });
        self
    }

    /// Draws actions from the softmax of the logits divided by `temperature`.
    #[must_use]
    pub fn softmax(mut self, temperature: f32) -> Self {
        self.sampling = Sampling::Softmax { temperature };
        self
    }

    /// Decides once in `ticks` ticks.
    #[must_use]
    pub fn frame_skip(mut self, ticks: u32) -> Self {
        self.frame_skip = ticks;
        self
    }

    /// What is wrong with the numbers, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Sampling::Softmax { temperature } = self.sampling
            && !(temperature.is_finite() && temperature > 0.0)
        {
            return Err(format!("softmax temperature must be above 0, not {temperature}"));
        }
        let inputs = std::iter::once(&self.observation)
            .chain(self.recurrent.iter().map(|r| &r.input))
            .chain(self.fixed.iter().map(|f| &f.input));
        if let Some(name) = repeated(inputs) {
            return Err(format!("input {name:?} is named twice"));
        }
        let outputs = std::iter::once(&self.logits).chain(self.recurrent.iter().map(|r| &r.output));
        match repeated(outputs) {
            Some(name) => Err(format!("output {name:?} is named twice")),
            None => Ok(()),
        }
    }
}

fn repeated<'a>(names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = std::collections::BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builders_and_serde_agree_and_a_bare_name_is_enough() {
        let config = Config::new("agent")
            .observation("x")
            .logits("y")
            .recurrent("h", "h_next")
            .fixed("seq_lens", &[1], &[1.0])
            .softmax(0.5)
            .frame_skip(3);
        let bytes = rmp_serde::to_vec_named(&config).unwrap();
        assert_eq!(rmp_serde::from_slice::<Config>(&bytes).unwrap(), config);
        assert_eq!(config.check(), Ok(()));

        let bare = rmp_serde::to_vec_named(&std::collections::BTreeMap::from([("name", "agent")])).unwrap();
        assert_eq!(rmp_serde::from_slice::<Config>(&bare).unwrap(), Config::new("agent"));
    }

    #[test]
    fn an_impossible_configuration_is_named() {
        for temperature in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(Config::new("a").softmax(temperature).check().unwrap_err().contains("temperature"));
        }
        let twice = Config::new("a").fixed("obs", &[1], &[0.0]);
        assert_eq!(twice.check(), Err("input \"obs\" is named twice".into()));
        let twice = Config::new("a").recurrent("h", "logits");
        assert_eq!(twice.check(), Err("output \"logits\" is named twice".into()));
    }
}
