//! Calling cargo: its own progress goes to the terminal, and what the compiler found is kept in words.

use std::{
    io::{BufRead, BufReader, IsTerminal, stderr},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::Value;

/// The lab's code does not compile.
#[derive(Debug, thiserror::Error)]
#[error("the code does not compile")]
pub struct DoesNotCompile {
    /// What the compiler says, as it says it on a terminal without colours.
    pub diagnostics: String,
}

/// Runs `cargo build` with arguments of its own. Returns the programs that it made.
///
/// # Errors
/// [`DoesNotCompile`] with what the compiler found, which the terminal has shown already.
pub fn build(cargo: &mut Command) -> Result<Vec<PathBuf>> {
    let colours = stderr().is_terminal();
    cargo.arg(if colours {
        "--message-format=json-diagnostic-rendered-ansi"
    } else {
        "--message-format=json"
    });
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("starting cargo")?;
    let messages = child.stdout.take().context("cargo has no output")?;
    let (mut programs, mut diagnostics) = (Vec::new(), String::new());
    for line in BufReader::new(messages).lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line?) else { continue };
        if let Some(words) = message["message"]["rendered"].as_str() {
            eprint!("{words}");
            if message["message"]["level"].as_str().is_some_and(|level| level.starts_with("error")) {
                diagnostics.push_str(&plain(words));
            }
        }
        programs.extend(message["executable"].as_str().map(PathBuf::from));
    }
    let status = child.wait().context("waiting for cargo")?;
    if status.success() {
        return Ok(programs);
    }
    if diagnostics.is_empty() {
        diagnostics = "cargo failed; the terminal says why".into();
    }
    Err(DoesNotCompile { diagnostics }.into())
}

/// Without the codes of colours: ESC, `[`, parameters, a letter.
fn plain(words: &str) -> String {
    let mut plain = String::new();
    let mut letters = words.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_left_out() {
        assert_eq!(
            plain("\u{1b}[0m\u{1b}[1m\u{1b}[38;5;9merror[E0425]\u{1b}[0m: no x"),
            "error[E0425]: no x"
        );
    }
}
