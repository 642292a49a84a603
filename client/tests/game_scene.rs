//! The way through a game scene, against a server played by the test: what the participant sees and what is sent.

use footlights_client::{
    netcode::{Button, Play, PlayInput, PlayOutput},
    view,
};
use footlights_env::{Agent, Viewport, surface::Delta};
use footlights_protocol::{
    KeySet, Outcome, Tick,
    keys::Keyboard,
    wire::{
        self, ClientToLobby, ClientToRoom, CloseCode, Frame, LobbyToClient, MAX_FROM_BROWSER, Phase,
        Presence, RoomToClient, Status, Welcome,
    },
};

const LOBBY: &str = "/x/e/s/lobby/game";
const ROOM: &str = "/rooms/o/g?ticket=t";
const DIGEST: u64 = 0xfeed;

/// A page on a clock that the test moves.
struct Page {
    play: Play,
    now: f64,
    outputs: Vec<PlayOutput>,
}

impl Page {
    fn new() -> Self {
        let mut page =
            Self { play: Play::new(LOBBY, Some(DIGEST), None, true, 0.0), now: 0.0, outputs: Vec::new() };
        page.input(PlayInput::Wake);
        page
    }

    fn input(&mut self, input: PlayInput<'_>) {
        self.play.handle(self.now, input);
        self.outputs.extend(std::iter::from_fn(|| self.play.poll()));
    }

    /// Lets time pass, waking the page when it asked for that.
    fn pass(&mut self, ms: f64) {
        let end = self.now + ms;
        while self.play.wake_at() <= end {
            self.now = self.play.wake_at().max(self.now);
            self.input(PlayInput::Wake);
        }
        self.now = end;
        self.input(PlayInput::Wake);
    }

    fn take(&mut self) -> Vec<PlayOutput> {
        std::mem::take(&mut self.outputs)
    }

    fn lobby(&mut self, message: LobbyToClient) {
        self.input(PlayInput::Message(&wire::encode(&message)));
    }

    fn seat(&mut self, message: RoomToClient) {
        self.input(PlayInput::Message(&wire::encode(&message)));
    }

    fn status(&mut self, phase: Phase, remaining_ms: u32, partner: Presence) {
        self.seat(RoomToClient::Status(Status { phase, remaining_ms, seats: vec![Presence::Here, partner] }));
    }

    fn frame(&mut self, tick: Tick, ack: u32) {
        let picture = Delta { full: tick == Tick::ZERO, ..Delta::default() };
        self.seat(RoomToClient::Frame(Frame { tick, ack, picture, ..Frame::default() }));
    }

    /// Through the lobby into a running game.
    fn playing() -> Self {
        let mut page = Self::new();
        page.input(PlayInput::Opened);
        page.lobby(LobbyToClient::Waiting {
            here: 1,
            needed: 2,
            waited_ms: 0,
            limit_ms: 300_000,
            full: false,
        });
        page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
        page.enter();
        page.status(Phase::Running, 0, Presence::Here);
        page
    }

    /// The socket opens and the room answers.
    fn enter(&mut self) {
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

    fn state(&self) -> &'static str {
        view::state(&self.play)
    }

    fn overlay(&self) -> view::Overlay {
        view::overlay(&self.play, self.now).expect("an overlay")
    }

    fn buttons(&self) -> Vec<Button> {
        self.overlay().buttons
    }

    fn finish(&mut self, saved: bool, scores: [f32; 2]) {
        self.seat(RoomToClient::Finished { outcome: Outcome::Completed, saved, scores: scores.to_vec() });
    }
}

fn sent(outputs: &[PlayOutput]) -> Vec<ClientToRoom> {
    let messages = outputs.iter().filter_map(|output| match output {
        PlayOutput::Send(bytes) => Some(wire::decode(bytes, MAX_FROM_BROWSER).unwrap()),
        _ => None,
    });
    messages.collect()
}

fn keys(outputs: &[PlayOutput]) -> Vec<(u32, KeySet)> {
    let keys = sent(outputs).into_iter().filter_map(|message| match message {
        ClientToRoom::Keys { seq, held, .. } => Some((seq, held)),
        _ => None,
    });
    keys.collect()
}

