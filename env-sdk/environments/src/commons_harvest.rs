//! `commons-harvest-v0`: two to eight players share an orchard whose apples grow back only where others are left.
//!
//! The dilemma is that of Perolat et al. 2017, "A multi-agent reinforcement learning model of common-pool resource
//! appropriation" (<https://arxiv.org/abs/1707.06600>); the radius, and the probabilities by the number of apples within it,
//! are those of Melting Pot's `commons_harvest__open` (Leibo et al. 2021, <https://arxiv.org/abs/2107.06857>). Players move
//! by the directions of the map and look where they last went, so that people can play it with four keys.
//!
//! A player sees the cells around it and nothing else: `observe` and `draw` hold nothing outside of its window. So a seat
//! is sent nothing else where the room steps the game; a browser that simulates the game knows all of it.

use std::sync::LazyLock;

use footlights_env::prelude::*;

use crate::grid::Facing;

/// How far a player sees, in cells to each side.
const SIGHT: i32 = 3;
const WINDOW: usize = 2 * SIGHT as usize + 1;
/// What each cell of a window says: wall, apple, another player, where that one looks (four), beam.
const LAYERS: usize = 8;
/// Behind the cells: where the player itself looks (four), whether it is out, whether it can tag.
const OWN: usize = 6;
/// Apples within this distance of a cell, measured straight, make its apple grow back.
const RADIUS: i32 = 2;
/// The probability a step that an apple grows back, by the number of apples around it; the last one for more.
const REGROWTH: [f64; 4] = [0.0, 0.0025, 0.005, 0.025];

/// The orchard: `W` wall, `A` a cell where an apple grows, `P` a cell where players come in, a space the ground.
const MAP: [&str; 14] = [
    "WWWWWWWWWWWWWWWWWWWWWWWW",
    "WP   A       A        PW",
    "W   AAA     AAA    A   W",
    "W  AAAAA     A    AAA  W",
    "W   AAA          AAAAA W",
    "WP   A     A      AAA PW",
    "W         AAA      A   W",
    "W   A      A           W",
    "WP AAA           A    PW",
    "W AAAAA    A    AAA    W",
    "W  AAA    AAA  AAAAA   W",
    "W   A      A    AAA    W",
    "WP               A    PW",
    "WWWWWWWWWWWWWWWWWWWWWWWW",
];

/// The map, read once.
struct Orchard {
    width: i32,
    height: i32,
    walls: Vec<bool>,
    /// The cells where apples grow, row by row.
    trees: Vec<Cell>,
    /// The number of the tree in each cell.
    tree_at: Vec<Option<u16>>,
    /// For each tree, the trees around it.
    around: Vec<Vec<u16>>,
    /// Where players come in.
    entries: Vec<Cell>,
}

static ORCHARD: LazyLock<Orchard> = LazyLock::new(|| Orchard::read(&MAP));

impl Orchard {
    fn read(rows: &[&str]) -> Self {
        let (width, height) = (rows.first().map_or(0, |row| row.len()) as i32, rows.len() as i32);
        let letters = rows
            .iter()
            .zip(0i8..)
            .flat_map(|(row, y)| row.bytes().zip(0i8..).map(move |(letter, x)| (Cell { x, y }, letter)));
        let of =
            |wanted: u8| letters.clone().filter(move |(_, letter)| *letter == wanted).map(|(cell, _)| cell);
        let trees: Vec<Cell> = of(b'A').collect();
        let number = |cell: Cell| trees.iter().position(|tree| *tree == cell).map(|number| number as u16);
        let near = |from: &Cell| {
            let is_near = |to: &Cell| *to != *from && from.distance_squared(*to) <= RADIUS * RADIUS;
            trees.iter().filter(|tree| is_near(tree)).filter_map(|tree| number(*tree)).collect()
        };
        Self {
            width,
            height,
            walls: letters.clone().map(|(_, letter)| letter == b'W').collect(),
            tree_at: letters.clone().map(|(cell, _)| number(cell)).collect(),
            around: trees.iter().map(near).collect(),
            entries: of(b'P').collect(),
            trees,
        }
    }

    fn index(&self, cell: Cell) -> Option<usize> {
        let (x, y) = (i32::from(cell.x), i32::from(cell.y));
        let is_inside = (0..self.width).contains(&x) && (0..self.height).contains(&y);
        is_inside.then_some((y * self.width + x) as usize)
    }

    /// Whether nobody can go there; outside there are walls.
    fn is_wall(&self, cell: Cell) -> bool {
        self.index(cell).and_then(|index| self.walls.get(index)).copied().unwrap_or(true)
    }

    fn tree(&self, cell: Cell) -> Option<u16> {
        self.index(cell).and_then(|index| self.tree_at.get(index)).copied().flatten()
    }
}

