//! One bot as a state machine: pages, tabs and games from arrival to the last page. Time and what arrives come in, what
//! to do comes out; there is no clock and no socket in here.
//!
//! It does what the browser's page does, with the same netcode, and what its [`Plan`] says beside that. Whatever fails
//! is tried again as the page would; what should not have been is written into the [`Diary`].

mod answers;
mod game;
mod habits;
mod io;
mod plan;
mod style;

use std::{collections::VecDeque, rc::Rc};

use footlights_client::netcode::{PlayInput, SeatConnection};
use footlights_env::{Rng, Stream};
use footlights_experiment::{Experiment, Scene};
use footlights_protocol::{
    MonotonicMs,
    form::{NO_SCRIPT, TIME_UP},
    wire::{self, ClientToTabLease, CloseCode, MAX_TO_BROWSER, TabLeaseToClient},
};

use crate::{
    diary::{Diary, End, Hindrance},
    page::{Page, Way},
};

use answers::Check;
pub(crate) use answers::DEVICE;
use game::{Game, Turn};

pub use game::Environments;
pub use habits::Habits;
pub use io::{Event, Line, Output};
pub use plan::{Chances, Moment, Plan};
pub use style::Style;

/// A scene is shown after so long even if nobody said that this tab takes part, ms; as in the page.
const TAB_MS: f64 = 2_000.0;
/// A lost tab's connection is opened again after so long, ms; as in the page.
const TAB_AGAIN_MS: f64 = 3_000.0;
/// How long a second tab stays open, ms.
const SECOND_TAB_MS: f64 = 1_500.0;
/// Pauses after a request that failed, ms; the last one repeats.
const PAUSES_MS: [f64; 5] = [500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];
/// After so many failures in a row there is nothing to hope for.
const MAX_FAILURES: usize = 40;
/// Refusals that no waiting changes: after so many it is over.
const MAX_REFUSALS: usize = 4;
/// What a game counts as, for moments of the walk, ms.
const GAME_MS: f64 = 12_000.0;

enum Stage {
    /// Has not come yet.
    Coming,
    /// A request is under way.
    Asked(Ask),
    /// Asks then.
    Pause(MonotonicMs, Ask),
    /// A page is loaded, and shown when its tab is the one that takes part.
    Opening(Box<Page>, MonotonicMs),
    /// Another tab takes part; then this one asks to.
    Elsewhere(MonotonicMs),
    /// Reads until then, and sends.
    Reading(MonotonicMs),
    Playing(Box<Game>),
    Over,
}

enum Ask {
    /// The page, as the address bar does.
    Load,
    /// What was filled in.
    Send,
    /// The scene behind a game.
    Advance(Box<Game>),
    /// Whether the experiment has gone on, since the scene behind the game is not to be had.
    Look(Box<Game>),
    /// Whether everything is saved.
    Complete(String),
}

/// A filled-in form.
struct Submission {
    scene: String,
    path: String,
    form: Vec<(String, String)>,
}

/// One bot. Its browser's clock may be any monotonic one.
pub struct Bot {
    experiment: Rc<Experiment>,
    environments: Environments,
    habits: Habits,
    plan: Plan,
    rng: Rng,
    /// What to load.
    home: String,
    stage: Stage,
    /// Scenes come to so far, less one.
    index: usize,
    arrived_at: MonotonicMs,
    submission: Option<Submission>,
    /// Since when the next page is waited for.
    sent_at: Option<MonotonicMs>,
    failures: usize,
    refusals: usize,
    /// After a reload: the scene before, and whether it may be over by now.
    expected: Option<(String, bool)>,
    tab: Tab,
    second_at: MonotonicMs,
    second_open: bool,
    diary: Diary,
    out: VecDeque<Output>,
}

/// The tab's connection.
struct Tab {
    path: Option<String>,
    name: String,
    /// When to open it; infinite while it is open.
    open_at: MonotonicMs,
    told: bool,
    elsewhere: bool,
}

