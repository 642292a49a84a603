//! `new`: a lab's repository, with one environment and one experiment that work.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::process::say;

/// What the new repository is like.
#[derive(Debug, Args)]
pub struct Options {
    /// Its folder, which must not exist yet or be empty; the last part of it is the lab's name
    pub directory: PathBuf,
    /// What the environment is called: lower-case letters, digits and `-`
    #[arg(long = "env", default_value = "coins")]
    pub environment: String,
    /// How many people play together
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub players: u8,
}

/// The files, by path. In paths and in contents, names stand in double braces.
const FILES: [(&str, &str); 11] = [
    ("Cargo.toml", include_str!("../template/manifest.toml")),
    ("src/lib.rs", include_str!("../template/src/lib.rs")),
    ("src/main.rs", include_str!("../template/src/main.rs")),
    ("src/{{env}}.rs", include_str!("../template/src/environment.rs")),
    ("src/{{env}}_experiment.rs", include_str!("../template/src/experiment.rs")),
    ("tests/lab.rs", include_str!("../template/tests.rs")),
    ("assets/sprites.svg", include_str!("../template/assets/sprites.svg")),
    ("wrangler.toml", include_str!("../template/wrangler.toml")),
    (".gitignore", include_str!("../template/ignore")),
    (".github/workflows/ci.yml", include_str!("../template/ci.yml")),
    ("README.md", include_str!("../template/readme.md")),
];

/// What neither a package nor a module can be called: words of Rust, crates that a lab stands on, and what Windows takes
/// for a device.
const TAKEN: [&str; 63] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "aux",
    "await",
    "become",
    "box",
    "break",
    "con",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "lib",
    "loop",
    "macro",
    "main",
    "match",
    "mod",
    "move",
    "mut",
    "nul",
    "override",
    "priv",
    "prn",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// The longest name. An experiment's id has at most 64 letters.
const MAX_NAME: usize = 40;

/// Writes the repository. `facade` is how its manifest depends on `footlights`.
///
/// # Errors
/// A name cannot be one, or there is something in the folder already.
pub fn run(options: &Options, facade: &str) -> Result<()> {
    let Options { directory, environment, players } = options;
    // A new lab takes later fixes, too.
    let facade = facade.replace("\"=", "\"");
    let facade_is_a_path = facade.starts_with("path");
    let lab = directory.file_name().and_then(|name| name.to_str()).context("the folder has no name")?;
    for (what, name) in [("the lab's name", lab), ("--env", environment)] {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let right = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain);
        ensure!(
            right && name.len() <= MAX_NAME,
            "{what} is {name:?}: it must begin with a lower-case letter, have only those, digits and -, and be at most {MAX_NAME} long"
        );
        // Files, crates and modules are called by it.
        ensure!(
            !TAKEN.contains(&name) && !name.starts_with("footlights"),
            "{what} is {name:?}, which means something to Rust or to Footlights already: please choose another"
        );
    }
    if directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("there is something in {} already", directory.display());
    }
    let env = environment.replace('-', "_");
    let id = environment.replace('_', "-");
    let words: Vec<String> = env.split('_').map(capitalised).collect();
    ensure!(
        !words_of_template().any(|word| word == words.concat()),
        "--env is {environment:?}, and its type would be called {}, which a lab has or uses already: please choose another",
        words.concat()
    );
    let names = [
        ("{{lab}}", lab.to_owned()),
        ("{{lab_crate}}", lab.replace('-', "_")),
        ("{{env}}", env.clone()),
        ("{{env-id}}", format!("{id}-v0")),
        ("{{Env}}", words.concat()),
        ("{{Title}}", words.join(" ")),
        ("{{players}}", players.to_string()),
        ("{{footlights}}", facade),
    ];
    let filled =
        |text: &str| names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
    for (path, content) in FILES {
        write(&directory.join(filled(path)), &filled(content))?;
    }
    if facade_is_a_path {
        say("it depends on this clone of Footlights by its path, so leave the clone where it is");
    }
    say(format_args!(
        "{} is a lab now: `cd` there, then `cargo run -- dev` and `cargo test`",
        directory.display()
    ));
    Ok(())
}

/// The words of the files in Rust: an environment's type that is called like one of them would be mistaken for it.
fn words_of_template() -> impl Iterator<Item = &'static str> {
    let rust = FILES.iter().filter(|(path, _)| path.ends_with(".rs"));
    rust.flat_map(|(_, text)| text.split(|c: char| !c.is_ascii_alphanumeric()))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn write(path: &Path, content: &str) -> Result<()> {
    let parent = path.parent().context("a file without a folder")?;
    std::fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    std::fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(lab: &str, environment: &str) -> Result<()> {
        let home =
            std::env::temp_dir().join(format!("footlights-new-{}-{lab}-{environment}", std::process::id()));
        let options = Options { directory: home.join(lab), environment: environment.into(), players: 2 };
        let made = run(&options, "version = \"0.1.0\"");
        assert_eq!(made.is_ok(), options.directory.exists(), "{lab}, {environment}");
        let _ = std::fs::remove_dir_all(home);
        made
    }

    #[test]
    fn names_that_can_be_names_are_taken() {
        for environment in ["coins", "treasure-hunt", "walk-2", "game", "t"] {
            make("my-lab", environment).unwrap();
        }
        for lab in ["coins", "lab-2", "maze"] {
            make(lab, "coins").unwrap();
        }
    }

    #[test]
    fn names_that_would_not_compile_are_refused_with_their_place() {
        let own = ["config", "state", "walk", "cell", "step"];
        let of_footlights = ["surface", "experiment", "page", "agent", "footlights", "footlights-env"];
        let of_rust = [
            "self", "type", "while", "false", "std", "serde", "string", "default", "con", "2d", "Coins",
            "a b", "",
        ];
        for environment in own.into_iter().chain(of_footlights).chain(of_rust) {
            let why = make("my-lab", environment).unwrap_err().to_string();
            assert!(why.starts_with(&format!("--env is {environment:?}")), "{why}");
        }
        for lab in ["std", "test", "footlights", "serde", "My-lab", "my_lab", &"a".repeat(41)] {
            let why = make(lab, "coins").unwrap_err().to_string();
            assert!(why.starts_with(&format!("the lab's name is {lab:?}")), "{why}");
        }
    }
}
