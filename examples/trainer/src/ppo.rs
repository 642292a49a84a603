//! Proximal policy optimisation (Schulman et al. 2017) with self-play. The same settings give the same network, bit for
//! bit, on every machine and with any number of threads.

use std::{num::NonZeroUsize, sync::Arc, thread};

use footlights_env::{Rng, Stream, math};

use crate::{
    Settings,
    adam::Adam,
    court::{ACTIONS, Actor, softmax},
    net::Net,
    rollout::{Learner, Sample, Score, Shard},
};

const SHARDS: u8 = 8;
const EPOCHS: usize = 4;
const BATCH: usize = 2048;
/// A batch's gradient is the sum over parts of this size, whichever thread computes them.
const PART: usize = 256;
/// How far an update may change an action's probability.
const CLIP: f32 = 0.2;
const GRADIENT_LIMIT: f32 = 0.5;
/// Iterations between two selves that later ones play against.
const KEEP_EVERY: u32 = 10;
/// The share of the training in which returns are paid, and how much each is worth at first.
const SHAPING: (f32, f32) = (0.4, 0.1);

/// A gradient of the actor and one of the critic.
type Gradients = (Vec<f32>, Vec<f32>);

/// Trains an actor; `progress` hears now and then how it goes.
pub fn train(settings: &Settings, threads: NonZeroUsize, progress: impl Fn(u32, Score)) -> Actor {
    let threads = threads.get();
    let mut rng = Rng::derive(settings.seed, Stream::Policy(SHARDS), 0, 0);
    // An actor that begins without preferences explores.
    let actor = Net::random(&mut rng, 0.01);
    let mut learner =
        Learner { past: vec![Arc::new(actor.clone())], actor, critic: Net::random(&mut rng, 1.0) };
    let mut optimisers = (Adam::new(Actor::SIZE), Adam::new(Net::<1>::SIZE));
    let mut shards: Vec<Shard> =
        (0..SHARDS).map(|index| Shard::new(settings, index, &learner.past)).collect();
    for iteration in 0..settings.iterations {
        let left = 1.0 - iteration as f32 / settings.iterations as f32;
        let shaping = SHAPING.1 * math::max(0.0, 1.0 - (1.0 - left) / SHAPING.0);
        thread::scope(|scope| {
            let learner = &learner;
            for some in shards.chunks_mut(usize::from(SHARDS).div_ceil(threads)) {
                scope.spawn(move || some.iter_mut().for_each(|s| s.collect(learner, settings, shaping)));
            }
        });
        let mut samples: Vec<&Sample> = shards.iter().flat_map(|shard| &shard.samples).collect();
        let objective = Objective::new(&samples, settings.entropy * left);
        for _ in 0..EPOCHS {
            rng.shuffle(&mut samples);
            for batch in samples.chunks(BATCH) {
                let (actor, critic) = objective.gradients(&learner, batch, threads);
                let rate = settings.rate * math::max(left, 0.05);
                optimisers.0.descend(&mut learner.actor.0, &actor, rate, GRADIENT_LIMIT);
                optimisers.1.descend(&mut learner.critic.0, &critic, rate, GRADIENT_LIMIT);
            }
        }
        let done = iteration + 1;
        if done % KEEP_EVERY == 0 {
            learner.past.push(Arc::new(learner.actor.clone()));
        }
        if done % 25 == 0 {
            progress(done, take_scores(&mut shards));
        }
    }
    learner.actor
}

fn take_scores(shards: &mut [Shard]) -> Score {
    let mut sum = Score::default();
    for shard in shards {
        for (total, part) in sum.iter_mut().zip(std::mem::take(&mut shard.score)) {
            total.0 += part.0;
            total.1 += part.1;
        }
    }
    sum
}

/// What an update strives for.
struct Objective {
    mean: f32,
    spread: f32,
    entropy: f32,
}

impl Objective {
    fn new(samples: &[&Sample], entropy: f32) -> Self {
        let count = samples.len() as f32;
        let mean = samples.iter().map(|s| s.advantage).sum::<f32>() / count;
        let square = |s: &&Sample| (s.advantage - mean) * (s.advantage - mean);
        let spread = (samples.iter().map(square).sum::<f32>() / count).sqrt() + 1e-8;
        Self { mean, spread, entropy }
    }

