//! How a model's tensors and numbers become a policy: what an experiment writes down.

use std::{collections::BTreeSet, ops::Range};

use footlights_env::{AgentSpec, Space};

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
///
/// // Observations in two parts, actions of a `Box` from a mean and the logarithm of a standard deviation.
/// let gaussian = Config::new("driver").part("position", 0..2).part("velocity", 2..4).gaussian("mu", "log_std").sampled();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The policy's name, in errors and in data.
    pub name: String,
    /// The input tensors that take the observation; none stands for one that is called `obs` and takes all of it.
    pub inputs: Vec<Input>,
    /// The input tensor that takes the action mask.
    pub mask_input: Option<String>,
    /// What the output tensors mean.
    pub output: Output,
    /// The logits are the sums of rewards that the model expects of each action (Q-values), for people who watch.
    pub q_values: bool,
    /// How numbers become an action of a `Box`.
    pub fit: Fit,
    /// An action that the rules refuse now is not chosen.
    pub masked: bool,
    /// State tensors that go from one step to the next.
    pub recurrent: Vec<Recurrent>,
    /// Input tensors that always have the same value.
    pub fixed: Vec<Fixed>,
    /// Which action is taken.
    pub sampling: Sampling,
    /// An action is held for so many ticks, and the model runs once in as many; 0 means 1. A recurrent state
    /// advances only when the model runs.
    pub frame_skip: u32,
}

/// An input tensor that takes the observation or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The input's name.
    pub name: String,
    /// Which numbers of the flat observation it takes; none stands for all.
    pub part: Option<Range<usize>>,
    /// Where the model wants them in another order than they have.
    pub transposed: Option<Transposed>,
}

/// An order of axes, as of `numpy.transpose(numbers.reshape(shape), axes)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transposed {
    /// The shape that the numbers have, row-major.
    pub shape: Vec<usize>,
    /// The axis `k` of what goes in is the axis `axes[k]` of `shape`.
    pub axes: Vec<usize>,
}

/// What a model's output tensors mean.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// One number for each discrete action. Several tensors are heads: each chooses one part of the action, and the action's
    /// number counts them row-major, the last head fastest.
    Logits(Vec<String>),
    /// The action itself: the number of a discrete one, or the numbers of one in a `Box`.
    Action(String),
    /// A normal distribution for each number of an action in a `Box`.
    Gaussian {
        /// The means.
        mean: String,
        /// How wide it is.
        spread: Spread,
    },
}

/// The logarithms of the standard deviations of a normal distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum Spread {
    /// Another tensor has them.
    Output(String),
    /// They are the second half of the tensor with the means.
    SecondHalf,
    /// They do not depend on the observation. One number stands for all.
    Fixed(Vec<f32>),
}

/// How a model's numbers become an action of a `Box`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fit {
    /// They are the action, cut at its bounds.
    #[default]
    Clip,
    /// -1 is the lower bound and 1 the upper one; what is beyond is cut.
    Scale,
    /// The same after a hyperbolic tangent.
    Squash,
}

/// A state tensor: zeros at the start of an episode, then whatever the model's output said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrent {
    /// The input's name.
    pub input: String,
    /// The name of the output that becomes the next step's input.
    pub output: String,
}

/// An input tensor with a constant value, such as sequence lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// The input's name.
    pub input: String,
    /// Its shape.
    pub shape: Vec<u32>,
    /// Its values in row-major order, or a single one that fills the shape. They are converted to the input's type.
    pub values: Vec<f32>,
}

/// Which action is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Sampling {
    /// The one with the largest logit, the first of them if there are several; the mean of a normal distribution.
    #[default]
    Best,
    /// One that is drawn: with probability proportional to `exp(logit / temperature)`, or from the normal distribution with
    /// its standard deviations times `temperature`.
    Drawn {
        /// Above 0; the higher, the more random.
        temperature: f32,
    },
}

/// The input that takes the observation unless the configuration names another one.
const OBSERVATION: &str = "obs";
/// The output with the logits unless the configuration names another one.
const LOGITS: &str = "logits";

