//! Full screen, which survives a change of scene because the document does.

use footlights_canvas::dom::{document, warn};

use super::scene::scene;

/// Enters full screen, or leaves it.
pub fn toggle() {
    let Ok(document) = document() else { return };
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(root) = document.document_element()
        && let Err(error) = root.request_fullscreen()
    {
        warn("no full screen", &error);
    }
    // The keys are for the game again, not for the button.
    let _ = scene().and_then(|scene| scene.focus());
}
