//! Deep Q-learning (Mnih et al. 2015) with what has proved itself since: double (van Hasselt et al. 2016), dueling (Wang et
//! al. 2016), prioritised replay (Schaul et al. 2016) and returns over several steps (Hessel et al. 2018,
//! <https://arxiv.org/abs/1710.02298>, who put them together).

use footlights_env::{Preferences, Rng, Stream, math, msgpack};
use serde::{Deserialize, Serialize};

use crate::{
    adam::Adam,
    common::{Clock, Common, Learner, Output, Seat, encode, fits},
    net::{Net, Shape, Trace},
    replay::{Memory, Place, Replay, Then},
};

/// What deep Q-learning may choose, beside what all learners may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether the value of a state is learnt apart from what actions add to it.
    pub dueling: bool,
    /// Whether the network that learns chooses the action that the target network judges.
    pub double: bool,
    /// Steps whose rewards are summed before the target network judges the rest.
    pub steps: usize,
    /// Steps in a batch.
    pub batch: usize,
    /// Batches that are learnt from after each step of all games.
    pub batches: u32,
    /// Steps that are remembered.
    pub capacity: usize,
    /// Steps before the first batch.
    pub warm_up: usize,
    /// Batches between two copies of the network to the target network.
    pub target_every: u64,
    /// How strongly surprises are preferred; 0 draws all steps alike.
    pub priority: f64,
    /// How often it tries something else than what it thinks best.
    pub exploration: Exploration,
}

/// How often a random action is taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exploration {
    /// In every episode less: `decay` to the power of the episodes before it, and never less than `floor`.
    PerEpisode {
        /// What is left after an episode.
        decay: f32,
        /// The least.
        floor: f32,
    },
    /// Every game explores differently, as the actors of Horgan et al. 2018 (<https://arxiv.org/abs/1803.00933>):
    /// `highest` to the power of `1 + exponent * k / (games - 1)` for game `k`, once `anneal` steps have led there.
    Spread {
        /// Steps of all games from acting at random to that.
        anneal: u64,
        /// Of the first game.
        highest: f32,
        /// How much less the last one explores.
        exponent: f32,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dueling: true,
            double: true,
            steps: 5,
            batch: 32,
            batches: 1,
            capacity: 50_000,
            warm_up: 500,
            target_every: 500,
            priority: 0.6,
            exploration: Exploration::PerEpisode { decay: 0.995, floor: 0.05 },
        }
    }
}

/// The length to which a gradient is cut.
const GRADIENT_LIMIT: f32 = 10.0;
/// How much of the preference for surprises is taken back in what is learnt from them.
const CORRECTION: f64 = 0.5;
/// Keeps what was no surprise in the draw.
const LEAST_PRIORITY: f64 = 1e-3;

/// The learner of discrete actions: one network for all agents.
pub struct Dqn {
    common: Common,
    settings: Settings,
    head: Head,
    online: Net,
    target: Net,
    adam: Adam,
    replay: Replay,
    updates: u64,
    room: Room,
}

/// Room that every batch uses again.
#[derive(Default)]
struct Room {
    trace: Trace,
    ahead: Trace,
    now: Vec<f32>,
    next: Vec<f32>,
    slope: Vec<f32>,
    gradient: Vec<f32>,
    drawn: Vec<Drawn>,
    values: Vec<f32>,
    judged: Vec<f32>,
    ahead_values: Vec<f32>,
}

/// A step that was drawn.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    at: Place,
    action: usize,
    /// What was paid in the steps from it.
    sum: f32,
    /// What the value of the state after them counts.
    keep: f32,
    weight: f32,
}

impl Dqn {
    /// A learner that knows nothing yet, for that many seats, observations of so many numbers and so many actions.
    #[must_use]
    pub fn new(common: Common, settings: Settings, seats: usize, inputs: usize, actions: usize) -> Self {
        let head = Head { actions, dueling: settings.dueling };
        let mut rng = Rng::derive(common.seed, Stream::Order, 0, 0);
        let online = Net::random(Shape::new(inputs, &common.hidden, head.outputs()), &mut rng, 0.1);
        Self {
            head,
            target: online.clone(),
            adam: Adam::new(online.parameters.len()),
            online,
            // Every seat has a lane of the memory.
            replay: Replay::new(settings.capacity, seats),
            updates: 0,
            room: Room::default(),
            common,
            settings,
        }
    }

