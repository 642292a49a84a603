//! The health check.

use serde_json::json;
use worker::Response;

use crate::{error::ApiError, experiments};

/// Says that the deployment works, with the digests by which its simulation is compared with that of other builds.
///
/// # Errors
/// If the experiments are configured wrongly, or an environment cannot run.
pub fn response() -> Result<Response, ApiError> {
    experiments::all()?;
    let mut environments = serde_json::Map::new();
    for entry in footlights_example_environments::registry().iter() {
        let golden =
            entry.make_default().and_then(|mut sim| footlights_env::conformance::golden(sim.as_mut()));
        let digests = golden.and_then(|golden| Ok((golden, entry.fingerprint()?)));
        let (golden, fingerprint) = digests.map_err(|e| ApiError::Internal(e.to_string()))?;
        let digests =
            json!({ "golden": format!("{golden:016x}"), "fingerprint": format!("{fingerprint:016x}") });
        environments.insert(entry.id.to_owned(), digests);
    }
    Ok(Response::from_json(&json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": footlights_protocol::wire::VERSION,
        "environments": environments,
    }))?)
}
