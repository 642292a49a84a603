//! Everything that changes.

use footlights_env::PerAgent;
use serde::{Deserialize, Serialize};

use super::{
    config::Config,
    kitchen::{Kitchen, Place},
    things::{Ingredients, Slot},
};
use crate::grid::Facing;

/// A cook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cook {
    /// Where it stands.
    pub place: Place,
    /// Where it looks, and what it reaches for.
    pub facing: Facing,
    /// What it holds.
    pub held: Slot,
}

/// A pot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pot {
    /// What is in it.
    pub ingredients: Ingredients,
    /// Steps for which it has cooked; none before it begins.
    pub cooking: Option<u16>,
}

impl Pot {
    /// Whether it does not cook and is not ready: ingredients can be added.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.cooking.is_none()
    }

    /// Whether a soup can be taken out.
    #[must_use]
    pub fn is_ready(&self, config: &Config) -> bool {
        self.cooking.is_some_and(|steps| steps >= config.time(self.ingredients))
    }

    /// Whether it cooks and is not ready.
    #[must_use]
    pub fn is_cooking(&self, config: &Config) -> bool {
        !self.is_idle() && !self.is_ready(config)
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Steps since the reset.
    pub timestep: u32,
    /// The cooks, in the order of the agents.
    pub cooks: PerAgent<Cook>,
    /// The pots, in the order of [`Kitchen::pots`].
    pub pots: PerAgent<Pot>,
    /// What lies on counters, in the order of the places. Few counters hold something.
    counters: Vec<(Place, Slot)>,
    /// Soups that were delivered.
    pub deliveries: u32,
}

impl State {
    /// The start: cooks with empty hands look north, pots and counters are empty.
    #[must_use]
    pub fn at_start(kitchen: &Kitchen) -> Self {
        let cook = |place: &Place| Cook { place: *place, facing: Facing::North, held: Slot::default() };
        Self {
            timestep: 0,
            cooks: kitchen.starts.iter().map(cook).collect(),
            pots: kitchen.pots.iter().map(|_| Pot::default()).collect(),
            counters: Vec::new(),
            deliveries: 0,
        }
    }

    /// What lies on counters, in the order of the places.
    pub fn counters(&self) -> impl Iterator<Item = (Place, Slot)> + '_ {
        self.counters.iter().copied()
    }

    /// What lies on a counter.
    #[must_use]
    pub fn on_counter(&self, place: Place) -> Slot {
        let found = self.counters.binary_search_by_key(&place, |(place, _)| *place);
        found.ok().and_then(|at| self.counters.get(at)).map_or(Slot::default(), |(_, slot)| *slot)
    }

    /// Puts something on a counter, or takes away what lies there.
    pub(super) fn put(&mut self, place: Place, slot: Slot) {
        match self.counters.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => {
                self.counters.remove(at);
            }
            Err(at) if !slot.is_empty() => self.counters.insert(at, (place, slot)),
            Err(_) => {}
        }
    }

    /// Puts something into a cook's hands, or empties them.
    pub(super) fn hold(&mut self, cook: usize, slot: Slot) {
        if let Some(cook) = self.cooks.get_mut(cook) {
            cook.held = slot;
        }
    }
}
