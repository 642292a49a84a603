//! One step of the kitchen: what cooks reach for, where they walk, and what boils. The order of all of it is that of the
//! reference, overcooked_ai 1.1.0 (<https://github.com/HumanCompatibleAI/overcooked_ai>), and of Carroll et al. 2019.

use footlights_env::PerAgent;

use super::{
    action::Action,
    config::{Config, Dynamics},
    events::{Event, Events},
    kitchen::{Kitchen, Place, Tile},
    state::{Cook, Pot, State},
    things::{Ingredient, Slot, Thing},
};

/// What a step comes to, beside the state.
pub struct Outcome {
    /// What was paid for deliveries, by cook.
    pub delivered: PerAgent<f32>,
    /// What shaping adds, by cook.
    pub shaped: PerAgent<f32>,
    /// What happened.
    pub events: Events,
}

/// One step. `actions` has one for each cook.
pub fn step(config: &Config, kitchen: &Kitchen, state: &mut State, actions: &[Action]) -> Outcome {
    let cooks = state.cooks.len();
    let nothing = || std::iter::repeat_n(0.0, cooks).collect();
    let outcome = Outcome { delivered: nothing(), shaped: nothing(), events: Events::none(cooks) };
    let pots = Pots::of(config, state);
    let mut turn = Turn { config, kitchen, pots, outcome };
    for (cook, action) in actions.iter().enumerate() {
        if *action == Action::Interact {
            turn.interact(state, cook);
        }
    }
    walk(kitchen, state, actions);
    for pot in &mut state.pots {
        boil(config, pot);
    }
    state.timestep += 1;
    turn.outcome
}

/// How many pots were in which condition when the step began: whether something is useful is judged by that.
#[derive(Default)]
struct Pots {
    all: usize,
    /// They hold something and could hold more.
    partly_full: usize,
    cooking: usize,
    ready: usize,
    full_and_idle: usize,
}

impl Pots {
    fn of(config: &Config, state: &State) -> Self {
        let mut pots = Self { all: state.pots.len(), ..Self::default() };
        for pot in &state.pots {
            let count = match pot {
                pot if pot.is_ready(config) => &mut pots.ready,
                pot if pot.is_cooking(config) => &mut pots.cooking,
                pot if pot.ingredients.is_full() => &mut pots.full_and_idle,
                pot if !pot.ingredients.is_empty() => &mut pots.partly_full,
                _ => continue,
            };
            *count += 1;
        }
        pots
    }

    fn full(&self) -> usize {
        self.cooking + self.ready + self.full_and_idle
    }
}

/// The interacts of a step.
struct Turn<'a> {
    config: &'a Config,
    kitchen: &'a Kitchen,
    pots: Pots,
    outcome: Outcome,
}

