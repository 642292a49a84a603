//! The ways to run a game, as one type.

use footlights_env::{Agent, EnvError};
use footlights_experiment::{GameScene, RunMode};
use footlights_protocol::{
    EpochMs, Tick,
    wire::{ClientToRoom, RoomToClient, SimulationSetup},
};

use super::{
    super::{
        game::Game,
        io::RoomError,
        journal::Journal,
        phase::Phase,
        seats::{SILENCE_TIMEOUT_MS, Seats},
    },
    audience::{Acceptance, Audience, DecidedTick, QueuedInputs, TickSource},
    client_clock::{MAX_TICKS_AT_ONCE, Progress},
    repair_limit::RepairLimit,
    rollback::RollbackDriver,
    schedule::{MAX_CATCH_UP, Schedule},
    simulation_sync::SimulationSync,
    single_player::SinglePlayerDriver,
    streamed::StreamDriver,
};

/// Time for which a room was not called counts as this long at most when someone looked away, ms: the room does not know
/// whether they did for all of it.
const MAX_ATTENTION_GAP_MS: u64 = 1_000;

/// How a game is run.
#[allow(clippy::large_enum_variant, reason = "one a room, and never moved after it was made")]
pub enum Driver {
    /// Only the room simulates.
    Streamed(StreamDriver),
    /// The room and all browsers simulate; the room decides.
    Rollback(RollbackDriver),
    /// The room and the only participant's browser simulate; the browser has the clock.
    SinglePlayer(SinglePlayerDriver),
}

impl Driver {
    /// The driver for a scene. This is the only place in the room that looks at how a scene is run.
    ///
    /// # Errors
    /// If browsers are to simulate the game and its configuration does not encode.
    pub fn new(
        scene: &GameScene,
        phase_ms: u64,
        game: &Game,
        seats: &Seats,
        now: EpochMs,
    ) -> Result<Self, EnvError> {
        Ok(match scene.run_mode() {
            RunMode::Streamed => Self::Streamed(StreamDriver::new(scene, phase_ms, game)),
            RunMode::Rollback => Self::Rollback(RollbackDriver::new(scene, phase_ms, game, seats)?),
            RunMode::SinglePlayer => Self::SinglePlayer(SinglePlayerDriver::new(scene, game, seats, now)?),
        })
    }

    // Who may tick, and when.

    fn schedule(&self) -> Option<&Schedule> {
        match self {
            Self::Streamed(driver) => Some(&driver.schedule),
            Self::Rollback(driver) => Some(&driver.schedule),
            Self::SinglePlayer(_) => None,
        }
    }

    fn schedule_mut(&mut self) -> Option<&mut Schedule> {
        match self {
            Self::Streamed(driver) => Some(&mut driver.schedule),
            Self::Rollback(driver) => Some(&mut driver.schedule),
            Self::SinglePlayer(_) => None,
        }
    }

    /// The ticks begin, or go on, after tick `tick`: on a schedule from `from`, or as the browser's clock goes.
    pub fn start(&mut self, now: EpochMs, from: EpochMs, tick: Tick) {
        match self {
            Self::Streamed(driver) => driver.schedule.start(from),
            Self::Rollback(driver) => driver.schedule.start(from),
            Self::SinglePlayer(driver) => driver.clock.start(now, tick),
        }
    }

    /// The ticks stop between two episodes, after tick `tick`.
    pub fn stop(&mut self, tick: Tick) {
        if let Self::SinglePlayer(driver) = self {
            driver.clock.stop(tick);
        }
    }

    /// When to call a running room.
    pub fn next_wake(&self, tick: Tick) -> EpochMs {
        match self {
            Self::Streamed(driver) => driver.schedule.next(),
            Self::Rollback(driver) => driver.schedule.next(),
            Self::SinglePlayer(driver) => driver.clock.next_wake(tick),
        }
    }

    /// How many ticks one call runs at most, so that other rooms of the object get their turn.
    pub fn max_ticks_at_once(&self) -> u32 {
        self.schedule().map_or(MAX_TICKS_AT_ONCE, |_| MAX_CATCH_UP)
    }

