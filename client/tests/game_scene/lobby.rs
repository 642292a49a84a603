//! The wait for a game: who is here, ready checks, and matches of which nothing came.

use footlights_client::{
    netcode::{Button, Play, PlayInput, PlayOutput},
    view,
};
use footlights_protocol::words::Words;
use footlights_protocol::{
    MonotonicMs, Outcome,
    wire::{ClientToLobby, ClientToRoom, CloseCode, LobbyToClient, Phase, Presence, RoomToClient},
};

use crate::page::{DIGEST, LOBBY, Page, ROOM, WAITING, check, sent, to_lobby};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
    assert_eq!(view::title(&page.play, "Slime", &Words::default()), "(1/2) Waiting – Slime");
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ping { rtt: 0.0 }; 3], "on opening and every 5 s");
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    assert_eq!(page.take(), [PlayOutput::Call, PlayOutput::Disconnect, PlayOutput::Connect(ROOM.into())]);
}

#[test]
fn the_round_trip_to_the_lobby_is_from_a_ping_to_its_answer_and_known_at_once() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ping { rtt: 0.0 }]);
    page.now = MonotonicMs(30.0);
    page.lobby(WAITING);
    assert_eq!(page.take(), [], "news are no answer");
    page.now = MonotonicMs(42.0);
    page.lobby(LobbyToClient::Pong);
    assert_eq!(to_lobby(&page.take()), [ClientToLobby::Ping { rtt: 42.0 }]);
    page.now = MonotonicMs(60.0);
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
    assert_eq!(view::title(&page.play, "Slime", &Words::default()), "▶ Are you ready? – Slime");
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
fn nobody_came_in_time_and_there_is_a_way_on() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::TimedOut { message: "Nobody else came. You will be paid.".into() });
    page.input(PlayInput::Closed(CloseCode::Over.code()));
    let overlay = page.overlay();
    assert_eq!((overlay.name, overlay.text.as_str()), ("timed-out", "Nobody else came. You will be paid."));
    page.take();
    let caption = overlay.caption.clone();
    assert!(caption.starts_with("Continuing in "), "{caption}");
    let mut walks_away = Page::new();
    walks_away.input(PlayInput::Opened);
    walks_away.lobby(LobbyToClient::TimedOut { message: "Nobody else came.".into() });
    walks_away.take();
    walks_away.pass(30_000.0);
    assert!(walks_away.take().contains(&PlayOutput::Advance), "the page goes on by itself");
    page.input(PlayInput::Pressed(Button::Continue));
    assert_eq!(page.take(), [PlayOutput::Advance]);
    page.input(PlayInput::NotAdvanced);
    assert_eq!(page.take(), [PlayOutput::Reload], "the server's page says how it goes on");
}

#[test]
fn a_partner_who_never_came_leads_back_to_the_lobby_by_itself() {
    let mut page = Page::playing();
    page.status(Phase::Over, 0, Presence::Expected);
    let no_show =
        |saved| RoomToClient::Finished { outcome: Outcome::NoShow, saved, scores: vec![Some(0.0); 2] };
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
fn nobody_waits_for_a_partner_before_images_and_policies_are_there() {
    let mut page = Page::new();
    page.take();
    page.play = Play::new(LOBBY, Some(DIGEST), None, true, page.now).loading();
    page.input(PlayInput::Attention(false));
    page.input(PlayInput::AssetFailed("cook.png"));
    page.pass(5_000.0);
    assert_eq!((page.take(), page.state()), (vec![], "loading"));
    assert!(page.overlay().title.contains("Loading"));
    page.input(PlayInput::Loaded);
    assert_eq!(page.take(), [PlayOutput::Connect(LOBBY.into())]);
}

#[test]
fn every_room_is_told_once_which_files_could_not_be_loaded() {
    let failed = |outputs: &[PlayOutput]| {
        let files = sent(outputs).into_iter().filter_map(|message| match message {
            ClientToRoom::AssetFailed { file } => Some(file),
            _ => None,
        });
        files.collect::<Vec<_>>()
    };
    let mut page = Page::new();
    for _ in 0..2 {
        (0..40).for_each(|k| page.input(PlayInput::AssetFailed(&format!("{k}.png"))));
    }
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    page.take();
    page.enter();
    let told = failed(&page.take());
    assert_eq!((told.len(), told[0].as_str()), (20, "0.png"), "a room refuses who sends too much at once");
    page.status(Phase::Running, 0, Presence::Here);
    assert_eq!(failed(&page.take()), Vec::<String>::new());
}

#[test]
fn a_seat_that_is_known_is_taken_without_the_lobby_and_given_up_for_it_when_it_is_stale() {
    let mut page = Page::new();
    page.take();
    page.play = Play::new(LOBBY, Some(DIGEST), None, true, page.now).in_room(Some(ROOM.into()), page.now);
    page.pass(0.0);
    assert_eq!(page.take(), [PlayOutput::Connect(ROOM.into())]);
    page.input(PlayInput::Closed(CloseCode::Ticket.code()));
    assert!(page.take().contains(&PlayOutput::Connect(LOBBY.into())));
    // Where something is loaded first, it waits for that.
    page.play =
        Play::new(LOBBY, Some(DIGEST), None, true, page.now).in_room(Some(ROOM.into()), page.now).loading();
    page.pass(0.0);
    assert_eq!(page.take(), []);
    page.input(PlayInput::Loaded);
    assert_eq!(page.take(), [PlayOutput::Connect(ROOM.into())]);
}
