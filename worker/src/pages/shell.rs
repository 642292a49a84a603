//! What surrounds every page of a participant: the head, the bar, and the page's program.

use footlights_experiment::{Experiment, is_right_to_left};
use footlights_protocol::words::Words;
use maud::{DOCTYPE, Markup, html};

/// A whole document in the language of `words`. `place` is the experiment and the beginning of the participant's addresses.
pub(super) fn shell(
    title: &str,
    place: Option<(&Experiment, &str)>,
    words: &Words,
    bar: Markup,
    main: Markup,
) -> Markup {
    let direction = if is_right_to_left(words.language()) { "rtl" } else { "ltr" };
    // The page's program, with the environments if browsers simulate a game.
    let simulates = place
        .is_some_and(|(experiment, _)| experiment.games().any(|game| game.run_mode().simulates_in_browser()));
    let program = if simulates { "/simulating" } else { "/client" };
    html! {
        (DOCTYPE)
        html lang=(words.language()) dir=(direction) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="/client/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/client/style.css";
                link rel="stylesheet" href="/client/pages.css";
                // Loaded with the page rather than one after the other: on a slow line that is a second.
                link rel="modulepreload" href={ (program) "/client.js" };
                link rel="preload" href={ (program) "/client_bg.wasm" } as="fetch" type="application/wasm" crossorigin;
                script type="module" src={ (program) "/boot.js" } {}
                script nomodule="" src="/client/old.js" {}
            }
            // The client adds its state as `data-state` once it runs.
            body data-experiment=[place.map(|(experiment, _)| &experiment.id)] data-tab=[place.map(|(_, base)| format!("{base}/tab"))] {
                header.bar { (bar) }
                main #scene tabindex="-1" { (main) }
            }
        }
    }
}
