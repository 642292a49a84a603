//! A game as a function of its inputs: the same keys and actions, tick by tick, give the same states, rewards and
//! episodes on every machine. A room runs it, browsers run it ahead of the room, and both can go back to a snapshot.

use footlights_env::{
    ActionValue, Agent, EnvError, PerAgent, Policy, PolicyError, Rng, Simulation, Step, Stream, View, msgpack,
};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use crate::{
    Hud, KeySet, ShownScores, Tick,
    keys::{self, InputMode, Keyboard, MissingAction},
};

/// What a game's inputs mean; does not change while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// When a key counts.
    pub input_mode: InputMode,
    /// What a seat does in a tick without a press.
    pub missing_action: MissingAction,
    /// By agent: what it does while no key is held, what replaces a refused action, and what it does when its policy
    /// fails. None where an agent has no such action; then the game cannot go on when it needs one.
    pub default_actions: Vec<Option<ActionValue>>,
    /// By agent.
    pub keyboards: Vec<Keyboard>,
    /// How many episodes there are.
    pub episodes: u32,
    /// Lowers the environment's step limit.
    pub max_steps: Option<u32>,
    /// Whether the score goes on from episode to episode.
    pub carry_score: bool,
    /// Whose scores a participant is told.
    #[serde(default, skip_serializing_if = "ShownScores::is_default")]
    pub shown_scores: ShownScores,
}

impl Rules {
    fn default_action(&self, agent: Agent) -> Result<ActionValue, EnvError> {
        let declared = self.default_actions.get(agent.index()).cloned().flatten();
        declared.ok_or(EnvError::NoDefaultAction { agent })
    }
}

/// The keys that a participant holds from now on; `None` when their connection is gone and they hold none.
pub type Change = Option<KeySet>;

/// What one seat brings to one tick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Move {
    /// A person's changes since the tick before, in order.
    #[serde(rename = "k")]
    Keys(Vec<Change>),
    /// A policy's choice.
    #[serde(rename = "a")]
    Action(ActionValue),
    /// A policy that failed.
    #[serde(rename = "f")]
    Failed,
}

impl Default for Move {
    /// No change.
    fn default() -> Self {
        Self::Keys(Vec::new())
    }
}

/// How many changes of one person's keys a tick takes; further ones are the next tick's. So no tick is too long for a
/// browser to bring it back.
pub const MAX_CHANGES_PER_TICK: usize = 16;

/// The moves of one tick by agent; who is not in it has the default move.
pub type Moves = LiteMap<Agent, Move>;

/// Where an action came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionSource {
    /// The person's keys.
    #[serde(rename = "k")]
    Keys,
    /// Nothing came: the scene's default action.
    #[serde(rename = "d")]
    Default,
    /// Nothing came: the previous action again.
    #[serde(rename = "v")]
    Previous,
    /// The environment's rules refused what came; the default action instead.
    #[serde(rename = "r")]
    Refused,
    /// A policy.
    #[serde(rename = "p")]
    Policy,
    /// The policy failed; the default action instead.
    #[serde(rename = "f")]
    PolicyFailed,
}

impl ActionSource {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Keys, Self::Default, Self::Previous, Self::Refused, Self::Policy, Self::PolicyFailed];

    /// The word in the data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Default => "default",
            Self::Previous => "previous",
            Self::Refused => "refused",
            Self::Policy => "policy",
            Self::PolicyFailed => "policy_failed",
        }
    }
}

/// What one tick did.
#[derive(Debug, Clone, PartialEq)]
pub struct TickResult {
    /// By agent.
    pub actions: PerAgent<ActionValue>,
    /// Where each action came from.
    pub sources: Vec<ActionSource>,
    /// What was refused, and by whom it was wanted.
    pub refused: Vec<(Agent, ActionValue)>,
    /// Rewards and ends.
    pub step: Step,
}

