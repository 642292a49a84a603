//! Environments by name, for tools and for everything that is configured by data.

#[cfg(not(target_arch = "wasm32"))]
use std::collections::BTreeMap;
use std::sync::Arc;

#[cfg(not(target_arch = "wasm32"))]
use crate::image::BundledImage;
use crate::{
    environment::Environment,
    error::EnvError,
    fingerprint::fingerprint,
    msgpack,
    policy::Policy,
    simulation::{Sim, Simulation},
};

/// Makes a simulation from a configuration in the form `T`.
pub type Make<T> = fn(&T) -> Result<Box<dyn Simulation>, EnvError>;
/// Makes a scripted policy for a packed configuration.
type MakePolicy = Arc<dyn Fn(&[u8]) -> Result<Box<dyn Policy>, EnvError> + Send + Sync>;

/// How to make one environment and the scripted policies that come with it. See [`Registry`] and
/// [`conformance::check`](crate::conformance::check).
#[derive(Clone)]
pub struct Entry {
    /// The environment's id.
    pub id: &'static str,
    make_default: fn() -> Result<Box<dyn Simulation>, EnvError>,
    make_packed: Make<[u8]>,
    #[cfg(feature = "json")]
    make: Make<serde_json::Value>,
    scripted: Vec<(&'static str, MakePolicy)>,
    /// The images that it brings with it. A browser's module has no use for them.
    #[cfg(not(target_arch = "wasm32"))]
    pub images: &'static [BundledImage],
}

impl Entry {
    /// An entry for `E`, without scripted policies.
    #[must_use]
    pub fn of<E: Environment>() -> Self {
        Self {
            id: E::ID,
            make_default: || Ok(Box::new(Sim::<E>::new(E::Config::default())?)),
            make_packed: |config| Ok(Box::new(Sim::<E>::from_packed(config)?)),
            #[cfg(feature = "json")]
            make: |config| Ok(Box::new(Sim::<E>::from_json(config)?)),
            scripted: Vec::new(),
            #[cfg(not(target_arch = "wasm32"))]
            images: E::IMAGES,
        }
    }

    /// Adds a scripted policy of `E`, which is this entry's environment; `make` is given the configuration that it plays.
    #[must_use]
    pub fn scripted<E: Environment>(
        mut self,
        name: &'static str,
        make: fn(&E::Config) -> Box<dyn Policy>,
    ) -> Self {
        let wrong = |why: String| EnvError::Config { env: E::ID, why };
        let make = move |packed: &[u8]| {
            let config = msgpack::decode(packed).map_err(|e| wrong(e.to_string()))?;
            Ok(make(&config))
        };
        self.scripted.push((name, Arc::new(make)));
        self
    }

    /// A simulation with the default configuration.
    ///
    /// # Errors
    ///
    /// When the environment refuses its own default.
    pub fn make_default(&self) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make_default)()
    }

    /// A simulation with the configuration that [`Simulation::packed_config`] gave.
    ///
    /// # Errors
    ///
    /// When the bytes are no configuration of this environment.
    pub fn make_packed(&self, config: &[u8]) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make_packed)(config)
    }

    /// A simulation; `Value::Null` stands for the default configuration. Only with the feature `json`: a browser's
    /// module has no use for it, and would have to hold a parser.
    ///
    /// # Errors
    ///
    /// When the JSON is no configuration of this environment.
    #[cfg(feature = "json")]
    pub fn make(&self, config: &serde_json::Value) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make)(config)
    }

    /// How to make a simulation from JSON and from a packed configuration.
    #[cfg(feature = "json")]
    #[must_use]
    pub fn makers(&self) -> (Make<serde_json::Value>, Make<[u8]>) {
        (self.make, self.make_packed)
    }

    /// A fresh scripted policy for a simulation of this environment; none if no policy has that name.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be packed, or is none of this environment.
    pub fn policy(&self, name: &str, sim: &dyn Simulation) -> Result<Option<Box<dyn Policy>>, EnvError> {
        let Some((_, make)) = self.scripted.iter().find(|(known, _)| *known == name) else { return Ok(None) };
        make(&sim.packed_config()?).map(Some)
    }

    /// Names of the scripted policies.
    pub fn policies(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.scripted.iter().map(|(name, _)| *name)
    }

    /// The [`fingerprint`] of the default configuration: whether two builds have the same environment. Costs 64 ticks.
    ///
    /// # Errors
    ///
    /// When the default configuration cannot be simulated.
    pub fn fingerprint(&self) -> Result<u64, EnvError> {
        fingerprint(self.make_default()?.as_mut())
    }

    /// The [`fingerprint`] of a configuration; `Value::Null` stands for the default one. Costs 64 ticks.
    ///
    /// # Errors
    ///
    /// When the JSON is no configuration of this environment, or cannot be simulated.
    #[cfg(feature = "json")]
    pub fn fingerprint_of(&self, config: &serde_json::Value) -> Result<u64, EnvError> {
        fingerprint(self.make(config)?.as_mut())
    }
}

/// All environments a build knows.
///
/// ```
/// use footlights_env::{EnvError, Registry};
///
/// let registry = Registry::new();
/// assert!(matches!(registry.get("mountain-car-v0"), Err(EnvError::Unknown(_))));
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

impl Registry {
    /// A registry with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry; it replaces one of the same id.
    #[must_use]
    pub fn with(mut self, entry: Entry) -> Self {
        self.entries.retain(|known| known.id != entry.id);
        self.entries.push(entry);
        self
    }

    /// The entry of that id.
    ///
    /// # Errors
    ///
    /// [`EnvError::Unknown`] if there is none.
    pub fn get(&self, id: &str) -> Result<&Entry, EnvError> {
        self.entries.iter().find(|entry| entry.id == id).ok_or_else(|| EnvError::Unknown(id.to_owned()))
    }

    /// The files that environments bring with them, by where they lie among the assets.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn bundled_files(&self) -> BTreeMap<String, &'static [u8]> {
        let files =
            self.entries.iter().flat_map(|entry| entry.images.iter().map(move |image| (entry.id, image)));
        files.map(|(id, image)| (image.path(id), image.bytes)).collect()
    }

    /// All entries, in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}