#[test]
fn the_lobby_shows_who_is_here_and_calls_when_there_is_a_match() {
    let mut page = Page::new();
    assert_eq!(page.take(), [PlayOutput::Connect(LOBBY.into())]);
    assert_eq!(page.state(), "connecting");
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::Waiting {
        here: 1,
        needed: 2,
        waited_ms: 30_000,
        limit_ms: 300_000,
        full: false,
    });
    assert_eq!(page.state(), "lobby");
    page.pass(12_000.0);
    let overlay = page.overlay();
    assert_eq!((overlay.name, overlay.here, overlay.figure.as_str()), ("lobby", Some((1, 2)), "0:42"));
    assert_eq!(view::title(&page.play, "Slime"), "(1/2) Waiting – Slime");
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ping { rtt: 0.0 }; 3], "on opening and every 5 s");
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    assert_eq!(page.take(), [PlayOutput::Call, PlayOutput::Disconnect, PlayOutput::Connect(ROOM.into())]);
}

fn to_lobby(outputs: &[PlayOutput]) -> Vec<ClientToLobby> {
    let messages = outputs.iter().filter_map(|output| match output {
        PlayOutput::Send(bytes) => Some(wire::decode(bytes, MAX_FROM_BROWSER).unwrap()),
        _ => None,
    });
    messages.collect()
}

const WAITING: LobbyToClient =
    LobbyToClient::Waiting { here: 1, needed: 2, waited_ms: 0, limit_ms: 300_000, full: false };

fn check(remaining_ms: u32, ready: u32, mine: bool) -> LobbyToClient {
    LobbyToClient::ReadyCheck { remaining_ms, ready, needed: 2, mine }
}

#[test]
fn the_round_trip_to_the_lobby_is_from_a_ping_to_its_answer_and_known_at_once() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ping { rtt: 0.0 }]);
    page.now = 30.0;
    page.lobby(WAITING);
    assert_eq!(page.take(), [], "news are no answer");
    page.now = 42.0;
    page.lobby(LobbyToClient::Pong);
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ping { rtt: 42.0 }]);
    page.now = 60.0;
    page.lobby(LobbyToClient::Pong);
    assert_eq!(page.take(), []);
    page.pass(5_000.0);
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ping { rtt: 18.0 }]);
    page.lobby(LobbyToClient::Pong);
    page.lobby(LobbyToClient::Pong);
    assert_eq!(page.take(), [], "an answer to nothing is none");
}

#[test]
fn a_full_lobby_says_so_and_a_crowd_that_is_not_matched_is_not_counted() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    let waiting =
        |here, full| LobbyToClient::Waiting { here, needed: 2, waited_ms: 0, limit_ms: 300_000, full };
    page.lobby(waiting(5, true));
    let overlay = page.overlay();
    assert_eq!((overlay.title.as_str(), overlay.here), ("All places are taken", None));
    assert!(overlay.text.contains("You are in line"));
    page.lobby(waiting(5, false));
    let overlay = page.overlay();
    assert_eq!((overlay.title.as_str(), overlay.here), ("Looking for your game", None));
}

#[test]
fn a_ready_check_calls_and_counts_down_and_one_press_answers_it() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    page.lobby(WAITING);
    page.input(PlayInput::Pressed(Button::Ready));
    page.take();
    page.lobby(check(15_000, 1, false));
    assert_eq!(page.take(), [PlayOutput::Call]);
    assert_eq!(view::title(&page.play, "Slime"), "▶ Are you ready? – Slime");
    page.pass(4_000.0);
    let overlay = page.overlay();
    assert_eq!((overlay.name, overlay.figure.as_str()), ("ready-check", "0:11"));
    assert_eq!(overlay.caption, "left; 1 of 2 are ready");
    assert_eq!(page.buttons(), [Button::Ready]);
    page.input(PlayInput::Pressed(Button::Ready));
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ready]);
    page.lobby(check(11_000, 2, true));
    assert_eq!(page.buttons(), []);
    page.input(PlayInput::Pressed(Button::Ready));
    assert_eq!(page.take(), []);
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    assert_eq!(page.take(), [PlayOutput::Disconnect, PlayOutput::Connect(ROOM.into())]);
}

#[test]
fn who_was_ready_for_a_game_that_came_to_nothing_is_told_and_called_again() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    page.lobby(WAITING);
    page.lobby(check(15_000, 1, true));
    page.lobby(WAITING);
    assert_eq!(page.overlay().name, "lobby");
    assert!(page.overlay().text.starts_with("Another player was not ready"));
    page.lobby(check(15_000, 1, true));
    page.take();
    page.lobby(check(15_000, 0, false));
    assert_eq!(page.take(), [PlayOutput::Call]);
}

