//! What the command line of `simulate` says.

use clap::Parser;

/// The options of `simulate`.
#[derive(Parser)]
#[command(
    name = "simulate",
    bin_name = "cargo run -- simulate",
    about = "Bots walk an experiment as participants do; exit 0 if all is well"
)]
pub struct Options {
    /// The experiment's id
    #[arg(long)]
    pub experiment: String,
    /// How many bots
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub participants: u32,
    /// A running deployment, such as http://127.0.0.1:8787; without it, a local edge with storage of its own
    #[arg(long)]
    pub url: Option<String>,
    /// One JSON object on standard output instead of a table
    #[arg(long)]
    pub json: bool,
    /// Everything the bots choose follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// They come within so many milliseconds; 0 is all at once
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub arrive: u32,
    /// How long they read a page at most, ms
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    pub reading: u32,
    /// What they do in games
    #[arg(long, value_enum, default_value_t = Keys::Random)]
    pub play: Keys,
    /// How often a comprehension check is answered wrong, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub fail_checks: f64,
    /// How many close everything at a random moment and never come back, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub dropout: f64,
    /// How many load the page anew in a random scene
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub reload: f64,
    /// How many look at another tab for some seconds of a game
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub hide: f64,
    /// How many read for 2 to 10 seconds and have a slow connection
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub slow: f64,
    /// How many open the experiment in a second tab
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub second_tab: f64,
    /// How many leave a page lie for one to three minutes
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub idle: f64,
    /// How many are behind a proxy that lets no WebSocket through
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub no_sockets: f64,
    /// How many have a browser that keeps no cookies
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub no_cookies: f64,
    /// How many have a browser that runs no scripts
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub no_script: f64,
    /// How many are behind a proxy that cuts every WebSocket after 5 to 30 seconds
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub cuts: f64,
    /// How many close the lid of their computer for 20 to 90 seconds
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub sleep: f64,
    /// How many do one of all these, from --dropout to --sleep, each as likely; the others do what those options say
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = chance)]
    pub misbehave: f64,
    /// How often the local edge is killed and started again while they play
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "url")]
    pub kill: u32,
    /// After so many seconds whoever is not at an end counts as stranded
    #[arg(long, value_name = "S", default_value_t = 900)]
    pub deadline: u32,
    /// Shows what the local edge logs
    #[arg(long, conflicts_with = "url")]
    pub verbose: bool,
}

/// What bots do in games.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Keys {
    /// Other keys about three times a second
    Random,
    /// No keys at all
    Idle,
}

fn chance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(chance) if (0.0..=1.0).contains(&chance) => Ok(chance),
        _ => Err("must be a number from 0 to 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chance_is_from_0_to_1() {
        assert_eq!(chance("0.25"), Ok(0.25));
        assert!(["-0.1", "1.1", "NaN", "often"].iter().all(|text| chance(text).is_err()));
    }

    #[test]
    fn the_command_line_says_what_it_takes() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
        let both =
            ["simulate", "--experiment", "e", "--participants", "2", "--url", "http://h", "--kill", "1"];
        assert!(Options::try_parse_from(both).is_err());
    }
}
