//! Browser execution: everybody simulates, the room decides. It takes each change of keys in the tick it is stamped
//! with, or in the next one if that is over; tells everybody what was decided; and compares states.

use footlights_data::event::EventKind;
use footlights_env::{Agent, Policy};

use super::{Holder, Output, Room, State, alone, seat::SeatState};
use footlights_protocol::{
    timeline::Move,
    wire::{self, ConfirmedTick, RenderReport, RoomToClient, SimulationSetup},
};

/// How often in a second browsers are told the digest of the state.
const CHECKS_A_SECOND: f32 = 3.0;
/// For how many seconds digests are remembered.
const REMEMBERED_S: f32 = 10.0;
/// A change of keys can be stamped so many seconds ahead; what is further counts as that.
const AHEAD_S: f32 = 5.0;

impl Room {
    /// What a browser needs to simulate the game, where the scene wants that.
    pub(super) fn simulated(&self) -> Option<SimulationSetup> {
        let fingerprint = self.own_fingerprint?;
        Some(SimulationSetup {
            environment: self.scene.environment.id.to_owned(),
            config: self.timeline.sim().packed_config().ok()?,
            fingerprint,
            rules: self.timeline.rules().clone(),
            single_player: self.scene.is_alone(),
            policies: self.told_policies().map(|(agent, _)| agent).collect(),
            pauses: self.scene.countdown_ms > 0,
            input_delay: self.scene.input_delay,
            prediction_window: self.ahead(),
        })
    }

    /// The policies that a browser may run as well: those that nobody else plays against.
    fn told_policies(&self) -> impl Iterator<Item = (Agent, &dyn Policy)> {
        let alone = self.scene.is_alone();
        self.agents().zip(&self.seats).filter(move |_| alone).filter_map(|(agent, seat)| match &seat.holder {
            Holder::Policy(policy) => Some((agent, policy.as_ref())),
            Holder::Human(_) => None,
        })
    }

    /// How many ticks a browser may be ahead.
    fn ahead(&self) -> u32 {
        if self.scene.is_alone() {
            (alone::AHEAD_S * self.scene.fps) as u32
        } else {
            self.scene.prediction_window
        }
    }

    /// Tells everybody what was decided for the tick that is over.
    pub(super) fn confirm(&mut self, now: u64, moves: Vec<(Agent, Move)>, digest: u64) {
        let tick = self.tick();
        let every = (self.scene.fps / CHECKS_A_SECOND).max(1.0) as u32;
        self.digests.push_back((tick, digest));
        if self.digests.len() > (self.scene.fps * REMEMBERED_S) as usize {
            self.digests.pop_front();
        }
        let digest = tick.is_multiple_of(every).then_some(digest);
        let persisted = (self.persisted != self.announced_persisted).then_some(self.persisted);
        self.announced_persisted = self.persisted;
        let confirmed = ConfirmedTick { tick, at_ms: now, moves, tag: self.tag, digest, persisted };
        self.tell_all(&RoomToClient::ConfirmedTick(confirmed));
        self.compare(now);
    }

    /// Sends a seat the whole state. A browser that knows later ticks may bring them back first, unless it `must` take
    /// this one.
    pub(super) fn send_snapshot(&mut self, now: u64, agent: Agent, mandatory: bool) {
        let tick = self.tick();
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        let Some(conn) = human.listener() else { return };
        match self.timeline.save() {
            Ok(timeline) => {
                human.repaired_tick = tick;
                let policy_states =
                    self.told_policies().map(|(agent, policy)| (agent, policy.save().into())).collect();
                let bytes = wire::encode(&RoomToClient::Snapshot {
                    tick: self.tick(),
                    timeline,
                    policy_states,
                    mandatory,
                });
                self.out.push_back(Output::Send { conn, bytes });
            }
            Err(error) => self.report(now, Some(agent), EventKind::SnapshotFailed, error.to_string()),
        }
    }

    /// A change of keys with a stamp.
    pub(super) fn stamped(&mut self, agent: Agent, tick: u32, held: u32) {
        let ahead = if self.scene.is_alone() { alone::AHEAD_S } else { AHEAD_S };
        let latest = self.tick().saturating_add((self.scene.fps * ahead) as u32 + 1);
        if let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) {
            human.inbox.change(tick.min(latest), held);
        }
    }

    /// Whether a browser whose state is another one gets a snapshot: not again and again.
    pub(super) fn may_repair(&mut self, now: u64, agent: Agent) -> bool {
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else {
            return false;
        };
        let may = human.may_be_repaired(now);
        if may {
            human.repaired_ms = Some(now);
        }
        may
    }

    /// A browser tells how it showed the game; only of ticks that there were, and of each once.
    pub(super) fn shown(&mut self, now: u64, agent: Agent, mut shown: RenderReport) {
        let tick = self.tick();
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        let from = shown.until.saturating_sub(shown.ticks).max(human.shown_until);
        shown.until = shown.until.min(tick);
        // Of ticks that it does not know, it has told what there is to tell.
        human.shown_until = human.shown_until.max(shown.until);
        if shown.until <= from {
            return;
        }
        shown.ticks = shown.until - from;
        shown.notes.retain(|note| from < note.tick && note.tick <= shown.until);
        shown.notes.dedup_by_key(|note| note.tick);
        let (until, digest) = (shown.until, shown.digest);
        self.pending.shown.push((agent, shown));
        if let Some(digest) = digest {
            self.judge(now, agent, until, digest);
        }
    }

    /// The state after a tick that is still remembered.
    fn digest_at(&self, tick: u32) -> Option<u64> {
        let known = self.digests.binary_search_by_key(&tick, |(known, _)| *known).ok()?;
        self.digests.get(known).map(|(_, digest)| *digest)
    }

    /// A browser says which digest its state had after a tick.
    pub(super) fn judge(&mut self, now: u64, agent: Agent, tick: u32, digest: u64) {
        match self.digest_at(tick) {
            Some(known) if known == digest => self.pending.verified.push((agent, tick, true)),
            Some(_) => self.desync(now, agent, tick, digest),
            None => {}
        }
    }

    /// A browser says that its state at a tick is another one.
    pub(super) fn desync(&mut self, now: u64, agent: Agent, tick: u32, digest: u64) {
        let known = self.digest_at(tick);
        let repaired = self.human(agent).is_some_and(|human| tick <= human.repaired_tick);
        if known == Some(digest) || repaired {
            return;
        }
        if !self.may_repair(now, agent) {
            return;
        }
        let here = known.map_or("forgotten".to_owned(), |digest| format!("{digest:016x}"));
        // Until now; the snapshot repairs what comes.
        self.pending.verified.push((agent, self.tick(), false));
        self.report(now, Some(agent), EventKind::Desync, format!("tick {tick}: {digest:016x}, here {here}"));
        if !matches!(self.state, State::Over { .. }) {
            self.send_snapshot(now, agent, true);
        }
    }
}
