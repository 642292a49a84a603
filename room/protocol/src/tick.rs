//! The number of a tick.

use std::{
    fmt,
    ops::{Add, AddAssign, Sub},
};

use serde::{Deserialize, Serialize};

/// The number of a tick of a game, counted from the game's first tick and not from an episode's.
///
/// Sums and differences saturate at the ends of the range: a number that a browser sent can cause no overflow.
///
/// ```
/// use footlights_protocol::Tick;
///
/// let tick = Tick(7);
/// assert_eq!(tick + 1, Tick(8));
/// assert_eq!(tick - 9, Tick(0));
/// assert_eq!(Tick(10) - tick, 3);
/// assert_eq!(tick - Tick(10), 0);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u32);

impl Tick {
    /// The state before the first tick.
    pub const ZERO: Self = Self(0);

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        self + 1
    }

    /// All ticks from this one up to `end`, without `end`.
    pub fn until(self, end: Self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        (self.0..end.0).map(Self)
    }

    /// This one, the one after it, and so on without end.
    pub fn onwards(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |tick| Some(tick.next()))
    }
}

impl Add<u32> for Tick {
    type Output = Self;

    fn add(self, ticks: u32) -> Self {
        Self(self.0.saturating_add(ticks))
    }
}

impl AddAssign<u32> for Tick {
    fn add_assign(&mut self, ticks: u32) {
        *self = *self + ticks;
    }
}

impl Sub<u32> for Tick {
    type Output = Self;

    fn sub(self, ticks: u32) -> Self {
        Self(self.0.saturating_sub(ticks))
    }
}

impl Sub for Tick {
    type Output = u32;

    /// How many ticks lie between them; 0 where `earlier` is the later one.
    fn sub(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<Tick> for f64 {
    fn from(tick: Tick) -> Self {
        tick.0.into()
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