#[test]
fn who_was_not_ready_is_told_so_and_can_wait_again() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    page.lobby(check(15_000, 1, false));
    page.lobby(LobbyToClient::Refused { code: CloseCode::NotReady.code(), reason: String::new() });
    assert_eq!(page.state(), "problem");
    assert_eq!(page.overlay().title, "You were not ready in time");
    page.take();
    page.pass(60_000.0);
    assert!(!page.take().contains(&PlayOutput::Connect(LOBBY.into())), "not by itself");
    assert_eq!(page.buttons(), [Button::WaitAgain]);
    page.input(PlayInput::Pressed(Button::WaitAgain));
    assert!(page.take().contains(&PlayOutput::Connect(LOBBY.into())));
    page.input(PlayInput::Opened);
    page.lobby(WAITING);
    assert_eq!(page.overlay().name, "lobby");
}

#[test]
fn a_lobby_that_answers_is_kept_and_one_that_falls_silent_is_left() {
    let waiting =
        |waited_ms| LobbyToClient::Waiting { here: 1, needed: 2, waited_ms, limit_ms: 900_000, full: false };
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    for k in 0..24 {
        page.lobby(waiting(5_000 * k));
        page.pass(5_000.0);
        assert_eq!(page.state(), "lobby");
    }
    page.lobby(waiting(120_000));
    for _ in 0..3 {
        page.pass(5_000.0);
        assert_eq!(page.state(), "lobby");
    }
    page.take();
    page.pass(6_000.0);
    assert!(page.take().contains(&PlayOutput::Connect(LOBBY.into())));
}

#[test]
fn the_first_message_is_hello_and_held_keys_follow_the_first_frame() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    page.take();
    page.input(PlayInput::Held { bits: KeySet(5), at: 0.0 });
    page.enter();
    let sent = sent(&page.take());
    assert_eq!(sent[0], ClientToRoom::Hello { version: wire::VERSION, digest: Some(DIGEST) });
    assert!(matches!(sent[1], ClientToRoom::Ping { .. }));
    assert!(matches!(sent[2], ClientToRoom::Keys { seq: 1, held: KeySet(5), .. }));
    assert_eq!(sent.len(), 3);
}

#[test]
fn keys_are_sent_when_they_change_and_only_then_and_timed_to_the_frame_that_shows_them() {
    let mut page = Page::playing();
    page.take();
    for bits in [1, 1, 3, 0, 0].map(KeySet) {
        page.input(PlayInput::Held { bits, at: page.now });
    }
    assert_eq!(keys(&page.take()), [(2, KeySet(1)), (3, KeySet(3)), (4, KeySet(0))]);
    page.now += 20.0;
    page.frame(Tick(1), 3);
    page.now += 30.0;
    page.frame(Tick(2), 4);
    let measured: Vec<f64> = page.play.seat_mut().unwrap().take_measured().collect();
    assert_eq!(measured, [20.0, 20.0, 50.0]);
}

#[test]
fn a_lost_connection_comes_back_with_growing_pauses_and_says_again_what_is_held() {
    let mut page = Page::playing();
    page.input(PlayInput::Held { bits: KeySet(2), at: 0.0 });
    page.pass(6_000.0);
    page.frame(Tick(100), 2);
    page.take();
    page.input(PlayInput::Closed(1006));
    assert_eq!(page.state(), "reconnecting");
    assert!(page.overlay().figure.starts_with("Trying again"));
    for pause in [300.0, 600.0, 1200.0, 2400.0, 3000.0, 3000.0] {
        page.pass(pause - 1.0);
        assert_eq!(page.take(), []);
        page.pass(1.0);
        assert_eq!(page.take(), [PlayOutput::Connect(ROOM.into())]);
        page.input(PlayInput::Closed(1006));
    }
    assert_eq!(page.buttons(), [Button::TryNow, Button::Reload]);
    page.input(PlayInput::Pressed(Button::TryNow));
    assert_eq!(page.take(), [PlayOutput::Connect(ROOM.into())]);
    page.enter();
    page.status(Phase::Running, 0, Presence::Here);
    assert_eq!(page.state(), "running");
    assert_eq!(keys(&page.take()), [(3, KeySet(2))]);
}

#[test]
fn a_page_that_was_reloaded_counts_on_from_where_the_room_is() {
    let mut page = Page::playing();
    page.take();
    page.frame(Tick(50), 40);
    page.input(PlayInput::Held { bits: KeySet(1), at: 0.0 });
    assert_eq!(keys(&page.take()), [(41, KeySet(1))]);
}

