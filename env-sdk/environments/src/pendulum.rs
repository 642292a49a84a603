//! `pendulum-v1`: Gymnasium's Pendulum-v1, one agent with a continuous action.
//!
//! Constants, order of operations and rewards are those of
//! <https://gymnasium.farama.org/environments/classic_control/pendulum/>; the state is kept in double precision as there,
//! actions and observations are float32, and what is computed of an action alone is rounded to float32 as by NumPy 2.

use footlights_env::prelude::*;

const PI: f64 = std::f64::consts::PI;
const MAX_SPEED: f64 = 8.0;
const MAX_TORQUE: f64 = 2.0;
const DT: f64 = 0.05;

/// The environment.
pub struct Pendulum;

/// What an experiment may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The acceleration of gravity, in m/s².
    pub g: f64,
    /// The most steps of an episode.
    pub max_steps: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { g: 10.0, max_steps: 200 }
    }
}

/// Where the pendulum is, and how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// From upright, in radians; it is not wrapped.
    pub angle: f64,
    /// In radians a second.
    pub speed: f64,
    /// What drove it in the last step, for the picture.
    pub torque: f32,
}

/// The torque on the joint, in N m; one that is out of -2 to 2 is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Torque(pub f32);

impl From<Torque> for ActionValue {
    fn from(torque: Torque) -> Self {
        Self::Continuous(vec![torque.0])
    }
}

impl TryFrom<ActionValue> for Torque {
    type Error = ActionValue;

    fn try_from(value: ActionValue) -> Result<Self, ActionValue> {
        match &value {
            ActionValue::Continuous(numbers) => match numbers.as_slice() {
                [torque] => Ok(Self(*torque)),
                _ => Err(value),
            },
            ActionValue::Discrete(_) => Err(value),
        }
    }
}

/// The same angle from -PI to PI, as Python's `((x + pi) % (2 * pi)) - pi`.
fn normalised(angle: f64) -> f64 {
    let (shifted, turn) = (angle + PI, 2.0 * PI);
    let rest = shifted % turn;
    (if rest < 0.0 { rest + turn } else { rest }) - PI
}

impl Environment for Pendulum {
    type Config = Config;
    type State = State;
    type Action = Torque;
    type Observation = [f32; 3];

    const ID: &'static str = "pendulum-v1";

    fn spec(config: &Config) -> Spec {
        let high = vec![1.0, 1.0, MAX_SPEED as f32];
        let low = high.iter().map(|bound: &f32| -bound).collect();
        let torque = MAX_TORQUE as f32;
        let agent = AgentSpec::new(Space::uniform_box(1, -torque, torque), Space::Box { low, high });
        let worst = PI * PI + 0.1 * MAX_SPEED * MAX_SPEED + 0.001 * MAX_TORQUE * MAX_TORQUE;
        Spec {
            id: Self::ID.into(),
            agents: vec![agent.noop(Torque(0.0))],
            max_steps: config.max_steps,
            reward_range: (-worst as f32, 0.0),
            viewport: Viewport { width: 3.0, height: 3.0 },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.max_steps == 0 {
            return Err("max_steps must be at least 1".into());
        }
        if !(0.0..=1e3).contains(&config.g) {
            return Err("g must be 0 to 1000".into());
        }
        Ok(())
    }

    fn reset(_: &Config, rng: &mut Rng) -> State {
        State { angle: rng.uniform_f64(-PI, PI), speed: rng.uniform_f64(-1.0, 1.0), torque: 0.0 }
    }

    fn step(config: &Config, state: &mut State, actions: &[Torque], _: &mut Rng) -> Step {
        let torque = math::clamp(
            actions.first().map_or(0.0, |torque| torque.0),
            -MAX_TORQUE as f32,
            MAX_TORQUE as f32,
        );
        let angle = normalised(state.angle);
        let cost = angle * angle + 0.1 * (state.speed * state.speed) + f64::from(0.001 * (torque * torque));
        let speed =
            state.speed + (3.0 * config.g / 2.0 * math::sin(state.angle) + f64::from(3.0 * torque)) * DT;
        state.speed = math::clamp_f64(speed, -MAX_SPEED, MAX_SPEED);
        state.angle += state.speed * DT;
        state.torque = torque;
        Step::solo(-cost as f32, false)
    }

    fn observe(_: &Config, state: &State, _: Agent) -> [f32; 3] {
        [math::cos(state.angle), math::sin(state.angle), state.speed].map(|number| number as f32)
    }

    fn labels(_: &Config) -> Labels {
        let agent = AgentLabels::default().observing([
            Label::new("cos_angle", "Cosine of the angle from upright", ""),
            Label::new("sin_angle", "Sine of that angle", ""),
            Label::new("speed", "How fast the pendulum turns", "rad/s"),
        ]);
        Labels::homogeneous(1, agent)
    }

    fn draw(_: &Config, state: &State, _: View, surface: &mut Surface) {
        const MIDDLE: f32 = 1.5;
        surface.rect(0.0, 0.0, 3.0, 3.0).id(0).fill(Color::rgb(236, 240, 244)).depth(-10).persistent();
        let angle = state.angle as f32;
        let (x, y) = (MIDDLE - math::sinf(angle), MIDDLE - math::cosf(angle));
        surface.line(MIDDLE, MIDDLE, x, y).id(1).stroke(Color::rgb(190, 80, 75), 0.18).depth(1).tween();
        surface.circle(x, y, 0.12).id(2).fill(Color::rgb(150, 55, 50)).depth(2).tween();
        surface.circle(MIDDLE, MIDDLE, 0.07).id(3).fill(Color::rgb(40, 44, 52)).depth(3).persistent();
        // The torque that drives it: an arc around the joint, as long as it is strong.
        if state.torque != 0.0 {
            let reach = state.torque / MAX_TORQUE as f32 * std::f32::consts::PI;
            let top = -std::f32::consts::FRAC_PI_2;
            let (from, to) = if reach > 0.0 { (top - reach, top) } else { (top, top - reach) };
            surface.arc(MIDDLE, MIDDLE, 0.32, from, to).id(4).fill(Color::rgb(80, 130, 200)).alpha(0.45);
        }
    }
}
