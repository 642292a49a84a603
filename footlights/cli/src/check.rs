//! `check`: what is wrong with the experiments, before anything is built from them.

use anyhow::{Result, bail};
use footlights_app::App;

use crate::process::say;

/// Checks every experiment of an app. Models are not loaded here, where no runtime for them is compiled: they are checked
/// where they run.
///
/// # Errors
/// What is wrong, one line for each experiment.
pub fn check(app: fn() -> App) -> Result<()> {
    let checked = app().check();
    if checked.refused.is_empty() {
        say(format_args!("{} experiments are configured right", checked.served.len()));
        return Ok(());
    }
    let lines: Vec<String> = checked.refused.iter().map(|(_, problem)| format!("  {problem}")).collect();
    let count = lines.len();
    bail!("{count} of {} experiments cannot be served:\n{}", checked.served.len() + count, lines.join("\n"))
}
