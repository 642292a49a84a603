//! The body of a page: text, the researcher's own HTML, images, and files that are loaded ahead.

use std::collections::BTreeSet;

use footlights_experiment::{Assets, Experiment, GameScene, Part, markdown};
use maud::{Markup, PreEscaped, html};

use super::view::View;
use crate::experiments;

/// The program that loads the policies' module.
pub(super) const POLICIES: &str = "/policies/boot.js";
/// The files of that module, by name below `/policies/`.
const POLICY_FILES: [&str; 3] = ["boot.js", "policies.js", "policies_bg.wasm"];

/// The parts of a page, with the participant's globals filled in.
pub(super) fn parts(view: &View<'_>, body: &[Part]) -> Markup {
    html! {
        @for part in body {
            @match part {
                Part::Text(text) => p { (view.text(text)) },
                Part::Markdown(text) => div.text { (written(view, text)) },
                Part::Html(own) => div.own { (PreEscaped(own)) },
                Part::Image { file, shows } => img src={ "/assets/" (file) } alt=(shows);,
                Part::Collapsible { title, body } => details { summary { (title) } (parts(view, body)) },
            }
        }
    }
}

/// Text in Markdown, with the participant's globals filled in.
pub(super) fn written(view: &View<'_>, text: &str) -> PreEscaped<String> {
    PreEscaped(markdown(text, |text| view.text(text)))
}

/// What a game may draw and play, for `data-assets`; none where it declares nothing.
pub(super) fn assets(game: &GameScene) -> Option<String> {
    let Assets { images, sounds, .. } = &game.assets;
    let declared = !images.is_empty() || !sounds.is_empty();
    declared.then(|| serde_json::to_string(&game.assets).unwrap_or_default())
}

/// The model files that a browser needs to run the policies of a game.
fn models(experiment: &Experiment, game: &GameScene) -> Vec<&'static str> {
    let place = (experiment.id.clone(), game.id.clone());
    let models = game.policies_in_browser().then(|| experiments::checked().models.get(&place)).flatten();
    models.into_iter().flat_map(|models| models.keys().copied()).collect()
}

/// The same, for `data-models`: their names, each in a line.
pub(super) fn model_names(experiment: &Experiment, game: &GameScene) -> Option<String> {
    let names = models(experiment, game);
    (!names.is_empty()).then(|| names.join("\n"))
}

/// Links by which a browser loads the files of later games while the participant reads.
pub(super) fn ahead(view: &View<'_>) -> Markup {
    let progress = &view.session.progress;
    let games: Vec<&GameScene> = view
        .experiment
        .games()
        // On the first page the path is not drawn yet, so every game is possible.
        .filter(|game| progress.path().is_empty() || progress.path().contains(&game.id))
        .filter(|game| progress.outcome(&game.id).is_none())
        .collect();
    let images: BTreeSet<&str> = games.iter().flat_map(|game| game.assets.image_files()).collect();
    let files: BTreeSet<&str> = games.iter().flat_map(|game| game.assets.other_files()).collect();
    let policies = games.iter().any(|game| game.policies_in_browser());
    let models: BTreeSet<&str> = games.iter().flat_map(|game| models(view.experiment, game)).collect();
    html! {
        @for file in images { link rel="prefetch" as="image" href={ "/assets/" (file) }; }
        @for file in files { link rel="prefetch" href={ "/assets/" (file) }; }
        @if policies {
            @for file in POLICY_FILES { link rel="prefetch" href={ "/policies/" (file) }; }
            @for file in models { link rel="prefetch" href={ "/models/" (file) }; }
        }
    }
}
