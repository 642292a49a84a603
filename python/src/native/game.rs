//! One game.

use std::sync::Mutex;

use footlights_env::{Agent, Simulation, Surface, View};
use footlights_raster::Rasteriser;
use numpy::{PyArray1, PyArray3, PyArrayMethods, ToPyArray};
use pyo3::{
    Bound, PyAny, PyResult, Python, pyclass, pymethods,
    types::{PyBytes, PyBytesMethods},
};

use super::{
    error::{env, value},
    spaces::{self, Stepped, hold},
};

/// One game of an environment.
#[pyclass(module = "footlights._native", frozen)]
pub struct Game {
    inner: Mutex<Inner>,
}

pub struct Inner {
    pub sim: Box<dyn Simulation>,
    pub surface: Surface,
    pub rasteriser: Option<Rasteriser>,
}

impl Inner {
    pub fn new(sim: Box<dyn Simulation>) -> Self {
        Self { sim, surface: Surface::new(), rasteriser: None }
    }

    pub fn observe(&self, agent: usize) -> Vec<f32> {
        let mut flat = Vec::new();
        if let Ok(agent) = u8::try_from(agent) {
            self.sim.observe(Agent(agent), &mut flat);
        }
        flat
    }

    /// The picture for an agent, or for who looks on.
    pub fn render<'py>(
        &mut self,
        py: Python<'py>,
        agent: Option<u8>,
        width: u32,
    ) -> PyResult<Bound<'py, PyArray3<u8>>> {
        let spec = self.sim.spec();
        let view = match agent {
            Some(agent) if usize::from(agent) >= spec.agents.len() => {
                return Err(value(format!("{} has {} agents", spec.id, spec.agents.len())));
            }
            Some(agent) => View::Agent(Agent(agent)),
            None => View::Spectator,
        };
        let rasteriser = match &mut self.rasteriser {
            Some(rasteriser) => rasteriser,
            empty => empty.insert(Rasteriser::new(spaces::entry(&spec.id)?.images)),
        };
        self.surface.clear();
        self.sim.draw(view, &mut self.surface);
        let picture = rasteriser.paint(self.surface.items(), spec.viewport, width);
        let rgb: Vec<u8> = picture
            .rgba
            .iter()
            .enumerate()
            .filter(|(place, _)| place % 4 != 3)
            .map(|(_, byte)| *byte)
            .collect();
        let shape = [picture.height as usize, picture.width as usize, 3];
        PyArray1::from_vec(py, rgb).reshape(shape)
    }
}

#[pymethods]
impl Game {
    #[new]
    fn new(id: &str, config: &str) -> PyResult<Self> {
        let sim = spaces::make(id, config)?;
        Ok(Self { inner: Mutex::new(Inner::new(sim)) })
    }

    fn declaration(&self) -> PyResult<String> {
        spaces::declaration(hold(&self.inner).sim.as_ref()).map_err(env)
    }

    fn reset(&self, seed: u64, episode: u32) {
        hold(&self.inner).sim.reset(seed, episode);
    }

    fn step(&self, actions: Vec<Bound<'_, PyAny>>) -> PyResult<Stepped> {
        let mut inner = hold(&self.inner);
        let actions = spaces::actions(inner.sim.spec(), &actions)?;
        let step = inner.sim.step(&actions).map_err(env)?;
        Ok(spaces::stepped(&step))
    }

    fn observe<'py>(&self, py: Python<'py>, agent: usize) -> Bound<'py, PyArray1<f32>> {
        hold(&self.inner).observe(agent).to_pyarray(py)
    }

    /// Which of the discrete actions the rules let an agent do now.
    fn valid(&self, agent: u8) -> Vec<bool> {
        let inner = hold(&self.inner);
        let agent = Agent(agent);
        let count = match inner.sim.spec().agents.get(agent.index()).map(|agent| &agent.action_space) {
            Some(footlights_env::Space::Discrete { n }) => *n,
            _ => 0,
        };
        let is_valid =
            |action: u32| inner.sim.is_valid(agent, &footlights_env::ActionValue::Discrete(action as i32));
        (0..count).map(is_valid).collect()
    }

    fn state(&self) -> String {
        hold(&self.inner).sim.describe().to_string()
    }

    fn digest(&self) -> PyResult<String> {
        let digest = hold(&self.inner).sim.digest().map_err(env)?;
        Ok(format!("{digest:016x}"))
    }

    #[getter]
    fn tick(&self) -> u32 {
        hold(&self.inner).sim.tick()
    }

    #[getter]
    fn episode(&self) -> u32 {
        hold(&self.inner).sim.episode()
    }

    #[getter]
    fn seed(&self) -> u64 {
        hold(&self.inner).sim.seed()
    }

    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let saved = hold(&self.inner).sim.save().map_err(env)?;
        Ok(PyBytes::new(py, &saved))
    }

    fn load(&self, saved: &Bound<'_, PyBytes>) -> PyResult<()> {
        hold(&self.inner).sim.load(saved.as_bytes()).map_err(env)
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
