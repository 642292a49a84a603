//! Where things are kept: an object's own SQLite while a game runs, R2 and D1 for analysts.

pub mod d1;
pub mod games;
pub mod r2;

use worker::Env;

use crate::{auth::Identity, error::Fault, objects::participant::Position, studies};

/// Everything that analysts get about a participant beside games; doing it twice does no harm.
pub async fn participant(env: &Env, identity: &Identity, position: &Position) -> Result<(), Fault> {
    let experiment = studies::experiment(&identity.experiment)?;
    d1::participant(env, identity, experiment, &position.stager, &position.answered).await?;
    for answered in &position.answered {
        if let Some(page) = experiment.page(&answered.scene) {
            r2::answers(env, identity, page, answered).await?;
        }
    }
    Ok(())
}
