//! Controls for continuous actions: the pointer over the picture, a finger on it, the stick of a gamepad, and a slider for
//! each number below the picture.

use footlights_canvas::dom::{Result, child, words};
use footlights_protocol::{MonotonicMs, keys::Keyboard};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, PointerEvent};

use super::gamepad;

/// Where each axis is, -1 to 1 from end to end.
pub type Levels = [f32; Keyboard::MAX_AXES];

/// How often a moving axis is told to the room at most, ms: it takes a hundred messages a second, of all kinds.
const EVERY_MS: f64 = 30.0;

/// What moves the axes of a seat.
pub struct Axes {
    root: HtmlElement,
    sliders: Vec<HtmlInputElement>,
    /// Where pointer, finger or slider are.
    wanted: Levels,
    told: MonotonicMs,
}

impl Axes {
    /// Hidden until there is an axis.
    pub fn new(parent: &Element) -> Result<Self> {
        let root = child(parent, "div", "axes")?;
        root.set_hidden(true);
        Ok(Self { root, sliders: Vec::new(), wanted: Levels::default(), told: MonotonicMs(0.0) })
    }

    /// The element of the sliders.
    pub fn root(&self) -> &HtmlElement {
        &self.root
    }

    /// Builds a slider for each axis.
    pub fn set(&mut self, keyboard: &Keyboard) -> Result<()> {
        self.root.set_inner_html("");
        self.sliders.clear();
        self.root.set_hidden(keyboard.axes.is_empty());
        for axis in &keyboard.axes {
            let label = child(&self.root, "label", "axis")?;
            words(&label, "span", "does", &axis.label)?;
            let slider: HtmlInputElement = child(&label, "input", "")?.dyn_into()?;
            slider.set_type("range");
            for (name, value) in [("min", "-1"), ("max", "1"), ("step", "0.05"), ("value", "0")] {
                slider.set_attribute(name, value)?;
            }
            self.sliders.push(slider);
        }
        Ok(())
    }

    /// Whether this seat has none.
    pub fn is_empty(&self) -> bool {
        self.sliders.is_empty()
    }

    /// A pointer is over the picture: its middle is rest.
    pub fn pointed(&mut self, event: &PointerEvent, picture: &HtmlElement) {
        let part = |at: i32, size: i32| 2.0 * at as f32 / (size as f32).max(1.0) - 1.0;
        let across = part(event.offset_x(), picture.client_width());
        let up = -part(event.offset_y(), picture.client_height());
        self.wanted = [across, up];
        for (slider, level) in self.sliders.iter().zip(self.wanted) {
            slider.set_value_as_number(level.into());
        }
    }

    /// A slider was moved.
    pub fn slid(&mut self) {
        for (wanted, slider) in self.wanted.iter_mut().zip(&self.sliders) {
            *wanted = slider.value_as_number() as f32;
        }
    }

    /// Nothing moves the axes any more.
    pub fn rest(&mut self) {
        self.wanted = Levels::default();
        for slider in &self.sliders {
            slider.set_value("0");
        }
    }

    /// Where the axes are now, unless the room was told only a moment ago.
    pub fn poll(&mut self, now: MonotonicMs, has_gamepad: bool) -> Option<Levels> {
        if self.is_empty() || now - self.told < EVERY_MS {
            return None;
        }
        let stick = if has_gamepad { gamepad::stick() } else { None };
        Some(stick.unwrap_or(self.wanted))
    }

    /// The room was told.
    pub fn told(&mut self, now: MonotonicMs) {
        self.told = now;
    }
}

/// Whether the event is of a finger or a pen, which rests where it is lifted.
pub fn is_lifted(event: &PointerEvent) -> bool {
    event.pointer_type() != "mouse"
}
