//! The key legend and the touch buttons below the picture.

use footlights_protocol::{KeySet, keys::Keyboard};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement};

use crate::view::{self, TouchPad, TouchPads};
use footlights_canvas::dom::{OrMissing, Result, child, document, window, words};

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
        thumbs.set_attribute("aria-label", "Touch controls")?;
        thumbs.set_attribute("role", "group")?;
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
        let lines = view::legend(keyboard);
        self.legend.set_hidden(lines.is_empty());
        for line in &lines {
            let item = child(&self.legend, "span", "line")?;
            for (place, way) in line.combinations.iter().enumerate() {
                if place > 0 {
                    words(&item, "span", "or", "or")?;
                }
                for (place, cap) in way.iter().enumerate() {
                    if place > 0 {
                        words(&item, "span", "or", "+")?;
                    }
                    words(&item, "kbd", "", &cap.name)?.dataset().set("code", &cap.code)?;
                }
            }
            words(&item, "span", "does", &line.label)?;
        }
        self.thumbs.set_inner_html("");
        self.buttons.clear();
        self.pads = view::pads(keyboard);
        let pads = self.pads.clone();
        self.thumb("left", &pads.left)?;
        self.thumb("right", &pads.right)?;
        self.thumbs.set_hidden(self.buttons.is_empty());
        let legend = self.legend.clone();
        spawn_local(async move {
            // Without the layout the legend stays as it is on an American keyboard.
            let _ = relabel(&legend).await;
        });
        Ok(())
    }

    fn thumb(&mut self, side: &str, pads: &[TouchPad]) -> Result<()> {
        let thumb = child(&self.thumbs, "div", &format!("thumb {side}"))?;
        let cross = pads.iter().filter(|pad| pad.direction.is_some()).count() > 2;
        thumb.class_list().toggle_with_force("cross", cross)?;
        for pad in pads {
            let button = child(&thumb, "button", "pad")?;
            button.set_attribute("type", "button")?;
            button.set_tab_index(-1);
            button.set_attribute("aria-label", &pad.label)?;
            words(&button, "span", "face", &pad.face)?;
            if let Some(direction) = pad.direction {
                button.dataset().set("direction", &format!("{direction:?}").to_ascii_lowercase())?;
                words(&button, "span", "does", &pad.label)?;
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

/// Writes on the keys what stands on them on this participant's keyboard, where the browser tells: `KeyQ` is an A in
/// France.
async fn relabel(legend: &HtmlElement) -> Result<()> {
    let keyboard = Reflect::get(window()?.navigator().as_ref(), &"keyboard".into())?;
    if keyboard.is_undefined() {
        return Ok(());
    }
    let layout: Function = Reflect::get(&keyboard, &"getLayoutMap".into())?.dyn_into()?;
    let layout = JsFuture::from(layout.call0(&keyboard)?.dyn_into::<Promise>()?).await?;
    let get: Function = Reflect::get(&layout, &"get".into())?.dyn_into()?;
    let caps = legend.query_selector_all("kbd")?;
    for place in 0..caps.length() {
        let cap: HtmlElement = caps.get(place).or_missing("key")?.dyn_into()?;
        let code: JsValue = cap.dataset().get("code").unwrap_or_default().into();
        if let Some(name) = get.call1(&layout, &code)?.as_string() {
            let name = js_sys::JsString::from(name.as_str()).to_upper_case();
            cap.set_text_content(Some(&String::from(name)));
        }
    }
    Ok(())
}
