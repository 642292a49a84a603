//! Meters, walking, using places, and the end of an episode.

use footlights_env::math;
use serde::{Deserialize, Serialize};

use super::{
    action::Action,
    config::{SIDE, Variant},
    places::{ENERGY, HYGIENE, LOW_PAY, MONEY, MOOD, PAY, Place, SATIATION, SOCIAL, places},
};

/// How many meters there are.
pub const METERS: usize = 6;

/// Their values: energy, hygiene, satiation, money, mood (or stress), social.
pub type Meters = [f64; METERS];

/// How one meter behaves.
#[derive(Debug, Clone, Copy)]
pub struct MeterRule {
    pub name: &'static str,
    pub title: &'static str,
    pub meaning: &'static str,
    pub start: f64,
    pub low: f64,
    pub high: f64,
    /// What a step takes away.
    pub drain: f64,
    /// What a step on foot takes away before that.
    pub walk: f64,
}

impl MeterRule {
    const fn new([name, title, meaning]: [&'static str; 3], start: f64, drain: f64, walk: f64) -> Self {
        Self { name, title, meaning, start, low: 0.0, high: 100.0, drain, walk }
    }

    /// The value as a share of the meter's range.
    fn normalise(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

const ENERGY_RULE: MeterRule =
    MeterRule::new(["energy", "Energy", "How rested the person is"], 100.0, 0.5, 0.5);
const HYGIENE_RULE: MeterRule =
    MeterRule::new(["hygiene", "Hygiene", "How clean the person is"], 100.0, 0.3, 0.3);
const SATIATION_RULE: MeterRule =
    MeterRule::new(["satiation", "Food", "How well fed the person is"], 100.0, 0.4, 0.4);
const MONEY_RULE: MeterRule = MeterRule {
    low: -100.0,
    ..MeterRule::new(["money", "Money", "What the person can spend; below zero are debts"], 50.0, 0.0, 0.0)
};
const MOOD_RULE: MeterRule = MeterRule::new(["mood", "Mood", "How happy the person is"], 100.0, 0.1, 0.0);
/// The original drains it by a negative amount: it rises.
const STRESS_RULE: MeterRule =
    MeterRule::new(["stress", "Stress", "How stressed the person is"], 0.0, -0.1, 0.0);
const SOCIAL_RULE: MeterRule =
    MeterRule::new(["social", "Company", "How much company the person had"], 50.0, 0.6, 0.0);

/// The meters of a variant, in the order of [`Meters`].
pub fn meters(variant: Variant) -> [MeterRule; METERS] {
    let fifth = match variant {
        Variant::Mood => MOOD_RULE,
        Variant::Stress => STRESS_RULE,
    };
    [ENERGY_RULE, HYGIENE_RULE, SATIATION_RULE, MONEY_RULE, fifth, SOCIAL_RULE]
}

/// The values as shares of their ranges.
pub fn normalised(variant: Variant, values: &Meters) -> Meters {
    let mut shares = *values;
    for (rule, share) in meters(variant).iter().zip(&mut shares) {
        *share = rule.normalise(*share);
    }
    shares
}

/// Everything that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The column of the person's cell.
    pub x: u8,
    /// The row of the person's cell.
    pub y: u8,
    /// The raw values.
    pub meters: Meters,
    /// The reward of the last step, which a [`Step`](footlights_env::Step) holds in single precision.
    pub reward: f64,
    /// Why the episode ended, once it has.
    pub failure: Option<Failure>,
}

impl State {
    /// At the start of an episode.
    pub fn at_start(variant: Variant) -> Self {
        let meters = meters(variant).map(|rule| rule.start);
        Self { x: 4, y: 4, meters, reward: 0.0, failure: None }
    }

    /// The place in the person's cell.
    pub fn place(&self, variant: Variant) -> Option<&'static Place> {
        places(variant).iter().find(|place| (place.x, place.y) == (self.x, self.y))
    }
}

/// Why an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No energy was left.
    EnergyDepleted,
    /// No hygiene was left.
    HygieneDepleted,
    /// Nothing was left to live on.
    SatiationDepleted,
    /// The mood was at its lowest.
    MoodDepleted,
    /// The debts were at their limit.
    Bankrupt,
}

