//! Where on Earth somebody is.

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
    /// `None` if there is no such point.
    pub fn new(latitude: f32, longitude: f32) -> Option<Self> {
        let on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        on_earth.then_some(Self { latitude, longitude })
    }
}