/// A cell, from the top left one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// To the right.
    pub x: i8,
    /// Down.
    pub y: i8,
}

impl Cell {
    fn next(self, facing: Facing) -> Self {
        let (dx, dy) = facing.step();
        Self { x: self.x.saturating_add(dx), y: self.y.saturating_add(dy) }
    }

    fn distance_squared(self, other: Self) -> i32 {
        let (dx, dy) = (i32::from(self.x) - i32::from(other.x), i32::from(self.y) - i32::from(other.y));
        dx * dx + dy * dy
    }
}

/// The directions next to a beam that goes this way.
fn sides(facing: Facing) -> [Facing; 2] {
    match facing {
        Facing::North | Facing::South => [Facing::East, Facing::West],
        Facing::East | Facing::West => [Facing::North, Facing::South],
    }
}

/// The environment.
pub struct CommonsHarvest;

/// What an experiment may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How many play, 2 to 8.
    pub players: u8,
    /// Whether players can tag each other.
    pub beam: bool,
    /// How many cells a beam reaches.
    pub beam_length: u8,
    /// Steps after a beam in which its player cannot tag again.
    pub beam_cooldown: u8,
    /// Steps for which a player is out who was hit.
    pub out_steps: u16,
    /// Multiplies the probabilities with which apples grow back.
    pub regrowth: f64,
    /// The most steps of an episode.
    pub max_steps: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            players: 4,
            beam: true,
            beam_length: 3,
            beam_cooldown: 4,
            out_steps: 25,
            regrowth: 1.0,
            max_steps: 1_000,
        }
    }
}

/// A player.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// Where it is, or was when it was hit.
    pub cell: Cell,
    /// Where it looks.
    pub facing: Facing,
    /// Steps until it comes in again; 0 while it plays.
    pub out: u16,
    /// Steps until it can tag again.
    pub cooldown: u8,
    /// Whether it tags in this step.
    pub tags: bool,
    /// Apples that it has eaten.
    pub apples: u16,
}

/// Everything that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// In the agents' order.
    pub players: PerAgent<Player>,
    /// A bit for each tree, row by row: whether there is an apple.
    pub apples: Vec<u64>,
}

impl State {
    fn has_apple(&self, tree: u16) -> bool {
        let (word, bit) = (usize::from(tree / 64), tree % 64);
        self.apples.get(word).is_some_and(|word| word >> bit & 1 == 1)
    }

    fn set_apple(&mut self, tree: u16, is_there: bool) {
        let (word, bit) = (usize::from(tree / 64), tree % 64);
        if let Some(word) = self.apples.get_mut(word) {
            *word = if is_there { *word | 1 << bit } else { *word & !(1 << bit) };
        }
    }

    /// How many apples there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.apples.iter().map(|word| word.count_ones()).sum()
    }

    /// The player in a cell.
    fn player_in(&self, cell: Cell) -> Option<usize> {
        self.players.iter().position(|player| player.out == 0 && player.cell == cell)
    }
}

/// What a player does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Discrete)]
pub enum Action {
    /// Nothing.
    Stay,
    /// Looks up, and goes there if nobody and no wall is there.
    North,
    /// The same, down.
    South,
    /// The same, to the right.
    East,
    /// The same, to the left.
    West,
    /// Sends a beam, three cells wide, the way the player looks: who is hit is out for a while.
    Tag,
}

/// The cells that a player's beam covers: three lanes up to the first wall of each.
fn beam(config: &Config, player: &Player) -> Vec<Cell> {
    let facing = player.facing;
    let mut covered = Vec::new();
    let [left, right] = sides(facing).map(|side| player.cell.next(side));
    for (lane, is_own) in [(player.cell, true), (left, false), (right, false)] {
        if !is_own && ORCHARD.is_wall(lane) {
            continue;
        }
        let mut cell = lane;
        for _ in 0..config.beam_length {
            cell = cell.next(facing);
            if ORCHARD.is_wall(cell) {
                break;
            }
            covered.push(cell);
        }
    }
    covered
}

impl Environment for CommonsHarvest {
    type Config = Config;
    type State = State;
    type Action = Action;
    type Observation = Vec<f32>;

    const ID: &'static str = "commons-harvest-v0";

