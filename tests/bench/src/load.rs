//! How many games of two people one local edge runs at once, with full frame rate for every one of them. The load comes
//! from this process, from one thread; the edge is a process of its own.

use std::time::Duration;

use anyhow::{Context as _, Result};
use footlights_testing::site::Site;
use tokio::{runtime, task::LocalSet, time::sleep};

use crate::{
    bots,
    context::Context,
    crowd::{Crowd, Received},
    edge::Edge,
    process::{child_named, cpu_seconds},
    report::Figure,
};

const STUDY: &str = "slime_load";
const LADDER: [usize; 9] = [40, 80, 160, 240, 320, 400, 480, 560, 640];
/// The first rung that is tried; the ones below only if it fails.
const FIRST: usize = 160;
const WARM_UP: Duration = Duration::from_secs(5);
const SPAN: Duration = Duration::from_secs(15);
/// Every client must get this share of its frames,
const SHARE: f64 = 0.95;
/// and one in a hundred times between frames may be longer than two periods at 30 frames a second, ms.
const P99_MS: f64 = 2_000.0 / 30.0;
const AIM: f64 = 320.0;

/// The ladder, twice: with sockets straight into the worker, and through what serves static assets.
pub fn run(context: &mut Context) -> Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    for direct in [true, false] {
        LocalSet::new().block_on(&runtime, climb(context, direct))?;
    }
    Ok(())
}

/// Where sockets go.
fn way(direct: bool) -> (&'static str, &'static str) {
    if direct {
        ("load", "sockets straight into the worker")
    } else {
        ("load/through_assets", "sockets through the local stand-ins of the asset server")
    }
}

async fn climb(context: &mut Context, direct: bool) -> Result<()> {
    let (name, words) = way(direct);
    let first = LADDER.iter().position(|games| *games == FIRST).unwrap_or_default();
    let mut best = rungs(context, direct, &LADDER[first..]).await?;
    if best.is_none() {
        best = rungs(context, direct, &LADDER[..first]).await?;
    }
    // What was reached on the way up must be reached again by an edge that has only just started.
    while let Some(rung) = best {
        let games = LADDER[rung];
        if rungs(context, direct, &[games]).await?.is_some() {
            return context.add(figure(name, games, words));
        }
        best = rung.checked_sub(1);
    }
    context.add(figure(name, 0, words))
}

fn figure(name: &str, games: usize, words: &str) -> Figure {
    Figure::new(name, games as f64, "games").at_least(AIM).detail("edge", words)
}

/// Climbs until a rung does not hold, on one edge; the index in [`LADDER`] of the last one that did.
async fn rungs(context: &mut Context, direct: bool, rungs: &[usize]) -> Result<Option<usize>> {
    let edge = Edge::start(&context.node, &context.edge, direct, &[]).await.context("starting the edge")?;
    let mut crowd = Crowd::new(Site::new(edge.url())?, bots::experiment(STUDY)?);
    let mut best = None;
    for games in rungs {
        eprintln!("bench: load: {games} games, {}", way(direct).1);
        if let Err(why) = crowd.grow(*games).await {
            eprintln!("bench: load: {games} games: {why}");
            break;
        }
        sleep(WARM_UP).await;
        let before = Cpu::used(&edge);
        let received = crowd.measure(SPAN).await;
        let used = Cpu::used(&edge).since(before);
        let holds = received.worst_share >= SHARE && received.p99_ms <= P99_MS;
        let name = format!("{}/{games}_games/p99_interval", way(direct).0);
        let figure = used.tell(rung(name, &received), &received);
        context.add(figure.detail("holds", holds).detail("storage", storage(&edge)))?;
        if !holds {
            break;
        }
        best = LADDER.iter().position(|rung| rung == games);
    }
    drop(crowd);
    edge.stop().await?;
    Ok(best)
}

fn rung(name: String, received: &Received) -> Figure {
    Figure::new(name, received.p99_ms, "ms")
        .at_most(P99_MS)
        .detail("worst_share_of_frames", received.worst_share)
        .detail("p50_ms", received.p50_ms)
        .detail("max_ms", received.max_ms)
        .detail("faults", received.faults)
}

fn storage(edge: &Edge) -> &'static str {
    if edge.in_memory() { "memory" } else { "disk" }
}

/// Seconds of processor time; none where the system does not tell.
#[derive(Debug, Clone, Copy)]
struct Cpu {
    edge: Option<f64>,
    own: Option<f64>,
}

impl Cpu {
    fn used(edge: &Edge) -> Self {
        let workerd = edge.pid().and_then(|pid| child_named(pid, "workerd"));
        Self { edge: workerd.and_then(cpu_seconds), own: cpu_seconds(std::process::id()) }
    }

    fn since(self, before: Self) -> Self {
        let between =
            |now: Option<f64>, before: Option<f64>| now.zip(before).map(|(now, before)| now - before);
        Self { edge: between(self.edge, before.edge), own: between(self.own, before.own) }
    }

    fn tell(self, mut figure: Figure, received: &Received) -> Figure {
        if let Some(used) = self.edge {
            // Two people in a game receive the same ticks.
            let ticks = f64::from(received.frames) / 2.0;
            figure = figure
                .detail("edge_cpu_us_per_game_and_tick", used * 1e6 / ticks)
                .detail("edge_cores", used / SPAN.as_secs_f64());
        }
        match self.own {
            Some(used) => figure.detail("load_maker_cores", used / SPAN.as_secs_f64()),
            None => figure,
        }
    }
}
