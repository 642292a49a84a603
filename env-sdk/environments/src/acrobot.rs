//! `acrobot-v1`: Gymnasium's Acrobot-v1 (Sutton 1996; Sutton and Barto 2018, chapter 11), one agent.
//!
//! Constants, order of operations, ends and rewards are those of
//! <https://gymnasium.farama.org/environments/classic_control/acrobot/>, with the book's equations; the state is kept in
//! double precision as there, observations are float32.

use footlights_env::prelude::*;

const PI: f64 = std::f64::consts::PI;
const GRAVITY: f64 = 9.8;
/// Of both links: length 1, mass 1, moment of inertia 1, centre of mass in the middle.
const CENTRE: f64 = 0.5;
/// Seconds of a step.
const DT: f64 = 0.2;
const MAX_SPEED: [f64; 2] = [4.0 * PI, 9.0 * PI];

/// The environment.
pub struct Acrobot;

/// What an experiment may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The most steps of an episode.
    pub max_steps: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_steps: 500 }
    }
}

/// The two joints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Of the first link, from hanging down; of the second one, from the first. Radians.
    pub angles: [f64; 2],
    /// Radians a second.
    pub speeds: [f64; 2],
}

/// The torque on the joint between the links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Discrete)]
pub enum Torque {
    /// -1 N m.
    Negative,
    /// None.
    None,
    /// 1 N m.
    Positive,
}

type Four = [f64; 4];

/// The derivative of (angles, speeds) under a torque.
fn derivative([angle1, angle2, speed1, speed2]: Four, torque: f64) -> Four {
    let (cos2, sin2) = (math::cos(angle2), math::sin(angle2));
    let (one, lc) = (1.0, CENTRE);
    let d1 = one * (lc * lc) + one * (one + lc * lc + 2.0 * one * lc * cos2) + one + one;
    let d2 = one * (lc * lc + one * lc * cos2) + one;
    let phi2 = one * lc * GRAVITY * math::cos(angle1 + angle2 - PI / 2.0);
    let phi1 = -one * one * lc * (speed2 * speed2) * sin2 - 2.0 * one * one * lc * speed2 * speed1 * sin2
        + (one * lc + one * one) * GRAVITY * math::cos(angle1 - PI / 2.0)
        + phi2;
    let acceleration2 = (torque + d2 / d1 * phi1 - one * one * lc * (speed1 * speed1) * sin2 - phi2)
        / (one * (lc * lc) + one - (d2 * d2) / d1);
    let acceleration1 = -(d2 * acceleration2 + phi1) / d1;
    [speed1, speed2, acceleration1, acceleration2]
}

fn plus(a: Four, b: Four, times: f64) -> Four {
    std::array::from_fn(|k| {
        a.get(k).copied().unwrap_or_default() + times * b.get(k).copied().unwrap_or_default()
    })
}

/// One step of the classical Runge-Kutta method.
fn integrate(from: Four, torque: f64) -> Four {
    let half = DT / 2.0;
    let k1 = derivative(from, torque);
    let k2 = derivative(plus(from, k1, half), torque);
    let k3 = derivative(plus(from, k2, half), torque);
    let k4 = derivative(plus(from, k3, DT), torque);
    let at = |k: Four, n: usize| k.get(n).copied().unwrap_or_default();
    std::array::from_fn(|n| {
        at(from, n) + DT / 6.0 * (at(k1, n) + 2.0 * at(k2, n) + 2.0 * at(k3, n) + at(k4, n))
    })
}

/// The same angle from -PI to PI.
fn wrap(mut angle: f64) -> f64 {
    while angle > PI {
        angle -= 2.0 * PI;
    }
    while angle < -PI {
        angle += 2.0 * PI;
    }
    angle
}

impl Environment for Acrobot {
    type Config = Config;
    type State = State;
    type Action = Torque;
    type Observation = [f32; 6];

    const ID: &'static str = "acrobot-v1";

