//! The health check.

use serde_json::json;
use worker::Response;

use crate::{error::ApiError, experiments};

/// Says that the deployment works, which experiments it does not serve and why, and the digests by which its simulation
/// is compared with that of other builds.
///
/// # Errors
/// If an environment cannot run.
pub fn response() -> Result<Response, ApiError> {
    let refused: Vec<String> =
        experiments::checked().refused.iter().map(|(_, problem)| problem.to_string()).collect();
    let mut environments = serde_json::Map::new();
    for entry in footlights_app::installed().registry().iter() {
        let golden =
            entry.make_default().and_then(|mut sim| footlights_env::conformance::golden(sim.as_mut()));
        let digests = golden.and_then(|golden| Ok((golden, entry.fingerprint()?)));
        let (golden, fingerprint) = digests.map_err(|e| ApiError::Internal(e.to_string()))?;
        let digests =
            json!({ "golden": format!("{golden:016x}"), "fingerprint": format!("{fingerprint:016x}") });
        environments.insert(entry.id.to_owned(), digests);
    }
    Ok(Response::from_json(&json!({
        "status": if refused.is_empty() { "ok" } else { "experiments refused" },
        "refused": refused,
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": footlights_protocol::wire::VERSION,
        "environments": environments,
    }))?)
}