    /// The value of each action, a row for each observation.
    fn values(&mut self, observations: &[f32]) -> &[f32] {
        self.online.forward(observations, &mut self.room.trace);
        self.room.values.clear();
        self.head.values(self.room.trace.out(), &mut self.room.values);
        &self.room.values
    }

    /// Whether enough is remembered to learn from.
    fn can_learn(&self) -> bool {
        let s = &self.settings;
        self.replay.len() >= s.warm_up.max(s.batch).min(s.capacity)
    }

    /// Learns from one batch, and returns its mean loss; none while too little is remembered.
    fn learn_once(&mut self, rate: f32) -> Option<f32> {
        if !self.can_learn() {
            return None;
        }
        let s = &self.settings;
        let (high, low) = ((self.updates >> 32) as u32, self.updates as u32);
        let mut rng = Rng::derive(self.common.seed, Stream::Policy(255), high, low);
        let room = &mut self.room;
        room.now.clear();
        room.next.clear();
        room.drawn.clear();
        let mut heaviest = 0.0f64;
        while room.drawn.len() < s.batch {
            let (at, probability) = self.replay.draw(&mut rng)?;
            // The newest step has no sequel yet, and there are others.
            let Some(mut drawn) = follow(&self.replay, at, s.steps, &self.common, room) else { continue };
            let weight = math::exp(-CORRECTION * math::log(probability * self.replay.len() as f64));
            heaviest = heaviest.max(weight);
            drawn.weight = weight as f32;
            room.drawn.push(drawn);
        }
        let head = self.head;
        self.target.forward(&room.next, &mut room.ahead);
        room.judged.clear();
        head.values(room.ahead.out(), &mut room.judged);
        // Who chooses: the network that learns, or the one that judges.
        room.values.clear();
        if s.double {
            self.online.forward(&room.next, &mut room.trace);
            head.values(room.trace.out(), &mut room.values);
        } else {
            room.values.extend_from_slice(&room.judged);
        }
        let both = room.values.chunks_exact(head.actions).zip(room.judged.chunks_exact(head.actions));
        room.ahead_values.clear();
        room.ahead_values
            .extend(both.map(|(own, judged)| judged.get(highest(own)).copied().unwrap_or_default()));
        self.online.forward(&room.now, &mut room.trace);
        room.values.clear();
        head.values(room.trace.out(), &mut room.values);

        let outputs = head.outputs();
        room.slope.clear();
        room.slope.resize(room.drawn.len() * outputs, 0.0);
        let mut loss = 0.0;
        let rows = room.values.chunks_exact(head.actions).zip(&room.ahead_values);
        let slopes = room.slope.chunks_exact_mut(outputs);
        for ((drawn, (values, ahead)), slope) in room.drawn.iter().zip(rows).zip(slopes) {
            let value = values.get(drawn.action).copied().unwrap_or_default();
            let error = value - (drawn.sum + drawn.keep * ahead);
            // Huber's loss: a square near zero, straight from 1 on.
            loss += if error.abs() < 1.0 { 0.5 * error * error } else { error.abs() - 0.5 };
            let push = math::clamp(error, -1.0, 1.0) * drawn.weight / heaviest as f32 / s.batch as f32;
            head.slope(push, drawn.action, slope);
            let surprise = f64::from(error.abs()) + LEAST_PRIORITY;
            if s.priority > 0.0 {
                self.replay.prioritise(drawn.at, math::exp(s.priority * math::log(surprise)));
            }
        }
        self.online.backward(&mut room.trace, &room.slope, &mut room.gradient);
        self.adam.descend(&mut self.online.parameters, &room.gradient, rate, GRADIENT_LIMIT);
        self.updates += 1;
        if self.updates.is_multiple_of(s.target_every) {
            self.target.parameters.copy_from_slice(&self.online.parameters);
        }
        Some(loss / s.batch as f32)
    }
}

impl Learner for Dqn {
    fn begin(&mut self, _: usize, _: u32) {}

