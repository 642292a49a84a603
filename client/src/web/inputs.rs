//! What the participant does with the controls of a game: on the keyboard, under the fingers, on a gamepad, with a pointer.

use footlights_canvas::dom::Result;
use footlights_protocol::{KeySet, MonotonicMs, keys::Keyboard};
use web_sys::{KeyboardEvent, PointerEvent};

use super::{axes::Axes, controls::Controls, gamepad};
use crate::netcode::HeldKeys;

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
        let shortcut = [
            (event.ctrl_key(), "ControlLeft", "ControlRight"),
            (event.meta_key(), "MetaLeft", "MetaRight"),
            (event.alt_key(), "AltLeft", "AltRight"),
        ];
        let foreign = |(held, left, right): &(bool, &str, &str)| {
            *held && self.held.bit(left).or(self.held.bit(right)).is_none()
        };
        self.held.bit(&event.code()).is_some() && !(is_down && shortcut.iter().any(foreign))
    }

    /// A key of the game goes down or up.
    pub fn key(&mut self, event: &KeyboardEvent, is_down: bool) {
        let Some(bit) = self.held.bit(&event.code()) else { return };
        if is_down {
            self.held.press(bit);
        } else {
            self.held.release(bit);
        }
    }

    /// A finger comes down on the controls.
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
