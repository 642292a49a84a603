//! A game scene from the lobby to the next scene.
//!
//! [`Play::handle`] takes one event of the page, and [`Play::poll`] returns the actions that follow, until there is none.
//! Every stage of [`PlayStage`] either ends by itself or has a button that leads out of it, so no failure is a dead end.

use footlights_protocol::{
    MonotonicMs, ShownResult,
    wire::{ClientToRoom, CloseCode},
};

use super::{
    lobby::{LobbyConnection, LobbyExit},
    outbox::{Outbox, send},
    page::{Button, PlayInput, PlayOutput, Stop},
    rollback::LocalEngine,
    seat::{SeatConnection, SeatExit},
};

/// How long the result stays before the next scene comes by itself, ms.
const RESULT_MS: f64 = 2500.0;
/// A result whose data was saved late stays at least this long after that, ms.
const SAVED_MS: f64 = 800.0;
/// After so many attempts in vain the server is asked how it goes on, and again after each pause, ms.
const PROBE_ATTEMPTS: usize = 4;
const PROBE_MS: f64 = 15_000.0;
/// The page says that no partner was found. After this time it opens the next scene without a click, ms.
const TIMED_OUT_MS: f64 = 20_000.0;
/// After waiting this long for the data to be saved, the participant may go on, ms.
const SAVING_MS: f64 = 15_000.0;
/// Pause before the lobby is asked again after a room has refused because a partner never came, ms: the lobby may not
/// know yet.
const UNMATCHED_MS: f64 = 1000.0;
/// After this many failures to leave a game whose end was not announced, the lobby is asked where to go.
const MAX_LEAVE_FAILURES: usize = 2;
/// So many files that could not be loaded are told at most: a room refuses who sends too much at once.
const MAX_FAILED_ASSETS: usize = 20;
/// Pauses before the attempts to get the next scene, ms; the last one repeats.
const RETRY_MS: [f64; 4] = [1000.0, 2000.0, 4000.0, 8000.0];

/// The way to the next scene.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SceneAdvance {
    /// When it is tried (again); infinite while the data are not saved.
    pub due: MonotonicMs,
    /// From when on a button may start it.
    pub allowed: MonotonicMs,
    /// Whether it is under way.
    pub under_way: bool,
    /// Number of failures.
    pub failures: usize,
}

/// Where the participant is.
pub enum PlayStage {
    /// Images and policies are being loaded: no partner shall wait for a participant who cannot play yet.
    Loading,
    /// Waiting for others.
    Lobby(LobbyConnection),
    /// In a room; the second is there once the game is over.
    Seat(Box<SeatConnection>, Option<SceneAdvance>),
    /// There is nothing to play; the seat is kept if it may be taken back from another tab.
    Stopped(Stop, Option<Box<SeatConnection>>, Option<SceneAdvance>),
}

/// Asking the server for the next scene although none is known to be there. A socket that never opens tells nothing: the
/// participant may be out of the game by now, or have waited long enough, and the page's requests come through.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Probe {
    /// When the server is asked (again).
    due: MonotonicMs,
    under_way: bool,
}

/// The end of a stage.
enum Exit {
    Lobby(LobbyExit),
    Seat(SeatExit),
}

/// A game scene, from the lobby to the next scene.
pub struct Play {
    lobby: String,
    digest: Option<u64>,
    engine: Option<LocalEngine>,
    focused: bool,
    /// Whether the lobby was asked for another ticket since the last welcome. A second time would be an endless loop.
    asked_again: bool,
    stage: PlayStage,
    /// What the page says of the result.
    shown_result: ShownResult,
    /// Path of the room's socket, where the seat was known from the start.
    room: Option<String>,
    /// There while the connection is lost for so long that it may never come back.
    probe: Option<Probe>,
    /// Files that could not be loaded, and how many of them the room knows of.
    failed_assets: (Vec<String>, usize),
    /// Whether anything but the picture may have changed since [`Play::take_news`].
    news: bool,
    out: Outbox,
}

impl Play {
    /// A game scene with the lobby socket at path `lobby`. `engine` simulates the environment, whose fingerprint is
    /// `digest`; both are `None` in a build that simulates nothing.
    #[must_use]
    pub fn new(
        lobby: &str,
        digest: Option<u64>,
        engine: Option<LocalEngine>,
        focused: bool,
        now: MonotonicMs,
    ) -> Self {
        Self {
            lobby: lobby.to_owned(),
            digest,
            engine,
            focused,
            asked_again: false,
            stage: PlayStage::Lobby(LobbyConnection::new(lobby.to_owned(), now)),
            shown_result: ShownResult::default(),
            room: None,
            probe: None,
            failed_assets: (Vec::new(), 0),
            news: true,
            out: Outbox::new(),
        }
    }

