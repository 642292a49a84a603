//! The clock. Only this side reads one; everything below is given the time.

use worker::Date;

/// The time now, epoch ms.
pub fn now() -> u64 {
    Date::now().as_millis()
}
