//! The entrance of an experiment: gives a visitor an identity.

use std::collections::BTreeMap;

use footlights_engine::participant::Identity;
use footlights_experiment::recruiter::{RECRUITERS, Recruiter};
use worker::{Env, Url};

use crate::{
    auth::{self, Signer},
    error::ApiError,
    experiments,
};

/// The longest parameter of an address that is kept, in characters.
const MAX_PARAMETER: usize = 200;

/// The identity of a visitor: a pseudonym for the recruiter's participant, or a new one. Nothing is stored yet.
///
/// # Errors
/// [`ApiError::BadRequest`] if the recruiter's id cannot be one.
pub fn enter(env: &Env, url: &Url, experiment: &str) -> Result<Identity, ApiError> {
    let experiment = experiments::experiment(experiment)?;
    let signer = Signer::new(env)?;
    let given: BTreeMap<String, String> =
        url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    let recruiter = RECRUITERS.iter().find(|recruiter| given.contains_key(recruiter.participant));
    let (source, subject) = match recruiter {
        Some(Recruiter { source, participant, .. }) => {
            let value = given.get(*participant).map(String::as_str).unwrap_or_default();
            if !auth::is_id(value) {
                let why = format!(
                    "{participant} is {value:?}; it must be letters, digits, - and _, filled in by the recruiter"
                );
                return Err(ApiError::BadRequest(why));
            }
            (*source, signer.pseudonym(&experiment.id, source, value)?)
        }
        None => ("link", auth::random_hex::<8>()?),
    };
    let pick = |names: &mut dyn Iterator<Item = &str>| {
        names
            .filter_map(|name| {
                let value: String = given.get(name)?.chars().take(MAX_PARAMETER).collect();
                Some((name.to_owned(), value))
            })
            .collect()
    };
    Ok(Identity {
        experiment: experiment.id.clone(),
        subject,
        source: source.to_owned(),
        identifiers: pick(&mut recruiter.into_iter().flat_map(Recruiter::parameters)),
        parameters: pick(&mut experiment.parameters.iter().map(String::as_str)),
    })
}