impl Turn<'_> {
    /// What a cook does with the cell that it faces. It sees what those before it did.
    fn interact(&mut self, state: &mut State, cook: usize) {
        let Some(&Cook { place, facing, held }) = state.cooks.get(cook) else { return };
        let faced = self.kitchen.next(place, facing);
        match (self.kitchen.tile(faced), held.thing()) {
            (Tile::Counter, Some(thing)) if state.on_counter(faced).is_empty() => {
                self.note_drop(state, cook, thing);
                state.put(faced, held);
                state.hold(cook, Slot::default());
            }
            (Tile::Counter, None) => {
                if let Some(thing) = state.on_counter(faced).thing() {
                    self.note_pickup(state, cook, thing);
                    state.put(faced, Slot::default());
                    state.hold(cook, thing.into());
                }
            }
            (Tile::Onions, None) => {
                let onion = Thing::Ingredient(Ingredient::Onion);
                self.note_pickup(state, cook, onion);
                state.hold(cook, onion.into());
            }
            // The reference logs no pickup here.
            (Tile::Tomatoes, None) => state.hold(cook, Thing::Ingredient(Ingredient::Tomato).into()),
            (Tile::Dishes, None) => {
                self.note_pickup(state, cook, Thing::Dish);
                if self.is_dish_pickup_useful(state) {
                    self.shape(cook, self.config.shaped_rewards.dish_pickup);
                }
                state.hold(cook, Thing::Dish.into());
            }
            (Tile::Pot, held) => self.use_pot(state, cook, faced, held),
            (Tile::Serving, Some(Thing::Soup(soup))) => {
                if let Some(delivered) = self.outcome.delivered.get_mut(cook) {
                    *delivered += self.config.value(soup);
                }
                self.outcome.events.note(cook, Event::SoupDelivery);
                state.deliveries += 1;
                state.hold(cook, Slot::default());
            }
            _ => {}
        }
    }

    fn use_pot(&mut self, state: &mut State, cook: usize, faced: Place, held: Option<Thing>) {
        let Some(number) = self.kitchen.pots.iter().position(|pot| *pot == faced) else { return };
        let Some(&pot) = state.pots.get(number) else { return };
        let config = self.config;
        let after = match held {
            None if config.dynamics == Dynamics::InteractToCook
                && pot.is_idle()
                && !pot.ingredients.is_empty() =>
            {
                Pot { cooking: Some(0), ..pot }
            }
            Some(Thing::Dish) if pot.is_ready(config) => {
                self.outcome.events.note(cook, Event::SoupPickup);
                self.shape(cook, config.shaped_rewards.soup_pickup);
                state.hold(cook, Thing::Soup(pot.ingredients).into());
                Pot::default()
            }
            Some(Thing::Ingredient(ingredient)) if pot.is_idle() && !pot.ingredients.is_full() => {
                let ingredients = pot.ingredients.with(ingredient);
                self.shape(cook, config.shaped_rewards.placement_in_pot);
                self.note_potting(cook, ingredient, config.best(pot.ingredients), config.best(ingredients));
                state.hold(cook, Slot::default());
                Pot { ingredients, ..pot }
            }
            _ => return,
        };
        if let Some(pot) = state.pots.get_mut(number) {
            *pot = after;
        }
    }

    fn shape(&mut self, cook: usize, by: f32) {
        if let Some(shaped) = self.outcome.shaped.get_mut(cook) {
            *shaped += by;
        }
    }

    /// What the other one of two cooks holds. With another number of cooks nothing is judged useful, as in the reference.
    fn other_holds(state: &State, cook: usize) -> Option<Option<Thing>> {
        match state.cooks.as_slice() {
            [first, second] => Some(if cook == 0 { second.held.thing() } else { first.held.thing() }),
            _ => None,
        }
    }

    fn is_dish_pickup_useful(&self, state: &State) -> bool {
        let is_dish = |slot: &Slot| slot.thing() == Some(Thing::Dish);
        let held = state.cooks.iter().filter(|cook| is_dish(&cook.held)).count();
        let needed = self.pots.ready + self.pots.cooking + self.pots.partly_full;
        state.cooks.len() == 2 && !state.counters().any(|(_, slot)| is_dish(&slot)) && held < needed
    }

    /// Called before the thing is taken.
    fn note_pickup(&mut self, state: &State, cook: usize, thing: Thing) {
        let all_full = self.pots.all == self.pots.full();
        let other = Self::other_holds(state, cook);
        let ingredient_is_useful = other.is_some_and(|held| !all_full || held == Some(Thing::Dish));
        let (event, useful) = match thing {
            Thing::Ingredient(Ingredient::Onion) => {
                (Event::OnionPickup, ingredient_is_useful.then_some(Event::UsefulOnionPickup))
            }
            Thing::Ingredient(Ingredient::Tomato) => {
                (Event::TomatoPickup, ingredient_is_useful.then_some(Event::UsefulTomatoPickup))
            }
            Thing::Dish => {
                let useful = self.is_dish_pickup_useful(state);
                (Event::DishPickup, useful.then_some(Event::UsefulDishPickup))
            }
            Thing::Soup(_) => (Event::SoupPickup, None),
        };
        self.note(cook, event, useful);
    }

    /// Called before the thing is put down.
    fn note_drop(&mut self, state: &State, cook: usize, thing: Thing) {
        let full = self.pots.full();
        let other = Self::other_holds(state, cook);
        let is_useful = |useful: bool| other.is_some() && useful;
        let ingredient_is_useful = is_useful(full == self.pots.all && other != Some(Some(Thing::Dish)));
        let onion = Some(Some(Thing::Ingredient(Ingredient::Onion)));
        let (event, useful) = match thing {
            Thing::Ingredient(Ingredient::Onion) => {
                (Event::OnionDrop, ingredient_is_useful.then_some(Event::UsefulOnionDrop))
            }
            Thing::Ingredient(Ingredient::Tomato) => {
                (Event::TomatoDrop, ingredient_is_useful.then_some(Event::UsefulTomatoDrop))
            }
            Thing::Dish => {
                (Event::DishDrop, is_useful(full == 0 && other != onion).then_some(Event::UsefulDishDrop))
            }
            Thing::Soup(_) => (Event::SoupDrop, None),
        };
        self.note(cook, event, useful);
    }

    fn note(&mut self, cook: usize, event: Event, useful: Option<Event>) {
        self.outcome.events.note(cook, event);
        if let Some(useful) = useful {
            self.outcome.events.note(cook, useful);
        }
    }
}

