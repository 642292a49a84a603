//! Policies written in Rust, for many places at once.

use footlights_env::{ActionValue, Policy, Rng, Stream};
use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::{PyResult, pyclass, pymethods};

use super::{
    error::{env, value},
    spaces,
};

/// One policy a place.
#[pyclass(module = "footlights._native", unsendable)]
pub struct Scripted {
    policies: Vec<Box<dyn Policy>>,
    seed: u64,
    /// How often they were asked.
    tick: u32,
}

#[pymethods]
impl Scripted {
    #[new]
    fn new(id: &str, name: &str, config: &str, places: usize, seed: u64) -> PyResult<Self> {
        let (entry, sim) = (spaces::entry(id)?, spaces::make(id, config)?);
        let one = || entry.policy(name, sim.as_ref()).map_err(env);
        if one()?.is_none() {
            let known: Vec<&str> = entry.policies().collect();
            let listed = if known.is_empty() {
                "there are none".into()
            } else {
                format!("there are {}", known.join(", "))
            };
            return Err(value(format!("no policy of {id} is called {name:?}; {listed}")));
        }
        let policies = (0..places).map(|_| one()).collect::<PyResult<Vec<_>>>()?;
        Ok(Self { policies: policies.into_iter().flatten().collect(), seed, tick: 0 })
    }

    /// Forgets everything in some places, whose episodes begin; in all if none are named.
    #[pyo3(signature = (places=None))]
    fn reset(&mut self, places: Option<Vec<usize>>) {
        let all = || (0..self.policies.len()).collect();
        for place in places.unwrap_or_else(all) {
            if let Some(policy) = self.policies.get_mut(place) {
                policy.reset();
            }
        }
    }

    /// The next action in each place, for its observation.
    fn act(&mut self, observations: PyReadonlyArray2<'_, f32>) -> PyResult<Vec<i64>> {
        let [places, width] = *observations.shape() else { return Err(value("observations are rows")) };
        if places != self.policies.len() {
            return Err(value(format!("{places} observations for {} places", self.policies.len())));
        }
        let rows = observations.as_slice()?;
        self.tick = self.tick.wrapping_add(1);
        let (seed, tick) = (self.seed, self.tick);
        let acting = self.policies.iter_mut().zip(rows.chunks_exact(width.max(1))).enumerate();
        let act = |(place, (policy, row)): (usize, (&mut Box<dyn Policy>, &[f32]))| {
            let mut rng = Rng::derive(seed, Stream::Policy((place % 256) as u8), (place / 256) as u32, tick);
            match policy.act(row, &mut rng).map_err(|e| value(e.to_string()))? {
                ActionValue::Discrete(action) => Ok(i64::from(action)),
                ActionValue::Continuous(_) => Err(value("the policy has continuous actions")),
            }
        };
        acting.map(act).collect()
    }
}
