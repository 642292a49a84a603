//! The two ways in which a seat sees its game. They are chosen by the room's welcome; everything above this module treats
//! them alike.

use footlights_env::{Agent, EnvError, Viewport, surface::Item};
use footlights_protocol::{
    Hud, KeySet, Tick,
    wire::{ClientToRoom, ConfirmedTick, Frame, Phase, Welcome},
};

use super::{
    restore::{MAX_RESTORED_TICKS, pack_ticks},
    streamed::{OutOfSync, Streamed},
};
use crate::netcode::{
    outbox::{Outbox, send},
    page::PlayOutput,
    rollback::{Consistency, LocalEngine, Rollback},
};

/// More reports than this do not tell how the last ticks of a game were shown.
const MAX_FINAL_REPORTS: usize = 8;

/// How a seat sees its game.
#[derive(Debug, Clone)]
pub enum View {
    /// The room simulates and streams pictures.
    Streamed(Box<Streamed>),
    /// This browser simulates as well, ahead of the room.
    Simulated(Box<Rollback>),
}

/// Why this browser cannot show the game that a welcome describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WelcomeError {
    /// It does not know how to make the game. The handshake compared fingerprints, so this happens only while a new
    /// version is deployed; a new connection finds another server.
    OutOfSync,
    /// Its page simulates the game differently from the room, for this reason: it must be reloaded.
    OutOfDate(String),
}

impl From<EnvError> for WelcomeError {
    fn from(error: EnvError) -> Self {
        match error {
            EnvError::Fingerprint { .. } => Self::OutOfDate(error.to_string()),
            _ => Self::OutOfSync,
        }
    }
}

/// A change of keys, once a view has taken it.
#[derive(Debug, Clone, PartialEq)]
pub struct SentKeys {
    /// The mark under which [`View::shown_keys`] reports it.
    pub mark: u32,
    /// What the room must know now, if anything.
    pub message: Option<ClientToRoom>,
}

impl View {
    /// The view that `welcome` asks for.
    ///
    /// # Errors
    /// This browser cannot simulate the game, or simulates it differently.
    pub fn new(welcome: &Welcome, engine: Option<LocalEngine>) -> Result<Self, WelcomeError> {
        let Some(setup) = welcome.simulated.clone() else {
            return Ok(Self::Streamed(Box::new(Streamed::new(welcome))));
        };
        let engine = engine.ok_or(WelcomeError::OutOfSync)?;
        let rollback = Rollback::new(welcome.agent, welcome.fps, setup, engine)?;
        Ok(Self::Simulated(Box::new(rollback)))
    }

    /// The handshake of a new connection. The view goes on from where it is if it is of the kind that the room asks for.
    ///
    /// # Errors
    /// As [`View::new`].
    pub fn on_welcome(&mut self, welcome: &Welcome, engine: Option<LocalEngine>) -> Result<(), WelcomeError> {
        match (&mut *self, &welcome.simulated) {
            (Self::Streamed(streamed), None) => streamed.on_welcome(welcome),
            (Self::Simulated(_), Some(_)) => {}
            _ => *self = Self::new(welcome, engine)?,
        }
        Ok(())
    }

    /// One streamed tick. Returns the acknowledged sequence number; `None` where the browser simulates.
    ///
    /// # Errors
    /// As [`Streamed::on_frame`].
    pub fn on_frame(
        &mut self,
        frame: Frame,
        is_synced: bool,
        now: f64,
        out: &mut Outbox,
    ) -> Result<Option<u32>, OutOfSync> {
        match self {
            Self::Streamed(streamed) => streamed.on_frame(frame, is_synced, now, out).map(Some),
            Self::Simulated(_) => Ok(None),
        }
    }

