//! The room: its parts, how it says what happened, and how it ends.

use footlights_data::{
    event::EventKind,
    verdict::{SeatVerdict, Verdict},
};
use footlights_env::Agent;
use footlights_experiment::{GameScene, Globals, record::GameInfo};
use footlights_protocol::{
    EpochMs, Outcome, Tick,
    timeline::Timeline,
    wire::{RoomToClient, Status},
};

use super::{
    attendance::Attendance,
    checkpoint::Checkpoint,
    driver::{Audience, Driver},
    game::Game,
    io::{Output, RoomError},
    journal::Journal,
    lateness::Lateness,
    outbox::Outbox,
    phase::Phase,
    recovery::SealKey,
    seats::{Departure, Seats},
};

/// How long a game that is over waits for browsers' final reports.
const FINAL_REPORT_TIMEOUT_MS: u64 = 2_000;

/// One running game.
pub struct GameRoom {
    pub(super) scene: GameScene,
    pub(super) info: GameInfo,
    /// What this build's simulation does with the environment's default configuration, which a browser knows before it
    /// is sent the game's.
    pub(super) fingerprint: u64,
    pub(super) game: Game,
    pub(super) seats: Seats,
    pub(super) attendance: Attendance,
    pub(super) journal: Journal,
    pub(super) lateness: Lateness,
    pub(super) driver: Driver,
    pub(super) phase: Phase,
    /// When participants were last told how the room is.
    pub(super) status_at: EpochMs,
    pub(super) out: Outbox,
}

/// How often participants are told how a room is that waits, ms: several times before their silence counts.
const STATUS_MS: u64 = 4_000;

impl GameRoom {
    /// A room that waits for its participants. `phase_ms` shifts the grid of its ticks: rooms of one object share a timer
    /// by sharing it, and objects that differ in it do not all work at the same moment.
    ///
    /// # Errors
    /// If the environment refuses its configuration, or a policy does not load.
    pub fn new(scene: &GameScene, info: GameInfo, phase_ms: u64, now: EpochMs) -> Result<Self, RoomError> {
        let timeline = Timeline::new(scene.rules(), scene.environment.make()?, info.seed);
        let seats = Seats::new(scene, timeline.sim())?;
        let game = Game::new(scene, timeline, now);
        let driver = Driver::new(scene, phase_ms, &game, &seats, now)?;
        Ok(Self {
            fingerprint: scene.environment.default_fingerprint()?,
            attendance: Attendance::new(scene, &seats, driver.max_attention_gap_ms(), now),
            journal: Journal::new(now, phase_ms),
            lateness: Lateness::of(scene.seats.len()),
            phase: Phase::Gathering { until: now + scene.attendance.gather_ms },
            status_at: now,
            out: Outbox::default(),
            scene: scene.clone(),
            info,
            game,
            seats,
            driver,
        })
    }

    /// Gives the room its key. A game must have the same key for all its life, or browsers cannot bring back what a lost
    /// process had decided.
    #[must_use]
    pub fn sealed_with(mut self, key: SealKey) -> Self {
        self.journal.chain.set_key(key);
        self
    }

    /// The game's ids and who sits where.
    pub fn info(&self) -> &GameInfo {
        &self.info
    }

    /// Whether the participant of a seat has been here at least once.
    pub fn has_arrived(&self, agent: Agent) -> bool {
        self.seats.departure(agent).is_some() || self.attendance.has_arrived(agent)
    }

    /// Ticks since the game began.
    pub fn tick(&self) -> Tick {
        self.game.tick()
    }

    /// How often the schedule was moved because the room was called too late.
    pub fn slips(&self) -> u32 {
        self.driver.slips()
    }

