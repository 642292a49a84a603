//! The key legend and the touch buttons below the picture.

use footlights_protocol::{KeySet, keys::Keyboard, words::texts};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use super::{
    layout,
    words::{self, say},
};
use crate::view::{self, TouchPad, TouchPads};
use footlights_canvas::dom::{self, Result, child, document, warn};

/// Shows what the keys do, and stands in for them under the thumbs.
pub struct Controls {
    legend: HtmlElement,
    thumbs: HtmlElement,
    buttons: Vec<(KeySet, HtmlElement)>,
    pads: TouchPads,
}

impl Controls {
    /// Empty until the keyboard is known.
    pub fn new(parent: &Element) -> Result<Self> {
        let legend = child(parent, "div", "legend")?;
        legend.set_hidden(true);
        let thumbs = child(parent, "div", "thumbs")?;
        thumbs.set_hidden(true);
        thumbs.set_attribute("aria-label", &say(texts::TOUCH_CONTROLS))?;
        thumbs.set_attribute("role", "group")?;
        // Left and right are those of the screen, in every language.
        thumbs.set_attribute("dir", "ltr")?;
        Ok(Self { legend, thumbs, buttons: Vec::new(), pads: TouchPads::default() })
    }

    /// The element that the fingers touch.
    pub fn thumbs(&self) -> &HtmlElement {
        &self.thumbs
    }

    /// The buttons as a gamepad sees them.
    pub fn pads(&self) -> &TouchPads {
        &self.pads
    }

    /// Builds both for `keyboard`.
    pub fn set(&mut self, keyboard: &Keyboard) -> Result<()> {
        self.legend.set_inner_html("");
        let all = words::all();
        let lines = view::legend(keyboard);
        self.legend.set_hidden(lines.is_empty());
        for line in &lines {
            let item = child(&self.legend, "span", "line")?;
            for (place, way) in line.combinations.iter().enumerate() {
                if place > 0 {
                    dom::words(&item, "span", "or", &say(texts::OR))?;
                }
                for (place, cap) in way.iter().enumerate() {
                    if place > 0 {
                        dom::words(&item, "span", "or", "+")?;
                    }
                    dom::words(&item, "kbd", "", &all.translate(&cap.name))?
                        .dataset()
                        .set("code", &cap.code)?;
                }
            }
            dom::words(&item, "span", "does", &all.translate(&line.label))?;
        }
        self.thumbs.set_inner_html("");
        self.buttons.clear();
        self.pads = view::pads(keyboard);
        let pads = self.pads.clone();
        self.thumb("left", &pads.left)?;
        self.thumb("right", &pads.right)?;
        self.thumbs.set_hidden(self.buttons.is_empty());
        relabel(&self.legend, "kbd");
        let (legend, codes) = (self.legend.clone(), keyboard.keys.clone());
        spawn_local(async move {
            // Without an answer the legend is that of an American keyboard until the keys are pressed.
            if let Err(error) = layout::ask(codes).await {
                warn("the layout of the keyboard is not known", &error);
            }
            relabel(&legend, "kbd");
        });
        Ok(())
    }

    /// Writes on a key what stands on it on this participant's keyboard, if that was learnt.
    pub fn relabel(&self, code: &str) {
        if !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            relabel(&self.legend, &format!("kbd[data-code={code}]"));
        }
    }

    fn thumb(&mut self, side: &str, pads: &[TouchPad]) -> Result<()> {
        let all = words::all();
        let thumb = child(&self.thumbs, "div", &format!("thumb {side}"))?;
        let cross = pads.iter().filter(|pad| pad.direction.is_some()).count() > 2;
        thumb.class_list().toggle_with_force("cross", cross)?;
        for pad in pads {
            let button = child(&thumb, "button", "pad")?;
            button.set_attribute("type", "button")?;
            button.set_tab_index(-1);
            let label = all.translate(&pad.label);
            button.set_attribute("aria-label", &label)?;
            dom::words(&button, "span", "face", &pad.face)?;
            if let Some(direction) = pad.direction {
                button.dataset().set("direction", &format!("{direction:?}").to_ascii_lowercase())?;
                dom::words(&button, "span", "does", &label)?;
            }
            self.buttons.push((pad.keys, button));
        }
        Ok(())
    }

    /// The keys of the button at this place of the window; none beside all of them.
    pub fn at(&self, x: i32, y: i32) -> KeySet {
        let hit = document().ok().and_then(|document| document.element_from_point(x as f32, y as f32));
        let Some(hit) = hit else { return KeySet::EMPTY };
        self.buttons
            .iter()
            .find(|(_, button)| button.contains(Some(&hit)))
            .map_or(KeySet::EMPTY, |(keys, _)| *keys)
    }

    /// Shows which buttons are held.
    pub fn hold(&self, held: KeySet) {
        for (keys, button) in &self.buttons {
            let _ = button.class_list().toggle_with_force("held", held.contains(*keys));
        }
    }
}

/// Writes on keys what stands on them on this participant's keyboard, as far as that was learnt: `KeyQ` is an A in France.
fn relabel(legend: &HtmlElement, keys: &str) {
    let Ok(caps) = legend.query_selector_all(keys) else { return };
    for cap in (0..caps.length()).filter_map(|place| caps.get(place)) {
        let Ok(cap) = cap.dyn_into::<HtmlElement>() else { continue };
        let letter = cap.dataset().get("code").and_then(|code| layout::learnt(&code));
        if let Some(letter) = letter.filter(|letter| cap.text_content().as_deref() != Some(letter)) {
            cap.set_text_content(Some(&letter));
        }
    }
}
