//! A local edge as a child process, for those who have no deployment to walk.

use std::{io, path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time,
};

/// How long an edge may take to begin to serve, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running edge. It ends with [`Edge::stop`]; if it is dropped before, it is killed.
#[derive(Debug)]
pub struct Edge {
    url: String,
    child: Child,
}

impl Edge {
    /// Starts `script` with `node` on a free port, with storage that vanishes with it. `direct` leaves out what stands
    /// between the socket and the worker; static assets are not served then.
    pub async fn start(node: &Path, script: &Path, direct: bool) -> io::Result<Self> {
        let mut command = Command::new(node);
        command.arg(script).arg("--quiet").args(direct.then_some("--direct"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut lines = BufReader::new(stdout).lines();
        let line = time::timeout(PATIENCE, lines.next_line()).await??;
        let told: Value = serde_json::from_str(&line.unwrap_or_default()).unwrap_or_default();
        match told.get("url").and_then(Value::as_str) {
            Some(url) => Ok(Self { url: url.to_owned(), child }),
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

    /// Ends it and waits until it has ended.
    pub async fn stop(mut self) -> io::Result<()> {
        #[cfg(unix)]
        if let Some(pid) = self.pid() {
            // Asked rather than killed, it takes its temporary files with it.
            Command::new("kill").arg(pid.to_string()).status().await?;
            if time::timeout(PATIENCE, self.child.wait()).await.is_ok() {
                return Ok(());
            }
        }
        self.child.kill().await
    }
}