    fn spec(config: &Config) -> Spec {
        let numbers = WINDOW * WINDOW * LAYERS + OWN;
        let agent = AgentSpec::new(Action::space(), Space::uniform_box(numbers, 0.0, 1.0)).noop(Action::Stay);
        Spec {
            id: Self::ID.into(),
            agents: vec![agent; config.players.into()],
            max_steps: config.max_steps,
            reward_range: (0.0, 1.0),
            viewport: Viewport { width: WINDOW as f32, height: WINDOW as f32 },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if !(2..=8).contains(&config.players) {
            return Err("players must be 2 to 8".into());
        }
        if !(1..=12).contains(&config.beam_length) {
            return Err("beam_length must be 1 to 12".into());
        }
        if !(0.0..=40.0).contains(&config.regrowth) {
            return Err("regrowth must be 0 to 40".into());
        }
        if config.max_steps == 0 {
            return Err("max_steps must be at least 1".into());
        }
        Ok(())
    }

    fn reset(config: &Config, rng: &mut Rng) -> State {
        let trees = ORCHARD.trees.len();
        let mut state = State { players: PerAgent::new(), apples: vec![0; trees.div_ceil(64)] };
        (0..trees).for_each(|tree| state.set_apple(tree as u16, true));
        for _ in 0..config.players {
            let cell = entry(&state, rng);
            state.players.push(Player { cell, ..Player::default() });
        }
        state
    }

    fn step(config: &Config, state: &mut State, actions: &[Action], rng: &mut Rng) -> Step {
        let count = state.players.len();
        // Who comes first to a cell is drawn anew in each step, so that no seat has an advantage.
        let mut order: PerAgent<usize> = (0..count).collect();
        rng.shuffle(&mut order);
        for number in order {
            act(config, state, number, actions.get(number).copied().unwrap_or(Action::Stay));
        }
        let mut step = tag(config, state, Step::all(actions.iter().map(|_| 0.0), false));
        for number in 0..count {
            let Some(player) = state.players.get(number).copied().filter(|player| player.out == 0) else {
                continue;
            };
            let Some(tree) = ORCHARD.tree(player.cell).filter(|tree| state.has_apple(*tree)) else {
                continue;
            };
            state.set_apple(tree, false);
            if let Some(player) = state.players.get_mut(number) {
                player.apples = player.apples.saturating_add(1);
            }
            if let Some(reward) = step.rewards.get_mut(number) {
                *reward = 1.0;
            }
        }
        grow(config, state, rng);
        come_in(state, rng);
        step
    }

    fn observe(config: &Config, state: &State, agent: Agent) -> Vec<f32> {
        let mut numbers = vec![0.0; WINDOW * WINDOW * LAYERS + OWN];
        let Some(own) = state.players.get(agent.index()).copied() else { return numbers };
        let mut set = |at: usize| {
            if let Some(number) = numbers.get_mut(at) {
                *number = 1.0;
            }
        };
        let behind = WINDOW * WINDOW * LAYERS;
        set(behind + own.facing as usize);
        if own.out > 0 {
            set(behind + 4);
            return numbers;
        }
        if own.cooldown == 0 && config.beam {
            set(behind + 5);
        }
        let beams = beams(config, state);
        for (at, cell) in window(own.cell) {
            let layers = at * LAYERS;
            if ORCHARD.is_wall(cell) {
                set(layers);
            }
            if ORCHARD.tree(cell).is_some_and(|tree| state.has_apple(tree)) {
                set(layers + 1);
            }
            if let Some(other) = state.player_in(cell).filter(|other| *other != agent.index()) {
                set(layers + 2);
                set(layers + 3 + state.players.get(other).map_or(0, |other| other.facing as usize));
            }
            if beams.contains(&cell) {
                set(layers + 7);
            }
        }
        numbers
    }

    fn labels(config: &Config) -> Labels {
        let mut labels = Labels::homogeneous(config.players.into(), Action::labels())
            .info("tags", "Players that this player's beam hit in this step", "players")
            .info("tagged", "Whether the player was hit in this step", "");
        for player in 0..config.players {
            let cell =
                |axis: &str| format!("The {axis} of the player's cell, or of the one where it was hit");
            labels = labels
                .state(format!("player_{player}_x"), cell("column"), "cells", RecordKind::Number)
                .state(format!("player_{player}_y"), cell("row"), "cells", RecordKind::Number)
                .state(format!("player_{player}_facing"), "Where the player looks", "", RecordKind::Text)
                .state(
                    format!("player_{player}_out"),
                    "Steps until it comes in again",
                    "steps",
                    RecordKind::Number,
                );
        }
        labels.state("apples", "Apples in the orchard", "apples", RecordKind::Number)
    }

    fn record(_: &Config, state: &State) -> Vec<RecordValue> {
        let of = |player: &Player| -> [RecordValue; 4] {
            let number = |number: f64| RecordValue::from(number);
            [
                number(player.cell.x.into()),
                number(player.cell.y.into()),
                player.facing.to_string().into(),
                number(player.out.into()),
            ]
        };
        let players = state.players.iter().flat_map(of);
        players.chain([f64::from(state.count()).into()]).collect()
    }

    fn draw(config: &Config, state: &State, view: View, surface: &mut Surface) {
        match view {
            View::Agent(agent) => draw_window(config, state, agent, surface),
            View::Spectator => draw_all(config, state, surface),
        }
    }

    fn hud(_: &Config, state: &State, view: View) -> Vec<HudItem> {
        let View::Agent(agent) = view else { return Vec::new() };
        let Some(player) = state.players.get(agent.index()) else { return Vec::new() };
        let mut items = vec![HudItem { label: "Apples".into(), value: player.apples.to_string() }];
        if player.out > 0 {
            items.push(HudItem {
                label: "Out for".into(),
                value: format!("{} step{}", player.out, if player.out == 1 { "" } else { "s" }),
            });
        }
        items
    }
}

/// The cells of a window around a cell, row by row.
fn window(middle: Cell) -> impl Iterator<Item = (usize, Cell)> {
    let sight = SIGHT as i8;
    let cells = (-sight..=sight).flat_map(move |dy| (-sight..=sight).map(move |dx| (dx, dy)));
    cells.enumerate().map(move |(at, (dx, dy))| {
        (at, Cell { x: middle.x.saturating_add(dx), y: middle.y.saturating_add(dy) })
    })
}

fn act(config: &Config, state: &mut State, number: usize, action: Action) {
    let Some(player) = state.players.get(number).copied() else { return };
    let mut after = Player { tags: false, cooldown: player.cooldown.saturating_sub(1), ..player };
    let facing = match action {
        Action::North => Some(Facing::North),
        Action::South => Some(Facing::South),
        Action::East => Some(Facing::East),
        Action::West => Some(Facing::West),
        Action::Stay | Action::Tag => None,
    };
    if player.out == 0 {
        if let Some(facing) = facing {
            after.facing = facing;
            let next = player.cell.next(facing);
            if !ORCHARD.is_wall(next) && state.player_in(next).is_none() {
                after.cell = next;
            }
        }
        if action == Action::Tag && config.beam && player.cooldown == 0 {
            after.tags = true;
            after.cooldown = config.beam_cooldown;
        }
    }
    if let Some(player) = state.players.get_mut(number) {
        *player = after;
    }
}

/// Every cell under a beam in this step.
fn beams(config: &Config, state: &State) -> Vec<Cell> {
    state.players.iter().filter(|player| player.tags).flat_map(|player| beam(config, player)).collect()
}

/// Whoever is under a beam is out. Beams go out at the same time, so two players can hit each other.
fn tag(config: &Config, state: &mut State, mut step: Step) -> Step {
    let mut hit: PerAgent<bool> = state.players.iter().map(|_| false).collect();
    for number in 0..state.players.len() {
        let Some(player) = state.players.get(number).copied().filter(|player| player.tags) else { continue };
        let mut hits = 0.0;
        for cell in beam(config, &player) {
            if let Some(hit) = state.player_in(cell).and_then(|other| hit.get_mut(other)) {
                *hit = true;
                hits += 1.0;
            }
        }
        step = step.info(Agent(number as u8), "tags", hits);
    }
    for (number, (player, _)) in state.players.iter_mut().zip(hit).enumerate().filter(|(_, (_, hit))| *hit) {
        player.out = config.out_steps;
        step = step.info(Agent(number as u8), "tagged", 1.0);
    }
    step
}

/// Apples grow back, all judged by how things were before.
fn grow(config: &Config, state: &mut State, rng: &mut Rng) {
    let before = state.clone();
    for (tree, around) in (0u16..).zip(&ORCHARD.around) {
        let is_free =
            ORCHARD.trees.get(usize::from(tree)).is_some_and(|cell| before.player_in(*cell).is_none());
        if before.has_apple(tree) || !is_free {
            continue;
        }
        let apples = around.iter().filter(|near| before.has_apple(**near)).count();
        let probability = REGROWTH.get(apples.min(REGROWTH.len() - 1)).copied().unwrap_or_default();
        if probability > 0.0 && rng.uniform_f64(0.0, 1.0) < probability * config.regrowth {
            state.set_apple(tree, true);
        }
    }
}

/// Whoever has been out for long enough comes in where nobody stands.
fn come_in(state: &mut State, rng: &mut Rng) {
    for number in 0..state.players.len() {
        let out = state.players.get(number).map_or(0, |player| player.out);
        let cell = if out == 1 { Some(entry(state, rng)) } else { None };
        if let Some(player) = state.players.get_mut(number) {
            player.out = out.saturating_sub(1);
            player.cell = cell.unwrap_or(player.cell);
        }
    }
}

/// An entry without a player, drawn at random.
fn entry(state: &State, rng: &mut Rng) -> Cell {
    let free: Vec<Cell> =
        ORCHARD.entries.iter().filter(|cell| state.player_in(**cell).is_none()).copied().collect();
    rng.choose(&free).copied().unwrap_or_default()
}

const GROUND: Color = Color::rgb(0x2f, 0x3d, 0x2c);
const WALL: Color = Color::rgb(0x7b, 0x7f, 0x86);
const GRASS: Color = Color::rgb(0x47, 0x66, 0x3c);
const APPLE: Color = Color::rgb(0xe0, 0x4b, 0x3f);
const BEAM: Color = Color::rgb(0xff, 0xe1, 0x66);
/// By player.
const COLOURS: [Color; 8] = [
    Color::rgb(0x4d, 0x9d, 0xff),
    Color::rgb(0xff, 0x9f, 0x40),
    Color::rgb(0xc9, 0x8b, 0xff),
    Color::rgb(0x35, 0xd0, 0xba),
    Color::rgb(0xff, 0x7a, 0xb6),
    Color::rgb(0xd8, 0xd8, 0x5a),
    Color::rgb(0xa5, 0xb4, 0xc4),
    Color::rgb(0x9a, 0x6b, 0x4a),
];

/// What lies in a cell, drawn in a square of the picture; `first` is the first of the three ids that it takes.
fn draw_cell(state: &State, cell: Cell, (x, y, side): (f32, f32, f32), first: u16, surface: &mut Surface) {
    if ORCHARD.is_wall(cell) {
        surface.rect(x, y, side, side).id(first).fill(WALL);
    } else if let Some(tree) = ORCHARD.tree(cell) {
        surface.rect(x, y, side, side).id(first).fill(GRASS);
        if state.has_apple(tree) {
            surface.circle(x + side / 2.0, y + side / 2.0, side * 0.27).id(first + 1).fill(APPLE).depth(1);
        }
    }
}

/// A player, with a nose where it looks, and a ring around one's own; `first` is the first of the three ids that it takes.
fn draw_player(
    (number, player): (usize, &Player),
    is_own: bool,
    (x, y, side): (f32, f32, f32),
    first: u16,
    surface: &mut Surface,
) {
    let colour = COLOURS.get(number).copied().unwrap_or(Color::WHITE);
    let (middle_x, middle_y) = (x + side / 2.0, y + side / 2.0);
    let (dx, dy) = player.facing.step();
    let at = |forward: f32, aside: f32| {
        let (dx, dy) = (f32::from(dx), f32::from(dy));
        (middle_x + side * (forward * dx - aside * dy), middle_y + side * (forward * dy + aside * dx))
    };
    surface.circle(middle_x, middle_y, side * 0.34).id(first).fill(colour).depth(3);
    surface.polygon(vec![at(0.48, 0.0), at(0.22, 0.2), at(0.22, -0.2)]).id(first + 1).fill(colour).depth(3);
    if is_own {
        surface
            .circle(middle_x, middle_y, side * 0.34)
            .id(first + 2)
            .stroke(Color::WHITE, side * 0.06)
            .depth(4);
    }
}

/// The ids of a window's cells, of its players and its beams.
const PLAYERS: u16 = 4_096;
const BEAMS: u16 = 8_192;

/// The cells around a player, and nothing else.
fn draw_window(config: &Config, state: &State, agent: Agent, surface: &mut Surface) {
    surface.rect(0.0, 0.0, WINDOW as f32, WINDOW as f32).id(0).fill(GROUND).depth(-10).persistent();
    let Some(own) = state.players.get(agent.index()) else { return };
    if own.out > 0 {
        let middle = WINDOW as f32 / 2.0;
        surface.text(middle, middle, 0.5, Align::Center, "You are out for a moment").id(1).fill(Color::WHITE);
        return;
    }
    let beams = beams(config, state);
    for (at, cell) in window(own.cell) {
        let square = ((at % WINDOW) as f32, (at / WINDOW) as f32, 1.0);
        let id = 16 + 4 * at as u16;
        draw_cell(state, cell, square, id, surface);
        if let Some((number, player)) = state.player_in(cell).and_then(|n| Some((n, state.players.get(n)?))) {
            draw_player((number, player), number == agent.index(), square, PLAYERS + 4 * at as u16, surface);
        }
        if beams.contains(&cell) {
            surface.rect(square.0, square.1, 1.0, 1.0).id(BEAMS + at as u16).fill(BEAM).alpha(0.5).depth(5);
        }
    }
}

/// The whole orchard, for who looks on: as wide as a window.
fn draw_all(config: &Config, state: &State, surface: &mut Surface) {
    let side = WINDOW as f32 / ORCHARD.width as f32;
    let top = (WINDOW as f32 - side * ORCHARD.height as f32) / 2.0;
    let square = |cell: Cell| (f32::from(cell.x) * side, top + f32::from(cell.y) * side, side);
    surface.rect(0.0, 0.0, WINDOW as f32, WINDOW as f32).id(0).fill(GROUND).depth(-10).persistent();
    let cells = (0..ORCHARD.height as i8).flat_map(|y| (0..ORCHARD.width as i8).map(move |x| Cell { x, y }));
    for (number, cell) in (0u16..).zip(cells) {
        draw_cell(state, cell, square(cell), 16 + 4 * number, surface);
    }
    for ((number, player), id) in state.players.iter().enumerate().zip((PLAYERS..).step_by(4)) {
        if player.out == 0 {
            draw_player((number, player), false, square(player.cell), id, surface);
        }
    }
    for (number, cell) in (0u16..).zip(beams(config, state)) {
        let (x, y, side) = square(cell);
        surface.rect(x, y, side, side).id(BEAMS + number).fill(BEAM).alpha(0.5).depth(5);
    }
}

/// Goes to the nearest apple that it sees, and wanders where it sees none. It never tags.
///
/// ```
/// use footlights_env::{Agent, Environment, Policy, Rng, Stream};
/// use footlights_environments::commons_harvest::{CommonsHarvest, Config, Gatherer};
///
/// let config = Config::default();
/// let mut rng = Rng::derive(1, Stream::Policy(0), 0, 1);
/// let state = CommonsHarvest::reset(&config, &mut rng);
/// let action = Gatherer::careful().act(&CommonsHarvest::observe(&config, &state, Agent(0)), &mut rng)?;
/// # Ok::<(), footlights_env::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Gatherer {
    is_careful: bool,
}

