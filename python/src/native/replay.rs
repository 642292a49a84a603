//! A stored game, played again step by step.

use std::sync::Mutex;

use footlights_data::replay::Replay as Stored;
use footlights_env::ActionValue;
use numpy::{PyArray1, PyArray3, ToPyArray};
use pyo3::{Bound, PyResult, Python, exceptions::PyIndexError, pyclass, pymethods};

use super::{
    error::{env, value},
    game::Inner,
    spaces::{self, Stepped, hold},
};

/// A replay file, and its game at some step.
#[pyclass(module = "footlights._native", frozen)]
pub struct Replay {
    stored: Stored,
    inner: Mutex<Inner>,
}

#[pymethods]
impl Replay {
    /// Reads a file's bytes.
    #[new]
    fn new(bytes: &[u8]) -> PyResult<Self> {
        let stored = Stored::decode(bytes).map_err(value)?;
        let entry = spaces::entry(&stored.environment)?;
        let sim = entry.make(&stored.config()).map_err(env)?;
        let here = entry.fingerprint_of(&stored.fingerprinted_config()).map_err(env)?;
        if here != stored.fingerprint {
            return Err(value(format!(
                "recorded with simulation {:016x} of {}, this build has {here:016x}: use the build that recorded it",
                stored.fingerprint, stored.environment
            )));
        }
        Ok(Self { stored, inner: Mutex::new(Inner::new(sim)) })
    }

    fn declaration(&self) -> PyResult<String> {
        spaces::declaration(hold(&self.inner).sim.as_ref()).map_err(env)
    }

    /// Game id, experiment, scene, seed and ticks a second.
    fn about(&self) -> (String, String, String, u64, f32) {
        let info = &self.stored.info;
        (info.game_id.clone(), info.experiment.clone(), info.scene.clone(), info.seed, self.stored.fps)
    }

    /// How many steps each episode has.
    fn lengths(&self) -> Vec<usize> {
        self.stored.episodes.iter().map(|episode| episode.actions.len()).collect()
    }

    /// Goes to the start of the episode at a place, from 0.
    fn start(&self, place: usize) -> PyResult<()> {
        self.stored.start(hold(&self.inner).sim.as_mut(), place).map_err(value)
    }

    /// Plays one step, from 1, of that episode. The state before it must be the one it is in.
    fn step(&self, place: usize, step: u32) -> PyResult<Stepped> {
        let taken = self.stored.step(hold(&self.inner).sim.as_mut(), place, step).map_err(value)?;
        Ok(spaces::stepped(&taken))
    }

    /// What the agents did in a step: a list of numbers for each, one number where the action space is discrete.
    fn actions(&self, place: usize, step: usize) -> PyResult<Vec<Vec<f32>>> {
        let episode = self.stored.episodes.get(place);
        let actions = episode.and_then(|episode| episode.actions.get(step.wrapping_sub(1)));
        let actions = actions.ok_or_else(|| PyIndexError::new_err("there is no such step"))?;
        let numbers = |action: &ActionValue| match action {
            ActionValue::Discrete(number) => vec![*number as f32],
            ActionValue::Continuous(numbers) => numbers.clone(),
        };
        Ok(actions.iter().map(numbers).collect())
    }

    fn observe<'py>(&self, py: Python<'py>, agent: usize) -> Bound<'py, PyArray1<f32>> {
        hold(&self.inner).observe(agent).to_pyarray(py)
    }

    fn state(&self) -> String {
        hold(&self.inner).sim.describe().to_string()
    }

    fn digest(&self) -> PyResult<String> {
        let digest = hold(&self.inner).sim.digest().map_err(env)?;
        Ok(format!("{digest:016x}"))
    }

    fn render<'py>(
        &self,
        py: Python<'py>,
        agent: Option<u8>,
        width: u32,
    ) -> PyResult<Bound<'py, PyArray3<u8>>> {
        hold(&self.inner).render(py, agent, width)
    }
}
