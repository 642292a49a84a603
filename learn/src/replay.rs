//! What a learner remembers: the last steps, and which of them it looks at again.

use footlights_env::Rng;

/// One step of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// What was seen before it.
    pub observation: Vec<f32>,
    /// What was done.
    pub action: u32,
    /// What was paid.
    pub reward: f32,
    /// How the episode went on.
    pub then: Then,
}

/// How an episode goes on after a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// With the next step that is remembered.
    Next,
    /// It is over, and nothing is paid any more.
    Ended,
    /// It was cut; this is what was seen last.
    Cut(Vec<f32>),
}

/// The last steps of some games, each with a priority. The steps of one game lie in a lane of their own, in the order in
/// which they were taken.
///
/// A step is drawn with a probability in proportion to its priority (Schaul et al. 2016, <https://arxiv.org/abs/1511.05952>).
#[derive(Debug)]
pub struct Replay {
    lanes: Vec<Lane>,
    /// Steps that a lane remembers.
    length: usize,
    /// A binary tree over the priorities: each node is the sum of its two children, the leaves begin at `leaves`, lane after
    /// lane.
    sums: Vec<f64>,
    leaves: usize,
    highest: f64,
}

#[derive(Debug, Default)]
struct Lane {
    steps: Vec<Memory>,
    /// Where the next step goes; the oldest one lies there once the lane is full.
    head: usize,
}

/// Where a step lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    lane: usize,
    at: usize,
}

impl Replay {
    /// An empty memory of so many steps of so many games.
    #[must_use]
    pub fn new(capacity: usize, lanes: usize) -> Self {
        let lanes = lanes.max(1);
        let length = (capacity / lanes).max(1);
        let leaves = (length * lanes).next_power_of_two();
        let lanes = (0..lanes).map(|_| Lane::default()).collect();
        Self { lanes, length, sums: vec![0.0; 2 * leaves], leaves, highest: 1.0 }
    }

    /// How many games there are.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// How many steps are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.steps.len()).sum()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The step at a place.
    #[must_use]
    pub fn get(&self, place: Place) -> Option<&Memory> {
        self.lanes.get(place.lane)?.steps.get(place.at)
    }

    /// The place of the step that was taken after another one in the same game, if it is remembered.
    #[must_use]
    pub fn after(&self, Place { lane, at }: Place) -> Option<Place> {
        let steps = self.lanes.get(lane)?;
        let next = (at + 1) % self.length;
        (next != steps.head && next < steps.steps.len()).then_some(Place { lane, at: next })
    }

    /// Remembers a step of a game; the oldest one is forgotten when its lane is full. It is as likely to be drawn as the
    /// likeliest.
    pub fn push(&mut self, lane: usize, step: Memory) {
        let length = self.length;
        let Some(steps) = self.lanes.get_mut(lane) else { return };
        let at = steps.head;
        match steps.steps.get_mut(at) {
            Some(oldest) => *oldest = step,
            None => steps.steps.push(step),
        }
        steps.head = (at + 1) % length;
        self.set(Place { lane, at }, self.highest);
    }

    /// How surprising a step was, which decides how often it is drawn.
    pub fn prioritise(&mut self, place: Place, priority: f64) {
        self.highest = self.highest.max(priority);
        self.set(place, priority);
    }

    fn set(&mut self, place: Place, priority: f64) {
        let mut node = self.leaves + place.lane * self.length + place.at;
        if let Some(leaf) = self.sums.get_mut(node) {
            *leaf = priority;
        }
        while node > 1 {
            node /= 2;
            let sum = self.sums.get(2 * node..2 * node + 2).map_or(0.0, |pair| pair.iter().sum());
            if let Some(slot) = self.sums.get_mut(node) {
                *slot = sum;
            }
        }
    }

    /// Draws a step; returns its place and the probability with which it was drawn.
    pub fn draw(&self, rng: &mut Rng) -> Option<(Place, f64)> {
        let all = self.sums.get(1).copied().filter(|all| *all > 0.0)?;
        let mut left = rng.unit_f64() * all;
        let mut node = 1;
        while node < self.leaves {
            node *= 2;
            let lower = self.sums.get(node).copied().unwrap_or_default();
            if left >= lower {
                left -= lower;
                node += 1;
            }
        }
        let leaf = node - self.leaves;
        let place = Place { lane: leaf / self.length, at: leaf % self.length };
        let priority = self.sums.get(node).copied().unwrap_or_default();
        // Rounding can lead to a place where no step is.
        if self.get(place).is_some() { Some((place, priority / all)) } else { self.draw(rng) }
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;

    use super::*;

    fn step(action: u32) -> Memory {
        Memory { observation: vec![action as f32], action, reward: 0.0, then: Then::Next }
    }

    fn place(lane: usize, at: usize) -> Place {
        Place { lane, at }
    }

    #[test]
    fn steps_are_drawn_in_proportion_to_their_priority() {
        let mut replay = Replay::new(6, 2);
        (0..5).for_each(|action| replay.push(action as usize / 3, step(action)));
        let wanted = [0.0, 1.0, 2.0, 0.5, 6.5];
        for (at, priority) in wanted.iter().enumerate() {
            replay.prioritise(place(at / 3, at % 3), *priority);
        }
        let mut rng = Rng::derive(1, Stream::Order, 0, 0);
        let mut drawn = [0.0; 5];
        for _ in 0..20_000 {
            let (Place { lane, at }, probability) = replay.draw(&mut rng).unwrap();
            let number = 3 * lane + at;
            assert!((probability - wanted[number] / 10.0).abs() < 1e-12);
            drawn[number] += 10.0 / 20_000.0;
        }
        for (drawn, wanted) in drawn.iter().zip(wanted) {
            assert!((drawn - wanted).abs() < 0.2, "{drawn} {wanted}");
        }
    }

    #[test]
    fn the_oldest_step_of_a_game_is_forgotten_and_nothing_follows_the_newest() {
        let mut replay = Replay::new(6, 2);
        assert!(replay.draw(&mut Rng::derive(1, Stream::Order, 0, 0)).is_none());
        (0..5).for_each(|action| replay.push(0, step(action)));
        replay.push(1, step(9));
        let actions: Vec<u32> = (0..3).map(|at| replay.get(place(0, at)).unwrap().action).collect();
        assert_eq!((actions, replay.len()), (vec![3, 4, 2], 4));
        assert_eq!(replay.after(place(0, 2)), Some(place(0, 0)));
        assert_eq!(replay.after(place(0, 0)), Some(place(0, 1)));
        assert_eq!((replay.after(place(0, 1)), replay.after(place(1, 0))), (None, None));
    }
}
