//! The next frame of the screen, which the page asks for while something changes.

use footlights_canvas::dom::{Result, window};
use footlights_protocol::MonotonicMs;
use wasm_bindgen::{JsCast, closure::Closure};

/// What is called with each frame that was asked for.
pub struct Frames {
    call: Closure<dyn FnMut(f64)>,
    is_asked: bool,
}

impl Frames {
    /// `call` gets the time of the frame, and must say that it came with [`Frames::came`].
    pub fn new(mut call: impl FnMut(MonotonicMs) + 'static) -> Self {
        Self { call: Closure::new(move |at| call(MonotonicMs(at))), is_asked: false }
    }

    /// The frame is here.
    pub fn came(&mut self) {
        self.is_asked = false;
    }

    /// Asks for the next frame, once.
    pub fn ask(&mut self) -> Result<()> {
        if !self.is_asked {
            window()?.request_animation_frame(self.call.as_ref().unchecked_ref())?;
            self.is_asked = true;
        }
        Ok(())
    }
}
