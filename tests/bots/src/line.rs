//! One socket that is wanted: when to open it again after it was lost.

/// Pauses before the attempts after a loss, ms; the last one repeats.
const PAUSES_MS: [f64; 4] = [300.0, 600.0, 1_200.0, 3_000.0];

/// A socket at one address.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub path: String,
    state: State,
    losses: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Wanted { at: f64 },
    Opening,
    Open,
}

impl Line {
    /// Wants to be open from `now` on.
    pub fn new(path: String, now: f64) -> Self {
        Self { path, state: State::Wanted { at: now }, losses: 0 }
    }

    /// Whether to open the socket now.
    pub fn due(&mut self, now: f64) -> bool {
        let due = matches!(self.state, State::Wanted { at } if now >= at);
        if due {
            self.state = State::Opening;
        }
        due
    }

    pub fn opened(&mut self) {
        self.state = State::Open;
    }

    /// The other side speaks: the next loss is the first again.
    pub fn works(&mut self) {
        self.losses = 0;
    }

    pub fn lost(&mut self, now: f64) {
        let pause = PAUSES_MS.get(self.losses).or(PAUSES_MS.last()).copied().unwrap_or_default();
        self.state = State::Wanted { at: now + pause };
        self.losses += 1;
    }

    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// How often in a row it was lost.
    pub fn losses(&self) -> usize {
        self.losses
    }

    /// When to ask [`Line::due`] again.
    pub fn wake_at(&self) -> f64 {
        match self.state {
            State::Wanted { at } => at,
            _ => f64::INFINITY,
        }
    }
}
