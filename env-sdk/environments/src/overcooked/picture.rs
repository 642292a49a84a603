//! The picture: sprites of the atlas `overcooked`, how far each pot is, and a ring around one's own cook.

use footlights_env::{Surface, View, math, surface::Color};

use super::{
    config::Config,
    kitchen::{Kitchen, Place, Tile},
    state::{Cook, Pot, State},
    things::{Ingredient, Ingredients, Slot, Thing},
};
use crate::grid::Facing;

/// The first id of each kind of item; a kitchen has at most 1,024 cells.
const ON_COUNTERS: u16 = 1024;
const POTS: u16 = 2048;
const COOKS: u16 = 0x2000;
/// Ids of one pot: up to three ingredients or the soup, and two arcs.
const OF_A_POT: u16 = 5;
/// Ids of one cook: the ring, the cook, what it holds.
const OF_A_COOK: u16 = 3;
/// The atlas has cooks of four colours.
const COLOURS: usize = 4;

const FLOOR: Color = Color::rgb(0xd9, 0xc7, 0xa8);
const GONE: Color = Color::rgb(0x3a, 0x3a, 0x3a);
const COOKING: Color = Color::rgb(0xf2, 0x9f, 0x1f);
const READY: Color = Color::rgb(0x2f, 0xa8, 0x4f);
const RING: Color = Color::rgb(0xff, 0xff, 0xff);

pub fn draw(config: &Config, kitchen: &Kitchen, state: &State, view: View, surface: &mut Surface) {
    let mut picture = Picture { kitchen, surface };
    picture.floor();
    for (place, slot) in state.counters() {
        picture.thing(place, (0.0, 0.0), 0.7, slot, ON_COUNTERS + place.0, 1, false);
    }
    for ((place, pot), id) in kitchen.pots.iter().zip(&state.pots).zip((POTS..).step_by(OF_A_POT.into())) {
        picture.pot(config, *place, *pot, id);
    }
    for ((number, cook), id) in state.cooks.iter().enumerate().zip((COOKS..).step_by(OF_A_COOK.into())) {
        let is_own = matches!(view, View::Agent(agent) if agent.index() == number);
        picture.cook(number, cook, is_own, id);
    }
}

struct Picture<'a> {
    kitchen: &'a Kitchen,
    surface: &'a mut Surface,
}

impl Picture<'_> {
    /// The top left corner of a cell.
    fn corner(&self, place: Place) -> (f32, f32) {
        let (x, y) = self.kitchen.position(place);
        (f32::from(x), f32::from(y))
    }

    fn floor(&mut self) {
        for (place, tile) in self.kitchen.cells() {
            let frame = match tile {
                Tile::Floor => "overcooked/floor",
                Tile::Counter => "overcooked/counter",
                Tile::Pot => "overcooked/pot",
                Tile::Onions => "overcooked/onions",
                Tile::Tomatoes => "overcooked/tomatoes",
                Tile::Dishes => "overcooked/dishes",
                Tile::Serving => "overcooked/serving",
            };
            let (x, y) = self.corner(place);
            // What is below shows where an image does not load, and in the seams between cells.
            let below = if tile == Tile::Floor { FLOOR } else { GONE };
            self.surface.rect(x, y, 1.0, 1.0).id(place.0).fill(below).depth(-2).persistent();
            self.surface.image(x, y, 1.0, 1.0, frame, 0).id(place.0 + 4096).depth(-1).persistent();
        }
    }

    /// Something of a size in cells, so far from the middle of a cell.
    #[allow(clippy::too_many_arguments)]
    fn thing(
        &mut self,
        place: Place,
        by: (f32, f32),
        size: f32,
        slot: Slot,
        id: u16,
        depth: i16,
        moves: bool,
    ) {
        let frame = match slot.thing() {
            None => return,
            Some(Thing::Ingredient(ingredient)) => ingredient_frame(ingredient),
            Some(Thing::Dish) => "overcooked/dish",
            Some(Thing::Soup(soup)) => soup_frame(soup),
        };
        let (x, y) = self.corner(place);
        let corner = 0.5 - size / 2.0;
        let item = self.surface.image(x + by.0 + corner, y + by.1 + corner, size, size, frame, 0);
        let item = item.id(id).depth(depth);
        if moves {
            item.tween();
        }
    }

    fn pot(&mut self, config: &Config, place: Place, pot: Pot, id: u16) {
        let (x, y) = self.corner(place);
        if let Some(steps) = pot.cooking {
            let is_ready = pot.is_ready(config);
            let (frame, colour) =
                if is_ready { ("overcooked/ready", READY) } else { ("overcooked/cooking", COOKING) };
            self.surface.image(x, y, 1.0, 1.0, frame, 0).id(id).depth(1);
            let part = f32::from(steps) / f32::from(config.time(pot.ingredients));
            let middle = (x + 0.82, y + 0.2);
            self.surface.circle(middle.0, middle.1, 0.17).id(id + 3).fill(RING).depth(2);
            let part = if is_ready { 1.0 } else { part };
            self.surface.polygon(pie(middle, 0.14, part)).id(id + 4).fill(colour).depth(3);
        } else {
            for ((ingredient, number), left) in pot.ingredients.iter().zip(0..).zip([0.08, 0.36, 0.64]) {
                let frame = ingredient_frame(ingredient);
                self.surface.image(x + left, y + 0.04, 0.3, 0.3, frame, 0).id(id + number).depth(1);
            }
        }
    }

    fn cook(&mut self, number: usize, cook: &Cook, is_own: bool, id: u16) {
        let (x, y) = self.corner(cook.place);
        if is_own {
            self.surface.ellipse(x + 0.5, y + 0.86, 0.42, 0.13).id(id).stroke(RING, 0.06).depth(4).tween();
        }
        let frame = format!("overcooked/cook_{}_{}", number % COLOURS, cook.facing);
        self.surface.image(x, y, 1.0, 1.0, &frame, 0).id(id + 1).depth(5).tween();
        let (dx, dy) = cook.facing.step();
        // In front of the body, except with the back to us.
        let depth = if cook.facing == Facing::North { 4 } else { 6 };
        let by = (0.28 * f32::from(dx), 0.12 + 0.22 * f32::from(dy));
        self.thing(cook.place, by, 0.48, cook.held, id + 2, depth, true);
    }
}

/// A part of a disc, from the top clockwise.
fn pie((x, y): (f32, f32), radius: f32, part: f32) -> Vec<(f32, f32)> {
    let steps = (part * 24.0).ceil().max(1.0);
    let along = (0..=steps as u8).map(|step| {
        let angle = std::f32::consts::TAU * (part * f32::from(step) / steps - 0.25);
        (x + radius * math::cosf(angle), y + radius * math::sinf(angle))
    });
    std::iter::once((x, y)).chain(along).collect()
}

fn ingredient_frame(ingredient: Ingredient) -> &'static str {
    match ingredient {
        Ingredient::Onion => "overcooked/onion",
        Ingredient::Tomato => "overcooked/tomato",
    }
}

fn soup_frame(soup: Ingredients) -> &'static str {
    match soup.counts() {
        (_, 0) => "overcooked/soup_onion",
        (0, _) => "overcooked/soup_tomato",
        _ => "overcooked/soup_mixed",
    }
}
