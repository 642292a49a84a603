//! What is printed: a line of JSON, or of a table, for each figure as soon as it is known.

use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{conditions::Conditions, measure::Spread};

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// The benchmark's name, for its main figure; for others `/` and what it is follow.
    name: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<f64>,
    /// On which side of the aim the value should lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    aim_is: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    /// How it came about.
    #[serde(flatten)]
    details: Map<String, Value>,
}

impl Figure {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        let (name, details) = (name.into(), Map::new());
        Self { name, value, unit, aim: None, aim_is: None, met: None, min: None, max: None, details }
    }

    /// The median of repetitions, with the smallest and the largest.
    pub fn spread(name: impl Into<String>, spread: Spread, unit: &'static str) -> Self {
        Self { min: Some(spread.min), max: Some(spread.max), ..Self::new(name, spread.median, unit) }
    }

    pub fn at_least(self, aim: f64) -> Self {
        Self { aim: Some(aim), aim_is: Some("at least"), met: Some(self.value >= aim), ..self }
    }

    pub fn at_most(self, aim: f64) -> Self {
        Self { aim: Some(aim), aim_is: Some("at most"), met: Some(self.value <= aim), ..self }
    }

    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.into(), value.into());
        self
    }
}

/// Where figures go.
pub struct Report {
    json: bool,
}

impl Report {
    /// Begins with the conditions.
    pub fn begin(json: bool, conditions: &Conditions) -> std::io::Result<Self> {
        let mut out = std::io::stdout().lock();
        if json {
            let line = json!({ "name": "conditions", "value": conditions.cores, "unit": "cores" });
            let mut line = line.as_object().cloned().unwrap_or_default();
            line.extend(conditions.facts().map(|(key, fact)| (key.to_owned(), Value::from(fact))));
            writeln!(out, "{}", Value::Object(line))?;
        } else {
            for (key, fact) in conditions.facts() {
                writeln!(out, "{:12} {fact}", key.replace('_', " "))?;
            }
            writeln!(out)?;
        }
        Ok(Self { json })
    }

    pub fn add(&mut self, figure: &Figure) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            return writeln!(out, "{}", serde_json::to_string(figure)?);
        }
        let mut notes = Vec::new();
        if let (Some(aim), Some(side), Some(met)) = (figure.aim, figure.aim_is, figure.met) {
            let verdict = if met { "met" } else { "MISSED" };
            notes.push(format!("aim: {side} {}, {verdict}", number(aim)));
        }
        if let (Some(min), Some(max)) = (figure.min, figure.max) {
            notes.push(format!("{} to {}", number(min), number(max)));
        }
        notes.extend(figure.details.iter().map(|(key, value)| match value {
            Value::String(words) => format!("{}: {words}", key.replace('_', " ")),
            Value::Number(n) => {
                format!("{} {}", key.replace('_', " "), number(n.as_f64().unwrap_or_default()))
            }
            other => format!("{} {other}", key.replace('_', " ")),
        }));
        writeln!(
            out,
            "{:38} {:>13} {:10} {}",
            figure.name,
            number(figure.value),
            figure.unit,
            notes.join("; ")
        )
    }
}

/// With as many digits as mean something, and thousands apart.
fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 1_000.0 && value.fract() != 0.0 {
        let scales = std::iter::successors(Some(value.abs()), |scale| Some(scale * 10.0));
        let decimals = scales.take_while(|scale| *scale < 100.0).take(6).count();
        return format!("{value:.decimals$}");
    }
    let digits = format!("{:.0}", value.abs());
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{}{}", if value < 0.0 { "-" } else { "" }, groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_whole_thousands() {
        let cases = [
            (0.05321, "0.0532"),
            (38.04, "38.0"),
            (7.0, "7"),
            (5_123_456.7, "5,123,457"),
            (-12.345, "-12.3"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn a_figure_is_one_flat_object() {
        let figure = Figure::new("load", 320.0, "games").at_least(300.0).detail("edge", "direct");
        let text = serde_json::to_string(&figure).unwrap();
        assert_eq!(
            text,
            r#"{"name":"load","value":320.0,"unit":"games","aim":300.0,"aim_is":"at least","met":true,"edge":"direct"}"#
        );
    }
}