impl Config {
    /// Feed-forward, `obs` to `logits`, the best action, a decision every tick.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            inputs: Vec::new(),
            mask_input: None,
            output: Output::Logits(vec![LOGITS.into()]),
            q_values: false,
            fit: Fit::default(),
            masked: false,
            recurrent: Vec::new(),
            fixed: Vec::new(),
            sampling: Sampling::default(),
            frame_skip: 1,
        }
    }

    /// Names an input that takes the whole observation.
    #[must_use]
    pub fn observation(mut self, input: impl Into<String>) -> Self {
        self.inputs.push(Input { name: input.into(), part: None, transposed: None });
        self
    }

    /// Names an input that takes some numbers of the flat observation, as an entry of a dictionary of observations.
    #[must_use]
    pub fn part(mut self, input: impl Into<String>, numbers: Range<usize>) -> Self {
        self.inputs.push(Input { name: input.into(), part: Some(numbers), transposed: None });
        self
    }

    /// Puts the numbers of the input that was named last into another order: they are an array of this shape, and go in as
    /// `numpy.transpose(numbers.reshape(shape), axes)`. An image that is observed as height × width × channels goes into a
    /// model that wants channels × height × width with the axes `[2, 0, 1]`.
    #[must_use]
    pub fn transposed(mut self, shape: &[usize], axes: &[usize]) -> Self {
        let transposed = Transposed { shape: shape.to_vec(), axes: axes.to_vec() };
        if self.inputs.is_empty() {
            self = self.observation(OBSERVATION);
        }
        if let Some(input) = self.inputs.last_mut() {
            input.transposed = Some(transposed);
        }
        self
    }

    /// Names the output that holds the logits.
    #[must_use]
    pub fn logits(mut self, output: impl Into<String>) -> Self {
        self.output = Output::Logits(vec![output.into()]);
        self
    }

    /// Names the output that holds, for each action, the sum of rewards that the model expects of it. They decide as logits do,
    /// and pages that watch say what they are.
    #[must_use]
    pub fn q_values(mut self, output: impl Into<String>) -> Self {
        self.q_values = true;
        self.logits(output)
    }

    /// Names several outputs with logits: each head chooses one part of the action. The action's number counts them
    /// row-major, the last head fastest, as `numpy.ravel_multi_index` does.
    #[must_use]
    pub fn heads(mut self, outputs: &[&str]) -> Self {
        self.output = Output::Logits(outputs.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// Names an output that is the action itself: the number of a discrete one, or the numbers of one in a `Box`.
    #[must_use]
    pub fn action(mut self, output: impl Into<String>) -> Self {
        self.output = Output::Action(output.into());
        self
    }

    /// Names the outputs with the means of an action in a `Box`, and with the logarithms of its standard deviations.
    #[must_use]
    pub fn gaussian(mut self, mean: impl Into<String>, log_std: impl Into<String>) -> Self {
        self.output = Output::Gaussian { mean: mean.into(), spread: Spread::Output(log_std.into()) };
        self
    }

    /// Names one output with the means of an action in a `Box`, followed by the logarithms of its standard deviations.
    #[must_use]
    pub fn gaussian_in_one(mut self, output: impl Into<String>) -> Self {
        self.output = Output::Gaussian { mean: output.into(), spread: Spread::SecondHalf };
        self
    }

    /// Names the output with the means of an action in a `Box`, whose standard deviations are always the same. One logarithm
    /// stands for all of them.
    #[must_use]
    pub fn gaussian_of(mut self, mean: impl Into<String>, log_std: &[f32]) -> Self {
        self.output = Output::Gaussian { mean: mean.into(), spread: Spread::Fixed(log_std.to_vec()) };
        self
    }

    /// The numbers of an action in a `Box` lie from -1 to 1, and are scaled to its bounds.
    #[must_use]
    pub fn scaled(mut self) -> Self {
        self.fit = Fit::Scale;
        self
    }

    /// The numbers of an action in a `Box` go through a hyperbolic tangent, and are scaled to its bounds, as those of SAC.
    #[must_use]
    pub fn squashed(mut self) -> Self {
        self.fit = Fit::Squash;
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

    /// Never chooses an action that the rules refuse now, unless they refuse all.
    #[must_use]
    pub fn masked(mut self) -> Self {
        self.masked = true;
        self
    }

    /// Names the input that takes the action mask: 1 for an action that the rules allow now, otherwise 0.
    #[must_use]
    pub fn mask(mut self, input: impl Into<String>) -> Self {
        self.mask_input = Some(input.into());
        self
    }

    /// Draws actions from the softmax of the logits divided by `temperature`.
    #[must_use]
    pub fn softmax(mut self, temperature: f32) -> Self {
        self.sampling = Sampling::Drawn { temperature };
        self
    }

    /// Draws actions from the model's distribution in place of taking the best one.
    #[must_use]
    pub fn sampled(self) -> Self {
        self.softmax(1.0)
    }

    /// Decides once in `ticks` ticks.
    #[must_use]
    pub fn frame_skip(mut self, ticks: u32) -> Self {
        self.frame_skip = ticks;
        self
    }

    /// The Rust code that makes this configuration.
    ///
    /// ```
    /// use footlights_onnx::Config;
    ///
    /// let config = Config::new("partner").observation("state").softmax(0.7);
    /// assert_eq!(config.code(), r#"Config::new("partner").observation("state").softmax(0.7)"#);
    /// ```
    #[must_use]
    pub fn code(&self) -> String {
        let mut code = format!("Config::new({:?})", self.name);
        for Input { name, part, transposed } in &self.inputs {
            match part {
                None => code.push_str(&format!(".observation({name:?})")),
                Some(part) => code.push_str(&format!(".part({name:?}, {part:?})")),
            }
            if let Some(Transposed { shape, axes }) = transposed {
                code.push_str(&format!(".transposed(&{shape:?}, &{axes:?})"));
            }
        }
        if let Some(name) = &self.mask_input {
            code.push_str(&format!(".mask({name:?})"));
        }
        code.push_str(&match &self.output {
            Output::Logits(heads) => match heads.as_slice() {
                [one] if self.q_values => format!(".q_values({one:?})"),
                [one] if one == LOGITS => String::new(),
                [one] => format!(".logits({one:?})"),
                heads => format!(".heads(&{heads:?})"),
            },
            Output::Action(output) => format!(".action({output:?})"),
            Output::Gaussian { mean, spread: Spread::Output(log_std) } => {
                format!(".gaussian({mean:?}, {log_std:?})")
            }
            Output::Gaussian { mean, spread: Spread::SecondHalf } => format!(".gaussian_in_one({mean:?})"),
            Output::Gaussian { mean, spread: Spread::Fixed(log_std) } => {
                format!(".gaussian_of({mean:?}, &{log_std:?})")
            }
        });
        code.push_str(match self.fit {
            Fit::Clip => "",
            Fit::Scale => ".scaled()",
            Fit::Squash => ".squashed()",
        });
        if self.masked {
            code.push_str(".masked()");
        }
        for Recurrent { input, output } in &self.recurrent {
            code.push_str(&format!(".recurrent({input:?}, {output:?})"));
        }
        for Fixed { input, shape, values } in &self.fixed {
            code.push_str(&format!(".fixed({input:?}, &{shape:?}, &{values:?})"));
        }
        match self.sampling {
            Sampling::Best => {}
            Sampling::Drawn { temperature } => code.push_str(&format!(".softmax({temperature:?})")),
        }
        if self.frame_skip > 1 {
            code.push_str(&format!(".frame_skip({})", self.frame_skip));
        }
        code
    }

    /// The inputs that take the observation.
    pub(crate) fn observed(&self) -> Vec<Input> {
        if self.inputs.is_empty() {
            vec![Input { name: OBSERVATION.into(), part: None, transposed: None }]
        } else {
            self.inputs.clone()
        }
    }

    /// The outputs that an action is made of.
    pub(crate) fn decided(&self) -> Vec<&String> {
        match &self.output {
            Output::Logits(heads) => heads.iter().collect(),
            Output::Action(output) | Output::Gaussian { mean: output, spread: Spread::SecondHalf } => {
                vec![output]
            }
            Output::Gaussian { mean, spread: Spread::Output(log_std) } => vec![mean, log_std],
            Output::Gaussian { mean, spread: Spread::Fixed(_) } => vec![mean],
        }
    }

    /// What is wrong with the numbers, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Sampling::Drawn { temperature } = self.sampling
            && !(temperature.is_finite() && temperature > 0.0)
        {
            return Err(format!("softmax temperature must be above 0, not {temperature}"));
        }
        if let Output::Gaussian { spread: Spread::Fixed(log_std), .. } = &self.output
            && (log_std.is_empty() || log_std.iter().any(|x| !x.is_finite()))
        {
            return Err(format!("the logarithms of standard deviations must be finite, not {log_std:?}"));
        }
        let observed = self.observed();
        let inputs = (observed.iter().map(|input| &input.name))
            .chain(&self.mask_input)
            .chain(self.recurrent.iter().map(|r| &r.input))
            .chain(self.fixed.iter().map(|f| &f.input));
        if let Some(name) = repeated(inputs) {
            return Err(format!("input {name:?} is named twice"));
        }
        let decided = self.decided();
        if decided.is_empty() {
            return Err("no output is named".into());
        }
        if let Some(name) = repeated(decided.into_iter().chain(self.recurrent.iter().map(|r| &r.output))) {
            return Err(format!("output {name:?} is named twice"));
        }
        observed.iter().try_for_each(Input::check)
    }

    /// What is wrong with it for an agent of an environment, as far as that can be told without the model.
    pub(crate) fn check_for(&self, environment: &str, agent: &AgentSpec) -> Result<(), String> {
        self.check()?;
        self.suits(&agent.action_space).map_err(|why| format!("{environment}: {why}"))?;
        let length = agent.observation_space.len();
        self.observed().iter().try_for_each(|input| input.numbers(length).map(|_| ()))
    }

    /// What of it does not suit an action space, if anything.
    fn suits(&self, space: &Space) -> Result<(), String> {
        let is_masked = self.masked || self.mask_input.is_some();
        match (space, &self.output) {
            (Space::Discrete { .. }, Output::Gaussian { .. }) => {
                Err("a Gaussian gives the numbers of a Box, and the actions are discrete".into())
            }
            (Space::Discrete { .. }, _) if self.fit != Fit::Clip => {
                Err("only the numbers of a Box are scaled, and the actions are discrete".into())
            }
            (Space::Discrete { .. }, Output::Action(_)) if self.sampling != Sampling::Best => {
                Err("the model chooses the action itself; only logits and Gaussians can be drawn from".into())
            }
            (Space::Discrete { .. }, _) => Ok(()),
            (Space::Box { .. }, Output::Logits(_)) => Err(
                "logits choose among discrete actions, and the actions are a Box; name the output with `action` or `gaussian`"
                    .into(),
            ),
            (Space::Box { .. }, _) if is_masked => {
                Err("only discrete actions have a mask, and the actions are a Box".into())
            }
            (Space::Box { .. }, Output::Action(_)) if self.sampling != Sampling::Best => {
                Err("the model chooses the action itself; only logits and Gaussians can be drawn from".into())
            }
            (Space::Box { low, high }, _) if self.fit != Fit::Clip => {
                let is_bounded = low.iter().chain(high).all(|bound| bound.is_finite());
                if is_bounded { Ok(()) } else { Err("only to finite bounds can actions be scaled".into()) }
            }
            (Space::Box { .. }, _) => Ok(()),
        }
    }
}

impl Input {
    fn check(&self) -> Result<(), String> {
        let Self { name, part, transposed } = self;
        if let Some(part) = part.as_ref().filter(|part| part.is_empty()) {
            return Err(format!("the input {name:?} takes the numbers {part:?}, which are none"));
        }
        let Some(Transposed { shape, axes }) = transposed else { return Ok(()) };
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..shape.len()) {
            let all = shape.len();
            return Err(format!("the input {name:?}: the axes {axes:?} are not an order of {all} axes"));
        }
        Ok(())
    }

    /// Which numbers of an observation of that length it takes, in the model's order.
    ///
    /// # Errors
    /// The observation has not as many.
    pub(crate) fn numbers(&self, observation: usize) -> Result<Vec<usize>, String> {
        let name = &self.name;
        let part = self.part.clone().unwrap_or(0..observation);
        if part.end > observation {
            return Err(format!(
                "the input {name:?} takes the numbers {part:?}, but observations have {observation} numbers"
            ));
        }
        let Some(Transposed { shape, axes }) = &self.transposed else { return Ok(part.collect()) };
        let count = shape.iter().try_fold(1usize, |n, dim| n.checked_mul(*dim));
        if count != Some(part.len()) {
            let numbers = part.len();
            return Err(format!("the input {name:?} has the shape {shape:?}, but takes {numbers} numbers"));
        }
        // How far apart neighbours along each axis stand.
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            let (before, behind) = strides.split_at_mut(axis);
            if let (Some(stride), Some(next), Some(dim)) =
                (before.last_mut(), behind.first(), shape.get(axis))
            {
                *stride = next * dim;
            }
        }
        let mut numbers = vec![part.start];
        for axis in axes {
            let (dim, stride) = (shape.get(*axis).copied(), strides.get(*axis).copied());
            let (dim, stride) = (dim.unwrap_or_default(), stride.unwrap_or_default());
            numbers = numbers.iter().flat_map(|at| (0..dim).map(move |k| at + k * stride)).collect();
        }
        Ok(numbers)
    }
}

