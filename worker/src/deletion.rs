//! Deletes what is stored of a participant.

use worker::Env;

use crate::{
    error::ApiError,
    log,
    requests::{Address, AfterDeletion, Delete, Forget, call},
    store,
};

/// Deletes what is stored of a participant, in their object, in the balance of conditions, in R2 and D1. Returns how many
/// files there were.
///
/// # Errors
/// [`ApiError::Conflict`] while they play: the game would bring them back. What fails can be tried again.
pub async fn delete(
    env: &Env,
    experiment: &str,
    subject: &str,
    after: AfterDeletion,
) -> Result<usize, ApiError> {
    // The object comes first: it would otherwise write again what is deleted here.
    call(env, &Address::participant(experiment, subject), Delete { after }).await?;
    call(env, &Address::assignment(experiment), Forget { subject: subject.to_owned() }).await?;
    let files = store::forget(env, experiment, subject).await?;
    let again = after == AfterDeletion::MayBeginAgain;
    log!("info", "participant_deleted", "experiment": experiment, "files": files, "may_begin_again": again);
    Ok(files)
}
