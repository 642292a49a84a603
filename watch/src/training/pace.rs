//! How much work is done before others have a turn.

/// What a slice may cost at first, at least and at most, as a number of multiplications. A slice is at least one round, whatever
/// that costs.
const FIRST: u64 = 5_000_000;
const LEAST: u64 = 100_000;
const MOST: u64 = 2_000_000_000;
/// Milliseconds above which the next slice is shorter, and below which it is longer.
const MS: (u64, u64) = (25, 12);

/// The length of slices of work: it follows the time that they take.
#[derive(Debug)]
pub struct Pace {
    slice: u64,
    /// Whether the last slice was used up.
    used_up: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { slice: FIRST, used_up: false }
    }
}

impl Pace {
    /// A turn begins; `took` are the milliseconds since the turn before, if that worked. Returns what it may cost.
    pub fn begin(&mut self, took: Option<u64>) -> u64 {
        // What took a while says something only of a slice that was used up.
        match took.filter(|_| std::mem::take(&mut self.used_up)) {
            Some(took) if took > MS.0 => self.slice = (self.slice / 2).max(LEAST),
            Some(took) if took < MS.1 => self.slice = (self.slice + self.slice / 4).min(MOST),
            _ => {}
        }
        self.slice
    }

    /// The turn cost all that it might.
    pub fn use_up(&mut self) {
        self.used_up = true;
    }
}