impl Gatherer {
    /// Takes every apple.
    #[must_use]
    pub fn greedy() -> Self {
        Self { is_careful: false }
    }

    /// Leaves the last apple of a patch, so that the patch grows back.
    #[must_use]
    pub fn careful() -> Self {
        Self { is_careful: true }
    }

    fn wants(self, seen: &Window<'_>, cell: Offset) -> bool {
        let near = |other: &Offset| {
            let (dx, dy) = (other.0 - cell.0, other.1 - cell.1);
            *other != cell && dx * dx + dy * dy <= RADIUS * RADIUS && seen.has(*other, APPLE_LAYER)
        };
        seen.has(cell, APPLE_LAYER) && (!self.is_careful || offsets().any(|other| near(&other)))
    }
}

/// A cell of a window, from its middle.
type Offset = (i32, i32);

const WALL_LAYER: usize = 0;
const APPLE_LAYER: usize = 1;
const PLAYER_LAYER: usize = 2;

fn offsets() -> impl Iterator<Item = Offset> {
    (-SIGHT..=SIGHT).flat_map(|dy| (-SIGHT..=SIGHT).map(move |dx| (dx, dy)))
}

/// An observation.
struct Window<'a>(&'a [f32]);

impl Window<'_> {
    fn has(&self, (dx, dy): Offset, layer: usize) -> bool {
        let is_inside = dx.abs() <= SIGHT && dy.abs() <= SIGHT;
        let cell = (dy + SIGHT) * (2 * SIGHT + 1) + dx + SIGHT;
        is_inside && self.0.get(cell as usize * LAYERS + layer).is_some_and(|number| *number > 0.0)
    }

    fn is_free(&self, (dx, dy): Offset) -> bool {
        let is_inside = dx.abs() <= SIGHT && dy.abs() <= SIGHT;
        is_inside && !self.has((dx, dy), WALL_LAYER) && !self.has((dx, dy), PLAYER_LAYER)
    }

    fn facing(&self) -> Facing {
        let own = self.0.get(WINDOW * WINDOW * LAYERS..).unwrap_or_default();
        let is_there = |facing: &Facing| own.get(*facing as usize).is_some_and(|number| *number > 0.0);
        Facing::ALL.into_iter().find(is_there).unwrap_or_default()
    }
}

