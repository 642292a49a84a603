//! Gamepads: the cross or the left stick for the directions, the four front buttons for everything else.

use footlights_protocol::KeySet;
use web_sys::{Gamepad, GamepadButton};

use crate::view::{Direction, TouchPads};
use footlights_canvas::dom::window;

/// A stick points somewhere beyond this, and still does until it is back below the smaller one: a stick that trembles
/// at the edge must not send a key a frame.
const ON: f64 = 0.5;
const OFF: f64 = 0.35;
/// A stick that nobody touches is up to this far from its middle.
const STICK_RESTS: f32 = 0.1;
/// The buttons of the cross in the standard mapping.
const CROSS: [(u32, Direction); 4] =
    [(12, Direction::Up), (13, Direction::Down), (14, Direction::Left), (15, Direction::Right)];
const STICK: [(u32, f64, Direction); 4] = [
    (1, -1.0, Direction::Up),
    (1, 1.0, Direction::Down),
    (0, -1.0, Direction::Left),
    (0, 1.0, Direction::Right),
];

/// The left stick of the first gamepad that does not rest: to the right and up.
pub fn stick() -> Option<[f32; 2]> {
    let gamepads = window().ok()?.navigator().get_gamepads().ok()?;
    let sticks =
        gamepads.iter().filter_map(|pad| wasm_bindgen::JsCast::dyn_into::<Gamepad>(pad).ok()).map(|pad| {
            let axes = pad.axes();
            let at = |axis: u32| axes.get(axis).as_f64().unwrap_or_default() as f32;
            [at(0), -at(1)]
        });
    sticks.into_iter().find(|[x, y]| x.abs().max(y.abs()) > STICK_RESTS)
}

/// The keys that all connected gamepads hold now; `before` is what they held last.
pub fn held(pads: &TouchPads, before: KeySet) -> KeySet {
    let Some(gamepads) = window().ok().and_then(|window| window.navigator().get_gamepads().ok()) else {
        return KeySet::EMPTY;
    };
    let mut keys = KeySet::EMPTY;
    for gamepad in gamepads.iter().filter_map(|pad| wasm_bindgen::JsCast::dyn_into::<Gamepad>(pad).ok()) {
        let (buttons, axes) = (gamepad.buttons(), gamepad.axes());
        let pressed = |k: u32| {
            wasm_bindgen::JsCast::dyn_into::<GamepadButton>(buttons.get(k))
                .is_ok_and(|button| button.pressed())
        };
        for (button, direction) in CROSS {
            if pressed(button) {
                keys |= pads.pointing(direction);
            }
        }
        for (axis, sign, direction) in STICK {
            let direction = pads.pointing(direction);
            let enough = if direction.intersects(before) { OFF } else { ON };
            if axes.get(axis).as_f64().is_some_and(|value| value * sign > enough) {
                keys |= direction;
            }
        }
        for button in 0..4 {
            if pressed(button) {
                keys |= pads.action(button as usize);
            }
        }
    }
    keys
}
