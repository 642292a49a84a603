//! What two people at a distance see in Chromium, in browser execution: how long from a key to its picture, how evenly
//! pictures come, and what going back costs there. `tests/bench/browser.mjs` measures.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::{
    context::Context,
    measure::{REPETITIONS, Spread, percentile},
    report::Figure,
};

const SCRIPT: &str = "tests/bench/browser.mjs";
const RTTS_MS: [u32; 3] = [0, 150, 300];
/// Games of ten seconds at each distance.
const GAMES: u32 = 4;
/// Time between two frames of the display.
const FRAME_MS: f64 = 1_000.0 / 60.0;

#[derive(Deserialize)]
struct Measured {
    chromium: String,
    latency: Vec<Latency>,
    smooth: Vec<Page>,
    blank: Vec<Page>,
    resimulate: Resimulated,
    desyncs: u32,
}

/// The keys of one person in one game.
#[derive(Deserialize)]
struct Latency {
    rtt: u32,
    shown: Vec<Shown>,
    /// What the page says of itself.
    said: Vec<f64>,
}

/// From a key event's time to the end of painting the first picture in which it has moved something.
#[derive(Deserialize)]
struct Shown {
    ms: f64,
    /// Frames of the display that began since the page was told of the key, that one included.
    frames: f64,
}

/// One page for one game.
#[derive(Deserialize)]
struct Page {
    /// When frames began.
    frames: Vec<f64>,
    #[serde(default)]
    rollbacks: Vec<f64>,
    #[serde(default)]
    stalled_ms: Vec<f64>,
    #[serde(default)]
    rtt_ms: Vec<f64>,
}

#[derive(Deserialize)]
struct Resimulated {
    times: f64,
    seconds: Vec<f64>,
}

pub fn run(context: &mut Context) -> Result<()> {
    let told = json!({ "rtts": RTTS_MS, "games": GAMES, "repetitions": REPETITIONS });
    let mut node = Command::new(&context.node);
    let script = context.root.join(SCRIPT);
    let output = node.arg(script).arg(told.to_string()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "{SCRIPT} failed ({})", output.status);
    let measured: Measured = serde_json::from_slice(&output.stdout).context("what was measured")?;
    ensure!(measured.desyncs == 0, "{} states differed", measured.desyncs);
    for rtt in RTTS_MS {
        latency(context, rtt, &measured.latency)?;
    }
    frames(context, "frames_missed", &measured.smooth, "round trips of 150 ± 75 ms, keys at random")?;
    frames(context, "frames_missed_by_blank_pages", &measured.blank, "the machine itself")?;
    rollbacks(context, &measured.smooth)?;
    let Resimulated { times, seconds } = measured.resimulate;
    let each = Spread::of(seconds.iter().map(|s| s * 1e6 / times).collect());
    let figure = Figure::spread("browser_rollback/resimulate_8", each, "us").at_most(1_000.0);
    context.add(figure.detail("where", format!("Chromium {}", measured.chromium)))
}

fn latency(context: &mut Context, rtt: u32, games: &[Latency]) -> Result<()> {
    let here = || games.iter().filter(|game| game.rtt == rtt);
    let shown = |of: fn(&Shown) -> f64| sorted(here().flat_map(|game| &game.shown).map(of));
    let said = sorted(here().flat_map(|game| game.said.iter().copied()));
    let (ms, count) = (shown(|shown| shown.ms), shown(|shown| shown.frames));
    ensure!(ms.len() > 30, "only {} keys were seen in a picture", ms.len());
    for (rank, share) in [("p50", 0.5), ("p99", 0.99)] {
        let add = |what: &str, values: &[f64], unit| {
            let figure =
                Figure::new(format!("browser_rollback/{what}_{rank}"), percentile(values, share), unit);
            figure.detail("rtt_ms", rtt).detail("keys", values.len())
        };
        let figure = add("key_to_picture", &ms, "ms");
        context.add(figure.detail("the_page_says", percentile(&said, share)))?;
        context.add(add("key_to_picture_frames", &count, "frames").at_most(1.0))?;
    }
    Ok(())
}

/// Frames that came more than half a frame late, of all.
fn frames(context: &mut Context, name: &str, pages: &[Page], when: &str) -> Result<()> {
    let gaps = |page: &Page| page.frames.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>();
    let gaps: Vec<f64> = pages.iter().flat_map(gaps).collect();
    let missed = gaps.iter().filter(|gap| **gap > 1.5 * FRAME_MS).count();
    let longest = gaps.iter().copied().fold(0.0, f64::max);
    let fps = 1_000.0 * gaps.len() as f64 / gaps.iter().sum::<f64>();
    let figure = Figure::new(format!("browser_rollback/{name}"), missed as f64, "frames");
    let figure = figure.detail("of", gaps.len()).detail("fps", fps).detail("longest_ms", longest);
    context.add(figure.detail("when", when))
}

fn rollbacks(context: &mut Context, pages: &[Page]) -> Result<()> {
    let all = |of: fn(&Page) -> &Vec<f64>| sorted(pages.iter().flat_map(of).copied());
    let depths = all(|page| &page.rollbacks);
    let deep = depths.get(depths.partition_point(|depth| *depth <= 0.0)..).unwrap_or_default();
    let mean = deep.iter().sum::<f64>() / deep.len().max(1) as f64;
    let rtt = all(|page| &page.rtt_ms);
    let figure = Figure::new("browser_rollback/rollback_depth", mean, "ticks");
    let figure = figure.detail("most", percentile(deep, 1.0)).detail("rollbacks", deep.len());
    let figure =
        figure.detail("rtt_p50_ms", percentile(&rtt, 0.5)).detail("rtt_p99_ms", percentile(&rtt, 0.99));
    context.add(figure.detail("ticks", depths.len()))?;
    let stalled = all(|page| &page.stalled_ms).iter().sum();
    context.add(Figure::new("browser_rollback/stalled", stalled, "ms"))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
