//! Proximal policy optimisation (Schulman et al. 2017, <https://arxiv.org/abs/1707.06347>): one network for all agents, which
//! play with each other and, where they are several, with earlier selves.

use footlights_env::{Preferences, Rng, Stream, math, msgpack};
use serde::{Deserialize, Serialize};

use crate::{
    adam::Adam,
    common::{Clock, Common, Learner, Output, Seat, encode, fits},
    net::{Net, Shape, Trace},
    replay::{Memory, Then},
};

/// What proximal policy optimisation may choose, beside what all learners may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Steps of every game between two updates.
    pub horizon: usize,
    /// How often an update goes through what was played.
    pub epochs: u32,
    /// Steps in a batch.
    pub batch: usize,
    /// How far an update may change the probability of an action.
    pub clip: f32,
    /// How far advantages look beyond the critic (Schulman et al. 2016, <https://arxiv.org/abs/1506.02438>).
    pub lambda: f32,
    /// What randomness is worth at the start; it falls evenly to nothing.
    pub entropy: f32,
    /// Every so many games one agent plays with earlier selves, if there are other agents; 0 for never. What it is rewarded
    /// there tells how much better the newest self is.
    pub past_every: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { horizon: 128, epochs: 4, batch: 256, clip: 0.2, lambda: 0.95, entropy: 0.01, past_every: 4 }
    }
}

/// The length to which a gradient is cut.
const GRADIENT_LIMIT: f32 = 0.5;
/// Updates between two selves that later ones play with, and how many of them are kept.
const KEEP_EVERY: u64 = 10;
const MOST_PAST: usize = 6;
/// Keeps the logarithm of a probability finite.
const LEAST: f32 = 1e-8;
/// The weight of a new decision in the mean of [`Ppo::hesitation`].
const SHARE: f32 = 0.001;

/// The learner: an actor that chooses, and a critic that foretells the reward still to come.
pub struct Ppo {
    common: Common,
    settings: Settings,
    actions: usize,
    agents: usize,
    actor: Net,
    critic: Net,
    adams: (Adam, Adam),
    /// Earlier actors; never empty.
    past: Vec<Net>,
    tables: Vec<Table>,
    lanes: Vec<Lane>,
    phase: Phase,
    /// Steps of every game since the last update.
    rounds: usize,
    updates: u64,
    /// How probable other actions than the best one were lately.
    hesitation: f32,
    room: Room,
}

/// Who plays in a game.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Table {
    /// The newest self, in all seats.
    Selves,
    /// The newest self in one seat, an earlier one in the others.
    Past { learns: usize, which: usize },
}

/// What a seat did since the last update.
#[derive(Debug, Default)]
struct Lane {
    observations: Vec<f32>,
    samples: Vec<Sample>,
    /// Whether the outcome of the last decision is not known yet.
    pending: bool,
}

/// One decision.
#[derive(Debug, Clone, PartialEq)]
struct Sample {
    action: usize,
    /// Which actions could be taken; all, if it is empty.
    mask: Vec<bool>,
    /// The logarithm of the probability that the action had.
    log: f32,
    /// What the critic foretold.
    value: f32,
    reward: f32,
    then: After,
    /// How much better it went than the critic had foretold.
    advantage: f32,
    /// What the critic should have foretold.
    target: f32,
}

/// What comes after a decision, for the critic.
#[derive(Debug, Clone, Copy, PartialEq)]
enum After {
    /// The next decision.
    Next,
    /// The episode's end, in a state of this value.
    End(f32),
}

#[derive(Debug)]
enum Phase {
    Play,
    Learn {
        /// Where the decisions lie: lane and place.
        order: Vec<(usize, usize)>,
        at: usize,
        epoch: u32,
        mean: f32,
        spread: f32,
    },
}

/// Room that is used again.
#[derive(Default)]
struct Room {
    batch: Vec<f32>,
    trace: Trace,
    judged: Trace,
    slope: Vec<f32>,
    gradient: Vec<f32>,
    weights: Vec<f32>,
}

