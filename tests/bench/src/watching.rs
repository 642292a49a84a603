//! A class at one local edge: how late the frames of sessions are while a training run has its viewers.

// A benchmark is where time is read.
#![allow(clippy::disallowed_types)]

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use footlights_protocol::EpochMs;
use footlights_watch::session::{Input, Session};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    runtime,
    task::{JoinSet, LocalSet},
    time::sleep,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    context::Context,
    edge::Edge,
    measure::{Spread, percentile, time},
    process::{child_named, cpu_seconds},
    report::Figure,
};

const SESSIONS: usize = 300;
const VIEWERS: usize = 200;
const MODELS: [&str; 5] =
    ["untrained", "checkpoint_ep50", "checkpoint_ep455", "checkpoint_ep1000", "trained_agent"];
/// Times the usual ten steps a second.
const SPEEDS: [f64; 10] = [0.5, 1.0, 1.0, 2.0, 2.5, 1.0, 5.0, 1.0, 0.5, 10.0];
/// Between two steps at the usual speed, and between two that viewers of the run are shown, ms.
const STEP_MS: f64 = 100.0;
const WARM_UP: Duration = Duration::from_secs(5);
const SPAN: Duration = Duration::from_secs(20);
/// Nobody waits longer for a frame that is due, ms.
const AIM_MS: f64 = 100.0;

/// What all clients heard while somebody measured.
#[derive(Default)]
struct Heard {
    measuring: Cell<bool>,
    /// Of sessions' frames: how much later than due after the frame before, ms.
    late: RefCell<Vec<f64>>,
    /// Between two frames of a viewer, ms.
    gaps: RefCell<Vec<f64>>,
    faults: Cell<u32>,
}

