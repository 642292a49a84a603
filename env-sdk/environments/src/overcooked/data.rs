//! What is recorded, shown in words, and handed to other tools.

use footlights_env::{Discrete as _, HudItem, Labels, RecordKind, RecordValue};
use serde_json::{Value, json};

use super::{
    action::Action,
    config::Config,
    events::LABELS,
    kitchen::{Kitchen, Place},
    recipe::Recipe,
    state::{Pot, State},
    things::{Ingredient, Ingredients, Slot, Thing},
};

/// What the columns and infos mean.
pub fn labels(config: &Config, kitchen: &Kitchen) -> Labels {
    let mut labels = Labels::homogeneous(kitchen.starts.len(), Action::labels())
        .info("delivered", "Points of the soup that this cook delivered", "points")
        .info("shaped_reward", "What shaping adds for this cook's step, in no reward", "points");
    for (name, meaning) in LABELS {
        labels = labels.info(name, meaning, "");
    }
    for cook in 0..kitchen.starts.len() {
        let cell = |axis: &str| format!("The {axis} of the cook's cell, from the top left one");
        labels = labels
            .state(format!("player_{cook}_x"), cell("column"), "cells", RecordKind::Number)
            .state(format!("player_{cook}_y"), cell("row"), "cells", RecordKind::Number)
            .state(format!("player_{cook}_facing"), "Where the cook looks", "", RecordKind::Text)
            .state(
                format!("player_{cook}_holds"),
                "What the cook holds; a soup with its ingredients",
                "",
                RecordKind::Text,
            );
    }
    for (number, place) in kitchen.pots.iter().enumerate() {
        let (x, y) = kitchen.position(*place);
        let ingredients =
            format!("What is in the pot in column {x}, row {y}, in the order in which it was added");
        let ticks = "Steps for which that pot has cooked; -1 before it begins";
        labels = labels.state(format!("pot_{number}_ingredients"), ingredients, "", RecordKind::Text).state(
            format!("pot_{number}_ticks"),
            ticks,
            "steps",
            RecordKind::Number,
        );
    }
    labels = labels.state("deliveries", "Soups that were delivered so far", "soups", RecordKind::Number);
    if config.record_state {
        let meaning = "The state as overcooked_ai writes it (OvercookedState.to_dict)";
        labels = labels.state("state", meaning, "", RecordKind::Json);
    }
    labels
}

/// The values of those columns.
pub fn record(config: &Config, kitchen: &Kitchen, state: &State) -> Vec<RecordValue> {
    let mut values = Vec::new();
    for cook in &state.cooks {
        let (x, y) = kitchen.position(cook.place);
        values.extend([f64::from(x).into(), f64::from(y).into()]);
        values.push(cook.facing.to_string().as_str().into());
        values.push(slot(cook.held).as_str().into());
    }
    for pot in &state.pots {
        values.push(words(pot.ingredients).as_str().into());
        values.push(ticks(pot).into());
    }
    values.push(f64::from(state.deliveries).into());
    if config.record_state {
        values.push(RecordValue::Json(to_dict(config, kitchen, state)));
    }
    values
}

fn ticks(pot: &Pot) -> f64 {
    pot.cooking.map_or(-1.0, f64::from)
}

fn name(ingredient: Ingredient) -> &'static str {
    match ingredient {
        Ingredient::Onion => "onion",
        Ingredient::Tomato => "tomato",
    }
}

