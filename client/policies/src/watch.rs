//! A session in the browser of who watches: it costs the edge nothing.

use footlights_experiment::Checkpoint;
use footlights_protocol::EpochMs;
use footlights_watch::session::{Input, Output, Session};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

/// A session. Time is in milliseconds since 1970.
#[wasm_bindgen]
pub struct Watching {
    session: Session,
    closed: bool,
}

fn find(name: &str) -> Result<Checkpoint, String> {
    let mut all = footlights_app::installed().checkpoints().into_iter();
    all.find(|checkpoint| checkpoint.name == name).ok_or_else(|| format!("Model not found: {name}"))
}

fn at(now: f64) -> EpochMs {
    EpochMs(now as u64)
}

#[wasm_bindgen]
impl Watching {
    /// A session that begins with a model whose files are loaded.
    ///
    /// # Errors
    /// There is no such model, or it cannot be played.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &str, available: Vec<String>, seed: f64, now: f64) -> Result<Self, JsError> {
        let begun = find(model).and_then(|first| Session::new("", &first, &available, seed as u64, at(now)));
        let session = begun.map_err(|why| JsError::new(&why))?;
        Ok(Self { session, closed: false })
    }

    /// A message of the page.
    pub fn say(&mut self, text: &str, now: f64) {
        self.session.handle(at(now), &Input::Text(text));
    }

    /// A model is loaded that [`Watching::next`] asked for.
    pub fn loaded(&mut self, model: &str, now: f64) {
        self.session.handle(at(now), &Input::Loaded { model, checkpoint: &find(model) });
    }

    /// The time that [`Watching::wake_at`] named has come.
    pub fn wake(&mut self, now: f64) {
        self.session.handle(at(now), &Input::Wake);
    }

    /// When it wants to be woken; never while it is paused.
    #[must_use]
    pub fn wake_at(&self) -> Option<f64> {
        if self.closed { None } else { self.session.next_wake().map(|wake| wake.0 as f64) }
    }

    /// The next thing it says: a text, a picture as bytes, or an array with the name of a model to load.
    pub fn next(&mut self) -> Option<JsValue> {
        loop {
            match self.session.poll()? {
                Output::Send(text) => return Some(text.into()),
                Output::Picture(bytes) => return Some(js_sys::Uint8Array::from(bytes.as_slice()).into()),
                Output::Load(model) => return Some(js_sys::Array::of1(&model.into()).into()),
                Output::Keep => {}
                Output::Close(_) => self.closed = true,
            }
        }
    }
}