/// What a policy is asked before a tick. The same question has the same answer wherever it is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyQuery {
    /// Whose policy.
    pub agent: Agent,
    observation: Vec<f32>,
    /// Whether the rules allow each discrete action now.
    mask: Vec<bool>,
    seed: u64,
    episode: u32,
    /// The step that comes, from 1.
    step: u32,
}

impl PolicyQuery {
    /// What `agent`'s policy is asked now.
    pub fn new(sim: &dyn Simulation, agent: Agent) -> Self {
        let mut observation = Vec::new();
        sim.observe(agent, &mut observation);
        let mask = sim.action_mask(agent);
        Self { agent, observation, mask, seed: sim.seed(), episode: sim.episode(), step: sim.tick() + 1 }
    }

    /// What the policy does.
    pub fn evaluate(&self, policy: &mut dyn Policy) -> Result<ActionValue, PolicyError> {
        let mut rng = Rng::derive(self.seed, Stream::Policy(self.agent.0), self.episode, self.step);
        policy.act_masked(&self.observation, &self.mask, &mut rng)
    }
}

/// What is known of one seat between ticks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct SeatInput {
    keys: keys::KeyState,
    previous: Option<ActionValue>,
}

/// A running game.
pub struct Timeline {
    rules: Rules,
    sim: Box<dyn Simulation>,
    tick: Tick,
    scores: Vec<f32>,
    seats: Vec<SeatInput>,
}

/// Everything of a [`Timeline`] that changes.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    tick: Tick,
    #[serde(with = "serde_bytes")]
    sim: Vec<u8>,
    scores: Vec<f32>,
    seats: Vec<SeatInput>,
}

impl Clone for Timeline {
    fn clone(&self) -> Self {
        Self {
            rules: self.rules.clone(),
            sim: self.sim.fork(),
            tick: self.tick,
            scores: self.scores.clone(),
            seats: self.seats.clone(),
        }
    }
}

impl std::fmt::Debug for Timeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timeline").field("tick", &self.tick).finish_non_exhaustive()
    }
}

impl Timeline {
    /// The game at the start of its first episode.
    pub fn new(rules: Rules, mut sim: Box<dyn Simulation>, seed: u64) -> Self {
        if let Some(limit) = rules.max_steps {
            sim.limit_steps(limit);
        }
        sim.reset(seed, 0);
        let agents = sim.spec().agents.len();
        Self {
            rules,
            sim,
            tick: Tick::ZERO,
            scores: vec![0.0; agents],
            seats: vec![SeatInput::default(); agents],
        }
    }

    /// The simulation, to look at.
    pub fn sim(&self) -> &dyn Simulation {
        self.sim.as_ref()
    }

    /// What its inputs mean.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Ticks since the game began, over all episodes.
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// The sum of rewards by agent; of this episode only, if the rules say so.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// The keys that a seat's last tick saw: held, or tapped since the tick before.
    pub fn keys_seen(&self, agent: Agent) -> KeySet {
        let seen = self.seats.get(agent.index()).map_or(KeySet::EMPTY, |seat| seat.keys.seen());
        self.rules.keyboards.get(agent.index()).map_or(seen, |keyboard| keyboard.keys_of(seen))
    }

    /// One tick.
    ///
    /// # Errors
    ///
    /// When the environment fails, or an agent needs a default action and has none. The game cannot go on then.
    pub fn advance(&mut self, moves: &Moves) -> Result<TickResult, EnvError> {
        let mut actions = PerAgent::new();
        let mut sources = Vec::with_capacity(self.seats.len());
        let mut refused = Vec::new();
        for (agent, seat) in (0u8..).map(Agent).zip(&mut self.seats) {
            let (action, source) = choose(&self.rules, agent, seat, moves.get(&agent))?;
            let (action, source) = if self.sim.is_valid(agent, &action) {
                (action, source)
            } else {
                refused.push((agent, action));
                (self.rules.default_action(agent)?, ActionSource::Refused)
            };
            seat.previous = Some(action.clone());
            actions.push(action);
            sources.push(source);
        }
        let step = self.sim.step(&actions)?;
        self.tick += 1;
        for (score, reward) in self.scores.iter_mut().zip(&step.rewards) {
            *score += reward;
        }
        Ok(TickResult { actions, sources, refused, step })
    }

