//! One simulated participant as a state machine.

use std::collections::VecDeque;

use footlights_env::{Agent, Rng, Stream};
use footlights_protocol::{
    Outcome,
    wire::{self, ClientToLobby, CloseCode, LobbyToClient, MAX_TO_BROWSER},
};

use crate::{
    line::Line,
    page::{Page, Way},
    seat::Seat,
};

const LOBBY_PING_MS: f64 = 5_000.0;
/// How long the bot waits before it loads the page again after something went wrong.
const RELOAD_MS: f64 = 1_000.0;
/// After so much that went wrong the bot gives up.
const MAX_TROUBLES: u32 = 20;
/// After so many losses in a row the bot loads the page again.
const MAX_LOSSES: usize = 6;

/// How a bot behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habits {
    /// How often it changes the keys it holds while a game runs, on average.
    pub key_changes_per_second: f32,
    /// How long it looks at a page or a result before it goes on, at most, ms.
    pub reading_ms: f64,
}

impl Default for Habits {
    fn default() -> Self {
        Self { key_changes_per_second: 3.0, reading_ms: 1_000.0 }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// The page that was asked for.
    Page {
        /// The HTTP status.
        status: u16,
        /// Where it was found in the end, behind all redirects.
        path: &'a str,
        /// The document.
        html: &'a str,
    },
    /// There is no answer, and why.
    NoPage(&'a str),
    /// The socket is open.
    Opened,
    /// A binary message came over it.
    Message(&'a [u8]),
    /// It closed, or could not be opened; with this code.
    Closed(u16),
    /// The time that [`Bot::wake_at`] told has come.
    Wake,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Load this path.
    Visit(String),
    /// Post to this path, as the button of a form does.
    Press(String),
    /// Open a socket at this path and query. There is at most one at a time.
    Connect(String),
    /// Close the socket; nothing more is to be heard of it.
    Disconnect,
    /// Send this over the socket.
    Send(Vec<u8>),
    /// Nothing: this is for whoever watches.
    Report(Report),
}

/// What a watcher may want to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// A scene is there.
    Arrived {
        /// The scene's id.
        scene: String,
    },
    /// The lobby found partners.
    Matched {
        /// How long that took, ms.
        waited_ms: f64,
        /// Path and query of the room's socket.
        socket: String,
    },
    /// A room gave the seat.
    Seated {
        /// The agent.
        agent: Agent,
        /// Ticks a second.
        fps: f32,
    },
    /// A frame came and fits the picture.
    Frame {
        /// Its tick.
        tick: u32,
        /// Its length without the WebSocket's header.
        bytes: usize,
    },
    /// A frame takes into account a change of the keys.
    Answered {
        /// How long after the change was sent.
        ms: f64,
    },
    /// A game is over.
    Over {
        /// How it ended.
        outcome: Outcome,
        /// Final score by agent.
        scores: Vec<f32>,
    },
    /// A connection was lost that should have held.
    Lost {
        /// The close code.
        code: u16,
    },
    /// Something is wrong that should not be.
    Fault(String),
    /// It ends here. The last report.
    Ended(Ending),
}

/// Where a bot's way ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// On the last page.
    Finished,
    /// In the lobby: nobody came in time.
    TimedOut,
    /// Nowhere: it gave up.
    Stranded(String),
}

#[derive(Debug, Clone)]
enum Stage {
    /// A page is on its way.
    Asked,
    /// Goes on at that time: with a button, or by loading the page again.
    Reading {
        until: f64,
        press: Option<String>,
    },
    Lobby {
        game: Game,
        line: Line,
        since: f64,
        ping_at: f64,
    },
    Seat {
        game: Game,
        line: Line,
        seat: Seat,
    },
    Ended,
}

#[derive(Debug, Clone)]
struct Game {
    digest: u64,
    next: String,
}

/// Where a stage leads.
enum Turn {
    Press(String),
    Reload,
    Sit(Game, String),
    Trouble(String),
    End(Ending),
}

/// One simulated participant. Times are in milliseconds of any monotonic clock.
#[derive(Debug, Clone)]
pub struct Bot {
    habits: Habits,
    rng: Rng,
    /// Where to load the current page from.
    home: String,
    stage: Stage,
    troubles: u32,
    out: VecDeque<Output>,
}

impl Bot {
    /// A participant who opens `path`, such as `/x/study`. Everything it chooses follows from `seed`.
    pub fn new(path: impl Into<String>, seed: u64, habits: Habits) -> Self {
        let home = path.into();
        Self {
            habits,
            rng: Rng::derive(seed, Stream::Policy(0), 0, 0),
            out: VecDeque::from([Output::Visit(home.clone())]),
            home,
            stage: Stage::Asked,
            troubles: 0,
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When to call with [`Event::Wake`]; infinite if only an event can help.
    pub fn wake_at(&self) -> f64 {
        match &self.stage {
            Stage::Asked | Stage::Ended => f64::INFINITY,
            Stage::Reading { until, .. } => *until,
            Stage::Lobby { line, ping_at, .. } if line.is_open() => *ping_at,
            Stage::Seat { line, seat, .. } if line.is_open() => seat.wake_at(),
            Stage::Lobby { line, .. } | Stage::Seat { line, .. } => line.wake_at(),
        }
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: f64, event: Event<'_>) {
        let turn = match event {
            Event::Page { status, path, html } => self.page(now, status, path, html),
            Event::NoPage(why) => Some(Turn::Trouble(why.to_owned())),
            Event::Opened => self.opened(now),
            Event::Message(bytes) => self.message(now, bytes),
            Event::Closed(code) => self.closed(now, code),
            Event::Wake => None,
        };
        if let Some(turn) = turn {
            self.turn(now, turn);
        }
        self.go_on(now);
    }

    fn report(&mut self, report: Report) {
        self.out.push_back(Output::Report(report));
    }

    fn turn(&mut self, now: f64, turn: Turn) {
        if matches!(self.stage, Stage::Lobby { .. } | Stage::Seat { .. }) {
            self.out.push_back(Output::Disconnect);
        }
        self.stage = match turn {
            Turn::Press(path) => Stage::Reading { until: self.moment(now), press: Some(path) },
            Turn::Reload => Stage::Reading { until: now + RELOAD_MS, press: None },
            Turn::Sit(game, socket) => Stage::Seat {
                seat: Seat::new(game.digest, self.habits.key_changes_per_second),
                line: Line::new(socket, now),
                game,
            },
            Turn::Trouble(why) => {
                self.troubles += 1;
                self.report(Report::Fault(why.clone()));
                if self.troubles > MAX_TROUBLES {
                    return self.turn(now, Turn::End(Ending::Stranded(why)));
                }
                Stage::Reading { until: now + RELOAD_MS, press: None }
            }
            Turn::End(ending) => {
                self.report(Report::Ended(ending));
                Stage::Ended
            }
        };
    }

    /// When somebody who looks at something now goes on.
    fn moment(&mut self, now: f64) -> f64 {
        now + self.habits.reading_ms * self.rng.unit_f64()
    }

    fn page(&mut self, now: f64, status: u16, path: &str, html: &str) -> Option<Turn> {
        if !matches!(self.stage, Stage::Asked) {
            return None;
        }
        let page = match Page::parse(html) {
            // A game is not stored yet, or a button was pressed twice: the page as it is now tells how to go on.
            Err(_) if status == 409 && self.troubles < MAX_TROUBLES => {
                self.troubles += 1;
                return Some(Turn::Reload);
            }
            Ok(page) if status == 200 => page,
            Ok(page) => return Some(Turn::Trouble(format!("{path}: {status} with scene {}", page.scene))),
            Err(why) => return Some(Turn::Trouble(format!("{path}: {status}: {why}"))),
        };
        path.clone_into(&mut self.home);
        self.report(Report::Arrived { scene: page.scene });
        match page.way {
            Way::Press(path) => Some(Turn::Press(path)),
            Way::End | Way::Finish(_) => Some(Turn::End(Ending::Finished)),
            Way::Play { environment, lobby, next } => match fingerprint(&environment) {
                Ok(digest) => {
                    let line = Line::new(lobby, now);
                    let game = Game { digest, next };
                    self.stage = Stage::Lobby { game, line, since: now, ping_at: now };
                    None
                }
                Err(why) => Some(Turn::End(Ending::Stranded(why))),
            },
        }
    }

    fn opened(&mut self, now: f64) -> Option<Turn> {
        match &mut self.stage {
            Stage::Lobby { line, ping_at, .. } => {
                line.opened();
                *ping_at = now;
            }
            Stage::Seat { line, seat, .. } => {
                line.opened();
                seat.opened(&mut self.out);
            }
            _ => {}
        }
        None
    }

    fn message(&mut self, now: f64, bytes: &[u8]) -> Option<Turn> {
        match &mut self.stage {
            Stage::Lobby { game, line, since, .. } => match wire::decode(bytes, MAX_TO_BROWSER) {
                Ok(LobbyToClient::Waiting { .. } | LobbyToClient::Pong) => {
                    line.works();
                    None
                }
                Ok(LobbyToClient::ReadyCheck { mine, .. }) => {
                    line.works();
                    if !mine {
                        self.out.push_back(Output::Send(wire::encode(&ClientToLobby::Ready)));
                    }
                    None
                }
                Ok(LobbyToClient::Matched { socket }) => {
                    let report = Report::Matched { waited_ms: now - *since, socket: socket.clone() };
                    self.out.push_back(Output::Report(report));
                    Some(Turn::Sit(game.clone(), socket))
                }
                Ok(LobbyToClient::TimedOut { .. }) => Some(Turn::End(Ending::TimedOut)),
                Ok(LobbyToClient::Refused { code, reason }) => {
                    Some(Turn::Trouble(format!("the lobby refuses with {code}: {reason}")))
                }
                Err(why) => Some(Turn::Trouble(format!("lobby: {why}"))),
            },
            Stage::Seat { game, line, seat } => {
                line.works();
                match seat.message(now, bytes, &mut self.rng, &mut self.out) {
                    Ok(()) if seat.is_saved() => Some(Turn::Press(game.next.clone())),
                    Ok(()) => None,
                    Err(why) => Some(Turn::Trouble(format!("room: {why}"))),
                }
            }
            _ => None,
        }
    }

    fn closed(&mut self, now: f64, code: u16) -> Option<Turn> {
        let line = match &mut self.stage {
            Stage::Seat { game, .. } if code == CloseCode::Over.code() => {
                return Some(Turn::Press(game.next.clone()));
            }
            Stage::Seat { line, seat, .. } => {
                seat.lost();
                line
            }
            Stage::Lobby { line, .. } => line,
            _ => return None,
        };
        line.lost(now);
        let losses = line.losses();
        self.report(Report::Lost { code });
        // Another ticket is to be had in the lobby.
        (losses >= MAX_LOSSES || code == CloseCode::Ticket.code())
            .then(|| Turn::Trouble(format!("the connection does not hold; closed with {code}")))
    }

    /// Does what is due.
    fn go_on(&mut self, now: f64) {
        match &mut self.stage {
            Stage::Reading { until, press } if now >= *until => {
                self.out.push_back(match press.take() {
                    Some(path) => Output::Press(path),
                    None => Output::Visit(self.home.clone()),
                });
                self.stage = Stage::Asked;
            }
            Stage::Lobby { line, ping_at, .. } => {
                if line.due(now) {
                    self.out.push_back(Output::Connect(line.path.clone()));
                } else if line.is_open() && now >= *ping_at {
                    self.out.push_back(Output::Send(wire::encode(&ClientToLobby::Ping { rtt: 0.0 })));
                    *ping_at = now + LOBBY_PING_MS;
                }
            }
            Stage::Seat { line, seat, .. } => {
                if line.due(now) {
                    self.out.push_back(Output::Connect(line.path.clone()));
                } else if line.is_open() {
                    seat.wake(now, &mut self.rng, &mut self.out);
                }
            }
            _ => {}
        }
    }
}

fn fingerprint(environment: &str) -> Result<u64, String> {
    footlights_example_environments::registry()
        .get(environment)
        .and_then(|entry| entry.fingerprint())
        .map_err(|e| e.to_string())
}
