//! Gymnasium's spaces, as far as people and policies need them here.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

use crate::rng::Rng;

/// A set of values an action or an observation lies in.
///
/// ```
/// use footlights_env::{ActionValue, Space};
///
/// assert!(Space::Discrete { n: 3 }.contains(&ActionValue::Discrete(2)));
/// assert!(!Space::uniform_box(2, -1.0, 1.0).contains_flat(&[0.5, 1.5]));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Space {
    /// The integers `0..n`.
    Discrete {
        /// How many there are.
        n: u32,
    },
    /// A flat array of numbers, each between its own bounds (inclusive).
    Box {
        /// Lower bounds.
        low: Vec<f32>,
        /// Upper bounds, as many.
        high: Vec<f32>,
    },
}

impl Space {
    /// A box with the same bounds in each of `len` places.
    #[must_use]
    pub fn uniform_box(len: usize, low: f32, high: f32) -> Self {
        Self::Box { low: vec![low; len], high: vec![high; len] }
    }

    /// How many numbers a value of this space has when it is written flat.
    pub fn len(&self) -> usize {
        match self {
            Self::Discrete { .. } => 1,
            Self::Box { low, .. } => low.len(),
        }
    }

    /// Whether values of this space have no numbers at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `action` lies in this space.
    pub fn contains(&self, action: &ActionValue) -> bool {
        match (self, action) {
            (Self::Discrete { n }, ActionValue::Discrete(a)) => u32::try_from(*a).is_ok_and(|a| a < *n),
            (Self::Box { .. }, ActionValue::Continuous(v)) => self.contains_flat(v),
            _ => false,
        }
    }

    /// Whether a flat array (an observation) lies in this space.
    pub fn contains_flat(&self, values: &[f32]) -> bool {
        match self {
            Self::Discrete { n } => match values {
                [v] => *v >= 0.0 && *v < *n as f32 && *v == v.floor(),
                _ => false,
            },
            Self::Box { low, high } => {
                values.len() == low.len()
                    && values.iter().zip(low.iter().zip(high)).all(|(v, (lo, hi))| v >= lo && v <= hi)
            }
        }
    }

    /// A value drawn uniformly.
    pub fn sample(&self, rng: &mut Rng) -> ActionValue {
        match self {
            Self::Discrete { n } => ActionValue::Discrete(rng.below(*n) as i32),
            Self::Box { low, high } => {
                ActionValue::Continuous(low.iter().zip(high).map(|(lo, hi)| rng.uniform(*lo, *hi)).collect())
            }
        }
    }
}

/// An action as it travels and is recorded: a JSON number or an array of numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ActionValue {
    /// An element of [`Space::Discrete`].
    Discrete(i32),
    /// An element of [`Space::Box`].
    Continuous(Vec<f32>),
}

/// By hand: what serde derives for untagged enums first keeps the value in a form that fits everything, and its code is
/// larger than that of all messages together.
impl<'de> Deserialize<'de> for ActionValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl<'de> Visitor<'de> for Number {
            type Value = ActionValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer of 32 bits or a list of numbers")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<ActionValue, E> {
                let refused = |_| E::invalid_value(Unexpected::Signed(value), &self);
                i32::try_from(value).map(ActionValue::Discrete).map_err(refused)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<ActionValue, E> {
                let refused = |_| E::invalid_value(Unexpected::Unsigned(value), &self);
                i32::try_from(value).map(ActionValue::Discrete).map_err(refused)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ActionValue, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(ActionValue::Continuous(values))
            }
        }

        deserializer.deserialize_any(Number)
    }
}

impl fmt::Display for ActionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discrete(a) => write!(f, "{a}"),
            Self::Continuous(v) => {
                let words: Vec<String> = v.iter().map(f32::to_string).collect();
                write!(f, "{}", words.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn samples_lie_in_their_space_and_strangers_do_not() {
        let mut rng = Rng::derive(1, Stream::Environment, 0, 0);
        for space in [Space::Discrete { n: 6 }, Space::uniform_box(3, -1.0, 2.0)] {
            for _ in 0..200 {
                assert!(space.contains(&space.sample(&mut rng)));
            }
        }
        assert!(!Space::Discrete { n: 6 }.contains(&ActionValue::Discrete(6)));
        assert!(!Space::Discrete { n: 6 }.contains(&ActionValue::Discrete(-1)));
        assert!(!Space::uniform_box(2, 0.0, 1.0).contains(&ActionValue::Continuous(vec![0.5])));
        assert!(!Space::uniform_box(1, 0.0, 1.0).contains(&ActionValue::Continuous(vec![f32::NAN])));
        assert!(!Space::uniform_box(1, 0.0, 1.0).contains(&ActionValue::Discrete(0)));
    }

    #[test]
    fn actions_are_plain_json() {
        assert_eq!(serde_json::to_string(&ActionValue::Discrete(3)).unwrap(), "3");
        assert_eq!(serde_json::to_string(&ActionValue::Continuous(vec![0.5, 1.0])).unwrap(), "[0.5,1.0]");
        assert_eq!(serde_json::from_str::<ActionValue>("3").unwrap(), ActionValue::Discrete(3));
        assert_eq!(serde_json::from_str::<ActionValue>("-3").unwrap(), ActionValue::Discrete(-3));
        let list = ActionValue::Continuous(vec![0.5, 1.0]);
        assert_eq!(serde_json::from_str::<ActionValue>("[0.5,1]").unwrap(), list);
        for bad in ["3000000000", "-3000000000", "0.5", "null", "\"3\"", "[[1]]", "{}"] {
            assert!(serde_json::from_str::<ActionValue>(bad).is_err(), "{bad}");
        }
    }
}
