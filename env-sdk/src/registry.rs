//! Environments by name, for tools and for everything that is configured by data.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    conformance,
    environment::Environment,
    error::EnvError,
    policy::Policy,
    simulation::{Sim, Simulation},
};

/// How to make one environment and the scripted policies that come with it.
#[derive(Clone)]
pub struct Entry {
    /// The environment's id.
    pub id: &'static str,
    make: fn(&Value) -> Result<Box<dyn Simulation>, EnvError>,
    scripted: BTreeMap<&'static str, fn() -> Box<dyn Policy>>,
}

impl Entry {
    /// An entry for `E`, without scripted policies.
    pub fn of<E: Environment>() -> Self {
        Self {
            id: E::ID,
            make: |config| Ok(Box::new(Sim::<E>::from_json(config)?)),
            scripted: BTreeMap::new(),
        }
    }

    /// Adds a scripted policy.
    pub fn scripted(mut self, name: &'static str, make: fn() -> Box<dyn Policy>) -> Self {
        self.scripted.insert(name, make);
        self
    }

    /// A simulation; `Value::Null` stands for the default configuration.
    pub fn make(&self, config: &Value) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make)(config)
    }

    /// A fresh scripted policy.
    pub fn policy(&self, name: &str) -> Option<Box<dyn Policy>> {
        self.scripted.get(name).map(|make| make())
    }

    /// Names of the scripted policies.
    pub fn policies(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.scripted.keys().copied()
    }

    /// A digest of what this build's simulation does: equal fingerprints mean that two builds simulate alike.
    /// Costs 64 ticks.
    pub fn fingerprint(&self) -> Result<u64, EnvError> {
        conformance::fingerprint(self.make(&Value::Null)?.as_mut())
    }
}

/// All environments a build knows.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Entry>,
}

impl Registry {
    /// A registry with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    pub fn with(mut self, entry: Entry) -> Self {
        self.entries.insert(entry.id, entry);
        self
    }

    /// The entry of that id.
    pub fn get(&self, id: &str) -> Result<&Entry, EnvError> {
        self.entries.get(id).ok_or_else(|| EnvError::Unknown(id.to_owned()))
    }

    /// All entries, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}