fn repeated<'a>(names: impl IntoIterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_configuration_is_named() {
        for temperature in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(Config::new("a").softmax(temperature).check().unwrap_err().contains("temperature"));
        }
        let told = |config: Config| config.check().unwrap_err();
        assert_eq!(told(Config::new("a").fixed("obs", &[1], &[0.0])), "input \"obs\" is named twice");
        assert_eq!(told(Config::new("a").mask("obs")), "input \"obs\" is named twice");
        assert_eq!(told(Config::new("a").part("x", 0..1).observation("x")), "input \"x\" is named twice");
        assert_eq!(told(Config::new("a").recurrent("h", "logits")), "output \"logits\" is named twice");
        assert_eq!(told(Config::new("a").heads(&["m", "m"])), "output \"m\" is named twice");
        assert_eq!(told(Config::new("a").gaussian("m", "m")), "output \"m\" is named twice");
        assert_eq!(told(Config::new("a").heads(&[])), "no output is named");
        assert_eq!(
            told(Config::new("a").part("x", 3..3)),
            "the input \"x\" takes the numbers 3..3, which are none"
        );
        assert_eq!(
            told(Config::new("a").transposed(&[2, 3], &[0, 2])),
            "the input \"obs\": the axes [0, 2] are not an order of 2 axes"
        );
        assert!(told(Config::new("a").gaussian_of("m", &[f32::NAN])).contains("finite"));
    }

    #[test]
    fn its_code_makes_it() {
        for (config, code) in [
            (Config::new("a"), r#"Config::new("a")"#),
            (
                Config::new("a").part("x", 0..6).transposed(&[2, 3], &[1, 0]).part("y", 6..8),
                r#"Config::new("a").part("x", 0..6).transposed(&[2, 3], &[1, 0]).part("y", 6..8)"#,
            ),
            (
                Config::new("a").mask("m").heads(&["p", "q"]).masked().recurrent("h", "g"),
                r#"Config::new("a").mask("m").heads(&["p", "q"]).masked().recurrent("h", "g")"#,
            ),
            (
                Config::new("a").gaussian_of("m", &[-0.5]).squashed().fixed("n", &[1], &[1.0]).sampled(),
                r#"Config::new("a").gaussian_of("m", &[-0.5]).squashed().fixed("n", &[1], &[1.0]).softmax(1.0)"#,
            ),
            (
                Config::new("a").gaussian("m", "s").scaled().frame_skip(4),
                r#"Config::new("a").gaussian("m", "s").scaled().frame_skip(4)"#,
            ),
        ] {
            assert_eq!(config.code(), code);
        }
    }

    #[test]
    fn numbers_are_in_the_order_that_numpy_gives_them() {
        let numbers = |config: Config, observation| config.observed()[0].numbers(observation);
        assert_eq!(numbers(Config::new("a"), 4), Ok(vec![0, 1, 2, 3]));
        assert_eq!(numbers(Config::new("a").part("x", 2..5), 6), Ok(vec![2, 3, 4]));
        // numpy.arange(6).reshape(2, 3).T.ravel()
        let turned = Config::new("a").transposed(&[2, 3], &[1, 0]);
        assert_eq!(numbers(turned.clone(), 6), Ok(vec![0, 3, 1, 4, 2, 5]));
        // numpy.transpose(numpy.arange(12).reshape(2, 2, 3), (2, 0, 1)).ravel()
        let image = Config::new("a").transposed(&[2, 2, 3], &[2, 0, 1]);
        assert_eq!(numbers(image, 12), Ok(vec![0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]));
        let part = Config::new("a").part("x", 1..7).transposed(&[2, 3], &[1, 0]);
        assert_eq!(numbers(part, 7), Ok(vec![1, 4, 2, 5, 3, 6]));

        assert!(numbers(turned, 7).unwrap_err().contains("has the shape [2, 3], but takes 7 numbers"));
        assert!(numbers(Config::new("a").part("x", 2..8), 6).unwrap_err().contains("observations have 6"));
    }

    #[test]
    fn an_output_that_does_not_suit_the_actions_is_named() {
        let (moves, force) = (Space::Discrete { n: 3 }, Space::uniform_box(1, -2.0, 2.0));
        let endless = Space::uniform_box(1, f32::NEG_INFINITY, f32::INFINITY);
        let a = || Config::new("a");
        for (config, space) in [
            (a(), &moves),
            (a().masked().mask("m"), &moves),
            (a().action("x"), &moves),
            (a().action("x"), &force),
            (a().gaussian("m", "s").squashed().sampled(), &force),
            (a().gaussian("m", "s").sampled(), &endless),
        ] {
            assert_eq!(config.suits(space), Ok(()), "{config:?}");
        }
        for (config, space, why) in [
            (a().gaussian("m", "s"), &moves, "a Gaussian"),
            (a().scaled(), &moves, "scaled"),
            (a().action("x").sampled(), &moves, "chooses the action itself"),
            (a().action("x").sampled(), &force, "chooses the action itself"),
            (a(), &force, "logits choose"),
            (a().action("x").masked(), &force, "mask"),
            (a().action("x").squashed(), &endless, "finite bounds"),
        ] {
            assert!(config.suits(space).unwrap_err().contains(why), "{config:?}");
        }
    }
}
