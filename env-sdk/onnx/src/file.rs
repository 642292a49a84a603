//! A model in a file of a lab.

use std::{borrow::Cow, sync::Mutex};

use footlights_env::{
    Agent, AgentSpec, Policy, PolicyError, Spec,
    model_files::{self, Use},
};

use crate::{Config, Model};

/// A model file of a lab; `footlights::model!("models/cook.onnx")` makes one. A process loads it once for each way in
/// which it is used, however many rooms it plays in.
///
/// The file is in no WebAssembly module: the edge finds it beside the worker, and a browser is sent it only for a game
/// that plays it.
///
/// ```
/// use footlights_env::{Policy, PolicyError, Spec};
/// use footlights_onnx::{Config, ModelFile};
///
/// static COOK: ModelFile = ModelFile::new("my-lab/models/cook.onnx", &[]);
///
/// fn cook(spec: &Spec) -> Result<Box<dyn Policy>, PolicyError> {
///     COOK.policy(Config::new("cook").softmax(0.7), spec)
/// }
/// ```
pub struct ModelFile {
    name: &'static str,
    bytes: &'static [u8],
    loaded: Mutex<Vec<Loaded>>,
}

/// A use of the file.
struct Loaded {
    config: Config,
    agents: Vec<AgentSpec>,
    model: Result<Model, PolicyError>,
}

impl ModelFile {
    /// A file by its name, which is unlike that of every other, with its contents; in WebAssembly they are asked for.
    #[must_use]
    ///
    /// # Panics
    /// When the name cannot be part of an address: it has `?`, `#`, `%`, `\\` or `..`. In a `static` that is an error of the
    /// compiler.
    pub const fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        assert!(is_plain(name.as_bytes()), "the name of a model file has ? # % \\ or .. in it");
        Self { name, bytes, loaded: Mutex::new(Vec::new()) }
    }

    /// The model, for the observations and the actions that `spec` declares for every agent.
    ///
    /// # Errors
    /// As [`Model::load`], and when the file is not there.
    pub fn model(&self, config: &Config, spec: &Spec) -> Result<Model, PolicyError> {
        self.load(config, &spec.agents, |bytes| Model::load(bytes, config.clone(), spec))
    }

    /// The same for one agent.
    ///
    /// # Errors
    /// As [`Model::load_for`], and when the file is not there.
    pub fn model_for(&self, config: &Config, spec: &Spec, agent: Agent) -> Result<Model, PolicyError> {
        let role: Vec<AgentSpec> = spec.agent(agent).cloned().into_iter().collect();
        self.load(config, &role, |bytes| Model::load_for(bytes, config.clone(), spec, agent))
    }

    fn load(
        &self,
        config: &Config,
        agents: &[AgentSpec],
        load: impl FnOnce(&[u8]) -> Result<Model, PolicyError>,
    ) -> Result<Model, PolicyError> {
        config.check().map_err(|why| PolicyError::Load { name: config.name.clone(), why })?;
        if model_files::note(self.name, self.bytes) == Use::Named {
            return Err(PolicyError::NotLoaded { name: config.name.clone() });
        }
        let Ok(mut loaded) = self.loaded.lock() else {
            return Err(PolicyError::Load {
                name: config.name.clone(),
                why: "loading it failed before".into(),
            });
        };
        let known = loaded.iter().find(|loaded| loaded.config == *config && loaded.agents == agents);
        if let Some(known) = known {
            return known.model.clone();
        }
        let bytes = self.contents().map_err(|why| PolicyError::Load { name: config.name.clone(), why })?;
        let model = load(&bytes);
        loaded.push(Loaded { config: config.clone(), agents: agents.to_vec(), model: model.clone() });
        model
    }

    /// A policy at the start of an episode, for one seat.
    ///
    /// # Errors
    /// As [`ModelFile::model`].
    pub fn policy(&self, config: Config, spec: &Spec) -> Result<Box<dyn Policy>, PolicyError> {
        Ok(Box::new(self.model(&config, spec)?.policy()?))
    }

    /// The same for one agent, where roles have different spaces.
    ///
    /// # Errors
    /// As [`ModelFile::model_for`].
    pub fn policy_for(
        &self,
        config: Config,
        spec: &Spec,
        agent: Agent,
    ) -> Result<Box<dyn Policy>, PolicyError> {
        Ok(Box::new(self.model_for(&config, spec, agent)?.policy()?))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn contents(&self) -> Result<Cow<'static, [u8]>, String> {
        Ok(Cow::Borrowed(self.bytes))
    }

    #[cfg(target_arch = "wasm32")]
    fn contents(&self) -> Result<Cow<'static, [u8]>, String> {
        match host::file(self.name) {
            Ok(Some(bytes)) => Ok(Cow::Owned(bytes)),
            Ok(None) => Err(format!("the file {} is not there", self.name)),
            Err(_) => Err(format!("this module was started without a way to load {}", self.name)),
        }
    }
}

