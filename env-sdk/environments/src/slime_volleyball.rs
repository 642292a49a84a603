//! `slime-volleyball-v0`: two slimes, a net and a ball (Ha 2015, <https://otoro.net/slimevolley>), two agents.
//!
//! The rules and their order within a step follow the public Python implementations of Slime Volleyball Gym
//! (<https://github.com/hardmaru/slimevolleygym>), in float32, with one of two sets of constants: see [`Physics`]. World
//! units: the court is 48 x 48, x from -24 (left) to 24 with the net at 0, y up from 0 with the ground at 1.5. `player_0` plays on the
//! left, `player_1` on the right. One step is 1/30 s.
//!
//! Observations are mirrored by side, so that a policy plays both: own x, y, vx, vy, ball x, y, vx, vy, opponent x, y,
//! vx, vy, each divided by 10; x grows away from the net on the own side for oneself and the ball, and away from the
//! net on the other side for the opponent.

use footlights_env::prelude::*;

const WIDTH: f32 = 48.0;
const HEIGHT: f32 = 48.0;
const GROUND: f32 = 1.5;
const DT: f32 = 1.0 / 30.0;
const MAX_BALL_SPEED: f32 = 22.5;
const SLIME_RADIUS: f32 = 1.5;
const BALL_RADIUS: f32 = 0.5;
const FENCE_WIDTH: f32 = 1.0;
const FENCE_HEIGHT: f32 = 3.5;
const STUB_RADIUS: f32 = 0.5;
const NUDGE: f32 = 0.1;
const FRICTION: f32 = 1.0;
const FREEZE_TICKS: u32 = 30;
const MAX_STEPS: u32 = 3000;
const OBSERVATION_SCALE: f32 = 10.0;
/// The visible part of the court: the ball cannot rise above it by its own speed.
const VIEW_HEIGHT: f32 = 24.0;

/// The environment.
pub struct SlimeVolleyball;

/// How fast slimes run and jump, and how fast everything falls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Physics {
    /// The faster game of Multi-User Gymnasium, now Interactive Gym (<https://github.com/chasemcd/interactive-gym>).
    #[default]
    Mug,
    /// Those of Slime Volleyball Gym, 2020 (<https://github.com/hardmaru/slimevolleygym>).
    SlimeVolleyGym,
}

/// Units a second, and units a second squared.
#[derive(Debug, Clone, Copy)]
struct Constants {
    run: f32,
    jump: f32,
    gravity: f32,
}

impl Physics {
    fn constants(self) -> Constants {
        match self {
            Self::Mug => Constants { run: 20.0, jump: 17.5, gravity: -22.05 },
            Self::SlimeVolleyGym => Constants { run: 17.5, jump: 13.5, gravity: -29.4 },
        }
    }
}

/// What an experiment may choose.
///
/// ```
/// use footlights_environments::slime_volleyball::{Config, Physics};
///
/// // The match of Slime Volleyball Gym: it ends when a side has lost five points.
/// let original = Config { physics: Physics::SlimeVolleyGym, lives: 5, ..Config::default() };
/// assert_eq!(original, Config::slime_volley_gym());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Points a side can lose before the episode terminates.
    pub lives: u8,
    /// The most steps of an episode.
    pub max_steps: u32,
    /// The constants.
    pub physics: Physics,
}

impl Default for Config {
    fn default() -> Self {
        Self { lives: 1, max_steps: MAX_STEPS, physics: Physics::default() }
    }
}

impl Config {
    /// The match of Slime Volleyball Gym: its constants and five lives, so that its policies and results carry over.
    #[must_use]
    pub fn slime_volley_gym() -> Self {
        Self { lives: 5, physics: Physics::SlimeVolleyGym, ..Self::default() }
    }
}

/// Anything round that moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// Centre.
    pub x: f32,
    /// Centre; a slime's is the middle of its flat bottom.
    pub y: f32,
    /// Units per second.
    pub vx: f32,
    /// Units per second.
    pub vy: f32,
}