fn beside((dx, dy): Offset, facing: Facing) -> Offset {
    let (x, y) = facing.step();
    (dx + i32::from(x), dy + i32::from(y))
}

impl From<Facing> for Action {
    fn from(facing: Facing) -> Self {
        match facing {
            Facing::North => Self::North,
            Facing::South => Self::South,
            Facing::East => Self::East,
            Facing::West => Self::West,
        }
    }
}

impl Policy for Gatherer {
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        let seen = Window(observation);
        // The nearest apple by the shortest way, and the first step of that.
        let mut queue: Vec<(Offset, Option<Facing>)> = vec![((0, 0), None)];
        let mut at = 0;
        while let Some((cell, first)) = queue.get(at).copied() {
            at += 1;
            if let Some(first) = first.filter(|_| self.wants(&seen, cell)) {
                return Ok(Action::from(first).into());
            }
            for facing in Facing::ALL {
                let next = beside(cell, facing);
                if seen.is_free(next) && !queue.iter().any(|(known, _)| *known == next) {
                    queue.push((next, first.or(Some(facing))));
                }
            }
        }
        // None: on, or another way now and then. A careful one does not step on the apple that it leaves.
        let may_enter = |facing: &Facing| {
            let next = beside((0, 0), *facing);
            seen.is_free(next) && !seen.has(next, APPLE_LAYER)
        };
        let free: Vec<Facing> = Facing::ALL.into_iter().filter(may_enter).collect();
        let goes_on = free.contains(&seen.facing()) && rng.below(8) > 0;
        let chosen = if goes_on { Some(seen.facing()) } else { rng.choose(&free).copied() };
        Ok(chosen.map_or(Action::Stay, Action::from).into())
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;
    use serde_json::json;

