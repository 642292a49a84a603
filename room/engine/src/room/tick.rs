//! One tick: actions, step, row, pictures; and what happens at the end of an episode.

use footlights_data::event::EventKind;
use std::collections::BTreeMap;

use footlights_env::{Agent, Step, View};

use super::{Holder, Output, Room, State, seat::SeatState};
use footlights_experiment::{
    Execution,
    record::{EpisodeRecord, StepRecord},
};
use footlights_protocol::{
    Outcome,
    timeline::{Move, Moves, PolicyQuery, TickResult},
    wire::{self, Frame, RoomToClient},
};

/// Ticks made up for at once after a late call; what is later than that moves the schedule.
const MAX_CATCH_UP: u32 = 4;

impl Room {
    /// Runs the ticks that are due.
    pub(super) fn run(&mut self, now: u64) {
        if self.run_alone(now) {
            return;
        }
        for _ in 0..MAX_CATCH_UP {
            if self.state != State::Running || now < self.schedule.next() {
                return;
            }
            self.schedule.done();
            self.tick_once(now);
        }
        if self.state == State::Running && now >= self.schedule.next() {
            let late = now - self.schedule.next();
            self.schedule.start(now);
            self.slips += 1;
            self.report(now, None, EventKind::Slip, format!("{late} ms late"));
        }
    }

    pub(super) fn tick_once(&mut self, now: u64) {
        let tick = self.tick() + 1;
        let mut moves = Moves::new();
        for agent in self.agents() {
            moves.insert(agent, self.choose(now, agent, tick));
        }
        self.apply(now, moves);
    }

    /// One tick with these moves, decided at `now`.
    pub(super) fn apply(&mut self, now: u64, moves: Moves) {
        let tick = self.tick() + 1;
        let ticked = match self.timeline.advance(&moves) {
            Ok(ticked) => ticked,
            Err(error) => {
                self.report(now, None, EventKind::EnvironmentFailed, error.to_string());
                self.finish(now, Outcome::Failed);
                return;
            }
        };
        for (agent, action) in &ticked.refused {
            self.report(now, Some(*agent), EventKind::RefusedAction, action.to_string());
        }
        let TickResult { actions, sources, mut step, .. } = ticked;
        self.episode.steps += 1;
        for (sum, reward) in self.episode.returns.iter_mut().zip(&step.rewards) {
            *sum += reward;
        }
        for (total, reward) in self.totals.iter_mut().zip(&step.rewards) {
            *total += f64::from(*reward);
        }
        let observations = self.observations();
        let digest = self.timeline.digest();
        let finite = digest.is_ok() && observations.iter().all(|v| v.is_finite());
        let digest = digest.unwrap_or(0);
        let done = step.done();
        let people = (0u8..).map(Agent).zip(&self.seats);
        let mut row = StepRecord {
            tick,
            episode: self.episode.episode,
            step: self.episode.steps,
            server_time_ms: now,
            actions: actions.into_vec(),
            sources,
            rewards: step.rewards.to_vec(),
            terminated: step.terminated.to_vec(),
            truncated: step.truncated.to_vec(),
            observations,
            digest,
            infos: step.infos.drain(..).map(|info| (info.agent, info.key.to_owned(), info.value)).collect(),
            people: people
                .map(|(agent, seat)| seat.human().map(|human| human.row(self.timeline.keys_seen(agent))))
                .collect(),
            hooks: Vec::new(),
        };
        if let Some(hooks) = &mut self.hooks {
            hooks.tick(&mut row);
        }
        self.pending.rows.push(row);
        if !finite {
            self.report(
                now,
                None,
                EventKind::EnvironmentFailed,
                "the state or an observation is not finite".into(),
            );
            self.finish(now, Outcome::Failed);
            return;
        }
        self.show(now, &moves, digest);
        if done {
            self.episode_over(now, &step);
        }
    }

    /// What a seat brings to the tick that comes.
    fn choose(&mut self, now: u64, agent: Agent, tick: u32) -> Move {
        let Some(seat) = self.seats.get_mut(agent.index()) else { return Move::default() };
        let policy = match &mut seat.holder {
            Holder::Human(human) => {
                let (changes, late) = human.inbox.take(tick);
                human.late = Some(late);
                return Move::Keys(changes);
            }
            Holder::Policy(policy) => policy,
        };
        match PolicyQuery::new(self.timeline.sim(), agent).evaluate(policy.as_mut()) {
            Ok(action) => Move::Action(action),
            Err(error) => {
                self.report(now, Some(agent), EventKind::PolicyFailed, error.to_string());
                Move::Failed
            }
        }
    }

