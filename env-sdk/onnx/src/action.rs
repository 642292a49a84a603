//! From the numbers that a model gives to an action.

use footlights_env::{ActionValue, Rng, Space, math};

use crate::config::{Config, Fit, Output, Sampling, Spread};

/// What an action is made of, beside the model's numbers.
pub(crate) struct Choice<'a> {
    pub config: &'a Config,
    pub space: &'a Space,
    /// Whether the rules allow each discrete action; empty where all are allowed.
    pub mask: &'a [bool],
}

impl Choice<'_> {
    /// The action that a model's outputs stand for, in the order of [`Config::decided`].
    ///
    /// # Errors
    /// The numbers stand for no action.
    pub fn make(&self, outputs: &[&[f32]], rng: &mut Rng) -> Result<ActionValue, String> {
        match (self.space, &self.config.output) {
            (Space::Discrete { n }, Output::Logits(_)) => {
                self.best_or_drawn(outputs, *n, rng).map(ActionValue::Discrete)
            }
            (Space::Discrete { n }, _) => {
                let number = outputs.first().and_then(|numbers| numbers.first()).copied().unwrap_or(f32::NAN);
                if number.fract() == 0.0 && number >= 0.0 && number < *n as f32 {
                    Ok(ActionValue::Discrete(number as i32))
                } else {
                    Err(format!("the model chose the action {number}, but there are {n} actions"))
                }
            }
            (Space::Box { low, high }, _) => {
                let numbers = self.numbers(outputs, low.len(), rng)?;
                if numbers.iter().any(|x| !x.is_finite()) {
                    return Err(format!("the action is not finite: {numbers:?}"));
                }
                let bounds = low.iter().zip(high);
                let fitted = numbers.iter().zip(bounds).map(|(x, (low, high))| self.fitted(*x, *low, *high));
                Ok(ActionValue::Continuous(fitted.collect()))
            }
        }
    }

    fn best_or_drawn(&self, heads: &[&[f32]], actions: u32, rng: &mut Rng) -> Result<i32, String> {
        let mut logits = joint(heads);
        // A model that has a mask as an input may say that an action is impossible.
        let is_wrong = |logit: &f32| logit.is_nan() || *logit == f32::INFINITY;
        if logits.len() != actions as usize
            || logits.iter().any(is_wrong)
            || logits.iter().all(|logit| *logit == f32::NEG_INFINITY)
        {
            return Err(format!("the logits are not finite: {logits:?}"));
        }
        let possible = |allowed: &[bool]| {
            allowed.iter().zip(&logits).any(|(allowed, logit)| *allowed && logit.is_finite())
        };
        if self.config.masked && possible(self.mask) {
            for (logit, allowed) in logits.iter_mut().zip(self.mask) {
                if !allowed {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        Ok(match self.config.sampling {
            Sampling::Best => argmax(&logits),
            Sampling::Drawn { temperature } => softmax(&logits, temperature, rng),
        })
    }

    /// The numbers of an action in a `Box`, before they are fitted to its bounds.
    fn numbers(&self, outputs: &[&[f32]], count: usize, rng: &mut Rng) -> Result<Vec<f32>, String> {
        let all = outputs.first().copied().unwrap_or_default();
        let means = all.get(..count).ok_or_else(|| format!("{} numbers came for {count}", all.len()))?;
        let (Sampling::Drawn { temperature }, Output::Gaussian { spread, .. }) =
            (self.config.sampling, &self.config.output)
        else {
            return Ok(means.to_vec());
        };
        let log_std = match spread {
            Spread::Output(_) => outputs.get(1).copied().unwrap_or_default(),
            Spread::SecondHalf => all.get(count..).unwrap_or_default(),
            Spread::Fixed(numbers) => numbers,
        };
        let log_std: Vec<f32> = match log_std {
            [one] => vec![*one; count],
            several => several.to_vec(),
        };
        let drawn = means.iter().zip(&log_std).map(|(mean, log_std)| {
            let deviation = math::exp(f64::from(*log_std)) * f64::from(temperature);
            rng.normal(f64::from(*mean), deviation) as f32
        });
        let drawn: Vec<f32> = drawn.collect();
        if drawn.len() == count {
            Ok(drawn)
        } else {
            Err(format!("{} deviations for {count}", log_std.len()))
        }
    }

    fn fitted(&self, x: f32, low: f32, high: f32) -> f32 {
        let scaled = |x: f32| math::clamp(low + (x + 1.0) * 0.5 * (high - low), low, high);
        match self.config.fit {
            Fit::Clip => math::clamp(x, low, high),
            Fit::Scale => scaled(x),
            Fit::Squash => scaled(math::tanhf(x)),
        }
    }
}

/// The logits of every combination of the heads' choices, the last head's fastest.
fn joint(heads: &[&[f32]]) -> Vec<f32> {
    let Some((first, others)) = heads.split_first() else { return Vec::new() };
    others.iter().fold(first.to_vec(), |joint, head| {
        joint.iter().flat_map(|so_far| head.iter().map(move |logit| so_far + logit)).collect()
    })
}

fn argmax(logits: &[f32]) -> i32 {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    logits.iter().copied().enumerate().reduce(better).map_or(0, |(index, _)| index as i32)
}

/// Draws from the softmax.
fn softmax(logits: &[f32], temperature: f32, rng: &mut Rng) -> i32 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, math::max);
    let weight = |logit: &f32| math::exp(f64::from(logit - highest) / f64::from(temperature));
    let weights: Vec<f64> = logits.iter().map(weight).collect();
    // The largest weight is 1.
    rng.weighted(&weights).map_or_else(|| argmax(logits), |action| action as i32)
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;

    use super::*;

    const MOVES: Space = Space::Discrete { n: 6 };

    fn rng(tick: u32) -> Rng {
        Rng::derive(1, Stream::Policy(0), 0, tick)
    }

    fn make(config: &Config, space: &Space, mask: &[bool], outputs: &[&[f32]], tick: u32) -> ActionValue {
        Choice { config, space, mask }.make(outputs, &mut rng(tick)).unwrap()
    }

    fn refused(config: &Config, space: &Space, outputs: &[&[f32]]) -> String {
        Choice { config, space, mask: &[] }.make(outputs, &mut rng(0)).unwrap_err()
    }

    #[test]
    fn heads_count_through_the_actions_as_numpy_ravels_them() {
        let config = Config::new("a").heads(&["move", "fire"]);
        for (moves, fires) in (0..3).flat_map(|m| (0..2).map(move |f| (m, f))) {
            let (mut first, mut second) = ([0.0; 3], [0.0; 2]);
            (first[moves], second[fires]) = (1.0, 1.0);
            let action = make(&config, &MOVES, &[], &[&first, &second], 0);
            assert_eq!(action, ActionValue::Discrete((moves * 2 + fires) as i32));
        }
    }

    #[test]
    fn a_refused_action_is_never_chosen_unless_all_are() {
        let logits = [0.0, 5.0, 1.0, 2.0, -1.0, 0.0];
        let mask = [true, false, true, false, true, false];
        let config = Config::new("a").masked();
        assert_eq!(make(&config, &MOVES, &mask, &[&logits], 0), ActionValue::Discrete(2));
        assert_eq!(make(&Config::new("a"), &MOVES, &mask, &[&logits], 0), ActionValue::Discrete(1));
        assert_eq!(make(&config, &MOVES, &[false; 6], &[&logits], 0), ActionValue::Discrete(1));
        assert_eq!(make(&config, &MOVES, &[], &[&logits], 0), ActionValue::Discrete(1));
        let drawn = Config::new("a").masked().softmax(5.0);
        let found: Vec<ActionValue> =
            (0..200).map(|tick| make(&drawn, &MOVES, &mask, &[&logits], tick)).collect();
        for (action, allowed) in (0..).map(ActionValue::Discrete).zip(mask) {
            assert_eq!(found.contains(&action), allowed, "{action}");
        }
        // What the model calls impossible is not chosen because the rules allow nothing else.
        let impossible = [f32::NEG_INFINITY, 5.0, f32::NEG_INFINITY, 2.0, f32::NEG_INFINITY, 0.0];
        assert_eq!(make(&config, &MOVES, &mask, &[&impossible], 0), ActionValue::Discrete(1));
    }

    #[test]
    fn an_action_itself_is_one_of_the_list() {
        let config = Config::new("a").action("x");
        assert_eq!(make(&config, &MOVES, &[], &[&[4.0]], 0), ActionValue::Discrete(4));
        for wrong in [-1.0, 6.0, 0.5, f32::NAN, f32::INFINITY] {
            assert!(refused(&config, &MOVES, &[&[wrong]]).contains("there are 6 actions"), "{wrong}");
        }
        for wrong in [[f32::NAN; 6], [f32::NEG_INFINITY; 6], [f32::INFINITY; 6]] {
            assert!(refused(&Config::new("a"), &MOVES, &[&wrong]).contains("not finite"));
        }
    }

    #[test]
    fn numbers_of_a_box_are_cut_scaled_or_squashed() {
        let space = Space::Box { low: vec![-2.0, 0.0], high: vec![2.0, 10.0] };
        let of = |config: Config, numbers: &[f32]| match make(&config, &space, &[], &[numbers], 0) {
            ActionValue::Continuous(numbers) => numbers,
            other => panic!("{other}"),
        };
        assert_eq!(of(Config::new("a").action("x"), &[0.5, 11.0]), [0.5, 10.0]);
        assert_eq!(of(Config::new("a").action("x").scaled(), &[0.5, -1.0]), [1.0, 0.0]);
        assert_eq!(of(Config::new("a").action("x").scaled(), &[-3.0, 3.0]), [-2.0, 10.0]);
        // The mean alone, whatever the deviations say.
        assert_eq!(
            of(Config::new("a").gaussian_in_one("x").squashed(), &[0.0, 100.0, 9.0, 9.0]),
            [0.0, 10.0]
        );
        assert!(refused(&Config::new("a").action("x"), &space, &[&[1.0, f32::NAN]]).contains("not finite"));
    }

    #[test]
    fn a_gaussian_is_drawn_with_its_deviations() {
        let space = Space::uniform_box(2, -100.0, 100.0);
        let moments = |config: &Config, outputs: &[&[f32]]| {
            let drawn: Vec<[f64; 2]> = (0..4000)
                .map(|tick| match make(config, &space, &[], outputs, tick) {
                    ActionValue::Continuous(x) => [f64::from(x[0]), f64::from(x[1])],
                    other => panic!("{other}"),
                })
                .collect();
            [0, 1].map(|k| {
                let mean = drawn.iter().map(|x| x[k]).sum::<f64>() / drawn.len() as f64;
                let square = drawn.iter().map(|x| (x[k] - mean) * (x[k] - mean)).sum::<f64>();
                (mean, (square / drawn.len() as f64).sqrt())
            })
        };
        let (means, log_std) = ([3.0, -5.0], [0.0, std::f32::consts::LN_2]);
        let in_one = [means, log_std].concat();
        for (config, outputs) in [
            (Config::new("a").gaussian("m", "s").sampled(), &[&means[..], &log_std[..]][..]),
            (Config::new("a").gaussian_in_one("m").sampled(), &[&in_one[..]]),
            (Config::new("a").gaussian_of("m", &log_std).sampled(), &[&means[..]]),
        ] {
            let [(a, b), (c, d)] = moments(&config, outputs);
            // Four standard errors of the mean are 0.06 and 0.13.
            assert!((a - 3.0).abs() < 0.07 && (c + 5.0).abs() < 0.13, "{config:?}: {a} {c}");
            assert!((b - 1.0).abs() < 0.05 && (d - 2.0).abs() < 0.1, "{config:?}: {b} {d}");
        }
        let half = Config::new("a").gaussian_of("m", &[0.0]).softmax(0.5);
        let [(_, b), (_, d)] = moments(&half, &[&means]);
        assert!((b - 0.5).abs() < 0.03 && (d - 0.5).abs() < 0.03, "{b} {d}");
    }
}
