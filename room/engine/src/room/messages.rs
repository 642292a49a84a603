//! Messages of browsers: what each one does, and how a wrong one is refused.

use footlights_data::event::EventKind;
use footlights_env::Agent;
use footlights_protocol::{
    EpochMs, MonotonicMs, Tick,
    wire::{
        self, ClientToRoom, CloseCode, KeyChange, MAX_FROM_BROWSER, RenderReport, RoomToClient, SeatName,
        Welcome,
    },
};

use super::{driver::Acceptance, game_room::GameRoom, phase::Phase, player::Player};
use crate::ConnId;

impl GameRoom {
    /// Takes in a message. Whatever it says, the room and the other seats go on.
    pub(super) fn receive(&mut self, now: EpochMs, conn: ConnId, bytes: &[u8]) {
        let Some(agent) = self.seats.agent_of(conn) else { return };
        let Some(player) = self.seats.player_mut(agent) else { return };
        if !player.count_message(now) {
            return self.refuse(now, agent, CloseCode::TooFrequent, "too many messages within a second");
        }
        let is_ready = player.ready;
        let message = match wire::decode::<ClientToRoom>(bytes, MAX_FROM_BROWSER) {
            Ok(message) => message,
            Err(error) => return self.refuse(now, agent, error.close_code(), &error.to_string()),
        };
        if let ClientToRoom::Hello { version, digest } = message {
            return self.shake_hands(now, agent, version, digest);
        }
        if !is_ready {
            return self.refuse(now, agent, CloseCode::Malformed, "the first message must be Hello");
        }
        match self.driver.accepts(&message) {
            Acceptance::Accepted => self.follow(now, agent, message),
            Acceptance::Ignored => {}
            Acceptance::Refused(reason) => self.refuse(now, agent, CloseCode::Malformed, reason),
        }
    }

    /// Does what a message says that has a meaning in this game.
    fn follow(&mut self, now: EpochMs, agent: Agent, message: ClientToRoom) {
        match message {
            ClientToRoom::Hello { version, digest } => self.shake_hands(now, agent, version, digest),
            ClientToRoom::Keys { seq, held, time } => {
                if let Some(player) = self.change_keys(now, agent, KeyChange { tick: Tick::ZERO, held, time })
                {
                    player.ack = seq;
                }
            }
            ClientToRoom::StampedKeys { tick, held, time } => {
                self.change_keys(now, agent, KeyChange { tick, held, time });
            }
            ClientToRoom::Advanced { until, changes, digest } => {
                self.follow_clock(now, agent, until, changes, digest);
            }
            ClientToRoom::RestoreTicks { ticks } => self.restore_ticks(now, agent, ticks),
            ClientToRoom::RestoreReceipts { from, receipts } => {
                self.restore_receipts(now, agent, from, &receipts);
            }
            ClientToRoom::RenderReport(report) => self.record_rendering(now, agent, report),
            ClientToRoom::Desync { tick, digest } => self.contradict_state(now, agent, tick, digest),
            ClientToRoom::AssetFailed { file } => self.miss_asset(now, agent, file),
            ClientToRoom::Ping { time, rtt, focused } => self.answer_ping(now, agent, time, rtt, focused),
        }
    }

    /// Says why, closes, and treats the connection as lost: the participant may come back with a better one.
    pub(super) fn refuse(&mut self, now: EpochMs, agent: Agent, code: CloseCode, reason: &str) {
        let Some(conn) = self.seats.player(agent).and_then(|player| player.conn) else { return };
        self.out.send(conn, &RoomToClient::Refused { code: code.code(), reason: reason.to_owned() });
        self.out.close(conn, code, reason);
        let kind = match code {
            CloseCode::TooLarge => EventKind::TooLarge,
            CloseCode::TooFrequent => EventKind::TooFrequent,
            CloseCode::Mismatch => EventKind::Mismatch,
            _ => EventKind::Malformed,
        };
        if !self.is_missed(agent) {
            self.report(now, Some(agent), kind, reason);
        }
        self.lose(now, agent, kind, reason);
    }

    fn shake_hands(&mut self, now: EpochMs, agent: Agent, version: u16, digest: Option<u64>) {
        if version != wire::VERSION {
            let reason = format!("protocol {version}, this deployment speaks {}", wire::VERSION);
            return self.refuse(now, agent, CloseCode::Mismatch, &reason);
        }
        let mismatch = match digest {
            Some(digest) if digest != self.fingerprint => Some(format!("simulation {digest:016x}")),
            None if self.driver.setup().is_some() => Some("no simulation".to_owned()),
            _ => None,
        };
        if let Some(mismatch) = mismatch {
            let reason = format!("{mismatch}, this deployment has {:016x}", self.fingerprint);
            return self.refuse(now, agent, CloseCode::Mismatch, &reason);
        }
        let Some(player) = self.seats.player_mut(agent) else { return };
        if player.ready {
            return self.refuse(now, agent, CloseCode::Malformed, "there was a Hello already");
        }
        let Some(conn) = player.conn else { return };
        player.ready = true;
        let kind = if self.attendance.arrive(agent) { EventKind::Rejoined } else { EventKind::Joined };
        self.out.send(conn, &RoomToClient::Welcome(self.welcome(agent)));
        self.send_all(now, agent, false);
        if self.attendance.is_warned(agent) {
            self.send_notice(agent);
        }
        self.report(now, Some(agent), kind, "");
        self.arrive(now);
    }

