//! Everything that a game shows: the picture, the panel above it, the overlay on it, and the words for screen readers.

use footlights_canvas::{
    Assets, Canvas,
    dom::{Result, child, document, warn},
};
use footlights_env::{Viewport, surface::Item};
use footlights_protocol::MonotonicMs;
use web_sys::HtmlElement;

use super::{overlay::OverlayView, panel::PanelView, scene::set_state, words};
use crate::{netcode::Play, view};

/// What a game shows.
pub struct Screen {
    canvas: Canvas,
    panel: PanelView,
    overlay: OverlayView,
    status: HtmlElement,
    /// The title of the scene.
    title: String,
    /// What was read aloud of the panel last.
    spoken: String,
}

impl Screen {
    /// Joins the views. `status` is read aloud when its text changes.
    pub fn new(
        canvas: Canvas,
        panel: PanelView,
        overlay: OverlayView,
        section: &HtmlElement,
        title: String,
    ) -> Result<Self> {
        let status = child(section, "p", "visually-hidden")?;
        status.set_attribute("role", "status")?;
        Ok(Self { canvas, panel, overlay, status, title, spoken: String::new() })
    }

    /// Sets what the game may draw and play.
    pub fn set_assets(&mut self, assets: Assets) {
        self.canvas.assets = assets;
    }

    /// The overlay.
    pub fn overlay(&self) -> &OverlayView {
        &self.overlay
    }

    /// The panel.
    pub fn panel(&self) -> &PanelView {
        &self.panel
    }

    /// Shows how the game stands, but for the picture.
    pub fn show(&mut self, play: &Play, now: MonotonicMs) -> Result<()> {
        let words = words::all();
        set_state(view::state(play))?;
        document()?.set_title(&view::title(play, &self.title, &words));
        let mut spoken = None;
        if let Some(panel) = play.seat().and_then(|seat| view::panel(seat, now, &words)) {
            if self.spoken != panel.spoken {
                self.spoken.clone_from(&panel.spoken);
                spoken = Some(panel.spoken.clone());
            }
            self.panel.set(panel)?;
        }
        self.panel.notice.set(&words.translate(view::notice(play)));
        spoken = self.overlay.set(view::overlay(play, now, &words))?.or(spoken);
        if let Some(spoken) = spoken {
            self.status.set_text_content(Some(&spoken));
        }
        Ok(())
    }

    /// Fits the picture into its box; true if it must be painted again.
    pub fn fit(&mut self, viewport: Viewport) -> Result<bool> {
        self.canvas.fit(viewport)
    }

    /// Paints a picture.
    pub fn paint(&mut self, items: &[Item]) {
        let translated = view::translated(items, &words::all());
        if let Err(error) = self.canvas.paint(translated.as_deref().unwrap_or(items)) {
            warn("a picture failed", &error);
        }
    }
}
