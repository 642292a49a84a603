//! What a step is worth. Terms are added in the original's order, because sums of floating-point numbers depend on it.

use super::{
    config::{SIDE, Variant},
    places::{ENERGY, HYGIENE, MONEY, MOOD, Place, SATIATION, SOCIAL, helpers, kitchens},
    world::{Meters, State, normalised},
};

/// Lowest and highest reward of a step: every need at its lowest and the end of the episode; every need met, and the use of
/// a place that raises several.
pub const RANGE: (f32, f32) = (-120.0, 12.0);

/// What the end of an episode costs.
const END: f64 = 100.0;

/// From the highest: above each bound a meter earns what stands beside it, below the last one the rest.
struct Ladder {
    rungs: [(f64, f64); 3],
    rest: f64,
}

impl Ladder {
    fn earns(&self, share: f64) -> f64 {
        self.rungs.iter().find(|(bound, _)| share > *bound).map_or(self.rest, |(_, earns)| *earns)
    }
}

const MONEY_LADDER: Ladder = Ladder { rungs: [(0.6, 0.5), (0.4, 0.2), (0.2, -0.5)], rest: -2.0 };

/// The reward of the step that led to `state`. `before` are the meters as shares before it, `used` the place that was used.
pub fn of(variant: Variant, state: &State, before: &Meters, used: Option<&Place>) -> f64 {
    let now = normalised(variant, &state.meters);
    let mut reward = match variant {
        Variant::Mood => needs_of_mood(&now),
        Variant::Stress => needs_of_stress(&now),
    };
    if let Some(place) = used {
        reward += bonus(place, before);
    }
    reward += guidance(variant, state, &now);
    if variant == Variant::Mood && now[SATIATION] < 0.4 {
        let hunger = ((0.4 - now[SATIATION]) / 0.4).min(1.0);
        let [first, second] = kitchens().map(|cell| distance(state, cell));
        reward -= hunger * (first.min(second) / REACH) * 2.0;
    }
    if state.failure.is_some() { reward - END } else { reward }
}

fn needs_of_mood(now: &Meters) -> f64 {
    const BODY: Ladder = Ladder { rungs: [(0.8, 0.4), (0.5, 0.15), (0.3, -0.6)], rest: -2.5 };
    const MOOD_LADDER: Ladder = Ladder { rungs: [(0.8, 0.2), (0.5, 0.1), (0.2, -0.3)], rest: -1.0 };
    const SOCIAL_LADDER: Ladder = Ladder { rungs: [(0.8, 0.15), (0.5, 0.05), (0.2, -0.3)], rest: -1.2 };
    let [energy, hygiene, satiation, money, mood, social] = *now;
    BODY.earns(energy)
        + BODY.earns(hygiene)
        + BODY.earns(satiation)
        + MOOD_LADDER.earns(mood)
        + SOCIAL_LADDER.earns(social)
        + MONEY_LADDER.earns(money)
}

fn needs_of_stress(now: &Meters) -> f64 {
    const NEED: Ladder = Ladder { rungs: [(0.8, 0.5), (0.5, 0.2), (0.2, -0.5)], rest: -2.0 };
    let [energy, hygiene, satiation, money, stress, social] = *now;
    let needs = NEED.earns(energy) + NEED.earns(hygiene) + NEED.earns(satiation) + NEED.earns(social);
    let calm = match stress {
        _ if stress < 0.2 => 0.5,
        _ if stress < 0.5 => 0.2,
        _ if stress < 0.8 => -0.5,
        _ => -2.0,
    };
    needs + MONEY_LADDER.earns(money) + calm
}

/// For what a place raises, the more the greater the need was.
fn bonus(place: &Place, before: &Meters) -> f64 {
    let mut sum = 0.0;
    for (meter, by) in place.raises {
        let share = before.get(*meter).copied().unwrap_or_default();
        let need = if *meter == MONEY { (1.5 * (1.0 - share)).min(1.0) } else { 1.0 - share };
        sum += need * (by / 50.0) * 2.0;
    }
    sum
}

/// For being near to what helps with the greatest need.
fn guidance(variant: Variant, state: &State, now: &Meters) -> f64 {
    let order: &[usize] = match variant {
        Variant::Mood => &[ENERGY, HYGIENE, SATIATION, MONEY, SOCIAL, MOOD],
        Variant::Stress => &[ENERGY, HYGIENE, SATIATION, MONEY, SOCIAL],
    };
    let (mut greatest, mut cell) = (0.0, None);
    let helpers = helpers(variant);
    for meter in order {
        let share = now.get(*meter).copied().unwrap_or(1.0);
        let bound = if variant == Variant::Mood && *meter == MONEY { 0.4 } else { 0.5 };
        if share < bound && 1.0 - share > greatest {
            (greatest, cell) = (1.0 - share, helpers.get(*meter));
        }
    }
    if variant == Variant::Stress && now[MOOD] > 0.5 && now[MOOD] > greatest {
        (greatest, cell) = (now[MOOD], helpers.get(MOOD));
    }
    cell.map_or(0.0, |cell| greatest * (1.0 - distance(state, *cell) / REACH) * 0.5)
}

/// Twice the grid's side, which no distance exceeds.
const REACH: f64 = 2.0 * SIDE as f64;

/// In steps on foot.
fn distance(state: &State, (x, y): (u8, u8)) -> f64 {
    f64::from(state.x.abs_diff(x)) + f64::from(state.y.abs_diff(y))
}
