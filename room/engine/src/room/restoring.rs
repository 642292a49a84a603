//! A restored room goes back to its checkpoint, and then takes back the ticks after it from browsers that still have them.

use footlights_data::event::EventKind;
use footlights_env::Agent;
use footlights_experiment::{DropoutRule, GameScene, make_policy, record::GameInfo};
use footlights_protocol::{EpochMs, Tick, wire::ConfirmedTick};
use serde_bytes::ByteBuf;

use super::{
    checkpoint::Checkpoint,
    game_room::GameRoom,
    io::{Output, RoomError},
    phase::{Pause, Phase},
};
use footlights_protocol::Outcome;

impl GameRoom {
    /// The room as it was at a checkpoint. No one is connected; everyone has the grace time to come back.
    ///
    /// # Errors
    /// If the bytes are no checkpoint of this version, or environment or policies do not read their states.
    pub fn restore(
        scene: &GameScene,
        info: GameInfo,
        phase_ms: u64,
        checkpoint: &[u8],
        now: EpochMs,
    ) -> Result<Self, RoomError> {
        let saved = Checkpoint::decode(checkpoint)?;
        let mut room = Self::new(scene, info, phase_ms, now)?;
        let has_participants = saved
            .seats
            .iter()
            .zip(&saved.attendance)
            .any(|(seat, attendee)| attendee.arrived && !seat.has_departed());
        let hooks = room.game.restore(scene, saved.game)?;
        let sim = room.game.timeline().sim();
        room.seats.restore(saved.seats, |agent| match &scene.attendance.on_dropout {
            DropoutRule::Replace(by) => make_policy(by, agent, sim),
            DropoutRule::End | DropoutRule::Void => Ok(None),
        })?;
        room.attendance.restore(saved.attendance, now);
        room.journal.restore(saved.journal, saved.tick);
        room.driver.restore(saved.slips, saved.tick, sim.tick() > 0, now);
        if has_participants {
            let until = now + scene.attendance.grace_ms;
            room.phase = Phase::Paused(Pause { since: now, until, countdown_until: EpochMs(0) });
        }
        room.report(now, None, EventKind::Recovered, format!("from tick {}", saved.tick));
        if let Some(error) = hooks {
            room.report(now, None, EventKind::HooksFailed, error);
        }
        room.announce_departures(&room.seats.departed());
        Ok(room)
    }

    /// Lets those who have left for good go on with their experiment.
    pub(super) fn announce_departures(&mut self, departed: &[Agent]) {
        for agent in departed {
            if let Some(verdict) = self.seat_verdict(*agent, Outcome::Left) {
                self.out.push(Output::Released { agent: *agent, verdict });
            }
        }
    }

    /// A browser that simulates brings back ticks that this room does not know any more.
    pub(super) fn restore_ticks(&mut self, now: EpochMs, agent: Agent, ticks: Vec<ConfirmedTick>) {
        if self.phase.is_over() {
            return;
        }
        if self.phase.is_running() && !self.driver.restores_while_running() {
            // Too late: the game has gone on without them.
            if self.take_repair(now, agent) {
                self.send_all(now, agent, true);
            }
            return;
        }
        let before = self.game.tick();
        let mut is_forged = false;
        for ConfirmedTick { tick, at_ms, moves, tag, .. } in ticks {
            if tick <= self.game.tick() {
                continue;
            }
            is_forged =
                tick != self.game.tick() + 1 || tag != self.journal.chain.next_tag(tick, at_ms, &moves);
            if is_forged || self.phase.is_over() {
                break;
            }
            self.repeat_tick(at_ms, moves);
        }
        self.store_restored(now, agent, before);
        if is_forged && self.refuse_restore(now, agent) {
            self.send_all(now, agent, true);
        }
    }

    /// A browser that is sent pictures brings back receipts of ticks that this room does not know any more.
    pub(super) fn restore_receipts(&mut self, now: EpochMs, agent: Agent, from: Tick, receipts: &[ByteBuf]) {
        if self.phase.is_running() || self.phase.is_over() {
            return;
        }
        // A wrong receipt can be tried again after a while.
        if !self.driver.repairs_mut(agent).is_some_and(|repairs| repairs.allows(now)) {
            return;
        }
        let before = self.game.tick();
        for (tick, receipt) in from.onwards().zip(receipts).filter(|(tick, _)| *tick > before) {
            let next = self.game.tick().next();
            let opened = (tick == next).then(|| self.journal.chain.open_receipt(next, receipt));
            let Some((at_ms, moves)) = opened.flatten().filter(|_| !self.phase.is_over()) else {
                self.refuse_restore(now, agent);
                break;
            };
            self.repeat_tick(at_ms, moves);
        }
        self.store_restored(now, agent, before);
        if self.game.tick() > before {
            let (driver, mut audience) = self.driver_and_audience();
            driver.send_pictures(&mut audience);
        }
    }

    /// Logs that a browser brought back ticks that were not this game's. Returns false if it did so just now.
    fn refuse_restore(&mut self, now: EpochMs, agent: Agent) -> bool {
        let is_counted = self.take_repair(now, agent);
        if is_counted {
            let detail = format!("after tick {}", self.game.tick());
            self.report(now, Some(agent), EventKind::RestoreRefused, detail);
        }
        is_counted
    }

    fn take_repair(&mut self, now: EpochMs, agent: Agent) -> bool {
        self.driver.repairs_mut(agent).is_some_and(|repairs| repairs.take(now))
    }

    /// What a browser brought back is stored at once.
    fn store_restored(&mut self, now: EpochMs, agent: Agent, before: Tick) {
        if self.game.tick() > before {
            let detail = format!("ticks {} to {}", before + 1, self.game.tick());
            self.report(now, Some(agent), EventKind::RestoredFromBrowser, detail);
            self.flush(now);
        }
    }
}