    fn spec(config: &Config) -> Spec {
        let [fast1, fast2] = MAX_SPEED.map(|speed| speed as f32);
        let high = vec![1.0, 1.0, 1.0, 1.0, fast1, fast2];
        let low = high.iter().map(|bound: &f32| -bound).collect();
        Spec {
            id: Self::ID.into(),
            agents: vec![AgentSpec::new(Torque::space(), Space::Box { low, high }).noop(Torque::None)],
            max_steps: config.max_steps,
            reward_range: (-1.0, 0.0),
            viewport: Viewport { width: 4.4, height: 4.4 },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.max_steps == 0 { Err("max_steps must be at least 1".into()) } else { Ok(()) }
    }

    fn reset(_: &Config, rng: &mut Rng) -> State {
        // The reference rounds the start to float32.
        let mut draw = || f64::from(rng.uniform_f64(-0.1, 0.1) as f32);
        State { angles: [draw(), draw()], speeds: [draw(), draw()] }
    }

    fn step(_: &Config, state: &mut State, actions: &[Torque], _: &mut Rng) -> Step {
        let torque = actions.first().map_or(0.0, |torque| torque.index() as f64 - 1.0);
        let ([angle1, angle2], [speed1, speed2]) = (state.angles, state.speeds);
        let [angle1, angle2, speed1, speed2] = integrate([angle1, angle2, speed1, speed2], torque);
        let [fast1, fast2] = MAX_SPEED;
        let (angle1, angle2) = (wrap(angle1), wrap(angle2));
        state.angles = [angle1, angle2];
        state.speeds = [math::clamp_f64(speed1, -fast1, fast1), math::clamp_f64(speed2, -fast2, fast2)];
        let is_up = -math::cos(angle1) - math::cos(angle2 + angle1) > 1.0;
        Step::solo(if is_up { 0.0 } else { -1.0 }, is_up)
    }

    fn observe(_: &Config, state: &State, _: Agent) -> [f32; 6] {
        let ([angle1, angle2], [speed1, speed2]) = (state.angles, state.speeds);
        [math::cos(angle1), math::sin(angle1), math::cos(angle2), math::sin(angle2), speed1, speed2]
            .map(|number| number as f32)
    }

    fn labels(_: &Config) -> Labels {
        let agent = Torque::labels().observing([
            Label::new("cos_angle_1", "Cosine of the first link's angle, from hanging down", ""),
            Label::new("sin_angle_1", "Sine of that angle", ""),
            Label::new("cos_angle_2", "Cosine of the second link's angle, from the first link", ""),
            Label::new("sin_angle_2", "Sine of that angle", ""),
            Label::new("speed_1", "How fast the first link turns", "rad/s"),
            Label::new("speed_2", "How fast the second link turns, beside the first", "rad/s"),
        ]);
        Labels::homogeneous(1, agent)
    }

    fn draw(_: &Config, state: &State, _: View, surface: &mut Surface) {
        const MIDDLE: f32 = 2.2;
        surface.rect(0.0, 0.0, 4.4, 4.4).id(0).fill(Color::rgb(236, 240, 244)).depth(-10).persistent();
        // The tip must come above this line.
        surface
            .line(0.0, MIDDLE - 1.0, 4.4, MIDDLE - 1.0)
            .id(1)
            .stroke(Color::rgb(200, 70, 60), 0.03)
            .persistent();
        let [angle1, angle2] = state.angles.map(|angle| angle as f32);
        let end = |(x, y): (f32, f32), angle: f32| (x + math::sinf(angle), y + math::cosf(angle));
        let joint = end((MIDDLE, MIDDLE), angle1);
        let tip = end(joint, angle1 + angle2);
        let (near, far) = (Color::rgb(60, 90, 140), Color::rgb(70, 150, 160));
        surface.line(MIDDLE, MIDDLE, joint.0, joint.1).id(2).stroke(near, 0.16).depth(1).tween();
        surface.line(joint.0, joint.1, tip.0, tip.1).id(3).stroke(far, 0.16).depth(2).tween();
        surface.circle(MIDDLE, MIDDLE, 0.1).id(4).fill(Color::rgb(40, 44, 52)).depth(3).persistent();
        surface.circle(joint.0, joint.1, 0.1).id(5).fill(Color::rgb(214, 150, 70)).depth(3).tween();
    }
}
