//! The picture: sprites of the atlas `hamlet`, and the person.

use footlights_env::{
    Surface,
    surface::{Align, Color},
};

use super::{
    config::{SIDE, Variant},
    places::places,
    world::State,
};

const GRASS: Color = Color::rgb(0xdf, 0xe8, 0xd6);
const USED: Color = Color::rgb(0xf5, 0xc5, 0x18);
const PLACES: u16 = 256;
const NAMES: u16 = 320;
const PERSON: u16 = 512;

/// Names fit below the sprites at this size, in cells.
const NAME_SIZE: f32 = 0.15;

pub fn draw(variant: Variant, state: &State, surface: &mut Surface) {
    for (id, (y, x)) in (0..).zip((0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x)))) {
        let (x, y) = (f32::from(x), f32::from(y));
        surface.rect(x, y, 1.0, 1.0).id(id).fill(GRASS).depth(-3).persistent();
        surface.image(x, y, 1.0, 1.0, "hamlet/ground", 0).id(id + 64).depth(-2).persistent();
    }
    for (id, place) in (PLACES..).zip(places(variant)) {
        let (x, y) = (f32::from(place.x), f32::from(place.y));
        let frame = match place.name {
            "Bed" => "hamlet/bed",
            "Shower" => "hamlet/shower",
            "HomeMeal" => "hamlet/home_meal",
            "FastFood" => "hamlet/fast_food",
            "Job" => "hamlet/job",
            "Gym" => "hamlet/gym",
            "Bar" => "hamlet/bar",
            _ => "hamlet/recreation",
        };
        surface.image(x, y, 1.0, 1.0, frame, 0).id(id).depth(-1).persistent();
        let words = surface.text(x + 0.5, y + 0.9, NAME_SIZE, Align::Center, place.title);
        words.id(id - PLACES + NAMES).fill(Color::rgb(0x2a, 0x31, 0x38)).depth(0).persistent();
    }
    let (x, y) = (f32::from(state.x), f32::from(state.y));
    if state.place(variant).is_some() {
        let ring = surface.rect(x + 0.04, y + 0.04, 0.92, 0.92).id(PERSON).stroke(USED, 0.07);
        ring.depth(1);
    }
    let frame = if state.failure.is_some() { "hamlet/person_down" } else { "hamlet/person" };
    surface.image(x, y, 1.0, 1.0, frame, 0).id(PERSON + 1).depth(2).tween();
}
