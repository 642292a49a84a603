//! What a seat's browser says, and what it is told when it says something wrong.

use footlights_data::event::EventKind;
use footlights_env::Agent;

use super::{Output, Room, seat::SeatState};
use footlights_protocol::wire::{self, ClientToRoom, CloseCode, MAX_FROM_BROWSER, RoomToClient, Welcome};

impl Room {
    pub(super) fn message(&mut self, now: u64, conn: u64, bytes: &[u8]) {
        let Some(agent) = self.agent_of(conn) else { return };
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        if !human.count_message(now) {
            return self.refuse(now, agent, CloseCode::TooFrequent, "too many messages within a second");
        }
        let ready = human.ready;
        match wire::decode::<ClientToRoom>(bytes, MAX_FROM_BROWSER) {
            Err(error) => self.refuse(now, agent, error.close_code(), &error.to_string()),
            Ok(ClientToRoom::Hello { version, digest }) => self.hello(now, agent, version, digest),
            Ok(_) if !ready => {
                self.refuse(now, agent, CloseCode::Malformed, "the first message must be Hello")
            }
            // Who is sent pictures must not see the state behind them.
            Ok(
                ClientToRoom::StampedKeys { .. }
                | ClientToRoom::Advanced { .. }
                | ClientToRoom::RestoreTicks { .. }
                | ClientToRoom::RenderReport(_)
                | ClientToRoom::Desync { .. },
            ) if !self.scene.runs_in_browser() => {
                self.refuse(now, agent, CloseCode::Malformed, "browsers do not simulate this game")
            }
            Ok(ClientToRoom::Keys { seq, held, time }) => self.keys(now, agent, Some(seq), None, held, time),
            Ok(ClientToRoom::StampedKeys { tick, held, time }) => {
                self.keys(now, agent, None, Some(tick), held, time)
            }
            Ok(ClientToRoom::Advanced { until, changes, digest }) => {
                self.played(now, agent, until, &changes, digest);
            }
            Ok(ClientToRoom::RestoreTicks { ticks }) => self.resume(now, agent, ticks),
            Ok(ClientToRoom::RestoreReceipts { from, receipts }) => self.unseal(now, agent, from, &receipts),
            Ok(ClientToRoom::RenderReport(shown)) => self.shown(now, agent, shown),
            Ok(ClientToRoom::Desync { tick, digest }) => self.desync(now, agent, tick, digest),
            Ok(ClientToRoom::Ping { time, rtt, focused, .. }) => self.ping(now, agent, time, rtt, focused),
        }
    }

    /// Says why, closes, and treats the connection as lost: its owner may come back with a better one.
    pub(super) fn refuse(&mut self, now: u64, agent: Agent, code: CloseCode, reason: &str) {
        let Some(conn) = self.human(agent).and_then(|human| human.conn) else { return };
        let message = RoomToClient::Refused { code: code.code(), reason: reason.to_owned() };
        self.out.push_back(Output::Send { conn, bytes: wire::encode(&message) });
        self.close(conn, code, reason);
        let kind = match code {
            CloseCode::TooLarge => EventKind::TooLarge,
            CloseCode::TooFrequent => EventKind::TooFrequent,
            CloseCode::Mismatch => EventKind::Mismatch,
            _ => EventKind::Malformed,
        };
        if !self.is_missed(agent) {
            self.report(now, Some(agent), kind, reason.to_owned());
        }
        self.lost(now, agent, kind, reason);
    }

    fn hello(&mut self, now: u64, agent: Agent, version: u16, digest: Option<u64>) {
        if version != wire::VERSION {
            let reason = format!("protocol {version}, this deployment speaks {}", wire::VERSION);
            return self.refuse(now, agent, CloseCode::Mismatch, &reason);
        }
        let simulation = match digest {
            Some(digest) if digest != self.fingerprint => format!("simulation {digest:016x}"),
            None if self.scene.runs_in_browser() => "no simulation".to_owned(),
            _ => String::new(),
        };
        if !simulation.is_empty() {
            let reason = format!("{simulation}, this deployment has {:016x}", self.fingerprint);
            return self.refuse(now, agent, CloseCode::Mismatch, &reason);
        }
        if self.human(agent).is_some_and(|human| human.ready) {
            return self.refuse(now, agent, CloseCode::Malformed, "there was a Hello already");
        }
        let names = self.names(agent);
        let keyboard = self.scene.keyboards.get(agent.index()).cloned().unwrap_or_default();
        let viewport = self.timeline.sim().spec().viewport;
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        let Some(conn) = human.conn else { return };
        let kind = if human.arrived { EventKind::Rejoined } else { EventKind::Joined };
        human.ready = true;
        human.arrived = true;
        human.encoder.restart();
        human.hud = None;
        let warned = human.ping_watch.warned || human.focus_watch.warned;
        let simulated = self.simulated();
        let simulates = simulated.is_some();
        let welcome = Welcome {
            version: wire::VERSION,
            agent,
            names,
            fps: self.scene.fps,
            viewport,
            keyboard,
            simulated,
        };
        self.out.push_back(Output::Send { conn, bytes: wire::encode(&RoomToClient::Welcome(welcome)) });
        if simulates {
            self.send_snapshot(now, agent, false);
        } else {
            self.send_frame(agent, &[]);
        }
        if warned {
            self.tell_notice(agent);
        }
        self.report(now, Some(agent), kind, String::new());
        self.arrived(now);
    }

    /// What this seat calls everybody. Nobody learns another participant's id.
    fn names(&self, agent: Agent) -> Vec<String> {
        let people = self.scene.humans();
        self.agents()
            .zip(&self.scene.seats)
            .map(|(other, seat)| match (other == agent, seat.is_human()) {
                (true, _) => "You".to_owned(),
                (false, true) if people == 2 => "Partner".to_owned(),
                (false, true) => format!("Player {}", other.0 + 1),
                (false, false) => wire::COMPUTER.to_owned(),
            })
            .collect()
    }

    /// A change of keys, for a tick or for the next one.
    pub(super) fn keys(
        &mut self,
        now: u64,
        agent: Agent,
        seq: Option<u32>,
        tick: Option<u32>,
        held: u32,
        time: f64,
    ) {
        let Some(keyboard) = self.scene.keyboards.get(agent.index()) else { return };
        let beyond = held.checked_shr(keyboard.keys.len() as u32).unwrap_or(0);
        if beyond != 0 || !time.is_finite() {
            return self.refuse(now, agent, CloseCode::Malformed, "keys that this seat does not have");
        }
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        human.ack = seq.unwrap_or(human.ack);
        human.client_time_ms = Some(time);
        self.stamped(agent, tick.unwrap_or(0), held);
    }

    fn ping(&mut self, now: u64, agent: Agent, time: f64, rtt: f32, focused: bool) {
        if !time.is_finite() || !rtt.is_finite() {
            return self.refuse(now, agent, CloseCode::Malformed, "a time that is not a number");
        }
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        let Some(conn) = human.conn else { return };
        human.client_time_ms = Some(time);
        human.rtt_ms = rtt.max(0.0);
        human.trips.add(now, human.rtt_ms);
        let changed = human.focused != focused;
        human.focused = focused;
        self.out.push_back(Output::Send { conn, bytes: wire::encode(&RoomToClient::Pong { time }) });
        if changed {
            self.report(
                now,
                Some(agent),
                if focused { EventKind::FocusGained } else { EventKind::FocusLost },
                String::new(),
            );
            self.tell_status(now);
        }
        self.latency_rule(now, agent);
    }
}