impl Heard {
    /// A frame came. Returns the time since the one before, ms, if that is measured.
    fn frame(&self, last: &mut Option<Instant>) -> Option<f64> {
        let now = Instant::now();
        let before = last.replace(now).filter(|_| self.measuring.get())?;
        Some((now - before).as_secs_f64() * 1_000.0)
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The cost of a step, and what a class at an edge waits for.
pub fn run(context: &mut Context) -> Result<()> {
    step(context)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    for trains in [false, true] {
        LocalSet::new().block_on(&runtime, class(context, trains))?;
    }
    Ok(())
}

/// One step of a session with its message, natively.
fn step(context: &mut Context) -> Result<()> {
    const STEPS: u32 = 2_000;
    let mut checkpoints = footlights_examples::app().checkpoints().into_iter();
    let checkpoint = checkpoints.find(|one| one.name == "trained_agent").context("no trained agent")?;
    let mut session = Session::new("bench", &checkpoint, &[], 1, EpochMs(0)).map_err(anyhow::Error::msg)?;
    session.handle(EpochMs(0), &Input::Text(r#"{"command":"play"}"#));
    let seconds = time(|| {
        for _ in 0..STEPS {
            let Some(wake) = session.next_wake() else { break };
            session.handle(wake, &Input::Wake);
            while session.poll().is_some() {}
        }
    });
    let each = Spread::of(seconds.iter().map(|s| s * 1e6 / f64::from(STEPS)).collect());
    context.add(Figure::spread("watching/step", each, "us").detail("world", "hamlet, trained_agent"))
}

async fn class(context: &mut Context, trains: bool) -> Result<()> {
    let vars = ["FOOTLIGHTS_TRAINING=open"];
    let edge = Edge::start(&context.node, &context.edge, false, &vars).await.context("starting the edge")?;
    let heard = Rc::new(Heard::default());
    let mut clients = JoinSet::new();
    for number in 0..SESSIONS {
        clients.spawn_local(watch(open(&edge, "ws").await?, number, heard.clone()));
    }
    if trains {
        let mut teacher = open(&edge, "ws/training").await?;
        for _ in 0..VIEWERS {
            clients.spawn_local(view(open(&edge, "ws/training").await?, heard.clone()));
        }
        // A run that does not end while it is measured.
        let start = json!({ "command": "start_training", "num_episodes": 100_000, "show_every": 5,
            "step_delay": STEP_MS / 1_000.0 });
        teacher.send(Message::text(start.to_string())).await?;
        clients.spawn_local(async move { while let Some(Ok(_)) = teacher.next().await {} });
    }
    sleep(WARM_UP).await;
    let cpu = || edge.pid().and_then(|pid| child_named(pid, "workerd")).and_then(cpu_seconds);
    let before = cpu();
    heard.measuring.set(true);
    sleep(SPAN).await;
    heard.measuring.set(false);
    let used = cpu().zip(before).map(|(now, before)| now - before);
    ensure!(heard.faults.get() == 0, "{} clients were refused or cut off", heard.faults.get());
    let mut late = heard.late.take();
    late.sort_by(f64::total_cmp);
    let name = if trains { "watching/with_training" } else { "watching" };
    let mut most = figure(format!("{name}/latest_frame"), &late, 1.0)
        .at_most(AIM_MS)
        .detail("sessions", SESSIONS)
        .detail("frames_a_second", late.len() as f64 / SPAN.as_secs_f64());
    if let Some(used) = used {
        most = most.detail("edge_cores", used / SPAN.as_secs_f64());
    }
    context.add(most)?;
    for (rank, share) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
        context.add(figure(format!("{name}/{rank}"), &late, share))?;
    }
    if trains {
        let mut gaps = heard.gaps.take();
        gaps.sort_by(f64::total_cmp);
        for (rank, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            let figure = figure(format!("{name}/viewers_gap_{rank}"), &gaps, share);
            context.add(figure.detail("viewers", VIEWERS))?;
        }
    }
    clients.abort_all();
    edge.stop().await?;
    Ok(())
}

fn figure(name: String, sorted: &[f64], share: f64) -> Figure {
    Figure::new(name, percentile(sorted, share), "ms")
}

async fn open(edge: &Edge, path: &str) -> Result<Socket> {
    let address = format!("{}{path}", edge.url()).replacen("http", "ws", 1);
    Ok(connect_async(address).await.context("opening a socket")?.0)
}

/// What a client reads of a message; large ones are only looked at.
fn kind(text: &str) -> Option<String> {
    let head = text.get(..text.len().min(40))?;
    let (_, rest) = head.split_once(r#""type":""#)?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// A session at a model and a speed of its own.
async fn watch(mut socket: Socket, number: usize, heard: Rc<Heard>) {
    let speed = SPEEDS.get(number % SPEEDS.len()).copied().unwrap_or(1.0);
    let model = MODELS.get(number % MODELS.len()).copied().unwrap_or_default();
    let commands: [Value; 3] = [
        json!({ "command": "load_model", "model": model }),
        json!({ "command": "set_speed", "speed": speed }),
        json!({ "command": "play" }),
    ];
    for command in commands {
        if socket.send(Message::text(command.to_string())).await.is_err() {
            break;
        }
    }
    let mut last: Option<Instant> = None;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        match kind(&text).as_deref() {
            Some("state_update") => {
                let waited = heard.frame(&mut last).map(|waited| waited - STEP_MS / speed);
                heard.late.borrow_mut().extend(waited);
            }
            // Between episodes is a break.
            Some("episode_end" | "episode_start") => last = None,
            Some("error") => heard.faults.set(heard.faults.get() + 1),
            _ => {}
        }
    }
    heard.faults.set(heard.faults.get() + 1);
}

/// A viewer of the run.
async fn view(mut socket: Socket, heard: Rc<Heard>) {
    let mut last: Option<Instant> = None;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        match kind(&text).as_deref() {
            Some("state_update") => {
                heard.gaps.borrow_mut().extend(heard.frame(&mut last));
            }
            Some("error") => heard.faults.set(heard.faults.get() + 1),
            _ => last = None,
        }
    }
    heard.faults.set(heard.faults.get() + 1);
}
