//! The two callbacks that a game asks the browser for: a timer, and the next frame of the screen. Dropping it cancels
//! both.

use footlights_canvas::dom::{now, window};
use footlights_protocol::MonotonicMs;
use wasm_bindgen::{JsCast, closure::Closure};

/// A callback that the browser may have been asked for.
struct Callback {
    closure: Closure<dyn FnMut(f64)>,
    id: Option<i32>,
}

impl Callback {
    fn new(mut call: impl FnMut(MonotonicMs) + 'static) -> Self {
        Self { closure: Closure::new(move |at| call(MonotonicMs(at))), id: None }
    }
}

/// A timer and the next frame.
pub struct Schedule {
    timer: Callback,
    /// When the timer fires.
    timer_at: MonotonicMs,
    frame: Callback,
}

impl Schedule {
    /// Nothing is asked for yet. The callbacks get the time of the frame, or nothing useful from the timer; each must say
    /// that it ran with [`Schedule::timer_ran`] or [`Schedule::frame_ran`].
    pub fn new(
        on_timer: impl FnMut(MonotonicMs) + 'static,
        on_frame: impl FnMut(MonotonicMs) + 'static,
    ) -> Self {
        Self { timer: Callback::new(on_timer), timer_at: MonotonicMs::NEVER, frame: Callback::new(on_frame) }
    }

    /// The timer has fired.
    pub fn timer_ran(&mut self) {
        self.timer.id = None;
    }

    /// The frame is here.
    pub fn frame_ran(&mut self) {
        self.frame.id = None;
    }

    /// Asks for the timer at `at`, unless it fires earlier or about then anyway.
    pub fn wake_at(&mut self, at: MonotonicMs) {
        let Ok(window) = window() else { return };
        if self.timer.id.is_none() || at + 1.0 < self.timer_at {
            if let Some(id) = self.timer.id.take() {
                window.clear_timeout_with_handle(id);
            }
            self.timer_at = at;
            self.timer.id = window
                .set_timeout_with_callback_and_timeout_and_arguments_0(
                    self.timer.closure.as_ref().unchecked_ref(),
                    (at - now()).ceil().max(0.0) as i32,
                )
                .ok();
        }
    }

    /// Asks for the next frame, once.
    pub fn request_frame(&mut self) {
        let Ok(window) = window() else { return };
        if self.frame.id.is_none() {
            self.frame.id = window.request_animation_frame(self.frame.closure.as_ref().unchecked_ref()).ok();
        }
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        if let Ok(window) = window() {
            if let Some(id) = self.timer.id {
                window.clear_timeout_with_handle(id);
            }
            if let Some(id) = self.frame.id {
                let _ = window.cancel_animation_frame(id);
            }
        }
    }
}