    /// Mean gradients over a batch.
    fn gradients(&self, learner: &Learner, batch: &[&Sample], threads: usize) -> Gradients {
        let parts: Vec<&[&Sample]> = batch.chunks(PART).collect();
        let mut results: Vec<Gradients> = Vec::new();
        results.resize_with(parts.len(), || (vec![0.0; Actor::SIZE], vec![0.0; Net::<1>::SIZE]));
        let share = parts.len().div_ceil(threads);
        thread::scope(|scope| {
            for (some, outs) in parts.chunks(share).zip(results.chunks_mut(share)) {
                scope.spawn(move || {
                    for (part, out) in some.iter().zip(outs) {
                        part.iter().for_each(|sample| self.add(learner, sample, out));
                    }
                });
            }
        });
        let mut sum = (vec![0.0; Actor::SIZE], vec![0.0; Net::<1>::SIZE]);
        let scale = 1.0 / batch.len() as f32;
        for (actor, critic) in results {
            sum.0.iter_mut().zip(actor).for_each(|(total, part)| *total += part * scale);
            sum.1.iter_mut().zip(critic).for_each(|(total, part)| *total += part * scale);
        }
        sum
    }

    /// Adds one sample's gradients.
    fn add(&self, learner: &Learner, sample: &Sample, out: &mut Gradients) {
        let trace = learner.actor.forward(&sample.observation);
        let slope = self.actor_slope(&trace.out, sample);
        learner.actor.backward(&sample.observation, &trace, &slope, &mut out.0);

        let trace = learner.critic.forward(&sample.observation);
        let slope = [trace.out[0] - sample.target];
        learner.critic.backward(&sample.observation, &trace, &slope, &mut out.1);
    }

    /// How the clipped objective and the entropy bonus, to be made small, change with each logit.
    fn actor_slope(&self, logits: &[f32; ACTIONS], sample: &Sample) -> [f32; ACTIONS] {
        let advantage = (sample.advantage - self.mean) / self.spread;
        let probabilities = softmax(logits);
        let logs = probabilities.map(|p| math::logf(p + 1e-8));
        let ratio = math::expf(logs[sample.action] - sample.log_probability);
        let far_enough = if advantage > 0.0 { ratio > 1.0 + CLIP } else { ratio < 1.0 - CLIP };
        let push = if far_enough { 0.0 } else { -advantage * ratio };
        let entropy: f32 = -probabilities.iter().zip(&logs).map(|(p, log)| p * log).sum::<f32>();
        std::array::from_fn(|action| {
            let chosen = if action == sample.action { 1.0 } else { 0.0 };
            let p = probabilities[action];
            push * (chosen - p) + self.entropy * p * (logs[action] + entropy)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained(seed: u64, threads: usize) -> Actor {
        let settings =
            Settings { seed, iterations: 2, frame_skip: 2, rate: 0.002, entropy: 0.003, discount: 0.995 };
        train(&settings, NonZeroUsize::new(threads).unwrap(), |_, _| {})
    }

    #[test]
    fn the_seed_decides_and_the_number_of_threads_does_not() {
        let one = trained(1, 1);
        assert_eq!(one, trained(1, 3));
        assert_ne!(one, trained(2, 1));
    }

    #[test]
    fn the_slope_is_the_one_that_small_changes_measure() {
        let sample = Sample::for_test(2, -1.7, 0.7);
        let objective = Objective { mean: 0.1, spread: 0.5, entropy: 0.2 };
        let logits = [0.1, -0.4, 0.3, 0.0, 0.5, -0.2];
        let loss = |logits: &[f32; ACTIONS]| {
            let p = softmax(logits);
            let ratio = math::expf(math::logf(p[2]) - sample.log_probability);
            let clipped = math::clamp(ratio, 1.0 - CLIP, 1.0 + CLIP);
            let advantage = (0.7 - 0.1) / 0.5;
            let entropy: f32 = -p.iter().map(|p| p * math::logf(*p)).sum::<f32>();
            -math::min(ratio * advantage, clipped * advantage) - 0.2 * entropy
        };
        let slope = objective.actor_slope(&logits, &sample);
        for at in 0..ACTIONS {
            let shifted = |by: f32| {
                let mut logits = logits;
                logits[at] += by;
                loss(&logits)
            };
            let measured = (shifted(0.01) - shifted(-0.01)) / 0.02;
            assert!((measured - slope[at]).abs() < 0.01, "{at}: {measured} {}", slope[at]);
        }
    }
}