    /// Takes the tick after `tick`, if it may run at `now`.
    pub fn take_due_tick(&mut self, now: EpochMs, tick: Tick) -> bool {
        match self {
            Self::Streamed(driver) => driver.schedule.take_due(now),
            Self::Rollback(driver) => driver.schedule.take_due(now),
            Self::SinglePlayer(driver) => tick < driver.clock.limit(now),
        }
    }

    /// Gives up on ticks that are overdue. Returns by how many ms the first one was.
    pub fn catch_up(&mut self, now: EpochMs) -> Option<u64> {
        self.schedule_mut()?.catch_up(now)
    }

    /// Gives up on the ticks up to `now`. Returns false if there is nothing to give up, or the browser has the clock.
    pub fn skip_to(&mut self, now: EpochMs) -> bool {
        self.schedule_mut().is_some_and(|schedule| schedule.skip_to(now))
    }

    /// How often [`Self::catch_up`] and [`Self::skip_to`] gave up on ticks.
    pub fn slips(&self) -> u32 {
        self.schedule().map_or(0, |schedule| schedule.slips)
    }

    /// Whether the game has gone on in a browser while the room stood still, so that it resumes without a countdown.
    pub fn resumes_at_once(&self) -> bool {
        matches!(self, Self::SinglePlayer(driver) if driver.clock.is_going())
    }

    /// Whether a seat's browser is connected and yet does not play.
    pub fn is_stuck(&self, now: EpochMs, agent: Agent, tick: Tick) -> bool {
        matches!(self, Self::SinglePlayer(driver) if driver.agent == agent && driver.clock.is_stuck(now, tick))
    }

    /// How much of a gap between two calls of the room counts when someone looks away, ms.
    pub fn max_attention_gap_ms(&self) -> u64 {
        match self {
            Self::Streamed(_) | Self::Rollback(_) => MAX_ATTENTION_GAP_MS,
            // The room is called when its only browser sends something, which is seldom while the page is hidden.
            Self::SinglePlayer(_) => SILENCE_TIMEOUT_MS,
        }
    }

    // Which messages are accepted.

    /// Whether a message of a browser has a meaning here.
    pub fn accepts(&self, message: &ClientToRoom) -> Acceptance {
        match self {
            Self::Streamed(driver) => driver.accepts(message),
            Self::Rollback(driver) => driver.accepts(message),
            Self::SinglePlayer(driver) => driver.accepts(message),
        }
    }

    /// What a browser needs to simulate the game; `None` where browsers are sent pictures.
    pub fn setup(&self) -> Option<&SimulationSetup> {
        self.sync().map(SimulationSync::setup)
    }

    fn sync(&self) -> Option<&SimulationSync> {
        match self {
            Self::Streamed(_) => None,
            Self::Rollback(driver) => Some(&driver.sync),
            Self::SinglePlayer(driver) => Some(&driver.sync),
        }
    }

    /// The browsers' simulations; `None` where browsers are sent pictures.
    pub fn sync_mut(&mut self) -> Option<&mut SimulationSync> {
        match self {
            Self::Streamed(_) => None,
            Self::Rollback(driver) => Some(&mut driver.sync),
            Self::SinglePlayer(driver) => Some(&mut driver.sync),
        }
    }

    /// The tick in which a key change counts that is stamped with `stamp`, after tick `tick`.
    pub fn cap_stamp(&self, stamp: Tick, tick: Tick) -> Tick {
        self.sync().map_or(stamp, |sync| stamp.min(sync.latest_stamp(tick)))
    }

    /// A seat's connection is gone or new; the room is after tick `tick`. Returns what happens to the seat's key changes.
    pub fn reconnect(&mut self, tick: Tick) -> QueuedInputs {
        match self {
            Self::Streamed(_) | Self::Rollback(_) => QueuedInputs::Release,
            Self::SinglePlayer(driver) => {
                driver.clock.forget(tick);
                QueuedInputs::Discard
            }
        }
    }

