//! The lossless encoding of the reference: a stack of layers over the grid.

use footlights_env::Agent;

use super::{
    config::Config,
    kitchen::{Kitchen, Place, Tile},
    state::State,
    things::{Ingredient, Ingredients, MAX_INGREDIENTS, Thing},
};
use crate::grid::Facing;

/// Layers of one cook: its place, and where it looks.
const OF_A_COOK: usize = 1 + Facing::ALL.len();
/// Layers of the floor plan.
const MAP: [Tile; 6] = [Tile::Pot, Tile::Counter, Tile::Onions, Tile::Tomatoes, Tile::Dishes, Tile::Serving];
/// Layers of things and pots, and of the time.
const ONIONS_IN_POT: usize = 0;
const TOMATOES_IN_POT: usize = 1;
const ONIONS_IN_SOUP: usize = 2;
const TOMATOES_IN_SOUP: usize = 3;
const TIME_LEFT: usize = 4;
const READY: usize = 5;
const DISHES: usize = 6;
const ONIONS: usize = 7;
const TOMATOES: usize = 8;
const URGENCY: usize = 9;
const CHANGING: usize = 10;
/// With fewer steps left the last layer is 1 everywhere.
const URGENT: u32 = 40;

/// How many layers there are, for so many cooks.
pub fn layers(cooks: usize) -> usize {
    OF_A_COOK * cooks + MAP.len() + CHANGING
}

/// The observation of an agent, of shape (width, height, layers) in C order. Its own place comes first, then those of the
/// others in their order; then where it looks, and where they look.
pub fn of(config: &Config, kitchen: &Kitchen, state: &State, agent: Agent) -> Vec<f32> {
    let cooks = state.cooks.len();
    let layers = layers(cooks);
    let mut stack = Stack { values: vec![0.0; kitchen.cells().count() * layers], kitchen, layers };
    let own = agent.index();
    for (cook, at) in state.cooks.iter().enumerate() {
        let rank = if cook == own { 0 } else { cook + usize::from(cook < own) };
        stack.set(at.place, rank, 1.0);
        stack.set(at.place, cooks + Facing::ALL.len() * rank + at.facing as usize, 1.0);
    }
    let map = OF_A_COOK * cooks;
    for (place, tile) in kitchen.cells() {
        if let Some(layer) = MAP.iter().position(|known| *known == tile) {
            stack.set(place, map + layer, 1.0);
        }
    }
    let changing = map + MAP.len();
    for (place, pot) in kitchen.pots.iter().zip(&state.pots) {
        let (onions, tomatoes) = pot.ingredients.counts();
        let (onion_layer, tomato_layer) =
            if pot.is_idle() { (ONIONS_IN_POT, TOMATOES_IN_POT) } else { (ONIONS_IN_SOUP, TOMATOES_IN_SOUP) };
        stack.set(*place, changing + onion_layer, onions.into());
        stack.set(*place, changing + tomato_layer, tomatoes.into());
        if let Some(steps) = pot.cooking {
            let left = config.time(pot.ingredients).saturating_sub(steps);
            stack.set(*place, changing + TIME_LEFT, left.into());
            if pot.is_ready(config) {
                stack.set(*place, changing + READY, 1.0);
            }
        }
    }
    let held = state.cooks.iter().map(|cook| (cook.place, cook.held));
    for (place, slot) in state.counters().chain(held) {
        match slot.thing() {
            None => {}
            Some(Thing::Dish) => stack.set(place, changing + DISHES, 1.0),
            Some(Thing::Ingredient(Ingredient::Onion)) => stack.set(place, changing + ONIONS, 1.0),
            Some(Thing::Ingredient(Ingredient::Tomato)) => stack.set(place, changing + TOMATOES, 1.0),
            Some(Thing::Soup(soup)) => {
                let (onions, tomatoes) = soup.counts();
                stack.set(place, changing + ONIONS_IN_SOUP, onions.into());
                stack.set(place, changing + TOMATOES_IN_SOUP, tomatoes.into());
                stack.set(place, changing + READY, 1.0);
            }
        }
    }
    if config.horizon.saturating_sub(state.timestep) < URGENT {
        for cell in stack.values.chunks_exact_mut(layers) {
            if let Some(urgency) = cell.get_mut(changing + URGENCY) {
                *urgency = 1.0;
            }
        }
    }
    stack.values
}

struct Stack<'a> {
    values: Vec<f32>,
    kitchen: &'a Kitchen,
    layers: usize,
}

