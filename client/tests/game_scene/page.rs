//! A page on a clock that the test moves, against a server played by the test.

use footlights_client::{
    netcode::{Button, Play, PlayInput, PlayOutput},
    view,
};
use footlights_env::{Agent, Viewport, surface::Delta};
use footlights_protocol::words::Words;
use footlights_protocol::{
    KeySet, MonotonicMs, Outcome, ShownResult, Tick,
    keys::Keyboard,
    wire::{
        self, ClientToLobby, ClientToRoom, Frame, LobbyToClient, MAX_FROM_BROWSER, Phase, Presence,
        RoomToClient, Status, Welcome,
    },
};

pub const LOBBY: &str = "/x/e/s/lobby/game";
pub const ROOM: &str = "/rooms/o/g?ticket=t";
pub const DIGEST: u64 = 0xfeed;

/// A page on a clock that the test moves.
pub struct Page {
    pub play: Play,
    pub now: MonotonicMs,
    outputs: Vec<PlayOutput>,
}

impl Page {
    pub fn new() -> Self {
        let mut page = Self {
            play: Play::new(LOBBY, Some(DIGEST), None, true, MonotonicMs(0.0)),
            now: MonotonicMs(0.0),
            outputs: Vec::new(),
        };
        page.input(PlayInput::Wake);
        page
    }

    pub fn input(&mut self, input: PlayInput<'_>) {
        self.play.handle(self.now, input);
        self.outputs.extend(std::iter::from_fn(|| self.play.poll()));
    }

    /// Lets time pass, waking the page when it asked for that.
    pub fn pass(&mut self, ms: f64) {
        let end = self.now + ms;
        while self.play.wake_at() <= end {
            self.now = self.play.wake_at().max(self.now);
            self.input(PlayInput::Wake);
        }
        self.now = end;
        self.input(PlayInput::Wake);
    }

    pub fn take(&mut self) -> Vec<PlayOutput> {
        std::mem::take(&mut self.outputs)
    }

    pub fn lobby(&mut self, message: LobbyToClient) {
        self.input(PlayInput::Message(&wire::encode(&message)));
    }

    pub fn seat(&mut self, message: RoomToClient) {
        self.input(PlayInput::Message(&wire::encode(&message)));
    }

    pub fn status(&mut self, phase: Phase, remaining_ms: u32, partner: Presence) {
        self.seat(RoomToClient::Status(Status { phase, remaining_ms, seats: vec![Presence::Here, partner] }));
    }

    pub fn frame(&mut self, tick: Tick, ack: u32) {
        let picture = Delta { full: tick == Tick::ZERO, ..Delta::default() };
        self.seat(RoomToClient::Frame(Frame { tick, ack, picture, ..Frame::default() }));
    }

    /// Through the lobby into a running game.
    pub fn playing() -> Self {
        Self::ending_with(ShownResult::WinOrLose)
    }

    /// The same, with that.
    pub fn ending_with(shown: ShownResult) -> Self {
        let mut page = Self::new();
        page.play = Play::new(LOBBY, Some(DIGEST), None, true, MonotonicMs(0.0)).ending_with(shown);
        page.input(PlayInput::Wake);
        page.input(PlayInput::Opened);
        page.lobby(WAITING);
        page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
        page.enter();
        page.status(Phase::Running, 0, Presence::Here);
        page
    }

    /// The socket opens and the room answers.
    pub fn enter(&mut self) {
        self.input(PlayInput::Opened);
        self.seat(RoomToClient::Welcome(Welcome {
            version: wire::VERSION,
            agent: Agent(0),
            names: vec!["You".into(), "Partner".into()],
            fps: 30.0,
            viewport: Viewport { width: 48.0, height: 24.0 },
            keyboard: Keyboard::default(),
            simulated: None,
        }));
        self.frame(Tick(0), 0);
    }

    pub fn state(&self) -> &'static str {
        view::state(&self.play)
    }

    pub fn overlay(&self) -> view::Overlay {
        view::overlay(&self.play, self.now, &Words::default()).expect("an overlay")
    }

    pub fn buttons(&self) -> Vec<Button> {
        self.overlay().buttons
    }

    pub fn finish(&mut self, saved: bool, scores: [f32; 2]) {
        self.seat(RoomToClient::Finished {
            outcome: Outcome::Completed,
            saved,
            scores: scores.map(Some).to_vec(),
        });
    }
}

pub fn sent(outputs: &[PlayOutput]) -> Vec<ClientToRoom> {
    let messages = outputs.iter().filter_map(|output| match output {
        PlayOutput::Send(bytes) => Some(wire::decode(bytes, MAX_FROM_BROWSER).unwrap()),
        _ => None,
    });
    messages.collect()
}

pub fn keys(outputs: &[PlayOutput]) -> Vec<(u32, KeySet)> {
    let keys = sent(outputs).into_iter().filter_map(|message| match message {
        ClientToRoom::Keys { seq, held, .. } => Some((seq, held)),
        _ => None,
    });
    keys.collect()
}

pub fn to_lobby(outputs: &[PlayOutput]) -> Vec<ClientToLobby> {
    let messages = outputs.iter().filter_map(|output| match output {
        PlayOutput::Send(bytes) => Some(wire::decode(bytes, MAX_FROM_BROWSER).unwrap()),
        _ => None,
    });
    messages.collect()
}

pub const WAITING: LobbyToClient =
    LobbyToClient::Waiting { here: 1, needed: 2, waited_ms: 0, limit_ms: 300_000, full: false };

pub fn check(remaining_ms: u32, ready: u32, mine: bool) -> LobbyToClient {
    LobbyToClient::ReadyCheck { remaining_ms, ready, needed: 2, mine }
}