/// Everything that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The ball.
    pub ball: Body,
    /// Its x before it last moved: tells from which side it came to the fence.
    pub ball_previous_x: f32,
    /// Left and right.
    pub slimes: [Body; 2],
    /// Points each side may still lose.
    pub lives: [u8; 2],
    /// Ticks until the ball moves.
    pub freeze: u32,
    /// Steps since the reset. Nothing reads it: it is part of the digests in stored replays.
    pub steps: u32,
}

/// One of the original's six.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Discrete)]
#[allow(missing_docs)]
pub enum Move {
    Noop,
    Forward,
    ForwardJump,
    Jump,
    BackwardJump,
    Backward,
}

impl Move {
    /// -1 towards the net, 1 away from it.
    fn direction(self) -> f32 {
        match self {
            Self::Forward | Self::ForwardJump => -1.0,
            Self::Backward | Self::BackwardJump => 1.0,
            Self::Noop | Self::Jump => 0.0,
        }
    }

    fn jumps(self) -> bool {
        matches!(self, Self::ForwardJump | Self::Jump | Self::BackwardJump)
    }
}

/// The sign of a side's x: -1 left, 1 right.
fn side(index: usize) -> f32 {
    if index == 0 { -1.0 } else { 1.0 }
}

impl Body {
    fn advance(&mut self) {
        self.x += self.vx * DT;
        self.y += self.vy * DT;
    }

    /// Moves a slime of the given side by its wish, and keeps it in its half.
    fn walk(&mut self, dir: f32, wish: Move, constants: Constants) {
        self.vy += constants.gravity * DT;
        if self.y <= GROUND + NUDGE * DT {
            self.vy = if wish.jumps() { constants.jump } else { 0.0 };
        }
        self.vx = wish.direction() * constants.run * dir;
        self.advance();
        if self.y <= GROUND {
            self.y = GROUND;
            self.vy = 0.0;
        }
        let near = FENCE_WIDTH / 2.0 + SLIME_RADIUS;
        if self.x * dir <= near {
            self.vx = 0.0;
            self.x = dir * near;
        }
        let far = WIDTH / 2.0 - SLIME_RADIUS;
        if self.x * dir >= far {
            self.vx = 0.0;
            self.x = dir * far;
        }
    }

    fn limit_speed(&mut self) {
        let squared = self.vx * self.vx + self.vy * self.vy;
        if squared > MAX_BALL_SPEED * MAX_BALL_SPEED {
            let speed = squared.sqrt();
            self.vx = self.vx / speed * MAX_BALL_SPEED;
            self.vy = self.vy / speed * MAX_BALL_SPEED;
        }
    }

    fn touches(&self, other: &Self, reach: f32) -> bool {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        reach * reach > dx * dx + dy * dy
    }

    /// Throws the ball off a round body of which it is `reach` away when they touch.
    fn bounce(&mut self, other: &Self, reach: f32) {
        if !self.touches(other, reach) {
            return;
        }
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        let distance = (dx * dx + dy * dy).sqrt();
        // Two centres in one place have no normal: up.
        let (nx, ny) = if distance > 0.0 { (dx / distance, dy / distance) } else { (0.0, 1.0) };
        // 2 / 0.1 = 20 nudges lead out of the widest overlap; the bound only guards against rounding.
        for _ in 0..64 {
            if !self.touches(other, reach) {
                break;
            }
            self.x += nx * NUDGE;
            self.y += ny * NUDGE;
        }
        let (ux, uy) = (self.vx - other.vx, self.vy - other.vy);
        let along = ux * nx + uy * ny;
        self.vx = ux - nx * (along * 2.0) + other.vx;
        self.vy = uy - ny * (along * 2.0) + other.vy;
    }
}

