//! Starting other programs: their standard output becomes our standard error, which is where progress belongs.

use std::{
    io::{IsTerminal, stderr},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// A line about what happens next.
pub fn say(line: impl std::fmt::Display) {
    eprintln!("footlights: {line}");
}

/// Says what happens next and does it. In a terminal a bar moves meanwhile, with the time that it has taken.
pub fn busy<T>(line: impl std::fmt::Display, work: impl FnOnce() -> T) -> T {
    say(line);
    if !stderr().is_terminal() {
        return work();
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed}");
    let bar =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(100));
    let done = work();
    bar.finish_and_clear();
    done
}

/// So many things, as `1 experiment` and `2 experiments`.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// A headline above the output of a stage.
pub fn headline(title: impl std::fmt::Display) {
    if stderr().is_terminal() { eprintln!("\n\x1b[1m== {title}\x1b[0m") } else { eprintln!("\n== {title}") }
}

/// Runs it to its end; an error says what was run.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdout(Stdio::from(stderr()))
        .status()
        .with_context(|| format!("starting {}", name(command)))?;
    if status.success() { Ok(()) } else { bail!("{} failed ({status})", name(command)) }
}

/// Runs it quietly and returns its standard output; an error has what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let out = command.output().with_context(|| format!("starting {}", name(command)))?;
    if !out.status.success() {
        bail!("{} failed ({}): {}", name(command), out.status, String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Becomes it, so that signals, standard output and the exit code are its own.
#[cfg(unix)]
pub fn replace(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("starting {}", name(command)))
}

/// Runs it and ends with its exit code: the nearest thing to becoming it.
#[cfg(not(unix))]
pub fn replace(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", name(command)))?;
    std::process::exit(status.code().unwrap_or(1))
}

/// The program and its arguments, for messages.
fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
