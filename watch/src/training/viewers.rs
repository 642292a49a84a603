//! Who watches, and what they are sent.

use std::collections::{BTreeMap, VecDeque};

use footlights_protocol::EpochMs;

use super::{
    output::{Output, Viewer},
    told::Told,
};

/// Pictures are not sent to a viewer who says that it has so many messages before it.
const MOST_BEHIND: u64 = 40;
/// How many messages a viewer may send at once and in a second over time.
const BURST: f64 = 40.0;
const A_SECOND: f64 = 20.0;

/// The viewers, and what is to be done for them and for others.
#[derive(Debug, Default)]
pub struct Viewers {
    all: BTreeMap<Viewer, Watching>,
    out: VecDeque<Output>,
}

#[derive(Debug, Default)]
struct Watching {
    allowance: Allowance,
    /// How many messages it was sent, and how many it says to have shown; none as long as it says nothing.
    sent: u64,
    seen: Option<u64>,
    /// Whether pictures are wanted.
    pictures: bool,
}

impl Watching {
    /// Whether the viewer has shown most of what it was sent, as far as one knows.
    fn keeps_up(&self) -> bool {
        self.seen.is_none_or(|seen| self.sent.saturating_sub(seen) < MOST_BEHIND)
    }
}

/// How much somebody may still say: so much at once, and so much in a second over time.
#[derive(Debug, Default)]
pub struct Allowance {
    left: f64,
    heard: EpochMs,
}

/// Whether somebody may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    Speak,
    /// No more, and this is the first time that it is too much.
    NoMore,
    /// Still not.
    Not,
}

impl Allowance {
    pub fn new(burst: f64, now: EpochMs) -> Self {
        Self { left: burst, heard: now }
    }

    /// Somebody says something.
    pub fn speak(&mut self, now: EpochMs, burst: f64, a_second: f64) -> May {
        let seconds = (now - self.heard) as f64 / 1_000.0;
        self.heard = self.heard.max(now);
        self.left = (self.left + seconds * a_second).min(burst);
        if self.left < 1.0 {
            return May::Not;
        }
        self.left -= 1.0;
        if self.left < 1.0 { May::NoMore } else { May::Speak }
    }
}

impl Viewers {
    pub fn count(&self) -> usize {
        self.all.len()
    }

    pub fn add(&mut self, viewer: Viewer, now: EpochMs) {
        let allowance = Allowance::new(BURST, now);
        self.all.insert(viewer, Watching { allowance, ..Watching::default() });
    }

    pub fn remove(&mut self, viewer: Viewer) {
        self.all.remove(&viewer);
    }

    /// Whether a viewer has said little enough lately.
    pub fn may_speak(&mut self, now: EpochMs, viewer: Viewer) -> bool {
        let Some(watching) = self.all.get_mut(&viewer) else { return false };
        let may = watching.allowance.speak(now, BURST, A_SECOND);
        if may == May::NoMore {
            self.refuse(viewer, "Too many messages; what follows is not read for a while.");
        }
        may == May::Speak
    }

    /// A viewer says how many messages it has shown.
    pub fn has_seen(&mut self, viewer: Viewer, messages: u64) {
        if let Some(watching) = self.all.get_mut(&viewer) {
            watching.seen = Some(messages);
        }
    }

    /// A viewer says whether it wants pictures.
    pub fn wants_pictures(&mut self, viewer: Viewer, pictures: bool) {
        if let Some(watching) = self.all.get_mut(&viewer) {
            watching.pictures = pictures;
        }
    }

    /// Whether anybody wants pictures.
    pub fn want_pictures(&self) -> bool {
        self.all.values().any(|watching| watching.pictures)
    }

    pub fn push(&mut self, output: Output) {
        self.out.push_back(output);
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    pub fn send(&mut self, viewer: Viewer, text: String) {
        if let Some(watching) = self.all.get_mut(&viewer) {
            watching.sent += 1;
            self.out.push_back(Output::Send { viewer, text });
        }
    }

    pub fn refuse(&mut self, viewer: Viewer, why: &str) {
        self.send(viewer, Told::Error { message: why }.json());
    }

    pub fn broadcast(&mut self, text: &str) {
        for (viewer, watching) in &mut self.all {
            watching.sent += 1;
            self.out.push_back(Output::Send { viewer: *viewer, text: text.to_owned() });
        }
    }

    /// A step, for those who keep up.
    pub fn show(&mut self, text: &str) {
        for (viewer, watching) in self.all.iter_mut().filter(|(_, watching)| watching.keeps_up()) {
            watching.sent += 1;
            self.out.push_back(Output::Send { viewer: *viewer, text: text.to_owned() });
        }
    }

    /// The picture of a step, for those who want it and keep up.
    pub fn show_picture(&mut self, bytes: &[u8]) {
        let wanting = self.all.iter_mut().filter(|(_, watching)| watching.pictures && watching.keeps_up());
        for (viewer, watching) in wanting {
            watching.sent += 1;
            self.out.push_back(Output::Picture { viewer: *viewer, bytes: bytes.to_vec() });
        }
    }
}
