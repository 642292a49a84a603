//! `cart-pole-v1`: Gymnasium's CartPole-v1 (Barto, Sutton and Anderson 1983), one agent.
//!
//! Constants, order of operations, ends and rewards are those of
//! <https://gymnasium.farama.org/environments/classic_control/cart_pole/>; the state is kept in double precision as there,
//! observations are float32.

use footlights_env::prelude::*;

const GRAVITY: f64 = 9.8;
const POLE_MASS: f64 = 0.1;
const TOTAL_MASS: f64 = POLE_MASS + 1.0;
/// Half of the pole's length.
const LENGTH: f64 = 0.5;
const POLE_MASS_LENGTH: f64 = POLE_MASS * LENGTH;
const FORCE: f64 = 10.0;
/// Seconds of a step.
const TAU: f64 = 0.02;
/// 12 degrees.
const MAX_ANGLE: f64 = 12.0 * 2.0 * std::f64::consts::PI / 360.0;
const MAX_POSITION: f64 = 2.4;

/// The environment.
pub struct CartPole;

/// What an experiment may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Pays 0 for a step and -1 for the one in which the pole falls, as Sutton and Barto do, instead of 1 for each.
    pub sutton_barto_reward: bool,
    /// The most steps of an episode.
    pub max_steps: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { sutton_barto_reward: false, max_steps: 500 }
    }
}

/// Where cart and pole are, and how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Of the cart, in metres from the middle.
    pub position: f64,
    /// Of the cart, in metres a second.
    pub velocity: f64,
    /// Of the pole, in radians from upright, to the right positive.
    pub angle: f64,
    /// Of the pole, in radians a second.
    pub angular_velocity: f64,
}

/// Which way the cart is pushed. It is always pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Discrete)]
pub enum Push {
    /// To the left.
    Left,
    /// To the right.
    Right,
}

impl Environment for CartPole {
    type Config = Config;
    type State = State;
    type Action = Push;
    type Observation = [f32; 4];

    const ID: &'static str = "cart-pole-v1";

    fn spec(config: &Config) -> Spec {
        let high = vec![(2.0 * MAX_POSITION) as f32, f32::MAX, (2.0 * MAX_ANGLE) as f32, f32::MAX];
        let low = high.iter().map(|bound| -bound).collect();
        Spec {
            id: Self::ID.into(),
            agents: vec![AgentSpec::new(Push::space(), Space::Box { low, high })],
            max_steps: config.max_steps,
            reward_range: if config.sutton_barto_reward { (-1.0, 0.0) } else { (1.0, 1.0) },
            viewport: Viewport { width: 6.0, height: 3.0 },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.max_steps == 0 { Err("max_steps must be at least 1".into()) } else { Ok(()) }
    }

    fn reset(_: &Config, rng: &mut Rng) -> State {
        let mut draw = || rng.uniform_f64(-0.05, 0.05);
        State { position: draw(), velocity: draw(), angle: draw(), angular_velocity: draw() }
    }

    fn step(config: &Config, state: &mut State, actions: &[Push], _: &mut Rng) -> Step {
        let force = if actions.first() == Some(&Push::Right) { FORCE } else { -FORCE };
        let (cos, sin) = (math::cos(state.angle), math::sin(state.angle));
        let spin = state.angular_velocity;
        let push = (force + POLE_MASS_LENGTH * (spin * spin) * sin) / TOTAL_MASS;
        let turn =
            (GRAVITY * sin - cos * push) / (LENGTH * (4.0 / 3.0 - POLE_MASS * (cos * cos) / TOTAL_MASS));
        let acceleration = push - POLE_MASS_LENGTH * turn * cos / TOTAL_MASS;
        state.position += TAU * state.velocity;
        state.velocity += TAU * acceleration;
        state.angle += TAU * spin;
        state.angular_velocity += TAU * turn;
        let falls = state.position.abs() > MAX_POSITION || state.angle.abs() > MAX_ANGLE;
        let reward = match (config.sutton_barto_reward, falls) {
            (false, _) => 1.0,
            (true, false) => 0.0,
            (true, true) => -1.0,
        };
        Step::solo(reward, falls)
    }

    fn observe(_: &Config, state: &State, _: Agent) -> [f32; 4] {
        [state.position, state.velocity, state.angle, state.angular_velocity].map(|number| number as f32)
    }

    fn labels(_: &Config) -> Labels {
        let agent = Push::labels().observing([
            Label::new("position", "Where the cart is, from the middle; it must stay within 2.4", "m"),
            Label::new("velocity", "The cart's speed, to the right positive", "m/s"),
            Label::new(
                "angle",
                "The pole's angle from upright, to the right positive; it must stay within 12 degrees",
                "rad",
            ),
            Label::new("angular_velocity", "How fast the pole turns", "rad/s"),
        ]);
        Labels::homogeneous(1, agent)
    }

    fn draw(_: &Config, state: &State, _: View, surface: &mut Surface) {
        const TRACK: f32 = 2.4;
        surface.rect(0.0, 0.0, 6.0, 3.0).id(0).fill(Color::rgb(236, 240, 244)).depth(-10).persistent();
        surface
            .line(0.0, TRACK, 6.0, TRACK)
            .id(1)
            .stroke(Color::rgb(90, 98, 110), 0.03)
            .depth(-5)
            .persistent();
        for (id, x) in [(2, 0.6), (3, 5.4)] {
            surface
                .line(x, TRACK - 0.12, x, TRACK + 0.12)
                .id(id)
                .stroke(Color::rgb(200, 70, 60), 0.04)
                .persistent();
        }
        let x = 3.0 + state.position as f32;
        let angle = state.angle as f32;
        let (tip_x, tip_y) = (x + math::sinf(angle), TRACK - 0.2 - math::cosf(angle));
        surface.rect(x - 0.35, TRACK - 0.2, 0.7, 0.3).id(4).fill(Color::rgb(60, 90, 140)).depth(1).tween();
        surface
            .line(x, TRACK - 0.2, tip_x, tip_y)
            .id(5)
            .stroke(Color::rgb(214, 150, 70), 0.1)
            .depth(2)
            .tween();
        surface.circle(x, TRACK - 0.2, 0.07).id(6).fill(Color::rgb(40, 44, 52)).depth(3).tween();
    }
}
