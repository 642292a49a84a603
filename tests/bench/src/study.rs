//! A whole experiment with a hundred participants who all come at once: how long they wait for pages and frames, and
//! what each of them costs. `cargo xtask simulate` walks it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    context::{Context, given},
    report::Figure,
};

const STUDY: &str = "slime_with_a_stranger";
const PARTICIPANTS: u32 = 100;

pub fn run(context: &mut Context) -> Result<()> {
    let mut simulate = Command::new(given("FOOTLIGHTS_SIMULATE", "footlights-simulate-tests"));
    simulate.current_dir(&context.root).env("FOOTLIGHTS_NODE", &context.node);
    simulate.args(["--json", "--experiment", STUDY]);
    simulate.args(["--participants", &PARTICIPANTS.to_string()]);
    let output =
        simulate.stderr(std::process::Stdio::inherit()).output().context("starting what simulates")?;
    let report: Value = serde_json::from_slice(&output.stdout).context("simulate's report")?;
    ensure!(output.status.success(), "the study did not go as it must: {}", report["errors"]);
    let mut add = |name: &str, value: &Value, unit| match value.as_f64() {
        Some(value) => {
            let figure = Figure::new(format!("study/{name}"), value, unit);
            context.add(figure.detail("participants", PARTICIPANTS))
        }
        None => Ok(()),
    };
    for (name, field) in [("arrival_to_first_frame", "arrival_to_first_frame_ms"), ("advance", "advance_ms")]
    {
        for rank in ["p50", "p99"] {
            add(&format!("{name}_{rank}"), &report[field][rank], "ms")?;
        }
    }
    for (name, count) in report["costs"].as_object().into_iter().flatten() {
        add(name, count, "a participant")?;
    }
    add("dollars", &report["dollars_per_participant"], "dollars a participant")
}
