//! The difference between a game on the room's clock and a single-player game on the browser's.
//!
//! With other participants the room's clock is the game's: keys are stamped, sent at once and predicted. A single-player
//! game has no other participant to predict: it runs by the browser's clock and uploads how far it is. Only this module
//! knows which of the two a game is.

use footlights_protocol::{
    KeySet, MonotonicMs, Tick,
    timeline::Timeline,
    wire::{ClientToRoom, KeyChange, SimulationSetup},
};

use super::{pacer::Pacer, predictor::Predictor};

/// Changes of keys in one message, which must be short.
const MAX_CHANGES: usize = 20;
/// How often a single-player game is uploaded, ms.
const UPLOAD_MS: f64 = 250.0;

/// Whose clock a game follows.
#[derive(Debug, Clone)]
pub enum Pacing {
    /// The room's: others play too.
    Room,
    /// The browser's: a single-player game.
    Client(Uploader),
}

/// What the room knows of a single-player game.
#[derive(Debug, Clone)]
pub struct Uploader {
    /// The last tick that was uploaded.
    through: Tick,
    /// When the next upload is due; infinite before the first.
    due_at: MonotonicMs,
    /// Whether the room ever knew of this browser.
    is_known: bool,
}

impl Uploader {
    /// Whether there is something that the room ought to know soon: keys, the end of an episode, or that it must say what a
    /// policy did, which is guessed here.
    fn has_news(&self, predictor: &Predictor) -> bool {
        let present = predictor.present().tick();
        let is_behind = self.through < present;
        (is_behind && (predictor.has_unknown_policies() || predictor.is_ended()))
            || predictor.own().has_pending_upload(present)
    }

    /// How far the game is, with the keys that the room does not know yet. Nothing before the first tick.
    fn messages(&mut self, predictor: &mut Predictor) -> Vec<ClientToRoom> {
        let last = predictor.present().tick();
        if last == Tick::ZERO {
            return Vec::new();
        }
        self.through = last;
        let state = predictor.present_digest();
        let changes: Vec<KeyChange> = predictor.own_mut().take_uploads(last);
        let mut messages: Vec<ClientToRoom> = Vec::new();
        for some in changes.chunks(MAX_CHANGES) {
            // The next message may have more changes of the tick that the last one is about.
            let until = some.last().map_or(Tick::ZERO, |change| change.tick - 1);
            messages.push(ClientToRoom::Advanced { until, changes: some.to_vec(), digest: None });
        }
        match messages.last_mut() {
            Some(ClientToRoom::Advanced { until, digest, .. }) => (*until, *digest) = (last, state),
            _ => messages.push(ClientToRoom::Advanced { until: last, changes, digest: state }),
        }
        messages
    }
}

impl Pacing {
    /// The pacing that a room asks for.
    pub fn new(setup: &SimulationSetup) -> Self {
        if setup.single_player {
            Self::Client(Uploader { through: Tick::ZERO, due_at: MonotonicMs::NEVER, is_known: false })
        } else {
            Self::Room
        }
    }

    /// When a countdown of `remaining_ms` matters: a single-player game begins when the room says that it runs.
    pub fn begins_in(&self, remaining_ms: f64) -> Option<f64> {
        match self {
            Self::Room => Some(remaining_ms),
            Self::Client(_) => None,
        }
    }

    /// Moves the present on. `passed_ms` is how long it was since the last call.
    pub fn follow(&self, pacer: &mut Pacer, passed_ms: f64, confirmed: Tick, now: MonotonicMs) {
        match self {
            Self::Room => pacer.follow_room_clock(passed_ms, confirmed, now),
            Self::Client(_) => pacer.follow_own_clock(passed_ms, confirmed),
        }
    }

    /// Where the present ought to be by the room's clock; `None` where it does not count.
    pub fn target(&self, pacer: &Pacer, now: MonotonicMs) -> Option<f64> {
        match self {
            Self::Room => pacer.target(now),
            Self::Client(_) => None,
        }
    }

    /// The state that is certain, for the panel.
    pub fn certain<'a>(&self, predictor: &'a Predictor) -> &'a Timeline {
        match self {
            Self::Room => predictor.confirmed(),
            Self::Client(_) => predictor.present(),
        }
    }

    /// Whether the game needs nothing from the room for its next ticks.
    pub fn runs_offline(&self) -> bool {
        matches!(self, Self::Client(_))
    }

    /// A snapshot took the confirmed state to `tick`. The room of a single-player game has seen the keys up to it; another
    /// room may get them late.
    pub fn on_snapshot(&self, predictor: &mut Predictor, tick: Tick) {
        if let Self::Client(_) = self {
            predictor.own_mut().forget_through(tick);
        }
    }

    /// The first state of a connection arrived: the room has forgotten which keys are held, and the changes that it did not
    /// confirm. Returns whether it must be told which are held.
    pub fn on_synced(&mut self, predictor: &mut Predictor) -> bool {
        match self {
            Self::Room => {
                predictor.own_mut().clear();
                predictor.invalidate();
                true
            }
            Self::Client(uploader) => {
                uploader.through = predictor.confirmed().tick();
                predictor.own_mut().upload_again();
                !std::mem::replace(&mut uploader.is_known, true)
            }
        }
    }

    /// The message about a change of keys; `None` where it is part of an upload.
    pub fn message(&self, tick: Tick, held: KeySet, time: MonotonicMs) -> Option<ClientToRoom> {
        match self {
            Self::Room => Some(ClientToRoom::StampedKeys { tick, held, time }),
            Self::Client(_) => None,
        }
    }

    /// When to upload; infinite where nothing is.
    pub fn upload_at(&self) -> MonotonicMs {
        match self {
            Self::Room => MonotonicMs::NEVER,
            Self::Client(uploader) => uploader.due_at,
        }
    }

    /// Whether an upload is due and has something new. If it is due, the next one is later either way.
    pub fn is_upload_due(&mut self, predictor: &Predictor, now: MonotonicMs) -> bool {
        match self {
            Self::Client(uploader) if now >= uploader.due_at => {
                uploader.due_at = now + UPLOAD_MS;
                uploader.has_news(predictor)
            }
            _ => false,
        }
    }

    /// How far the present is, as messages to the room; none where the room knows by itself.
    pub fn upload(&mut self, predictor: &mut Predictor, now: MonotonicMs) -> Vec<ClientToRoom> {
        match self {
            Self::Room => Vec::new(),
            Self::Client(uploader) => {
                uploader.due_at = now + UPLOAD_MS;
                uploader.messages(predictor)
            }
        }
    }
}
