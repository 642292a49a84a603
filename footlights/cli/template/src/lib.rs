//! The experiments of this lab. Add yours to [`app`].

mod {{env}};
mod {{env}}_experiment;

use footlights::prelude::*;

/// The environments and the experiments of this lab, in the order of the front page.
pub fn app() -> App {
    App::new().environment::<{{env}}::{{Env}}>().experiment({{env}}_experiment::experiment)
}