impl State {
    fn serve(&mut self, rng: &mut Rng) {
        self.ball =
            Body { x: 0.0, y: WIDTH / 4.0, vx: rng.uniform(-20.0, 20.0), vy: rng.uniform(10.0, 25.0) };
        self.ball_previous_x = 0.0;
        self.freeze = FREEZE_TICKS;
    }

    /// Walls, ground, ceiling and fence. The side on whose ground the ball fell, if it did.
    fn edges(&mut self) -> Option<usize> {
        let ball = &mut self.ball;
        let wall = WIDTH / 2.0 - BALL_RADIUS;
        if ball.x <= -wall {
            ball.vx *= -FRICTION;
            ball.x = -wall + NUDGE * DT;
        }
        if ball.x >= wall {
            ball.vx *= -FRICTION;
            ball.x = wall - NUDGE * DT;
        }
        if ball.y <= GROUND + BALL_RADIUS {
            ball.vy *= -FRICTION;
            ball.y = GROUND + BALL_RADIUS + NUDGE * DT;
            return Some(usize::from(ball.x > 0.0));
        }
        if ball.y >= HEIGHT - BALL_RADIUS {
            ball.vy *= -FRICTION;
            ball.y = HEIGHT - BALL_RADIUS - NUDGE * DT;
        }
        let fence = FENCE_WIDTH / 2.0 + BALL_RADIUS;
        if ball.x <= fence && self.ball_previous_x > fence && ball.y <= FENCE_HEIGHT {
            ball.vx *= -FRICTION;
            ball.x = fence + NUDGE * DT;
        }
        if ball.x >= -fence && self.ball_previous_x < -fence && ball.y <= FENCE_HEIGHT {
            ball.vx *= -FRICTION;
            ball.x = -fence - NUDGE * DT;
        }
        None
    }
}

/// A place of the physics, whose origin is the middle of the ground, in the picture.
fn in_view(x: f32, y: f32) -> (f32, f32) {
    (x + WIDTH / 2.0, VIEW_HEIGHT - y)
}

impl Environment for SlimeVolleyball {
    type Config = Config;
    type State = State;
    type Action = Move;
    type Observation = [f32; 12];

    const ID: &'static str = "slime-volleyball-v0";

