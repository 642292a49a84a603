//! The policies that can be watched: those of the app, and those that this deployment learnt.

use std::{cell::RefCell, collections::BTreeMap, sync::OnceLock};

use footlights_env::{Agent, Policy, model_files};
use footlights_experiment::{Checkpoint, EnvironmentRef};
use footlights_learn::Output;
use footlights_onnx::{Config, Model};
use footlights_watch::Player;
use serde::Serialize;
use serde_json::{Value, json};
use worker::Env;

use crate::{error::ApiError, store::models};

/// What a list of models says of one.
#[derive(Debug, Clone, Serialize)]
pub struct Detail {
    pub name: String,
    pub environment: String,
    pub config: Value,
    pub training_step: Option<u64>,
    pub score: Option<f64>,
    pub about: String,
    /// Of a model that was learnt here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The model files that a browser needs to play it by itself; none if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<&'static str>>,
}

/// The checkpoints of the app, each name once.
fn own() -> &'static [Checkpoint] {
    static OWN: OnceLock<Vec<Checkpoint>> = OnceLock::new();
    OWN.get_or_init(|| {
        let mut own: Vec<Checkpoint> = Vec::new();
        for checkpoint in footlights_app::installed().checkpoints() {
            if own.iter().all(|known| known.name != checkpoint.name) {
                own.push(checkpoint);
            }
        }
        own
    })
}

/// What is known of each.
pub async fn details(env: &Env) -> Result<Vec<Detail>, ApiError> {
    let own = own().iter().map(|checkpoint| Detail {
        name: checkpoint.name.clone(),
        environment: checkpoint.environment.id.to_owned(),
        config: checkpoint.environment.config.clone(),
        training_step: checkpoint.training_step,
        score: checkpoint.score,
        about: checkpoint.about.clone(),
        digest: None,
        files: Some(model_files::used_by(|| checkpoint.policy().is_ok()).1.into_keys().collect()),
    });
    let learnt = models::list(env).await?.into_iter().map(|(name, about)| Detail {
        name,
        environment: about.environment,
        config: about.config,
        training_step: Some(about.steps),
        score: Some(about.score),
        about: format!("Learnt here in {} episodes.", about.episode),
        digest: Some(about.digest),
        files: None,
    });
    Ok(own.chain(learnt).collect())
}

/// The names of all.
pub async fn names(env: &Env) -> Result<Vec<String>, ApiError> {
    Ok(details(env).await?.into_iter().map(|detail| detail.name).collect())
}

thread_local! {
    /// Learnt models that are loaded, with their digests. Few: an isolate has 128 MB.
    static LOADED: RefCell<BTreeMap<String, (String, Checkpoint)>> = const { RefCell::new(BTreeMap::new()) };
}
const MOST_LOADED: usize = 32;

/// The checkpoint of that name; the endings of model files may stand behind it.
///
/// # Errors
/// There is none, or it cannot be played any more; in words for who asked.
pub async fn find(env: &Env, name: &str) -> Result<Checkpoint, String> {
    let plain = name.strip_suffix(".pt").or_else(|| name.strip_suffix(".onnx")).unwrap_or(name);
    if let Some(checkpoint) = own().iter().find(|known| known.name == name || known.name == plain) {
        return Ok(checkpoint.clone());
    }
    match models::load(env, plain).await {
        Ok(Some((bytes, about))) => learnt(plain, &bytes, &about),
        Ok(None) => Err(format!("Model not found: {name}")),
        Err(error) => {
            error.log();
            Err(format!("{name} cannot be loaded now."))
        }
    }
}

fn learnt(name: &str, bytes: &[u8], about: &models::About) -> Result<Checkpoint, String> {
    let known = LOADED.with_borrow(|loaded| {
        loaded
            .get(name)
            .filter(|(digest, _)| *digest == about.digest)
            .map(|(_, checkpoint)| checkpoint.clone())
    });
    if let Some(checkpoint) = known {
        return Ok(checkpoint);
    }
    let checkpoint = load(name, bytes, about)?;
    LOADED.with_borrow_mut(|loaded| {
        if loaded.len() >= MOST_LOADED {
            loaded.pop_first();
        }
        loaded.insert(name.to_owned(), (about.digest.clone(), checkpoint.clone()));
    });
    Ok(checkpoint)
}

/// The policy that a model is, with what it plays.
///
/// # Errors
/// There is no such environment here, or the model does not fit it.
fn load(name: &str, bytes: &[u8], about: &models::About) -> Result<Checkpoint, String> {
    let registry = footlights_app::installed().registry();
    let entry = registry.get(&about.environment).map_err(|error| error.to_string())?;
    let environment = EnvironmentRef::registered(entry, about.config.clone());
    let sim = environment.make().map_err(|error| error.to_string())?;
    let config = match about.output {
        Output::QValues => Config::new(name).q_values(about.output.name()),
        Output::Logits => Config::new(name).logits(about.output.name()).sampled(),
    };
    let config = config.masked();
    let model = Model::load(bytes, config, sim.spec()).map_err(|error| error.to_string())?;
    let policy = move || Ok(Box::new(model.policy()?) as Box<dyn Policy>);
    Ok(Checkpoint::learnt(name, environment, policy).trained(about.steps).scored(about.score))
}

/// Tries a model that came from elsewhere.
///
/// # Errors
/// It cannot be played here, with the reason.
pub fn check(name: &str, bytes: &[u8], about: &models::About) -> Result<(), String> {
    let checkpoint = load(name, bytes, about)?;
    let mut player = Player::new(&checkpoint, 1).map_err(|error| error.to_string())?;
    player.step().map(|_| ())
}

/// What a session may begin with: the checkpoints of the environment that was named first, the last one first. A build
/// without the runtime of models plays those that are none.
pub fn first() -> impl Iterator<Item = &'static Checkpoint> {
    let environment = own().first().map_or("", |checkpoint| checkpoint.environment.id);
    own().iter().rev().filter(move |checkpoint| checkpoint.environment.id == environment)
}

/// What is trained when nothing is named: the environment that was named first.
pub fn usual() -> Option<(&'static str, Value)> {
    own().first().map(|checkpoint| (checkpoint.environment.id, checkpoint.environment.config.clone()))
}

/// What the pages know: the models, and of each environment its images and the names of its actions.
pub async fn told(env: &Env) -> Result<Value, ApiError> {
    let mut images = serde_json::Map::new();
    for checkpoint in own() {
        let id = checkpoint.environment.id.to_owned();
        images.entry(id).or_insert_with(|| json!(checkpoint.assets.images));
    }
    let (mut actions, mut agents) = (serde_json::Map::new(), serde_json::Map::new());
    for entry in footlights_app::installed().registry().iter() {
        if let Ok(sim) = entry.make_default() {
            agents.insert(entry.id.to_owned(), json!(sim.spec().agents.len()));
            actions.insert(entry.id.to_owned(), json!(sim.labels().actions(Agent(0))));
        }
    }
    let usual = usual().map(|(environment, _)| environment);
    Ok(
        json!({ "details": details(env).await?, "images": images, "actions": actions, "agents": agents, "usual": usual }),
    )
}
