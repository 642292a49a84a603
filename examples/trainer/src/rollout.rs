//! Gathers experience: the learner plays on some courts and every decision is kept with its advantage.

use std::sync::Arc;

use footlights_env::{Rng, Stream, math};

use crate::{
    Settings,
    court::{Actor, Court, Observation, Opponent, draw, softmax},
    net::Net,
};

const COURTS: usize = 8;
/// Decisions on each court between two updates.
const HORIZON: usize = if cfg!(test) { 16 } else { 256 };
/// How far advantages look beyond the critic (generalised advantage estimation).
const LAMBDA: f32 = 0.95;

/// What is learnt.
pub struct Learner {
    /// Chooses.
    pub actor: Actor,
    /// Foretells the reward still to come.
    pub critic: Net<1>,
    /// Earlier actors, newest last; never empty.
    pub past: Vec<Arc<Actor>>,
}

/// One decision.
pub struct Sample {
    /// What was seen.
    pub observation: Observation,
    /// What was done,
    pub action: usize,
    /// and the logarithm of the probability it had.
    pub log_probability: f32,
    /// How much better it went than the critic had foretold.
    pub advantage: f32,
    /// What the critic should have foretold.
    pub target: f32,
    value: f32,
    reward: f32,
    done: bool,
}

#[cfg(test)]
impl Sample {
    /// A decision of which only that is known.
    pub fn for_test(action: usize, log_probability: f32, advantage: f32) -> Self {
        Self {
            observation: Observation::default(),
            action,
            log_probability,
            advantage,
            target: 0.0,
            value: 0.0,
            reward: 0.0,
            done: false,
        }
    }
}

/// Points by opponent (scripted, random, past selves): how many, and the sum of the rewards.
pub type Score = [(u32, f32); 3];

/// Some courts that always belong together, so that the result does not depend on the number of threads.
pub struct Shard {
    courts: Vec<Court>,
    rng: Rng,
    /// The experience of the last [`Shard::collect`].
    pub samples: Vec<Sample>,
    /// Since it was last taken.
    pub score: Score,
}

impl Shard {
    /// The courts of that index, each with its first serve.
    pub fn new(settings: &Settings, index: u8, past: &[Arc<Actor>]) -> Self {
        let mut shard = Self {
            courts: Vec::new(),
            rng: Rng::derive(settings.seed, Stream::Policy(index), 0, 0),
            samples: Vec::new(),
            score: Score::default(),
        };
        for _ in 0..COURTS {
            let mut court = Court::new(settings.frame_skip);
            serve(&mut court, &mut shard.rng, past);
            shard.courts.push(court);
        }
        shard
    }

    /// Plays on. `shaping` pays for returns and for being close to a ball that was missed.
    pub fn collect(&mut self, learner: &Learner, settings: &Settings, shaping: f32) {
        self.samples.clear();
        for court in &mut self.courts {
            let begin = self.samples.len();
            for _ in 0..HORIZON {
                let observation = court.observe();
                let probabilities = softmax(&learner.actor.forward(&observation).out);
                let action = draw(&probabilities, &mut self.rng);
                let outcome = court.step(action);
                let bonus = f32::from(u8::from(outcome.returned)) - 0.5 * outcome.missed_by;
                self.samples.push(Sample {
                    observation,
                    action,
                    log_probability: math::logf(probabilities[action]),
                    value: learner.critic.forward(&observation).out[0],
                    reward: outcome.reward + shaping * bonus,
                    done: outcome.done,
                    advantage: 0.0,
                    target: 0.0,
                });
                if outcome.done {
                    let (points, sum) = &mut self.score[kind(court.opponent())];
                    *points += 1;
                    *sum += outcome.reward;
                    serve(court, &mut self.rng, &learner.past);
                }
            }
            let next = learner.critic.forward(&court.observe()).out[0];
            judge(&mut self.samples[begin..], next, settings.discount);
        }
    }
}

fn kind(opponent: &Opponent) -> usize {
    match opponent {
        Opponent::Scripted => 0,
        Opponent::Random => 1,
        Opponent::Past(_) => 2,
    }
}

/// Half of the points against the scripted opponent, a tenth against random play, the rest in self-play: as often
/// against the newest self as against any earlier one, so that nothing is unlearnt.
fn serve(court: &mut Court, rng: &mut Rng, past: &[Arc<Actor>]) {
    let newest = past.len() - 1;
    let opponent = match rng.below(10) {
        0..5 => Opponent::Scripted,
        5 => Opponent::Random,
        6..8 => Opponent::Past(past[newest].clone()),
        _ => Opponent::Past(past[rng.below(past.len() as u32) as usize].clone()),
    };
    let side = rng.below(2) as usize;
    court.start(rng.next_u64(), side, opponent);
}

/// Fills in advantages and targets from the end; `next` is the value of what comes after the last sample.
fn judge(samples: &mut [Sample], mut next: f32, discount: f32) {
    let mut advantage = 0.0;
    for sample in samples.iter_mut().rev() {
        let keep = if sample.done { 0.0 } else { discount };
        let surprise = sample.reward + keep * next - sample.value;
        advantage = surprise + keep * LAMBDA * advantage;
        sample.advantage = advantage;
        sample.target = advantage + sample.value;
        next = sample.value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advantages_end_with_the_point_and_reach_back_from_the_reward() {
        let mut samples: Vec<Sample> = (0..6).map(|_| Sample::for_test(0, 0.0, 0.0)).collect();
        samples[2].reward = 1.0;
        samples[2].done = true;
        judge(&mut samples, 0.5, 0.9);
        let keep = 0.9 * LAMBDA;
        let expected = [keep * keep, keep, 1.0, 0.45 * keep * keep, 0.45 * keep, 0.45];
        for (sample, expected) in samples.iter().zip(expected) {
            assert!((sample.advantage - expected).abs() < 1e-6, "{} {expected}", sample.advantage);
            assert_eq!(sample.target, sample.advantage);
        }
    }
}