    /// The same for a participant whose seat is known already. `room` is the path of the room's socket; without one the
    /// page connects to the lobby. If the room refuses the ticket, the page asks the lobby for another one.
    #[must_use]
    pub fn in_room(mut self, room: Option<String>, now: MonotonicMs) -> Self {
        self.room = room;
        self.stage = self.first_stage(now);
        self
    }

    /// The seat that is known, or the lobby.
    fn first_stage(&mut self, now: MonotonicMs) -> PlayStage {
        match self.room.clone() {
            Some(room) => {
                let seat = SeatConnection::new(room, self.digest, self.engine, self.focused, now);
                PlayStage::Seat(Box::new(seat), None)
            }
            None => PlayStage::Lobby(LobbyConnection::new(self.lobby.clone(), now)),
        }
    }

    /// The same, but the lobby waits for [`PlayInput::Loaded`].
    #[must_use]
    pub fn loading(self) -> Self {
        Self { stage: PlayStage::Loading, ..self }
    }

    /// The same, with these words at its end.
    #[must_use]
    pub fn ending_with(self, shown_result: ShownResult) -> Self {
        Self { shown_result, ..self }
    }

    /// What the page says of the result.
    pub fn shown_result(&self) -> &ShownResult {
        &self.shown_result
    }

    /// Where the participant is.
    pub fn stage(&self) -> &PlayStage {
        &self.stage
    }

    /// Whether the page is in view and has the focus.
    pub fn focused(&self) -> bool {
        self.focused
    }

    /// The seat, if there is one, also when it was lost to another tab.
    pub fn seat(&self) -> Option<&SeatConnection> {
        match &self.stage {
            PlayStage::Seat(seat, _) => Some(seat),
            PlayStage::Stopped(_, seat, _) => seat.as_deref(),
            PlayStage::Loading | PlayStage::Lobby(_) => None,
        }
    }

    /// The seat, to paint its pictures.
    pub fn seat_mut(&mut self) -> Option<&mut SeatConnection> {
        match &mut self.stage {
            PlayStage::Seat(seat, _) => Some(seat),
            PlayStage::Stopped(_, seat, _) => seat.as_deref_mut(),
            PlayStage::Loading | PlayStage::Lobby(_) => None,
        }
    }

    /// The way to the next scene, once there is one.
    pub fn advance(&self) -> Option<&SceneAdvance> {
        match &self.stage {
            PlayStage::Seat(_, advance) | PlayStage::Stopped(_, _, advance) => advance.as_ref(),
            PlayStage::Loading | PlayStage::Lobby(_) => None,
        }
    }

    /// Takes one event of the page at `now`.
    pub fn handle(&mut self, now: MonotonicMs, input: PlayInput<'_>) {
        let in_seat = matches!(self.stage, PlayStage::Seat(..));
        // A seat knows which messages are news; keys and painting never are.
        self.news |= match input {
            PlayInput::Held { .. } | PlayInput::AssetFailed(_) => false,
            PlayInput::Message(_) => !in_seat,
            _ => true,
        };
        let out = &mut self.out;
        let exit = match (&mut self.stage, input) {
            (_, PlayInput::Pressed(button)) => return self.on_button(button, now),
            (_, PlayInput::NotAdvanced) => return self.on_not_advanced(now),
            (_, PlayInput::AssetFailed(file)) => {
                let (failed, _) = &mut self.failed_assets;
                if failed.len() < MAX_FAILED_ASSETS && !failed.iter().any(|known| known == file) {
                    failed.push(file.to_owned());
                }
                None
            }
            (PlayStage::Lobby(lobby), input) => match input {
                PlayInput::Opened => {
                    lobby.on_open(now, out);
                    None
                }
                PlayInput::Message(bytes) => lobby.on_message(bytes, now, out).map(Exit::Lobby),
                PlayInput::Closed(code) => lobby.on_close(code, now).map(Exit::Lobby),
                PlayInput::Online => {
                    lobby.retry_now(now);
                    None
                }
                _ => None,
            },
            (PlayStage::Seat(seat, _), input) => match input {
                PlayInput::Opened => {
                    seat.on_open(now, out);
                    None
                }
                PlayInput::Message(bytes) => seat.on_message(bytes, now, out).map(Exit::Seat),
                PlayInput::Closed(code) => seat.on_close(code, now).map(Exit::Seat),
                PlayInput::Held { keys, at } => {
                    seat.on_keys(keys, at, out);
                    None
                }
                PlayInput::Attention(focused) => {
                    seat.on_attention(focused, now, out);
                    None
                }
                PlayInput::Online => {
                    seat.retry_now(now);
                    None
                }
                _ => None,
            },
            (PlayStage::Loading, PlayInput::Loaded) => {
                self.stage = self.first_stage(now);
                None
            }
            (PlayStage::Loading | PlayStage::Stopped(..), _) => None,
        };
        if let PlayInput::Attention(focused) = input {
            self.focused = focused;
        }
        self.news |= exit.is_some();
        match exit {
            Some(Exit::Lobby(exit)) => self.leave_lobby(exit, now),
            Some(Exit::Seat(exit)) => self.leave_seat(exit, now),
            None => {}
        }
        self.poll_stage(now);
    }

