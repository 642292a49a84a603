//! `mountain-car-v0`: Gymnasium's MountainCar-v0 (Moore 1990), one agent.
//!
//! Constants, order of operations and the limit of 200 steps are those of
//! <https://gymnasium.farama.org/environments/classic_control/mountain_car/>; the state is kept in double precision as
//! there, observations are float32. Position is in -1.2..0.6, velocity in -0.07..0.07 per step, the goal is at 0.5.

use footlights_env::prelude::*;

const MIN_POSITION: f64 = -1.2;
const MAX_POSITION: f64 = 0.6;
const MAX_SPEED: f64 = 0.07;
const GOAL_POSITION: f64 = 0.5;
const FORCE: f64 = 0.001;
const GRAVITY: f64 = 0.0025;

/// The environment.
pub struct MountainCar;

/// What an experiment may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The car must be at least this fast at the goal.
    pub goal_velocity: f64,
    /// The most steps of an episode.
    pub max_steps: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { goal_velocity: 0.0, max_steps: 200 }
    }
}

/// Where the car is and how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Along the track.
    pub position: f64,
    /// Per step.
    pub velocity: f64,
    /// Steps since the reset. Nothing reads it: it is part of the digests in stored replays.
    pub steps: u32,
}

/// What the engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Discrete)]
pub enum Push {
    /// Accelerate to the left.
    Left,
    /// Roll.
    None,
    /// Accelerate to the right.
    Right,
}

impl Environment for MountainCar {
    type Config = Config;
    type State = State;
    type Action = Push;
    type Observation = [f32; 2];

    const ID: &'static str = "mountain-car-v0";

