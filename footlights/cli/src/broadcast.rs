//! A training on this machine that a deployment shows. Node.js holds the connection, because it speaks TLS and is there anyway: a
//! training neither waits for its viewers nor fails when they cannot be reached.
#![allow(clippy::disallowed_types, reason = "how often something is told decides nothing that is learnt")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use footlights_env::Simulation;
use footlights_learn::{Run, evaluate, onnx, run::Finished};
use footlights_watch::picture;
use serde_json::{Value, json};

use crate::{dev, tools};

/// How often a step of a game is shown, and at most an episode is told.
const FRAME: Duration = Duration::from_millis(100);
/// How often numbers are told.
const NUMBERS: Duration = Duration::from_secs(2);

/// The connection to a deployment.
pub struct Broadcast {
    node: Child,
    /// None, when the connection has ended for good: the training goes on.
    stdin: Option<ChildStdin>,
    wanted: Arc<Wanted>,
    shown: Shown,
    told: Told,
}

/// What who controls the run wants.
#[derive(Debug, Default)]
struct Wanted {
    pause: AtomicBool,
    stop: AtomicBool,
}

/// The game that is shown: the newest network plays it.
struct Shown {
    game: evaluate::Game,
    episode: u32,
    step: u32,
    sum: f64,
    last: Instant,
    over: bool,
}

/// Episodes and numbers that are told next.
struct Told {
    episodes: u32,
    rewards: f64,
    lengths: u64,
    last: Instant,
    numbers: Instant,
    steps: u64,
}

