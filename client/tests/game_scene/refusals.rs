//! Connections that the server refuses, and the way out of each.

use footlights_client::netcode::{Button, PlayInput, PlayOutput};
use footlights_protocol::wire::{CloseCode, LobbyToClient, Phase, Presence, RoomToClient};

use crate::page::{LOBBY, Page, ROOM};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
