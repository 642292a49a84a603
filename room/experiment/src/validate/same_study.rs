//! Whether an experiment in another language is the same study: only texts may differ.

use serde_json::Value;

use crate::experiment::Experiment;

/// What holds only texts for participants, or says in which language they are. Nothing else may differ.
const TEXTS: [&str; 20] = [
    "title",
    "description",
    "language",
    "words",
    "translations",
    "label",
    "labels",
    "body",
    "button",
    "paragraphs",
    "messages",
    "endings",
    "ends",
    "images",
    "timeout_message",
    "warning",
    "exclusion",
    "shown_result",
    "texts",
    "debriefing",
];
/// Those that a person would miss who reads the other language.
const REQUIRED: [&str; 11] = [
    "title",
    "label",
    "body",
    "button",
    "messages",
    "endings",
    "ends",
    "timeout_message",
    "warning",
    "exclusion",
    "debriefing",
];

/// The first thing in which `other` is not the same study, in words; none if only texts differ.
pub(super) fn difference(study: &Experiment, other: &Experiment) -> Option<String> {
    let [study, other] = [study, other].map(|experiment| serde_json::to_value(experiment).ok());
    let (path, study, other) = first(&study?, &other?, String::new())?;
    Some(format!("{path} is {other} and not {study}: only texts may differ"))
}

fn first(study: &Value, other: &Value, path: String) -> Option<(String, String, String)> {
    match (study, other) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            keys.find_map(|key| {
                let [a, b] = [a, b].map(|map| map.get(key).unwrap_or(&Value::Null));
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match TEXTS.contains(&key.as_str()) {
                    false => first(a, b, path),
                    true if REQUIRED.contains(&key.as_str()) && is_empty(b) && !is_empty(a) => {
                        Some((path, short(a), "missing".into()))
                    }
                    true => None,
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(at, (a, b))| first(a, b, format!("{path}[{at}]")))
        }
        (Value::Array(a), Value::Array(b)) => {
            Some((path, format!("{} long", a.len()), format!("{} long", b.len())))
        }
        (a, b) if a == b => None,
        (a, b) => Some((path, short(a), short(b))),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.iter().all(is_empty),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn short(value: &Value) -> String {
    let words = value.to_string();
    match words.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", words.get(..at).unwrap_or_default()),
        None => words,
    }
}