    /// How the game ended, if it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.phase.outcome()
    }

    /// Whether the game is over and all final reports have arrived or timed out.
    pub fn is_drained(&self) -> bool {
        matches!(self.phase, Phase::Over { .. })
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop()
    }

    pub(super) fn report(
        &mut self,
        now: EpochMs,
        agent: Option<Agent>,
        kind: EventKind,
        detail: impl Into<String>,
    ) {
        if let Some(event) = self.journal.report(now, self.game.tick(), agent, kind, detail.into()) {
            self.out.push(Output::Report(event));
        }
    }

    pub(super) fn set_phase(&mut self, now: EpochMs, phase: Phase) {
        self.phase = phase;
        self.send_status(now);
    }

    pub(super) fn send_status(&mut self, now: EpochMs) {
        self.status_at = now;
        let (phase, remaining_ms) = self.phase.on_the_wire(now);
        let seats = self.attendance.presences(&self.seats);
        self.broadcast(&RoomToClient::Status(Status { phase, remaining_ms, seats }));
    }

    /// When the game ends by the scene's time limit. A game that waits for somebody ends by what it waits for.
    pub(super) fn time_ends(&self) -> Option<EpochMs> {
        let goes_on = matches!(self.phase, Phase::Countdown { .. } | Phase::Running);
        self.info.opened_at.zip(self.scene.episodes.time_limit_ms).map(|(at, ms)| at + ms).filter(|_| goes_on)
    }

    /// When participants are told again how the room is, while nothing else is sent. A browser lets the timers of a page in
    /// the background sleep for a minute; a page that hears something says that it is there.
    pub(super) fn status_due(&self) -> Option<EpochMs> {
        let waits =
            matches!(self.phase, Phase::Gathering { .. } | Phase::Countdown { .. } | Phase::Paused(_));
        waits.then(|| self.status_at + STATUS_MS)
    }

    pub(super) fn broadcast(&mut self, message: &RoomToClient) {
        self.out.broadcast(self.seats.listeners(), message);
    }

    /// The message to a seat that the game is over.
    pub(super) fn finished(&self, agent: Agent, outcome: Outcome, saved: bool) -> RoomToClient {
        RoomToClient::Finished { outcome, saved, scores: self.game.timeline().shown_scores(agent) }
    }

    /// Tells everybody that the game is over.
    pub(super) fn announce_end(&mut self, outcome: Outcome, saved: bool) {
        for agent in self.seats.agents() {
            if let Some(conn) = self.seats.listener(agent) {
                self.out.send(conn, &self.finished(agent, outcome, saved));
            }
        }
    }

    /// The driver, and those whom it sends something.
    pub(super) fn driver_and_audience(&mut self) -> (&mut Driver, Audience<'_>) {
        (&mut self.driver, Audience { game: &self.game, seats: &self.seats, out: &mut self.out })
    }

    /// How the game ended for the participant of a seat, if it ends with `outcome` for those who stay.
    pub(super) fn seat_verdict(&self, agent: Agent, outcome: Outcome) -> Option<SeatVerdict> {
        let globals = Globals::new();
        if let Some(Departure { outcome, tick, score, .. }) = self.seats.departure(agent) {
            return Some(SeatVerdict { outcome: *outcome, score: *score, tick: *tick, globals });
        }
        let (score, tick) = (self.game.total(agent), self.game.tick());
        self.seats.player(agent).map(|_| SeatVerdict { outcome, score, tick, globals })
    }

    /// Ends the game, if it is not over yet.
    pub(super) fn finish(&mut self, now: EpochMs, outcome: Outcome) {
        if self.phase.is_over() {
            return;
        }
        if let Some(episode) = self.game.interrupt_episode() {
            self.journal.record_episode(episode);
        }
        self.report(now, None, EventKind::Finished, outcome.as_str());
        // Where the environment failed, no browser was sent the last tick.
        let wait_ms = if outcome == Outcome::Failed { 0 } else { FINAL_REPORT_TIMEOUT_MS };
        self.phase = Phase::Draining { until: now + wait_ms, outcome };
        self.flush(now);
        let mut seats: Vec<Option<SeatVerdict>> =
            self.seats.agents().map(|agent| self.seat_verdict(agent, outcome)).collect();
        let left = self.game.end(&self.info, outcome);
        for (agent, detail) in left.too_large {
            self.report(now, Some(agent), EventKind::GlobalDropped, detail);
        }
        for (seat, globals) in seats.iter_mut().zip(left.by_agent) {
            if let Some(seat) = seat {
                seat.globals = globals;
            }
        }
        self.out.push(Output::Finished(Verdict { outcome, seats }));
        // What is sent from here on waits until that is stored.
        self.send_status(now);
        self.announce_end(outcome, false);
        self.drain_final_reports(now);
    }

    /// Emits [`Output::Save`] once every connected browser has sent its final report, or on timeout.
    pub(super) fn drain_final_reports(&mut self, now: EpochMs) {
        let Phase::Draining { until, outcome } = self.phase else { return };
        let tick = self.game.tick();
        let is_owed =
            self.seats.players().any(|(agent, player)| player.ready && self.driver.owes_report(agent, tick));
        if now < until && is_owed {
            return;
        }
        self.phase = Phase::Over { outcome, saved: false };
        self.flush(now);
        self.out.push(Output::Save);
    }

    /// Hands out for storage what is not stored yet, with a checkpoint.
    pub(super) fn flush(&mut self, now: EpochMs) {
        if !self.journal.begin_flush(now) {
            return;
        }
        let checkpoint =
            Checkpoint::new(&self.game, &self.seats, &self.attendance, &self.journal, &self.driver);
        let checkpoint = match checkpoint.and_then(|checkpoint| checkpoint.encode()) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                // The rows are worth storing without a checkpoint, but then the last good one is valid only up to its own
                // tick, so the game ends here.
                self.report(now, None, EventKind::CheckpointFailed, error.to_string());
                if !self.phase.is_over() {
                    return self.finish(now, Outcome::Failed);
                }
                Vec::new()
            }
        };
        match self.journal.take_chunk(self.game.tick()) {
            Ok(chunk) => self.out.push(Output::Persist { chunk, checkpoint }),
            Err(error) => {
                self.report(now, None, EventKind::RecordFailed, error.to_string());
                self.finish(now, Outcome::Failed);
            }
        }
    }
}