    /// Writes down that a participant does not see or hear something. What the game does not declare is not worth a word.
    fn miss_asset(&mut self, now: EpochMs, agent: Agent, file: String) {
        if self.scene.assets.all_files().any(|declared| declared == file) {
            self.report(now, Some(agent), EventKind::AssetFailed, file);
        }
    }

    fn welcome(&self, agent: Agent) -> Welcome {
        Welcome {
            version: wire::VERSION,
            agent,
            names: self.names(agent),
            fps: self.scene.stepping.fps,
            viewport: self.game.timeline().sim().spec().viewport,
            keyboard: self.scene.controls.keyboard(agent).cloned().unwrap_or_default(),
            simulated: self.driver.setup().cloned(),
        }
    }

    /// What this seat calls every seat. No participant learns another's id.
    fn names(&self, agent: Agent) -> Vec<String> {
        let participants = self.scene.human_count();
        self.seats
            .agents()
            .zip(&self.scene.seats)
            .map(|(other, seat)| match (other == agent, seat.is_human()) {
                (true, _) => SeatName::You,
                (false, true) if participants == 2 => SeatName::Partner,
                (false, true) => SeatName::Player(u32::from(other.0) + 1),
                (false, false) => SeatName::Computer,
            })
            .map(|name| name.to_string())
            .collect()
    }

    /// Queues a change of held keys. Returns the participant, unless the change was refused.
    fn change_keys(&mut self, now: EpochMs, agent: Agent, change: KeyChange) -> Option<&mut Player> {
        let KeyChange { tick, held, time } = change;
        let keyboard = self.scene.controls.keyboard(agent)?;
        if !keyboard.has(held) || !time.is_finite() {
            self.refuse(now, agent, CloseCode::Malformed, "keys or axes that this seat does not have");
            return None;
        }
        let tick = self.driver.cap_stamp(tick, self.game.tick());
        let player = self.seats.player_mut(agent)?;
        player.client_time_ms = Some(time);
        player.inputs.push(tick, held);
        Some(player)
    }

    /// A browser whose clock is the game's says how far it has come, and what the keys were up to there.
    fn follow_clock(
        &mut self,
        now: EpochMs,
        agent: Agent,
        until: Tick,
        changes: Vec<KeyChange>,
        digest: Option<u64>,
    ) {
        let tick = self.game.tick();
        let Some(progress) = self.driver.report_progress(now, tick, self.phase, until, digest) else {
            return;
        };
        if let Some(behind_ms) = progress.behind_ms {
            self.report(now, Some(agent), EventKind::Behind, format!("{behind_ms:.0} ms"));
        }
        for change in changes {
            self.change_keys(now, agent, change);
        }
        if progress.is_news && matches!(self.phase, Phase::Countdown { .. }) {
            // The episode had begun when the process was lost, and the restored room does not know it.
            self.go(now, now);
        }
        self.check_claims(now);
    }

    /// A browser reports how it showed the game.
    fn record_rendering(&mut self, now: EpochMs, agent: Agent, report: RenderReport) {
        let tick = self.game.tick();
        let Some(sync) = self.driver.sync_mut() else { return };
        let Some(report) = sync.states.accept_report(agent, tick, report) else { return };
        let (until, digest) = (report.until, report.digest);
        self.journal.record_rendering(agent, report);
        if let Some(digest) = digest {
            self.compare_state(now, agent, until, digest);
        }
    }

    fn answer_ping(&mut self, now: EpochMs, agent: Agent, time: MonotonicMs, rtt: f32, focused: bool) {
        if !time.is_finite() || !rtt.is_finite() {
            return self.refuse(now, agent, CloseCode::Malformed, "a time that is not a number");
        }
        let Some(player) = self.seats.player_mut(agent) else { return };
        let Some(conn) = player.conn else { return };
        player.client_time_ms = Some(time);
        player.rtt_ms = rtt.max(0.0);
        player.rtts.add(now, player.rtt_ms);
        let has_changed = std::mem::replace(&mut player.focused, focused) != focused;
        self.out.send(conn, &RoomToClient::Pong { time });
        self.lateness.hear(now, agent, time, rtt.max(0.0));
        self.skip_lost_time(now);
        if has_changed {
            let kind = if focused { EventKind::FocusGained } else { EventKind::FocusLost };
            self.report(now, Some(agent), kind, "");
            self.send_status(now);
        }
        if self.phase.is_running() {
            let finding = self.attendance.check_latency(now, agent, &self.seats);
            self.act_on_findings(now, finding);
        }
    }
}