/// Whether a name can be part of an address as it is.
#[allow(
    clippy::indexing_slicing,
    reason = "every index is below the length, and there is no other way in a constant"
)]
const fn is_plain(name: &[u8]) -> bool {
    let mut k = 0;
    while k < name.len() {
        let is_up = name[k] == b'.' && k + 1 < name.len() && name[k + 1] == b'.';
        if is_up || matches!(name[k], b'?' | b'#' | b'%' | b'\\') {
            return false;
        }
        k += 1;
    }
    !name.is_empty()
}

/// What surrounds the module.
#[cfg(target_arch = "wasm32")]
mod host {
    use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

    #[wasm_bindgen]
    extern "C" {
        /// The contents of a file by its name.
        #[wasm_bindgen(js_namespace = globalThis, js_name = footlightsFile, catch)]
        pub fn file(name: &str) -> Result<Option<Vec<u8>>, JsValue>;
    }
}

#[cfg(all(test, feature = "runtime"))]
mod tests {
    use footlights_env::{Space, Viewport};

    use super::*;

    fn spec(actions: u32) -> Spec {
        let agent = AgentSpec::new(Space::Discrete { n: actions }, Space::uniform_box(2, -1.0, 1.0));
        let viewport = Viewport { width: 1.0, height: 1.0 };
        let id = "corridor-v0".into();
        Spec { id, agents: vec![agent], max_steps: 100, reward_range: (0.0, 1.0), viewport }
    }

    #[test]
    fn a_name_that_is_no_address_is_refused() {
        assert!(is_plain(b"lab/models/cook 2.onnx"));
        for name in ["", "a?b", "a#2.onnx", "100%.onnx", "../a.onnx", "a\\b"] {
            assert!(!is_plain(name.as_bytes()), "{name}");
        }
    }

    static FILE: ModelFile = ModelFile::new("lab/models/none.onnx", b"no model");

    #[test]
    fn a_file_is_loaded_once_for_each_use() {
        for _ in 0..2 {
            for (name, actions) in [("a", 3), ("b", 3), ("b", 4)] {
                let made = FILE.policy(Config::new(name), &spec(actions)).err();
                assert!(matches!(made, Some(PolicyError::Load { name: told, .. }) if told == name));
            }
        }
        assert_eq!(FILE.loaded.lock().unwrap().len(), 3);
    }

    #[test]
    fn a_file_whose_name_is_asked_for_is_not_loaded() {
        static NAMED: ModelFile = ModelFile::new("lab/models/named.onnx", b"no model");
        for config in [Config::new("a"), Config::new("b")] {
            let name = config.name.clone();
            let (made, files) = model_files::used_by(|| NAMED.policy(config, &spec(3)).err());
            assert_eq!(made, Some(PolicyError::NotLoaded { name }));
            assert_eq!(files.into_iter().collect::<Vec<_>>(), [("lab/models/named.onnx", &b"no model"[..])]);
        }
        let (made, _) = model_files::used_by(|| NAMED.policy(Config::new("a").softmax(0.0), &spec(3)).err());
        assert!(matches!(made, Some(PolicyError::Load { .. })), "{made:?}");
        assert!(NAMED.loaded.lock().unwrap().is_empty());
    }
}