    /// The next action for the page; `None` when there is nothing more to do now.
    pub fn poll(&mut self) -> Option<PlayOutput> {
        self.out.pop_front()
    }

    /// Whether panels and overlays may have changed since the last call.
    pub fn take_news(&mut self) -> bool {
        let seat = self.seat_mut().is_some_and(SeatConnection::take_news);
        std::mem::take(&mut self.news) | seat
    }

    /// When to call [`Play::handle`] with [`PlayInput::Wake`] at the latest.
    pub fn wake_at(&self) -> MonotonicMs {
        let own = match &self.stage {
            PlayStage::Lobby(lobby) => lobby.wake_at(),
            PlayStage::Seat(seat, _) => seat.wake_at(),
            PlayStage::Loading | PlayStage::Stopped(..) => MonotonicMs::NEVER,
        };
        let probe = self.probe.filter(|probe| !probe.under_way).map_or(MonotonicMs::NEVER, |probe| probe.due);
        let own = own.min(probe);
        self.advance().filter(|advance| !advance.under_way).map_or(own, |advance| own.min(advance.due))
    }

    /// Asks the server how it goes on while the socket stays lost.
    fn poll_probe(&mut self, now: MonotonicMs) {
        let connection = match &self.stage {
            PlayStage::Lobby(lobby) => Some(lobby.connection()),
            PlayStage::Seat(seat, None) => Some(seat.connection()),
            _ => None,
        };
        let is_lost = connection.is_some_and(|lost| !lost.is_open() && lost.attempts() >= PROBE_ATTEMPTS);
        if !is_lost {
            self.probe = None;
            return;
        }
        let probe = self.probe.get_or_insert(Probe { due: now, under_way: false });
        if now >= probe.due && !probe.under_way {
            probe.under_way = true;
            self.out.push_back(PlayOutput::Advance);
        }
    }

    fn poll_stage(&mut self, now: MonotonicMs) {
        if let PlayStage::Seat(seat, _) = &self.stage
            && seat.is_unmatched()
            && seat.finished().is_some_and(|finished| finished.saved)
        {
            self.out.push_back(PlayOutput::Disconnect);
            self.stage = PlayStage::Lobby(LobbyConnection::rematch(self.lobby.clone(), now));
            self.news = true;
        }
        match &mut self.stage {
            PlayStage::Lobby(lobby) => lobby.poll(now, &mut self.out),
            PlayStage::Seat(seat, advance) => {
                seat.poll(now, &mut self.out);
                if seat.connection().is_open() {
                    self.asked_again = false;
                    let (failed, told) = &mut self.failed_assets;
                    for file in failed.iter().skip(std::mem::replace(told, failed.len())) {
                        send(&mut self.out, &ClientToRoom::AssetFailed { file: file.clone() });
                    }
                }
                if let Some(finished) = seat.finished().filter(|_| !seat.is_unmatched()) {
                    let due = if finished.saved {
                        (finished.at + RESULT_MS).max(now + SAVED_MS)
                    } else {
                        MonotonicMs::NEVER
                    };
                    let allowed = if finished.saved { now } else { finished.at + SAVING_MS };
                    let advance = advance.get_or_insert(SceneAdvance::at(due, allowed));
                    if finished.saved && advance.due == MonotonicMs::NEVER && !advance.under_way {
                        *advance = SceneAdvance { due, allowed, ..*advance };
                    }
                }
            }
            PlayStage::Loading | PlayStage::Stopped(..) => {}
        }
        self.poll_probe(now);
        if self.advance().is_some_and(|advance| now >= advance.due && !advance.under_way) {
            self.start_advance(now);
        }
    }

    fn leave_lobby(&mut self, exit: LobbyExit, now: MonotonicMs) {
        self.out.push_back(PlayOutput::Disconnect);
        // Another room knows of none.
        self.failed_assets.1 = 0;
        self.stage = match exit {
            LobbyExit::Matched(socket) => PlayStage::Seat(
                Box::new(SeatConnection::new(socket, self.digest, self.engine, self.focused, now)),
                None,
            ),
            // Who walked away from the queue still comes to the last page and its code.
            LobbyExit::Stop(stop @ Stop::TimedOut { .. }) => {
                PlayStage::Stopped(stop, None, Some(SceneAdvance::at(now + TIMED_OUT_MS, now)))
            }
            LobbyExit::Stop(stop) => PlayStage::Stopped(stop, None, None),
        };
    }

