//! The entrance of an experiment: gives a visitor an identity.

use footlights_engine::participant::Identity;
use footlights_experiment::{
    Experiment,
    arrival::{Arrival, arrive},
};
use worker::{Env, Request, Url};

use crate::{
    auth::{self, Signer},
    error::ApiError,
    experiments, language,
};

/// Who comes in.
pub enum Entry {
    /// A participant. Nothing is stored yet.
    Participant(Identity),
    /// Somebody who only looks at a recruiter's task.
    Preview(&'static Experiment),
}

/// Who opens an experiment's address: a pseudonym for the recruiter's participant, or a new one.
///
/// # Errors
/// [`ApiError::BadRequest`] if the address says nothing that can be.
pub fn enter(env: &Env, request: &Request, url: &Url, experiment: &str) -> Result<Entry, ApiError> {
    let experiment = experiments::experiment(experiment)?;
    let query: Vec<(String, String)> =
        url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    let Arrival { source, key, identifiers, parameters, preview } =
        arrive(experiment, &query).map_err(ApiError::BadRequest)?;
    let language = language::asked(experiment, url, request);
    if preview {
        return Ok(Entry::Preview(experiment.in_language(language)));
    }
    let subject = match key {
        Some(key) => Signer::new(env)?.pseudonym(&key)?,
        None => auth::random_id()?,
    };
    Ok(Entry::Participant(Identity {
        experiment: experiment.id.clone(),
        subject,
        source,
        identifiers,
        parameters,
        language: language.to_owned(),
    }))
}
