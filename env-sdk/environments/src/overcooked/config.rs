//! What an experiment may choose.

use serde::{Deserialize, Serialize};

use super::{kitchen::Layout, recipe::Recipe, things};

/// When a pot begins to cook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dynamics {
    /// A cook with empty hands starts it, with one ingredient or more: the reference since 2021.
    #[default]
    InteractToCook,
    /// It begins by itself with its third ingredient: the games of 2019.
    AutoCook,
}

/// What is added for steps towards a soup, in the infos and never in the reward (the reference's `rew_shaping_params`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShapedRewards {
    /// An ingredient is put into a pot.
    pub placement_in_pot: f32,
    /// A dish is taken from where they are, while it is useful; with two cooks only.
    pub dish_pickup: f32,
    /// A soup is taken out of a pot.
    pub soup_pickup: f32,
}

impl Default for ShapedRewards {
    fn default() -> Self {
        Self { placement_in_pot: 3.0, dish_pickup: 3.0, soup_pickup: 5.0 }
    }
}

/// What an experiment may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The kitchen: one of [`LAYOUTS`](super::LAYOUTS) by name, or a grid.
    pub layout: Layout,
    /// When a pot begins to cook.
    pub dynamics: Dynamics,
    /// Steps for which a soup cooks, where `onion_time` and `tomato_time` are not set.
    pub cook_time: u16,
    /// Points for a soup, where `onion_value` and `tomato_value` are not set.
    pub delivery_reward: f32,
    /// The soups that pay; an empty list means that every soup does.
    pub all_orders: Vec<Recipe>,
    /// Those of them that pay `order_bonus` times as much.
    pub bonus_orders: Vec<Recipe>,
    /// See `bonus_orders`.
    pub order_bonus: f32,
    /// Steps for each onion of a soup; set together with `tomato_time`.
    pub onion_time: Option<u16>,
    /// Steps for each tomato of a soup.
    pub tomato_time: Option<u16>,
    /// Points for each onion of a soup; set together with `tomato_value`.
    pub onion_value: Option<f32>,
    /// Points for each tomato of a soup.
    pub tomato_value: Option<f32>,
    /// Reported in the infos `shaped_reward`.
    pub shaped_rewards: ShapedRewards,
    /// The most steps of an episode.
    pub horizon: u32,
    /// Whether a column of the data holds each whole state as JSON, for overcooked_ai's tools.
    pub record_state: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            dynamics: Dynamics::default(),
            cook_time: 20,
            delivery_reward: 20.0,
            all_orders: vec![Recipe::of(3, 0)],
            bonus_orders: Vec::new(),
            order_bonus: 2.0,
            onion_time: None,
            tomato_time: None,
            onion_value: None,
            tomato_value: None,
            shaped_rewards: ShapedRewards::default(),
            horizon: 400,
            record_state: false,
        }
    }
}

/// The longest time of a soup, for each ingredient or for all, and the longest horizon.
const MAX_TIME: u16 = 10_000;
const MAX_HORIZON: u32 = 100_000;
/// The highest number of points.
const MAX_VALUE: f32 = 1e6;

impl Config {
    pub(super) fn times(&self) -> Result<(), String> {
        let times = [
            ("cook_time", Some(self.cook_time)),
            ("onion_time", self.onion_time),
            ("tomato_time", self.tomato_time),
        ];
        match times.iter().find(|(_, time)| time.is_some_and(|time| !(1..=MAX_TIME).contains(&time))) {
            Some((name, _)) => Err(format!("{name} must be 1 to {MAX_TIME}")),
            None if self.onion_time.is_some() != self.tomato_time.is_some() => {
                Err("onion_time and tomato_time are set together or not at all".into())
            }
            None => Ok(()),
        }
    }

    pub(super) fn values(&self) -> Result<(), String> {
        let shaped = &self.shaped_rewards;
        let values = [
            ("delivery_reward", Some(self.delivery_reward)),
            ("order_bonus", Some(self.order_bonus)),
            ("onion_value", self.onion_value),
            ("tomato_value", self.tomato_value),
            ("shaped_rewards.placement_in_pot", Some(shaped.placement_in_pot)),
            ("shaped_rewards.dish_pickup", Some(shaped.dish_pickup)),
            ("shaped_rewards.soup_pickup", Some(shaped.soup_pickup)),
        ];
        match values.iter().find(|(_, value)| value.is_some_and(|value| !(0.0..=MAX_VALUE).contains(&value)))
        {
            Some((name, _)) => Err(format!("{name} must be 0 to {MAX_VALUE}")),
            None if self.onion_value.is_some() != self.tomato_value.is_some() => {
                Err("onion_value and tomato_value are set together or not at all".into())
            }
            None => Ok(()),
        }
    }

    pub(super) fn horizon(&self) -> Result<(), String> {
        if (1..=MAX_HORIZON).contains(&self.horizon) {
            Ok(())
        } else {
            Err(format!("horizon must be 1 to {MAX_HORIZON}"))
        }
    }

    pub(super) fn orders(&self) -> Result<(), String> {
        for (name, orders) in [("all_orders", &self.all_orders), ("bonus_orders", &self.bonus_orders)] {
            for (k, order) in orders.iter().enumerate() {
                if !(1..=things::MAX_INGREDIENTS).contains(&order.ingredients.len()) {
                    return Err(format!("{name}: a recipe has 1 to {} ingredients", things::MAX_INGREDIENTS));
                }
                if orders.iter().take(k).any(|other| other.is_same(order)) {
                    return Err(format!("{name}: the recipe {:?} is there twice", order.ingredients));
                }
            }
        }
        let is_ordered = |bonus: &&Recipe| self.all_orders.iter().any(|order| order.is_same(bonus));
        match self.bonus_orders.iter().find(|bonus| !self.all_orders.is_empty() && !is_ordered(bonus)) {
            Some(bonus) => Err(format!("bonus_orders: {:?} is not among all_orders", bonus.ingredients)),
            None => Ok(()),
        }
    }
}
