//! What lies over the picture: builds it from its model, and touches only the counting parts while it stays the same.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use super::words::{self, say};
use crate::{
    netcode::Button,
    view::{Overlay, button_words},
};
use footlights_canvas::dom::{self, Label, Result, child, number};
use footlights_protocol::words::texts;

/// The overlay.
pub struct OverlayView {
    root: HtmlElement,
    card: HtmlElement,
    shown: Option<Overlay>,
    counting: Option<Counting>,
    buttons: Vec<(Button, HtmlElement)>,
}

/// What changes from second to second.
struct Counting {
    figure: Label,
    caption: Label,
    bar: Option<HtmlElement>,
}

impl OverlayView {
    /// A hidden overlay at the end of `parent`.
    pub fn new(parent: &Element) -> Result<Self> {
        let root = child(parent, "div", "overlay")?;
        root.set_id("overlay");
        root.set_hidden(true);
        root.set_attribute("role", "dialog")?;
        root.set_attribute("aria-labelledby", "overlay-title")?;
        root.set_attribute("aria-describedby", "overlay-text")?;
        let card = child(&root, "div", "card")?;
        Ok(Self { root, card, shown: None, counting: None, buttons: Vec::new() })
    }

    /// The element, for listeners.
    pub fn root(&self) -> &HtmlElement {
        &self.root
    }

    /// Whether the event's target lies in it.
    pub fn contains(&self, target: Option<web_sys::EventTarget>) -> bool {
        let node = target.and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        self.root.contains(node.as_ref())
    }

    /// Which button the event's target is (in), if any.
    pub fn button(&self, target: Option<web_sys::EventTarget>) -> Option<Button> {
        let node: web_sys::Node = target?.dyn_into().ok()?;
        self.buttons.iter().find(|(_, element)| element.contains(Some(&node))).map(|(button, _)| *button)
    }

    /// Shows `overlay`. Returns what to read aloud when something else is shown than before.
    pub fn set(&mut self, overlay: Option<Overlay>) -> Result<Option<String>> {
        if self.shown == overlay {
            return Ok(None);
        }
        let Some(overlay) = overlay else {
            self.root.set_hidden(true);
            self.root.dataset().delete("overlay");
            self.shown = None;
            return Ok(Some(String::new()));
        };
        let same = self.shown.as_ref().is_some_and(|shown| {
            (shown.name, &shown.title, &shown.text, shown.here, &shown.rows, &shown.buttons)
                == (
                    overlay.name,
                    &overlay.title,
                    &overlay.text,
                    overlay.here,
                    &overlay.rows,
                    &overlay.buttons,
                )
        });
        if !same {
            self.build(&overlay)?;
        }
        if let Some(counting) = &mut self.counting {
            counting.figure.set(&overlay.figure);
            counting.caption.set(&overlay.caption);
            if let (Some(bar), Some(part)) = (&counting.bar, overlay.part) {
                bar.style()
                    .set_property("transform", &format!("scaleX({})", number(part.clamp(0.0, 1.0))))?;
            }
        }
        let words = words::all();
        let spoken = |overlay: &Overlay| {
            words.with(texts::AND_POINT, &[("title", &overlay.title), ("text", &overlay.text)])
        };
        let is_news = self.shown.as_ref().is_none_or(|shown| spoken(shown) != spoken(&overlay));
        let spoken = is_news.then(|| spoken(&overlay));
        self.shown = Some(overlay);
        Ok(spoken)
    }

    fn build(&mut self, overlay: &Overlay) -> Result<()> {
        let (root, card) = (&self.root, &self.card);
        let other = self.shown.as_ref().is_none_or(|shown| shown.name != overlay.name);
        root.set_hidden(false);
        root.dataset().set("overlay", overlay.name)?;
        root.dataset().set("tone", overlay.tone.as_str())?;
        match overlay.code {
            Some(code) => root.dataset().set("code", &code.to_string())?,
            None => root.dataset().delete("code"),
        }
        card.set_inner_html("");
        let title = dom::words(card, "h2", "", &overlay.title)?;
        title.set_id("overlay-title");
        if let Some((here, needed)) = overlay.here {
            self.dots(here, needed)?;
        }
        let text = dom::words(card, "p", "", &overlay.text)?;
        text.set_id("overlay-text");
        text.set_hidden(overlay.text.is_empty());
        if !overlay.rows.is_empty() {
            let result = child(card, "dl", "result")?;
            for row in &overlay.rows {
                let line = child(&result, "div", if row.own { "own" } else { "" })?;
                dom::words(&line, "dt", "", &row.name)?;
                dom::words(&line, "dd", "", &row.score)?;
            }
        }
        let bar = match overlay.part {
            Some(_) => Some(child(child(card, "div", "bar-track")?.as_ref(), "i", "")?),
            None => None,
        };
        let count = child(card, "p", "count")?;
        count.set_attribute("aria-hidden", "true")?;
        let figure = Label::new(child(&count, "span", "figure")?);
        let caption = Label::new(child(&count, "span", "caption")?);
        self.counting = Some(Counting { figure, caption, bar });
        self.buttons.clear();
        if !overlay.buttons.is_empty() {
            let row = child(card, "div", "buttons")?;
            for button in &overlay.buttons {
                let class = if self.buttons.is_empty() { "primary" } else { "" };
                let element: HtmlButtonElement =
                    dom::words(&row, "button", class, &say(button_words(*button)))?.dyn_into()?;
                element.set_type("button");
                self.buttons.push((*button, element.into()));
            }
        }
        if !overlay.detail.is_empty() {
            let detail = dom::words(card, "p", "detail", &overlay.detail)?;
            detail.set_attribute("lang", "en")?;
            detail.set_attribute("dir", "ltr")?;
        }
        // A button that must be pressed gets the focus. A result goes on by itself, and must not be clicked away by a key
        // that was meant for the game.
        if other
            && !matches!(overlay.name, "finished" | "reconnecting")
            && let Some((_, button)) = self.buttons.first()
        {
            button.focus()?;
        }
        Ok(())
    }

    fn dots(&self, here: u32, needed: u32) -> std::result::Result<(), JsValue> {
        let dots = child(&self.card, "div", "dots")?;
        dots.set_attribute("role", "img")?;
        let [here_words, needed_words] = [here, needed].map(|people| people.to_string());
        let values = [("here", here_words.as_str()), ("needed", needed_words.as_str())];
        let words = words::all().with(texts::HERE_OF, &values);
        dots.set_attribute("aria-label", &words)?;
        for place in 0..needed.min(12) {
            child(&dots, "i", if place < here { "full" } else { "" })?;
        }
        dom::words(&dots, "span", "", &words)?;
        Ok(())
    }
}
