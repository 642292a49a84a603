//! Looks at a model file: what is in it, and how it is most likely meant.

use footlights_env::{AgentSpec, Space};
use prost::Message as _;
use tract_onnx::pb::{GraphProto, ModelProto, ValueInfoProto, tensor_proto::DataType};

use crate::{
    config::{Config, Output, Spread},
    contents::Contents,
    external,
    wiring::{self, data_type, describe},
};

/// What a model file says of itself.
///
/// # Errors
/// The bytes are not an ONNX file.
pub fn contents(model: &[u8]) -> Result<Contents, String> {
    let external = external::external_files(model)?;
    let model = ModelProto::decode(model).map_err(|e| e.to_string())?;
    let graph = model.graph.as_ref().ok_or("there is no graph in the file")?;
    let standard = model.opset_import.iter().find(|set| set.domain.is_empty() || set.domain == "ai.onnx");
    Ok(Contents {
        producer: format!("{} {}", model.producer_name, model.producer_version).trim().into(),
        opset: standard.map_or(0, |set| set.version),
        inputs: inputs(graph).map(describe).collect(),
        outputs: graph.output.iter().map(describe).collect(),
        external,
    })
}

/// How a model is most likely meant for an agent: a guess from names, types and shapes. Whether it fits is seen by loading
/// it.
///
/// # Errors
/// Something of it has no likely meaning.
pub fn suggest(model: &[u8], name: &str, agent: &AgentSpec) -> Result<Config, String> {
    let model = ModelProto::decode(model).map_err(|e| format!("the bytes are not an ONNX file: {e}"))?;
    let graph = model.graph.as_ref().ok_or("there is no graph in the file")?;
    let mut guess = Guess {
        config: Config::new(name),
        inputs: inputs(graph).map(Named::of).collect(),
        outputs: graph.output.iter().map(Named::of).collect(),
    };
    guess.mask(agent);
    guess.outputs(agent)?;
    guess.states();
    guess.observation(agent.observation_space.len())?;
    guess.constants();
    match guess.inputs.first() {
        None => Ok(guess.config),
        Some(input) => Err(format!("nothing is known of the input {}", input.described)),
    }
}

/// Inputs that are no weights.
fn inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    graph.input.iter().filter(|input| graph.initializer.iter().all(|weights| weights.name != input.name))
}

/// An input or output, with what a guess goes by.
struct Named {
    name: String,
    lower: String,
    described: String,
    kind: DataType,
    /// Its dimensions with 1 for an open one; none if they are unknown.
    dims: Option<Vec<usize>>,
}

impl Named {
    fn of(value: &ValueInfoProto) -> Self {
        let dims = wiring::dims(value).map(|dims| {
            dims.into_iter().map(|dim| dim.and_then(|n| usize::try_from(n).ok()).unwrap_or(1)).collect()
        });
        Self {
            name: value.name.clone(),
            lower: value.name.to_lowercase(),
            described: describe(value),
            kind: data_type(value),
            dims,
        }
    }

    fn count(&self) -> Option<usize> {
        wiring::elements(self.dims.as_ref()?)
    }

    fn is_float(&self) -> bool {
        matches!(self.kind, DataType::Float | DataType::Double | DataType::Float16)
    }

    fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.lower.contains(word))
    }

    /// The name without what tells the tensor that goes in from the one that comes out.
    fn stem(&self) -> String {
        let words = self.lower.split(['_', '.', '/', ':', '-']);
        let kept = words.filter(|word| {
            !matches!(*word, "in" | "out" | "next" | "new" | "prev" | "last" | "input" | "output" | "")
        });
        let kept = kept.collect::<Vec<_>>().join("_");
        // PyTorch's h0 and hn.
        match kept.strip_suffix(['0', 'n']) {
            Some(stem) if stem.len() == 1 => stem.into(),
            _ => kept,
        }
    }
}

/// A guess on its way: what has found its meaning is taken out.
struct Guess {
    config: Config,
    inputs: Vec<Named>,
    outputs: Vec<Named>,
}

impl Guess {
    fn take_input(&mut self, found: impl Fn(&Named) -> bool) -> Option<Named> {
        let at = self.inputs.iter().position(found)?;
        Some(self.inputs.remove(at))
    }

    fn take_output(&mut self, found: impl Fn(&Named) -> bool) -> Option<Named> {
        let at = self.outputs.iter().position(found)?;
        Some(self.outputs.remove(at))
    }

