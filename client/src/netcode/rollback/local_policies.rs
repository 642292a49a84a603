//! Runs the room's policies in the browser to predict their actions. A policy is a function of its observation, its own
//! state and the random numbers of the tick, so both sides come to the same action. The room stays authoritative.

use std::collections::VecDeque;

use footlights_env::{ActionValue, Agent, Simulation};
use footlights_protocol::{
    Tick,
    timeline::{Move, Moves, PolicyQuery},
};
use litemap::LiteMap;

/// Evaluates a policy from its saved state (`footlights_env::Policy::save`; `None` at the start of an episode). Returns
/// the action and the state after it; `None` where this browser cannot run the policy.
pub type InferFn = fn(&PolicyQuery, Option<&[u8]>) -> Option<(ActionValue, Vec<u8>)>;

/// The policies' own states by agent; empty at the start of an episode.
type States = LiteMap<Agent, Vec<u8>>;

/// What the policies did in one tick of the present.
#[derive(Debug, Clone)]
struct PolicyTick {
    tick: Tick,
    /// `None` where the moves were guessed.
    moves: Option<Moves>,
    after: Option<States>,
}

/// The policies of the present.
#[derive(Debug, Clone)]
pub struct LocalPolicies {
    infer: InferFn,
    agents: Vec<Agent>,
    /// Their states now; `None` where one could not be evaluated.
    now: Option<States>,
    /// From the last confirmed tick to the present.
    history: VecDeque<PolicyTick>,
}

impl LocalPolicies {
    /// The policies of these agents, whose states are not known yet.
    pub fn new(agents: Vec<Agent>, infer: InferFn) -> Self {
        Self { infer, agents, now: None, history: VecDeque::new() }
    }

    /// Takes over the room's states after `tick`.
    pub fn load(&mut self, tick: Tick, states: impl IntoIterator<Item = (Agent, Vec<u8>)>) {
        self.now = Some(map_of(states));
        self.history.clear();
        let after = self.now.clone();
        self.history.push_back(PolicyTick { tick, moves: Some(Moves::new()), after });
    }

    /// Whether there are policies whose next moves cannot be known here.
    pub fn are_unknown(&self) -> bool {
        self.now.is_none() && !self.agents.is_empty()
    }

    /// The policies' next moves, if they can be known. Changes nothing.
    pub fn preview(&self, sim: &dyn Simulation) -> Option<Moves> {
        self.infer(sim).map(|(moves, _)| moves)
    }

    /// Runs the policies for `tick` and commits their new states. `None` if there are none, or one cannot be evaluated.
    pub fn run(&mut self, sim: &dyn Simulation, tick: Tick) -> Option<Moves> {
        if self.agents.is_empty() {
            return None;
        }
        let (moves, after) = self.infer(sim).unzip();
        self.now.clone_from(&after);
        self.history.push_back(PolicyTick { tick, moves: moves.clone(), after });
        moves
    }

    fn infer(&self, sim: &dyn Simulation) -> Option<(Moves, States)> {
        let states = self.now.as_ref().filter(|_| !self.agents.is_empty())?;
        let results = self.agents.iter().map(|agent| {
            let state = states.get(agent).map(Vec::as_slice);
            let (action, after) = (self.infer)(&PolicyQuery::new(sim, *agent), state)?;
            Some(((*agent, Move::Action(action)), (*agent, after)))
        });
        let (moves, after): (Vec<_>, Vec<_>) = results.collect::<Option<Vec<_>>>()?.into_iter().unzip();
        Some((map_of(moves), map_of(after)))
    }

    /// The policies' moves in a tick of the present; `None` if they were guessed.
    pub fn moves_in(&self, tick: Tick) -> Option<&Moves> {
        self.history.iter().find(|past| past.tick == tick)?.moves.as_ref()
    }

    /// Whether the moves in a tick of the present after `tick` were guessed.
    pub fn were_guessed_after(&self, tick: Tick) -> bool {
        self.history.iter().any(|past| past.tick > tick && past.moves.is_none())
    }

    /// An episode ended with `tick`: the policies start again.
    pub fn reset(&mut self, tick: Tick) {
        if let Some(past) = self.history.iter_mut().find(|past| past.tick == tick) {
            past.after = Some(States::new());
        }
        if self.history.back().is_none_or(|past| past.tick == tick) {
            self.now = Some(States::new());
        }
    }

    /// The present never goes back to a tick before `tick`.
    pub fn forget_before(&mut self, tick: Tick) {
        while self.history.pop_front_if(|past| past.tick < tick).is_some() {}
    }

    /// The present goes back to `tick`.
    pub fn back_to(&mut self, tick: Tick) {
        while self.history.pop_back_if(|past| past.tick > tick).is_some() {}
        self.now = self.history.back().filter(|past| past.tick == tick).and_then(|past| past.after.clone());
    }
}

/// A map of a few entries, without the sorting code that collecting would add to the page.
pub fn map_of<V>(entries: impl IntoIterator<Item = (Agent, V)>) -> LiteMap<Agent, V> {
    let mut map = LiteMap::new();
    for (agent, value) in entries {
        map.insert(agent, value);
    }
    map
}
