//! What an agent observes: where it is, its meters, and the grid.

use footlights_env::{Label, Space};

use super::{
    config::{SIDE, Variant},
    places::places,
    world::{self, METERS, State},
};

/// Where the person is, the meters, and the cells.
pub const LENGTH: usize = 2 + METERS + CELLS;
const CELLS: usize = SIDE as usize * SIDE as usize;
/// What stands for the person in the cells; it hides a place.
const PERSON_AMONG_EIGHT: f32 = 9.0;
const PERSON_AMONG_SEVEN: f32 = 8.0;

pub fn space() -> Space {
    let mut high = vec![1.0; 2 + METERS];
    high.resize(LENGTH, PERSON_AMONG_EIGHT);
    Space::Box { low: vec![0.0; LENGTH], high }
}

/// The column and the row (divided by 7, by 8 in the variant `stress`), each meter as a share of its range, and the cells
/// row by row: 0, the code of a place, or the person's.
pub fn of(variant: Variant, state: &State) -> [f32; LENGTH] {
    let (scale, person) = match variant {
        Variant::Mood => (f32::from(SIDE - 1), PERSON_AMONG_EIGHT),
        Variant::Stress => (f32::from(SIDE), PERSON_AMONG_SEVEN),
    };
    let mut cells = [0.0; CELLS];
    let mut put = |x: u8, y: u8, what: f32| {
        if let Some(cell) = cells.get_mut(usize::from(y) * usize::from(SIDE) + usize::from(x)) {
            *cell = what;
        }
    };
    for place in places(variant) {
        put(place.x, place.y, place.code.into());
    }
    put(state.x, state.y, person);
    let position = [f32::from(state.x) / scale, f32::from(state.y) / scale];
    let meters = world::normalised(variant, &state.meters).map(|share| share as f32);
    let mut observation = [0.0; LENGTH];
    for (slot, number) in observation.iter_mut().zip(position.into_iter().chain(meters).chain(cells)) {
        *slot = number;
    }
    observation
}

pub fn labels(variant: Variant) -> Vec<Label> {
    let mut labels = vec![
        Label::new("x_share", "The column of the person's cell, as a share of the grid", ""),
        Label::new("y_share", "The row of the person's cell, as a share of the grid", ""),
    ];
    let label =
        |name: String, meaning: String| Label { name: name.into(), meaning: meaning.into(), unit: "" };
    labels.extend(
        world::meters(variant)
            .map(|rule| label(format!("{}_share", rule.name), format!("{}, as a share", rule.meaning))),
    );
    for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
        let meaning = "What is in this cell: 0 nothing, 9 the person (8 in the variant stress), else a place";
        labels.push(label(format!("cell_{x}_{y}"), meaning.into()));
    }
    labels
}