    fn spec(config: &Config) -> Spec {
        // x, y in court units; a slime's speed is bounded by its legs and its fall, the ball's by twice a slime's on
        // top of its own 22.5 right after a bounce.
        let slime = [(0.0, 2.4), (0.0, 4.8), (-2.0, 2.0), (-2.0, 2.0)];
        let ball = [(-2.4, 2.4), (0.0, 4.8), (-8.0, 8.0), (-8.0, 8.0)];
        let bounds = || slime.into_iter().chain(ball).chain(slime);
        let observation_space =
            Space::Box { low: bounds().map(|b| b.0).collect(), high: bounds().map(|b| b.1).collect() };
        let agent = AgentSpec::new(Move::space(), observation_space).noop(Move::Noop);
        Spec {
            id: Self::ID.into(),
            agents: vec![agent; 2],
            max_steps: config.max_steps,
            reward_range: (-1.0, 1.0),
            viewport: Viewport { width: WIDTH, height: VIEW_HEIGHT },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.lives == 0 {
            return Err("lives must be at least 1".into());
        }
        if config.max_steps == 0 {
            return Err("max_steps must be at least 1".into());
        }
        Ok(())
    }

    fn reset(config: &Config, rng: &mut Rng) -> State {
        let slime = |x| Body { x, y: GROUND, vx: 0.0, vy: 0.0 };
        let mut state = State {
            ball: slime(0.0),
            ball_previous_x: 0.0,
            slimes: [slime(-WIDTH / 4.0), slime(WIDTH / 4.0)],
            lives: [config.lives; 2],
            freeze: 0,
            steps: 0,
        };
        state.serve(rng);
        state
    }

    fn step(config: &Config, state: &mut State, actions: &[Move], rng: &mut Rng) -> Step {
        let constants = config.physics.constants();
        for (index, slime) in state.slimes.iter_mut().enumerate() {
            slime.walk(side(index), actions.get(index).copied().unwrap_or(Move::Noop), constants);
        }
        if state.freeze > 0 {
            state.freeze -= 1;
        } else {
            state.ball.vy += constants.gravity * DT;
            state.ball.limit_speed();
            state.ball_previous_x = state.ball.x;
            state.ball.advance();
        }
        for slime in &state.slimes {
            state.ball.bounce(slime, BALL_RADIUS + SLIME_RADIUS);
        }
        let stub = Body { x: 0.0, y: FENCE_HEIGHT, vx: 0.0, vy: 0.0 };
        state.ball.bounce(&stub, BALL_RADIUS + STUB_RADIUS);
        state.steps += 1;

        let mut rewards = [0.0, 0.0];
        let mut terminated = false;
        if let Some(fallen) = state.edges() {
            rewards = if fallen == 0 { [-1.0, 1.0] } else { [1.0, -1.0] };
            if let Some(lives) = state.lives.get_mut(fallen) {
                *lives = lives.saturating_sub(1);
                terminated = *lives == 0;
            }
            if !terminated {
                state.serve(rng);
            }
        }
        Step::all(rewards, terminated)
    }

    fn observe(_: &Config, state: &State, agent: Agent) -> [f32; 12] {
        let [left, right] = &state.slimes;
        let (me, other) = if agent.index() == 0 { (left, right) } else { (right, left) };
        let (dir, ball) = (side(agent.index()), &state.ball);
        [
            me.x * dir,
            me.y,
            me.vx * dir,
            me.vy,
            ball.x * dir,
            ball.y,
            ball.vx * dir,
            ball.vy,
            other.x * -dir,
            other.y,
            other.vx * -dir,
            other.vy,
        ]
        .map(|v| v / OBSERVATION_SCALE)
    }

    fn labels(_: &Config) -> Labels {
        const PLACE: &str = "10 court units";
        const SPEED: &str = "10 court units a second";
        let agent = Move::labels().observing([
            Label::new("own_x", "The agent's own distance from the net", PLACE),
            Label::new("own_y", "The agent's own height", PLACE),
            Label::new("own_vx", "The agent's own speed away from the net", SPEED),
            Label::new("own_vy", "The agent's own speed upwards", SPEED),
            Label::new("ball_x", "The ball's distance from the net, on the agent's side positive", PLACE),
            Label::new("ball_y", "The ball's height", PLACE),
            Label::new("ball_vx", "The ball's speed towards the agent's side", SPEED),
            Label::new("ball_vy", "The ball's speed upwards", SPEED),
            Label::new("other_x", "The other agent's distance from the net", PLACE),
            Label::new("other_y", "The other agent's height", PLACE),
            Label::new("other_vx", "The other agent's speed away from the net", SPEED),
            Label::new("other_vy", "The other agent's speed upwards", SPEED),
        ]);
        Labels::homogeneous(2, agent)
    }

    fn overview(_: &Config, state: &State) -> Overview {
        let slimes = state.slimes.iter().map(|slime| Some(in_view(slime.x, slime.y)));
        Overview { positions: slimes.collect(), ..Overview::default() }
    }

    fn draw(config: &Config, state: &State, view: View, surface: &mut Surface) {
        const SKY: Color = Color::rgb(23, 32, 51);
        const SAND: Color = Color::rgb(214, 180, 120);
        const NET: Color = Color::rgb(236, 240, 245);
        const LEFT: Color = Color::rgb(240, 110, 70);
        const RIGHT: Color = Color::rgb(80, 170, 250);
        let at = in_view;
        let ground = VIEW_HEIGHT - GROUND;
        surface.rect(0.0, 0.0, WIDTH, VIEW_HEIGHT).id(0).fill(SKY).depth(-10).persistent();
        surface.rect(0.0, ground, WIDTH, GROUND).id(1).fill(SAND).depth(-5).persistent();
        let (fx, fy) = at(-FENCE_WIDTH / 2.0, FENCE_HEIGHT);
        surface.rect(fx, fy, FENCE_WIDTH, FENCE_HEIGHT - GROUND).id(2).fill(NET).depth(-4).persistent();
        let (sx, sy) = at(0.0, FENCE_HEIGHT);
        surface.circle(sx, sy, STUB_RADIUS).id(3).fill(NET).depth(-4).persistent();

        let (bx, by) = at(state.ball.x, state.ball.y);
        let ball = surface.circle(bx, by, BALL_RADIUS).id(4).fill(Color::rgb(255, 221, 87)).depth(5);
        // A serve jumps to the middle: gliding there would be a lie.
        if state.freeze != FREEZE_TICKS {
            ball.tween();
        }
        for (index, slime) in state.slimes.iter().enumerate() {
            let (x, y) = at(slime.x, slime.y);
            let (base, color) = if index == 0 { (10, LEFT) } else { (20, RIGHT) };
            let pi = core::f32::consts::PI;
            surface.arc(x, y, SLIME_RADIUS, pi, 2.0 * pi).id(base).fill(color).depth(1).tween();
            let (ex, ey) = (x - side(index) * 0.45, y - 0.78);
            surface.circle(ex, ey, 0.38).id(base + 1).fill(Color::WHITE).depth(2).tween();
            let (dx, dy) = (bx - ex, by - ey);
            let distance = (dx * dx + dy * dy).sqrt() + 0.01;
            let (px, py) = (ex + dx / distance * 0.18, ey + dy / distance * 0.18);
            surface.circle(px, py, 0.17).id(base + 2).fill(Color::BLACK).depth(3).tween();
            if config.lives > 1 {
                for life in 0..state.lives.get(index).copied().unwrap_or(0) {
                    let (lx, _) = at(side(index) * (WIDTH / 2.0 - 1.2 - 1.2 * f32::from(life)), 0.0);
                    surface.circle(lx, 1.2, 0.4).id(base * 30 + u16::from(life)).fill(color);
                }
            }
        }
        if let View::Agent(agent) = view
            && let Some(slime) = state.slimes.get(agent.index())
        {
            let (x, y) = at(slime.x, slime.y + SLIME_RADIUS + 0.9);
            surface.text(x, y, 1.1, Align::Center, "You").id(30).fill(Color::WHITE).depth(6).tween();
        }
    }

    fn hud(config: &Config, state: &State, _: View) -> Vec<HudItem> {
        if config.lives == 1 {
            return Vec::new();
        }
        let [left, right] = state.lives;
        vec![HudItem { label: "Lives".into(), value: format!("{left} – {right}") }]
    }
}

/// The scripted opponent: runs to where the ball will come down, as [`Physics::Mug`] has it, and heads it towards the net.
#[derive(Debug, Clone, Copy)]
pub struct Chaser;

impl Policy for Chaser {
    fn act(&mut self, observation: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
        let at = |k: usize| observation.get(k).copied().unwrap_or(0.0) * OBSERVATION_SCALE;
        let (x, y, ball_x, ball_y, ball_vx, ball_vy) = (at(0), at(1), at(4), at(5), at(6), at(7));
        // Where the ball crosses the height of a slime's head, walls included.
        let drop = math::max(ball_y - GROUND - SLIME_RADIUS - BALL_RADIUS, 0.0);
        let gravity = Physics::Mug.constants().gravity;
        let fall = (ball_vy + (ball_vy * ball_vy - 2.0 * gravity * drop).sqrt()) / -gravity;
        let wall = WIDTH / 2.0 - BALL_RADIUS;
        let mut landing = ball_x + ball_vx * fall;
        if landing > wall {
            landing = 2.0 * wall - landing;
        }
        let mine = landing > -1.0;
        // A little behind the ball, so that it leaves towards the net.
        let target = if mine { math::clamp(landing + 0.55, 2.2, 22.0) } else { 9.0 };
        let reach = ball_x - x;
        let jump = mine && y <= GROUND + 0.01 && ball_vy < 2.0 && reach > -2.2 && reach < 0.9 && ball_y < 5.2;
        let forward = x - target > 0.35;
        let backward = target - x > 0.35;
        Ok(match (forward, backward, jump) {
            (true, _, true) => Move::ForwardJump,
            (true, _, false) => Move::Forward,
            (_, true, true) => Move::BackwardJump,
            (_, true, false) => Move::Backward,
            (_, _, true) => Move::Jump,
            _ => Move::Noop,
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use footlights_env::{
        Stream,
        surface::{Encoder, Scene, testing},
    };

    use super::*;

    fn rng() -> Rng {
        Rng::derive(1, Stream::Environment, 0, 0)
    }

    fn play(seed: u64, episode: u32, policies: &mut [&mut dyn Policy; 2]) -> f32 {
        let mut sim = Sim::<SlimeVolleyball>::new(Config::default()).unwrap();
        sim.reset(seed, episode);
        loop {
            let mut actions = Vec::new();
            for (index, policy) in policies.iter_mut().enumerate() {
                let mut observation = Vec::new();
                sim.observe(Agent(index as u8), &mut observation);
                let mut rng = Rng::derive(seed, Stream::Policy(index as u8), episode, sim.tick() + 1);
                actions.push(policy.act(&observation, &mut rng).unwrap());
            }
            let step = sim.step(&actions).unwrap();
            if step.done() {
                return step.rewards[1];
            }
        }
    }

    #[test]
    fn the_ball_hangs_for_thirty_ticks_and_then_falls() {
        let config = Config::default();
        let mut state = SlimeVolleyball::reset(&config, &mut rng());
        let start = state.ball;
        assert_eq!((start.x, start.y), (0.0, 12.0));
        for _ in 0..30 {
            SlimeVolleyball::step(&config, &mut state, &[Move::Noop; 2], &mut rng());
            assert_eq!(state.ball, start);
        }
        SlimeVolleyball::step(&config, &mut state, &[Move::Noop; 2], &mut rng());
        assert_ne!(state.ball, start);
    }

    #[test]
    fn the_two_sides_see_mirror_images() {
        let config = Config::default();
        let mut state = SlimeVolleyball::reset(&config, &mut rng());
        state.ball = Body { x: 3.0, y: 7.0, vx: -4.0, vy: 5.0 };
        let left = SlimeVolleyball::observe(&config, &state, Agent(0));
        let right = SlimeVolleyball::observe(&config, &state, Agent(1));
        assert_eq!(left[..4], right[..4]);
        assert_eq!(left[4..8], [-0.3, 0.7, 0.4, 0.5]);
        assert_eq!(right[4..8], [0.3, 0.7, -0.4, 0.5]);
    }

    /// The highest point of a jump is at about jump² / (2 gravity) over the ground.
    #[test]
    fn a_jump_is_as_high_and_a_run_as_fast_as_the_constants_say() {
        let highest = |physics: Physics| {
            let config = Config { physics, ..Config::default() };
            let mut state = SlimeVolleyball::reset(&config, &mut rng());
            let mut highest = 0.0;
            SlimeVolleyball::step(&config, &mut state, &[Move::ForwardJump, Move::Noop], &mut rng());
            let run = state.slimes[0].vx;
            for _ in 0..60 {
                highest = math::max(highest, state.slimes[0].y - GROUND);
                SlimeVolleyball::step(&config, &mut state, &[Move::Noop; 2], &mut rng());
            }
            (run, highest)
        };
        let (run, height) = highest(Physics::Mug);
        assert!(run == 20.0 && (height - 17.5 * 17.5 / (2.0 * 22.05)).abs() < 0.4, "{run} {height}");
        let (run, height) = highest(Physics::SlimeVolleyGym);
        assert!(run == 17.5 && (height - 13.5 * 13.5 / (2.0 * 29.4)).abs() < 0.4, "{run} {height}");
    }

    #[test]
    fn a_mirrored_game_is_the_same_game() {
        let config = Config::default();
        for seed in 0..20 {
            let mut a = SlimeVolleyball::reset(&config, &mut Rng::derive(seed, Stream::Environment, 0, 0));
            let mut b = a.clone();
            b.ball.vx = -b.ball.vx;
            let mut moves = Rng::derive(seed, Stream::Policy(0), 0, 0);
            for _ in 0..400 {
                let [p, q] = [0, 1].map(|_| *moves.choose(Move::ALL).unwrap());
                let one = SlimeVolleyball::step(&config, &mut a, &[p, q], &mut rng());
                let two = SlimeVolleyball::step(&config, &mut b, &[q, p], &mut rng());
                assert_eq!(
                    SlimeVolleyball::observe(&config, &a, Agent(0)),
                    SlimeVolleyball::observe(&config, &b, Agent(1))
                );
                assert_eq!(one.rewards[0], two.rewards[1]);
                if one.done() {
                    break;
                }
            }
        }
    }

    #[test]
    fn the_side_on_which_the_ball_falls_loses_the_point() {
        let config = Config { lives: 2, ..Config::default() };
        for (x, rewards) in [(-9.0, [-1.0, 1.0]), (9.0, [1.0, -1.0])] {
            let mut state = SlimeVolleyball::reset(&config, &mut rng());
            for lives in [1, 0] {
                state.freeze = 0;
                state.ball = Body { x, y: 2.1, vx: 0.0, vy: -9.0 };
                let step = SlimeVolleyball::step(&config, &mut state, &[Move::Noop; 2], &mut rng());
                assert_eq!(step.rewards[..], rewards);
                assert_eq!(step.done(), lives == 0);
                assert_eq!(state.lives[usize::from(x > 0.0)], lives);
            }
        }
    }

    #[test]
    fn an_episode_is_truncated_at_step_3000() {
        let mut sim = Sim::<SlimeVolleyball>::new(Config { lives: 200, ..Config::default() }).unwrap();
        sim.reset(1, 0);
        for tick in 1..=MAX_STEPS {
            let step = sim.step(&[Move::Noop.into(), Move::Noop.into()]).unwrap();
            assert_eq!(step.truncated[0], tick == MAX_STEPS);
            assert!(!step.terminated[0]);
        }
    }

    #[test]
    fn the_scripted_opponent_beats_random_play() {
        let mut random = footlights_env::RandomPolicy(Move::space());
        let total: f32 = (0..200).map(|seed| play(seed, 0, &mut [&mut random, &mut Chaser])).sum();
        assert!(total / 200.0 > 0.7, "{}", total / 200.0);
    }

    #[test]
    fn the_picture_shows_court_slimes_and_ball() {
        let mut sim = Sim::<SlimeVolleyball>::new(Config::default()).unwrap();
        sim.reset(1, 0);
        let mut surface = Surface::new();
        sim.draw(View::Agent(Agent(0)), &mut surface);
        let viewport = sim.spec().viewport;
        let mut scene = Scene::default();
        scene.apply(&Encoder::new(viewport).encode(&surface)).unwrap();
        let visible: Vec<_> = scene.items(viewport).into_iter().filter(|item| item.id != 0).collect();
        expect![[r#"



















                                                           oo
                                                           oo












                                   You                     oo
                                                           oo
                                  oooo                     ##                     oooo
                                 oooooo                    ##                    oooooo
            ################################################################################################
            ################################################################################################
            ################################################################################################"#]]
        .assert_eq(&testing::render(&visible, viewport, 96, 40));
    }
}