fn words(ingredients: Ingredients) -> String {
    ingredients.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn slot(slot: Slot) -> String {
    match slot.thing() {
        None => String::new(),
        Some(Thing::Ingredient(ingredient)) => name(ingredient).into(),
        Some(Thing::Dish) => "dish".into(),
        Some(Thing::Soup(soup)) => format!("soup: {}", words(soup)),
    }
}

/// The orders, and how many soups were delivered.
pub fn hud(config: &Config, state: &State) -> Vec<HudItem> {
    let of = |recipes: &[Recipe]| recipes.iter().map(order).collect::<Vec<_>>().join(", ");
    let mut items = Vec::new();
    if !config.all_orders.is_empty() {
        items.push(HudItem { label: "Orders".into(), value: of(&config.all_orders) });
    }
    if !config.bonus_orders.is_empty() {
        items.push(HudItem { label: "Bonus".into(), value: of(&config.bonus_orders) });
    }
    items.push(HudItem { label: "Soups".into(), value: state.deliveries.to_string() });
    items
}

/// A recipe in words, such as "3 onions" or "1 onion + 2 tomatoes".
fn order(recipe: &Recipe) -> String {
    let (onions, tomatoes) = recipe.counts();
    let of = |count: u8, one: &str, more: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {more}")),
    };
    let parts = [of(onions, "onion", "onions"), of(tomatoes, "tomato", "tomatoes")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" + ")
}

/// The state as overcooked_ai writes it (`OvercookedState.to_dict`), with the objects in the order of their cells.
pub fn to_dict(config: &Config, kitchen: &Kitchen, state: &State) -> Value {
    let dict = Dict { config, kitchen };
    let players = state.cooks.iter().map(|cook| {
        json!({
            "position": dict.position(cook.place),
            "orientation": cook.facing.step(),
            "held_object": dict.object(cook.place, cook.held),
        })
    });
    let in_pots = kitchen.pots.iter().zip(&state.pots).filter_map(|(place, pot)| {
        let is_there = !pot.ingredients.is_empty();
        is_there.then(|| (*place, dict.soup(*place, pot)))
    });
    let on_counters = state.counters().map(|(place, slot)| (place, dict.object(place, slot)));
    let mut objects: Vec<(Place, Value)> = in_pots.chain(on_counters).collect();
    objects.sort_by_key(|(place, _)| *place);
    let orders = |recipes: Vec<Recipe>| {
        recipes.iter().map(|recipe| json!({ "ingredients": recipe.ingredients })).collect::<Value>()
    };
    // Without orders every soup is one.
    let all = if config.all_orders.is_empty() { Recipe::all().collect() } else { config.all_orders.clone() };
    json!({
        "players": players.collect::<Value>(),
        "objects": objects.into_iter().map(|(_, object)| object).collect::<Value>(),
        "bonus_orders": orders(config.bonus_orders.clone()),
        "all_orders": orders(all),
        "timestep": state.timestep,
    })
}

struct Dict<'a> {
    config: &'a Config,
    kitchen: &'a Kitchen,
}

impl Dict<'_> {
    fn position(&self, place: Place) -> Value {
        json!(self.kitchen.position(place))
    }

    fn object(&self, place: Place, slot: Slot) -> Value {
        let named = |name: &str| json!({ "name": name, "position": self.position(place) });
        match slot.thing() {
            None => Value::Null,
            Some(Thing::Ingredient(ingredient)) => named(name(ingredient)),
            Some(Thing::Dish) => named("dish"),
            Some(Thing::Soup(soup)) => {
                self.soup(place, &Pot { ingredients: soup, cooking: Some(self.config.time(soup)) })
            }
        }
    }

    fn soup(&self, place: Place, pot: &Pot) -> Value {
        let position = self.position(place);
        let ingredients = pot
            .ingredients
            .iter()
            .map(|ingredient| json!({ "name": name(ingredient), "position": position }));
        json!({
            "name": "soup",
            "position": position,
            "_ingredients": ingredients.collect::<Value>(),
            "cooking_tick": ticks(pot) as i64,
            "_cooking_tick": ticks(pot) as i64,
            "is_cooking": pot.is_cooking(self.config),
            "is_ready": pot.is_ready(self.config),
            "is_idle": pot.is_idle(),
            "cook_time": if pot.is_idle() { -1 } else { i64::from(self.config.time(pot.ingredients)) },
        })
    }
}
