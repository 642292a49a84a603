//! Keeps the page's address at the moment that is shown, as a pure state machine.

use crate::position::ReplayPosition;
use footlights_protocol::MonotonicMs;

/// The shortest time between two writes of the address, ms: browsers refuse more than a few a second.
const MIN_WRITE_MS: f64 = 400.0;

/// The end of the page's address, which both the page and its reader may change.
#[derive(Debug, Default)]
pub struct ReplayAddress {
    /// The address as the page read it last; one without an end stands for the start.
    known: Option<ReplayPosition>,
    /// When the page last had to write it, ms.
    written: Option<MonotonicMs>,
}

/// What the page must do about the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressUpdate {
    /// Nothing: it names what is shown.
    None,
    /// Call again with the next picture.
    Later,
    /// Write it, and call [`ReplayAddress::follow`] with what it says then.
    Now,
}

impl ReplayAddress {
    /// The page has read the address and shows this moment.
    pub fn follow(&mut self, here: ReplayPosition) {
        self.known = Some(here);
    }

    /// Lets the address name the moment that is `shown` at `now` (ms). `here` is what the address says: if the page does not
    /// know that yet, the reader wants to go there, and the browser is about to report it.
    pub fn keep(
        &mut self,
        here: Option<ReplayPosition>,
        shown: ReplayPosition,
        now: MonotonicMs,
    ) -> AddressUpdate {
        if here.is_some() && here != self.known {
            return AddressUpdate::Later;
        }
        if self.known.unwrap_or_default() == shown {
            return AddressUpdate::None;
        }
        if self.written.is_some_and(|written| now - written < MIN_WRITE_MS) {
            return AddressUpdate::Later;
        }
        self.written = Some(now);
        AddressUpdate::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: ReplayPosition = ReplayPosition { episode: 0, step: 0 };
    const A: ReplayPosition = ReplayPosition { episode: 0, step: 2 };
    const B: ReplayPosition = ReplayPosition { episode: 1, step: 20 };

    /// The page shows something, and the browser writes what it is told to.
    fn write(
        address: &mut ReplayAddress,
        here: Option<ReplayPosition>,
        shown: ReplayPosition,
        now: MonotonicMs,
    ) -> AddressUpdate {
        let due = address.keep(here, shown, now);
        if due == AddressUpdate::Now {
            address.follow(shown);
        }
        due
    }

    #[test]
    fn the_start_needs_no_address_until_another_moment_was_shown() {
        let mut address = ReplayAddress::default();
        assert_eq!(write(&mut address, None, START, MonotonicMs(0.0)), AddressUpdate::None);
        assert_eq!(write(&mut address, None, A, MonotonicMs(16.0)), AddressUpdate::Now);
        assert_eq!(write(&mut address, Some(A), START, MonotonicMs(500.0)), AddressUpdate::Now);
    }

    #[test]
    fn an_address_is_written_at_most_every_400_ms() {
        let mut address = ReplayAddress::default();
        assert_eq!(write(&mut address, None, A, MonotonicMs(100.0)), AddressUpdate::Now);
        assert_eq!(write(&mut address, Some(A), A, MonotonicMs(116.0)), AddressUpdate::None);
        assert_eq!(write(&mut address, Some(A), B, MonotonicMs(499.0)), AddressUpdate::Later);
        assert_eq!(write(&mut address, Some(A), B, MonotonicMs(500.0)), AddressUpdate::Now);
    }

    #[test]
    fn what_the_browser_did_not_write_is_tried_again() {
        let mut address = ReplayAddress::default();
        assert_eq!(write(&mut address, None, A, MonotonicMs(0.0)), AddressUpdate::Now);
        assert_eq!(address.keep(Some(A), B, MonotonicMs(1_000.0)), AddressUpdate::Now);
        assert_eq!(address.keep(Some(A), B, MonotonicMs(1_016.0)), AddressUpdate::Later);
        assert_eq!(address.keep(Some(A), B, MonotonicMs(1_400.0)), AddressUpdate::Now);
    }

    #[test]
    fn an_address_that_the_reader_wrote_is_left_until_it_is_followed() {
        // Whether the page has written one before, will write one now, or could write one.
        for (first, now) in [(None, 0.0), (Some(START), 10.0), (Some(A), 10.0), (Some(A), 900.0)] {
            let mut address = ReplayAddress::default();
            if let Some(first) = first {
                write(&mut address, None, first, MonotonicMs(0.0));
            }
            let shown = ReplayPosition { episode: 0, step: 4 };
            for wish in [START, B] {
                assert_eq!(
                    address.keep(Some(wish), shown, MonotonicMs(now)),
                    AddressUpdate::Later,
                    "{first:?}, {wish:?} at {now} ms"
                );
            }
            address.follow(B);
            assert_eq!(address.keep(Some(B), B, MonotonicMs(now)), AddressUpdate::None);
            assert_eq!(address.keep(Some(B), A, MonotonicMs(now + MIN_WRITE_MS)), AddressUpdate::Now);
        }
    }

    #[test]
    fn an_address_that_leads_beyond_the_game_is_corrected() {
        let mut address = ReplayAddress::default();
        address.follow(ReplayPosition { episode: 9, step: 9_999 });
        assert_eq!(
            address.keep(Some(ReplayPosition { episode: 9, step: 9_999 }), B, MonotonicMs(0.0)),
            AddressUpdate::Now
        );
    }
}
