//! Where things are kept: an object's own SQLite while a game runs, R2 and D1 for analysts.

pub mod d1;
pub mod games;
pub mod r2;

use room::session::Snapshot;
use worker::Env;

use crate::{error::Fault, studies};

/// Everything that analysts get about a participant beside games; doing it twice does no harm.
pub async fn participant(env: &Env, session: &Snapshot) -> Result<(), Fault> {
    let experiment = studies::experiment(&session.experiment)?;
    d1::participant(env, experiment, session).await?;
    for scene in experiment.scenes() {
        r2::answers(env, scene, session).await?;
    }
    Ok(())
}
