//! A game scene from the lobby to the next scene.
//!
//! [`Play::handle`] takes one event of the page, [`Play::poll`] says what the page must do until it says nothing.
//! Whatever happens, the participant is in one of the [`Stage`]s, and each of them either ends by itself or has a
//! button that leads out of it.

use std::collections::VecDeque;

use footlights_protocol::wire::CloseCode;

use super::{
    lobby::{self, Lobby},
    page::{Button, Input, Output, Stop},
    rollback::Engine,
    seat::{self, Seat},
};

/// For how long the result stays before the next scene comes by itself, ms.
const RESULT_MS: f64 = 2500.0;
/// A result whose data was saved late stays at least this long after that, ms.
const SAVED_MS: f64 = 800.0;
/// Somebody who waits this long for the data to be saved may go on, ms.
const SAVING_MS: f64 = 15_000.0;
/// Whoever is told by a closed door that a match came to nothing asks the lobby after this pause: it may not know yet, ms.
const UNMATCHED_MS: f64 = 1000.0;
/// After so many failures to leave a game whose end nobody told, the lobby is asked: it knows where to go.
const LOST_END: usize = 2;
/// Pauses before the attempts to get the next scene, ms; the last one repeats.
const RETRY_MS: [f64; 4] = [1000.0, 2000.0, 4000.0, 8000.0];

/// The way to the next scene.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Advance {
    /// When it is tried (again); infinite while the data is not saved.
    pub due: f64,
    /// From when on a button may do it.
    pub allowed: f64,
    /// Whether it is under way.
    pub under_way: bool,
    /// How often it failed.
    pub failures: usize,
}

/// Where the participant is.
#[derive(Debug, Clone)]
pub enum Stage {
    /// Waits for others.
    Lobby(Lobby),
    /// In a room; the second is there once the game is over.
    Seat(Box<Seat>, Option<Advance>),
    /// There is nothing to play; the seat is kept where it may be taken back.
    Stopped(Stop, Option<Box<Seat>>, Option<Advance>),
}

enum Turn {
    Lobby(lobby::Turn),
    Seat(seat::Turn),
}

/// A game scene.
#[derive(Debug, Clone)]
pub struct Play {
    lobby: String,
    digest: Option<u64>,
    engine: Option<Engine>,
    focused: bool,
    /// Whether a lobby was asked for another ticket since the last welcome: once helps, twice is a circle.
    asked_again: bool,
    stage: Stage,
    /// Whether anything but the picture may have changed since that was asked last.
    news: bool,
    out: VecDeque<Output>,
}

impl Play {
    /// A game scene with the lobby socket at path `lobby`, in a build that simulates with `engine` an environment with
    /// the fingerprint `digest`, if it simulates.
    pub fn new(lobby: &str, digest: Option<u64>, engine: Option<Engine>, focused: bool, now: f64) -> Self {
        let stage = Stage::Lobby(Lobby::new(lobby.to_owned(), now));
        let out = VecDeque::new();
        Self { lobby: lobby.to_owned(), digest, engine, focused, asked_again: false, stage, news: true, out }
    }

    /// Where the participant is.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Whether the page is in view and has the focus.
    pub fn focused(&self) -> bool {
        self.focused
    }

    /// The seat, if there is one, also when it was lost to another tab.
    pub fn seat(&self) -> Option<&Seat> {
        match &self.stage {
            Stage::Seat(seat, _) => Some(seat),
            Stage::Stopped(_, seat, _) => seat.as_deref(),
            Stage::Lobby(_) => None,
        }
    }

    /// The seat, to paint its pictures.
    pub fn seat_mut(&mut self) -> Option<&mut Seat> {
        match &mut self.stage {
            Stage::Seat(seat, _) => Some(seat),
            Stage::Stopped(_, seat, _) => seat.as_deref_mut(),
            Stage::Lobby(_) => None,
        }
    }

    /// The way to the next scene, once there is one.
    pub fn advance(&self) -> Option<&Advance> {
        match &self.stage {
            Stage::Seat(_, advance) | Stage::Stopped(_, _, advance) => advance.as_ref(),
            Stage::Lobby(_) => None,
        }
    }

