//! The images and the sounds of a scene, by the names that its environment draws them by: `data-assets` of the page's
//! section, as JSON such as `{"images": {"cook": {"file": "cook.png", "columns": 4, "rows": 2}, "kitchen": {"file": "k.png",
//! "frames": {"onion": [0, 0, 16, 16]}}}, "sounds": {"bell": "bell.mp3"}}`.

use std::{cell::Cell, collections::BTreeSet, rc::Rc};

use footlights_env::surface::{Item, Shape};
use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlAudioElement, HtmlImageElement};

use crate::dom::{Listener, Result};

/// What has become of a file.
pub enum AssetEvent {
    /// An image is there: what shows it must be painted again.
    Loaded,
    /// A file cannot be loaded.
    Failed(String),
    /// No image is awaited any more.
    Settled,
}

struct Sheet {
    name: String,
    image: HtmlImageElement,
    frames: Frames,
}

struct Sound {
    name: String,
    /// The one that was loaded, and its copies: a sound may begin again before it is over.
    players: Vec<HtmlAudioElement>,
}

/// How often a sound is heard at the same time.
const MAX_PLAYERS: usize = 4;

enum Frames {
    Grid {
        columns: u32,
        rows: u32,
    },
    /// Named areas: x, y, width, height in pixels of the file.
    Named(Object),
}

/// The images and the sounds of a scene.
#[derive(Default)]
pub struct Assets {
    sheets: Vec<Sheet>,
    sounds: Vec<Sound>,
    /// The ids of the sounds in the last picture; none before the first picture.
    heard: Option<BTreeSet<u16>>,
    _listeners: Vec<Listener>,
}

impl Assets {
    /// Starts to load them, and tells what becomes of them; [`AssetEvent::Settled`] comes once, when every image is there
    /// or cannot be, and not at all where there is none to wait for ([`Assets::is_settled`]). What is not understood is
    /// left out, and painted as a placeholder.
    pub fn load(json: &str, tell: impl Fn(AssetEvent) + Clone + 'static) -> Result<Self> {
        let mut this = Self::load_images(json, tell.clone())?;
        let parsed = JSON::parse(json).unwrap_or_default();
        for (name, file) in entries(&parsed, "sounds") {
            let file = file.as_string().unwrap_or_default();
            let audio = HtmlAudioElement::new()?;
            audio.set_preload("auto");
            let (tell, failed) = (tell.clone(), file.clone());
            this.listen(&audio, "error", move || tell(AssetEvent::Failed(failed.clone())))?;
            audio.set_src(&address(&file));
            this.sounds.push(Sound { name, players: vec![audio] });
        }
        Ok(this)
    }

    /// The same without the sounds.
    pub fn load_images(json: &str, tell: impl Fn(AssetEvent) + Clone + 'static) -> Result<Self> {
        let mut this = Self::default();
        let parsed = JSON::parse(json).unwrap_or_default();
        let images = entries(&parsed, "images");
        let waiting = Rc::new(Cell::new(images.len()));
        for (name, entry) in images {
            let of = |key: &str| Reflect::get(&entry, &key.into()).unwrap_or_default();
            let count = |key| of(key).as_f64().unwrap_or(1.0).clamp(1.0, 65_535.0) as u32;
            let file = of("file").as_string().unwrap_or_default();
            let image = HtmlImageElement::new()?;
            let settle = {
                let (tell, waiting) = (tell.clone(), waiting.clone());
                move |event| {
                    tell(event);
                    waiting.set(waiting.get().saturating_sub(1));
                    if waiting.get() == 0 {
                        tell(AssetEvent::Settled);
                    }
                }
            };
            let (loaded, failed) = (settle.clone(), file.clone());
            this.listen(&image, "load", move || loaded(AssetEvent::Loaded))?;
            this.listen(&image, "error", move || settle(AssetEvent::Failed(failed.clone())))?;
            image.set_src(&address(&file));
            let frames = match of("frames").dyn_into::<Object>() {
                Ok(named) => Frames::Named(named),
                Err(_) => Frames::Grid { columns: count("columns"), rows: count("rows") },
            };
            this.sheets.push(Sheet { name, image, frames });
        }
        Ok(this)
    }