impl Stack<'_> {
    fn set(&mut self, place: Place, layer: usize, value: f32) {
        let (x, y) = self.kitchen.position(place);
        let cell = usize::from(x) * usize::from(self.kitchen.height) + usize::from(y);
        if let Some(known) = self.values.get_mut(cell * self.layers + layer) {
            *known = value;
        }
    }
}

/// What an observation tells of a kitchen that is known.
pub struct Seen {
    /// The observing cook.
    pub own: SeenCook,
    /// The others.
    pub others: Vec<SeenCook>,
    /// The pots.
    pub pots: Vec<SeenPot>,
    /// What lies on counters.
    pub lying: Vec<(Place, Thing)>,
}

/// A cook in an observation.
#[derive(Debug, Clone, Copy)]
pub struct SeenCook {
    /// Where it stands.
    pub place: Place,
    /// Where it looks.
    pub facing: Facing,
    /// What it holds.
    pub held: Option<Thing>,
}

/// A pot in an observation.
#[derive(Debug, Clone, Copy)]
pub struct SeenPot {
    /// Where it is.
    pub place: Place,
    /// How many ingredients are in it.
    pub ingredients: usize,
    /// Whether it cooks and is not ready.
    pub is_cooking: bool,
    /// Whether a soup can be taken out.
    pub is_ready: bool,
}

impl SeenPot {
    /// Whether another ingredient fits.
    pub fn takes_more(&self) -> bool {
        !self.is_cooking && !self.is_ready && self.ingredients < MAX_INGREDIENTS
    }

    /// Whether it waits to be started.
    pub fn is_full_and_idle(&self) -> bool {
        !self.is_cooking && !self.is_ready && self.ingredients == MAX_INGREDIENTS
    }
}

/// Reads an observation; none if it is not one of this kitchen.
pub fn see(kitchen: &Kitchen, observation: &[f32]) -> Option<Seen> {
    let cooks = kitchen.starts.len();
    let layers = layers(cooks);
    let cells: Vec<(Place, &[f32])> = kitchen
        .cells()
        .map(|(place, _)| {
            let (x, y) = kitchen.position(place);
            let cell = usize::from(x) * usize::from(kitchen.height) + usize::from(y);
            observation.get(cell * layers..(cell + 1) * layers).map(|values| (place, values))
        })
        .collect::<Option<_>>()?;
    let changing = OF_A_COOK * cooks + MAP.len();
    let number = |values: &[f32], layer: usize| values.get(layer).copied().unwrap_or_default();
    let thing = |values: &[f32]| {
        let has = |layer| number(values, changing + layer) > 0.0;
        let count = |layer| number(values, changing + layer) as usize;
        if has(DISHES) {
            Some(Thing::Dish)
        } else if has(ONIONS) {
            Some(Thing::Ingredient(Ingredient::Onion))
        } else if has(TOMATOES) {
            Some(Thing::Ingredient(Ingredient::Tomato))
        } else if has(READY) {
            Some(Thing::Soup(Ingredients::of(count(ONIONS_IN_SOUP), count(TOMATOES_IN_SOUP))))
        } else {
            None
        }
    };
    let cook = |rank: usize| {
        let (place, values) = cells.iter().find(|(_, values)| number(values, rank) > 0.0)?;
        let facing =
            |facing: &Facing| number(values, cooks + Facing::ALL.len() * rank + *facing as usize) > 0.0;
        let facing = Facing::ALL.into_iter().find(facing)?;
        Some(SeenCook { place: *place, facing, held: thing(values) })
    };
    let pot = |place: &Place| {
        let (_, values) = cells.get(usize::from(place.0))?;
        let count = |layer| number(values, changing + layer) as usize;
        let idle = count(ONIONS_IN_POT) + count(TOMATOES_IN_POT);
        let soup = count(ONIONS_IN_SOUP) + count(TOMATOES_IN_SOUP);
        let is_ready = number(values, changing + READY) > 0.0;
        Some(SeenPot { place: *place, ingredients: idle + soup, is_cooking: soup > 0 && !is_ready, is_ready })
    };
    let on_counters = cells.iter().filter(|(place, _)| kitchen.tile(*place) == Tile::Counter);
    Some(Seen {
        own: cook(0)?,
        others: (1..cooks).map(cook).collect::<Option<_>>()?,
        pots: kitchen.pots.iter().map(pot).collect::<Option<_>>()?,
        lying: on_counters.filter_map(|(place, values)| thing(values).map(|thing| (*place, thing))).collect(),
    })
}
