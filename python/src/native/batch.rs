//! Many games of one environment, stepped together. Every array is made once and written into at each step.

use std::sync::Mutex;

use footlights_env::{ActionValue, Agent, PerAgent, Simulation, Space};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::{Bound, Py, PyAny, PyResult, Python, pyclass, pymethods, types::PyAnyMethods};

use super::{
    error::{env, value},
    spaces::{self, hold},
};

/// Observations, rewards, terminated, truncated.
type Shared = (Py<PyArray2<f32>>, Py<PyArray1<f32>>, Py<PyArray1<bool>>, Py<PyArray1<bool>>);

/// Games whose agents are places of the arrays: game by game, and in each of them agent by agent.
#[pyclass(module = "footlights._native", frozen)]
pub struct Batch {
    games: Mutex<Games>,
    observations: Py<PyArray2<f32>>,
    rewards: Py<PyArray1<f32>>,
    terminated: Py<PyArray1<bool>>,
    truncated: Py<PyArray1<bool>>,
}

struct Games {
    games: Vec<Game>,
    agents: usize,
    /// Numbers of an agent's observation.
    width: usize,
    space: Space,
    /// Infos of the last step: the place, the key, the value.
    infos: Vec<(usize, &'static str, f64)>,
    /// Observations before the resets of the last step, by place.
    last: Vec<(usize, Vec<f32>)>,
}

struct Game {
    sim: Box<dyn Simulation>,
    /// The last step ended the episode, so that the next one begins another.
    is_over: bool,
}

/// Where a step writes.
struct Arrays<'a> {
    observations: &'a mut [f32],
    rewards: &'a mut [f32],
    terminated: &'a mut [bool],
    truncated: &'a mut [bool],
}

impl Games {
    fn observe(&self, number: usize, out: &mut [f32]) {
        let Some(game) = self.games.get(number) else { return };
        let places = out.chunks_exact_mut(self.width.max(1)).skip(number * self.agents);
        for (agent, place) in (0u8..).map(Agent).zip(places).take(self.agents) {
            game.sim.observe_into(agent, place);
        }
    }

    /// `action` gives the action of a place. At the end of an episode the next one begins in the same step, or in the next
    /// one, whose action does not count (Gymnasium's `AutoresetMode`).
    fn step(
        &mut self,
        action: &dyn Fn(usize) -> ActionValue,
        same_step: bool,
        out: &mut Arrays<'_>,
    ) -> PyResult<()> {
        self.infos.clear();
        self.last.clear();
        for number in 0..self.games.len() {
            let first = number * self.agents;
            let Some(game) = self.games.get_mut(number) else { continue };
            let mut place = first;
            if game.is_over {
                let (seed, episode) = (game.sim.seed(), game.sim.episode());
                game.sim.reset(seed, episode + 1);
                game.is_over = false;
                for place in first..first + self.agents {
                    set(out.rewards, place, 0.0);
                    set(out.terminated, place, false);
                    set(out.truncated, place, false);
                }
            } else {
                let actions: PerAgent<ActionValue> = (first..first + self.agents).map(action).collect();
                let step =
                    game.sim.step(&actions).map_err(|error| value(format!("game {number}: {error}")))?;
                let ends = step.terminated.iter().zip(&step.truncated);
                for (reward, (terminated, truncated)) in step.rewards.iter().zip(ends) {
                    set(out.rewards, place, *reward);
                    set(out.terminated, place, *terminated);
                    set(out.truncated, place, *truncated);
                    place += 1;
                }
                self.infos
                    .extend(step.infos.iter().map(|info| (first + info.agent.index(), info.key, info.value)));
                if step.done() && same_step {
                    for agent in 0..self.agents {
                        let mut last = Vec::with_capacity(self.width);
                        game.sim.observe(Agent(agent as u8), &mut last);
                        self.last.push((first + agent, last));
                    }
                    let (seed, episode) = (game.sim.seed(), game.sim.episode());
                    game.sim.reset(seed, episode + 1);
                } else {
                    game.is_over = step.done();
                }
            }
            self.observe(number, out.observations);
        }
        Ok(())
    }
}

fn set<T>(values: &mut [T], place: usize, value: T) {
    if let Some(slot) = values.get_mut(place) {
        *slot = value;
    }
}

