//! What is told of a run, as JSON or to read.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::stored::Leftovers;

/// The report. The names of its fields are read by other programs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The experiment's id.
    pub experiment: String,
    /// How many bots walked.
    pub participants: usize,
    /// Participants by how it ended for them: an ending of the experiment, `dropout` or `stranded`.
    pub outcomes: BTreeMap<String, usize>,
    /// Participants by the ending that their last page named.
    pub endings: BTreeMap<String, usize>,
    /// Participants by the code that they were given; codes of a participant's own are counted as `generated`.
    pub codes: BTreeMap<String, usize>,
    /// Games that began.
    pub games: usize,
    /// Those games by how they ended.
    pub game_outcomes: BTreeMap<String, usize>,
    /// Who played with whom, in games of several people.
    pub pairs: Vec<Pair>,
    /// Participants who were in two games of a scene.
    pub in_two_games: usize,
    /// Participants by the game for which nobody was found; those whose sockets were refused do not count.
    pub unmatched: BTreeMap<String, usize>,
    /// What is not wrong, and could be better: a design that lets people wait for nothing.
    pub warnings: Vec<String>,
    /// Participants who neither left nor came to a last page.
    pub stranded: usize,
    /// Rows of steps, over all participants and games.
    pub rows_expected: u64,
    /// Those of them that are stored.
    pub rows_saved: u64,
    /// Answers of pages that were accepted.
    pub answers_expected: u64,
    /// Those of them that are stored.
    pub answers_saved: u64,
    /// Whether rows and answers were looked up where they are stored, or counted as the rooms confirmed them.
    pub looked_up: bool,
    /// From a game's page to a room.
    pub wait_ms: Times,
    /// From a game's page to the first frame.
    pub arrival_to_first_frame_ms: Times,
    /// From sending a page to having the next.
    pub advance_ms: Times,
    /// What was done to the experiment, beside taking part.
    pub dropouts: usize,
    /// Pages that were loaded again.
    pub reloads: u32,
    /// Looks at another tab.
    pub hidden: u32,
    /// Second tabs that were refused.
    pub second_tabs: u32,
    /// Comprehension checks that were answered wrong.
    pub failed_checks: u32,
    /// How often the edge was killed.
    pub kills: u32,
    /// What else people did or had to live with, and how often.
    pub hindrances: BTreeMap<String, u32>,
    /// Connections and requests that failed and were tried again.
    pub retries: u32,
    /// What the objects still kept at the end.
    pub leftovers: Option<Leftovers>,
    /// What is billed, for each participant, by name; only where the edge was never killed, since it counts in memory.
    pub costs: BTreeMap<String, f64>,
    /// The same in dollars, at list prices.
    pub dollars_per_participant: Option<f64>,
    /// What every choice followed from.
    pub seed: u64,
    /// How long the run took.
    pub seconds: f64,
    /// Everything that should not have been, in words.
    pub errors: Vec<String>,
}

/// A game of several people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The game scene's id.
    pub scene: String,
    /// The game's id.
    pub game: String,
    /// The participants' pseudonyms.
    pub participants: Vec<String>,
}

/// Some durations, ms; nothing if there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// The median.
    pub p50: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

impl Times {
    /// The nearest ranks.
    pub fn of(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let rank = (share * all.len() as f64).ceil() as usize;
            all.get(rank.max(1) - 1).map(|ms| (ms * 10.0).round() / 10.0)
        };
        Self { p50: rank(0.5), p99: rank(0.99), max: rank(1.0) }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.p50, self.p99, self.max) {
            (Some(p50), Some(p99), Some(max)) => write!(f, "{p50:.0} / {p99:.0} / {max:.0} ms"),
            _ => f.write_str("none"),
        }
    }
}

/// Cloudflare's list prices of what the worker counts, in dollars: Workers and Durable Objects (twenty messages of a
/// socket count as a request; an object that cannot sleep is billed 128 MB), their SQLite, D1 and R2.
const PRICES: [(&str, f64); 8] = [
    ("requests", 0.30e-6),
    ("object_requests", 0.15e-6),
    ("socket_messages", 0.15e-6 / 20.0),
    ("sqlite_rows_written", 1e-6),
    ("d1_rows_written", 1e-6),
    ("r2_class_a", 4.5e-6),
    ("r2_class_b", 0.36e-6),
    ("room_seconds", 0.128 * 12.5e-6),
];

impl Report {
    /// Adds what was counted, all participants together.
    pub fn bill(&mut self, counted: &BTreeMap<String, f64>) {
        let people = self.participants.max(1) as f64;
        self.costs = counted.iter().map(|(name, count)| (name.clone(), count / people)).collect();
        let price = |(name, dollars): &(&str, f64)| self.costs.get(*name).map(|count| count * dollars);
        self.dollars_per_participant = PRICES.iter().map(price).sum();
    }
}

