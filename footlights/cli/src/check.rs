//! `check`: what is wrong with the experiments, before anything is built from them.

use std::path::Path;

use anyhow::{Result, bail};
use footlights_app::App;

use crate::{
    config,
    process::{count, say},
};

/// Reviews every experiment of the app of the lab in `root`. Whether models fit is found when the modules are built, in the
/// module that plays them, unless this program has the runtime of models itself.
///
/// # Errors
/// What is wrong, one line for each finding.
pub fn check(app: &App, root: &Path) -> Result<()> {
    let review = app.review(&root.join(app.assets_folder()));
    let missing = config::missing(root)?;
    let missing = missing.iter().map(|missing| format!("wrangler.toml: {missing}"));
    let errors: Vec<String> = review.errors.into_iter().chain(missing).collect();
    for warning in &review.warnings {
        say(format_args!("warning: {warning}"));
    }
    if errors.is_empty() {
        say(format_args!("{} configured right", count(review.experiments, "experiment")));
        return Ok(());
    }
    bail!("the experiments are not configured right:\n  {}", errors.join("\n  "))
}
