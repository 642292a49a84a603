//! Many bots at one edge, and what each of them receives while somebody measures.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use anyhow::{Result, bail};
use footlights_experiment::Experiment;
use footlights_protocol::{MonotonicMs, Tick};
use footlights_testing::{
    Bot, Diary,
    site::{self, Network, Site},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{bots, measure::percentile};

/// Everybody who enters costs the edge as much as a second of a game.
const PAIRS_PER_SECOND: f64 = 20.0;
/// How often everybody changes the keys they hold, on average.
const KEY_CHANGES_PER_SECOND: f64 = 3.0;
/// Longer than any benchmark.
const FOREVER: Duration = Duration::from_secs(86_400);
/// How long everybody may take to be in a running game, after the last one came.
const SEATING: Duration = Duration::from_secs(30);

/// Bots that come in pairs and stay until this is dropped.
pub struct Crowd {
    site: Rc<Site>,
    experiment: Rc<Experiment>,
    members: Vec<Rc<RefCell<Member>>>,
    tasks: JoinSet<Diary>,
    measuring: Rc<Cell<bool>>,
}

/// What one bot has received.
#[derive(Debug, Default)]
struct Member {
    fps: f32,
    /// The newest tick.
    tick: Option<Tick>,
    /// What went wrong, in words, and how often a connection or a request failed, or a game was over.
    faults: Vec<String>,
    failures: usize,
    /// While measuring: when the last frame came, and the times between frames, ms.
    last: Option<MonotonicMs>,
    intervals: Vec<f64>,
    frames: u32,
}

/// What everybody received in a span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Frames of the worst client, as a share of those due.
    pub worst_share: f64,
    /// Times between frames over all clients, ms.
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub frames: u32,
    /// Everything that went wrong since the crowd came.
    pub faults: usize,
}

impl Crowd {
    pub fn new(site: Site, experiment: Rc<Experiment>) -> Self {
        Self {
            site: Rc::new(site),
            experiment,
            members: Vec::new(),
            tasks: JoinSet::new(),
            measuring: Rc::default(),
        }
    }

    pub fn games(&self) -> usize {
        self.members.len() / 2
    }

    /// Lets pairs come, gently, until there are so many games and everybody plays.
    pub async fn grow(&mut self, games: usize) -> Result<()> {
        while self.games() < games {
            self.enter();
            self.enter();
            sleep(Duration::from_secs_f64(1.0 / PAIRS_PER_SECOND)).await;
        }
        let mut waited = Duration::ZERO;
        while let missing @ 1.. = self.members.iter().filter(|member| member.borrow().tick.is_none()).count()
        {
            if waited > SEATING {
                let faults = self.members.iter().flat_map(|member| member.borrow().faults.last().cloned());
                let fault = faults.last().unwrap_or_default();
                bail!("{missing} of {} bots never played; {fault}", self.members.len());
            }
            sleep(Duration::from_millis(100)).await;
            waited += Duration::from_millis(100);
        }
        Ok(())
    }

    fn enter(&mut self) {
        let member = Rc::new(RefCell::new(Member::default()));
        let bot = bots::bot(&self.experiment, self.members.len() as u64, KEY_CHANGES_PER_SECOND);
        let (site, measuring) = (self.site.clone(), self.measuring.clone());
        let watched = member.clone();
        self.members.push(member);
        self.tasks.spawn_local(async move {
            let watch = |now, bot: &mut Bot| watched.borrow_mut().see(now, bot, measuring.get());
            site::watched(bot, site, Network::default(), Instant::now() + FOREVER, watch).await
        });
    }

    /// Watches for so long.
    pub async fn measure(&self, span: Duration) -> Received {
        for member in &self.members {
            let mut member = member.borrow_mut();
            member.last = None;
            member.intervals.clear();
            member.frames = 0;
        }
        let start = self.site.now();
        self.measuring.set(true);
        sleep(span).await;
        self.measuring.set(false);
        let seconds = (self.site.now() - start) / 1_000.0;
        let members: Vec<_> = self.members.iter().map(|member| member.borrow()).collect();
        let shares = members.iter().map(|m| f64::from(m.frames) / (f64::from(m.fps) * seconds));
        let mut intervals: Vec<f64> = members.iter().flat_map(|m| m.intervals.iter().copied()).collect();
        intervals.sort_by(f64::total_cmp);
        Received {
            worst_share: shares.fold(f64::INFINITY, f64::min),
            p50_ms: percentile(&intervals, 0.5),
            p99_ms: percentile(&intervals, 0.99),
            max_ms: percentile(&intervals, 1.0),
            frames: members.iter().map(|m| m.frames).sum(),
            faults: members.iter().map(|m| m.faults.len() + m.failures).sum(),
        }
    }
}

impl Member {
    fn see(&mut self, now: MonotonicMs, bot: &Bot, measuring: bool) {
        let diary = bot.diary();
        if diary.faults.len() > self.faults.len() {
            self.faults.clone_from(&diary.faults);
        }
        let over = diary.games.iter().filter(|game| game.outcome.is_some()).count();
        self.failures = diary.retries as usize + over;
        let Some(seat) = bot.seat() else { return };
        if let Some(welcome) = seat.welcome() {
            self.fps = welcome.fps;
        }
        if seat.tick().is_some() && seat.tick() != self.tick {
            self.tick = seat.tick();
            if measuring {
                self.frames += 1;
                if let Some(last) = self.last.replace(now) {
                    self.intervals.push(now - last);
                }
            }
        }
    }
}
