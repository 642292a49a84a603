//! Which environment a game plays, with which configuration.

use footlights_env::{EnvError, Environment, Make, Sim, Simulation, digest, fingerprint};
use serde::Serialize;
use serde_json::Value;

/// Which environment, with which configuration.
#[derive(Clone, Serialize)]
pub struct EnvironmentRef {
    /// The environment's id.
    pub id: &'static str,
    /// Its configuration.
    pub config: Value,
    /// Why the configuration cannot be written down.
    #[serde(skip)]
    unwritable: Option<String>,
    #[serde(skip)]
    make: Make<Value>,
    #[serde(skip)]
    unpack: Make<[u8]>,
}

impl EnvironmentRef {
    pub(crate) fn of<E: Environment>(config: &E::Config) -> Self {
        // JSON has no word for NaN and the infinities: serde_json writes null.
        let finite = match digest::of(config) {
            Err(digest::DigestError::NonFinite) => Err("a number is not finite".to_owned()),
            _ => Ok(()),
        };
        let written = finite.and_then(|()| serde_json::to_value(config).map_err(|e| e.to_string()));
        let (config, unwritable) = match written {
            Ok(config) => (config, None),
            Err(why) => (Value::Null, Some(why)),
        };
        Self {
            id: E::ID,
            config,
            unwritable,
            make: |config| Ok(Box::new(Sim::<E>::from_json(config)?)),
            unpack: |config| Ok(Box::new(Sim::<E>::from_packed(config)?)),
        }
    }

    /// An environment that is known by its id only, with a configuration as it was written down.
    #[cfg(feature = "json")]
    #[must_use]
    pub fn registered(entry: &footlights_env::Entry, config: Value) -> Self {
        let (make, unpack) = entry.makers();
        Self { id: entry.id, config, unwritable: None, make, unpack }
    }

    /// A simulation at its reset.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be written as JSON, or the environment refuses it.
    pub fn make(&self) -> Result<Box<dyn Simulation>, EnvError> {
        match &self.unwritable {
            Some(why) => {
                Err(EnvError::Config { env: self.id, why: format!("it cannot be written as JSON: {why}") })
            }
            None => (self.make)(&self.config),
        }
    }

    /// Whether a browser gets the configuration as it is here.
    pub(super) fn check_packing(&self) -> Result<(), String> {
        let packed = self.make().and_then(|sim| sim.packed_config());
        let found = packed.and_then(|packed| (self.unpack)(&packed)).and_then(|sim| sim.config());
        match found {
            Ok(config) if config == self.config => Ok(()),
            // Fields go by their places there.
            _ => Err(format!(
                "the configuration of {} must write all of its fields for a browser to read it; none may be skipped",
                self.id
            )),
        }
    }

    /// What this build's simulation does with this configuration: whether another build, which may be a browser's or
    /// that of a stored replay, does the same.
    ///
    /// # Errors
    ///
    /// When the configuration is wrong or cannot be simulated.
    pub fn fingerprint(&self) -> Result<u64, EnvError> {
        fingerprint(self.make()?.as_mut())
    }

    /// The same of the default configuration: what a browser knows before it is sent the experiment's.
    ///
    /// # Errors
    ///
    /// When the default configuration cannot be simulated.
    pub fn default_fingerprint(&self) -> Result<u64, EnvError> {
        fingerprint((self.make)(&Value::Null)?.as_mut())
    }
}
