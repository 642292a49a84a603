//! What this build simulates. An experiment whose games run on the edge alone is given one that simulates nothing: what
//! a participant loads does not grow with the environments.

pub use here::{ENGINE, fingerprint, install, load};

#[cfg(feature = "simulate")]
mod here {
    use super::super::policies;
    use crate::netcode::LocalEngine;

    pub use footlights_app::install;
    pub use policies::load;

    /// The environments of this build, and the policies that the page has loaded.
    pub const ENGINE: Option<LocalEngine> = Some(LocalEngine {
        make: |id, config| footlights_app::installed().registry().get(id)?.make_packed(config),
        infer: policies::infer,
    });

    /// The fingerprint of an environment, if this build has it.
    pub fn fingerprint(environment: &str) -> Option<u64> {
        footlights_app::installed().registry().get(environment).and_then(|entry| entry.fingerprint()).ok()
    }
}

#[cfg(not(feature = "simulate"))]
mod here {
    use footlights_canvas::dom::Result;
    use web_sys::DomStringMap;

    use crate::netcode::LocalEngine;

    /// Nothing of an app is kept.
    pub fn install(_app: fn() -> footlights_app::App) {}

    /// There is none.
    pub const ENGINE: Option<LocalEngine> = None;

    /// There is none.
    pub fn fingerprint(_environment: &str) -> Option<u64> {
        None
    }

    /// There are no policies, so `then` is called at once.
    pub fn load(_data: &DomStringMap, then: impl FnOnce() + 'static) -> Result<()> {
        then();
        Ok(())
    }
}
