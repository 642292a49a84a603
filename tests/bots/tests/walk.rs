//! A bot walks through a study on virtual time: pages and lobby are a few lines here, the room is the real one.

use footlights_bots::{Bot, Ending, Event, Habits, Output, Report};
use footlights_engine::room::{GameRoom, Input, Output as Do};
use footlights_env::Agent;
use footlights_example_environments::mountain_car::{Config, MountainCar, Push};
use footlights_experiment::{
    GameScene, Seat,
    record::{GameInfo, SeatInfo},
};
use footlights_protocol::{
    Outcome,
    wire::{self, CloseCode, LobbyToClient},
};

const EPOCH: u64 = 1_790_000_000_000;
const START: &str =
    r#"<section data-scene="start" data-kind="start"><form action="/start"></form></section>"#;
const GAME: &str = r#"<section data-scene="game" data-kind="game" data-env="mountain-car-v0" data-lobby="/lobby" data-next="/next"></section>"#;
const END: &str = r#"<section data-scene="end" data-kind="end"></section>"#;
const PROBLEM: &str = r#"<section data-kind="problem"><p>Not yet.</p></section>"#;

/// A study with one game for one person.
struct Study {
    bot: Bot,
    now: f64,
    room: GameRoom,
    /// The open socket.
    socket: Option<&'static str>,
    conns: u64,
    page: &'static str,
    done: Vec<String>,
    reports: Vec<Report>,
    keys: usize,
}

impl Study {
    fn new(key_changes_per_second: f32) -> Self {
        let scene = GameScene::new::<MountainCar>("game", Config::default())
            .seat(Seat::Human)
            .action(&["ArrowLeft"], Push::Left, "left")
            .action(&["ArrowRight"], Push::Right, "right")
            .countdown_ms(0);
        let seat = SeatInfo { agent: Agent(0), holder: "human".into(), subject: Some("s".into()) };
        let info = GameInfo {
            game_id: "g".into(),
            experiment: "e".into(),
            scene: "game".into(),
            seed: 1,
            seats: vec![seat],
        };
        Self {
            bot: Bot::new("/x/e", 7, Habits { key_changes_per_second, ..Habits::default() }),
            now: 0.0,
            room: GameRoom::new(&scene, info, 0, EPOCH).unwrap(),
            socket: None,
            conns: 0,
            page: START,
            done: Vec::new(),
            reports: Vec::new(),
            keys: 0,
        }
    }

    fn epoch_ms(&self) -> u64 {
        EPOCH + self.now as u64
    }

    fn tell(&mut self, event: Event<'_>) {
        self.bot.handle(self.now, event);
    }

    fn input(&mut self, input: Input) {
        self.room.handle(self.epoch_ms(), input);
        while let Some(output) = self.room.poll() {
            match output {
                Do::Send { conn, bytes } if conn == self.conns && self.socket == Some("room") => {
                    self.tell(Event::Message(&bytes));
                }
                Do::Close { conn, code, .. } if conn == self.conns => self.cut(code.code()),
                Do::Save => self.room.handle(EPOCH + self.now as u64, Input::Saved),
                _ => {}
            }
        }
    }

    fn cut(&mut self, code: u16) {
        if self.socket.take().is_some() {
            self.tell(Event::Closed(code));
        }
    }

    fn answer(&mut self, status: u16) {
        let html = if status == 200 { self.page } else { PROBLEM };
        self.tell(Event::Page { status, path: "/x/e/s", html });
    }

    /// Does everything the bot wants now.
    fn serve(&mut self) {
        while let Some(output) = self.bot.poll() {
            match output {
                Output::Report(report) => self.reports.push(report),
                Output::Visit(path) => {
                    self.done.push(format!("visit {path}"));
                    self.answer(200);
                }
                Output::Press(path) => {
                    self.page = if path == "/start" { GAME } else { END };
                    self.done.push(format!("press {path}"));
                    self.answer(200);
                }
                Output::Connect(path) => {
                    assert_eq!(self.socket, None, "one socket at a time");
                    let lobby = path == "/lobby";
                    self.done.push(format!("connect {path}"));
                    self.socket = Some(if lobby { "lobby" } else { "room" });
                    if !lobby {
                        self.conns += 1;
                        self.input(Input::Connected { agent: Agent(0), conn: self.conns });
                    }
                    self.tell(Event::Opened);
                    if lobby {
                        let matched = LobbyToClient::Matched { socket: "/room?ticket=t".into() };
                        self.tell(Event::Message(&wire::encode(&matched)));
                    }
                }
                Output::Disconnect => {
                    if self.socket.take() == Some("room") {
                        self.input(Input::Disconnected { conn: self.conns });
                    }
                }
                Output::Send(bytes) if self.socket == Some("room") => {
                    self.keys += usize::from(bytes.starts_with(b"\x81\xa1k"));
                    self.input(Input::Message { conn: self.conns, bytes });
                }
                Output::Send(_) => {}
            }
        }
    }