    use super::*;

    fn rng(seed: u64) -> Rng {
        Rng::derive(seed, Stream::Environment, 0, 0)
    }

    /// A state in which each tree has an apple or not, and players are somewhere.
    fn somewhere(config: &Config, rng: &mut Rng) -> State {
        let mut state = CommonsHarvest::reset(config, rng);
        for tree in 0..ORCHARD.trees.len() {
            state.set_apple(tree as u16, rng.below(2) == 0);
        }
        for number in 0..state.players.len() {
            let cell = free_cell(&state, rng, &|_| true);
            let facing = *rng.choose(&Facing::ALL).unwrap();
            state.players[number] = Player { cell, facing, tags: rng.below(2) == 0, ..Player::default() };
        }
        state
    }

    fn free_cell(state: &State, rng: &mut Rng, may_be: &dyn Fn(Cell) -> bool) -> Cell {
        loop {
            let (x, y) = (rng.below(ORCHARD.width as u32) as i8, rng.below(ORCHARD.height as u32) as i8);
            let cell = Cell { x, y };
            if !ORCHARD.is_wall(cell) && state.player_in(cell).is_none() && may_be(cell) {
                return cell;
            }
        }
    }

    fn far(from: Cell, to: Cell, by: i8) -> bool {
        (from.x - to.x).abs() > by || (from.y - to.y).abs() > by
    }

