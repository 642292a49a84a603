//! The clock. Only this side reads one; everything below is given the time.

use footlights_protocol::EpochMs;
use worker::Date;

/// The time now.
pub fn now() -> EpochMs {
    EpochMs(Date::now().as_millis())
}