impl Ppo {
    /// A learner that knows nothing yet, for games of so many agents, observations of so many numbers and so many actions.
    #[must_use]
    pub fn new(common: Common, settings: Settings, agents: usize, inputs: usize, actions: usize) -> Self {
        let mut rng = Rng::derive(common.seed, Stream::Order, 0, 0);
        // An actor that begins without preferences explores.
        let actor = Net::random(Shape::new(inputs, &common.hidden, actions), &mut rng, 0.01);
        let critic = Net::random(Shape::new(inputs, &common.hidden, 1), &mut rng, 1.0);
        let games = common.games.max(1);
        let lanes = (0..games * agents).map(|_| Lane::default()).collect();
        Self {
            adams: (Adam::new(actor.parameters.len()), Adam::new(critic.parameters.len())),
            past: vec![actor.clone()],
            actor,
            critic,
            tables: vec![Table::Selves; games],
            lanes,
            phase: Phase::Play,
            rounds: 0,
            updates: 0,
            hesitation: 1.0 - 1.0 / actions.max(1) as f32,
            room: Room::default(),
            common,
            settings,
            actions,
            agents,
        }
    }

    /// Fills in advantages and targets from the end; `next` are the values of what every lane sees now.
    fn judge(&mut self, next: &[f32]) {
        let keep = (self.common.discount, self.settings.lambda);
        for (lane, next) in self.lanes.iter_mut().zip(next) {
            judge(&mut lane.samples, *next, keep);
        }
        let advantages = || self.lanes.iter().flat_map(|lane| &lane.samples).map(|sample| sample.advantage);
        let count = advantages().count().max(1) as f32;
        let mean = advantages().sum::<f32>() / count;
        let spread = (advantages().map(|a| (a - mean) * (a - mean)).sum::<f32>() / count).sqrt() + LEAST;
        let lanes = self.lanes.iter().enumerate();
        let mut order: Vec<(usize, usize)> =
            lanes.flat_map(|(lane, kept)| (0..kept.samples.len()).map(move |at| (lane, at))).collect();
        shuffle(&mut order, self.common.seed, self.updates, 0);
        self.phase = Phase::Learn { order, at: 0, epoch: 0, mean, spread };
    }

    /// What was played is used up, and the games go on.
    fn play_on(&mut self) {
        for lane in &mut self.lanes {
            lane.observations.clear();
            lane.samples.clear();
        }
        (self.rounds, self.phase) = (0, Phase::Play);
        self.updates += 1;
        if self.updates.is_multiple_of(KEEP_EVERY) {
            // The first self stays: who is better than all others must be better than that one, too.
            if self.past.len() >= MOST_PAST {
                self.past.remove(1);
            }
            self.past.push(self.actor.clone());
        }
    }

    fn seat_learns(&self, seat: usize) -> bool {
        match self.tables.get(seat / self.agents.max(1)) {
            Some(Table::Past { learns, .. }) => seat % self.agents.max(1) == *learns,
            _ => true,
        }
    }
}

/// Fills in the advantages and targets of the decisions of a lane, of which the last is followed by a state of value `next`.
fn judge(samples: &mut [Sample], mut next: f32, (discount, lambda): (f32, f32)) {
    let mut advantage = 0.0;
    for sample in samples.iter_mut().rev() {
        if let After::End(value) = sample.then {
            (advantage, next) = (0.0, value);
        }
        let surprise = sample.reward + discount * next - sample.value;
        advantage = surprise + discount * lambda * advantage;
        sample.advantage = advantage;
        sample.target = advantage + sample.value;
        next = sample.value;
    }
}

fn shuffle(order: &mut [(usize, usize)], seed: u64, updates: u64, epoch: u32) {
    Rng::derive(seed, Stream::Policy(255), updates as u32, epoch).shuffle(order);
}