    /// A browser reports how far its clock has come, and the digest of its state there; the room is after tick `tick`.
    /// `None` where the room has the clock.
    pub fn report_progress(
        &mut self,
        now: EpochMs,
        tick: Tick,
        phase: Phase,
        until: Tick,
        digest: Option<u64>,
    ) -> Option<Progress> {
        let Self::SinglePlayer(driver) = self else { return None };
        Some(driver.clock.report(now, tick, phase, until, digest))
    }

    // What is sent.

    /// Shows everyone a tick that was decided.
    pub fn show(&mut self, tick: DecidedTick, journal: &mut Journal, audience: &mut Audience<'_>) {
        match self {
            Self::Streamed(driver) => driver.show(&tick, journal, audience),
            Self::Rollback(driver) => driver.sync.confirm(tick, journal, audience),
            Self::SinglePlayer(driver) => driver.sync.confirm(tick, journal, audience),
        }
    }

    /// An episode begins.
    pub fn start_episode(&mut self, source: TickSource, audience: &mut Audience<'_>) {
        if let Self::Streamed(driver) = self {
            driver.start_episode(source, audience);
        }
    }

    /// Sends everyone the picture of now, where the room sends pictures.
    pub fn send_pictures(&mut self, audience: &mut Audience<'_>) {
        if let Self::Streamed(driver) = self {
            driver.send_pictures(audience);
        }
    }

    /// Sends a seat all that it may know. A browser that knows later ticks may bring them back first, unless what is sent
    /// is `mandatory`.
    ///
    /// # Errors
    /// If the state does not encode; nothing is sent then.
    pub fn send_all(
        &mut self,
        agent: Agent,
        mandatory: bool,
        audience: &mut Audience<'_>,
    ) -> Result<(), RoomError> {
        match self {
            Self::Streamed(driver) => driver.send_whole_picture(agent, audience),
            Self::Rollback(driver) => driver.sync.send_snapshot(agent, mandatory, audience)?,
            Self::SinglePlayer(driver) => driver.sync.send_snapshot(agent, mandatory, audience)?,
        }
        Ok(())
    }

    /// The message that all ticks up to `tick` are stored; `None` where that is part of each tick.
    pub fn persisted(&self, tick: Tick) -> Option<RoomToClient> {
        matches!(self, Self::Streamed(_)).then_some(RoomToClient::Persisted { tick })
    }

    /// Whether a seat's browser has more to report about ticks up to `tick`.
    pub fn owes_report(&self, agent: Agent, tick: Tick) -> bool {
        self.sync().is_some_and(|sync| sync.states.owes_report(agent, tick))
    }

    // How it recovers.

    /// A restored room is after tick `tick`, with a schedule that was moved `slips` times.
    pub fn restore(&mut self, slips: u32, tick: Tick, episode_has_begun: bool, now: EpochMs) {
        match self {
            Self::Streamed(driver) => driver.schedule.slips = slips,
            Self::Rollback(driver) => driver.schedule.slips = slips,
            Self::SinglePlayer(driver) => driver.clock.restore(tick, episode_has_begun, now),
        }
    }

    /// Whether the ticks that a browser brings back are still wanted while the game runs: only a browser with the clock
    /// can know ticks that a running room does not.
    pub fn restores_while_running(&self) -> bool {
        matches!(self, Self::SinglePlayer(_))
    }

    /// How often what is wrong in a seat's browser is repaired.
    pub fn repairs_mut(&mut self, agent: Agent) -> Option<&mut RepairLimit> {
        match self {
            Self::Streamed(driver) => driver.repairs_mut(agent),
            Self::Rollback(driver) => driver.sync.states.repairs_mut(agent),
            Self::SinglePlayer(driver) => driver.sync.states.repairs_mut(agent),
        }
    }

    /// The browser's oldest digest of a tick that is over, with its seat; only browsers with the clock say them in
    /// advance.
    pub fn take_claim(&mut self, tick: Tick) -> Option<(Agent, Tick, u64)> {
        let Self::SinglePlayer(driver) = self else { return None };
        driver.clock.take_claim(tick).map(|(about, digest)| (driver.agent, about, digest))
    }
}
