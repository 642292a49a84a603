//! The view of a game that this browser simulates as well, ahead of the room.

use footlights_env::{Agent, EnvError, Viewport, surface::Item};
use footlights_protocol::{
    Hud, KeySet, MonotonicMs, Tick,
    wire::{ClientToRoom, ConfirmedTick, Phase, SimulationSetup, Welcome},
};
use serde_bytes::ByteBuf;

use super::{
    restore::{MAX_RESTORED_TICKS, pack_ticks},
    view::{OutOfSync, SentKeys, View},
};
use crate::netcode::{
    outbox::{Outbox, send},
    page::PlayOutput,
    rollback::{Consistency, LocalEngine, Rollback},
};

/// More reports than this do not tell how the last ticks of a game were shown.
const MAX_FINAL_REPORTS: usize = 8;

/// A game that this browser simulates.
#[derive(Debug)]
pub struct Simulated(Rollback);

impl Simulated {
    /// The game that `setup` describes, without a state yet.
    ///
    /// # Errors
    /// As [`Rollback::new`].
    pub fn new(welcome: &Welcome, setup: SimulationSetup, engine: LocalEngine) -> Result<Self, EnvError> {
        Rollback::new(welcome.agent, welcome.fps, setup, engine).map(Self)
    }
}

impl View for Simulated {
    fn on_welcome(&mut self, welcome: &Welcome) -> bool {
        welcome.simulated.is_some()
    }

    /// A restarted room may be behind what it confirmed here before: then it gets those ticks back, and the state is used
    /// only if it is `mandatory` or there are too many.
    fn on_snapshot(
        &mut self,
        tick: Tick,
        timeline: &[u8],
        policy_states: Vec<(Agent, ByteBuf)>,
        mandatory: bool,
        out: &mut Outbox,
    ) -> Result<bool, OutOfSync> {
        let forgotten = self.0.confirmed_after(tick);
        match forgotten.filter(|ticks| !mandatory && ticks.len() <= MAX_RESTORED_TICKS) {
            Some(forgotten) => out.extend(pack_ticks(forgotten).into_iter().map(PlayOutput::Send)),
            None => {
                let states = policy_states.into_iter().map(|(agent, state)| (agent, state.into_vec()));
                self.0.load(timeline, states).map_err(|_| OutOfSync)?;
            }
        }
        Ok(true)
    }

    /// An inconsistent state here is reported to the room, which answers with a snapshot.
    fn on_confirmed(&mut self, confirmed: ConfirmedTick, now: MonotonicMs, out: &mut Outbox) {
        let tick = confirmed.tick;
        let digest = match self.0.confirm(confirmed, now) {
            Consistency::Consistent => return,
            Consistency::Differs(digest) => digest,
            Consistency::Broken => 0,
        };
        send(out, &ClientToRoom::Desync { tick, digest });
    }

    fn on_phase(&mut self, phase: Phase, remaining_ms: f64, now: MonotonicMs) {
        self.0.on_phase(phase, remaining_ms, now);
    }

    fn on_trip(&mut self, ms: f64) {
        self.0.on_trip(ms);
    }

    fn on_synced(&mut self) -> bool {
        self.0.on_synced()
    }

    fn takes_keys(&self, is_synced: bool) -> bool {
        self.0.takes_keys(is_synced)
    }

    fn hold(&mut self, held: KeySet, _seq: u32, at: MonotonicMs) -> SentKeys {
        let (first, message) = self.0.hold(held, at);
        SentKeys { mark: first.0, message }
    }

    fn report(&mut self, out: &mut Outbox) {
        if let Some(report) = self.0.poll_report() {
            send(out, &ClientToRoom::RenderReport(report));
        }
    }

    fn report_end(&mut self, out: &mut Outbox) {
        let end = self.0.confirmed().tick();
        for _ in 0..MAX_FINAL_REPORTS {
            let report = self.0.report();
            let until = report.until;
            send(out, &ClientToRoom::RenderReport(report));
            if until >= end {
                break;
            }
        }
    }

    fn upload(&mut self, now: MonotonicMs, out: &mut Outbox) {
        self.0.upload(now).iter().for_each(|message| send(out, message));
    }

    fn upload_if_due(&mut self, is_synced: bool, now: MonotonicMs, out: &mut Outbox) {
        if self.0.is_upload_due(now) && is_synced {
            self.upload(now, out);
        }
    }

    fn upload_at(&self) -> MonotonicMs {
        self.0.upload_at()
    }

    fn poll(&mut self, now: MonotonicMs) {
        if now >= self.0.begins_at() {
            self.0.advance(now);
        }
    }

    fn wake_at(&self) -> MonotonicMs {
        self.0.begins_at()
    }

    fn picture(&mut self, now: MonotonicMs) -> Option<Vec<Item>> {
        self.0.picture(now)
    }

    fn shown_keys(&self) -> Option<u32> {
        Some(self.0.shown().0)
    }

    fn repaint(&mut self) {
        self.0.repaint();
    }

    fn viewport(&self) -> Viewport {
        self.0.viewport()
    }

    fn take_hud(&mut self) -> Option<Hud> {
        self.0.take_hud()
    }

    fn tick(&self) -> Option<Tick> {
        Some(self.0.confirmed().tick())
    }

    fn has_begun(&self) -> bool {
        self.0.has_begun()
    }

    fn runs_offline(&self) -> bool {
        self.0.runs_offline()
    }

    fn figures(&self) -> Vec<(&'static str, f64)> {
        let (rollbacks, deepest) = self.0.rollbacks();
        vec![
            ("rollbacks", f64::from(rollbacks)),
            ("deepest", f64::from(deepest)),
            ("present", self.0.present().tick().into()),
            ("stalledMs", self.0.stalled_ms()),
            ("inputDelay", f64::from(self.0.input_delay())),
        ]
    }

    fn rollback(&self) -> Option<&Rollback> {
        Some(&self.0)
    }
}