/// The probabilities that logits stand for; of actions that may not be taken 0, unless none may.
fn probabilities(logits: &[f32], may: impl Fn(usize) -> bool, into: &mut Vec<f32>) {
    // Rules that allow nothing cannot be kept.
    let all = !(0..logits.len()).any(&may);
    let may = |action: usize| all || may(action);
    let allowed = logits.iter().enumerate().filter(|(action, _)| may(*action));
    let highest = allowed.map(|(_, logit)| *logit).fold(f32::NEG_INFINITY, math::max);
    into.clear();
    let weights = logits.iter().enumerate();
    into.extend(weights.map(|(action, logit)| if may(action) { math::expf(logit - highest) } else { 0.0 }));
    let sum: f32 = into.iter().sum();
    into.iter_mut().for_each(|weight| *weight /= sum);
}

/// An action with these probabilities.
fn draw(probabilities: &[f32], rng: &mut Rng) -> usize {
    let mut left = rng.unit();
    let mut last = 0;
    for (action, probability) in probabilities.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        left -= probability;
        last = action;
        if left < 0.0 {
            break;
        }
    }
    last
}

/// Draws an action from what a network whose outputs are logits says.
pub(crate) fn draw_from(logits: &[f32], may: impl Fn(usize) -> bool, rng: &mut Rng) -> usize {
    let mut weights = Vec::new();
    probabilities(logits, may, &mut weights);
    draw(&weights, rng)
}

/// What an update strives for.
struct Objective {
    clip: f32,
    entropy: f32,
}

impl Objective {
    /// How the clipped objective and the entropy bonus, to be made small, change with each logit.
    fn slope(&self, probabilities: &[f32], sample: &Sample, advantage: f32, slope: &mut Vec<f32>) {
        let log = |p: f32| math::logf(p + LEAST);
        let own = probabilities.get(sample.action).copied().unwrap_or_default();
        let ratio = math::expf(log(own) - sample.log);
        let far_enough = if advantage > 0.0 { ratio > 1.0 + self.clip } else { ratio < 1.0 - self.clip };
        let push = if far_enough { 0.0 } else { -advantage * ratio };
        let entropy: f32 = -probabilities.iter().map(|p| p * log(*p)).sum::<f32>();
        slope.extend(probabilities.iter().enumerate().map(|(action, p)| {
            let chosen = if action == sample.action { 1.0 } else { 0.0 };
            // What may not be done has no slope.
            if *p > 0.0 { push * (chosen - p) + self.entropy * p * (log(*p) + entropy) } else { 0.0 }
        }));
    }
}

impl Learner for Ppo {
    fn begin(&mut self, game: usize, episode: u32) {
        let every = self.settings.past_every;
        let Some(table) = self.tables.get_mut(game) else { return };
        // The first game is the one that is shown: there all play as well as they can.
        *table = if self.agents > 1 && every > 0 && game % every == every - 1 {
            let mut rng = Rng::derive(self.common.seed, Stream::Policy(254), episode, game as u32);
            Table::Past {
                learns: rng.below(self.agents as u32) as usize,
                which: rng.below(self.past.len() as u32) as usize,
            }
        } else {
            Table::Selves
        };
    }

