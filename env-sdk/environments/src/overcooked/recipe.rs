//! What a soup is made of.

use serde::{Deserialize, Serialize};

use super::things::{Ingredient, MAX_INGREDIENTS};

/// A recipe: one to three ingredients, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What goes into it.
    pub ingredients: Vec<Ingredient>,
}

/// A number of onions and a number of tomatoes.
pub type Counts = (u8, u8);

impl Recipe {
    /// So many onions and tomatoes.
    #[must_use]
    pub fn of(onions: usize, tomatoes: usize) -> Self {
        let onions = std::iter::repeat_n(Ingredient::Onion, onions);
        Self { ingredients: onions.chain(std::iter::repeat_n(Ingredient::Tomato, tomatoes)).collect() }
    }

    /// Whether it takes the same, in any order.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.counts() == other.counts()
    }

    /// Every recipe that a pot can hold.
    pub fn all() -> impl Iterator<Item = Self> {
        mixtures().map(|(onions, tomatoes)| Self::of(onions.into(), tomatoes.into()))
    }

    /// How many onions and how many tomatoes it takes.
    pub(super) fn counts(&self) -> Counts {
        self.ingredients.iter().fold((0, 0), |(onions, tomatoes), ingredient| match ingredient {
            Ingredient::Onion => (onions + 1, tomatoes),
            Ingredient::Tomato => (onions, tomatoes + 1),
        })
    }
}

/// Every mixture that a pot can hold.
pub fn mixtures() -> impl Iterator<Item = Counts> {
    let most = MAX_INGREDIENTS as u8;
    (0..=most).flat_map(move |onions| (0..=most - onions).map(move |tomatoes| (onions, tomatoes))).skip(1)
}