impl Broadcast {
    /// Begins to tell a deployment of a run.
    ///
    /// # Errors
    /// It cannot be reached, or does not take the run; the message says why.
    pub fn begin(
        url: &str,
        name: &str,
        token: Option<&str>,
        sim: &dyn Simulation,
        config: &Value,
        run: &Run,
    ) -> Result<Self> {
        let mut node = Command::new(tools::node()?);
        node.arg(tools::edge()?.join("broadcast.mjs")).args([url, name]).env_remove(dev::ADMIN_TOKEN);
        node.envs(token.map(|token| (dev::ADMIN_TOKEN, token)));
        let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("starting node")?;
        let (Some(stdin), Some(stdout)) = (node.stdin.take(), node.stdout.take()) else {
            bail!("node has no pipes");
        };
        let now = Instant::now();
        let mut broadcast = Self {
            node,
            stdin: Some(stdin),
            wanted: Arc::default(),
            shown: Shown {
                game: evaluate::Game::new(sim, run.network(), run.output()),
                episode: 0,
                step: 0,
                sum: 0.0,
                last: now,
                over: true,
            },
            told: Told { episodes: 0, rewards: 0.0, lengths: 0, last: now, numbers: now, steps: 0 },
        };
        let begin = json!({ "type": "begin", "environment": sim.spec().id, "config": config });
        broadcast.send(b'b', begin.to_string().as_bytes());
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next().context("the connection ended")??;
        let first: Value = serde_json::from_str(&first)?;
        if first["type"] != "accepted" {
            return Err(anyhow!("{}", first["message"].as_str().unwrap_or("the deployment refuses")));
        }
        let wanted = broadcast.wanted.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                match serde_json::from_str::<Value>(&line).unwrap_or_default()["type"].as_str() {
                    Some("pause") => wanted.pause.store(true, Ordering::Relaxed),
                    Some("resume") => wanted.pause.store(false, Ordering::Relaxed),
                    Some("stop") => wanted.stop.store(true, Ordering::Relaxed),
                    _ => {}
                }
            }
        });
        Ok(broadcast)
    }

    /// Tells of a round that was played, shows a step now and then, and waits while somebody wants it to. Returns whether the run
    /// is to end.
    ///
    /// # Errors
    /// The game that is shown cannot be played.
    pub fn round(&mut self, run: &Run, finished: &[Finished]) -> Result<bool> {
        for finished in finished {
            self.told.episodes += 1;
            self.told.rewards += finished.reward();
            self.told.lengths += u64::from(finished.length);
        }
        if let Some(newest) = finished.last()
            && self.told.last.elapsed() >= FRAME
        {
            self.tell_episode(newest);
        }
        if self.told.numbers.elapsed() >= NUMBERS {
            self.tell_numbers(run);
        }
        if self.shown.last.elapsed() >= FRAME {
            self.show(run)?;
        }
        while self.wanted.pause.load(Ordering::Relaxed) && !self.wanted.stop.load(Ordering::Relaxed) {
            thread::sleep(FRAME);
        }
        Ok(self.wanted.stop.load(Ordering::Relaxed))
    }

    /// Sends what was learnt so far.
    pub fn checkpoint(&mut self, run: &Run, label: &str) {
        let output = run.output();
        let header = json!({ "type": "checkpoint", "label": label, "output": output, "steps": run.steps() });
        let file = onnx::write(&run.network(), output.name());
        self.send(b'm', &[header.to_string().as_bytes(), b"\n", &file].concat());
    }

    /// Says the end, and waits until all that was learnt is stored.
    ///
    /// # Errors
    /// The connection ended before.
    pub fn end(mut self) -> Result<()> {
        self.stdin = None;
        let status = self.node.wait().context("waiting for node")?;
        if status.success() {
            Ok(())
        } else {
            bail!("the deployment was not told everything; the reason is above")
        }
    }

    /// The episodes since the last one that was told, as one: the last one's number, and the means of all.
    fn tell_episode(&mut self, newest: &Finished) {
        let told = &mut self.told;
        let count = f64::from(told.episodes.max(1));
        let episode = json!({ "type": "episode", "episode": newest.episode, "reward": told.rewards / count,
            "length": (told.lengths as f64 / count).round(), "loss": newest.loss, "epsilon": newest.epsilon,
            "failure_reason": newest.failure });
        (told.episodes, told.rewards, told.lengths, told.last) = (0, 0.0, 0, Instant::now());
        self.send(b't', episode.to_string().as_bytes());
    }

    fn tell_numbers(&mut self, run: &Run) {
        let told = &mut self.told;
        let rate = (run.steps() - told.steps) as f64 / told.numbers.elapsed().as_secs_f64();
        (told.steps, told.numbers) = (run.steps(), Instant::now());
        let values = json!({ "steps a second": rate.round(), "steps remembered": run.remembered() });
        let numbers = json!({ "type": "metrics", "step": run.steps(), "values": values });
        self.send(b't', numbers.to_string().as_bytes());
    }

    /// One more step of the game that is shown, and its picture.
    fn show(&mut self, run: &Run) -> Result<()> {
        let shown = &mut self.shown;
        shown.last = Instant::now();
        if std::mem::take(&mut shown.over) {
            (shown.episode, shown.step, shown.sum) = (run.episodes() + 1, 0, 0.0);
            shown.game.seat(run.network());
            shown.game.sim.reset(run.settings().common.seed, shown.episode);
        }
        let step = shown.game.step().map_err(|error| anyhow!("{error}"))?;
        let reward = step.rewards.first().copied().map_or(0.0, f64::from);
        shown.step += 1;
        shown.sum += reward;
        shown.over = step.done();
        let header = json!({ "type": "frame", "episode": shown.episode, "step": shown.step, "reward": reward,
            "cumulative_reward": shown.sum });
        if let Ok(picture) = picture::whole(shown.game.sim.as_ref()) {
            self.send(b'p', &[header.to_string().as_bytes(), b"\n", &picture].concat());
        }
        Ok(())
    }

    fn send(&mut self, kind: u8, message: &[u8]) {
        let Some(stdin) = &mut self.stdin else { return };
        let length = (message.len() as u32).to_be_bytes();
        let sent = stdin
            .write_all(&[kind])
            .and_then(|()| stdin.write_all(&length))
            .and_then(|()| stdin.write_all(message));
        // It has said why.
        if sent.is_err() {
            self.stdin = None;
        }
    }
}