    fn choose(&mut self, seats: &[Seat<'_>], clock: &Clock) -> Option<Vec<u8>> {
        if matches!(self.phase, Phase::Learn { .. }) {
            return None;
        }
        let room = &mut self.room;
        room.batch.clear();
        seats.iter().for_each(|seat| room.batch.extend_from_slice(seat.observation));
        self.critic.forward(&room.batch, &mut room.judged);
        if self.rounds >= self.settings.horizon {
            let next = self.room.judged.out().to_vec();
            self.judge(&next);
            return None;
        }
        self.rounds += 1;
        self.actor.forward(&room.batch, &mut room.trace);
        let mut logits = room.trace.out().to_vec();
        for (seat, (at, row)) in seats.iter().zip(logits.chunks_exact_mut(self.actions).enumerate()) {
            if let Some(Table::Past { learns, which }) = self.tables.get(seat.game)
                && at % self.agents.max(1) != *learns
                && let Some(past) = self.past.get(*which)
            {
                past.forward(seat.observation, &mut room.trace);
                row.iter_mut().zip(room.trace.out()).for_each(|(own, past)| *own = *past);
            }
        }
        let (high, low) = ((clock.steps >> 32) as u32, clock.steps as u32);
        let mut chosen = Vec::with_capacity(seats.len());
        let values = self.room.judged.out().to_vec();
        for (at, (seat, row)) in seats.iter().zip(logits.chunks_exact(self.actions)).enumerate() {
            probabilities(row, |action| seat.may(action), &mut self.room.weights);
            // Every seat draws for itself, whatever the others do.
            let mut rng = Rng::derive(self.common.seed, Stream::Policy((at % 253) as u8), high, low);
            let action = draw(&self.room.weights, &mut rng);
            if self.seat_learns(at) {
                let probability = self.room.weights.get(action).copied().unwrap_or_default();
                let best = self.room.weights.iter().copied().fold(0.0, math::max);
                self.hesitation += SHARE * (1.0 - best - self.hesitation);
                if let (Some(lane), Some(value)) = (self.lanes.get_mut(at), values.get(at)) {
                    lane.pending = true;
                    lane.samples.push(Sample {
                        action,
                        mask: seat.mask.clone(),
                        log: math::logf(probability + LEAST),
                        value: *value,
                        reward: 0.0,
                        then: After::Next,
                        advantage: 0.0,
                        target: 0.0,
                    });
                    lane.observations.extend_from_slice(seat.observation);
                }
            }
            chosen.push(action as u8);
        }
        Some(chosen)
    }

    fn remember(&mut self, seat: usize, memory: Memory) {
        let Some(lane) = self.lanes.get_mut(seat) else { return };
        // What an earlier self did is nothing to learn from.
        if !std::mem::take(&mut lane.pending) {
            return;
        }
        let Some(sample) = lane.samples.last_mut() else { return };
        sample.reward = memory.reward * self.common.reward_scale;
        sample.then = match memory.then {
            Then::Next => After::Next,
            Then::Ended => After::End(0.0),
            Then::Cut(last) => {
                self.critic.forward(&last, &mut self.room.judged);
                After::End(self.room.judged.out().first().copied().unwrap_or_default())
            }
        };
    }

    fn learn(&mut self, clock: &Clock) -> Option<f32> {
        let Phase::Learn { order, at, epoch, mean, spread } = &mut self.phase else { return None };
        let end = (*at + self.settings.batch.max(1)).min(order.len());
        let batch = order.get(*at..end).unwrap_or_default();
        let count = batch.len().max(1) as f32;
        let inputs = self.actor.shape.inputs();
        let room = &mut self.room;
        room.batch.clear();
        let samples: Vec<&Sample> = batch
            .iter()
            .filter_map(|(lane, place)| {
                let lane = self.lanes.get(*lane)?;
                let row = lane.observations.get(place * inputs..(place + 1) * inputs)?;
                room.batch.extend_from_slice(row);
                lane.samples.get(*place)
            })
            .collect();
        let entropy = self.settings.entropy * (1.0 - clock.progress);
        let objective = Objective { clip: self.settings.clip, entropy };
        self.actor.forward(&room.batch, &mut room.trace);
        room.slope.clear();
        for (sample, row) in samples.iter().zip(room.trace.out().chunks_exact(self.actions)) {
            let may = |action: usize| sample.mask.get(action).copied().unwrap_or(true);
            probabilities(row, may, &mut room.weights);
            let advantage = (sample.advantage - *mean) / *spread;
            objective.slope(&room.weights, sample, advantage, &mut room.slope);
        }
        room.slope.iter_mut().for_each(|slope| *slope /= count);
        let rate = self.common.rate(clock);
        self.actor.backward(&mut room.trace, &room.slope, &mut room.gradient);
        self.adams.0.descend(&mut self.actor.parameters, &room.gradient, rate, GRADIENT_LIMIT);

        self.critic.forward(&room.batch, &mut room.judged);
        room.slope.clear();
        let errors = samples.iter().zip(room.judged.out()).map(|(sample, value)| value - sample.target);
        room.slope.extend(errors);
        let loss = room.slope.iter().map(|error| error * error).sum::<f32>() / count;
        room.slope.iter_mut().for_each(|slope| *slope /= count);
        self.critic.backward(&mut room.judged, &room.slope, &mut room.gradient);
        self.adams.1.descend(&mut self.critic.parameters, &room.gradient, rate, GRADIENT_LIMIT);

        *at = end;
        if *at >= order.len() {
            (*epoch, *at) = (*epoch + 1, 0);
            shuffle(order, self.common.seed, self.updates, *epoch);
            if *epoch >= self.settings.epochs {
                self.play_on();
            }
        }
        Some(loss)
    }

    fn updates(&self) -> u64 {
        self.updates
    }

    fn cost(&self) -> u64 {
        let own = (self.actor.parameters.len() + self.critic.parameters.len()) as u64;
        match self.phase {
            Phase::Play => self.lanes.len() as u64 * own,
            // Once forward, and once back, which takes twice as long.
            Phase::Learn { .. } => 3 * self.settings.batch as u64 * own,
        }
    }

    fn epsilon(&self, _: usize, _: &Clock) -> f32 {
        self.hesitation
    }

    fn against_past(&self, game: usize) -> Option<usize> {
        match self.tables.get(game) {
            Some(Table::Past { learns, .. }) => Some(*learns),
            _ => None,
        }
    }

    fn remembered(&self) -> usize {
        self.lanes.iter().map(|lane| lane.samples.len()).sum()
    }

    fn replayed(&self) -> usize {
        0
    }

    fn preferences(&mut self, observation: &[f32]) -> Preferences {
        self.actor.forward(observation, &mut self.room.trace);
        let mut weights = Vec::new();
        probabilities(self.room.trace.out(), |_| true, &mut weights);
        Preferences::Probabilities(weights)
    }

    fn network(&self) -> Net {
        self.actor.clone()
    }

    fn output(&self) -> Output {
        Output::Logits
    }

    fn save(&self) -> Result<Vec<u8>, String> {
        encode(&Stored {
            actor: self.actor.parameters.clone(),
            critic: self.critic.parameters.clone(),
            adams: self.adams.clone(),
            past: self.past.iter().map(|past| past.parameters.clone()).collect(),
            updates: self.updates,
            hesitation: self.hesitation,
        })
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), String> {
        let stored: Stored = msgpack::decode(saved).map_err(|error| error.to_string())?;
        let actors = stored.past.iter().map(Vec::len).chain([stored.actor.len(), stored.adams.0.len()]);
        fits(self.actor.parameters.len(), actors)?;
        fits(self.critic.parameters.len(), [stored.critic.len(), stored.adams.1.len()])?;
        let shape = self.actor.shape.clone();
        let past = stored.past.into_iter().map(|parameters| Net { shape: shape.clone(), parameters });
        self.past = past.collect();
        if self.past.is_empty() {
            self.past.push(self.actor.clone());
        }
        self.actor.parameters = stored.actor;
        self.critic.parameters = stored.critic;
        (self.adams, self.updates, self.hesitation) = (stored.adams, stored.updates, stored.hesitation);
        Ok(())
    }
}

/// The mean of what several learners keep that learnt side by side from the same start: the parameters of their networks, and
/// the moments of their optimisers (parallel SGD with averaged models, McMahan et al. 2017, <https://arxiv.org/abs/1602.05629>).
///
/// # Errors
/// There is none, one cannot be read, or they are of different networks.
pub fn mean(saved: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let mut all = saved.iter().map(|saved| {
        let stored: Result<Stored, _> = msgpack::decode(saved);
        stored.map_err(|error| error.to_string())
    });
    let mut sum = all.next().ok_or("there is no learner")??;
    for other in all {
        let other = other?;
        sum.actor = add(sum.actor, &other.actor)?;
        sum.critic = add(sum.critic, &other.critic)?;
        sum.adams = (sum.adams.0.plus(&other.adams.0)?, sum.adams.1.plus(&other.adams.1)?);
        sum.hesitation += other.hesitation;
    }
    let share = 1.0 / saved.len() as f32;
    for list in [&mut sum.actor, &mut sum.critic] {
        list.iter_mut().for_each(|x| *x *= share);
    }
    sum.adams = (sum.adams.0.times(share), sum.adams.1.times(share));
    sum.hesitation *= share;
    encode(&sum)
}

/// Adds numbers in place.
fn add(mut sum: Vec<f32>, other: &[f32]) -> Result<Vec<f32>, String> {
    fits(sum.len(), [other.len()])?;
    sum.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
    Ok(sum)
}

/// What a stored run keeps of its learner. What was played since the last update is played anew.
#[derive(Serialize, Deserialize)]
struct Stored {
    actor: Vec<f32>,
    critic: Vec<f32>,
    adams: (Adam, Adam),
    past: Vec<Vec<f32>>,
    updates: u64,
    hesitation: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(action: usize, log: f32) -> Sample {
        Sample {
            action,
            mask: Vec::new(),
            log,
            value: 0.0,
            reward: 0.0,
            then: After::Next,
            advantage: 0.0,
            target: 0.0,
        }
    }

