//! The trait that each way to show a game implements. Callers ask the view, and never which way it is.

use footlights_env::{Agent, Viewport, surface::Item};
use footlights_protocol::{
    Hud, KeySet, MonotonicMs, Tick,
    wire::{ClientToRoom, ConfirmedTick, Frame, Phase, Welcome},
};
use serde_bytes::ByteBuf;

use crate::netcode::{outbox::Outbox, rollback::Rollback};

/// The connection and the client disagree about the game; only a new connection helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfSync;

/// A change of keys, once a view has taken it.
#[derive(Debug, Clone, PartialEq)]
pub struct SentKeys {
    /// The mark under which [`View::shown_keys`] reports it.
    pub mark: u32,
    /// What the room must know now, if anything.
    pub message: Option<ClientToRoom>,
}

/// How a seat sees its game. A default is the answer of a view that the question does not concern.
///
/// It is not `Debug`: the texts for that would add six kilobytes to what every page loads.
pub trait View {
    /// The handshake of a new connection. The view goes on from where it is. False if the room asks for another kind of
    /// view.
    fn on_welcome(&mut self, welcome: &Welcome) -> bool;

    /// One streamed tick. `is_synced` is false for the first frame of a connection. Returns the acknowledged sequence
    /// number; `None` if the frame was not meant for this view.
    ///
    /// # Errors
    /// The change does not fit the last picture.
    fn on_frame(
        &mut self,
        _frame: Frame,
        _is_synced: bool,
        _now: MonotonicMs,
        _out: &mut Outbox,
    ) -> Result<Option<u32>, OutOfSync> {
        Ok(None)
    }

    /// The room's state after `tick`, which must be taken over if it is `mandatory`. Returns whether the state was meant
    /// for this view.
    ///
    /// # Errors
    /// The state cannot be read.
    fn on_snapshot(
        &mut self,
        _tick: Tick,
        _timeline: &[u8],
        _policy_states: Vec<(Agent, ByteBuf)>,
        _mandatory: bool,
        _out: &mut Outbox,
    ) -> Result<bool, OutOfSync> {
        Ok(false)
    }

    /// The room's decision for one tick.
    fn on_confirmed(&mut self, _confirmed: ConfirmedTick, _now: MonotonicMs, _out: &mut Outbox) {}

    /// All ticks up to this one are stored.
    fn on_persisted(&mut self, _tick: Tick) {}

    /// The room is in this phase for another `remaining_ms`.
    fn on_phase(&mut self, _phase: Phase, _remaining_ms: f64, _now: MonotonicMs) {}

    /// The round trip to plan for, ms.
    fn on_trip(&mut self, _ms: f64) {}

    /// The first picture or state of a connection arrived. Returns whether the room must be told which keys are held.
    fn on_synced(&mut self) -> bool {
        true
    }

    /// Whether a change of keys counts now, though the room of this connection may not be synchronised yet.
    fn takes_keys(&self, is_synced: bool) -> bool {
        is_synced
    }

    /// These keys are held since `at`; `seq` is the number of the message, if there is one.
    fn hold(&mut self, held: KeySet, seq: u32, at: MonotonicMs) -> SentKeys;

    /// Queues the report that goes with a sign of life.
    fn report(&mut self, _out: &mut Outbox) {}

    /// Queues reports about all ticks up to the end of the game: the room waits for them before it saves.
    fn report_end(&mut self, _out: &mut Outbox) {}

    /// Queues how far the game is, where this browser's clock is the game's.
    fn upload(&mut self, _now: MonotonicMs, _out: &mut Outbox) {}

    /// The same, if it is due and there is something new.
    fn upload_if_due(&mut self, _is_synced: bool, _now: MonotonicMs, _out: &mut Outbox) {}

    /// When to call [`View::upload_if_due`] at the latest.
    fn upload_at(&self) -> MonotonicMs {
        MonotonicMs::NEVER
    }

    /// Starts a game that is due to start in this browser.
    fn poll(&mut self, _now: MonotonicMs) {}

    /// When to call [`View::poll`] at the latest.
    fn wake_at(&self) -> MonotonicMs {
        MonotonicMs::NEVER
    }

    /// The picture to paint at `now`, in painting order; `None` if the last one still holds.
    fn picture(&mut self, now: MonotonicMs) -> Option<Vec<Item>>;

    /// The last mark whose change of keys is in the last picture; `None` where acknowledgements say it.
    fn shown_keys(&self) -> Option<u32> {
        None
    }

    /// The next picture must be painted even if nothing changed.
    fn repaint(&mut self);

    /// The viewport of the pictures.
    fn viewport(&self) -> Viewport;

    /// The panel, if it may have changed since the last call.
    fn take_hud(&mut self) -> Option<Hud>;

    /// The newest tick that the room decided; `None` before the first.
    fn tick(&self) -> Option<Tick>;

    /// Whether the game runs here though the room still counts down.
    fn has_begun(&self) -> bool {
        false
    }

    /// Whether the game goes on here even if nothing arrives from the room.
    fn runs_offline(&self) -> bool {
        false
    }

    /// What support may want to know of how the game runs here, by name.
    fn figures(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }

    /// The simulation, for tests that compare its states with the room's; `None` where there is none.
    fn rollback(&self) -> Option<&Rollback> {
        None
    }
}
