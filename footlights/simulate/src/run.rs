//! The program that lets the bots walk, and judges the run.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, rc::Rc, time::Duration};

use anyhow::{Context as _, Result, bail};
use clap::Parser as _;
use footlights_app::App;
use footlights_env::{Rng, Stream};
use footlights_experiment::{Experiment, Scene};
use serde_json::json;
use tokio::{
    runtime,
    task::{JoinSet, LocalSet},
    time::{self, Instant},
};

use footlights_testing::{
    Bot, Chances, Diary, Environments, Habits, Plan, Style,
    audit::{self, Leftovers, Report, Stored, Tables},
    site::{self, Network, Site},
};

use crate::{
    edge::Edge,
    options::{Keys, Options},
};

/// How long what is left behind may take to be cleared away, beside the experiment's own grace times.
const CLEARING: Duration = Duration::from_secs(60);
/// How long an edge that was started again only to clear away is left alone.
const CLEARING_ROUND: Duration = Duration::from_secs(8);
/// When a kill comes after the first frame or the kill before, ms.
const KILL_MS: (f64, f64) = (2_000.0, 10_000.0);
/// How long a killed edge is gone, ms.
const GONE_MS: (f64, f64) = (200.0, 3_000.0);

/// Those of this build.
const ENVIRONMENTS: Environments = Environments {
    make: |id, config| footlights_app::installed().registry().get(id)?.make_packed(config),
    fingerprint: |id| footlights_app::installed().registry().get(id).ok()?.fingerprint().ok(),
};

/// The variables that name Node.js, the script of an edge of one's own, and the lab's folder: `simulate` of a lab's command
/// sets them.
pub const NODE: &str = "FOOTLIGHTS_NODE";
/// See [`NODE`].
pub const SCRIPT: &str = "FOOTLIGHTS_SIMULATE_EDGE";

