//! An edge of one's own, with storage that outlives its process: it can be killed, started again, and asked.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time,
};

/// How long an edge may take to begin to serve, to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(120);
/// Where files are in memory, on systems that have it.
const MEMORY: &str = "/dev/shm";

/// A running edge, and its storage, which vanishes with this.
pub struct Edge {
    node: PathBuf,
    script: PathBuf,
    storage: Storage,
    /// What the first process drew: cookies and tickets hold after a kill.
    secret: Option<String>,
    verbose: bool,
    url: String,
    process: Option<Process>,
}

struct Process {
    child: Child,
    /// The edge ends when this closes.
    ask: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

struct Storage(PathBuf);

impl Drop for Storage {
    fn drop(&mut self) {
        if let Err(why) = std::fs::remove_dir_all(&self.0) {
            eprintln!("simulate: {} stays: {why}", self.0.display());
        }
    }
}

impl Edge {
    /// Starts an edge on any free port; `script` is `footlights/cli/edge/simulate.mjs`.
    pub async fn start(node: PathBuf, script: PathBuf, verbose: bool) -> Result<Self> {
        let name = format!("footlights-simulate-{}", std::process::id());
        let in_memory = Path::new(MEMORY).is_dir() && std::env::var_os("TMPDIR").is_none();
        let directory = if in_memory { PathBuf::from(MEMORY) } else { std::env::temp_dir() };
        let storage = Storage(directory.join(name));
        std::fs::create_dir_all(&storage.0).with_context(|| format!("making {}", storage.0.display()))?;
        let mut edge =
            Self { node, script, storage, secret: None, verbose, url: String::new(), process: None };
        edge.open(0).await?;
        Ok(edge)
    }

    /// Its address, the same after a kill.
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn open(&mut self, port: u16) -> Result<()> {
        let mut command = Command::new(&self.node);
        command.arg(&self.script).arg("--persist").arg(&self.storage.0);
        command.args(["--port", &port.to_string()]);
        command.args(self.secret.iter().flat_map(|secret| ["--secret", secret]));
        command.args(self.verbose.then_some("--verbose"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (Some(ask), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the edge has no standard streams");
        };
        let mut answers = BufReader::new(stdout).lines();
        let line =
            time::timeout(PATIENCE, answers.next_line()).await.context("the edge does not start")??;
        let told: Value = serde_json::from_str(&line.unwrap_or_default()).unwrap_or_default();
        let url = told["url"].as_str().context("the edge did not start; its words are above")?;
        url.clone_into(&mut self.url);
        self.secret = told["secret"].as_str().map(str::to_owned);
        self.process = Some(Process { child, ask, answers });
        Ok(())
    }

    /// Kills the process where it stands.
    pub async fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.child.kill().await?;
        }
        Ok(())
    }

    /// Starts it again after a kill or an end, on the same port and storage.
    pub async fn again(&mut self) -> Result<()> {
        let port = self.url.trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("{} has no port", self.url))?;
        // What served the port before may need a moment to let go of it.
        let mut tries = 0;
        loop {
            match self.open(port).await {
                Ok(()) => return Ok(()),
                Err(why) if tries >= 5 => return Err(why),
                Err(_) => tries += 1,
            }
            time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Asks one question of the script.
    pub async fn ask<T: DeserializeOwned>(&mut self, question: Value) -> Result<T> {
        let process = self.process.as_mut().context("the edge does not run")?;
        let mut line = Vec::new();
        writeln!(line, "{question}")?;
        process.ask.write_all(&line).await?;
        let answer = time::timeout(PATIENCE, process.answers.next_line()).await;
        let answer = answer.with_context(|| format!("no answer to {question}"))??.unwrap_or_default();
        let mut answer: Value = serde_json::from_str(&answer).with_context(|| format!("{question}"))?;
        match answer.get_mut("answer") {
            Some(answer) => Ok(serde_json::from_value(answer.take())?),
            None => Err(anyhow!("{question}: {}", answer["error"])),
        }
    }

    /// Ends the edge and looks into its objects.
    pub async fn leftovers(&mut self) -> Result<Value> {
        let left = self.ask(json!({ "ask": "leftovers" })).await?;
        if let Some(mut process) = self.process.take() {
            time::timeout(PATIENCE, process.child.wait()).await.context("the edge does not end")??;
        }
        Ok(left)
    }
}
