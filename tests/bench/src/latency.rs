//! From a change of the keys to the first frame that takes it into account, over loopback, with nothing else going on.

use std::{cell::RefCell, rc::Rc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use footlights_testing::{
    Bot,
    site::{self, Network, Site},
};
use tokio::{
    runtime,
    task::{JoinSet, LocalSet},
    time::{Instant, sleep, timeout},
};

use crate::{bots, context::Context, edge::Edge, measure::percentile, report::Figure};

/// How many inputs it takes at least.
const INPUTS: usize = 600;
/// Often, at random moments: mostly not more than one in a tick.
const KEY_CHANGES_PER_SECOND: f64 = 12.0;
const PATIENCE: Duration = Duration::from_secs(240);

/// A person with a policy, and two people with each other; one game at a time.
pub fn run(context: &mut Context) -> Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    for (name, study, people) in [("latency", "slime_human_ai", 1), ("latency/two_people", "slime_load", 2)] {
        let (mut times, games) = LocalSet::new().block_on(&runtime, play(context, study, people))?;
        times.sort_by(f64::total_cmp);
        let of =
            |suffix: &str, share| Figure::new(format!("{name}{suffix}"), percentile(&times, share), "ms");
        let p50 = of("", 0.5).at_most(20.0).detail("percentile", 50).detail("study", study);
        context.add(p50.detail("inputs", times.len()).detail("games", games))?;
        context.add(of("/p99", 0.99).at_most(38.0))?;
        context.add(of("/max", 1.0))?;
    }
    Ok(())
}

/// Plays game after game until there were enough inputs; their times, and the number of games.
async fn play(context: &Context, study: &'static str, people: u64) -> Result<(Vec<f64>, u64)> {
    let experiment = bots::experiment(study)?;
    let edge = Edge::start(&context.node, &context.edge, false, &[]).await.context("starting the edge")?;
    let site = Rc::new(Site::new(edge.url())?);
    let times = Rc::new(RefCell::new(Vec::new()));
    let mut games = 0;
    let enough = async {
        while times.borrow().len() < INPUTS {
            games += 1;
            let mut players = JoinSet::new();
            for person in 0..people {
                let (site, times) = (site.clone(), times.clone());
                let bot = bots::bot(&experiment, games * people + person, KEY_CHANGES_PER_SECOND);
                players.spawn_local(async move {
                    let watch = |_, bot: &mut Bot| times.borrow_mut().extend(bot.take_measured());
                    site::watched(bot, site, Network::default(), Instant::now() + PATIENCE, watch).await
                });
            }
            while times.borrow().len() < INPUTS && !players.is_empty() {
                sleep(Duration::from_millis(200)).await;
                while players.try_join_next().is_some() {}
            }
        }
    };
    let finished = timeout(PATIENCE, enough).await;
    edge.stop().await?;
    let times = times.take();
    ensure!(finished.is_ok(), "only {} of {INPUTS} inputs within {PATIENCE:?}", times.len());
    Ok((times, games))
}