    fn choose(&mut self, seats: &[Seat<'_>], clock: &Clock) -> Option<Vec<u8>> {
        let mut batch = Vec::new();
        seats.iter().for_each(|seat| batch.extend_from_slice(seat.observation));
        let values = self.values(&batch).to_vec();
        let (high, low) = ((clock.steps >> 32) as u32, clock.steps as u32);
        let mut chosen = Vec::with_capacity(seats.len());
        // The draws of a game are its own, whatever the others do.
        let mut draws: Option<(usize, Rng)> = None;
        for (seat, row) in seats.iter().zip(values.chunks_exact(self.head.actions)) {
            let epsilon = self.epsilon(seat.game, clock);
            let (_, rng) = match &mut draws {
                Some((game, _)) if *game == seat.game => draws.as_mut()?,
                _ => {
                    let stream = Stream::Policy((seat.game % 255) as u8);
                    draws.insert((seat.game, Rng::derive(self.common.seed, stream, high, low)))
                }
            };
            let action = if rng.unit() < epsilon {
                let allowed: Vec<usize> = (0..row.len()).filter(|action| seat.may(*action)).collect();
                rng.choose(&allowed).copied().unwrap_or_default()
            } else {
                highest_of(row, |action| seat.may(action))
            };
            chosen.push(action as u8);
        }
        Some(chosen)
    }

    fn remember(&mut self, seat: usize, memory: Memory) {
        self.replay.push(seat, memory);
    }

    fn learn(&mut self, clock: &Clock) -> Option<f32> {
        let rate = self.common.rate(clock);
        let (mut sum, mut count) = (0.0, 0.0);
        for _ in 0..self.settings.batches {
            if let Some(loss) = self.learn_once(rate) {
                sum += loss;
                count += 1.0;
            }
        }
        (count > 0.0).then(|| sum / count)
    }

    fn updates(&self) -> u64 {
        self.updates
    }

    fn cost(&self) -> u64 {
        let own = self.online.parameters.len() as u64;
        let acting = self.replay.lanes() as u64 * own;
        // Forward through both networks twice, and once back, which takes twice as long.
        let learning = u64::from(self.settings.batches) * self.settings.batch as u64 * own * 5;
        if self.can_learn() { acting + learning } else { acting }
    }

    fn epsilon(&self, game: usize, clock: &Clock) -> f32 {
        match self.settings.exploration {
            Exploration::PerEpisode { decay, floor } => math::max(power(decay, clock.episodes), floor),
            Exploration::Spread { anneal, highest, exponent } => {
                let games = self.common.games.max(2) - 1;
                let share = 1.0 + exponent * game as f32 / games as f32;
                let own = math::expf(math::logf(highest) * share);
                let annealed = 1.0 - clock.steps as f32 / anneal.max(1) as f32;
                math::max(annealed, own)
            }
        }
    }

    fn against_past(&self, _: usize) -> Option<usize> {
        None
    }

    fn remembered(&self) -> usize {
        self.replay.len()
    }

    fn replayed(&self) -> usize {
        self.settings.capacity / self.common.games.max(1)
    }

    fn preferences(&mut self, observation: &[f32]) -> Preferences {
        Preferences::Values(self.values(observation).to_vec())
    }

    fn network(&self) -> Net {
        self.head.plain(&self.online)
    }

    fn output(&self) -> Output {
        Output::QValues
    }

    fn save(&self) -> Result<Vec<u8>, String> {
        encode(&Stored {
            online: self.online.parameters.clone(),
            target: self.target.parameters.clone(),
            adam: self.adam.clone(),
            updates: self.updates,
        })
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), String> {
        let stored: Stored = msgpack::decode(saved).map_err(|error| error.to_string())?;
        let found = [stored.online.len(), stored.target.len(), stored.adam.len()];
        fits(self.online.parameters.len(), found)?;
        self.online.parameters = stored.online;
        self.target.parameters = stored.target;
        (self.adam, self.updates) = (stored.adam, stored.updates);
        Ok(())
    }
}

/// `x` to the power of `n`, by squaring: the same bits everywhere.
fn power(x: f32, n: u32) -> f32 {
    let (mut result, mut square, mut left) = (1.0, x, n);
    while left > 0 {
        if left % 2 == 1 {
            result *= square;
        }
        square *= square;
        left /= 2;
    }
    result
}

/// The steps from one that was drawn: what they pay, and what was seen before and after them.
fn follow(replay: &Replay, at: Place, steps: usize, common: &Common, room: &mut Room) -> Option<Drawn> {
    let first = replay.get(at)?;
    let (mut sum, mut keep) = (0.0, 1.0);
    let mut here = at;
    let mut after: Option<&[f32]> = None;
    for number in 0..steps.max(1) {
        let step = replay.get(here)?;
        sum += keep * step.reward * common.reward_scale;
        keep *= common.discount;
        match &step.then {
            Then::Ended => {
                keep = 0.0;
                after = Some(&step.observation);
                break;
            }
            Then::Cut(last) => {
                after = Some(last);
                break;
            }
            Then::Next => match replay.after(here) {
                Some(next) => {
                    here = next;
                    after = replay.get(next).map(|step| step.observation.as_slice());
                }
                // The newest step: its sequel is not remembered, so the sum ends before it.
                None if number == 0 => return None,
                None => {
                    keep /= common.discount;
                    sum -= keep * step.reward * common.reward_scale;
                    after = Some(&step.observation);
                    break;
                }
            },
        }
    }
    room.now.extend_from_slice(&first.observation);
    room.next.extend_from_slice(after?);
    Some(Drawn { at, action: first.action as usize, sum, keep, weight: 1.0 })
}

/// How the outputs of a network are read as values of actions: one output an action or, dueling, the value of the state
/// followed by what each action adds to it, of which only the difference from the mean counts.
#[derive(Debug, Clone, Copy)]
struct Head {
    actions: usize,
    dueling: bool,
}

impl Head {
    fn outputs(self) -> usize {
        self.actions + usize::from(self.dueling)
    }

