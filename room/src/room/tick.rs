//! One tick: actions, step, row, pictures; and what happens at the end of an episode.

use std::collections::BTreeMap;

use env_sdk::{ActionValue, Agent, PerAgent, Rng, Step, Stream, View};

use super::{Holder, Output, Room, State, seat::SeatState};
use crate::{
    keys::{InputMode, MissingAction},
    record::{EpisodeRecord, Row, Source},
    wire::{self, Frame, Hud, Outcome, ToSeat},
};

/// Ticks made up for at once after a late call; what is later than that moves the schedule.
const MAX_CATCH_UP: u32 = 4;

impl Room {
    /// Runs the ticks that are due.
    pub(super) fn run(&mut self, now: u64) {
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
            self.report(now, None, "slip", format!("{late} ms late"));
        }
    }

    fn tick_once(&mut self, now: u64) {
        let mut actions = PerAgent::<ActionValue>::new();
        let mut sources = Vec::with_capacity(self.seats.len());
        let mut observation = Vec::new();
        for agent in self.agents() {
            let (action, source) = self.choose(now, agent, &mut observation);
            if let Some(seat) = self.seats.get_mut(agent.index()) {
                seat.previous = Some(action.clone());
            }
            actions.push(action);
            sources.push(source);
        }
        let mut step = match self.sim.step(&actions) {
            Ok(step) => step,
            Err(error) => {
                self.report(now, None, "environment_failed", error.to_string());
                self.finish(now, Outcome::Failed);
                return;
            }
        };
        self.tick += 1;
        self.episode.steps += 1;
        if self.scene.max_steps.is_some_and(|limit| self.episode.steps >= limit) {
            for (truncated, terminated) in step.truncated.iter_mut().zip(&step.terminated) {
                *truncated |= !terminated;
            }
        }
        for (sums, rewards) in
            [&mut self.scores, &mut self.episode.returns].into_iter().zip([&step.rewards; 2])
        {
            for (sum, reward) in sums.iter_mut().zip(rewards) {
                *sum += reward;
            }
        }
        for (total, reward) in self.totals.iter_mut().zip(&step.rewards) {
            *total += f64::from(*reward);
        }
        let observations = self.observations();
        let finite = observations.iter().all(|v| v.is_finite());
        let done = step.done();
        let mut row = Row {
            tick: self.tick,
            episode: self.episode.episode,
            step: self.episode.steps,
            server_time_ms: now,
            actions: actions.into_vec(),
            sources,
            rewards: step.rewards.to_vec(),
            terminated: step.terminated.to_vec(),
            truncated: step.truncated.to_vec(),
            observations,
            infos: step.infos.drain(..).map(|info| (info.agent, info.key.to_owned(), info.value)).collect(),
            people: self.seats.iter().map(|seat| seat.human().map(|human| human.row())).collect(),
            hooks: Vec::new(),
        };
        if let Some(hooks) = &mut self.hooks {
            hooks.tick(&mut row);
        }
        self.pending.rows.push(row);
        if !finite {
            self.report(now, None, "environment_failed", "an observation is not finite".into());
            self.finish(now, Outcome::Failed);
            return;
        }
        self.send_frames(Some(&step));
        if done {
            self.episode_over(now, &step);
        }
    }

    /// The action of one agent for the tick that comes.
    fn choose(&mut self, now: u64, agent: Agent, observation: &mut Vec<f32>) -> (ActionValue, Source) {
        let default = || self.scene.default_action.clone();
        let (mode, missing) = (self.scene.input_mode, self.scene.missing_action);
        let keyboard = self.scene.keyboards.get(agent.index());
        let Some(seat) = self.seats.get_mut(agent.index()) else { return (default(), Source::Default) };
        let (action, source) = match &mut seat.holder {
            Holder::Human(human) => match keyboard.and_then(|keyboard| human.input.take(mode, keyboard)) {
                Some(action) => (action, Source::Keys),
                None => match (&seat.previous, mode, missing) {
                    (Some(previous), InputMode::KeyDown | InputMode::KeyUp, MissingAction::Previous) => {
                        (previous.clone(), Source::Previous)
                    }
                    _ => (default(), Source::Default),
                },
            },
            Holder::Policy(policy) => {
                observation.clear();
                self.sim.observe(agent, observation);
                let mut rng = Rng::derive(
                    self.info.seed,
                    Stream::Policy(agent.0),
                    self.sim.episode(),
                    self.sim.tick() + 1,
                );
                match policy.act(observation, &mut rng) {
                    Ok(action) => (action, Source::Policy),
                    Err(error) => {
                        let action = default();
                        self.report(now, Some(agent), "policy_failed", error.to_string());
                        return (action, Source::PolicyFailed);
                    }
                }
            }
        };
        if self.sim.is_valid(agent, &action) {
            return (action, source);
        }
        let replacement = default();
        self.report(now, Some(agent), "refused_action", action.to_string());
        (replacement, Source::Refused)
    }

    /// Sends every listening seat what changed in its picture.
    pub(super) fn send_frames(&mut self, step: Option<&Step>) {
        for agent in self.agents() {
            self.send_frame(agent, step);
        }
    }

    /// Sends one seat what changed in its picture.
    pub(super) fn send_frame(&mut self, agent: Agent, step: Option<&Step>) {
        if self.human(agent).and_then(|human| human.listener()).is_none() {
            return;
        }
        self.surface.clear();
        self.sim.draw(View::Agent(agent), &mut self.surface);
        let hud = self.hud(agent);
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        let Some(conn) = human.listener() else { return };
        let hud = (human.hud.as_ref() != Some(&hud)).then_some(hud);
        if let Some(hud) = &hud {
            human.hud = Some(hud.clone());
        }
        let rewards =
            step.filter(|step| step.rewards.iter().any(|r| *r != 0.0)).map(|step| step.rewards.to_vec());
        let frame = Frame {
            tick: self.tick,
            ack: human.ack,
            picture: human.encoder.encode(&self.surface),
            rewards,
            hud,
        };
        self.out.push_back(Output::Send { conn, bytes: wire::encode(&ToSeat::Frame(frame)) });
    }

    fn hud(&self, agent: Agent) -> Hud {
        let limit = self.scene.max_steps.unwrap_or(u32::MAX).min(self.sim.spec().max_steps);
        let left = limit.saturating_sub(self.episode.steps);
        Hud {
            episode: self.episode.episode + 1,
            episodes: self.scene.episodes,
            scores: self.scores.clone(),
            seconds_left: (left as f32 / self.scene.fps).ceil() as u32,
            items: self.sim.hud(View::Agent(agent)),
        }
    }

    fn episode_over(&mut self, now: u64, step: &Step) {
        let terminated = step.terminated.iter().any(|t| *t);
        self.close_episode(if terminated { "terminated" } else { "truncated" });
        let next = self.episode.episode + 1;
        if next >= self.scene.episodes {
            self.finish(now, Outcome::Completed);
            return;
        }
        self.sim.reset(self.info.seed, next);
        for seat in &mut self.seats {
            seat.previous = None;
            match &mut seat.holder {
                Holder::Policy(policy) => policy.reset(),
                Holder::Human(human) => human.encoder.restart(),
            }
        }
        if !self.scene.carry_score {
            self.scores.fill(0.0);
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
        self.send_frames(None);
        self.flush(now);
        if self.state == State::Running && self.scene.countdown_ms > 0 {
            self.set_state(now, State::Countdown { until: now + self.scene.countdown_ms });
        }
    }

    /// Moves the record of the current episode to what is stored.
    pub(super) fn close_episode(&mut self, end: &'static str) {
        let mut record = self.episode.clone();
        record.end = end.into();
        record.digest = self.sim.digest().unwrap_or(0);
        if let Some(hooks) = &mut self.hooks {
            hooks.episode_end(&mut record);
        }
        self.pending.episodes.push(record);
        self.episode.steps = 0;
    }
}