    /// One event of the page, at `now` (monotonic, ms).
    pub fn handle(&mut self, now: f64, input: Input<'_>) {
        let in_seat = matches!(self.stage, Stage::Seat(..));
        // A seat knows which messages are news; keys and painting never are.
        self.news |= match input {
            Input::Held { .. } => false,
            Input::Message(_) => !in_seat,
            _ => true,
        };
        let out = &mut self.out;
        let turn = match (&mut self.stage, input) {
            (_, Input::Pressed(button)) => return self.pressed(button, now),
            (_, Input::NotAdvanced) => return self.not_advanced(now),
            (Stage::Lobby(lobby), input) => match input {
                Input::Opened => {
                    lobby.opened(now, out);
                    None
                }
                Input::Message(bytes) => lobby.message(bytes, now, out).map(Turn::Lobby),
                Input::Closed(code) => lobby.closed(code, now).map(Turn::Lobby),
                Input::Online => {
                    lobby.hurry(now);
                    None
                }
                _ => None,
            },
            (Stage::Seat(seat, _), input) => match input {
                Input::Opened => {
                    seat.opened(now, out);
                    None
                }
                Input::Message(bytes) => seat.message(bytes, now, out).map(Turn::Seat),
                Input::Closed(code) => seat.closed(code, now).map(Turn::Seat),
                Input::Held { bits, at } => {
                    seat.hold(bits, at, out);
                    None
                }
                Input::Attention(focused) => {
                    seat.attention(focused, now, out);
                    None
                }
                Input::Online => {
                    seat.hurry(now);
                    None
                }
                _ => None,
            },
            (Stage::Stopped(..), _) => None,
        };
        if let Input::Attention(focused) = input {
            self.focused = focused;
        }
        self.news |= turn.is_some();
        match turn {
            Some(Turn::Lobby(turn)) => self.left_lobby(turn, now),
            Some(Turn::Seat(turn)) => self.left_seat(turn, now),
            None => {}
        }
        self.wake(now);
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Whether anything but the picture may have changed since the last call: panels and overlays are worth a look.
    pub fn take_news(&mut self) -> bool {
        let seat = self.seat_mut().is_some_and(Seat::take_news);
        std::mem::take(&mut self.news) | seat
    }

    /// When to call [`Play::handle`] with [`Input::Wake`] at the latest.
    pub fn wake_at(&self) -> f64 {
        let own = match &self.stage {
            Stage::Lobby(lobby) => lobby.wake_at(),
            Stage::Seat(seat, _) => seat.wake_at(),
            Stage::Stopped(..) => f64::INFINITY,
        };
        self.advance().filter(|advance| !advance.under_way).map_or(own, |advance| own.min(advance.due))
    }

    fn wake(&mut self, now: f64) {
        if let Stage::Seat(seat, _) = &self.stage
            && seat.is_unmatched()
            && seat.finished().is_some_and(|finished| finished.saved)
        {
            self.out.push_back(Output::Disconnect);
            self.stage = Stage::Lobby(Lobby::again(self.lobby.clone(), now));
            self.news = true;
        }
        match &mut self.stage {
            Stage::Lobby(lobby) => lobby.wake(now, &mut self.out),
            Stage::Seat(seat, advance) => {
                seat.wake(now, &mut self.out);
                if seat.link().is_open() {
                    self.asked_again = false;
                }
                if let Some(finished) = seat.finished().filter(|_| !seat.is_unmatched()) {
                    let due = if finished.saved {
                        (finished.at + RESULT_MS).max(now + SAVED_MS)
                    } else {
                        f64::INFINITY
                    };
                    let allowed = if finished.saved { now } else { finished.at + SAVING_MS };
                    let advance = advance.get_or_insert(Advance::at(due, allowed));
                    if finished.saved && advance.due.is_infinite() && !advance.under_way {
                        *advance = Advance { due, allowed, ..*advance };
                    }
                }
            }
            Stage::Stopped(..) => {}
        }
        if self.advance().is_some_and(|advance| now >= advance.due && !advance.under_way) {
            self.go(now);
        }
    }

    fn left_lobby(&mut self, turn: lobby::Turn, now: f64) {
        self.out.push_back(Output::Disconnect);
        self.stage = match turn {
            lobby::Turn::Matched(socket) => {
                Stage::Seat(Box::new(Seat::new(socket, self.digest, self.engine, self.focused, now)), None)
            }
            lobby::Turn::Stop(stop) => Stage::Stopped(stop, None, None),
        };
    }

    fn left_seat(&mut self, turn: seat::Turn, now: f64) {
        self.out.push_back(Output::Disconnect);
        match turn {
            seat::Turn::Over if self.seat().is_some_and(Seat::is_unmatched) => {
                self.stage = Stage::Lobby(Lobby::again(self.lobby.clone(), now + UNMATCHED_MS));
            }
            seat::Turn::Over => {
                if let Stage::Seat(seat, advance) = &mut self.stage {
                    seat.leave();
                    let due = seat.finished().map_or(now, |finished| (finished.at + RESULT_MS).max(now));
                    let advance = advance.get_or_insert(Advance::at(due, now));
                    if !advance.under_way && advance.due.is_infinite() {
                        *advance = Advance { due, allowed: now, ..*advance };
                    }
                }
            }
            seat::Turn::Ticket { .. } if !self.asked_again => {
                self.asked_again = true;
                self.stage = Stage::Lobby(Lobby::new(self.lobby.clone(), now));
            }
            seat::Turn::Ticket { reason } => {
                let stop = Stop::Refused { code: CloseCode::Ticket.code(), reason };
                self.stage = Stage::Stopped(stop, None, None);
            }
            seat::Turn::Stop(stop) => {
                let old = std::mem::replace(&mut self.stage, Stage::Stopped(stop, None, None));
                if let (Stage::Seat(mut seat, _), Stage::Stopped(_, kept, _)) = (old, &mut self.stage) {
                    seat.leave();
                    *kept = Some(seat);
                }
            }
        }
    }

    fn pressed(&mut self, button: Button, now: f64) {
        match (button, &mut self.stage) {
            (Button::TryNow, Stage::Lobby(lobby)) => lobby.hurry(now),
            (Button::TryNow, Stage::Seat(seat, _)) => seat.hurry(now),
            (Button::Ready, Stage::Lobby(lobby)) => lobby.ready(&mut self.out),
            (Button::WaitAgain, Stage::Stopped(..)) => {
                self.stage = Stage::Lobby(Lobby::new(self.lobby.clone(), now));
            }
            (Button::Continue, Stage::Seat(_, Some(advance))) if now >= advance.allowed => self.go(now),
            (Button::Continue, Stage::Stopped(..)) => self.go(now),
            (Button::PlayHere, Stage::Stopped(_, seat, _)) => {
                self.stage = match seat.take() {
                    Some(mut seat) => {
                        seat.take_back(now);
                        Stage::Seat(seat, None)
                    }
                    None => Stage::Lobby(Lobby::new(self.lobby.clone(), now)),
                };
            }
            (Button::Reload, _) => self.out.push_back(Output::Reload),
            _ => {}
        }
        self.wake(now);
    }

    fn go(&mut self, now: f64) {
        let (Stage::Seat(_, advance) | Stage::Stopped(_, _, advance)) = &mut self.stage else { return };
        let advance = advance.get_or_insert(Advance::at(now, now));
        if !advance.under_way {
            advance.under_way = true;
            self.out.push_back(Output::Advance);
        }
    }

    fn not_advanced(&mut self, now: f64) {
        match &mut self.stage {
            Stage::Seat(seat, Some(advance)) if seat.finished().is_none() && advance.failures >= LOST_END => {
                self.stage = Stage::Lobby(Lobby::new(self.lobby.clone(), now));
            }
            Stage::Seat(_, Some(advance)) => {
                let pause = RETRY_MS.get(advance.failures).or(RETRY_MS.last()).copied().unwrap_or(0.0);
                let failures = advance.failures + 1;
                *advance = Advance { due: now + pause, allowed: now, under_way: false, failures };
            }
            // Nothing was played, so nothing is to be saved: the server's page says how it goes on.
            Stage::Stopped(_, _, advance) => {
                *advance = None;
                self.out.push_back(Output::Reload);
            }
            _ => {}
        }
    }
}

impl Advance {
    fn at(due: f64, allowed: f64) -> Self {
        Self { due, allowed, under_way: false, failures: 0 }
    }
}
