//! Slime Volleyball as the learner meets it: one point after another from one side, on the concrete environment for
//! speed.

use std::sync::Arc;

use footlights_env::{ActionValue, Agent, Environment, Policy, Rng, Stream, math};
use footlights_environments::slime_volleyball::{Chaser, Config, Move, SlimeVolleyball, State};

use crate::net::{INPUTS, Net};

/// How many actions there are.
pub const ACTIONS: usize = 6;
/// The network that plays.
pub type Actor = Net<ACTIONS>;
/// What it sees.
pub type Observation = [f32; INPUTS];

/// Whom the learner plays.
#[derive(Debug, Clone)]
pub enum Opponent {
    /// The scripted policy.
    Scripted,
    /// Uniformly random moves.
    Random,
    /// The learner itself, now or earlier.
    Past(Arc<Actor>),
}

/// What one decision led to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// 1 for a point won, -1 for one lost, otherwise 0.
    pub reward: f32,
    /// The ball flew over the net to the other side.
    pub returned: bool,
    /// After a lost point, how far from the ball the learner stood, in world units.
    pub missed_by: f32,
    /// The point is over.
    pub done: bool,
}

/// One court.
pub struct Court {
    config: Config,
    state: State,
    /// The learner's side: 0 left, 1 right.
    side: usize,
    opponent: Opponent,
    rng: Rng,
    frame_skip: u32,
}

impl Court {
    /// An empty court; [`Court::start`] comes first.
    pub fn new(frame_skip: u32) -> Self {
        let config = Config::default();
        let mut rng = Rng::derive(0, Stream::Environment, 0, 0);
        let state = SlimeVolleyball::reset(&config, &mut rng);
        Self { config, state, side: 0, opponent: Opponent::Random, rng, frame_skip }
    }

    /// Serves.
    pub fn start(&mut self, seed: u64, side: usize, opponent: Opponent) {
        self.rng = Rng::derive(seed, Stream::Environment, 0, 0);
        self.state = SlimeVolleyball::reset(&self.config, &mut self.rng);
        (self.side, self.opponent) = (side, opponent);
    }

    /// What the learner sees.
    pub fn observe(&self) -> Observation {
        self.observe_from(self.side)
    }

    /// Whom the learner plays.
    pub fn opponent(&self) -> &Opponent {
        &self.opponent
    }

    fn observe_from(&self, side: usize) -> Observation {
        SlimeVolleyball::observe(&self.config, &self.state, Agent(side as u8))
    }

    /// Holds an action for the frame skip, or until the point is over.
    pub fn step(&mut self, action: usize) -> Outcome {
        let (me, other) = (self.side, 1 - self.side);
        let away = if me == 0 { -1.0 } else { 1.0 };
        let mut moves = [to_move(action); 2];
        let mut outcome = Outcome::default();
        for tick in 0..self.frame_skip {
            // A past self holds its actions as long as the learner does.
            if tick == 0 || !matches!(self.opponent, Opponent::Past(_)) {
                moves[other] = self.answer(other);
            }
            let before = self.state.ball.x * away;
            let step = SlimeVolleyball::step(&self.config, &mut self.state, &moves, &mut self.rng);
            outcome.returned |= before > 0.0 && self.state.ball.x * away <= 0.0;
            // Here no `Sim` cuts the episode.
            if step.done() || self.state.steps >= self.config.max_steps {
                outcome.done = true;
                outcome.reward = step.rewards[me];
                if outcome.reward < 0.0 {
                    outcome.missed_by = (self.state.ball.x - self.state.slimes[me].x).abs();
                }
                break;
            }
        }
        outcome
    }

    fn answer(&mut self, side: usize) -> Move {
        let seen = self.observe_from(side);
        match &self.opponent {
            Opponent::Scripted => {
                let action = Chaser.act(&seen, &mut self.rng).ok();
                action.and_then(|action| Move::try_from(action).ok()).unwrap_or(Move::Noop)
            }
            Opponent::Random => to_move(self.rng.below(ACTIONS as u32) as usize),
            Opponent::Past(actor) => to_move(draw(&softmax(&actor.forward(&seen).out), &mut self.rng)),
        }
    }
}

fn to_move(action: usize) -> Move {
    Move::try_from(ActionValue::Discrete(action as i32)).unwrap_or(Move::Noop)
}

/// The probabilities that logits stand for.
pub fn softmax(logits: &[f32; ACTIONS]) -> [f32; ACTIONS] {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, math::max);
    let weights = logits.map(|logit| math::expf(logit - highest));
    let sum: f32 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// An action with these probabilities.
pub fn draw(probabilities: &[f32; ACTIONS], rng: &mut Rng) -> usize {
    let mut left = rng.unit();
    for (action, probability) in probabilities.iter().enumerate() {
        left -= probability;
        if left < 0.0 {
            return action;
        }
    }
    ACTIONS - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a point without moving; how many decisions it took and what the last one led to.
    fn idle(court: &mut Court) -> (u32, Outcome) {
        for decisions in 1.. {
            let outcome = court.step(0);
            if outcome.done {
                return (decisions, outcome);
            }
        }
        unreachable!("points end");
    }

    #[test]
    fn standing_still_loses_by_some_distance_from_either_side() {
        for side in 0..2 {
            let mut court = Court::new(2);
            let mut lost = 0;
            for seed in 0..20 {
                court.start(seed, side, Opponent::Scripted);
                let (_, outcome) = idle(&mut court);
                if outcome.reward < 0.0 {
                    lost += 1;
                    assert!(outcome.missed_by > 0.0);
                }
            }
            assert!(lost > 10, "{lost} of 20");
        }
    }

    #[test]
    fn a_decision_lasts_for_the_frame_skip() {
        let decisions = |frame_skip| {
            let mut court = Court::new(frame_skip);
            court.start(3, 0, Opponent::Scripted);
            idle(&mut court).0
        };
        assert_eq!(decisions(1).div_ceil(3), decisions(3));
    }
}