impl Turn<'_> {
    /// `before` and `after` are the most that a soup of this pot could and can pay.
    fn note_potting(&mut self, cook: usize, ingredient: Ingredient, before: f32, after: f32) {
        let (potting, optimal, viable, catastrophic, useless) = match ingredient {
            Ingredient::Onion => (
                Event::PottingOnion,
                Event::OptimalOnionPotting,
                Event::ViableOnionPotting,
                Event::CatastrophicOnionPotting,
                Event::UselessOnionPotting,
            ),
            Ingredient::Tomato => (
                Event::PottingTomato,
                Event::OptimalTomatoPotting,
                Event::ViableTomatoPotting,
                Event::CatastrophicTomatoPotting,
                Event::UselessTomatoPotting,
            ),
        };
        let judged = [
            (potting, true),
            (optimal, before == after),
            (viable, after > 0.0),
            (catastrophic, before > 0.0 && after == 0.0),
            (useless, before == 0.0),
        ];
        for (event, _) in judged.into_iter().filter(|(_, happened)| *happened) {
            self.outcome.events.note(cook, event);
        }
    }
}

/// All cooks move at the same time. If two of them would share a cell or swap theirs, none of all moves; each has turned.
fn walk(kitchen: &Kitchen, state: &mut State, actions: &[Action]) {
    let mut next: PerAgent<Place> = PerAgent::new();
    for (cook, action) in state.cooks.iter_mut().zip(actions) {
        let ahead = action.facing().map_or(cook.place, |facing| {
            cook.facing = facing;
            let ahead = kitchen.next(cook.place, facing);
            if kitchen.tile(ahead) == Tile::Floor { ahead } else { cook.place }
        });
        next.push(ahead);
    }
    let moves = || state.cooks.iter().map(|cook| cook.place).zip(next.iter().copied());
    let collide = moves().enumerate().any(|(k, (from, to))| {
        moves()
            .skip(k + 1)
            .any(|(other_from, other_to)| to == other_to || (to == other_from && from == other_to))
    });
    if !collide {
        for (cook, place) in state.cooks.iter_mut().zip(next) {
            cook.place = place;
        }
    }
}

/// A step in a pot.
fn boil(config: &Config, pot: &mut Pot) {
    if config.dynamics == Dynamics::AutoCook && pot.is_idle() && pot.ingredients.is_full() {
        pot.cooking = Some(0);
    }
    if pot.is_cooking(config) {
        pot.cooking = pot.cooking.map(|ticks| ticks + 1);
    }
}
