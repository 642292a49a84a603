//! The end of a game, and the way to the next scene.

use footlights_client::{
    netcode::{Button, PlayInput, PlayOutput},
    view,
};
use footlights_protocol::{
    Outcome, ShownResult,
    wire::{CloseCode, RoomToClient},
};

use crate::page::{LOBBY, Page};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
fn the_experimenter_says_what_the_end_says() {
    for (shown, title) in [
        (ShownResult::WinOrLose, "You won"),
        (ShownResult::GameOver, "Game over"),
        (ShownResult::Words("Well done, both of you!".into()), "Well done, both of you!"),
    ] {
        let mut page = Page::ending_with(shown);
        page.finish(true, [1.0, -1.0]);
        assert_eq!(page.overlay().title, title);
    }
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
fn who_is_excluded_reads_why_and_goes_on() {
    let mut page = Page::playing();
    page.seat(RoomToClient::Notice { text: "Your connection is too slow.".into() });
    page.seat(RoomToClient::Finished {
        outcome: Outcome::Excluded,
        saved: false,
        scores: vec![Some(1.0), Some(0.0)],
    });
    assert_eq!(page.overlay().title, "The game ends here for you");
    assert_eq!(
        (page.overlay().text.as_str(), view::notice(&page.play)),
        ("Your connection is too slow.", "")
    );
    page.take();
    page.seat(RoomToClient::Finished {
        outcome: Outcome::Excluded,
        saved: true,
        scores: vec![Some(1.0), Some(0.0)],
    });
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
