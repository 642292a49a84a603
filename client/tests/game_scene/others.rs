//! What a participant sees of the others, and of warnings, while the game goes on.

use footlights_client::{netcode::PlayInput, view};
use footlights_protocol::wire::{self, Phase, Presence, RoomToClient, Welcome};
use footlights_protocol::words::Words;

use crate::page::Page;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_partner_who_is_gone_is_waited_for_with_a_clock() {
    let mut page = Page::playing();
    page.status(Phase::Paused, 30_000, Presence::Reconnecting);
    page.pass(3_400.0);
    assert_eq!(page.state(), "paused");
    assert_eq!((page.overlay().name, page.overlay().figure.as_str()), ("paused", "0:27"));
    let panel = view::panel(page.play.seat().unwrap(), page.now, &Words::default()).unwrap();
    assert_eq!(panel.others, ["Partner: reconnecting 0:27"]);
    assert_eq!(panel.spoken, "Partner: reconnecting");
    page.status(Phase::Running, 0, Presence::Away);
    assert!(view::overlay(&page.play, page.now, &Words::default()).is_none());
    assert_eq!(
        view::panel(page.play.seat().unwrap(), page.now, &Words::default()).unwrap().others,
        ["Partner: away"]
    );
}

#[test]
fn a_notice_covers_nothing_and_is_in_the_title_of_who_looks_elsewhere() {
    let mut page = Page::playing();
    page.seat(RoomToClient::Notice { text: "Please come back.".into() });
    assert_eq!((view::notice(&page.play), page.state()), ("Please come back.", "running"));
    assert!(view::overlay(&page.play, page.now, &Words::default()).is_none());
    assert!(page.play.take_news());
    page.input(PlayInput::Attention(false));
    assert_eq!(view::title(&page.play, "Slime", &Words::default()), "⚠ Please come back. – Slime");
    page.seat(RoomToClient::Notice { text: String::new() });
    assert_eq!(
        (view::notice(&page.play), view::title(&page.play, "", &Words::default())),
        ("", "▶ Your game runs".into())
    );
}

#[test]
fn a_computer_that_plays_on_is_told_from_one_that_was_always_there() {
    let mut page = Page::playing();
    page.status(Phase::Running, 0, Presence::Policy);
    let panel = view::panel(page.play.seat().unwrap(), page.now, &Words::default()).unwrap();
    assert_eq!(
        (panel.others, panel.missing),
        (vec!["Partner: left; the computer plays instead".into()], false)
    );
    page.seat(RoomToClient::Welcome(Welcome {
        names: vec!["You".into(), wire::SeatName::Computer.to_string()],
        ..page.play.seat().unwrap().welcome().unwrap().clone()
    }));
    assert_eq!(view::panel(page.play.seat().unwrap(), page.now, &Words::default()).unwrap().others, [""; 0]);
}