    fn spec(config: &Config) -> Spec {
        let observation_space = Space::Box {
            low: vec![MIN_POSITION as f32, -MAX_SPEED as f32],
            high: vec![MAX_POSITION as f32, MAX_SPEED as f32],
        };
        Spec {
            id: Self::ID.into(),
            agents: vec![AgentSpec::new(Push::space(), observation_space).noop(Push::None)],
            max_steps: config.max_steps,
            reward_range: (-1.0, -1.0),
            viewport: Viewport { width: 1.8, height: 1.2 },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.max_steps == 0 {
            return Err("max_steps must be at least 1".into());
        }
        if !config.goal_velocity.is_finite() {
            return Err("goal_velocity must be finite".into());
        }
        Ok(())
    }

    fn reset(_: &Config, rng: &mut Rng) -> State {
        State { position: rng.uniform_f64(-0.6, -0.4), velocity: 0.0, steps: 0 }
    }

    fn step(config: &Config, state: &mut State, actions: &[Push], _: &mut Rng) -> Step {
        let push = actions.first().map_or(0.0, |push| push.index() as f64 - 1.0);
        state.velocity += push * FORCE + math::cos(3.0 * state.position) * -GRAVITY;
        state.velocity = math::clamp_f64(state.velocity, -MAX_SPEED, MAX_SPEED);
        state.position = math::clamp_f64(state.position + state.velocity, MIN_POSITION, MAX_POSITION);
        if state.position == MIN_POSITION && state.velocity < 0.0 {
            state.velocity = 0.0;
        }
        state.steps += 1;
        Step::solo(-1.0, state.position >= GOAL_POSITION && state.velocity >= config.goal_velocity)
    }

    fn observe(_: &Config, state: &State, _: Agent) -> [f32; 2] {
        [state.position as f32, state.velocity as f32]
    }

    fn labels(_: &Config) -> Labels {
        let agent = Push::labels().observing([
            Label::new("position", "Where the car is; the flag stands at 0.5", "track units"),
            Label::new("velocity", "The car's speed, to the right positive", "track units a step"),
        ]);
        Labels::homogeneous(1, agent)
    }

    fn draw(_: &Config, state: &State, _: View, surface: &mut Surface) {
        const TOP: f32 = 1.15;
        let height = |x: f32| math::sinf(3.0 * x) * 0.45 + 0.55;
        let at = |x: f32, y: f32| (x - MIN_POSITION as f32, TOP - y);
        surface.rect(0.0, 0.0, 1.8, 1.2).id(0).fill(Color::rgb(224, 240, 250)).depth(-10).persistent();
        let mut hill: Vec<(f32, f32)> = (0..=60)
            .map(|k| {
                let x = MIN_POSITION as f32 + 1.8 * k as f32 / 60.0;
                at(x, height(x))
            })
            .collect();
        hill.extend([(1.8, 1.2), (0.0, 1.2)]);
        surface.polygon(hill).id(1).fill(Color::rgb(120, 170, 110)).depth(-5).persistent();
        let (fx, fy) = at(GOAL_POSITION as f32, height(GOAL_POSITION as f32));
        surface
            .line(fx, fy, fx, fy - 0.16)
            .id(2)
            .stroke(Color::rgb(70, 70, 80), 0.008)
            .depth(-4)
            .persistent();
        let flag = vec![(fx, fy - 0.16), (fx, fy - 0.1), (fx + 0.08, fy - 0.13)];
        surface.polygon(flag).id(3).fill(Color::rgb(224, 180, 40)).depth(-4).persistent();
        let words = "Reach the flag";
        surface.text(0.9, 0.08, 0.06, Align::Center, words).id(4).fill(Color::rgb(60, 70, 90)).persistent();

        let x = state.position as f32;
        let slope = math::atan2f(math::cosf(3.0 * x) * 1.35, 1.0);
        let (sin, cos) = (math::sinf(slope), math::cosf(slope));
        let (cx, cy) = at(x, height(x));
        // (along, above) the track to the screen, whose y points down.
        let turn = |u: f32, v: f32| (cx + u * cos - v * sin, cy - u * sin - v * cos);
        let body =
            [(-0.06, 0.02), (-0.06, 0.06), (-0.03, 0.06), (-0.015, 0.095), (0.025, 0.095), (0.04, 0.06)]
                .into_iter()
                .chain([(0.06, 0.055), (0.06, 0.02)])
                .map(|(u, v)| turn(u, v))
                .collect();
        surface.polygon(body).id(5).fill(Color::rgb(200, 60, 60)).depth(1).tween();
        for (id, u) in [(6, -0.035), (7, 0.035)] {
            let (wx, wy) = turn(u, 0.02);
            surface.circle(wx, wy, 0.02).id(id).fill(Color::rgb(50, 50, 60)).depth(2).tween();
        }
    }
}

/// Pushes the way the car already rolls, which is enough to reach the flag.
#[derive(Debug, Clone, Copy)]
pub struct Rocker;

impl Policy for Rocker {
    fn act(&mut self, observation: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
        let velocity = observation.get(1).copied().unwrap_or(0.0);
        Ok(if velocity < 0.0 { Push::Left } else { Push::Right }.into())
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;

    use super::*;

    /// Positions and velocities of Gymnasium 1.2's MountainCar-v0 from (-0.5, 0) under actions 2, 2, 0, 1, 2, computed
    /// with CPython's doubles and rounded to float32.
    #[test]
    fn the_first_steps_are_gymnasiums() {
        let mut state = State { position: -0.5, velocity: 0.0, steps: 0 };
        let mut rng = Rng::derive(0, Stream::Environment, 0, 0);
        let mut seen = Vec::new();
        for push in [Push::Right, Push::Right, Push::Left, Push::None, Push::Right] {
            MountainCar::step(&Config::default(), &mut state, &[push], &mut rng);
            seen.push(MountainCar::observe(&Config::default(), &state, Agent(0)));
        }
        let expected = GYMNASIUM;
        assert_eq!(seen, expected);
    }

    const GYMNASIUM: [[f32; 2]; 5] = [
        [-4.991_768_3e-1, 8.231_57e-4],
        [-4.975_367e-1, 1.640_156_4e-3],
        [-4.970_918e-1, 4.448_897_4e-4],
        [-4.968_455e-1, 2.462_968_7e-4],
        [-4.957_996_3e-1, 1.045_862_7e-3],
    ];

    #[test]
    fn rocking_reaches_the_flag_before_the_limit() {
        let mut sim = Sim::<MountainCar>::new(Config::default()).unwrap();
        for seed in 0..20 {
            sim.reset(seed, 0);
            let mut rng = Rng::derive(seed, Stream::Policy(0), 0, 0);
            let mut observation = Vec::new();
            let end = loop {
                observation.clear();
                sim.observe(Agent(0), &mut observation);
                let action = Rocker.act(&observation, &mut rng).unwrap();
                let step = sim.step(&[action]).unwrap();
                if step.done() {
                    break step;
                }
            };
            assert!(end.terminated[0] && !end.truncated[0]);
        }
    }

    #[test]
    fn rolling_is_truncated_at_step_200() {
        let mut sim = Sim::<MountainCar>::new(Config::default()).unwrap();
        sim.reset(3, 0);
        for tick in 1..=200 {
            let step = sim.step(&[Push::None.into()]).unwrap();
            assert_eq!(step.done(), tick == 200);
            assert!(!step.terminated[0]);
        }
    }

    #[test]
    fn a_wrong_configuration_names_the_option() {
        let error = Sim::<MountainCar>::from_json(&serde_json::json!({"max_steps": 0})).err().unwrap();
        assert!(error.to_string().contains("max_steps"));
        let error = Sim::<MountainCar>::from_json(&serde_json::json!({"max_stepz": 9})).err().unwrap();
        assert!(error.to_string().contains("max_stepz"));
    }
}
