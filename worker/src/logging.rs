//! The structured log: one JSON object a line.

/// Writes a line to the structured log: its level, what happened, and more about it by name.
#[macro_export]
macro_rules! log {
    ($level:literal, $kind:expr, $($key:literal: $value:expr),* $(,)?) => {
        worker::console_log!(
            "{}",
            serde_json::json!({ "level": $level, "kind": $kind, $($key: $value),* })
        )
    };
}