/// The whole `main` of a program that simulates participants of an app: reads the command line and does what it says.
pub fn main(app: fn() -> App) -> ExitCode {
    let cli = Options::parse();
    footlights_app::install(app);
    let run = || -> Result<Report> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, async {
            tokio::select! {
                report = simulate(&cli) => report,
                _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            }
        })
    };
    let told = run().and_then(|report| {
        if cli.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            print!("{report}");
        }
        Ok(report.errors.is_empty())
    });
    match told {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The experiment of that id.
fn study(id: &str) -> Result<Experiment> {
    let mut all = footlights_app::installed().experiments();
    match all.iter().position(|experiment| experiment.id == id) {
        Some(place) => Ok(all.swap_remove(place)),
        None => {
            let known: Vec<String> = all.into_iter().map(|experiment| experiment.id).collect();
            bail!("--experiment {id:?}: this build has {}", known.join(", "))
        }
    }
}

async fn simulate(cli: &Options) -> Result<Report> {
    let experiment = Rc::new(study(&cli.experiment)?);
    let mut edge = match cli.url {
        Some(_) => None,
        None => Some(own_edge(cli.verbose).await?),
    };
    let url = cli.url.clone().or_else(|| edge.as_ref().map(|edge| edge.url().to_owned()));
    let site = Rc::new(Site::new(&url.unwrap_or_default())?);
    site.must_answer().await?;
    eprintln!("simulate: {} participants in {}", cli.participants, experiment.id);
    let (diaries, kills) = walk(cli, &experiment, site.clone(), edge.as_mut()).await?;
    let seconds = (site.now().0 / 100.0).round() / 10.0;
    let mut report = match &mut edge {
        Some(edge) => look_up(edge, &experiment, &diaries, kills).await?,
        None => audit::audit(&experiment, &diaries, None, None),
    };
    if kills < cli.kill {
        let words = format!("the edge was killed {kills} times of {}: everybody was done before", cli.kill);
        eprintln!("simulate: {words}");
    }
    (report.kills, report.seed, report.seconds) = (kills, cli.seed, seconds);
    Ok(report)
}

async fn own_edge(verbose: bool) -> Result<Edge> {
    let node = std::env::var_os(NODE).map_or_else(|| "node".into(), PathBuf::from);
    let script =
        std::env::var_os(SCRIPT).with_context(|| format!("{SCRIPT} must name the script of an edge"))?;
    Edge::start(node, script.into(), verbose).await.context("starting the edge")
}

/// Lets everybody walk; what they saw, and how often the edge was killed.
async fn walk(
    cli: &Options,
    experiment: &Rc<Experiment>,
    site: Rc<Site>,
    mut edge: Option<&mut Edge>,
) -> Result<(Vec<Diary>, u32)> {
    let chances = Chances {
        dropout: cli.dropout,
        reload: cli.reload,
        hide: cli.hide,
        slow: cli.slow,
        second_tab: cli.second_tab,
        idle: cli.idle,
        no_sockets: cli.no_sockets,
        no_cookies: cli.no_cookies,
        no_script: cli.no_script,
        cuts: cli.cuts,
        sleep: cli.sleep,
        misbehave: cli.misbehave,
    };
    let style = if cli.play == Keys::Random { Style::Random } else { Style::Idle };
    let habits = Habits {
        reading_ms: f64::from(cli.reading),
        style,
        fail_checks: cli.fail_checks,
        ..Habits::default()
    };
    // Every cell has as many scenes, or nearly; the last one is where a walk ends.
    let cell = experiment.conditions().into_iter().next().unwrap_or_default();
    let scenes = experiment.draw(&cell, 0).len().saturating_sub(1);
    let until = Instant::now() + Duration::from_secs(cli.deadline.into());
    let mut walks = JoinSet::new();
    for bot in 0..cli.participants {
        let plan = Plan::draw(cli.seed, bot, &chances, scenes, cli.arrive.into());
        let participant = Bot::new(experiment.clone(), ENVIRONMENTS, cli.seed, bot, habits, plan);
        let walk = site::walk(participant, site.clone(), Network::of(&plan), until);
        walks.spawn_local(async move { (bot, walk.await) });
    }
    let mut rng = Rng::derive(cli.seed, Stream::Environment, 0, 0);
    let ms = |ms: f64| Duration::from_secs_f64(ms / 1_000.0);
    let (mut diaries, mut kills, mut kill_at) = (BTreeMap::new(), 0, None);
    let mut clock = time::interval(Duration::from_millis(200));
    let mut told = Instant::now();
    while diaries.len() < cli.participants as usize {
        tokio::select! {
            walked = walks.join_next() => {
                let (bot, diary) = walked.context("a bot is missing")?.context("a bot broke")?;
                diaries.insert(bot, diary);
            }
            _ = clock.tick() => {}
        }
        if told.elapsed() > Duration::from_secs(15) {
            told = Instant::now();
            eprintln!("simulate: {} of {} are done", diaries.len(), cli.participants);
        }
        if let Some(edge) = edge.as_mut().filter(|_| kills < cli.kill && site.plays.get()) {
            let at =
                *kill_at.get_or_insert_with(|| Instant::now() + ms(rng.uniform_f64(KILL_MS.0, KILL_MS.1)));
            if Instant::now() >= at {
                kills += 1;
                eprintln!("simulate: kill {kills} of {}", cli.kill);
                edge.kill().await?;
                time::sleep(ms(rng.uniform_f64(GONE_MS.0, GONE_MS.1))).await;
                edge.again().await.context("starting the edge again")?;
                kill_at = None;
            }
        }
    }
    Ok((diaries.into_values().collect(), kills))
}

/// Compares with what is stored, once that is as it must be or has had all the time that it may take.
async fn look_up(edge: &mut Edge, experiment: &Experiment, diaries: &[Diary], kills: u32) -> Result<Report> {
    let scenes = experiment.scenes();
    let graces = scenes.iter().filter_map(|scene| match scene {
        Scene::Game(game) => Some(game.attendance.grace_ms + game.attendance.gather_ms),
        _ => None,
    });
    let until = Instant::now() + CLEARING + Duration::from_millis(graces.max().unwrap_or_default());
    eprintln!("simulate: everybody is done; looking at what is stored");
    // What went wrong on the way stays wrong.
    let lasting = audit::lasting(experiment, diaries);
    let mut counted: Option<BTreeMap<String, f64>> = None;
    loop {
        let stored = loop {
            let stored = read(edge, experiment).await?;
            let found = audit::audit(experiment, diaries, Some(&stored), None).errors.len();
            if found <= lasting || Instant::now() >= until {
                break stored;
            }
            time::sleep(Duration::from_secs(1)).await;
        };
        if kills == 0 && counted.is_none() {
            counted = Some(edge.ask(json!({ "ask": "costs" })).await?);
        }
        let left: Leftovers = serde_json::from_value(edge.leftovers().await?)?;
        let mut report = audit::audit(experiment, diaries, Some(&stored), Some(left.clone()));
        if let Some(counted) = &counted {
            report.bill(counted);
        }
        if left.games + left.chunks + left.waiting == 0 || Instant::now() >= until {
            return Ok(report);
        }
        // Games whose people are all gone end with their grace time, and lobbies forget them.
        edge.again().await.context("starting the edge again")?;
        time::sleep(CLEARING_ROUND).await;
    }
}

async fn read(edge: &mut Edge, experiment: &Experiment) -> Result<Stored> {
    let tables: Tables = edge.ask(json!({ "ask": "tables" })).await?;
    let prefix = format!("data/{}/", experiment.id);
    let files: BTreeMap<String, String> = edge.ask(json!({ "ask": "files", "prefix": prefix })).await?;
    Stored::read(&experiment.id, &tables, &files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> App {
        App::new().experiment(|| Experiment::new("hello", "Hello"))
    }

    #[test]
    fn an_unknown_study_is_refused_with_those_that_there_are() {
        footlights_app::install(hello);
        let why = study("nothing").err().unwrap().to_string();
        assert!(why.contains("hello") && why.contains("\"nothing\""), "{why}");
    }
}