#[test]
fn a_silent_room_is_left_and_a_speaking_one_is_not() {
    let mut page = Page::playing();
    for tick in 1..900 {
        page.pass(1000.0 / 30.0);
        page.frame(Tick(tick), 0);
    }
    assert_eq!(page.state(), "running");
    page.take();
    page.pass(8_000.0);
    let outputs = page.take();
    let dropped = outputs.iter().position(|output| *output == PlayOutput::Disconnect).unwrap();
    assert_eq!(outputs[dropped + 1], PlayOutput::Connect(ROOM.into()));
}

#[test]
fn a_picture_that_does_not_fit_is_asked_for_anew() {
    let mut page = Page::playing();
    page.take();
    let picture = Delta { gone: vec![9], ..Delta::default() };
    page.seat(RoomToClient::Frame(Frame { tick: Tick(1), picture, ..Frame::default() }));
    assert_eq!(page.take(), [PlayOutput::Disconnect]);
    page.pass(300.0);
    assert_eq!(page.take(), [PlayOutput::Connect(ROOM.into())]);
}

#[test]
fn every_close_code_ends_with_words_of_its_own_and_a_way_out() {
    let mut seen = Vec::new();
    for code in [
        CloseCode::Malformed,
        CloseCode::TooLarge,
        CloseCode::TooFrequent,
        CloseCode::Mismatch,
        CloseCode::Replaced,
        CloseCode::Unavailable,
    ] {
        let mut page = Page::playing();
        page.take();
        page.input(PlayInput::Closed(code.code()));
        assert_eq!(page.state(), "problem");
        page.pass(60_000.0);
        assert_eq!(page.take(), [PlayOutput::Disconnect], "no attempt to come back after {code:?}");
        assert_eq!(page.buttons().len(), 1);
        assert_eq!(page.overlay().code, Some(code.code()));
        seen.push(page.overlay().title);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

#[test]
fn a_refusal_shows_the_servers_reason() {
    let mut page = Page::playing();
    page.seat(RoomToClient::Refused {
        code: CloseCode::Mismatch.code(),
        reason: "simulation 1, not 2".into(),
    });
    assert_eq!(page.overlay().detail, "simulation 1, not 2");
}

#[test]
fn another_tab_takes_the_seat_and_this_one_can_take_it_back() {
    let mut page = Page::playing();
    page.input(PlayInput::Closed(CloseCode::Replaced.code()));
    page.take();
    assert_eq!(page.buttons(), [Button::PlayHere]);
    page.input(PlayInput::Pressed(Button::PlayHere));
    assert_eq!(page.take(), [PlayOutput::Connect(ROOM.into())]);
    page.enter();
    page.status(Phase::Running, 0, Presence::Here);
    assert_eq!(page.state(), "running");
}

#[test]
fn a_stale_ticket_goes_back_to_the_lobby_once_and_then_says_so() {
    let mut page = Page::playing();
    page.input(PlayInput::Closed(CloseCode::Ticket.code()));
    assert!(page.take().contains(&PlayOutput::Connect(LOBBY.into())));
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    page.input(PlayInput::Opened);
    page.input(PlayInput::Closed(CloseCode::Ticket.code()));
    assert_eq!(page.state(), "problem");
    assert_eq!(page.buttons(), [Button::Reload]);
}

#[test]
fn a_browser_that_slept_comes_back_by_itself() {
    let mut page = Page::playing();
    page.take();
    page.input(PlayInput::Closed(CloseCode::Silent.code()));
    page.pass(300.0);
    assert!(page.take().contains(&PlayOutput::Connect(ROOM.into())));
}

#[test]
fn a_partner_who_is_gone_is_waited_for_with_a_clock() {
    let mut page = Page::playing();
    page.status(Phase::Paused, 30_000, Presence::Reconnecting);
    page.pass(3_400.0);
    assert_eq!(page.state(), "paused");
    assert_eq!((page.overlay().name, page.overlay().figure.as_str()), ("paused", "0:27"));
    let panel = view::panel(page.play.seat().unwrap(), page.now).unwrap();
    assert_eq!(panel.others, ["Partner: reconnecting 0:27"]);
    assert_eq!(panel.spoken, "Partner: reconnecting");
    page.status(Phase::Running, 0, Presence::Away);
    assert!(view::overlay(&page.play, page.now).is_none());
    assert_eq!(view::panel(page.play.seat().unwrap(), page.now).unwrap().others, ["Partner: away"]);
}

#[test]
fn the_result_stays_a_while_and_the_next_scene_comes_by_itself_once_all_is_saved() {
    let mut page = Page::playing();
    page.finish(false, [1.0, -1.0]);
    assert_eq!(page.state(), "finished");
    assert_eq!(page.overlay().title, "You won");
    page.take();
    page.pass(10_000.0);
    assert_eq!(page.buttons(), []);
    assert!(page.overlay().caption.starts_with("Saving"));
    page.finish(true, [1.0, -1.0]);
    page.input(PlayInput::Closed(CloseCode::Over.code()));
    page.take();
    page.pass(799.0);
    assert_eq!(page.take(), []);
    assert_eq!(page.buttons(), [Button::Continue]);
    page.pass(1.0);
    assert_eq!(page.take(), [PlayOutput::Advance]);
    page.pass(60_000.0);
    assert_eq!(page.take(), [], "it is asked once");
}

#[test]
fn a_save_that_takes_too_long_can_be_left_by_a_button_and_a_refusal_is_tried_again() {
    let mut page = Page::playing();
    page.finish(false, [0.0, 0.0]);
    assert_eq!(page.overlay().title, "Game over");
    page.take();
    page.input(PlayInput::Pressed(Button::Continue));
    page.pass(14_999.0);
    assert!(!page.take().contains(&PlayOutput::Advance));
    page.pass(1.0);
    assert_eq!(page.buttons(), [Button::Continue]);
    page.input(PlayInput::Pressed(Button::Continue));
    assert!(page.take().contains(&PlayOutput::Advance));
    for pause in [1000.0, 2000.0, 4000.0, 8000.0, 8000.0] {
        page.input(PlayInput::NotAdvanced);
        page.pass(pause - 1.0);
        assert!(!page.take().contains(&PlayOutput::Advance));
        page.pass(1.0);
        assert!(page.take().contains(&PlayOutput::Advance));
    }
    page.input(PlayInput::NotAdvanced);
    assert_eq!(page.buttons(), [Button::Continue, Button::Reload]);
}

#[test]
fn whoever_comes_back_to_a_game_that_is_over_goes_on() {
    let mut page = Page::playing();
    page.input(PlayInput::Closed(1006));
    page.pass(300.0);
    page.input(PlayInput::Opened);
    page.take();
    page.input(PlayInput::Closed(CloseCode::Over.code()));
    assert_eq!(page.take(), [PlayOutput::Disconnect, PlayOutput::Advance]);
}

#[test]
fn nobody_came_in_time_and_there_is_a_way_on() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::TimedOut { message: "Nobody else came. You will be paid.".into() });
    page.input(PlayInput::Closed(CloseCode::Over.code()));
    let overlay = page.overlay();
    assert_eq!((overlay.name, overlay.text.as_str()), ("timed-out", "Nobody else came. You will be paid."));
    page.take();
    page.input(PlayInput::Pressed(Button::Continue));
    assert_eq!(page.take(), [PlayOutput::Advance]);
    page.input(PlayInput::NotAdvanced);
    assert_eq!(page.take(), [PlayOutput::Reload], "the server's page says how it goes on");
}

