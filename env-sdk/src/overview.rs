//! What a page that watches an environment shows beside the picture.

use crate::agent::PerAgent;

/// What an onlooker is told of a state beside its picture; see [`Environment::overview`](crate::Environment::overview).
///
/// ```
/// use footlights_env::{Meter, Overview};
///
/// let overview = Overview {
///     positions: [Some((1.5, 2.0))].into_iter().collect(),
///     meters: [vec![Meter::share("energy", "Energy", 80.0, (0.0, 100.0))]].into_iter().collect(),
///     ..Overview::default()
/// };
/// assert_eq!(overview.meters[0][0].told(), 0.8);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overview {
    /// Where each agent is, in world units: what a heat map counts. A whole number is the left or upper side of a cell.
    pub positions: PerAgent<Option<(f32, f32)>>,
    /// How each agent is.
    pub meters: PerAgent<Vec<Meter>>,
    /// What stands in the world and does not move.
    pub places: Vec<Landmark>,
    /// Why the episode ended, in one word; none while it goes on, and where it was only cut.
    pub failure: Option<&'static str>,
}

/// A quantity of an agent that has bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    /// Its name for programs.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its value.
    pub value: f64,
    /// Its lowest and its highest value.
    pub bounds: (f64, f64),
    /// Whether programs are told the value as a share of its range, from 0 to 1, or as it is.
    pub as_share: bool,
}

impl Meter {
    /// A meter that is told as a share of its range.
    #[must_use]
    pub fn share(name: &'static str, title: &'static str, value: f64, bounds: (f64, f64)) -> Self {
        Self { name, title, value, bounds, as_share: true }
    }

    /// A meter that is told as it is.
    #[must_use]
    pub fn plain(name: &'static str, title: &'static str, value: f64, bounds: (f64, f64)) -> Self {
        Self { as_share: false, ..Self::share(name, title, value, bounds) }
    }

    /// The value as a share of its range.
    #[must_use]
    pub fn part(&self) -> f64 {
        let (low, high) = self.bounds;
        if high > low { (self.value - low) / (high - low) } else { 0.0 }
    }

    /// What programs are told.
    #[must_use]
    pub fn told(&self) -> f64 {
        if self.as_share { self.part() } else { self.value }
    }
}

/// A place of the world.
#[derive(Debug, Clone, PartialEq)]
pub struct Landmark {
    /// What it is, for programs.
    pub kind: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// The left side of its cell, in world units.
    pub x: f32,
    /// The upper side of its cell.
    pub y: f32,
}
