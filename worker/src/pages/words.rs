//! The sentences that the page's program needs, in a language other than English.

use std::collections::{BTreeMap, BTreeSet};

use footlights_experiment::{Experiment, GameScene, texts_of};
use footlights_protocol::words::{Category, Counted, Text, Words, form_key, texts};
use maud::{Markup, PreEscaped, html};

/// What the page's program says in the participant's language, as a JSON object from the English sentence; on the page of a
/// game also what the game says. `usual` is the experiment in the language that rooms speak.
pub(super) fn in_page(words: &Words, usual: &Experiment, game: Option<&GameScene>) -> Markup {
    let said = said(words, usual, game);
    html! {
        @if !said.is_empty() {
            // `<` could end the element.
            @let json = serde_json::to_string(&said).unwrap_or_default().replace('<', "\\u003c");
            script #words type="application/json" { (PreEscaped(json)) }
        }
    }
}

fn said(words: &Words, usual: &Experiment, game: Option<&GameScene>) -> BTreeMap<String, String> {
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
    let known = words.table().filter(|(english, _)| keys.contains(*english));
    let mut said: BTreeMap<String, String> =
        known.map(|(english, own)| (english.to_owned(), own.to_owned())).collect();
    if let Some(game) = game {
        let base = usual.game(&game.id).filter(|base| !std::ptr::eq(*base, game));
        said.extend(base.map(|base| texts_of(base, game)).unwrap_or_default());
        said.extend(game.texts.clone());
    }
    said
}