#[test]
fn a_partner_who_never_came_leads_back_to_the_lobby_by_itself() {
    let mut page = Page::playing();
    page.status(Phase::Over, 0, Presence::Expected);
    let no_show = |saved| RoomToClient::Finished { outcome: Outcome::NoShow, saved, scores: vec![0.0, 0.0] };
    page.seat(no_show(false));
    page.take();
    page.pass(2_000.0);
    assert!(!page.take().contains(&PlayOutput::Advance), "there is nothing to go on from");
    assert_eq!((page.overlay().name, page.buttons()), ("unmatched", vec![]));
    page.seat(no_show(true));
    assert_eq!(page.take(), [PlayOutput::Disconnect, PlayOutput::Connect(LOBBY.into())]);
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::Waiting {
        here: 1,
        needed: 2,
        waited_ms: 20_000,
        limit_ms: 300_000,
        full: false,
    });
    let overlay = page.overlay();
    assert_eq!(overlay.name, "lobby");
    assert!(overlay.text.starts_with("Your partner did not come. We are looking for another one. "));
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    page.enter();
    page.status(Phase::Running, 0, Presence::Here);
    assert_eq!(page.state(), "running");
}

#[test]
fn who_finds_the_door_closed_behind_a_match_of_which_nothing_came_asks_the_lobby_without_a_storm() {
    let mut page = Page::playing();
    for _ in 0..3 {
        page.seat(RoomToClient::Finished { outcome: Outcome::NoShow, saved: false, scores: vec![] });
        page.input(PlayInput::Closed(CloseCode::Over.code()));
        page.take();
        page.pass(900.0);
        assert_eq!(page.take(), []);
        page.pass(100.0);
        assert_eq!(page.take(), [PlayOutput::Connect(LOBBY.into())]);
        page.input(PlayInput::Opened);
        page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
        page.input(PlayInput::Opened);
    }
}