fn counts(all: &BTreeMap<String, usize>) -> String {
    let each: Vec<String> = all.iter().map(|(name, count)| format!("{count} {name}")).collect();
    if each.is_empty() { "none".into() } else { each.join(", ") }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, what: String| writeln!(f, "{name:<22}{what}");
        line("experiment", format!("{}, seed {}, {:.0} s", self.experiment, self.seed, self.seconds))?;
        line("participants", format!("{}: {}", self.participants, counts(&self.outcomes)))?;
        line("codes", counts(&self.codes))?;
        line("games", format!("{}: {}", self.games, counts(&self.game_outcomes)))?;
        line("pairs", self.pairs.len().to_string())?;
        line("in two games", self.in_two_games.to_string())?;
        line("without a group", counts(&self.unmatched))?;
        line("stranded", self.stranded.to_string())?;
        let source = if self.looked_up { "" } else { ", as the rooms confirmed" };
        line("rows", format!("{} of {} saved{source}", self.rows_saved, self.rows_expected))?;
        if self.looked_up {
            line("answers", format!("{} of {} saved", self.answers_saved, self.answers_expected))?;
        }
        line("times", "median / 99th percentile / longest".into())?;
        line("  to a room", self.wait_ms.to_string())?;
        line("  to the first frame", self.arrival_to_first_frame_ms.to_string())?;
        line("  to the next page", self.advance_ms.to_string())?;
        let done = format!(
            "{} dropouts, {} reloads, {} looked away, {} second tabs, {} failed checks, {} kills, {} retries",
            self.dropouts,
            self.reloads,
            self.hidden,
            self.second_tabs,
            self.failed_checks,
            self.kills,
            self.retries
        );
        line("disturbances", done)?;
        if !self.hindrances.is_empty() {
            let each: Vec<String> = self
                .hindrances
                .iter()
                .map(|(name, count)| format!("{count} {}", name.replace('_', " ")))
                .collect();
            line("", each.join(", "))?;
        }
        if let Some(left) = &self.leftovers {
            let words = format!(
                "{} games, {} chunks in {} objects; {} of {} lobbies wait",
                left.games, left.chunks, left.rooms, left.waiting, left.lobbies
            );
            line("left behind", words)?;
        }
        if let Some(dollars) = self.dollars_per_participant {
            line("costs", format!("{dollars:.5} dollars a participant, at list prices"))?;
        }
        for (place, warning) in self.warnings.iter().enumerate() {
            line(if place == 0 { "warnings" } else { "" }, warning.clone())?;
        }
        match self.errors.as_slice() {
            [] => line("errors", "none".into()),
            errors => {
                line("errors", errors.len().to_string())?;
                errors.iter().try_for_each(|error| line("", error.clone()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_nearest_ranks() {
        let times = Times::of((1..=200).rev().map(f64::from).collect());
        assert_eq!((times.p50, times.p99, times.max), (Some(100.0), Some(198.0), Some(200.0)));
        assert_eq!(Times::of(vec![]), Times::default());
        assert_eq!(Times::of(vec![2.26]).p99, Some(2.3));
    }

    #[test]
    fn a_bill_is_the_sum_of_counts_and_prices_and_none_without_a_count() {
        let counted = |count: f64| PRICES.iter().map(|(name, _)| ((*name).to_owned(), count)).collect();
        let mut report = Report { participants: 2, ..Report::default() };
        report.bill(&counted(2e6));
        let dollars = report.dollars_per_participant.unwrap();
        // 0.3 + 0.15 + 0.0075 + 1 + 1 + 4.5 + 0.36 + 1.6
        assert!((dollars - 8.9175).abs() < 1e-9, "{dollars}");
        report.bill(&BTreeMap::new());
        assert_eq!(report.dollars_per_participant, None);
    }

    #[test]
    fn the_fields_that_other_programs_read_are_there() {
        let json = serde_json::to_value(Report::default()).unwrap();
        for name in [
            "participants",
            "outcomes",
            "games",
            "in_two_games",
            "stranded",
            "rows_expected",
            "rows_saved",
            "wait_ms",
            "errors",
            "endings",
            "codes",
            "pairs",
            "arrival_to_first_frame_ms",
            "advance_ms",
            "dropouts",
            "kills",
        ] {
            assert!(json.get(name).is_some(), "{name}");
        }
        for name in ["p50", "p99", "max"] {
            assert!(json["wait_ms"].get(name).is_some(), "{name}");
        }
    }
}