    fn listen(
        &mut self,
        target: &web_sys::EventTarget,
        kind: &'static str,
        act: impl Fn() + 'static,
    ) -> Result<()> {
        self._listeners.push(Listener::new(target, kind, move |_: Event| act())?);
        Ok(())
    }

    /// Whether no image is awaited.
    pub fn is_settled(&self) -> bool {
        self.sheets.iter().all(|sheet| sheet.image.complete())
    }

    /// An image that is loaded, and the part of it (x, y, width, height) that is the frame: a number, counted by rows, or
    /// the name behind the slash.
    pub fn image(&self, name: &str, frame: u16) -> Option<(&HtmlImageElement, [f64; 4])> {
        let (name, named) = name.split_once('/').map_or((name, None), |(name, frame)| (name, Some(frame)));
        let Sheet { image, frames, .. } = self.sheets.iter().find(|sheet| sheet.name == name)?;
        if !image.complete() || image.natural_width() == 0 {
            return None;
        }
        let part = match frames {
            Frames::Named(areas) => {
                let area: Array = Reflect::get(areas, &named?.into()).ok()?.dyn_into().ok()?;
                let at = |k: u32| area.get(k).as_f64();
                [at(0)?, at(1)?, at(2)?, at(3)?]
            }
            Frames::Grid { columns, rows } => {
                let width = f64::from(image.natural_width()) / f64::from(*columns);
                let height = f64::from(image.natural_height()) / f64::from(*rows);
                let frame = u32::from(frame);
                if named.is_some() || frame >= columns.saturating_mul(*rows) {
                    return None;
                }
                [f64::from(frame % columns) * width, f64::from(frame / columns) * height, width, height]
            }
        };
        Some((image, part))
    }

    /// Plays the sounds that came into the picture. Those of the first picture are old: the page was loaded again.
    pub fn hear(&mut self, items: &[Item]) {
        if self.sounds.is_empty() {
            return;
        }
        let mut present = BTreeSet::new();
        for item in items {
            let Shape::Sound { name } = &item.shape else { continue };
            present.insert(item.id);
            let is_new = self.heard.as_ref().is_some_and(|heard| !heard.contains(&item.id));
            if let Some(sound) = self.sounds.iter_mut().find(|sound| is_new && sound.name == *name) {
                sound.play(item.alpha);
            }
        }
        self.heard = Some(present);
    }
}

impl Sound {
    /// Plays it from its beginning, at a volume of 0 to 1.
    fn play(&mut self, volume: f32) {
        let Some(player) = self.idle() else { return };
        player.set_volume(f64::from(volume).clamp(0.0, 1.0));
        player.set_current_time(0.0);
        if let Ok(playing) = player.play() {
            // A page that was never clicked may not make a sound.
            wasm_bindgen_futures::spawn_local(async move {
                let _ = wasm_bindgen_futures::JsFuture::from(playing).await;
            });
        }
    }

    /// A player that plays nothing: one that is over, a new copy, or none where the sound is heard often enough. A copy may
    /// fetch the file again, so it is kept.
    fn idle(&mut self) -> Option<&HtmlAudioElement> {
        let over = self.players.iter().position(|player| player.paused());
        let place = match over {
            Some(place) => place,
            None if self.players.len() < MAX_PLAYERS => {
                let copy = self.players.first()?.clone_node().ok()?.dyn_into().ok()?;
                self.players.push(copy);
                self.players.len() - 1
            }
            None => return None,
        };
        self.players.get(place)
    }
}

/// The entries of an object in an object.
fn entries(of: &JsValue, key: &str) -> Vec<(String, JsValue)> {
    let found = Reflect::get(of, &key.into()).ok().and_then(|found| found.dyn_into::<Object>().ok());
    let Some(found) = found else { return Vec::new() };
    let names = Object::keys(&found).iter().filter_map(|key| key.as_string()).collect::<Vec<_>>();
    let value = |name: &String| Reflect::get(&found, &name.as_str().into()).unwrap_or_default();
    names.into_iter().map(|name| (name.clone(), value(&name))).collect()
}

/// Where a file among the assets is served.
fn address(file: &str) -> String {
    format!("/assets/{file}")
}