    /// Brings the policies' own states to where they were: what they say is known already.
    pub(super) fn repeat_policies(&mut self) {
        for (agent, seat) in (0u8..).map(Agent).zip(&mut self.seats) {
            if let Holder::Policy(policy) = &mut seat.holder {
                let _ = PolicyQuery::new(self.timeline.sim(), agent).evaluate(policy.as_mut());
            }
        }
    }

    /// Tells everybody of a tick: its moves, or what changed in their pictures.
    fn show(&mut self, now: u64, moves: &Moves, digest: u64) {
        let tick = self.tick();
        let told = moves.iter().filter(|(_, moved)| **moved != Move::default());
        let told: Vec<(Agent, Move)> = told.map(|(agent, moved)| (*agent, moved.clone())).collect();
        let receipt = self.seal(tick, now, &told);
        match self.scene.execution {
            Execution::Server if self.repeats => {}
            Execution::Server => {
                for agent in self.agents() {
                    self.send_frame(agent, &receipt);
                }
            }
            Execution::Browser => self.confirm(now, told, digest),
        }
    }

    /// Sends every listening seat what changed in its picture without a tick.
    pub(super) fn send_pictures(&mut self) {
        for agent in self.agents() {
            self.send_frame(agent, &[]);
        }
    }

    /// Sends one seat what changed in its picture.
    pub(super) fn send_frame(&mut self, agent: Agent, receipt: &[u8]) {
        if self.human(agent).and_then(|human| human.listener()).is_none() {
            return;
        }
        self.surface.clear();
        self.timeline.sim().draw(View::Agent(agent), &mut self.surface);
        let hud = self.timeline.hud(agent, self.scene.fps);
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        let Some(conn) = human.listener() else { return };
        let hud = (human.hud.as_ref() != Some(&hud)).then_some(hud);
        if let Some(hud) = &hud {
            human.hud = Some(hud.clone());
        }
        let frame = Frame {
            tick: self.timeline.tick(),
            ack: human.ack,
            picture: human.encoder.encode(&self.surface),
            receipt: receipt.to_vec().into(),
            hud,
        };
        self.out.push_back(Output::Send { conn, bytes: wire::encode(&RoomToClient::Frame(frame)) });
    }

    fn episode_over(&mut self, now: u64, step: &Step) {
        let terminated = step.terminated.iter().any(|t| *t);
        self.close_episode(if terminated { "terminated" } else { "truncated" });
        if !self.timeline.next_episode() {
            self.finish(now, Outcome::Completed);
            return;
        }
        let next = self.timeline.sim().episode();
        for seat in &mut self.seats {
            match &mut seat.holder {
                Holder::Policy(policy) => policy.reset(),
                Holder::Human(human) => human.encoder.restart(),
            }
        }
        self.episode = EpisodeRecord {
            episode: next,
            started_ms: now,
            initial_observations: self.observations(),
            steps: 0,
            returns: vec![0.0; self.seats.len()],
            end: "interrupted".into(),
            digest: 0,
            metrics: BTreeMap::new(),
        };
        if let Some(hooks) = &mut self.hooks {
            hooks.episode_start(next, &self.episode.initial_observations);
        }
        if self.scene.execution == Execution::Server && !self.repeats {
            self.send_pictures();
        }
        self.flush(now);
        if self.state == State::Running && self.scene.countdown_ms > 0 {
            let tick = self.tick();
            if let Some(alone) = &mut self.alone {
                alone.stop(tick);
            }
            self.set_state(now, State::Countdown { until: now + self.scene.countdown_ms });
        }
    }

    /// Moves the record of the current episode to what is stored.
    pub(super) fn close_episode(&mut self, end: &'static str) {
        let mut record = self.episode.clone();
        record.end = end.into();
        record.digest = self.timeline.digest().unwrap_or(0);
        if let Some(hooks) = &mut self.hooks {
            hooks.episode_end(&mut record);
        }
        self.pending.episodes.push(record);
        self.episode.steps = 0;
    }
}
