//! What is uploaded and downloaded, as it travels: gzipped.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use flate2::{Compression, write::GzEncoder};

use crate::{context::Context, report::Figure};

/// What is deployed.
pub fn worker(context: &mut Context) -> Result<()> {
    let files = ["worker/index_bg.wasm", "worker/index.js"];
    let (packed, plain) = sizes(&built(context), &files)?;
    let figure = Figure::new("worker_bundle", packed / 1e6, "MB gzip").at_most(4.0);
    context.add(
        figure
            .detail("unpacked_MB", plain / 1e6)
            .detail("wasm_opt", optimised(&built(context), "worker", files[0])?),
    )
}

/// What a participant's browser loads before the first game: where games run on the edge alone, and where browsers
/// simulate.
pub fn client(context: &mut Context) -> Result<()> {
    for (name, most) in [("client", Some(150.0)), ("simulating", None)] {
        let files = ["client_bg.wasm", "client.js"].map(|file| format!("pages/{name}/{file}"));
        let (packed, plain) = sizes(&built(context), &files)?;
        let figure = Figure::new(format!("{name}_bundle"), packed / 1e3, "kB gzip");
        let figure = most.into_iter().fold(figure, Figure::at_most);
        let wasm_opt = optimised(&built(context), name, &files[0])?;
        context.add(figure.detail("unpacked_kB", plain / 1e3).detail("wasm_opt", wasm_opt))?;
    }
    Ok(())
}

/// Where the build of the examples is.
fn built(context: &Context) -> PathBuf {
    context.root.join("examples/target/footlights")
}

/// Sums of gzipped and plain lengths.
fn sizes(root: &Path, files: &[impl AsRef<Path> + std::fmt::Display]) -> Result<(f64, f64)> {
    let (mut packed, mut plain) = (0, 0);
    for file in files {
        let bytes = std::fs::read(root.join(file))
            .with_context(|| format!("{file} is not there: run `cargo xtask build --release`"))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        packed += gzip.finish()?.len();
        plain += bytes.len();
    }
    Ok((packed as f64, plain as f64))
}

/// Whether the module is one that wasm-opt made; the build keeps its latest beside.
fn optimised(root: &Path, name: &str, module: &str) -> Result<bool> {
    let module = std::fs::read(root.join(module))?;
    let Ok(entries) = std::fs::read_dir(root.join("wasm-opt").join(name)) else { return Ok(false) };
    Ok(entries.flatten().any(|entry| std::fs::read(entry.path()).is_ok_and(|kept| kept == module)))
}
