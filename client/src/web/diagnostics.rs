//! `window.footlights`: how the game runs, for tests and for support. Write-only here.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::netcode::Play;
use footlights_canvas::dom::window;

/// How many times from input to frame are kept.
const MAX_SAMPLES: u32 = 200;

/// The object, and what is in it.
pub struct Diagnostics {
    object: Object,
    input_to_frame: Array,
    painted: u32,
}

impl Default for Diagnostics {
    fn default() -> Self {
        let (object, input_to_frame) = (Object::new(), Array::new());
        let _ = Reflect::set(&object, &"inputToFrameMs".into(), &input_to_frame);
        if let Ok(window) = window() {
            let _ = Reflect::set(&window, &"footlights".into(), &object);
        }
        Self { object, input_to_frame, painted: 0 }
    }
}

impl Diagnostics {
    /// A picture was painted.
    pub fn painted(&mut self) {
        self.painted = self.painted.wrapping_add(1);
        self.set("painted", self.painted);
    }

    /// Takes over what changed.
    pub fn update(&mut self, play: &mut Play) {
        let Some(seat) = play.seat_mut() else { return };
        for sample in seat.take_measured() {
            self.input_to_frame.push(&sample.into());
            if self.input_to_frame.length() > MAX_SAMPLES {
                self.input_to_frame.shift();
            }
        }
        let (sent, acked) = seat.sent_and_acked();
        self.set("seq", sent);
        self.set("ack", acked);
        if let Some(tick) = seat.tick() {
            self.set("tick", tick.0);
        }
        for (name, figure) in seat.figures() {
            self.set(name, figure);
        }
        if let Some(rtt) = seat.rtt() {
            self.set("rtt", rtt);
        }
    }

    fn set(&self, key: &str, value: impl Into<JsValue>) {
        let _ = Reflect::set(&self.object, &key.into(), &value.into());
    }
}
