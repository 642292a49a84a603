//! Environments by name, for tools and for everything that is configured by data.

use crate::{
    conformance,
    environment::Environment,
    error::EnvError,
    policy::Policy,
    simulation::{Sim, Simulation},
};

/// Makes a simulation from what `T` tells.
pub type Make<T> = fn(&T) -> Result<Box<dyn Simulation>, EnvError>;
/// Makes a scripted policy.
type MakePolicy = fn() -> Box<dyn Policy>;

/// How to make one environment and the scripted policies that come with it.
#[derive(Clone)]
pub struct Entry {
    /// The environment's id.
    pub id: &'static str,
    make_default: fn() -> Result<Box<dyn Simulation>, EnvError>,
    make_packed: Make<[u8]>,
    #[cfg(feature = "json")]
    make: Make<serde_json::Value>,
    scripted: Vec<(&'static str, MakePolicy)>,
}

impl Entry {
    /// An entry for `E`, without scripted policies.
    pub fn of<E: Environment>() -> Self {
        Self {
            id: E::ID,
            make_default: || Ok(Box::new(Sim::<E>::new(E::Config::default())?)),
            make_packed: |config| Ok(Box::new(Sim::<E>::from_packed(config)?)),
            #[cfg(feature = "json")]
            make: |config| Ok(Box::new(Sim::<E>::from_json(config)?)),
            scripted: Vec::new(),
        }
    }

    /// Adds a scripted policy.
    pub fn scripted(mut self, name: &'static str, make: MakePolicy) -> Self {
        self.scripted.push((name, make));
        self
    }

    /// A simulation with the default configuration.
    pub fn make_default(&self) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make_default)()
    }

    /// A simulation with the configuration that [`Simulation::packed_config`] gave.
    pub fn make_packed(&self, config: &[u8]) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make_packed)(config)
    }

    /// A simulation; `Value::Null` stands for the default configuration. Only with the feature `json`: a browser's
    /// module has no use for it, and would have to hold a parser.
    #[cfg(feature = "json")]
    pub fn make(&self, config: &serde_json::Value) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make)(config)
    }

    /// A fresh scripted policy.
    pub fn policy(&self, name: &str) -> Option<Box<dyn Policy>> {
        self.scripted.iter().find(|(known, _)| *known == name).map(|(_, make)| make())
    }

    /// Names of the scripted policies.
    pub fn policies(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.scripted.iter().map(|(name, _)| *name)
    }

    /// A digest of what this build's simulation does: equal fingerprints mean that two builds simulate alike.
    /// Costs 64 ticks.
    pub fn fingerprint(&self) -> Result<u64, EnvError> {
        conformance::fingerprint(self.make_default()?.as_mut())
    }
}

/// All environments a build knows.
#[derive(Clone, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

impl Registry {
    /// A registry with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry; one of the same id goes.
    pub fn with(mut self, entry: Entry) -> Self {
        self.entries.retain(|known| known.id != entry.id);
        self.entries.push(entry);
        self
    }

    /// The entry of that id.
    pub fn get(&self, id: &str) -> Result<&Entry, EnvError> {
        self.entries.iter().find(|entry| entry.id == id).ok_or_else(|| EnvError::Unknown(id.to_owned()))
    }

    /// All entries, in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}
