//! The connection to a room: handshake, keys, pictures, and the way back after a loss.

use footlights_client::{
    netcode::{Button, PlayInput, PlayOutput},
    view,
};
use footlights_env::surface::Delta;
use footlights_protocol::words::Words;
use footlights_protocol::{
    KeySet, MonotonicMs, Tick,
    wire::{self, ClientToRoom, CloseCode, Frame, LobbyToClient, Phase, Presence, RoomToClient},
};

use crate::page::{DIGEST, Page, ROOM, keys, sent};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_first_message_is_hello_and_held_keys_follow_the_first_frame() {
    let mut page = Page::new();
    page.input(PlayInput::Opened);
    page.lobby(LobbyToClient::Matched { socket: ROOM.into() });
    page.take();
    page.input(PlayInput::Held { keys: KeySet(5), at: MonotonicMs(0.0) });
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
    for keys in [1, 1, 3, 0, 0].map(KeySet) {
        page.input(PlayInput::Held { keys, at: page.now });
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
fn a_page_that_was_reloaded_counts_on_from_where_the_room_is() {
    let mut page = Page::playing();
    page.take();
    page.frame(Tick(50), 40);
    page.input(PlayInput::Held { keys: KeySet(1), at: MonotonicMs(0.0) });
    assert_eq!(keys(&page.take()), [(41, KeySet(1))]);
}

#[test]
fn a_lost_connection_comes_back_with_growing_pauses_and_says_again_what_is_held() {
    let mut page = Page::playing();
    page.input(PlayInput::Held { keys: KeySet(2), at: MonotonicMs(0.0) });
    page.pass(6_000.0);
    page.frame(Tick(100), 2);
    page.take();
    page.input(PlayInput::Closed(1006));
    assert_eq!(page.state(), "reconnecting");
    assert!(page.overlay().figure.starts_with("Trying again"));
    // That it also asks the server how it goes on is another test's.
    let sockets = |page: &mut Page| {
        let mut outputs = page.take();
        outputs.retain(|output| *output != PlayOutput::Advance);
        outputs
    };
    for pause in [300.0, 600.0, 1200.0, 2400.0, 3000.0, 3000.0] {
        page.pass(pause - 1.0);
        assert_eq!(sockets(&mut page), []);
        page.pass(1.0);
        assert_eq!(sockets(&mut page), [PlayOutput::Connect(ROOM.into())]);
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
fn a_page_whose_sockets_stay_lost_asks_the_server_how_it_goes_on() {
    fn lose(page: &mut Page, attempts: usize) {
        for _ in 0..attempts {
            page.pass(3_000.0);
            page.input(PlayInput::Closed(1006));
        }
    }
    let asked = |page: &mut Page| page.take().iter().filter(|output| **output == PlayOutput::Advance).count();
    for mut page in [Page::playing(), Page::new()] {
        page.take();
        page.input(PlayInput::Closed(1006));
        lose(&mut page, 2);
        assert_eq!(asked(&mut page), 0, "the connection may come back");
        lose(&mut page, 2);
        assert_eq!(asked(&mut page), 1);
        lose(&mut page, 10);
        assert_eq!(asked(&mut page), 0, "one question at a time");
        page.input(PlayInput::NotAdvanced);
        assert_eq!(asked(&mut page), 0);
        lose(&mut page, 6);
        assert_eq!(asked(&mut page), 1, "and again after a pause");
    }
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
fn a_browser_that_slept_comes_back_by_itself() {
    let mut page = Page::playing();
    page.take();
    page.input(PlayInput::Closed(CloseCode::Silent.code()));
    page.pass(300.0);
    assert!(page.take().contains(&PlayOutput::Connect(ROOM.into())));
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
    assert_eq!(view::title(&page.play, "Slime", &Words::default()), "▶ Your game runs – Slime");
}
