//! A scripted cook: what is needed most and is nearest, without a plan for more than one step.

use footlights_env::{ActionValue, Policy, PolicyError, Rng, msgpack};
use serde::{Deserialize, Serialize};

use super::{
    action::Action,
    kitchen::{Kitchen, Layout, Place, Tile},
    observation::{Seen, SeenPot, see},
    things::{Ingredient, MAX_INGREDIENTS, Thing},
};
use crate::grid::Facing;

/// Fills the nearest pot, starts it, and serves what is ready; who cannot reach the pots hands over. One that cannot get on
/// for two steps, and one that has nothing to do, takes a random step. It cooks one kind of soup: of onions where there are
/// any.
///
/// ```
/// use footlights_env::{Environment, Agent, Policy, Rng, Stream};
/// use footlights_environments::overcooked::{Config, Greedy, Overcooked};
///
/// let config = Config::default();
/// let mut rng = Rng::derive(1, Stream::Policy(0), 0, 1);
/// let state = Overcooked::reset(&config, &mut rng);
/// let mut cook = Greedy::on(&config.layout);
/// let action = cook.act(&Overcooked::observe(&config, &state, Agent(0)), &mut rng)?;
/// # Ok::<(), footlights_env::PolicyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Greedy {
    kitchen: Option<Kitchen>,
    memory: Memory,
}

/// Where it stood, and for how many steps it has wanted to leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    place: Option<Place>,
    stuck: u8,
}

const NAME: &str = "greedy";

fn unreadable(why: impl ToString) -> PolicyError {
    PolicyError::State { name: NAME.into(), why: why.to_string() }
}

/// Steps without getting on after which it steps aside.
const PATIENCE: u8 = 2;

impl Greedy {
    /// A cook for this layout.
    #[must_use]
    pub fn on(layout: &Layout) -> Self {
        Self { kitchen: layout.kitchen().ok().cloned(), memory: Memory::default() }
    }
}

impl Policy for Greedy {
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        let seen =
            self.kitchen.as_ref().and_then(|kitchen| see(kitchen, observation).map(|seen| (kitchen, seen)));
        let Some((kitchen, seen)) = seen else {
            return Err(PolicyError::Act {
                name: NAME.into(),
                why: "the observation is of another layout".into(),
            });
        };
        let decided = decide(kitchen, &seen);
        let wants_to_move = decided
            .and_then(Action::facing)
            .is_some_and(|facing| kitchen.tile(kitchen.next(seen.own.place, facing)) == Tile::Floor);
        let is_stuck = wants_to_move && self.memory.place == Some(seen.own.place);
        self.memory = Memory {
            place: Some(seen.own.place).filter(|_| wants_to_move),
            stuck: if is_stuck { self.memory.stuck + 1 } else { 0 },
        };
        let is_impatient = self.memory.stuck >= PATIENCE;
        if is_impatient {
            self.memory = Memory::default();
        }
        // Somebody who only waits may stand in the way, too.
        let aside = rng.choose(&Action::MOVES).copied().unwrap_or(Action::Stay);
        Ok(decided.filter(|_| !is_impatient).unwrap_or(aside).into())
    }

    fn reset(&mut self) {
        self.memory = Memory::default();
    }

    fn save(&self) -> Result<Vec<u8>, PolicyError> {
        msgpack::encode(&self.memory).map_err(unreadable)
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), PolicyError> {
        self.memory = msgpack::decode(saved).map_err(unreadable)?;
        Ok(())
    }
}

/// What the cook does next; none if there is nothing to do but to wait.
fn decide(kitchen: &Kitchen, seen: &Seen) -> Option<Action> {
    let floor = Floor::around(kitchen, seen);
    goals(kitchen, seen, &floor).into_iter().find_map(|goal| towards(kitchen, seen, &goal))
}

/// The cells that each cook can come to if nobody stands in the way.
struct Floor {
    own: Vec<Place>,
    others: Vec<Vec<Place>>,
}

impl Floor {
    fn around(kitchen: &Kitchen, seen: &Seen) -> Self {
        let from = |place: Place| {
            let mut reached = vec![place];
            let mut at = 0;
            while let Some(place) = reached.get(at).copied() {
                at += 1;
                for next in Facing::ALL.map(|facing| kitchen.next(place, facing)) {
                    if kitchen.tile(next) == Tile::Floor && !reached.contains(&next) {
                        reached.push(next);
                    }
                }
            }
            reached
        };
        Self {
            own: from(seen.own.place),
            others: seen.others.iter().map(|other| from(other.place)).collect(),
        }
    }
}

/// Whether a cell can be used from one of some cells.
fn is_beside(kitchen: &Kitchen, place: Place, cells: &[Place]) -> bool {
    Facing::ALL.iter().any(|facing| cells.contains(&kitchen.next(place, *facing)))
}