    fn mask(&mut self, agent: &AgentSpec) {
        let Space::Discrete { n } = agent.action_space else { return };
        let fits =
            |input: &Named| input.has(&["mask", "valid", "legal"]) && input.count() == Some(n as usize);
        self.config.mask_input = self.take_input(fits).map(|input| input.name);
    }

    fn outputs(&mut self, agent: &AgentSpec) -> Result<(), String> {
        const LOGITS: &[&str] = &["logit", "policy", "action", "pi", "q_", "output"];
        const SPREAD: &[&str] = &["std", "sigma", "scale", "var"];
        match agent.action_space {
            Space::Discrete { n } => {
                let n = n as usize;
                let fits = |output: &Named| output.is_float() && output.count() == Some(n);
                let found = self.take_output(|output| fits(output) && output.has(LOGITS));
                if let Some(logits) = found.or_else(|| self.take_output(fits)) {
                    self.config.output = Output::Logits(vec![logits.name]);
                    return Ok(());
                }
                let is_action = |output: &Named| output.count() == Some(1) && !output.is_float();
                let found = self.take_output(is_action);
                let called = |output: &Named| output.count() == Some(1) && output.has(&["action"]);
                if let Some(action) = found.or_else(|| self.take_output(called)) {
                    self.config.output = Output::Action(action.name);
                    return Ok(());
                }
                let heads: Vec<&Named> =
                    self.outputs.iter().filter(|output| !output.has(&["value"])).collect();
                let counts = heads.iter().map(|head| head.count());
                let product = counts.flatten().try_fold(1usize, usize::checked_mul);
                if heads.len() > 1 && product == Some(n) {
                    self.config.output = Output::Logits(heads.iter().map(|head| head.name.clone()).collect());
                    return Ok(());
                }
                Err(format!("none of the outputs has {n} numbers, one for each action: {}", self.described()))
            }
            Space::Box { ref low, .. } => {
                let n = low.len();
                let twice = |output: &Named| output.count() == Some(2 * n);
                let is_spread = |output: &Named| output.count() == Some(n) && output.has(SPREAD);
                let is_mean = |output: &Named| output.count() == Some(n) && !output.has(&["value"]);
                let spread = self.outputs.iter().position(is_spread).map(|at| self.outputs.remove(at));
                let mean = self.outputs.iter().position(is_mean).map(|at| self.outputs.remove(at));
                self.config.output = match (mean, spread) {
                    (Some(mean), Some(spread)) => {
                        Output::Gaussian { mean: mean.name, spread: Spread::Output(spread.name) }
                    }
                    (Some(mean), None) => Output::Action(mean.name),
                    (None, _) => {
                        match self.outputs.iter().position(twice).map(|at| self.outputs.remove(at)) {
                            Some(both) => Output::Gaussian { mean: both.name, spread: Spread::SecondHalf },
                            None => {
                                let listed = self.described();
                                return Err(format!(
                                    "none of the outputs has {n} numbers of an action: {listed}"
                                ));
                            }
                        }
                    }
                };
                Ok(())
            }
        }
    }

    fn described(&self) -> String {
        self.outputs.iter().map(|output| output.described.clone()).collect::<Vec<_>>().join(", ")
    }

    /// Inputs that an output of the same shape and of a like name belongs to.
    fn states(&mut self) {
        let mut k = 0;
        while let Some(input) = self.inputs.get(k) {
            let (stem, kind, dims) = (input.stem(), input.kind, input.dims.clone());
            let is_state = kind == DataType::Float && dims.is_some() && !stem.contains("obs");
            let pair = |output: &Named| output.kind == kind && output.dims == dims && output.stem() == stem;
            match self.take_output(pair).filter(|_| is_state) {
                Some(output) => {
                    let input = self.inputs.remove(k).name;
                    self.config = self.config.clone().recurrent(input, output.name);
                }
                None => k += 1,
            }
        }
    }

    fn observation(&mut self, length: usize) -> Result<(), String> {
        let fits = |input: &Named| input.count() == Some(length);
        let called = |input: &Named| fits(input) && input.has(&["obs"]);
        let found = self.take_input(called).or_else(|| self.take_input(fits));
        if let Some(input) = found {
            self.config = self.config.clone().observation(input.name);
            return Ok(());
        }
        // A dictionary: its entries in the order of the file.
        let floats = || self.inputs.iter().filter(|input| input.is_float());
        let counts: Option<Vec<usize>> = floats().map(Named::count).collect();
        if counts.as_ref().is_some_and(|counts| counts.len() > 1 && counts.iter().sum::<usize>() == length) {
            let mut from = 0;
            while let Some(input) = self.take_input(Named::is_float) {
                let to = from + input.count().unwrap_or_default();
                self.config = self.config.clone().part(input.name, from..to);
                from = to;
            }
            return Ok(());
        }
        let listed = self.inputs.iter().map(|input| input.described.clone()).collect::<Vec<_>>().join(", ");
        Err(format!(
            "none of the inputs takes the {length} numbers of an observation, nor do all together: {listed}"
        ))
    }