    /// The room's state after `tick`. A restarted room may be behind what it confirmed here before: then it gets those
    /// ticks back, and the state is used only if it is `mandatory` or there are too many. Returns whether the state was
    /// meant for this view.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn on_snapshot(
        &mut self,
        tick: Tick,
        timeline: &[u8],
        policy_states: impl IntoIterator<Item = (Agent, Vec<u8>)>,
        mandatory: bool,
        out: &mut Outbox,
    ) -> Result<bool, OutOfSync> {
        let Self::Simulated(rollback) = self else { return Ok(false) };
        let forgotten = rollback.confirmed_after(tick);
        match forgotten.filter(|ticks| !mandatory && ticks.len() <= MAX_RESTORED_TICKS) {
            Some(forgotten) => out.extend(pack_ticks(forgotten).into_iter().map(PlayOutput::Send)),
            None => rollback.load(timeline, policy_states).map_err(|_| OutOfSync)?,
        }
        Ok(true)
    }

    /// The room's decision for one tick. An inconsistent state here is reported to the room, which answers with a snapshot.
    pub fn on_confirmed(&mut self, confirmed: ConfirmedTick, now: f64, out: &mut Outbox) {
        let Self::Simulated(rollback) = self else { return };
        let tick = confirmed.tick;
        let digest = match rollback.confirm(confirmed, now) {
            Consistency::Consistent => return,
            Consistency::Differs(digest) => digest,
            Consistency::Broken => 0,
        };
        send(out, &ClientToRoom::Desync { tick, digest });
    }

    /// All ticks up to this one are stored.
    pub fn on_persisted(&mut self, tick: Tick) {
        if let Self::Streamed(streamed) = self {
            streamed.on_persisted(tick);
        }
    }

    /// The room is in this phase for another `remaining_ms`.
    pub fn on_phase(&mut self, phase: Phase, remaining_ms: f64, now: f64) {
        if let Self::Simulated(rollback) = self {
            rollback.on_phase(phase, remaining_ms, now);
        }
    }

    /// The round trip to plan for, ms.
    pub fn on_trip(&mut self, ms: f64) {
        if let Self::Simulated(rollback) = self {
            rollback.on_trip(ms);
        }
    }

    /// The first picture or state of a connection arrived. Returns whether the room must be told which keys are held.
    pub fn on_synced(&mut self) -> bool {
        match self {
            Self::Streamed(_) => true,
            Self::Simulated(rollback) => rollback.on_synced(),
        }
    }

    /// Whether a change of keys counts now, though the room of this connection may not be synchronised yet.
    pub fn takes_keys(&self, is_synced: bool) -> bool {
        match self {
            Self::Streamed(_) => is_synced,
            Self::Simulated(rollback) => rollback.takes_keys(is_synced),
        }
    }

    /// These keys are held since `at`; `seq` is the number of the message, if there is one.
    pub fn hold(&mut self, held: KeySet, seq: u32, at: f64) -> SentKeys {
        match self {
            Self::Streamed(_) => {
                SentKeys { mark: seq, message: Some(ClientToRoom::Keys { seq, held, time: at }) }
            }
            Self::Simulated(rollback) => {
                let (first, message) = rollback.hold(held, at);
                SentKeys { mark: first.0, message }
            }
        }
    }

    /// Queues the report that goes with a sign of life.
    pub fn report(&mut self, out: &mut Outbox) {
        if let Self::Simulated(rollback) = self
            && let Some(report) = rollback.poll_report()
        {
            send(out, &ClientToRoom::RenderReport(report));
        }
    }

    /// Queues reports about all ticks up to the end of the game: the room waits for them before it saves.
    pub fn report_end(&mut self, out: &mut Outbox) {
        let Self::Simulated(rollback) = self else { return };
        let end = rollback.confirmed().tick();
        for _ in 0..MAX_FINAL_REPORTS {
            let report = rollback.report();
            let until = report.until;
            send(out, &ClientToRoom::RenderReport(report));
            if until >= end {
                break;
            }
        }
    }

    /// Queues how far the game is, where this browser's clock is the game's.
    pub fn upload(&mut self, now: f64, out: &mut Outbox) {
        if let Self::Simulated(rollback) = self {
            rollback.upload(now).iter().for_each(|message| send(out, message));
        }
    }

    /// The same, if it is due and there is something new.
    pub fn upload_if_due(&mut self, is_synced: bool, now: f64, out: &mut Outbox) {
        if let Self::Simulated(rollback) = self
            && rollback.is_upload_due(now)
            && is_synced
        {
            self.upload(now, out);
        }
    }

    /// When to call [`View::upload_if_due`] at the latest.
    pub fn upload_at(&self) -> f64 {
        self.rollback().map_or(f64::INFINITY, Rollback::upload_at)
    }

    /// Starts a game that is due to start in this browser.
    pub fn poll(&mut self, now: f64) {
        if let Self::Simulated(rollback) = self
            && now >= rollback.begins_at()
        {
            rollback.advance(now);
        }
    }

    /// When to call [`View::poll`] at the latest.
    pub fn wake_at(&self) -> f64 {
        self.rollback().map_or(f64::INFINITY, Rollback::begins_at)
    }

    /// The picture to paint at `now`, in painting order; `None` if the last one still holds.
    pub fn picture(&mut self, now: f64) -> Option<Vec<Item>> {
        match self {
            Self::Streamed(streamed) => streamed.playback_mut().picture(now),
            Self::Simulated(rollback) => rollback.picture(now),
        }
    }

    /// The last mark whose change of keys is in the last picture; `None` where acknowledgements say it.
    pub fn shown_keys(&self) -> Option<u32> {
        self.rollback().map(|rollback| rollback.shown().0)
    }

    /// The next picture must be painted even if nothing changed.
    pub fn repaint(&mut self) {
        match self {
            Self::Streamed(streamed) => streamed.playback_mut().repaint(),
            Self::Simulated(rollback) => rollback.repaint(),
        }
    }

    /// The viewport of the pictures.
    pub fn viewport(&self) -> Viewport {
        match self {
            Self::Streamed(streamed) => streamed.viewport(),
            Self::Simulated(rollback) => rollback.viewport(),
        }
    }

    /// The panel, if it may have changed since the last call.
    pub fn take_hud(&mut self) -> Option<Hud> {
        match self {
            Self::Streamed(streamed) => streamed.take_hud(),
            Self::Simulated(rollback) => rollback.take_hud(),
        }
    }

    /// The newest tick that the room decided; `None` before the first.
    pub fn tick(&self) -> Option<Tick> {
        match self {
            Self::Streamed(streamed) => streamed.playback().tick(),
            Self::Simulated(rollback) => Some(rollback.confirmed().tick()),
        }
    }

    /// Whether the game runs here though the room still counts down.
    pub fn has_begun(&self) -> bool {
        self.rollback().is_some_and(Rollback::has_begun)
    }

    /// Whether the game goes on here even if nothing arrives from the room.
    pub fn runs_offline(&self) -> bool {
        self.rollback().is_some_and(Rollback::runs_offline)
    }

    /// The simulation, where this browser simulates.
    pub fn rollback(&self) -> Option<&Rollback> {
        match self {
            Self::Streamed(_) => None,
            Self::Simulated(rollback) => Some(rollback),
        }
    }
}