impl Failure {
    /// Its name in the original.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::EnergyDepleted => "energy_depleted",
            Self::HygieneDepleted => "hygiene_depleted",
            Self::SatiationDepleted => "satiation_depleted",
            Self::MoodDepleted => "mood_depleted",
            Self::Bankrupt => "bankrupt",
        }
    }
}

/// One step without its reward: the action, what time takes from every meter, loneliness, and whether the episode ends.
/// Returns the place that was used.
pub fn live(variant: Variant, state: &mut State, action: Action) -> Option<&'static Place> {
    let rules = meters(variant);
    let mut values = Values { rules: &rules, values: &mut state.meters };
    let far = SIDE - 1;
    let (x, y) = (state.x, state.y);
    let walk = match action {
        Action::Up => Some((x, y.saturating_sub(1))),
        Action::Down => Some((x, (y + 1).min(far))),
        Action::Left => Some((x.saturating_sub(1), y)),
        Action::Right => Some(((x + 1).min(far), y)),
        Action::Interact | Action::Wait => None,
    };
    if let Some((x, y)) = walk {
        (state.x, state.y) = (x, y);
        for meter in 0..METERS {
            values.add(meter, -rules.get(meter).map_or(0.0, |rule| rule.walk));
        }
    }
    let here = places(variant).iter().find(|place| (place.x, place.y) == (x, y));
    let used =
        if action == Action::Interact { here.filter(|place| values.visit(variant, place)) } else { None };
    if action == Action::Interact && used.is_none() {
        values.add(ENERGY, -1.0);
    }
    for meter in 0..METERS {
        values.add(meter, -rules.get(meter).map_or(0.0, |rule| rule.drain));
    }
    if variant == Variant::Mood {
        let social = normalised(variant, values.values)[SOCIAL];
        if social < 0.3 {
            values.add(MOOD, -(5.0 * ((0.3 - social) / 0.3)));
        }
    }
    state.failure = failure(variant, &state.meters);
    used
}

struct Values<'a> {
    rules: &'a [MeterRule; METERS],
    values: &'a mut Meters,
}

impl Values<'_> {
    fn add(&mut self, meter: usize, by: f64) {
        if let (Some(rule), Some(value)) = (self.rules.get(meter), self.values.get_mut(meter)) {
            *value = math::clamp_f64(*value + by, rule.low, rule.high);
        }
    }

    /// Whether the place could be used.
    fn visit(&mut self, variant: Variant, place: &Place) -> bool {
        if place.job {
            let shares = normalised(variant, self.values);
            let tired = shares[ENERGY] < 0.4 || shares[HYGIENE] < 0.4;
            self.add(MONEY, if tired { LOW_PAY } else { PAY });
        } else if self.values[MONEY] < place.price {
            return false;
        }
        for (meter, by) in place.effects {
            self.add(*meter, *by);
        }
        true
    }
}

/// The first reason that holds, in the original's order.
fn failure(variant: Variant, values: &Meters) -> Option<Failure> {
    let ends: &[(usize, Failure)] = match variant {
        Variant::Mood => &[
            (ENERGY, Failure::EnergyDepleted),
            (HYGIENE, Failure::HygieneDepleted),
            (SATIATION, Failure::SatiationDepleted),
            (MOOD, Failure::MoodDepleted),
            (MONEY, Failure::Bankrupt),
        ],
        Variant::Stress => &[
            (ENERGY, Failure::EnergyDepleted),
            (HYGIENE, Failure::HygieneDepleted),
            (SATIATION, Failure::SatiationDepleted),
        ],
    };
    let rules = meters(variant);
    let is_at_end = |meter: usize| {
        rules.get(meter).zip(values.get(meter)).is_some_and(|(rule, value)| *value <= rule.low)
    };
    ends.iter().find(|(meter, _)| is_at_end(*meter)).map(|(_, failure)| *failure)
}