    /// Lengths of sequences are 1; what says that an episode starts is 0, because states begin with zeros.
    fn constants(&mut self) {
        for (words, value) in [(&["len"][..], 1.0), (&["start", "done", "reset"][..], 0.0)] {
            while let Some(input) = self.take_input(|input| input.has(words) && input.dims.is_some()) {
                let shape: Vec<u32> =
                    input.dims.iter().flatten().map(|n| u32::try_from(*n).unwrap_or(u32::MAX)).collect();
                self.config = self.config.clone().fixed(input.name, &shape, &[value]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{file, value};

    fn agent(action_space: Space, observed: usize) -> AgentSpec {
        AgentSpec::new(action_space, Space::uniform_box(observed, -1.0, 1.0))
    }

    fn model(inputs: &[(&str, usize)], outputs: &[(&str, usize)]) -> Vec<u8> {
        let values = |list: &[(&str, usize)]| list.iter().map(|(name, width)| value(name, *width)).collect();
        file(GraphProto { input: values(inputs), output: values(outputs), ..GraphProto::default() })
    }

    #[test]
    fn the_contents_of_a_file_are_listed() {
        let found = contents(&model(&[("obs", 12)], &[("logits", 6), ("value", 1)])).unwrap();
        assert_eq!(found.inputs, ["\"obs\" FLOAT [?, 12]"]);
        assert_eq!(found.outputs, ["\"logits\" FLOAT [?, 6]", "\"value\" FLOAT [?, 1]"]);
        assert_eq!((found.opset, found.producer.as_str()), (13, "footlights"));
        assert!(contents(b"no model").is_err());
    }

    #[test]
    fn usual_names_and_shapes_are_understood() {
        let moves = || agent(Space::Discrete { n: 6 }, 9);
        let force = || agent(Space::uniform_box(2, -1.0, 1.0), 9);
        let x = || Config::new("x");
        for (inputs, outputs, agent, expected) in [
            (
                &[("state", 9)][..],
                &[("value", 1), ("out", 6)][..],
                moves(),
                x().observation("state").logits("out"),
            ),
            (
                &[("obs", 9), ("state_in_0", 4), ("seq_lens", 1)],
                &[("logits", 6), ("state_out_0", 4)],
                moves(),
                x().recurrent("state_in_0", "state_out_0").observation("obs").fixed(
                    "seq_lens",
                    &[1, 1],
                    &[1.0],
                ),
            ),
            (
                &[("input", 9), ("h0", 9), ("action_mask", 6)],
                &[("hn", 9), ("pi", 6)],
                moves(),
                x().mask("action_mask").logits("pi").recurrent("h0", "hn").observation("input"),
            ),
            (
                &[("position", 3), ("velocity", 6)],
                &[("move", 3), ("fire", 2)],
                moves(),
                x().heads(&["move", "fire"]).part("position", 0..3).part("velocity", 3..9),
            ),
            (
                &[("obs", 9)],
                &[("mu", 2), ("log_std", 2)],
                force(),
                x().gaussian("mu", "log_std").observation("obs"),
            ),
            (
                &[("obs", 9)],
                &[("dist_inputs", 4)],
                force(),
                x().gaussian_in_one("dist_inputs").observation("obs"),
            ),
            (&[("obs", 9)], &[("action", 2)], force(), x().action("action").observation("obs")),
        ] {
            assert_eq!(suggest(&model(inputs, outputs), "x", &agent), Ok(expected));
        }
    }

    #[test]
    fn what_has_no_likely_meaning_is_named() {
        let moves = agent(Space::Discrete { n: 6 }, 9);
        let told = |inputs: &[(&str, usize)], outputs: &[(&str, usize)]| {
            suggest(&model(inputs, outputs), "x", &moves).unwrap_err()
        };
        assert_eq!(
            told(&[("obs", 9), ("z", 3)], &[("logits", 6)]),
            "nothing is known of the input \"z\" FLOAT [?, 3]"
        );
        assert!(told(&[("obs", 8)], &[("logits", 6)]).contains("none of the inputs takes the 9 numbers"));
        assert!(told(&[("obs", 9)], &[("logits", 5)]).contains("none of the outputs has 6 numbers"));
    }
}
