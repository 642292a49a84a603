//! Where things are kept: an object's own storage while a game runs, R2 and D1 for analysts.

pub mod d1;
pub mod failures;
pub mod games;
pub mod listing;
pub mod models;
pub mod r2;
pub mod runs;
pub mod sessions;
mod tables;
pub mod unconfirmed;

use footlights_data::SessionRecord;
use worker::Env;

use crate::{error::ApiError, experiments};

/// Everything that analysts get about a participant beside games; doing it twice does no harm. D1 comes last: what it
/// knows already is in R2 as well.
pub async fn participant(env: &Env, session: &SessionRecord) -> Result<(), ApiError> {
    let experiment = experiments::experiment(&session.experiment)?;
    r2::describe(env, experiment).await?;
    let known = d1::known(env, session).await?;
    let mut rows = 0;
    let old = session.submissions.iter().take_while(|page| {
        rows += page.submission.answers.len();
        rows <= known.answers
    });
    // A level that was drawn for the group later belongs to what was answered before, too.
    let old = if known.has_new_levels(session)? { 0 } else { old.count() };
    r2::participant(env, experiment, session, old).await?;
    d1::participant(env, experiment, session, known).await
}

/// Takes a participant out of everything that analysts get. Returns how many files it was about.
pub async fn forget(env: &Env, experiment: &str, subject: &str) -> Result<usize, ApiError> {
    // The seats lead to the replays, so they are emptied last.
    let games = d1::games_of(env, experiment, subject).await?;
    let files = r2::forget(env, experiment, subject, &games).await?;
    d1::forget(env, experiment, subject).await?;
    Ok(files)
}
