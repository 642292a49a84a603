//! A local edge as a child process, for those who have no deployment to walk.

use std::{io, path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, Command},
    time,
};

/// How long an edge may take to begin to serve, and to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where files are in memory, on systems that have it.
const MEMORY: &str = "/dev/shm";

/// A running edge, on a free port, with storage that vanishes with it. It ends with [`Edge::stop`], and with this
/// process however that ends.
///
/// Its storage is in memory where that is possible and `TMPDIR` does not say otherwise: a laptop's disk, which it would
/// wait for several times a second and participant, is nothing that a deployment has.
#[derive(Debug)]
pub struct Edge {
    url: String,
    child: Child,
    /// The edge ends when this closes.
    hold: ChildStdin,
    in_memory: bool,
}

impl Edge {
    /// Starts `script`, which is `footlights/cli/edge/edge.mjs`, with `node`. `direct` leaves out what stands between a socket
    /// and the worker; static assets are not served then. `vars` are further variables of the worker, as `NAME=VALUE`.
    pub async fn start(node: &Path, script: &Path, direct: bool, vars: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(node);
        command.arg(script).args(["--quiet", "--held"]).args(direct.then_some("--direct"));
        command.args(vars.iter().flat_map(|var| ["--var", var]));
        let in_memory = Path::new(MEMORY).is_dir() && std::env::var_os("TMPDIR").is_none();
        if in_memory {
            command.env("TMPDIR", MEMORY);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (Some(hold), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let mut lines = BufReader::new(stdout).lines();
        let line = time::timeout(PATIENCE, lines.next_line()).await??;
        let told: Value = serde_json::from_str(&line.unwrap_or_default()).unwrap_or_default();
        match told.get("url").and_then(Value::as_str) {
            Some(url) => Ok(Self { url: url.to_owned(), child, hold, in_memory }),
            None => Err(io::Error::other("the edge did not start; its words are above")),
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process that runs it.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether its storage is in memory.
    pub fn in_memory(&self) -> bool {
        self.in_memory
    }

    /// Ends it and waits until it has ended.
    pub async fn stop(self) -> io::Result<()> {
        let Self { mut child, hold, .. } = self;
        drop(hold);
        match time::timeout(PATIENCE, child.wait()).await {
            Ok(ended) => ended.map(|_| ()),
            Err(_) => child.kill().await,
        }
    }
}
