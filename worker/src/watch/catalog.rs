//! The policies that can be watched.

use std::sync::OnceLock;

use footlights_experiment::Checkpoint;
use serde::Serialize;
use serde_json::Value;

/// What a list of models says of one.
#[derive(Debug, Clone, Serialize)]
pub struct Detail {
    pub name: String,
    pub environment: &'static str,
    pub config: Value,
    pub training_step: Option<u64>,
    pub score: Option<f64>,
    pub about: String,
}

/// The checkpoints of the app, each name once.
fn all() -> &'static [Checkpoint] {
    static ALL: OnceLock<Vec<Checkpoint>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<Checkpoint> = Vec::new();
        for checkpoint in footlights_app::installed().checkpoints() {
            if all.iter().all(|known| known.name != checkpoint.name) {
                all.push(checkpoint);
            }
        }
        all
    })
}

/// Their names.
pub fn names() -> Vec<String> {
    all().iter().map(|checkpoint| checkpoint.name.clone()).collect()
}

/// What is known of each.
pub fn details() -> Vec<Detail> {
    let detail = |checkpoint: &Checkpoint| Detail {
        name: checkpoint.name.clone(),
        environment: checkpoint.environment.id,
        config: checkpoint.environment.config.clone(),
        training_step: checkpoint.training_step,
        score: checkpoint.score,
        about: checkpoint.about.clone(),
    };
    all().iter().map(detail).collect()
}

/// The checkpoint of that name; the endings of model files may stand behind it.
pub fn find(name: &str) -> Option<Checkpoint> {
    let plain = name.strip_suffix(".pt").or_else(|| name.strip_suffix(".onnx")).unwrap_or(name);
    all().iter().find(|checkpoint| checkpoint.name == name || checkpoint.name == plain).cloned()
}

/// What a session begins with: the last checkpoint of the environment that was named first.
pub fn first() -> Option<Checkpoint> {
    let environment = all().first()?.environment.id;
    all().iter().rfind(|checkpoint| checkpoint.environment.id == environment).cloned()
}