#[pymethods]
impl Batch {
    #[new]
    fn new(py: Python<'_>, id: &str, config: &str, games: usize) -> PyResult<Self> {
        if games == 0 {
            return Err(value("num_envs must be at least 1"));
        }
        let first = spaces::make(id, config)?;
        let Some((action, observation)) = first.spec().shared_spaces() else {
            return Err(value(format!(
                "the agents of {id} have different spaces: make its games one by one"
            )));
        };
        let (space, width, agents) = (action.clone(), observation.len(), first.spec().agents.len());
        let others = (1..games).map(|_| spaces::make(id, config));
        let games: Vec<Box<dyn Simulation>> =
            std::iter::once(Ok(first)).chain(others).collect::<PyResult<_>>()?;
        let games: Vec<Game> = games.into_iter().map(|sim| Game { sim, is_over: false }).collect();
        let places = games.len() * agents;
        Ok(Self {
            observations: PyArray2::zeros(py, [places, width], false).unbind(),
            rewards: PyArray1::zeros(py, places, false).unbind(),
            terminated: PyArray1::zeros(py, places, false).unbind(),
            truncated: PyArray1::zeros(py, places, false).unbind(),
            games: Mutex::new(Games { games, agents, width, space, infos: Vec::new(), last: Vec::new() }),
        })
    }

    fn declaration(&self) -> PyResult<String> {
        let games = hold(&self.games);
        let first = games.games.first().ok_or_else(|| value("there is no game"))?;
        spaces::declaration(first.sim.as_ref()).map_err(env)
    }

    /// The arrays that `reset` and `step` write into: observations, rewards, terminated, truncated.
    fn arrays(&self, py: Python<'_>) -> Shared {
        (
            self.observations.clone_ref(py),
            self.rewards.clone_ref(py),
            self.terminated.clone_ref(py),
            self.truncated.clone_ref(py),
        )
    }

    /// Begins an episode in every game that has a seed here; the others go on with the next episode of theirs where
    /// `seeds` is empty.
    fn reset(&self, py: Python<'_>, seeds: Vec<u64>) -> PyResult<()> {
        let mut observations = self.observations.bind(py).try_readwrite()?;
        let out = observations.as_slice_mut()?;
        let mut games = hold(&self.games);
        if !seeds.is_empty() && seeds.len() != games.games.len() {
            return Err(value(format!("{} seeds for {} games", seeds.len(), games.games.len())));
        }
        for number in 0..games.games.len() {
            let Some(game) = games.games.get_mut(number) else { continue };
            match seeds.get(number) {
                Some(seed) => game.sim.reset(*seed, 0),
                None => {
                    let (seed, episode) = (game.sim.seed(), game.sim.episode());
                    game.sim.reset(seed, episode + 1);
                }
            }
            game.is_over = false;
            games.observe(number, out);
        }
        Ok(())
    }

    /// One step of every game. `actions` has a whole number, or a row of numbers, for each place.
    fn step(&self, py: Python<'_>, actions: &Bound<'_, PyAny>, same_step: bool) -> PyResult<()> {
        let mut games = hold(&self.games);
        let places = games.games.len() * games.agents;
        let mut observations = self.observations.bind(py).try_readwrite()?;
        let mut rewards = self.rewards.bind(py).try_readwrite()?;
        let mut terminated = self.terminated.bind(py).try_readwrite()?;
        let mut truncated = self.truncated.bind(py).try_readwrite()?;
        let mut out = Arrays {
            observations: observations.as_slice_mut()?,
            rewards: rewards.as_slice_mut()?,
            terminated: terminated.as_slice_mut()?,
            truncated: truncated.as_slice_mut()?,
        };
        match games.space.clone() {
            Space::Discrete { .. } => {
                let given: PyReadonlyArrayDyn<'_, i64> = actions.extract()?;
                check(given.len(), places)?;
                let given = given.as_slice()?;
                // A number that is none of the actions is refused by the environment.
                let action = |place: usize| {
                    let number =
                        given.get(place).and_then(|number| i32::try_from(*number).ok()).unwrap_or(-1);
                    ActionValue::Discrete(number)
                };
                games.step(&action, same_step, &mut out)
            }
            Space::Box { low, .. } => {
                let given: PyReadonlyArrayDyn<'_, f32> = actions.extract()?;
                check(given.len(), places * low.len())?;
                let given = given.as_slice()?;
                let action = |place: usize| {
                    let row = given.get(place * low.len()..(place + 1) * low.len()).unwrap_or_default();
                    ActionValue::Continuous(row.to_vec())
                };
                games.step(&action, same_step, &mut out)
            }
        }
    }

    /// What the last step reported: the place, the key and the value of each info.
    fn infos(&self) -> Vec<(usize, &'static str, f64)> {
        hold(&self.games).infos.clone()
    }

    /// What was observed last of the episodes that ended in the last step, by place; with `same_step` only.
    fn last(&self) -> Vec<(usize, Vec<f32>)> {
        hold(&self.games).last.clone()
    }

    /// The digests of all states.
    fn digests(&self) -> PyResult<Vec<String>> {
        let games = hold(&self.games);
        let digest = |game: &Game| game.sim.digest().map(|digest| format!("{digest:016x}")).map_err(env);
        games.games.iter().map(digest).collect()
    }
}

fn check(given: usize, expected: usize) -> PyResult<()> {
    if given == expected {
        Ok(())
    } else {
        Err(value(format!("{given} numbers are given as actions, {expected} are expected")))
    }
}
