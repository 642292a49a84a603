//! A moment of a game, and how an address names it.

/// A moment of a game.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// As in the data, from 0.
    pub episode: u32,
    /// Steps since the reset; 0 is the state before the first.
    pub step: u32,
}

impl Place {
    /// From the end of an address, such as `#e1s120`.
    pub fn parse(hash: &str) -> Option<Self> {
        let (episode, step) = hash.strip_prefix('#').unwrap_or(hash).strip_prefix('e')?.split_once('s')?;
        Some(Self { episode: episode.parse().ok()?, step: step.parse().ok()? })
    }

    /// The end of an address that leads here.
    pub fn hash(self) -> String {
        format!("#e{}s{}", self.episode, self.step)
    }
}

/// The address is written this often at most, ms: browsers refuse more than a few a second.
const ADDRESS_MS: f64 = 400.0;

/// What the end of the page's address says, which both the page and whoever watches may change.
#[derive(Debug, Default)]
pub struct Address {
    /// As the page read it last; an address without an end stands for the start.
    said: Option<Place>,
    /// When the page was to write it last, ms.
    written: Option<f64>,
}

/// What there is to do about the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It names what is shown.
    Nothing,
    /// Ask again with the next picture.
    Later,
    /// Write it, and [`Address::follow`] what it says then.
    Now,
}

impl Address {
    /// The address says this, and the page does it or is there already.
    pub fn follow(&mut self, here: Place) {
        self.said = Some(here);
    }

    /// Lets the address name what is shown at `now` (ms). `here` is what it says at this moment: if that is not what the page
    /// knows, somebody wishes to go there, and the browser is about to tell.
    pub fn keep(&mut self, here: Option<Place>, shown: Place, now: f64) -> Due {
        if here.is_some() && here != self.said {
            return Due::Later;
        }
        if self.said.unwrap_or_default() == shown {
            return Due::Nothing;
        }
        if self.written.is_some_and(|written| now - written < ADDRESS_MS) {
            return Due::Later;
        }
        self.written = Some(now);
        Due::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Place = Place { episode: 0, step: 0 };
    const A: Place = Place { episode: 0, step: 2 };
    const B: Place = Place { episode: 1, step: 20 };

    /// The page shows something, and the browser writes what it is told to.
    fn write(address: &mut Address, here: Option<Place>, shown: Place, now: f64) -> Due {
        let due = address.keep(here, shown, now);
        if due == Due::Now {
            address.follow(shown);
        }
        due
    }

    #[test]
    fn the_start_needs_no_address_until_somebody_was_elsewhere() {
        let mut address = Address::default();
        assert_eq!(write(&mut address, None, START, 0.0), Due::Nothing);
        assert_eq!(write(&mut address, None, A, 16.0), Due::Now);
        assert_eq!(write(&mut address, Some(A), START, 500.0), Due::Now);
    }

    #[test]
    fn an_address_is_written_at_most_every_400_ms() {
        let mut address = Address::default();
        assert_eq!(write(&mut address, None, A, 100.0), Due::Now);
        assert_eq!(write(&mut address, Some(A), A, 116.0), Due::Nothing);
        assert_eq!(write(&mut address, Some(A), B, 499.0), Due::Later);
        assert_eq!(write(&mut address, Some(A), B, 500.0), Due::Now);
    }

    #[test]
    fn what_the_browser_did_not_write_is_tried_again() {
        let mut address = Address::default();
        assert_eq!(write(&mut address, None, A, 0.0), Due::Now);
        assert_eq!(address.keep(Some(A), B, 1_000.0), Due::Now);
        assert_eq!(address.keep(Some(A), B, 1_016.0), Due::Later);
        assert_eq!(address.keep(Some(A), B, 1_400.0), Due::Now);
    }

    #[test]
    fn an_address_somebody_wrote_is_left_until_it_is_followed() {
        // Whether the page has written one before, will write one now, or could write one.
        for (first, now) in [(None, 0.0), (Some(START), 10.0), (Some(A), 10.0), (Some(A), 900.0)] {
            let mut address = Address::default();
            if let Some(first) = first {
                write(&mut address, None, first, 0.0);
            }
            let shown = Place { episode: 0, step: 4 };
            for wish in [START, B] {
                assert_eq!(
                    address.keep(Some(wish), shown, now),
                    Due::Later,
                    "{first:?}, {wish:?} at {now} ms"
                );
            }
            address.follow(B);
            assert_eq!(address.keep(Some(B), B, now), Due::Nothing);
            assert_eq!(address.keep(Some(B), A, now + ADDRESS_MS), Due::Now);
        }
    }

    #[test]
    fn an_address_that_leads_beyond_the_game_is_corrected() {
        let mut address = Address::default();
        address.follow(Place { episode: 9, step: 9_999 });
        assert_eq!(address.keep(Some(Place { episode: 9, step: 9_999 }), B, 0.0), Due::Now);
    }

    #[test]
    fn an_address_leads_to_where_it_was_made() {
        let place = Place { episode: 1, step: 120 };
        assert_eq!(place.hash(), "#e1s120");
        assert_eq!(Place::parse("#e1s120"), Some(place));
        for other in ["", "#", "#e1", "#s1", "#e1s", "#e-1s2", "#e1s2x", "#e1s99999999999"] {
            assert_eq!(Place::parse(other), None, "{other}");
        }
    }
}
