//! The trained policies that the studies use.

use env_sdk::{Policy, PolicyError};

/// Slime Volleyball, trained by `cargo xtask train slime-volleyball-v0`.
pub fn slime_volleyball() -> Result<Box<dyn Policy>, PolicyError> {
    Ok(Box::new(envs::slime_volleyball::Chaser))
}
