//! Ticks: which run, what each seat brings to them, what follows from them; and what happens at the end of an episode.

use footlights_data::event::EventKind;
use footlights_env::Agent;
use footlights_protocol::{
    EpochMs, Outcome, Tick,
    timeline::{Move, Moves},
};

use super::{
    driver::{Audience, DecidedTick, Judgement, TickSource},
    game_room::GameRoom,
    phase::Phase,
};

/// A room that is late by less makes up for it.
const MAX_LATE_MS: u64 = 200;

impl GameRoom {
    /// Runs the ticks that are due.
    pub(super) fn run(&mut self, now: EpochMs) {
        for _ in 0..self.driver.max_ticks_at_once() {
            if !self.phase.is_running() || !self.driver.take_due_tick(now, self.game.tick()) {
                return;
            }
            self.decide_tick(now);
        }
        if self.phase.is_running()
            && let Some(late) = self.driver.catch_up(now)
        {
            self.report(now, None, EventKind::Slip, format!("{late} ms late"));
        }
    }

    /// Gives up on ticks that are overdue by the players' clocks, while the room's own clock stands still.
    pub(super) fn skip_lost_time(&mut self, now: EpochMs) {
        let present = self.seats.players().filter(|(_, player)| player.ready).map(|(agent, _)| agent);
        let Some(time) = self.lateness.time_at_least(present) else { return };
        let late = time - now;
        if self.phase.is_running() && late >= MAX_LATE_MS && self.driver.skip_to(time) {
            self.report(now, None, EventKind::Slip, format!("{late} ms late by the players' clocks"));
        }
    }

    fn decide_tick(&mut self, now: EpochMs) {
        let tick = self.game.tick() + 1;
        let mut moves = Moves::new();
        for agent in self.seats.agents() {
            let chosen = self.seats.choose(agent, tick, self.game.timeline().sim());
            let chosen = chosen.unwrap_or_else(|error| {
                self.report(now, Some(agent), EventKind::PolicyFailed, error.to_string());
                Move::Failed
            });
            moves.insert(agent, chosen);
        }
        self.apply_tick(now, &moves, TickSource::Live);
    }

    /// Repeats a tick that a lost process decided at `at_ms`.
    pub(super) fn repeat_tick(&mut self, at_ms: EpochMs, moves: Vec<(Agent, Move)>) {
        let moves = self.seats.repeat(moves, self.game.timeline().sim());
        self.apply_tick(at_ms, &moves, TickSource::Restored);
    }

    fn apply_tick(&mut self, now: EpochMs, moves: &Moves, source: TickSource) {
        let ticked = match self.game.advance(now, moves, &self.seats) {
            Ok(ticked) => ticked,
            Err(error) => {
                self.report(now, None, EventKind::EnvironmentFailed, error.to_string());
                return self.finish(now, Outcome::Failed);
            }
        };
        for (agent, action) in &ticked.refused {
            self.report(now, Some(*agent), EventKind::RefusedAction, action.to_string());
        }
        self.journal.record_step(ticked.row);
        if !ticked.is_finite {
            let detail = "the state or an observation is not finite";
            self.report(now, None, EventKind::EnvironmentFailed, detail);
            return self.finish(now, Outcome::Failed);
        }
        self.show_tick(now, moves, ticked.digest, source);
        if let Some(end) = ticked.end {
            self.end_episode(now, end, source);
        }
    }

    fn show_tick(&mut self, at_ms: EpochMs, moves: &Moves, digest: u64, source: TickSource) {
        let moves = moves.iter().filter(|(_, moved)| **moved != Move::default());
        let moves = moves.map(|(agent, moved)| (*agent, moved.clone())).collect();
        let tick = DecidedTick { at_ms, moves, digest, source };
        let mut audience = Audience { game: &self.game, seats: &self.seats, out: &mut self.out };
        self.driver.show(tick, &mut self.journal, &mut audience);
        self.check_claims(at_ms);
    }

    fn end_episode(&mut self, now: EpochMs, end: &'static str, source: TickSource) {
        self.journal.record_episode(self.game.close_episode(end));
        if !self.game.next_episode(now) {
            return self.finish(now, Outcome::Completed);
        }
        self.seats.reset_policies();
        let (driver, mut audience) = self.driver_and_audience();
        driver.start_episode(source, &mut audience);
        self.flush(now);
        if self.phase.is_running() && self.scene.episodes.countdown_ms > 0 {
            self.driver.stop(self.game.tick());
            self.set_phase(
                now,
                Phase::Countdown { until: now + self.scene.episodes.countdown_ms, resume: None },
            );
        }
    }

    /// Compares what browsers said in advance of ticks that are over now.
    pub(super) fn check_claims(&mut self, now: EpochMs) {
        while let Some((agent, tick, digest)) = self.driver.take_claim(self.game.tick()) {
            self.compare_state(now, agent, tick, digest);
        }
    }

    /// A browser says which digest its state had after a tick.
    pub(super) fn compare_state(&mut self, now: EpochMs, agent: Agent, tick: Tick, digest: u64) {
        let Some(sync) = self.driver.sync_mut() else { return };
        let judgement = sync.states.judge(now, agent, tick, digest);
        self.act_on(now, agent, tick, digest, judgement);
    }

    /// A browser says that its state after a tick is another one than the room's.
    pub(super) fn contradict_state(&mut self, now: EpochMs, agent: Agent, tick: Tick, digest: u64) {
        let Some(sync) = self.driver.sync_mut() else { return };
        let judgement = sync.states.contradict(now, agent, tick, digest);
        self.act_on(now, agent, tick, digest, judgement);
    }

    fn act_on(&mut self, now: EpochMs, agent: Agent, tick: Tick, digest: u64, judgement: Judgement) {
        match judgement {
            Judgement::Undecided => {}
            Judgement::Same => self.journal.record_verification(agent, tick, true),
            Judgement::Different { known } => {
                let here = known.map_or("forgotten".to_owned(), |digest| format!("{digest:016x}"));
                // All ticks up to now are in doubt; the snapshot repairs those that come.
                self.journal.record_verification(agent, self.game.tick(), false);
                let detail = format!("tick {tick}: {digest:016x}, here {here}");
                self.report(now, Some(agent), EventKind::Desync, detail);
                if !self.phase.is_over() {
                    self.send_all(now, agent, true);
                }
            }
        }
    }

    /// Sends a seat all that it may know of the game. A browser that knows later ticks may bring them back first, unless
    /// what is sent is `mandatory`.
    pub(super) fn send_all(&mut self, now: EpochMs, agent: Agent, mandatory: bool) {
        let (driver, mut audience) = self.driver_and_audience();
        if let Err(error) = driver.send_all(agent, mandatory, &mut audience) {
            self.report(now, Some(agent), EventKind::SnapshotFailed, error.to_string());
        }
    }
}