impl Bot {
    /// The bot of that number in an experiment, who comes when its plan says.
    ///
    /// `environments` are those of the build that serves the experiment. The same arguments make the same choices.
    #[must_use]
    pub fn new(
        experiment: Rc<Experiment>,
        environments: Environments,
        seed: u64,
        bot: u32,
        habits: Habits,
        plan: Plan,
    ) -> Self {
        Self {
            home: format!("/x/{}", experiment.id),
            experiment,
            environments,
            habits,
            plan,
            rng: Rng::derive(seed, Stream::Policy(0), bot, 0),
            stage: Stage::Coming,
            index: 0,
            arrived_at: MonotonicMs(0.0),
            submission: None,
            sent_at: None,
            failures: 0,
            refusals: 0,
            expected: None,
            tab: Tab {
                path: None,
                name: format!("tab{bot}"),
                open_at: MonotonicMs::NEVER,
                told: false,
                elsewhere: false,
            },
            second_at: MonotonicMs::NEVER,
            second_open: false,
            diary: Diary::default(),
            out: VecDeque::new(),
        }
    }

    /// Takes note of what its network or browser did.
    pub fn count(&mut self, hindrance: Hindrance) {
        self.diary.count(hindrance);
    }

    /// What it has seen so far.
    pub fn diary(&self) -> &Diary {
        &self.diary
    }

    /// The seat of the game that it plays now.
    pub fn seat(&self) -> Option<&SeatConnection> {
        match &self.stage {
            Stage::Playing(game) => game.seat(),
            _ => None,
        }
    }

    /// Times from changes of the keys to the first frame that takes them into account, ms; each is given once.
    pub fn take_measured(&mut self) -> Vec<f64> {
        match &mut self.stage {
            Stage::Playing(game) => game.take_measured(),
            _ => Vec::new(),
        }
    }