    #[test]
    fn what_a_player_is_shown_does_not_depend_on_what_is_outside_of_its_window() {
        let config = Config { players: 8, ..Config::default() };
        let mut changed = 0;
        for seed in 0..300 {
            let mut rng = rng(seed);
            let state = somewhere(&config, &mut rng);
            let own = state.players[0].cell;
            let mut other = state.clone();
            for (tree, cell) in ORCHARD.trees.iter().enumerate() {
                if far(own, *cell, SIGHT as i8) {
                    other.set_apple(tree as u16, rng.below(2) == 0);
                }
            }
            // A beam from outside may reach into the window: who is near enough for that stays.
            let out_of_reach = SIGHT as i8 + config.beam_length as i8;
            for number in 1..8 {
                if far(own, state.players[number].cell, out_of_reach) {
                    let cell = free_cell(&other, &mut rng, &|cell| far(own, cell, out_of_reach));
                    let tags = rng.below(2) == 0;
                    other.players[number] = Player { cell, tags, ..other.players[number] };
                    changed += 1;
                }
            }
            let shown = |state: &State| {
                let mut surface = Surface::new();
                CommonsHarvest::draw(&config, state, View::Agent(Agent(0)), &mut surface);
                let hud = CommonsHarvest::hud(&config, state, View::Agent(Agent(0)));
                (CommonsHarvest::observe(&config, state, Agent(0)), format!("{:?} {hud:?}", surface.items()))
            };
            assert_eq!(shown(&state), shown(&other), "seed {seed}");
        }
        assert!(changed > 300);
    }

    #[test]
    fn apples_grow_back_by_how_many_are_near() {
        let config = Config { players: 2, ..Config::default() };
        let trees = ORCHARD.trees.len() as u16;
        let (mut could, mut grown) = ([0_u32; 4], [0_u32; 4]);
        let mut random = rng(1);
        for _ in 0..2_000 {
            let before = somewhere(&config, &mut random);
            let mut after = before.clone();
            grow(&config, &mut after, &mut random);
            for tree in 0..trees {
                let cell = ORCHARD.trees[usize::from(tree)];
                if before.has_apple(tree) {
                    assert!(after.has_apple(tree));
                } else if before.player_in(cell).is_some() {
                    assert!(!after.has_apple(tree));
                } else {
                    let is_near = |other: &u16| {
                        let distance = cell.distance_squared(ORCHARD.trees[usize::from(*other)]);
                        *other != tree && distance <= 4 && before.has_apple(*other)
                    };
                    let near = (0..trees).filter(is_near).count().min(3);
                    could[near] += 1;
                    grown[near] += u32::from(after.has_apple(tree));
                }
            }
        }
        for (near, probability) in [0.0, 0.0025, 0.005, 0.025].into_iter().enumerate() {
            let (could, grown) = (f64::from(could[near]), f64::from(grown[near]));
            let deviation = (could * probability * (1.0 - probability)).sqrt();
            assert!((grown - could * probability).abs() <= 4.0 * deviation, "{near}: {grown} of {could}");
        }
    }

