//! What cooks carry and pots hold, each in a byte: a snapshot has many of them.

use serde::{Deserialize, Serialize};

/// What goes into a pot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ingredient {
    /// An onion.
    Onion,
    /// A tomato.
    Tomato,
}

/// The most ingredients of a soup.
pub const MAX_INGREDIENTS: usize = 3;

/// Up to three ingredients in the order in which they were added: digits to the base of three, the first one last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingredients(u8);

impl Ingredients {
    /// So many onions, then so many tomatoes, as far as they fit.
    #[must_use]
    pub fn of(onions: usize, tomatoes: usize) -> Self {
        let onions = std::iter::repeat_n(Ingredient::Onion, onions.min(MAX_INGREDIENTS));
        let tomatoes = std::iter::repeat_n(Ingredient::Tomato, tomatoes.min(MAX_INGREDIENTS));
        onions.chain(tomatoes).fold(Self::default(), Self::with)
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether no other one fits.
    #[must_use]
    pub fn is_full(self) -> bool {
        self.len() == MAX_INGREDIENTS
    }

    /// With one more at the end; the same if it is full.
    #[must_use]
    pub fn with(self, ingredient: Ingredient) -> Self {
        let digit = match ingredient {
            Ingredient::Onion => 1,
            Ingredient::Tomato => 2,
        };
        match self.len() {
            0 => Self(digit),
            1 => Self(self.0 % 27 + 3 * digit),
            2 => Self(self.0 % 27 + 9 * digit),
            _ => self,
        }
    }

    /// In the order in which they were added.
    pub fn iter(self) -> impl Iterator<Item = Ingredient> {
        [self.0 % 3, self.0 / 3 % 3, self.0 / 9 % 3].into_iter().filter_map(|digit| match digit {
            1 => Some(Ingredient::Onion),
            2 => Some(Ingredient::Tomato),
            _ => None,
        })
    }

    /// How many onions and how many tomatoes there are.
    #[must_use]
    pub fn counts(self) -> (u8, u8) {
        self.iter().fold((0, 0), |(onions, tomatoes), ingredient| match ingredient {
            Ingredient::Onion => (onions + 1, tomatoes),
            Ingredient::Tomato => (onions, tomatoes + 1),
        })
    }
}

/// What lies on a counter or is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// An onion or a tomato.
    Ingredient(Ingredient),
    /// An empty dish.
    Dish,
    /// A soup in a dish.
    Soup(Ingredients),
}

/// A place for one thing: a hand or a counter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot(u8);

/// The codes of a slot: nothing, an onion, a tomato, a dish; above them soups.
const SOUP: u8 = 3;

impl Slot {
    /// What is in it.
    #[must_use]
    pub fn thing(self) -> Option<Thing> {
        Some(match self.0 {
            0 => return None,
            1 => Thing::Ingredient(Ingredient::Onion),
            2 => Thing::Ingredient(Ingredient::Tomato),
            3 => Thing::Dish,
            soup => Thing::Soup(Ingredients(soup - SOUP)),
        })
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl From<Thing> for Slot {
    fn from(thing: Thing) -> Self {
        Self(match thing {
            Thing::Ingredient(Ingredient::Onion) => 1,
            Thing::Ingredient(Ingredient::Tomato) => 2,
            Thing::Dish => 3,
            Thing::Soup(Ingredients(code)) => SOUP + code,
        })
    }
}
