//! The places of the town: where they are and what they do.

use super::config::Variant;

/// How one use of a place changes a meter: its place among [`Meters`](super::Meters), and by how much.
pub type Effect = (usize, f64);

pub const ENERGY: usize = 0;
pub const HYGIENE: usize = 1;
pub const SATIATION: usize = 2;
pub const MONEY: usize = 3;
/// The mood, in the variant `stress` the stress.
pub const MOOD: usize = 4;
pub const SOCIAL: usize = 5;

/// A place.
#[derive(Debug, PartialEq)]
pub struct Place {
    /// Its name in the original's messages.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its column.
    pub x: u8,
    /// Its row.
    pub y: u8,
    /// What stands for it in an observation.
    pub code: u8,
    /// What a use reports in a step's infos.
    pub used: &'static str,
    /// What that report means.
    pub meaning: &'static str,
    /// What a use costs. Without that much money there is none.
    pub price: f64,
    /// What a use does, in this order; the price is the first of it.
    pub effects: &'static [Effect],
    /// What the reward of a use is computed from: the effects that raise a meter, in this order. A job's differ from what
    /// it does, as in the original.
    pub raises: &'static [Effect],
    /// Whether a use is a shift, which pays less to those who are tired or dirty.
    pub job: bool,
}

/// What a shift pays, and what it pays to those who are tired or dirty.
pub const PAY: f64 = 30.0;
pub const LOW_PAY: f64 = 15.0;

const BED: Place = Place {
    name: "Bed",
    title: "Bed",
    x: 1,
    y: 1,
    code: 1,
    used: "used_bed",
    meaning: "1 when the bed was used",
    price: 5.0,
    effects: &[(MONEY, -5.0), (ENERGY, 50.0), (HYGIENE, 5.0)],
    raises: &[(ENERGY, 50.0), (HYGIENE, 5.0)],
    job: false,
};
const SHOWER: Place = Place {
    name: "Shower",
    title: "Shower",
    x: 2,
    y: 2,
    code: 2,
    used: "used_shower",
    meaning: "1 when the shower was used",
    price: 3.0,
    effects: &[(MONEY, -3.0), (HYGIENE, 40.0), (ENERGY, -3.0)],
    raises: &[(HYGIENE, 40.0)],
    job: false,
};
const HOME_MEAL: Place = Place {
    name: "HomeMeal",
    title: "Meal at home",
    x: 1,
    y: 3,
    code: 3,
    used: "used_home_meal",
    meaning: "1 when a meal was eaten at home",
    price: 3.0,
    effects: &[(MONEY, -3.0), (SATIATION, 45.0), (ENERGY, 35.0)],
    raises: &[(SATIATION, 45.0), (ENERGY, 35.0)],
    job: false,
};
const FAST_FOOD: Place = Place {
    name: "FastFood",
    title: "Fast food",
    x: 5,
    y: 6,
    code: 4,
    used: "used_fast_food",
    meaning: "1 when fast food was eaten",
    price: 10.0,
    effects: &[(MONEY, -10.0), (SATIATION, 45.0), (ENERGY, 15.0), (SOCIAL, 1.0)],
    raises: &[(SATIATION, 45.0), (ENERGY, 15.0), (SOCIAL, 1.0)],
    job: false,
};
/// What it pays is the first effect, see [`PAY`].
const JOB: Place = Place {
    name: "Job",
    title: "Job",
    x: 6,
    y: 6,
    code: 5,
    used: "used_job",
    meaning: "1 when a shift was worked",
    price: 0.0,
    effects: &[(ENERGY, -15.0), (HYGIENE, -10.0), (MOOD, -25.0), (SOCIAL, 0.05)],
    raises: &[(MONEY, 30.0), (SOCIAL, 1.5)],
    job: true,
};
const GYM: Place = Place {
    name: "Gym",
    title: "Gym",
    x: 7,
    y: 3,
    code: 8,
    used: "used_gym",
    meaning: "1 when the gym was used",
    price: 6.0,
    effects: &[(MONEY, -6.0), (ENERGY, -8.0), (MOOD, 45.0), (SOCIAL, 2.0)],
    raises: &[(MOOD, 45.0), (SOCIAL, 2.0)],
    job: false,
};
const BAR: Place = Place {
    name: "Bar",
    title: "Bar",
    x: 7,
    y: 0,
    code: 7,
    used: "used_bar",
    meaning: "1 when the bar was visited",
    price: 15.0,
    effects: &[
        (MONEY, -15.0),
        (ENERGY, -20.0),
        (HYGIENE, -15.0),
        (SOCIAL, 50.0),
        (SATIATION, 30.0),
        (MOOD, 25.0),
    ],
    raises: &[(SOCIAL, 50.0), (SATIATION, 30.0), (MOOD, 25.0)],
    job: false,
};
const RECREATION: Place = Place {
    name: "Recreation",
    title: "Recreation",
    x: 0,
    y: 7,
    code: 6,
    used: "used_recreation",
    meaning: "1 when the recreation room was used",
    price: 6.0,
    effects: &[(MONEY, -6.0), (MOOD, 25.0), (ENERGY, 12.0)],
    raises: &[(MOOD, 25.0), (ENERGY, 12.0)],
    job: false,
};

/// In the order of the original's messages and sums.
static OF_MOOD: [Place; 8] = [BED, SHOWER, HOME_MEAL, FAST_FOOD, JOB, GYM, BAR, RECREATION];

static OF_STRESS: [Place; 7] = [
    BED,
    SHOWER,
    HOME_MEAL,
    Place {
        effects: &[(MONEY, -10.0), (SATIATION, 45.0), (ENERGY, 15.0)],
        raises: &[(SATIATION, 45.0), (ENERGY, 15.0)],
        ..FAST_FOOD
    },
    Place {
        effects: &[(ENERGY, -15.0), (HYGIENE, -10.0), (MOOD, 25.0), (SOCIAL, 0.05)],
        // Here the original rewards what raises stress.
        raises: &[(MONEY, 30.0), (MOOD, 25.0)],
        ..JOB
    },
    Place {
        effects: &[
            (MONEY, -15.0),
            (ENERGY, -20.0),
            (HYGIENE, -15.0),
            (SOCIAL, 50.0),
            (SATIATION, 30.0),
            (MOOD, -25.0),
        ],
        raises: &[(SOCIAL, 50.0), (SATIATION, 30.0)],
        ..BAR
    },
    Place {
        price: 8.0,
        effects: &[(MONEY, -8.0), (MOOD, -40.0), (ENERGY, 10.0)],
        raises: &[(ENERGY, 10.0)],
        ..RECREATION
    },
];

/// The places of a variant.
#[must_use]
pub fn places(variant: Variant) -> &'static [Place] {
    match variant {
        Variant::Mood => &OF_MOOD,
        Variant::Stress => &OF_STRESS,
    }
}

/// Where needs are met, in the order of the meters: the cells to which the reward leads.
pub fn helpers(variant: Variant) -> [(u8, u8); 6] {
    let cell = |place: &Place| (place.x, place.y);
    let calm = match variant {
        Variant::Mood => cell(&GYM),
        Variant::Stress => cell(&RECREATION),
    };
    [cell(&BED), cell(&SHOWER), cell(&HOME_MEAL), cell(&JOB), calm, cell(&BAR)]
}

/// Where there is something to eat.
pub fn kitchens() -> [(u8, u8); 2] {
    [(HOME_MEAL.x, HOME_MEAL.y), (FAST_FOOD.x, FAST_FOOD.y)]
}