#[test]
fn a_game_whose_end_nobody_told_and_that_cannot_be_left_leads_to_the_lobby() {
    let mut page = Page::playing();
    page.input(PlayInput::Closed(CloseCode::Over.code()));
    for pause in [1000.0, 2000.0] {
        page.input(PlayInput::NotAdvanced);
        page.pass(pause);
    }
    page.take();
    page.input(PlayInput::NotAdvanced);
    page.pass(0.0);
    assert_eq!(page.take(), [PlayOutput::Connect(LOBBY.into())]);
}

#[test]
fn a_notice_covers_nothing_and_is_in_the_title_of_who_looks_elsewhere() {
    let mut page = Page::playing();
    page.seat(RoomToClient::Notice { text: "Please come back.".into() });
    assert_eq!((view::notice(&page.play), page.state()), ("Please come back.", "running"));
    assert!(view::overlay(&page.play, page.now).is_none());
    assert!(page.play.take_news());
    page.input(PlayInput::Attention(false));
    assert_eq!(view::title(&page.play, "Slime"), "⚠ Please come back. – Slime");
    page.seat(RoomToClient::Notice { text: String::new() });
    assert_eq!((view::notice(&page.play), view::title(&page.play, "")), ("", "▶ Your game runs".into()));
}

#[test]
fn who_is_excluded_reads_why_and_goes_on() {
    let mut page = Page::playing();
    page.seat(RoomToClient::Notice { text: "Your connection is too slow.".into() });
    page.seat(RoomToClient::Finished { outcome: Outcome::Excluded, saved: false, scores: vec![1.0, 0.0] });
    assert_eq!(page.overlay().title, "The game ends here for you");
    assert_eq!(
        (page.overlay().text.as_str(), view::notice(&page.play)),
        ("Your connection is too slow.", "")
    );
    page.take();
    page.seat(RoomToClient::Finished { outcome: Outcome::Excluded, saved: true, scores: vec![1.0, 0.0] });
    page.input(PlayInput::Closed(CloseCode::Over.code()));
    page.pass(2_500.0);
    assert!(page.take().contains(&PlayOutput::Advance));
}

#[test]
fn who_comes_back_too_late_reads_that_and_goes_on() {
    let mut page = Page::playing();
    page.input(PlayInput::Closed(1006));
    page.pass(300.0);
    page.input(PlayInput::Opened);
    page.seat(RoomToClient::Finished { outcome: Outcome::Left, saved: true, scores: vec![] });
    page.input(PlayInput::Closed(CloseCode::Over.code()));
    assert_eq!(page.overlay().title, "You were away for too long");
    page.take();
    page.pass(2_500.0);
    assert_eq!(page.take(), [PlayOutput::Advance]);
}

#[test]
fn a_computer_that_plays_on_is_told_from_one_that_was_always_there() {
    let mut page = Page::playing();
    page.status(Phase::Running, 0, Presence::Policy);
    let panel = view::panel(page.play.seat().unwrap(), page.now).unwrap();
    assert_eq!(
        (panel.others, panel.missing),
        (vec!["Partner: left; the computer plays instead".into()], false)
    );
    page.seat(RoomToClient::Welcome(Welcome {
        names: vec!["You".into(), wire::COMPUTER.into()],
        ..page.play.seat().unwrap().welcome().unwrap().clone()
    }));
    assert_eq!(view::panel(page.play.seat().unwrap(), page.now).unwrap().others, [""; 0]);
}

#[test]
fn looking_away_is_told_at_once() {
    let mut page = Page::playing();
    page.pass(2_500.0);
    page.take();
    page.input(PlayInput::Attention(false));
    let pings: Vec<bool> = sent(&page.take())
        .into_iter()
        .filter_map(|message| match message {
            ClientToRoom::Ping { focused, .. } => Some(focused),
            _ => None,
        })
        .collect();
    assert_eq!(pings, [false]);
    assert_eq!(view::title(&page.play, "Slime"), "▶ Your game runs – Slime");
}