/// Cells that are worth reaching for, the best kind first.
fn goals(kitchen: &Kitchen, seen: &Seen, floor: &Floor) -> Vec<Vec<Place>> {
    let of = |tile: Tile| -> Vec<Place> {
        kitchen.cells().filter(|(_, is)| *is == tile).map(|(place, _)| place).collect()
    };
    let pots = |wanted: fn(&SeenPot) -> bool| -> Vec<Place> {
        seen.pots.iter().filter(|pot| wanted(pot)).map(|pot| pot.place).collect()
    };
    let lying = |thing: Thing| -> Vec<Place> {
        seen.lying.iter().filter(|(_, lies)| *lies == thing).map(|(place, _)| *place).collect()
    };
    let holding = |thing: Thing| seen.others.iter().filter(|other| other.held == Some(thing)).count();
    let free_counters = || -> Vec<Place> {
        of(Tile::Counter)
            .into_iter()
            .filter(|place| !seen.lying.iter().any(|(lies, _)| lies == place))
            .collect()
    };
    // Where another one can take it who can use it.
    let handed_over = |to: Tile| -> Vec<Place> {
        let helps = |cells: &&Vec<Place>| of(to).iter().any(|place| is_beside(kitchen, *place, cells));
        let helpers: Vec<&Vec<Place>> = floor.others.iter().filter(helps).collect();
        let can_take = |place: &Place| helpers.iter().any(|cells| is_beside(kitchen, *place, cells));
        free_counters().into_iter().filter(can_take).collect()
    };
    let reaches = |tile: Tile| of(tile).iter().any(|place| is_beside(kitchen, *place, &floor.own));

    let (ingredient, dispenser) = match of(Tile::Onions) {
        onions if onions.is_empty() => (Ingredient::Tomato, of(Tile::Tomatoes)),
        onions => (Ingredient::Onion, onions),
    };
    let ingredient = Thing::Ingredient(ingredient);
    let soups = seen.pots.iter().filter(|pot| pot.is_ready || pot.is_cooking).count();
    let room: usize =
        seen.pots.iter().filter(|pot| pot.takes_more()).map(|pot| MAX_INGREDIENTS - pot.ingredients).sum();

    match seen.own.held {
        Some(Thing::Soup(_)) if reaches(Tile::Serving) => vec![of(Tile::Serving)],
        Some(Thing::Soup(_)) => vec![handed_over(Tile::Serving)],
        Some(Thing::Ingredient(_) | Thing::Dish) if !reaches(Tile::Pot) => vec![handed_over(Tile::Pot)],
        Some(Thing::Ingredient(_)) if room > 0 => vec![pots(SeenPot::takes_more)],
        // It waits with it, unless nobody is free to serve what is in the pots.
        Some(Thing::Ingredient(_)) => {
            let is_free = |held: Option<Thing>| !matches!(held, Some(Thing::Ingredient(_)));
            if seen.others.iter().any(|other| is_free(other.held)) {
                Vec::new()
            } else {
                vec![free_counters()]
            }
        }
        Some(Thing::Dish) if soups > 0 => vec![pots(|pot| pot.is_ready), pots(|pot| pot.is_cooking)],
        Some(Thing::Dish) => vec![free_counters()],
        None => {
            let mut goals = vec![pots(SeenPot::is_full_and_idle)];
            goals.extend(
                seen.lying
                    .iter()
                    .filter(|(_, thing)| matches!(thing, Thing::Soup(_)))
                    .map(|(place, _)| vec![*place]),
            );
            // Who cannot reach the pots brings what does not lie there yet, and leaves what does.
            let fetched = |thing: Thing, from: Vec<Place>, wanted: usize| {
                let (lie, held) = (lying(thing), holding(thing));
                if !reaches(Tile::Pot) {
                    if wanted > held + lie.len() { from } else { Vec::new() }
                } else if wanted > held {
                    [lie, from].concat()
                } else {
                    Vec::new()
                }
            };
            goals.push(fetched(Thing::Dish, of(Tile::Dishes), soups));
            // One more than fits, for when the soups are served.
            goals.push(fetched(ingredient, dispenser, room + usize::from(soups > 0)));
            goals
        }
    }
}

/// The first action on the shortest way to face one of some cells, and to use it; none if there is no way.
fn towards(kitchen: &Kitchen, seen: &Seen, goal: &[Place]) -> Option<Action> {
    let faced = kitchen.next(seen.own.place, seen.own.facing);
    if goal.contains(&faced) {
        return Some(Action::Interact);
    }
    let is_taken = |place: &Place| seen.others.iter().any(|other| other.place == *place);
    // Ways around the others first; behind them if there is no other.
    [true, false].into_iter().find_map(|around| {
        let free = |place: &Place| kitchen.tile(*place) == Tile::Floor && !(around && is_taken(place));
        let mut queue = vec![(seen.own.place, None)];
        let mut at = 0;
        while let Some((place, first)) = queue.get(at).copied() {
            at += 1;
            for facing in Facing::ALL {
                let next = kitchen.next(place, facing);
                let first = first.or(Some(facing));
                if goal.contains(&next) {
                    return first.map(Action::towards);
                }
                if free(&next) && !queue.iter().any(|(known, _)| *known == next) {
                    queue.push((next, first));
                }
            }
        }
        None
    })
}
