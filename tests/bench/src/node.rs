//! Kernels in WebAssembly: run and timed by Node.js.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{context::Context, measure::REPETITIONS};

const SCRIPT: &str = "tests/bench/kernels.mjs";

/// One function of a module.
pub struct Kernel {
    /// Its JavaScript, as wasm-bindgen made it.
    pub module: PathBuf,
    pub call: String,
    pub args: Vec<Value>,
    /// What to make a network of whose method is called; see the script.
    pub network: Value,
}

impl Kernel {
    /// Seconds of each repetition.
    pub fn run(&self, context: &Context) -> Result<Vec<f64>> {
        let told = json!({
            "module": self.module, "call": self.call, "args": self.args, "network": self.network,
            "repetitions": REPETITIONS,
        });
        let mut node = Command::new(&context.node);
        let output =
            node.arg(context.root.join(SCRIPT)).arg(told.to_string()).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "{SCRIPT} failed with {} ({})", self.call, output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
