//! The sentences that the page's program needs, in a language other than English.

use std::collections::{BTreeMap, BTreeSet};

use footlights_experiment::{GameScene, texts_of};
use footlights_protocol::words::{Category, Counted, Text, form_key, texts};
use maud::{Markup, PreEscaped, html};

use super::view::View;

/// What the page's program says in the participant's language, as a JSON object from the English sentence; on the page of a
/// game also what the game says, with what is known about the participant.
pub(super) fn in_page(view: &View<'_>, game: Option<&GameScene>) -> Markup {
    let said = said(view, game);
    html! {
        @if !said.is_empty() {
            // `<` could end the element.
            @let json = serde_json::to_string(&said).unwrap_or_default().replace('<', "\\u003c");
            script #words type="application/json" { (PreEscaped(json)) }
        }
    }
}

fn said(view: &View<'_>, game: Option<&GameScene>) -> BTreeMap<String, String> {
    let mut plain: Vec<&[Text]> = vec![texts::WRITING, texts::PAGE];
    let mut counted: Vec<&[Counted]> = vec![texts::PAGE_COUNTED];
    if game.is_some() {
        plain.extend([texts::GAME, texts::ENVIRONMENTS, &[texts::CONTINUE, texts::ENDED_LOBBY_TIMEOUT]]);
        counted.extend([texts::GAME_COUNTED, texts::ENVIRONMENTS_COUNTED]);
    }
    let keys: BTreeSet<String> = plain
        .into_iter()
        .flatten()
        .map(|text| text.0.to_owned())
        .chain(
            counted
                .into_iter()
                .flatten()
                .flat_map(|text| Category::ALL.into_iter().map(|category| form_key(text.other, category))),
        )
        .collect();
    let known = view.words().table().filter(|(english, _)| keys.contains(*english));
    let mut said: BTreeMap<String, String> =
        known.map(|(english, own)| (english.to_owned(), own.to_owned())).collect();
    if let Some(game) = game {
        // The room of a scene sends its texts as they stand in the language that rooms speak.
        let sent = view.usual.game(&game.id).map(|usual| texts_of(usual, game)).unwrap_or_default();
        let shown = sent.into_iter().map(|(sent, own)| (sent, view.text(&own)));
        said.extend(shown.filter(|(sent, shown)| sent != shown));
        said.extend(game.texts.clone());
    }
    said
}
