//! Numbers between two bounds and on steps, as numbers, sliders and scales have them.

use footlights_env::Rng;
use footlights_protocol::words::{Words, texts};

use super::numeral;
use crate::{
    answer::Answer,
    values::{ColumnType, LabeledValue},
};

/// How far a number may be from a bound or a step, as a share of what it is made of: only rounding keeps it from it.
const ROUNDING: f64 = 1e-9;
/// What programs begin decimals with.
const POINT: char = '.';

/// Numbers from `min` to `max`, `step` apart, counted from `min`; a step of 0 allows any number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) step: f64,
}

impl Range {
    pub(super) fn validate(&self, may_be_continuous: bool) -> Result<(), String> {
        let Self { min, max, step } = *self;
        let ordered = min.is_finite() && max.is_finite() && min < max;
        let positive = step.is_finite() && (step > 0.0 || step == 0.0 && may_be_continuous);
        match (ordered, positive) {
            (false, _) => Err("min must be less than max".into()),
            (true, false) => Err("step must be more than 0".into()),
            (true, true) if step > max - min => Err("step must fit between min and max".into()),
            (true, true) => Ok(()),
        }
    }

    /// Whether only whole numbers lie on the steps.
    pub(super) fn is_whole(&self) -> bool {
        self.step > 0.0 && self.step == self.step.round() && self.min == self.min.round()
    }

    /// Takes a number that a program wrote, as a browser sends where a slider stands.
    pub(super) fn accept(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        self.accept_written(given, POINT, words)
    }

    /// Takes a number that a person wrote who reads `words`.
    pub(super) fn accept_typed(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        let sign = words.get(texts::DECIMAL_SIGN).chars().next().unwrap_or(POINT);
        self.accept_written(given, sign, words)
    }

    fn accept_written(&self, given: &[&str], sign: char, words: &Words) -> Result<Answer, String> {
        let Self { min, max, step } = *self;
        let [text] = given else { return Err(words.get(texts::ONE_ANSWER).into()) };
        let number = numeral::read(text, self.is_whole(), sign, words)?;
        let slack = ROUNDING * min.abs().max(max.abs());
        if !(min - slack..=max + slack).contains(&number) {
            let [min, max] = [min, max].map(|bound| words.number_words(&bound.to_string()));
            return Err(words.with(texts::OUT_OF_RANGE, &[("min", &min), ("max", &max)]));
        }
        let number = number.clamp(min, max);
        let steps = (number - min) / step;
        // Like a browser: a number that only rounding keeps from a step is on the step.
        if step > 0.0 && (steps - steps.round()).abs() > 1e-6_f64.max(ROUNDING * steps.abs()) {
            return Err(if step == 1.0 && min == min.round() {
                words.get(texts::NOT_WHOLE).into()
            } else {
                let [step, min] = [step, min].map(|number| words.number_words(&number.to_string()));
                words.with(texts::OFF_STEP, &[("step", &step), ("min", &min)])
            });
        }
        Ok(Answer::Number(number))
    }

    /// What the codebook says, with the labels of both ends.
    pub(super) fn column(&self, anchors: &(String, String)) -> ColumnType {
        let ends = [(self.min, &anchors.0), (self.max, &anchors.1)];
        let labels = ends
            .into_iter()
            .filter(|(_, words)| !words.is_empty())
            .map(|(value, words)| LabeledValue::new(value.to_string(), words));
        ColumnType::Scale(self.min, self.max, labels.collect())
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<String> {
        let Self { min, max, step } = *self;
        let value = if step > 0.0 {
            min + step * (rng.unit_f64() * (((max - min) / step).floor() + 1.0)).floor()
        } else {
            rng.uniform_f64(min, max)
        };
        // As browsers write numbers: the shortest digits that mean it.
        vec![value.clamp(min, max).to_string()]
    }
}
