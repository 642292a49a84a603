//! `{{env-id}}`: players walk on a grid and pick up coins. A coin that is picked up appears somewhere else.

use footlights::prelude::*;

const PLAYERS: usize = {{players}};
const COINS: usize = 3;

pub struct {{Env}};

/// What an experiment may choose.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Cells along each side of the grid.
    pub size: u8,
    /// Points for a coin.
    pub coin: f32,
}

impl Default for Config {
    fn default() -> Self {
        Self { size: 7, coin: 1.0 }
    }
}

/// A cell: column and row, from the top left corner.
type Cell = (u8, u8);

#[derive(Clone, Serialize, Deserialize)]
pub struct State {
    players: [Cell; PLAYERS],
    coins: [Cell; COINS],
}

#[derive(Clone, Copy, PartialEq, Discrete)]
pub enum Walk {
    Stay,
    Left,
    Right,
    Up,
    Down,
}

impl Environment for {{Env}} {
    type Config = Config;
    type State = State;
    type Action = Walk;
    type Observation = [f32; 2 * (PLAYERS + COINS)];

    const ID: &'static str = "{{env-id}}";

    fn spec(config: &Config) -> Spec {
        let size = f32::from(config.size);
        let observation = Space::uniform_box(2 * (PLAYERS + COINS), 0.0, size - 1.0);
        Spec {
            id: Self::ID.into(),
            agents: vec![AgentSpec::new(Walk::space(), observation).noop(Walk::Stay); PLAYERS],
            max_steps: 200,
            reward_range: (0.0, config.coin * COINS as f32),
            viewport: Viewport { width: size, height: size },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if !(3..=20).contains(&config.size) {
            return Err("size must be 3 to 20".into());
        }
        if (0.0..=100.0).contains(&config.coin) { Ok(()) } else { Err("coin must be 0 to 100".into()) }
    }

    fn reset(config: &Config, rng: &mut Rng) -> State {
        // Nobody begins in another's cell or on a coin: the first cells of a shuffled list are different ones.
        let mut cells: Vec<Cell> = (0..config.size).flat_map(|x| (0..config.size).map(move |y| (x, y))).collect();
        rng.shuffle(&mut cells);
        let mut cells = cells.into_iter().cycle();
        let mut next = || cells.next().unwrap_or_default();
        State { players: std::array::from_fn(|_| next()), coins: std::array::from_fn(|_| next()) }
    }

    fn step(config: &Config, state: &mut State, actions: &[Walk], rng: &mut Rng) -> Step {
        let last = config.size - 1;
        let mut rewards = [0.0; PLAYERS];
        for ((player, action), reward) in state.players.iter_mut().zip(actions).zip(&mut rewards) {
            match action {
                Walk::Stay => {}
                Walk::Left => player.0 = player.0.saturating_sub(1),
                Walk::Right => player.0 = last.min(player.0 + 1),
                Walk::Up => player.1 = player.1.saturating_sub(1),
                Walk::Down => player.1 = last.min(player.1 + 1),
            }
            for coin in state.coins.iter_mut().filter(|coin| **coin == *player) {
                *reward += config.coin;
                *coin = cell(config, rng);
            }
        }
        Step::all(rewards, false)
    }

    fn observe(_: &Config, state: &State, agent: Agent) -> Self::Observation {
        // The agent's own place comes first, then the others' in their order, then the coins.
        let mut players = state.players;
        players.rotate_left(agent.index());
        let mut cells = players.iter().chain(&state.coins);
        let mut observation = [0.0; 2 * (PLAYERS + COINS)];
        for pair in observation.chunks_exact_mut(2) {
            if let (Some(cell), [x, y]) = (cells.next(), pair) {
                (*x, *y) = (f32::from(cell.0), f32::from(cell.1));
            }
        }
        observation
    }

    fn labels(_: &Config) -> Labels {
        Labels::homogeneous(PLAYERS, Walk::labels())
    }

    fn draw(config: &Config, state: &State, view: View, surface: &mut Surface) {
        let size = f32::from(config.size);
        let place = |cell: &Cell| (f32::from(cell.0), f32::from(cell.1));
        surface.rect(0.0, 0.0, size, size).id(0).fill(Color::rgb(238, 240, 232)).depth(-2).persistent();
        for (id, coin) in (100..).zip(&state.coins) {
            let (x, y) = place(coin);
            surface.image(x, y, 1.0, 1.0, "sprites", 0).id(id).depth(-1);
        }
        for (id, player) in (1..).zip(&state.players) {
            let (x, y) = place(player);
            // Whoever looks at the picture has a ring, and stands before the others.
            let is_own = matches!(view, View::Agent(own) if u16::from(own.0) + 1 == id);
            let depth = i16::from(is_own);
            if is_own {
                let ring = surface.circle(x + 0.5, y + 0.5, 0.45).id(300);
                ring.fill(Color::WHITE).stroke(Color::rgb(60, 60, 60), 0.03).tween();
            }
            surface.image(x, y, 1.0, 1.0, "sprites", 1 + (id - 1) % 4).id(id).depth(depth).tween();
            let number = surface.text(x + 0.5, y + 0.75, 0.3, Align::Center, id.to_string());
            number.id(200 + id).depth(depth).fill(Color::WHITE).tween();
        }
    }
}

fn cell(config: &Config, rng: &mut Rng) -> Cell {
    let mut draw = || rng.below(u32::from(config.size)) as u8;
    (draw(), draw())
}
