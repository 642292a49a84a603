//! What soups take and pay. Few steps ask for it, so nothing is computed beforehand.

use super::{
    config::Config,
    recipe::{Counts, Recipe, mixtures},
    things::Ingredients,
};

/// `onion` for each onion and `tomato` for each tomato.
fn sum((onions, tomatoes): Counts, onion: f32, tomato: f32) -> f32 {
    onion * f32::from(onions) + tomato * f32::from(tomatoes)
}

impl Config {
    fn time_of(&self, (onions, tomatoes): Counts) -> u16 {
        match (self.onion_time, self.tomato_time) {
            (Some(onion), Some(tomato)) => onion * u16::from(onions) + tomato * u16::from(tomatoes),
            _ => self.cook_time,
        }
    }

    fn value_of(&self, counts: Counts) -> f32 {
        let is_among = |orders: &[Recipe]| orders.iter().any(|order| order.counts() == counts);
        if !self.all_orders.is_empty() && !is_among(&self.all_orders) {
            return 0.0;
        }
        let value = match (self.onion_value, self.tomato_value) {
            (Some(onion), Some(tomato)) => sum(counts, onion, tomato),
            _ => self.delivery_reward,
        };
        if is_among(&self.bonus_orders) { self.order_bonus * value } else { value }
    }

    /// Steps until a soup is ready, from the step in which it begins to cook.
    #[must_use]
    pub fn time(&self, soup: Ingredients) -> u16 {
        self.time_of(soup.counts())
    }

    /// What the delivery of a soup pays.
    #[must_use]
    pub fn value(&self, soup: Ingredients) -> f32 {
        self.value_of(soup.counts())
    }

    /// The most that a soup pays which this one is or can still become.
    #[must_use]
    pub fn best(&self, soup: Ingredients) -> f32 {
        let (onions, tomatoes) = soup.counts();
        let reachable = mixtures().filter(|counts| onions <= counts.0 && tomatoes <= counts.1);
        highest(reachable.map(|counts| self.value_of(counts)))
    }

    /// The longest time of any soup.
    #[must_use]
    pub fn longest_time(&self) -> u16 {
        mixtures().map(|counts| self.time_of(counts)).max().unwrap_or_default()
    }

    /// The highest pay of any soup.
    #[must_use]
    pub fn highest_value(&self) -> f32 {
        highest(mixtures().map(|counts| self.value_of(counts)))
    }
}

/// The highest of some numbers, and at least 0.
fn highest(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, |highest, value| if value > highest { value } else { highest })
}
