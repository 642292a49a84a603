//! Policies that this browser runs as well as the room, so that it knows what they do before the room says it. The room
//! decides all the same; who is asked the same says the same.

use std::collections::VecDeque;

use footlights_env::{ActionValue, Agent, Simulation};
use footlights_protocol::timeline::{Move, Moves, PolicyQuery};
use litemap::LiteMap;

/// Asks a policy that is in this state of its own (`footlights_env::Policy::save`; none at the start of an episode). What it
/// does, and its state after that; nothing where this browser cannot run it.
pub type Act = fn(&PolicyQuery, Option<&[u8]>) -> Option<(ActionValue, Vec<u8>)>;

/// The policies' own states by agent; empty at the start of an episode.
type States = LiteMap<Agent, Vec<u8>>;

/// What the policies did in one tick.
#[derive(Debug, Clone)]
struct Past {
    tick: u32,
    /// None where they were guessed.
    moves: Option<Moves>,
    after: Option<States>,
}

/// The policies of the present.
#[derive(Debug, Clone)]
pub struct LocalPolicies {
    act: Act,
    agents: Vec<Agent>,
    /// Their states now; unknown where one could not be asked.
    now: Option<States>,
    /// From the last confirmed tick to the present.
    past: VecDeque<Past>,
}

impl LocalPolicies {
    pub fn new(agents: Vec<Agent>, act: Act) -> Self {
        Self { act, agents, now: None, past: VecDeque::new() }
    }

    /// As the room has them after `tick`.
    pub fn set(&mut self, tick: u32, states: impl IntoIterator<Item = (Agent, Vec<u8>)>) {
        self.now = Some(known(states));
        self.past.clear();
        self.past.push_back(Past { tick, moves: Some(Moves::new()), after: self.now.clone() });
    }

    /// Whether there are policies whose moves are not known before the room says them.
    pub fn are_unknown(&self) -> bool {
        self.now.is_none() && !self.agents.is_empty()
    }

    /// What they do next, if that is known.
    pub fn look(&self, sim: &dyn Simulation) -> Option<Moves> {
        self.ask(sim).map(|(moves, _)| moves)
    }

    /// What they do in `tick`, if that is known; from now on they have done it.
    pub fn go(&mut self, sim: &dyn Simulation, tick: u32) -> Option<Moves> {
        if self.agents.is_empty() {
            return None;
        }
        let (moves, after) = self.ask(sim).unzip();
        self.now.clone_from(&after);
        self.past.push_back(Past { tick, moves: moves.clone(), after });
        moves
    }

    fn ask(&self, sim: &dyn Simulation) -> Option<(Moves, States)> {
        let states = self.now.as_ref().filter(|_| !self.agents.is_empty())?;
        let answers = self.agents.iter().map(|agent| {
            let state = states.get(agent).map(Vec::as_slice);
            let (action, after) = (self.act)(&PolicyQuery::new(sim, *agent), state)?;
            Some(((*agent, Move::Action(action)), (*agent, after)))
        });
        let (moves, after): (Vec<_>, Vec<_>) = answers.collect::<Option<Vec<_>>>()?.into_iter().unzip();
        Some((known(moves), known(after)))
    }

    /// What they did in a tick of the present, if they were asked.
    pub fn did(&self, tick: u32) -> Option<&Moves> {
        self.past.iter().find(|past| past.tick == tick)?.moves.as_ref()
    }

    /// Whether a tick of the present after `tick` has moves that nobody was asked for.
    pub fn were_guessed_after(&self, tick: u32) -> bool {
        self.past.iter().any(|past| past.tick > tick && past.moves.is_none())
    }

    /// An episode ended with `tick`: they have forgotten everything.
    pub fn reset(&mut self, tick: u32) {
        if let Some(past) = self.past.iter_mut().find(|past| past.tick == tick) {
            past.after = Some(States::new());
        }
        if self.past.back().is_none_or(|past| past.tick == tick) {
            self.now = Some(States::new());
        }
    }

    /// Ticks before `tick` never come back.
    pub fn confirmed(&mut self, tick: u32) {
        while self.past.pop_front_if(|past| past.tick < tick).is_some() {}
    }

    /// The present goes back to `tick`.
    pub fn back_to(&mut self, tick: u32) {
        while self.past.pop_back_if(|past| past.tick > tick).is_some() {}
        self.now = self.past.back().filter(|past| past.tick == tick).and_then(|past| past.after.clone());
    }
}

/// A map of a few entries, without the sorting that collecting brings along.
pub fn known<V>(entries: impl IntoIterator<Item = (Agent, V)>) -> LiteMap<Agent, V> {
    let mut map = LiteMap::new();
    for (agent, value) in entries {
        map.insert(agent, value);
    }
    map
}