    #[test]
    fn who_is_hit_is_out_and_comes_in_again() {
        let config = Config { players: 2, out_steps: 3, beam_cooldown: 2, ..Config::default() };
        let mut state = CommonsHarvest::reset(&config, &mut rng(1));
        state.players[0] = Player { cell: Cell { x: 10, y: 7 }, facing: Facing::East, ..Player::default() };
        state.players[1] = Player { cell: Cell { x: 13, y: 6 }, ..Player::default() };
        let play = |state: &mut State, actions: [Action; 2]| {
            let step = CommonsHarvest::step(&config, state, &actions, &mut rng(2));
            step.infos.iter().map(|info| (info.agent.0, info.key, info.value)).collect::<Vec<_>>()
        };
        // In the lane beside it, three cells on.
        let hit = play(&mut state, [Action::Tag, Action::Stay]);
        assert_eq!(hit, [(0, "tags", 1.0), (1, "tagged", 1.0)]);
        // It does nothing while it is out, and the beam rests.
        assert!(state.players[1].out > 0);
        assert_eq!(play(&mut state, [Action::Tag, Action::Tag]), []);
        assert!(!state.players[0].tags);
        for _ in 0..config.out_steps {
            play(&mut state, [Action::Stay, Action::Stay]);
        }
        assert_eq!(state.players[1].out, 0);
        assert!(ORCHARD.entries.contains(&state.players[1].cell));
        assert_eq!(play(&mut state, [Action::Tag, Action::Stay]), [(0, "tags", 0.0)]);
    }

    #[test]
    fn of_two_who_want_one_cell_one_goes_there_and_no_seat_is_favoured() {
        let config = Config { players: 2, ..Config::default() };
        let between = Cell { x: 10, y: 7 };
        let came_first = |seed: &u64| {
            let mut state = CommonsHarvest::reset(&config, &mut rng(1));
            state.players[0].cell = Cell { x: 9, y: 7 };
            state.players[1].cell = Cell { x: 11, y: 7 };
            CommonsHarvest::step(&config, &mut state, &[Action::East, Action::West], &mut rng(*seed));
            let [first, second] = [0, 1].map(|number| state.players[number].cell == between);
            assert!(first != second);
            first
        };
        let first = (0..400).filter(came_first).count();
        assert!((150..250).contains(&first), "{first} of 400");
    }

    #[test]
    fn a_wrong_option_is_refused_by_its_name() {
        for (config, why) in [
            (json!({ "players": 1 }), "players must be 2 to 8"),
            (json!({ "players": 9 }), "players must be 2 to 8"),
            (json!({ "beam_length": 0 }), "beam_length must be 1 to"),
            (json!({ "regrowth": -1 }), "regrowth must be 0 to"),
            (json!({ "max_steps": 0 }), "max_steps must be at least 1"),
        ] {
            let told = Sim::<CommonsHarvest>::from_json(&config).err().map(|error| error.to_string());
            assert!(told.clone().is_some_and(|told| told.contains(why)), "{config}: {told:?}");
        }
    }

    /// The dilemma: those who take everything get less in the end.
    #[test]
    fn careful_gatherers_harvest_more_than_greedy_ones() {
        let harvested = |mut gatherer: Gatherer| -> f32 {
            let mut sim = Sim::<CommonsHarvest>::new(Config { players: 8, ..Config::default() }).unwrap();
            sim.reset(1, 0);
            let mut total = 0.0;
            loop {
                let mut act = |number| {
                    let mut seen = Vec::new();
                    sim.observe(Agent(number), &mut seen);
                    let mut rng = Rng::derive(1, Stream::Policy(number), 0, sim.tick() + 1);
                    gatherer.act(&seen, &mut rng).unwrap()
                };
                let actions: Vec<ActionValue> = (0..8).map(&mut act).collect();
                let step = sim.step(&actions).unwrap();
                total += step.rewards.iter().sum::<f32>();
                if step.done() {
                    return total;
                }
            }
        };
        let (greedy, careful) = (harvested(Gatherer::greedy()), harvested(Gatherer::careful()));
        println!("greedy {greedy}, careful {careful}");
        assert!(careful > 1.5 * greedy, "{careful} {greedy}");
    }
}
