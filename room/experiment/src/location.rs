//! Where on Earth a participant is, as far as Cloudflare can estimate it.

use serde::{Deserialize, Serialize};

/// A point on Earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// North is positive.
    pub latitude: f32,
    /// East is positive.
    pub longitude: f32,
}

impl Location {
    /// A point on Earth; `None` if a coordinate is out of range.
    ///
    /// ```
    /// use footlights_experiment::Location;
    ///
    /// assert!(Location::new(52.4, 13.1).is_some());
    /// assert!(Location::new(91.0, 0.0).is_none());
    /// ```
    #[must_use]
    pub fn new(latitude: f32, longitude: f32) -> Option<Self> {
        let on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        on_earth.then_some(Self { latitude, longitude })
    }
}