    /// The same, at the end; with what it does if it is nowhere near an end.
    pub fn into_diary(mut self) -> Diary {
        self.diary.doing = match &self.stage {
            Stage::Coming => "has not come yet".into(),
            Stage::Asked(_) => "waits for a page".into(),
            Stage::Pause(..) => format!("tries again: {}", self.diary.doing),
            Stage::Opening(..) => "waits for the word that its tab takes part".into(),
            Stage::Elsewhere(_) => "is told that another tab takes part".into(),
            Stage::Reading(_) => "reads".into(),
            Stage::Playing(game) => format!("is in a game scene: {}", game.state()),
            Stage::Over => String::new(),
        };
        self.diary
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When to call with [`Event::Wake`] at the latest.
    pub fn wake_at(&self) -> MonotonicMs {
        let stage = match &self.stage {
            Stage::Coming => return MonotonicMs(self.plan.arrive_ms),
            Stage::Asked(_) | Stage::Over => return MonotonicMs::NEVER,
            Stage::Pause(at, _) | Stage::Opening(_, at) | Stage::Elsewhere(at) | Stage::Reading(at) => *at,
            Stage::Playing(game) => game.wake_at(),
        };
        // A second tab comes after the first.
        let second = self.plan.second_tab.filter(|_| self.tab.told && !self.second_open);
        let moments =
            [self.plan.dropout, self.plan.reload, second, self.plan.sleep.map(|(moment, _)| moment)];
        let moments = moments.into_iter().flatten().filter_map(|moment| self.at(moment));
        moments.fold(stage, MonotonicMs::min).min(self.tab.open_at).min(self.second_at)
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: MonotonicMs, event: Event<'_>) {
        match event {
            Event::Page { status, path, html } => self.answered(now, Ok((status, path, html))),
            Event::NoPage(why) => self.answered(now, Err(why)),
            Event::Opened(Line::Game) => self.game(now, PlayInput::Opened),
            Event::Message(Line::Game, bytes) => self.game(now, PlayInput::Message(bytes)),
            Event::Closed(Line::Game, code) => {
                self.diary.retries += u32::from(code != CloseCode::Over.code());
                self.game(now, PlayInput::Closed(code));
            }
            Event::Message(Line::Tab, bytes) => match wire::decode(bytes, MAX_TO_BROWSER) {
                Ok(word) => self.told(now, word),
                Err(why) => self.fault(format!("a tab heard something else: {why}")),
            },
            Event::Closed(Line::Tab, code) => {
                if !(4_000..5_000).contains(&code) {
                    self.tab.open_at = now + TAB_AGAIN_MS;
                }
            }
            Event::Message(Line::Second, bytes) => self.second_told(now, bytes),
            Event::Closed(Line::Second, _) => {
                (self.second_at, self.second_open) = (MonotonicMs::NEVER, false)
            }
            Event::Opened(Line::Tab | Line::Second) | Event::Wake => {}
        }
        self.go_on(now);
    }

    fn fault(&mut self, words: String) {
        self.diary.faults.push(format!("in {:?}: {words}", self.diary.scene));
    }

    // ---- requests

    fn ask(&mut self, now: MonotonicMs, ask: Ask) {
        self.out.push_back(match &ask {
            Ask::Load | Ask::Look(_) => Output::Load(self.home.clone()),
            Ask::Send => {
                self.sent_at.get_or_insert(now);
                let Some(submission) = &self.submission else { return self.ask(now, Ask::Load) };
                Output::Post(submission.path.clone(), submission.form.clone())
            }
            Ask::Advance(game) => {
                self.sent_at.get_or_insert(now);
                Output::Post(game.next.clone(), Vec::new())
            }
            Ask::Complete(path) => Output::Post(path.clone(), Vec::new()),
        });
        self.stage = Stage::Asked(ask);
    }

    fn answered(&mut self, now: MonotonicMs, answer: Result<(u16, &str, &str), &str>) {
        let Stage::Asked(ask) = std::mem::replace(&mut self.stage, Stage::Over) else { return };
        let path = answer.map_or("", |(_, path, _)| path);
        let (status, answer) = match answer {
            Ok((status, path, html)) => match Page::parse(html) {
                Ok(page) if matches!(status, 200 | 422) => (status, Ok((page, path))),
                Ok(page) => (status, Err(format!("{path}: {status} with scene {:?}", page.scene))),
                Err(why) => (status, Err(format!("{path}: {status}: {why}"))),
            },
            Err(why) => (0, Err(why.to_owned())),
        };
        match (ask, answer) {
            (Ask::Load, Ok((page, path))) => {
                path.split('#').next().unwrap_or_default().clone_into(&mut self.home);
                subject(path).clone_into(&mut self.diary.subject);
                self.loaded(now, page);
            }
            (Ask::Send | Ask::Advance(_), Ok((page, _))) => {
                self.arrived(now, &page, status == 422);
                self.mount(now, page);
            }
            (Ask::Look(_), Ok((page, _))) if page.scene != self.diary.scene => {
                self.arrived(now, &page, false);
                self.mount(now, page);
            }
            (Ask::Complete(_), Ok((page, _))) if page.saved => {
                self.well();
                self.end(&page);
            }
            (Ask::Advance(game), Err(why)) => {
                self.diary.doing = why;
                self.ask(now, Ask::Look(game));
            }
            (Ask::Look(game), _) => {
                self.diary.retries += 1;
                self.stage = Stage::Playing(game);
                self.game(now, PlayInput::NotAdvanced);
            }
            // Without a cookie, the page's program proves who it is by what the address says behind the sign.
            (Ask::Load, Err(why)) if status == 403 && !self.plan.no_script => match way_in(path) {
                Some(home) if home != self.home => {
                    self.home = home;
                    self.ask(now, Ask::Load);
                }
                _ => self.again(now, Ask::Load, status, why),
            },
            // The page is no longer current: the one that is tells how to go on.
            (Ask::Send, Err(why)) if status == 409 => self.again(now, Ask::Load, status, why),
            (ask, Err(why)) => self.again(now, ask, status, why),
            (ask, Ok((page, _))) => self.again(now, ask, 200, format!("{:?} is not saved yet", page.scene)),
        }
    }

    /// A request failed: another follows after a pause.
    fn again(&mut self, now: MonotonicMs, ask: Ask, status: u16, why: String) {
        self.diary.retries += 1;
        self.failures += 1;
        self.refusals += usize::from(matches!(status, 400 | 403 | 404));
        if self.failures > MAX_FAILURES || self.refusals > MAX_REFUSALS {
            return self.leave(End::Stranded(why), false);
        }
        let pause = PAUSES_MS.get(self.failures - 1).or(PAUSES_MS.last()).copied().unwrap_or_default();
        // Not all at the same moment.
        let until = now + pause * (0.75 + 0.5 * self.rng.unit_f64());
        self.diary.doing = why;
        self.stage = Stage::Pause(until, ask);
    }

    fn well(&mut self) {
        (self.failures, self.refusals) = (0, 0);
        self.diary.doing.clear();
    }

    // ---- pages

    /// A page came as the address bar's answer: with a tab of its own.
    fn loaded(&mut self, now: MonotonicMs, page: Page) {
        self.arrived(now, &page, false);
        self.tab.path.clone_from(&page.tab);
        (self.tab.told, self.tab.elsewhere) = (false, false);
        match self.tab.path {
            Some(_) if !self.plan.no_script => {
                self.tab.open_at = now;
                self.stage = Stage::Opening(Box::new(page), now + TAB_MS);
            }
            _ => {
                self.tab.path = None;
                self.mount(now, page);
            }
        }
    }

    /// Takes note of where it is; `again` if the page that was sent came back.
    fn arrived(&mut self, now: MonotonicMs, page: &Page, again: bool) {
        self.well();
        if let Some(sent_at) = self.sent_at.take() {
            self.diary.advances_ms.push(now - sent_at);
        }
        if let Some((scene, may_be_over)) = self.expected.take()
            && scene != page.scene
            && !may_be_over
        {
            self.fault(format!("a reload of {scene:?} led to {:?}", page.scene));
        }
        if page.scene != self.diary.scene {
            if let Some(submission) =
                self.submission.take_if(|submission| submission.scene == self.diary.scene)
            {
                self.diary.answers.insert(submission.scene, submission.form);
            }
            let played = self.diary.games.iter().any(|played| played.scene == self.diary.scene);
            if matches!(self.experiment.find(&self.diary.scene), Some(Scene::Game(_)))
                && !played
                && !self.plan.no_script
            {
                self.diary.unmatched_ms.push((self.diary.scene.clone(), now - self.arrived_at));
            }
            self.index += usize::from(!self.diary.scene.is_empty());
            self.diary.scene.clone_from(&page.scene);
            self.arrived_at = now;
        } else if again {
            if self.experiment.page(&page.scene).is_some_and(|page| page.check.is_some()) {
                self.diary.failed_checks += 1;
            } else {
                self.fault(format!("answers were refused: {}", page.complaints.join("; ")));
            }
        }
    }

    /// Shows a page that is there.
    fn mount(&mut self, now: MonotonicMs, page: Page) {
        self.arrived_at = self.arrived_at.min(now);
        if self.plan.no_script
            && let Some(path) = page.without_script
        {
            self.diary.count(Hindrance::NoScript);
            let form = vec![(NO_SCRIPT.to_owned(), "true".to_owned())];
            self.submission = Some(Submission { scene: page.scene, path, form });
            self.stage = Stage::Reading(now + self.reads());
            return;
        }
        self.stage = match &page.way {
            Way::End => return self.end(&page),
            Way::Finish(path) => Stage::Pause(now, Ask::Complete(path.clone())),
            Way::Press(path) => {
                let (path, scene) = (path.clone(), page.scene.clone());
                let mut form = self.fill_in(&page);
                let reads = self.reads();
                // The page's program sends it when its time is over; without one, the server goes on by itself.
                let left = page.time_left.filter(|left| *left < reads && !self.plan.no_script);
                if left.is_some() {
                    self.diary.count(Hindrance::TimeUp);
                    form.push((TIME_UP.to_owned(), "true".to_owned()));
                }
                self.submission = Some(Submission { scene, path, form });
                Stage::Reading(now + left.unwrap_or(reads))
            }
            Way::Play { .. } => {
                match Game::new(&page, self.environments, &self.habits, self.plan.hide, self.arrived_at, now)
                {
                    Some(game) => Stage::Playing(Box::new(game)),
                    None => return,
                }
            }
        };
        if matches!(self.stage, Stage::Playing(_)) {
            self.game(now, PlayInput::Wake);
        }
    }

    /// How long it reads a page.
    fn reads(&mut self) -> f64 {
        let reads = match self.plan.slow_ms {
            Some(_) => self.rng.uniform_f64(2_000.0, 10_000.0),
            None => self.habits.reading_ms * self.rng.unit_f64(),
        };
        match self.plan.idle.take_if(|(scene, _)| *scene <= self.index) {
            Some((_, lies)) => {
                self.diary.count(Hindrance::IdlePage);
                lies
            }
            None => reads,
        }
    }

    fn fill_in(&mut self, page: &Page) -> Vec<(String, String)> {
        let scene = self.experiment.find(&page.scene);
        let questions = scene.map(Scene::questions).unwrap_or_default();
        let wrong = self.rng.unit_f64() < self.habits.fail_checks;
        let check = if wrong { Check::Wrong } else { Check::Right };
        let mut sent = answers::answer(&page.controls, &questions, check, &mut self.rng);
        if self.plan.no_sockets && page.kind == "screening" {
            sent.iter_mut()
                .filter(|(name, _)| name == "socket")
                .for_each(|(_, opened)| *opened = "false".into());
        }
        sent
    }

    fn end(&mut self, page: &Page) {
        let ending = page.ending.clone().unwrap_or_default();
        self.leave(End::Page { ending, code: page.code.clone() }, false);
    }

    fn leave(&mut self, end: End, silent: bool) {
        self.diary.end = Some(end);
        self.stage = Stage::Over;
        self.out.push_back(Output::Leave { silent });
    }

    /// Loads the page anew: every connection of it is gone.
    fn reload(&mut self, now: MonotonicMs, may_be_over: bool) {
        self.expected = Some((self.diary.scene.clone(), may_be_over));
        self.out.extend([Line::Game, Line::Tab].map(Output::Disconnect));
        self.tab.open_at = MonotonicMs::NEVER;
        self.ask(now, Ask::Load);
    }

    // ---- tabs

    fn told(&mut self, now: MonotonicMs, word: TabLeaseToClient) {
        // It asks for the place itself before long.
        if word == TabLeaseToClient::Free {
            return;
        }
        let was_elsewhere = std::mem::replace(&mut self.tab.elsewhere, word == TabLeaseToClient::Elsewhere);
        self.tab.told = true;
        if matches!(self.stage, Stage::Over) {
            return;
        }
        match word {
            TabLeaseToClient::Elsewhere => {
                if matches!(self.stage, Stage::Playing(_)) {
                    self.out.push_back(Output::Disconnect(Line::Game));
                }
                self.stage = Stage::Elsewhere(now + SECOND_TAB_MS);
            }
            // Perhaps the experiment has gone on in the other tab.
            TabLeaseToClient::Here if was_elsewhere => self.reload(now, true),
            TabLeaseToClient::Here | TabLeaseToClient::Free => {}
        }
    }

    fn second_told(&mut self, now: MonotonicMs, bytes: &[u8]) {
        match wire::decode(bytes, MAX_TO_BROWSER) {
            Ok(TabLeaseToClient::Elsewhere) => self.diary.second_tabs += 1,
            Ok(TabLeaseToClient::Free) => {}
            // While the first one is away, a second one may take part.
            Ok(TabLeaseToClient::Here) if self.tab.open_at != MonotonicMs::NEVER || !self.tab.told => {}
            Ok(TabLeaseToClient::Here) => self.fault("a second tab was let in".into()),
            Err(why) => self.fault(format!("a second tab heard something else: {why}")),
        }
        self.second_at = now + SECOND_TAB_MS;
    }

    // ---- games

    fn game(&mut self, now: MonotonicMs, input: PlayInput<'_>) {
        let Stage::Playing(game) = &mut self.stage else { return };
        let turn = game.handle(now, input, &mut self.rng, &mut self.diary, &mut self.out);
        if game.has_hidden() {
            self.plan.hide = None;
        }
        match turn {
            Some(Turn::Reload) => self.reload(now, true),
            Some(Turn::Advance) if !self.is_time_to_go(now) => {
                if let Stage::Playing(game) = std::mem::replace(&mut self.stage, Stage::Over) {
                    self.ask(now, Ask::Advance(game));
                }
            }
            _ => {}
        }
    }

    // ---- time

    /// When a moment of the plan comes, if it is in this scene.
    fn at(&self, moment: Moment) -> Option<MonotonicMs> {
        let spent = match &self.stage {
            Stage::Reading(until) => *until - self.arrived_at,
            Stage::Playing(_) => GAME_MS,
            _ => return None,
        };
        (moment.scene == self.index).then_some(self.arrived_at + spent * moment.share)
    }

    /// The scene is about to be left: what was planned for it happens now at the latest.
    fn is_time_to_go(&mut self, now: MonotonicMs) -> bool {
        if self.plan.dropout.is_some_and(|moment| moment.scene == self.index) {
            self.leave(End::Dropout, self.plan.silent);
            return true;
        }
        let reloads = self.plan.reload.take_if(|moment| moment.scene == self.index).is_some();
        if reloads {
            self.diary.reloads += 1;
            self.reload(now, matches!(self.stage, Stage::Playing(_)));
        }
        reloads
    }

    /// Does what is due.
    fn go_on(&mut self, now: MonotonicMs) {
        if now >= self.tab.open_at
            && let Some(path) = &self.tab.path
            && !matches!(self.stage, Stage::Over | Stage::Asked(_))
        {
            self.tab.open_at = MonotonicMs::NEVER;
            self.out.push_back(Output::Connect(Line::Tab, format!("{path}?tab={}", self.tab.name)));
        }
        if now >= self.second_at {
            (self.second_at, self.second_open) = (MonotonicMs::NEVER, false);
            self.out.push_back(Output::Disconnect(Line::Second));
        }
        let due = |moment: Option<Moment>| moment.and_then(|m| self.at(m)).is_some_and(|at| now >= at);
        let sleep = self.plan.sleep.map(|(moment, _)| moment);
        let (drops, reloads, seconds, sleeps) =
            (due(self.plan.dropout), due(self.plan.reload), due(self.plan.second_tab), due(sleep));
        if seconds && !self.second_open && self.tab.told {
            self.plan.second_tab = None;
            self.second_open = true;
            if let Some(path) = &self.tab.path {
                let name = format!("{}b", self.tab.name);
                self.out.push_back(Output::Connect(Line::Second, format!("{path}?tab={name}")));
            }
        }
        if (drops || reloads) && self.is_time_to_go(now) {
            return;
        }
        if sleeps && let Some((_, lasts)) = self.plan.sleep.take() {
            self.diary.count(Hindrance::Sleep);
            self.out.push_back(Output::Sleep(lasts));
        }
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Coming if now >= MonotonicMs(self.plan.arrive_ms) => self.ask(now, Ask::Load),
            Stage::Pause(until, ask) if now >= until => self.ask(now, ask),
            Stage::Opening(page, until) if now >= until || self.tab.told => self.mount(now, *page),
            Stage::Elsewhere(until) if now >= until => {
                self.out.push_back(Output::Say(Line::Tab, wire::encode(&ClientToTabLease::Take)));
                self.stage = Stage::Elsewhere(now + TAB_AGAIN_MS);
            }
            Stage::Reading(until) if now >= until => {
                self.stage = Stage::Reading(until);
                if !self.is_time_to_go(now) {
                    self.ask(now, Ask::Send);
                }
            }
            Stage::Playing(game) => {
                let due = now >= game.wake_at();
                self.stage = Stage::Playing(game);
                if due {
                    self.game(now, PlayInput::Wake);
                }
            }
            other => self.stage = other,
        }
    }
}

/// The address that proves by itself who came in there, as the page's program makes it.
fn way_in(path: &str) -> Option<String> {
    let (path, proof) = path.split_once('#')?;
    Some(format!("{}?as={proof}", path.split('?').next().unwrap_or_default()))
}

/// Whose page is at that path: the pseudonym, without the key of a browser that keeps no cookies.
fn subject(path: &str) -> &str {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().and_then(|named| named.split('.').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
