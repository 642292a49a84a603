//! What a game scene says in two languages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::game::GameScene;

/// What of a game scene its room sends as words.
const SENT: [&str; 4] = ["label", "warning", "exclusion", "timeout_message"];

/// The texts that the room of a scene sends in its usual language, and the same of the scene in another language; also those
/// that are the same in both. The page of a participant who reads the other language shows those.
#[must_use]
pub fn texts_of(usual: &GameScene, other: &GameScene) -> BTreeMap<String, String> {
    let [usual, other] = [usual, other].map(|game| serde_json::to_value(game).unwrap_or_default());
    let mut texts = BTreeMap::new();
    collect(&usual, &other, &mut texts);
    texts
}

fn collect(usual: &Value, other: &Value, texts: &mut BTreeMap<String, String>) {
    match (usual, other) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, a) in a {
                let Some(b) = b.get(key) else { continue };
                match (a, b) {
                    (Value::String(a), Value::String(b)) if SENT.contains(&key.as_str()) => {
                        texts.insert(a.clone(), b.clone());
                    }
                    _ => collect(a, b, texts),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            a.iter().zip(b).for_each(|(a, b)| collect(a, b, texts));
        }
        _ => {}
    }
}
