//! What the participant does with the controls of a game: on the keyboard, under the fingers, on a gamepad, with a pointer.

use footlights_canvas::dom::{Result, now};
use footlights_protocol::{KeySet, MonotonicMs, keys::Keyboard};
use web_sys::{KeyboardEvent, PointerEvent};

use super::{axes::Axes, controls::Controls, gamepad};
use crate::netcode::{HeldKeys, code_of, has_code};

/// What the participant holds, and the controls that show it.
pub struct Inputs {
    held: HeldKeys,
    controls: Controls,
    axes: Axes,
    /// Whether a gamepad was ever connected; until then none is asked.
    has_gamepad: bool,
    /// The keys that gamepads hold.
    gamepad: KeySet,
}

impl Inputs {
    /// Nothing is held, and there are no keys yet.
    pub fn new(controls: Controls, axes: Axes) -> Self {
        Self { held: HeldKeys::default(), controls, axes, has_gamepad: false, gamepad: KeySet::EMPTY }
    }

    /// Shows the keys of this keyboard.
    pub fn set(&mut self, keyboard: &Keyboard) -> Result<()> {
        self.held = HeldKeys::new(keyboard);
        self.axes.set(keyboard)?;
        self.controls.set(keyboard)
    }

    /// The keys that are held; the controls show them.
    pub fn show(&self) -> KeySet {
        let keys = self.held.keys();
        self.controls.hold(keys);
        keys
    }

    /// The controls.
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// What moves the axes.
    pub fn axes(&self) -> &Axes {
        &self.axes
    }

    /// The same, to be told what happens.
    pub fn axes_mut(&mut self) -> &mut Axes {
        &mut self.axes
    }

    /// Looks where the axes are; true if one is elsewhere than the room was told.
    pub fn poll_axes(&mut self, now: MonotonicMs) -> bool {
        let Some(levels) = self.axes.poll(now, self.has_gamepad) else { return false };
        let mut has_changed = false;
        for (axis, level) in levels.into_iter().enumerate() {
            has_changed |= self.held.turn(axis, level);
        }
        if has_changed {
            self.axes.told(now);
        }
        has_changed
    }

    /// Whether the event is for a key of the game, and no shortcut of the browser. A modifier that is itself one of the
    /// game's keys makes no shortcut.
    pub fn is_meant(&self, event: &KeyboardEvent, is_down: bool) -> bool {
        let foreign = |(is_held, left, right): &(bool, &str, &str)| {
            *is_held && self.held.bit(left).or(self.held.bit(right)).is_none()
        };
        // Shift makes letters and no shortcuts; an input method that composes a letter makes words.
        let shortcut = modifiers(event).iter().skip(1).any(foreign) || event.is_composing();
        self.bit(event).is_some() && !(is_down && shortcut)
    }

    fn bit(&self, event: &KeyboardEvent) -> Option<KeySet> {
        self.held.bit(&code_of(&event.code(), &event.key()))
    }

    /// A key of the game goes down or up. True if that changes what is held.
    pub fn key(&mut self, event: &KeyboardEvent, is_down: bool) -> bool {
        let before = self.held.keys();
        if let Some(bit) = self.bit(event) {
            match (is_down, has_code(&event.code())) {
                (false, _) => self.held.release(bit),
                (true, true) => self.held.press(bit),
                (true, false) => self.held.press_unsure(bit, now()),
            }
        }
        self.held.keys() != before
    }

    /// Releases what an event of any key shows to be held no longer. True if that changes what is held.
    pub fn release_lost(&mut self, event: &KeyboardEvent, is_down: bool) -> bool {
        let before = self.held.keys();
        let is_meta = matches!(event.key().as_str(), "Meta" | "OS");
        let is_ours = self.held.bit("MetaLeft").or(self.held.bit("MetaRight")).is_some();
        // macOS tells of no release while this key is held.
        if is_meta && !(is_down && is_ours) {
            self.held.release_keyboard();
        }
        // Windows tells of one release where both Shift keys were held.
        for (is_held, left, right) in modifiers(event) {
            let lost = [left, right].map(|code| self.held.bit(code));
            for bit in lost.into_iter().flatten().filter(|_| !is_held) {
                self.held.release(bit);
            }
        }
        self.held.keys() != before
    }

    /// From now on releases may not be told. True if that changes what is held.
    pub fn release_keyboard(&mut self) -> bool {
        let before = self.held.keys();
        self.held.release_keyboard();
        self.held.keys() != before
    }

    /// Releases keys that say nothing of their release, once it is time. True if there was one.
    pub fn expire(&mut self, now: MonotonicMs) -> bool {
        self.held.expire(now)
    }

    /// A finger comes down on the controls, or moves there.
    pub fn finger_down(&mut self, event: &PointerEvent) {
        self.held.touch(event.pointer_id(), self.controls.at(event.client_x(), event.client_y()));
    }

    /// A finger moves; false if it did not come down on the controls.
    pub fn finger_moved(&mut self, event: &PointerEvent) -> bool {
        let is_ours = self.held.touches(event.pointer_id());
        if is_ours {
            self.finger_down(event);
        }
        is_ours
    }

    /// A finger is lifted; false if it did not come down on the controls.
    pub fn finger_lifted(&mut self, event: &PointerEvent) -> bool {
        let is_ours = self.held.touches(event.pointer_id());
        self.held.lift(event.pointer_id());
        is_ours
    }

    /// The page lost the focus.
    pub fn release_all(&mut self) {
        self.held.release_all();
        self.axes.rest();
    }

    /// A gamepad was connected.
    pub fn gamepad_connected(&mut self) {
        self.has_gamepad = true;
    }

    /// Looks at the gamepads; true if they hold something else than before.
    pub fn poll_gamepad(&mut self) -> bool {
        if !self.has_gamepad {
            return false;
        }
        let held = gamepad::held(self.controls.pads(), self.gamepad);
        let has_changed = held != self.gamepad;
        if has_changed {
            self.gamepad = held;
            self.held.pad(held);
        }
        has_changed
    }
}

/// Whether each modifier is held, with the codes of its two keys; Shift comes first.
fn modifiers(event: &KeyboardEvent) -> [(bool, &'static str, &'static str); 4] {
    [
        (event.shift_key(), "ShiftLeft", "ShiftRight"),
        (event.ctrl_key(), "ControlLeft", "ControlRight"),
        (event.meta_key(), "MetaLeft", "MetaRight"),
        (event.alt_key(), "AltLeft", "AltRight"),
    ]
}
