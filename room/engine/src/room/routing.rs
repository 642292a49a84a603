//! The room's entrance: what happened goes to the part that it concerns, and what is due is done.

use footlights_data::event::EventKind;
use footlights_env::Agent;
use footlights_protocol::{EpochMs, Outcome, wire::CloseCode};

use super::{game_room::GameRoom, io::Input, phase::Phase};
use crate::ConnId;

impl GameRoom {
    /// When to call with [`Input::Wake`] at the latest; `None` if there is nothing to wait for.
    pub fn next_wake(&self) -> Option<EpochMs> {
        let or_time_ends = |due: EpochMs| self.time_ends().map_or(due, |ends| due.min(ends));
        if self.phase.is_running() {
            return Some(or_time_ends(self.driver.next_wake(self.game.tick())));
        }
        let deadline = or_time_ends(self.phase.deadline()?);
        if self.phase.is_over() {
            return Some(deadline);
        }
        // Without anybody there, nobody is silent, and nobody is told anything.
        let Some(silence) = self.seats.silence_deadline() else { return Some(deadline) };
        let status = self.status_due().unwrap_or(deadline);
        Some(deadline.min(silence).min(status))
    }

    /// Takes in what happened at `now` and does what is due.
    pub fn handle(&mut self, now: EpochMs, input: Input) {
        let findings = self.attendance.check_attention(now, self.phase.is_running(), &self.seats);
        self.act_on_findings(now, findings);
        match input {
            Input::Connected { agent, conn } => self.connect(now, agent, conn),
            Input::Message { conn, bytes } => self.receive(now, conn, &bytes),
            Input::Disconnected { conn } => {
                if let Some(agent) = self.seats.agent_of(conn) {
                    self.lose(now, agent, EventKind::Lost, "the connection closed");
                }
                self.seats.stop_listening(conn);
            }
            Input::Released { agent } => self.release(agent),
            Input::Stored => {
                if let Some(message) = self.journal.acknowledge().and_then(|tick| self.driver.persisted(tick))
                {
                    self.broadcast(&message);
                }
            }
            Input::Saved => self.saved(),
            Input::Wake => {}
        }
        self.advance(now);
    }

    /// Does what is due.
    fn advance(&mut self, now: EpochMs) {
        for agent in self.seats.agents() {
            if self.seats.is_silent(agent, now) {
                self.close_silent(now, agent, "nothing came for 10 s");
            } else if self.phase.is_running() && self.driver.is_stuck(now, agent, self.game.tick()) {
                self.close_silent(now, agent, "nothing was played for 10 s");
            }
        }
        if self.time_ends().is_some_and(|ends| now >= ends) {
            let limit = self.scene.episodes.time_limit_ms.unwrap_or_default();
            self.report(now, None, EventKind::TimeUp, format!("{limit} ms after the room was opened"));
            self.finish(now, Outcome::Completed);
        }
        match self.phase {
            Phase::Gathering { until } if now >= until => self.finish(now, Outcome::NoShow),
            Phase::Countdown { until, .. } if now >= until => self.go(now, until),
            Phase::Paused(pause) if now >= pause.until => self.end_grace(now),
            Phase::Running => self.run(now),
            Phase::Draining { .. } => self.drain_final_reports(now),
            _ => {}
        }
        if self.status_due().is_some_and(|due| now >= due) {
            self.send_status(now);
        }
        if self.phase.is_running() && self.journal.is_flush_due(now) {
            self.flush(now);
        }
    }

    fn connect(&mut self, now: EpochMs, agent: Agent, conn: ConnId) {
        if let Some((outcome, saved)) = self.over_for(agent) {
            self.out.send(conn, &self.finished(agent, outcome, saved));
            return self.out.close(conn, CloseCode::Over, if saved { "over" } else { "over, being saved" });
        }
        let Some(player) = self.seats.player(agent) else {
            return self.out.close(conn, CloseCode::Ticket, "not a person's seat");
        };
        if player.ready {
            let is_paused = matches!(self.phase, Phase::Paused(_));
            self.attendance.replaced(now, agent, is_paused, &self.seats);
        }
        let replaced = self.seats.player_mut(agent).and_then(|player| player.connect(conn, now));
        self.forget_keys(agent);
        self.lateness.forget(agent);
        if let Some(old) = replaced {
            self.out.close(old, CloseCode::Replaced, "the same participant connected again");
            self.report(now, Some(agent), EventKind::Replaced, "");
        }
    }

    /// How the game is over for a participant, and whether that is stored; `None` while they may play.
    fn over_for(&self, agent: Agent) -> Option<(Outcome, bool)> {
        match (self.phase.outcome(), self.seats.departure(agent)) {
            (_, Some(departure)) => Some((departure.outcome, self.phase.is_saved() || departure.released)),
            (Some(outcome), None) => Some((outcome, self.phase.is_saved())),
            (None, None) => None,
        }
    }

    /// Closes the connection of a page that does not play.
    fn close_silent(&mut self, now: EpochMs, agent: Agent, why: &str) {
        if let Some(conn) = self.seats.player(agent).and_then(|player| player.conn) {
            self.out.close(conn, CloseCode::Silent, why);
        }
        self.lose(now, agent, EventKind::Silent, why);
    }

    /// The data of a game that is over are stored for good: everyone may go on.
    fn saved(&mut self) {
        let Some(outcome) = self.phase.outcome() else { return };
        self.phase = Phase::Over { outcome, saved: true };
        self.announce_end(outcome, true);
        for (_, player) in self.seats.players() {
            if let Some(conn) = player.conn {
                self.out.close(conn, CloseCode::Over, "over");
            }
        }
        for agent in self.seats.agents() {
            self.release(agent);
        }
    }
}
