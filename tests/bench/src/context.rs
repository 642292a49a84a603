//! What every benchmark needs: where things are, and where figures go.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    kernels,
    report::{Figure, Report},
};

/// What benchmarks are run with.
pub struct Context {
    /// The repository.
    pub root: PathBuf,
    pub node: PathBuf,
    /// The script that runs the local edge.
    pub edge: PathBuf,
    /// The shipped policy's file, from the repository.
    pub policy: PathBuf,
    kernels: Option<PathBuf>,
    report: Report,
}

impl Context {
    pub fn new(root: PathBuf, node: PathBuf, edge: PathBuf, policy: PathBuf, report: Report) -> Self {
        Self { root, node, edge, policy, kernels: None, report }
    }

    /// Reports a figure.
    pub fn add(&mut self, figure: Figure) -> Result<()> {
        Ok(self.report.add(&figure)?)
    }

    /// The JavaScript of the kernels' module; built at the first call.
    pub fn kernels(&mut self) -> Result<PathBuf> {
        if let Some(built) = &self.kernels {
            return Ok(built.clone());
        }
        let built = kernels::build(&self.root)?;
        Ok(self.kernels.insert(built).clone())
    }
}

/// What `cargo xtask bench` tells, or something to begin with where it did not start this.
pub fn given(variable: &str, default: impl Into<PathBuf>) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| default.into(), PathBuf::from)
}
