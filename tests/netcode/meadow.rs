//! An environment for 2 to 4 players, in which everybody bumps into everybody and the wind blows at random: whatever one
//! of them does changes what happens to the others.

use footlights_env::prelude::*;
use footlights_protocol::timeline::PolicyQuery;

pub struct Meadow;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    pub players: u8,
    pub steps: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { players: 2, steps: 100 }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    /// x, y, and the speed of both.
    players: Vec<[f32; 4]>,
}

#[derive(Debug, Clone, Copy, Discrete)]
pub enum Push {
    Stay,
    Left,
    Right,
    Up,
    Down,
}

const SIZE: f32 = 20.0;
const RADIUS: f32 = 1.0;

impl Environment for Meadow {
    type Config = Config;
    type State = State;
    type Action = Push;
    type Observation = [f32; 4];

    const ID: &'static str = "meadow-v0";

    fn spec(config: &Config) -> Spec {
        let agent = AgentSpec::new(Push::space(), Space::uniform_box(4, -50.0, 50.0)).noop(Push::Stay);
        Spec {
            id: Self::ID.into(),
            agents: vec![agent; usize::from(config.players)],
            max_steps: config.steps,
            reward_range: (-10.0, 10.0),
            viewport: Viewport { width: SIZE, height: SIZE },
        }
    }

    fn reset(config: &Config, rng: &mut Rng) -> State {
        let place = |_| [rng.uniform(0.0, SIZE), rng.uniform(0.0, SIZE), 0.0, 0.0];
        State { players: (0..config.players).map(place).collect() }
    }

    fn step(_: &Config, state: &mut State, actions: &[Push], rng: &mut Rng) -> Step {
        let wind = (rng.uniform(-0.01, 0.01), rng.uniform(-0.01, 0.01));
        for (player, action) in state.players.iter_mut().zip(actions) {
            let (ax, ay) = [(0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)][action.index()];
            player[2] = (player[2] + ax * 0.05 + wind.0) * 0.95;
            player[3] = (player[3] + ay * 0.05 + wind.1) * 0.95;
            for axis in [0, 1] {
                player[axis] += player[axis + 2];
                if player[axis] < 0.0 || player[axis] > SIZE {
                    player[axis] = math::clamp(player[axis], 0.0, SIZE);
                    player[axis + 2] = -player[axis + 2];
                }
            }
        }
        let mut rewards = vec![0.0; state.players.len()];
        for a in 0..state.players.len() {
            for b in a + 1..state.players.len() {
                let (p, q) = (state.players[a], state.players[b]);
                let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
                let apart = (dx * dx + dy * dy).sqrt();
                if apart < 2.0 * RADIUS && apart > 0.0 {
                    let push = 0.2 * (2.0 * RADIUS - apart) / apart;
                    for (slot, other) in [(2, dx), (3, dy)] {
                        state.players[a][slot] -= push * other;
                        state.players[b][slot] += push * other;
                    }
                    rewards[a] += 1.0;
                    rewards[b] -= 1.0;
                }
            }
        }
        Step::all(rewards, false)
    }

    fn observe(_: &Config, state: &State, agent: Agent) -> [f32; 4] {
        state.players[agent.index()]
    }

    fn draw(_: &Config, state: &State, _: View, surface: &mut Surface) {
        for (id, player) in (1..).zip(&state.players) {
            surface.circle(player[0], player[1], RADIUS).id(id).fill(Color::BLACK).tween();
        }
    }
}

/// A policy that does the same for a while, and remembers for how long.
#[derive(Debug, Default)]
pub struct Stubborn {
    action: u8,
    left: u8,
}

impl Stubborn {
    /// For a seat of a room.
    pub fn make() -> Result<Box<dyn Policy>, PolicyError> {
        Ok(Box::new(Self::default()))
    }

    /// As a browser asks it.
    pub fn answer(asked: &PolicyQuery, mind: Option<&[u8]>) -> Option<(ActionValue, Vec<u8>)> {
        let mut policy = Self::default();
        policy.load(mind.unwrap_or_default()).ok()?;
        Some((asked.evaluate(&mut policy).ok()?, policy.save().ok()?))
    }
}

impl Policy for Stubborn {
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        if self.left == 0 {
            // Away from the middle, or anywhere.
            self.action = if observation[0] > 10.0 { 2 } else { rng.below(5) as u8 };
            self.left = 1 + rng.below(9) as u8;
        }
        self.left -= 1;
        Ok(ActionValue::Discrete(self.action.into()))
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn save(&self) -> Result<Vec<u8>, PolicyError> {
        Ok(vec![self.action, self.left])
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), PolicyError> {
        if let [action, left] = saved {
            *self = Self { action: *action, left: *left };
        }
        Ok(())
    }
}
