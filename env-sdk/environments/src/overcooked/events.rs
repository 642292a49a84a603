//! What the reference logs of a step (`event_infos`), by cook.

use footlights_env::{Agent, PerAgent};

/// One kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "their meanings are in `LABELS`")]
pub enum Event {
    TomatoPickup,
    UsefulTomatoPickup,
    TomatoDrop,
    UsefulTomatoDrop,
    PottingTomato,
    OnionPickup,
    UsefulOnionPickup,
    OnionDrop,
    UsefulOnionDrop,
    PottingOnion,
    DishPickup,
    UsefulDishPickup,
    DishDrop,
    UsefulDishDrop,
    SoupPickup,
    SoupDelivery,
    SoupDrop,
    OptimalOnionPotting,
    OptimalTomatoPotting,
    ViableOnionPotting,
    ViableTomatoPotting,
    CatastrophicOnionPotting,
    CatastrophicTomatoPotting,
    UselessOnionPotting,
    UselessTomatoPotting,
}

/// The name of each kind, as in the reference, and its meaning, in the order of [`Event`].
pub const LABELS: [(&str, &str); 25] = [
    ("tomato_pickup", "Took a tomato from a counter"),
    (
        "useful_tomato_pickup",
        "Took a tomato from a counter while a pot could use it or the other cook held a dish",
    ),
    ("tomato_drop", "Put a tomato on a counter"),
    (
        "useful_tomato_drop",
        "Put a tomato on a counter while all pots were full and the other cook held no dish",
    ),
    ("potting_tomato", "Put a tomato into a pot"),
    ("onion_pickup", "Took an onion"),
    ("useful_onion_pickup", "Took an onion while a pot could use it or the other cook held a dish"),
    ("onion_drop", "Put an onion on a counter"),
    (
        "useful_onion_drop",
        "Put an onion on a counter while all pots were full and the other cook held no dish",
    ),
    ("potting_onion", "Put an onion into a pot"),
    ("dish_pickup", "Took a dish"),
    (
        "useful_dish_pickup",
        "Took a dish while no dish lay on a counter and fewer were held than pots would need",
    ),
    ("dish_drop", "Put a dish on a counter"),
    ("useful_dish_drop", "Put a dish on a counter while no pot was full and the other cook held no onion"),
    ("soup_pickup", "Took a soup from a pot or a counter"),
    ("soup_delivery", "Delivered a soup"),
    ("soup_drop", "Put a soup on a counter"),
    ("optimal_onion_potting", "Put in an onion after which the best soup pays as much as before"),
    ("optimal_tomato_potting", "Put in a tomato after which the best soup pays as much as before"),
    ("viable_onion_potting", "Put in an onion after which some soup still pays"),
    ("viable_tomato_potting", "Put in a tomato after which some soup still pays"),
    ("catastrophic_onion_potting", "Put in an onion after which no soup pays any more"),
    ("catastrophic_tomato_potting", "Put in a tomato after which no soup pays any more"),
    ("useless_onion_potting", "Put an onion into a soup that could pay nothing before"),
    ("useless_tomato_potting", "Put a tomato into a soup that could pay nothing before"),
];

/// What happened in a step: a bit for each kind, by cook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events(PerAgent<u32>);

impl Events {
    /// Nothing happened to any of so many cooks.
    #[must_use]
    pub fn none(cooks: usize) -> Self {
        Self(std::iter::repeat_n(0, cooks).collect())
    }

    /// Notes that it happened to a cook.
    pub fn note(&mut self, cook: usize, event: Event) {
        if let Some(noted) = self.0.get_mut(cook) {
            *noted |= 1 << event as u8;
        }
    }

    /// What happened to each cook, by name.
    pub fn iter(&self) -> impl Iterator<Item = (Agent, &'static str)> + '_ {
        (0..).map(Agent).zip(&self.0).filter(|(_, noted)| **noted != 0).flat_map(|(cook, noted)| {
            let happened = LABELS.iter().enumerate().filter(move |(bit, _)| noted >> bit & 1 == 1);
            happened.map(move |(_, (name, _))| (cook, *name))
        })
    }
}
