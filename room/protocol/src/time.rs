//! The two kinds of time, which must not be compared with each other.
//!
//! Lengths of time are plain numbers of milliseconds: `u64` beside [`EpochMs`], `f64` beside [`MonotonicMs`].

use std::{
    fmt,
    ops::{Add, AddAssign, Sub},
};

use serde::{Deserialize, Serialize};

/// A point in time on a server's clock: milliseconds since 1970-01-01T00:00:00Z, as `Date.now()` returns them.
///
/// Rooms, lobbies and data use it. Sums and differences saturate at the ends of the range.
///
/// ```
/// use footlights_protocol::EpochMs;
///
/// let opened = EpochMs(1_700_000_000_000);
/// assert_eq!((opened + 250) - opened, 250);
/// assert_eq!(opened - (opened + 250), 0);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochMs(pub u64);

impl Add<u64> for EpochMs {
    type Output = Self;

    fn add(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl AddAssign<u64> for EpochMs {
    fn add_assign(&mut self, ms: u64) {
        *self = *self + ms;
    }
}

impl Sub<u64> for EpochMs {
    type Output = Self;

    fn sub(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

impl Sub for EpochMs {
    type Output = u64;

    /// The milliseconds between them; 0 where `earlier` is the later one.
    fn sub(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for EpochMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A point in time on one browser's monotonic clock: milliseconds since the page was opened, as `performance.now()`
/// returns them. It says nothing about any other clock.
///
/// ```
/// use footlights_protocol::MonotonicMs;
///
/// let pressed = MonotonicMs(1_250.5);
/// assert_eq!(pressed + 16.5, MonotonicMs(1_267.0));
/// assert_eq!(pressed - MonotonicMs(1_000.0), 250.5);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MonotonicMs(pub f64);

impl MonotonicMs {
    /// Later than every point in time.
    pub const NEVER: Self = Self(f64::INFINITY);

    /// Whether it is a point in time: neither [`MonotonicMs::NEVER`] nor NaN.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    /// The later of the two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// The earlier of the two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
}

impl Add<f64> for MonotonicMs {
    type Output = Self;

    fn add(self, ms: f64) -> Self {
        Self(self.0 + ms)
    }
}

impl AddAssign<f64> for MonotonicMs {
    fn add_assign(&mut self, ms: f64) {
        self.0 += ms;
    }
}

impl Sub<f64> for MonotonicMs {
    type Output = Self;

    fn sub(self, ms: f64) -> Self {
        Self(self.0 - ms)
    }
}

impl Sub for MonotonicMs {
    type Output = f64;

    /// The milliseconds between them; negative where `earlier` is the later one.
    fn sub(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for MonotonicMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
