//! The pictures that a scene may draw, by name: `data-assets` of the game section, as JSON such as
//! `{"tiles": {"src": "/assets/tiles.png", "columns": 4, "rows": 2}}`; without columns and rows it is one picture.

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlImageElement};

use crate::dom::{Listener, Result};

struct Atlas {
    image: HtmlImageElement,
    _loaded: Listener,
    columns: u32,
    rows: u32,
}

/// The pictures of a scene.
#[derive(Default)]
pub struct Images(Vec<(String, Atlas)>);

impl Images {
    /// Starts to load them; calls `loaded` after each. What is not understood is left out, and painted as a
    /// placeholder.
    pub fn load(assets: &str, loaded: impl Fn() + Clone + 'static) -> Result<Self> {
        let mut images = Vec::new();
        let entries = JSON::parse(assets).ok().and_then(|parsed| parsed.dyn_into::<Object>().ok());
        for name in entries.iter().flat_map(Object::keys).filter_map(|key| key.as_string()) {
            let Some(entry) =
                entries.as_ref().and_then(|entries| Reflect::get(entries, &name.as_str().into()).ok())
            else {
                continue;
            };
            let of = |key: &str| Reflect::get(&entry, &key.into()).unwrap_or_default();
            let Some(src) = of("src").as_string() else { continue };
            let count = |key| of(key).as_f64().unwrap_or(1.0).clamp(1.0, 1024.0) as u32;
            let (image, loaded) = (HtmlImageElement::new()?, loaded.clone());
            let listener = Listener::new(&image, "load", move |_: Event| loaded())?;
            image.set_src(&src);
            let (columns, rows) = (count("columns"), count("rows"));
            images.push((name, Atlas { image, _loaded: listener, columns, rows }));
        }
        Ok(Self(images))
    }

    /// A picture that is loaded, and the part of it (x, y, width, height) that is frame `frame`, counted by rows.
    pub fn get(&self, name: &str, frame: u16) -> Option<(HtmlImageElement, [f64; 4])> {
        let (_, Atlas { image, columns, rows, .. }) = self.0.iter().find(|(known, _)| known == name)?;
        if !image.complete() || image.natural_width() == 0 {
            return None;
        }
        let width = f64::from(image.natural_width()) / f64::from(*columns);
        let height = f64::from(image.natural_height()) / f64::from(*rows);
        let frame = u32::from(frame) % (columns * rows);
        let part = [f64::from(frame % columns) * width, f64::from(frame / columns) * height, width, height];
        Some((image.clone(), part))
    }
}