    /// After an episode's last tick: resets for the next one, if there is one.
    pub fn next_episode(&mut self) -> bool {
        let next = self.sim.episode() + 1;
        if next >= self.rules.episodes {
            return false;
        }
        self.sim.reset(self.sim.seed(), next);
        for seat in &mut self.seats {
            seat.previous = None;
        }
        if !self.rules.carry_score {
            self.scores.fill(0.0);
        }
        true
    }

    /// The scores that a participant is told, by agent.
    pub fn shown_scores(&self, agent: Agent) -> Vec<Option<f32>> {
        self.rules.shown_scores.of(&self.scores, agent)
    }

    /// The panel of one seat, at so many ticks a second.
    pub fn hud(&self, agent: Agent, fps: f32) -> Hud {
        let left = self.sim.step_limit().saturating_sub(self.sim.tick());
        Hud {
            episode: self.sim.episode() + 1,
            episodes: self.rules.episodes,
            scores: self.shown_scores(agent),
            seconds_left: (left as f32 / fps).ceil() as u32,
            items: self.sim.hud(View::Agent(agent)),
        }
    }

    /// The digest of the simulation's state.
    pub fn digest(&self) -> Result<u64, EnvError> {
        self.sim.digest()
    }

    /// A snapshot.
    pub fn save(&self) -> Result<Vec<u8>, EnvError> {
        let snapshot = Snapshot {
            tick: self.tick,
            sim: self.sim.save()?,
            scores: self.scores.clone(),
            seats: self.seats.clone(),
        };
        msgpack::encode(&snapshot).map_err(|e| EnvError::Snapshot { env: "timeline", why: e.to_string() })
    }

    /// Goes to a snapshot of a game with the same rules.
    pub fn load(&mut self, snapshot: &[u8]) -> Result<(), EnvError> {
        let wrong = |why: String| EnvError::Snapshot { env: "timeline", why };
        let Snapshot { tick, sim, scores, seats } =
            msgpack::decode(snapshot).map_err(|e| wrong(e.to_string()))?;
        if scores.len() != self.scores.len() || seats.len() != self.seats.len() {
            return Err(wrong(format!("{} scores and {} seats", scores.len(), seats.len())));
        }
        self.sim.load(&sim)?;
        (self.tick, self.scores, self.seats) = (tick, scores, seats);
        Ok(())
    }
}

/// What a seat wants to do, and where that comes from.
fn choose(
    rules: &Rules,
    agent: Agent,
    seat: &mut SeatInput,
    moved: Option<&Move>,
) -> Result<(ActionValue, ActionSource), EnvError> {
    let changes: &[Change] = match moved {
        Some(Move::Action(action)) => return Ok((action.clone(), ActionSource::Policy)),
        Some(Move::Failed) => return Ok((rules.default_action(agent)?, ActionSource::PolicyFailed)),
        Some(Move::Keys(changes)) => changes,
        None => &[],
    };
    let Some(keyboard) = rules.keyboards.get(agent.index()) else {
        return Ok((rules.default_action(agent)?, ActionSource::Default));
    };
    for change in changes {
        match change {
            Some(held) => seat.keys.change(*held, rules.input_mode, keyboard),
            None => seat.keys.release(),
        }
    }
    Ok(match seat.keys.take(rules.input_mode, keyboard) {
        Some(action) => (action, ActionSource::Keys),
        None => match (&seat.previous, rules.input_mode, rules.missing_action) {
            (Some(previous), InputMode::KeyDown | InputMode::KeyUp, MissingAction::Previous) => {
                (previous.clone(), ActionSource::Previous)
            }
            _ => (rules.default_action(agent)?, ActionSource::Default),
        },
    })
}