    #[test]
    fn advantages_end_with_the_episode_and_reach_back_from_the_reward() {
        let mut samples: Vec<Sample> = (0..6).map(|_| sample(0, 0.0)).collect();
        samples[2].reward = 1.0;
        samples[2].then = After::End(0.0);
        judge(&mut samples, 0.5, (0.9, 0.95));
        let keep = 0.9 * 0.95;
        let expected = [keep * keep, keep, 1.0, 0.45 * keep * keep, 0.45 * keep, 0.45];
        for (sample, expected) in samples.iter().zip(expected) {
            assert!((sample.advantage - expected).abs() < 1e-6, "{} {expected}", sample.advantage);
            assert_eq!(sample.target, sample.advantage);
        }
        // An episode that was cut goes on as far as the critic can tell.
        samples[2].then = After::End(2.0);
        judge(&mut samples, 0.5, (0.9, 0.95));
        assert!((samples[2].advantage - (1.0 + 0.9 * 2.0)).abs() < 1e-6);
    }

    #[test]
    fn the_slope_is_the_one_that_small_changes_measure() {
        let objective = Objective { clip: 0.2, entropy: 0.2 };
        let mut decision = sample(2, -1.7);
        decision.mask = vec![true, true, true, false, true, true];
        let may = |action: usize| decision.mask[action];
        let logits = [0.1, -0.4, 0.3, 9.0, 0.5, -0.2];
        for advantage in [1.2f32, -1.2] {
            let loss = |logits: &[f32]| {
                let mut p = Vec::new();
                probabilities(logits, may, &mut p);
                let ratio = math::expf(math::logf(p[2]) - decision.log);
                let clipped = ratio.clamp(0.8, 1.2);
                let entropy: f32 = -p.iter().filter(|p| **p > 0.0).map(|p| p * math::logf(*p)).sum::<f32>();
                -(ratio * advantage).min(clipped * advantage) - 0.2 * entropy
            };
            let (mut p, mut slope) = (Vec::new(), Vec::new());
            probabilities(&logits, may, &mut p);
            objective.slope(&p, &decision, advantage, &mut slope);
            for at in 0..logits.len() {
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

    #[test]
    fn what_may_not_be_done_is_never_drawn() {
        let mut rng = Rng::derive(1, Stream::Order, 0, 0);
        for _ in 0..1_000 {
            assert_ne!(draw_from(&[0.0, 50.0, 0.0], |action| action != 1, &mut rng), 1);
        }
    }
}
