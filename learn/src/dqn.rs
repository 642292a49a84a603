//! Deep Q-learning (Mnih et al. 2015) with what has proved itself since: double (van Hasselt et al. 2016), dueling (Wang et
//! al. 2016), prioritised replay (Schaul et al. 2016) and returns over several steps (Hessel et al. 2018,
//! <https://arxiv.org/abs/1710.02298>, who put them together).

use footlights_env::{Rng, Stream, math};
use serde::{Deserialize, Serialize};

use crate::{
    adam::Adam,
    net::{Net, Shape, Trace},
    replay::{Place, Replay, Then},
};

/// What a learner may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Of everything random.
    pub seed: u64,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Whether the value of a state is learnt apart from what actions add to it.
    pub dueling: bool,
    /// Whether the network that learns chooses the action that the target network judges.
    pub double: bool,
    /// Steps whose rewards are summed before the target network judges the rest.
    pub steps: usize,
    /// What a reward is worth one step earlier.
    pub discount: f32,
    /// Rewards are multiplied by it.
    pub reward_scale: f32,
    /// Adam's step.
    pub rate: f32,
    /// Steps in a batch.
    pub batch: usize,
    /// Steps that are remembered.
    pub capacity: usize,
    /// Games that are played at the same time.
    pub games: usize,
    /// Steps before the first batch.
    pub warm_up: usize,
    /// Batches between two copies of the network to the target network.
    pub target_every: u64,
    /// How strongly surprises are preferred; 0 draws all steps alike.
    pub priority: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            hidden: vec![128, 128],
            dueling: true,
            double: true,
            steps: 5,
            discount: 0.99,
            reward_scale: 0.1,
            rate: 5e-4,
            batch: 32,
            capacity: 50_000,
            games: 1,
            warm_up: 500,
            target_every: 500,
            priority: 0.6,
        }
    }
}

/// The length to which a gradient is cut.
const GRADIENT_LIMIT: f32 = 10.0;
/// How much of the preference for surprises is taken back in what is learnt from them.
const CORRECTION: f64 = 0.5;
/// Keeps what was no surprise in the draw.
const LEAST_PRIORITY: f64 = 1e-3;

/// The learner of one agent with discrete actions.
pub struct Dqn {
    settings: Settings,
    head: Head,
    online: Net,
    target: Net,
    adam: Adam,
    /// What it remembers.
    pub replay: Replay,
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
    /// A learner that knows nothing yet, for observations of so many numbers and so many actions.
    #[must_use]
    pub fn new(settings: Settings, inputs: usize, actions: usize) -> Self {
        let head = Head { actions, dueling: settings.dueling };
        let mut rng = Rng::derive(settings.seed, Stream::Order, 0, 0);
        let online = Net::random(Shape::new(inputs, &settings.hidden, head.outputs()), &mut rng, 0.1);
        Self {
            head,
            target: online.clone(),
            adam: Adam::new(online.parameters.len()),
            online,
            replay: Replay::new(settings.capacity, settings.games),
            updates: 0,
            room: Room::default(),
            settings,
        }
    }

    /// How many batches it has learnt from.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The value of each action.
    pub fn values(&mut self, observation: &[f32]) -> &[f32] {
        self.online.forward(observation, &mut self.room.trace);
        self.room.values.clear();
        self.head.values(self.room.trace.out(), &mut self.room.values);
        &self.room.values
    }

    /// The action of the highest value.
    pub fn best(&mut self, observation: &[f32]) -> u32 {
        highest(self.values(observation)) as u32
    }

    /// Whether enough is remembered to learn from.
    #[must_use]
    pub fn can_learn(&self) -> bool {
        let s = &self.settings;
        self.replay.len() >= s.warm_up.max(s.batch).min(s.capacity)
    }

    /// Learns from one batch, and returns its mean loss; none while too little is remembered.
    pub fn learn(&mut self) -> Option<f32> {
        if !self.can_learn() {
            return None;
        }
        let s = &self.settings;
        let (high, low) = ((self.updates >> 32) as u32, self.updates as u32);
        let mut rng = Rng::derive(s.seed, Stream::Policy(255), high, low);
        let room = &mut self.room;
        room.now.clear();
        room.next.clear();
        room.drawn.clear();
        let mut heaviest = 0.0f64;
        while room.drawn.len() < s.batch {
            let (at, probability) = self.replay.draw(&mut rng)?;
            // The newest step has no sequel yet, and there are others.
            let Some(mut drawn) = follow(&self.replay, at, s, room) else { continue };
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
        self.adam.descend(&mut self.online.parameters, &room.gradient, s.rate, GRADIENT_LIMIT);
        self.updates += 1;
        if self.updates.is_multiple_of(s.target_every) {
            self.target.parameters.copy_from_slice(&self.online.parameters);
        }
        Some(loss / s.batch as f32)
    }

    pub(crate) fn store(&self) -> Stored {
        Stored {
            online: self.online.parameters.clone(),
            target: self.target.parameters.clone(),
            adam: self.adam.clone(),
            updates: self.updates,
        }
    }

    pub(crate) fn load(&mut self, stored: Stored) -> Result<(), String> {
        let (expected, found) = (self.online.parameters.len(), stored.online.len());
        if found != expected || stored.target.len() != expected || stored.adam.len() != expected {
            return Err(format!("a stored network has {found} parameters in place of {expected}"));
        }
        self.online.parameters = stored.online;
        self.target.parameters = stored.target;
        (self.adam, self.updates) = (stored.adam, stored.updates);
        Ok(())
    }

    /// Another step size, from the next batch on.
    pub fn set_rate(&mut self, rate: f32) {
        self.settings.rate = rate;
    }

    /// The network whose outputs are the values of the actions.
    #[must_use]
    pub fn network(&self) -> Net {
        self.head.plain(&self.online)
    }
}

/// The steps from one that was drawn: what they pay, and what was seen before and after them.
fn follow(replay: &Replay, at: Place, settings: &Settings, room: &mut Room) -> Option<Drawn> {
    let first = replay.get(at)?;
    let (mut sum, mut keep) = (0.0, 1.0);
    let mut here = at;
    let mut after: Option<&[f32]> = None;
    for number in 0..settings.steps.max(1) {
        let step = replay.get(here)?;
        sum += keep * step.reward * settings.reward_scale;
        keep *= settings.discount;
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
                    keep /= settings.discount;
                    sum -= keep * step.reward * settings.reward_scale;
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
pub(crate) struct Stored {
    online: Vec<f32>,
    target: Vec<f32>,
    adam: Adam,
    updates: u64,
}