    fn leave_seat(&mut self, exit: SeatExit, now: MonotonicMs) {
        self.out.push_back(PlayOutput::Disconnect);
        match exit {
            SeatExit::GameOver if self.seat().is_some_and(SeatConnection::is_unmatched) => {
                self.stage =
                    PlayStage::Lobby(LobbyConnection::rematch(self.lobby.clone(), now + UNMATCHED_MS));
            }
            SeatExit::GameOver => {
                if let PlayStage::Seat(seat, advance) = &mut self.stage {
                    seat.stop();
                    let due = seat.finished().map_or(now, |finished| (finished.at + RESULT_MS).max(now));
                    let advance = advance.get_or_insert(SceneAdvance::at(due, now));
                    if !advance.under_way && advance.due == MonotonicMs::NEVER {
                        *advance = SceneAdvance { due, allowed: now, ..*advance };
                    }
                }
            }
            SeatExit::StaleTicket { .. } if !self.asked_again => {
                self.asked_again = true;
                self.stage = PlayStage::Lobby(LobbyConnection::new(self.lobby.clone(), now));
            }
            SeatExit::StaleTicket { reason } => {
                let stop = Stop::Refused { code: CloseCode::Ticket.code(), reason };
                self.stage = PlayStage::Stopped(stop, None, None);
            }
            SeatExit::Stop(stop) => {
                let old = std::mem::replace(&mut self.stage, PlayStage::Stopped(stop, None, None));
                if let (PlayStage::Seat(mut seat, _), PlayStage::Stopped(_, kept, _)) = (old, &mut self.stage)
                {
                    seat.stop();
                    *kept = Some(seat);
                }
            }
        }
    }

    fn on_button(&mut self, button: Button, now: MonotonicMs) {
        match (button, &mut self.stage) {
            (Button::TryNow, PlayStage::Lobby(lobby)) => lobby.retry_now(now),
            (Button::TryNow, PlayStage::Seat(seat, _)) => seat.retry_now(now),
            (Button::Ready, PlayStage::Lobby(lobby)) => lobby.confirm_ready(&mut self.out),
            (Button::WaitAgain, PlayStage::Stopped(..)) => {
                self.stage = PlayStage::Lobby(LobbyConnection::new(self.lobby.clone(), now));
            }
            (Button::Continue, PlayStage::Seat(_, Some(advance))) if now >= advance.allowed => {
                self.start_advance(now)
            }
            (Button::Continue, PlayStage::Stopped(..)) => self.start_advance(now),
            (Button::PlayHere, PlayStage::Stopped(_, seat, _)) => {
                self.stage = match seat.take() {
                    Some(mut seat) => {
                        seat.reclaim(now);
                        PlayStage::Seat(seat, None)
                    }
                    None => PlayStage::Lobby(LobbyConnection::new(self.lobby.clone(), now)),
                };
            }
            (Button::Reload, _) => self.out.push_back(PlayOutput::Reload),
            _ => {}
        }
        self.poll_stage(now);
    }

    fn start_advance(&mut self, now: MonotonicMs) {
        let (PlayStage::Seat(_, advance) | PlayStage::Stopped(_, _, advance)) = &mut self.stage else {
            return;
        };
        let advance = advance.get_or_insert(SceneAdvance::at(now, now));
        if !advance.under_way {
            advance.under_way = true;
            self.out.push_back(PlayOutput::Advance);
        }
    }

    fn on_not_advanced(&mut self, now: MonotonicMs) {
        if let Some(probe) = &mut self.probe {
            *probe = Probe { due: now + PROBE_MS, under_way: false };
            return;
        }
        match &mut self.stage {
            PlayStage::Seat(seat, Some(advance))
                if seat.finished().is_none() && advance.failures >= MAX_LEAVE_FAILURES =>
            {
                self.stage = PlayStage::Lobby(LobbyConnection::new(self.lobby.clone(), now));
            }
            PlayStage::Seat(_, Some(advance)) => {
                let pause = RETRY_MS.get(advance.failures).or(RETRY_MS.last()).copied().unwrap_or(0.0);
                let failures = advance.failures + 1;
                *advance = SceneAdvance { due: now + pause, allowed: now, under_way: false, failures };
            }
            // Nothing was played, so nothing is to be saved: the server's page says how it goes on.
            PlayStage::Stopped(_, _, advance) => {
                *advance = None;
                self.out.push_back(PlayOutput::Reload);
            }
            _ => {}
        }
    }
}

impl SceneAdvance {
    fn at(due: MonotonicMs, allowed: MonotonicMs) -> Self {
        Self { due, allowed, under_way: false, failures: 0 }
    }
}