    /// Lets time pass until the bot's way ends or `ms` are over.
    fn pass(&mut self, ms: f64) -> Option<Ending> {
        let end = self.now + ms;
        while self.now < end {
            self.serve();
            if let Some(Report::Ended(ending)) = self.reports.last() {
                return Some(ending.clone());
            }
            let wake = self.room.next_wake().map_or(f64::INFINITY, |at| at.saturating_sub(EPOCH) as f64);
            self.now = wake.min(self.bot.wake_at()).clamp(self.now, end);
            self.input(Input::Wake);
            self.tell(Event::Wake);
        }
        None
    }

    fn count(&self, kind: fn(&Report) -> bool) -> usize {
        self.reports.iter().filter(|report| kind(report)).count()
    }
}

#[test]
fn a_bot_goes_through_pages_lobby_and_game_to_the_last_page() {
    let mut study = Study::new(3.0);
    assert_eq!(study.pass(60_000.0), Some(Ending::Finished));
    let way = ["visit /x/e", "press /start", "connect /lobby", "connect /room?ticket=t", "press /next"];
    assert_eq!(study.done, way);
    assert!(study.reports.contains(&Report::Over { outcome: Outcome::Completed, scores: vec![-200.0] }));
    // The first picture and 200 ticks.
    assert_eq!(study.count(|r| matches!(r, Report::Frame { .. })), 201);
    assert_eq!(study.count(|r| matches!(r, Report::Fault(_) | Report::Lost { .. })), 0);
}

#[test]
fn keys_change_as_often_as_its_habits_say_and_frames_answer_them() {
    for rate in [3.0, 15.0] {
        let mut study = Study::new(rate);
        study.pass(60_000.0);
        let expected = (rate * 200.0 / 30.0) as usize;
        assert!(study.keys.abs_diff(expected) <= expected / 2, "{} instead of {expected}", study.keys);
        assert!(study.count(|r| matches!(r, Report::Answered { .. })).abs_diff(study.keys) <= 1);
        for report in &study.reports {
            if let Report::Answered { ms } = report {
                assert!((0.0..=34.0).contains(ms), "{ms} ms");
            }
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_choices() {
    let run = || {
        let mut study = Study::new(3.0);
        study.pass(60_000.0);
        (study.reports, study.keys)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_lost_connection_is_opened_again_and_the_game_goes_on() {
    let mut study = Study::new(3.0);
    study.pass(4_000.0);
    assert_eq!(study.socket, Some("room"));
    study.cut(1006);
    study.input(Input::Disconnected { conn: 1 });
    assert_eq!(study.pass(60_000.0), Some(Ending::Finished));
    assert_eq!(study.count(|r| matches!(r, Report::Lost { code: 1006 })), 1);
    assert_eq!(study.count(|r| matches!(r, Report::Seated { .. })), 2);
}

#[test]
fn a_room_that_says_the_game_is_over_leads_to_the_next_scene() {
    let mut study = Study::new(3.0);
    study.pass(4_000.0);
    study.cut(CloseCode::Over.code());
    assert_eq!(study.pass(5_000.0), Some(Ending::Finished));
    assert_eq!(study.done.last().unwrap(), "press /next");
}

#[test]
fn a_button_pressed_too_early_is_no_fault_but_the_page_is_loaded_again() {
    let mut bot = Bot::new("/x/e", 1, Habits::default());
    assert_eq!(bot.poll(), Some(Output::Visit("/x/e".into())));
    bot.handle(0.0, Event::Page { status: 409, path: "/x/e/s", html: PROBLEM });
    assert_eq!((bot.poll(), bot.wake_at()), (None, 1_000.0));
    bot.handle(1_000.0, Event::Wake);
    assert_eq!(bot.poll(), Some(Output::Visit("/x/e".into())));
}

#[test]
fn a_lobby_without_partners_ends_the_way() {
    let mut bot = Bot::new("/x/e", 1, Habits::default());
    bot.handle(0.0, Event::Page { status: 200, path: "/x/e/s", html: GAME });
    bot.handle(0.0, Event::Opened);
    bot.handle(9.0, Event::Message(&wire::encode(&LobbyToClient::TimedOut { message: "Sorry.".into() })));
    let outputs: Vec<Output> = std::iter::from_fn(|| bot.poll()).collect();
    assert_eq!(outputs.last(), Some(&Output::Report(Report::Ended(Ending::TimedOut))));
}

#[test]
fn a_bot_that_only_meets_problems_gives_up() {
    let mut bot = Bot::new("/x/e", 1, Habits::default());
    let (mut now, mut visits) = (0.0, 0);
    let ending = loop {
        match bot.poll() {
            Some(Output::Report(Report::Ended(ending))) => break ending,
            Some(Output::Visit(_)) => {
                visits += 1;
                bot.handle(now, Event::NoPage("connection refused"));
            }
            Some(_) => {}
            None => {
                now = bot.wake_at();
                bot.handle(now, Event::Wake);
            }
        }
    };
    assert_eq!((ending, visits), (Ending::Stranded("connection refused".into()), 21));
}
