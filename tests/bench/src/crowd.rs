//! Many bots at one edge, and what each of them receives while somebody measures.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use anyhow::{Result, bail};
use footlights_bots::{Bot, Ending, Habits, Report, Site, walk};
use tokio::{task::JoinSet, time::sleep};

use crate::measure::percentile;

/// Everybody who enters costs the edge as much as a second of a game.
const PAIRS_PER_SECOND: f64 = 20.0;
/// Further faults are only counted.
const MOST_WORDS: usize = 10;
/// How long everybody may take to be in a running game, after the last one came.
const SEATING: Duration = Duration::from_secs(30);

/// Bots that come in pairs and stay until this is dropped.
pub struct Crowd {
    site: Rc<Site>,
    path: &'static str,
    members: Vec<Rc<RefCell<Member>>>,
    tasks: JoinSet<Ending>,
    measuring: Rc<Cell<bool>>,
    faults: Rc<RefCell<Vec<String>>>,
}

/// What one bot has received.
#[derive(Debug, Default)]
struct Member {
    plays: bool,
    fps: f32,
    /// While measuring: when the last frame came, and the times between frames, ms.
    last: Option<f64>,
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
    pub fn new(site: Site, path: &'static str) -> Self {
        Self {
            site: Rc::new(site),
            path,
            members: Vec::new(),
            tasks: JoinSet::new(),
            measuring: Rc::default(),
            faults: Rc::default(),
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
        while let missing @ 1.. = self.members.iter().filter(|member| !member.borrow().plays).count() {
            if waited > SEATING {
                let fault = self.faults.borrow().last().cloned().unwrap_or_default();
                bail!("{missing} of {} bots never played; {fault}", self.members.len());
            }
            sleep(Duration::from_millis(100)).await;
            waited += Duration::from_millis(100);
        }
        Ok(())
    }

    fn enter(&mut self) {
        let member = Rc::new(RefCell::new(Member::default()));
        let habits = Habits { reading_ms: 0.0, ..Habits::default() };
        let bot = Bot::new(self.path, self.members.len() as u64, habits);
        let (site, measuring, faults) = (self.site.clone(), self.measuring.clone(), self.faults.clone());
        let watched = member.clone();
        self.members.push(member);
        self.tasks.spawn_local(async move {
            let watch = |now, report| match report {
                Report::Seated { fps, .. } => watched.borrow_mut().fps = fps,
                Report::Frame { .. } => watched.borrow_mut().frame(now, measuring.get()),
                Report::Fault(_) | Report::Lost { .. } | Report::Over { .. } => {
                    let fault = format!("{report:?} at {:.1} s", now / 1_000.0);
                    if faults.borrow().len() < MOST_WORDS {
                        eprintln!("bench: a bot says {fault}");
                    }
                    faults.borrow_mut().push(fault);
                }
                _ => {}
            };
            walk(bot, &site, watch).await
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
            faults: self.faults.borrow().len(),
        }
    }
}

impl Member {
    fn frame(&mut self, now: f64, measuring: bool) {
        self.plays = true;
        if measuring {
            self.frames += 1;
            if let Some(last) = self.last.replace(now) {
                self.intervals.push(now - last);
            }
        }
    }
}