    /// Appends the values of the actions, a row for each row of outputs.
    fn values(self, out: &[f32], values: &mut Vec<f32>) {
        for row in out.chunks_exact(self.outputs()) {
            match row.split_first() {
                Some((state, added)) if self.dueling => {
                    let base = state - added.iter().sum::<f32>() / self.actions as f32;
                    values.extend(added.iter().map(|added| base + added));
                }
                _ => values.extend_from_slice(row),
            }
        }
    }

    /// How the outputs change the value of one action, times `push`.
    fn slope(self, push: f32, action: usize, slope: &mut [f32]) {
        let share = push / self.actions as f32;
        let own = match slope.split_first_mut() {
            Some((state, added)) if self.dueling => {
                *state = push;
                added.iter_mut().for_each(|d| *d = -share);
                added
            }
            _ => slope,
        };
        if let Some(d) = own.get_mut(action) {
            *d += push;
        }
    }

    /// The network whose outputs are the values: the last layer does what [`Head::values`] does, which is linear.
    fn plain(self, net: &Net) -> Net {
        if !self.dueling {
            return net.clone();
        }
        let mut parameters = Vec::with_capacity(net.parameters.len());
        let count = net.layers().count();
        for (number, (_, _, weights, bias)) in net.layers().enumerate() {
            if number + 1 == count {
                self.values(weights, &mut parameters);
                self.values(bias, &mut parameters);
            } else {
                parameters.extend_from_slice(weights);
                parameters.extend_from_slice(bias);
            }
        }
        Net { shape: net.shape.with_outputs(self.actions), parameters }
    }
}

/// The place of the highest value, of several the first.
fn highest(values: &[f32]) -> usize {
    highest_of(values, |_| true)
}

/// The same among the places that may be chosen.
pub fn highest_of(values: &[f32], may: impl Fn(usize) -> bool) -> usize {
    let larger = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    let places = values.iter().copied().enumerate().filter(|(place, _)| may(*place));
    places.reduce(larger).map_or(0, |(place, _)| place)
}

/// What a stored run keeps of its learner.
#[derive(Serialize, Deserialize)]
struct Stored {
    online: Vec<f32>,
    target: Vec<f32>,
    adam: Adam,
    updates: u64,
}
