//! What `wrangler.toml` must declare, so that an older lab is told what a newer Footlights needs before it is deployed.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result};
use toml::{Table, Value};

/// The Durable Objects, by binding and class.
const OBJECTS: [(&str, &str); 6] = [
    ("PARTICIPANT", "Participant"),
    ("LOBBY", "Lobby"),
    ("ROOMS", "Rooms"),
    ("ASSIGNMENT", "Assignment"),
    ("WATCH", "Watch"),
    ("TRAINING", "Training"),
];
/// The bucket's and the database's binding.
const STORES: [(&str, &str); 2] = [("r2_buckets", "DATA"), ("d1_databases", "DB")];

/// What is missing in the `wrangler.toml` of the lab in `root`, in words.
///
/// # Errors
/// There is no such file, or it cannot be read.
pub fn missing(root: &Path) -> Result<Vec<String>> {
    let path = root.join("wrangler.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    missing_in(&text).with_context(|| format!("reading {}", path.display()))
}

fn missing_in(text: &str) -> Result<Vec<String>> {
    let config: Table = text.parse()?;
    let mut missing = Vec::new();
    let environments = config.get("env").and_then(Value::as_table);
    let named = environments
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((Some(name.as_str()), value.as_table()?)));
    // Bindings are not inherited by the environments of wrangler.
    for (name, table) in std::iter::once((None, &config)).chain(named) {
        let place = |section: &str| match name {
            Some(name) => format!("[env.{name}.{section}]"),
            None => format!("[{section}]"),
        };
        let objects = table.get("durable_objects").and_then(|objects| objects.get("bindings"));
        for (binding, class) in OBJECTS {
            if !has(objects, &[("name", binding), ("class_name", class)]) {
                let section = place("durable_objects");
                missing.push(format!(
                    "{section} needs a binding {{ name = \"{binding}\", class_name = \"{class}\" }}"
                ));
            }
        }
        for (section, binding) in STORES {
            if !has(table.get(section), &[("binding", binding)]) {
                missing.push(format!("[{}] needs one with binding = \"{binding}\"", place(section)));
            }
        }
    }
    let migrations = config.get("migrations").and_then(Value::as_array);
    let made: BTreeSet<&str> = migrations
        .into_iter()
        .flatten()
        .flat_map(|migration| {
            let list = |key| migration.get(key).and_then(Value::as_array).into_iter().flatten();
            let renamed = list("renamed_classes").filter_map(|renamed| renamed.get("to")?.as_str());
            list("new_sqlite_classes").filter_map(Value::as_str).chain(renamed)
        })
        .collect();
    missing.extend(OBJECTS.iter().filter(|(_, class)| !made.contains(class)).map(|(_, class)| {
        format!(
            "[[migrations]] needs a new one, with a tag of its own and new_sqlite_classes = [\"{class}\"]"
        )
    }));
    Ok(missing)
}

/// Whether a list has a table with these entries.
fn has(list: Option<&Value>, entries: &[(&str, &str)]) -> bool {
    let is_it = |table: &Value| {
        entries.iter().all(|(key, value)| table.get(key).and_then(Value::as_str) == Some(value))
    };
    list.and_then(Value::as_array).is_some_and(|list| list.iter().any(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = include_str!("../template/wrangler.toml");

    #[test]
    fn a_new_lab_lacks_nothing() {
        assert_eq!(missing_in(NEW).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_an_older_lab_lacks_is_told_for_each_of_its_environments() {
        let object = "  { name = \"TRAINING\", class_name = \"Training\" },\n";
        let older = NEW.replace(object, "").replace(", \"Training\"]", "]").replace("\"DATA\"", "\"DATEN\"");
        let missing = missing_in(&older).unwrap();
        let parts = [
            "[durable_objects]",
            "[env.staging.durable_objects]",
            "r2_buckets",
            "env.staging.r2_buckets",
            "migrations",
        ];
        for part in parts {
            assert!(missing.iter().any(|line| line.contains(part)), "{part}: {missing:#?}");
        }
        assert_eq!(missing.len(), parts.len());
    }
}
