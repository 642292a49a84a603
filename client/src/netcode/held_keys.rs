//! What a seat's controls are at, whatever moves them: the keyboard, fingers on the touch buttons, a gamepad, or a pointer.

use footlights_protocol::{KeySet, keys::Keyboard};

/// The keys that are held now.
#[derive(Debug, Clone, Default)]
pub struct HeldKeys {
    codes: Vec<String>,
    pressed: KeySet,
    touches: Vec<(i32, KeySet)>,
    pad: KeySet,
    /// Where each axis is.
    levels: [i8; Keyboard::MAX_AXES],
}

impl HeldKeys {
    /// No key held, on this keyboard. Keys beyond [`Keyboard::max_keys`] are left out.
    #[must_use]
    pub fn new(keyboard: &Keyboard) -> Self {
        let codes = keyboard.keys.iter().take(keyboard.max_keys()).cloned().collect();
        Self { codes, ..Self::default() }
    }

    /// The key with this `KeyboardEvent.code`; `None` where this seat does not use that key.
    pub fn bit(&self, code: &str) -> Option<KeySet> {
        let place = self.codes.iter().position(|known| known == code)?;
        Some(KeySet::key(place))
    }

    /// A key goes down. Repeats change nothing.
    pub fn press(&mut self, bit: KeySet) {
        self.pressed |= bit;
    }

    /// A key goes up.
    pub fn release(&mut self, bit: KeySet) {
        self.pressed = self.pressed.without(bit);
    }

    /// Finger `pointer` now lies on the button of these keys; of none when it lies beside all of them.
    pub fn touch(&mut self, pointer: i32, keys: KeySet) {
        match self.touches.iter_mut().find(|(id, _)| *id == pointer) {
            Some((_, held)) => *held = keys,
            None => self.touches.push((pointer, keys)),
        }
    }

    /// Finger `pointer` is lifted.
    pub fn lift(&mut self, pointer: i32) {
        self.touches.retain(|(id, _)| *id != pointer);
    }

    /// Whether a finger that came down on a button is still down.
    pub fn touches(&self, pointer: i32) -> bool {
        self.touches.iter().any(|(id, _)| *id == pointer)
    }

    /// A gamepad holds these keys now.
    pub fn pad(&mut self, keys: KeySet) {
        self.pad = keys;
    }

    /// An axis is there now, -1 to 1 from end to end. True if it was elsewhere.
    pub fn turn(&mut self, axis: usize, to: f32) -> bool {
        let most = f32::from(KeySet::MAX_LEVEL);
        // Not a number is rest.
        let level = (to * most).clamp(-most, most).round() as i8;
        self.levels.get_mut(axis).is_some_and(|known| std::mem::replace(known, level) != level)
    }

    /// Releases everything: after the page has lost the focus, browsers do not report releases.
    pub fn release_all(&mut self) {
        self.pressed = KeySet::EMPTY;
        self.touches.clear();
        self.pad = KeySet::EMPTY;
        self.levels = Default::default();
    }

    /// All keys that are held by anything, and where the axes are.
    pub fn keys(&self) -> KeySet {
        let keys = self.touches.iter().fold(self.pressed | self.pad, |all, (_, keys)| all | *keys);
        self.levels.iter().enumerate().fold(keys, |held, (axis, level)| match level {
            0 => held,
            level => held.with_level(axis, *level),
        })
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::ActionValue;

    use super::*;

    fn held() -> HeldKeys {
        let mut keyboard = Keyboard::default();
        keyboard.add(&["ArrowLeft"], ActionValue::Discrete(1), "left");
        keyboard.add(&["ArrowUp"], ActionValue::Discrete(2), "jump");
        HeldKeys::new(&keyboard)
    }

    #[test]
    fn keys_of_other_seats_are_not_ours() {
        assert_eq!(held().bit("KeyQ"), None);
        assert_eq!(held().bit("ArrowUp"), Some(KeySet(2)));
    }

    #[test]
    fn a_key_held_twice_is_released_when_the_last_holder_lets_go() {
        let mut held = held();
        held.press(KeySet(1));
        held.touch(7, KeySet(1));
        held.pad(KeySet(2));
        assert_eq!(held.keys(), KeySet(3));
        held.release(KeySet(1));
        assert_eq!(held.keys(), KeySet(3));
        held.lift(7);
        held.pad(KeySet(0));
        assert_eq!(held.keys(), KeySet(0));
    }

    #[test]
    fn a_finger_slides_from_one_button_to_the_next() {
        let mut held = held();
        held.touch(7, KeySet(1));
        held.touch(7, KeySet(2));
        assert_eq!(held.keys(), KeySet(2));
        held.touch(7, KeySet(0));
        assert!(held.touches(7));
        assert_eq!(held.keys(), KeySet(0));
    }

    #[test]
    fn losing_the_focus_releases_everything() {
        let mut held = held();
        held.press(KeySet(1));
        held.touch(7, KeySet(2));
        held.pad(KeySet(2));
        held.release_all();
        assert_eq!(held.keys(), KeySet(0));
        assert!(!held.touches(7));
    }

    #[test]
    fn an_axis_is_where_it_was_turned_last_and_rests_without_the_focus() {
        let mut held = held();
        held.press(KeySet(1));
        assert!(held.turn(0, 0.5) && !held.turn(0, 0.5) && held.turn(1, -2.0));
        assert_eq!(held.keys(), KeySet(1).with_level(0, 64).with_level(1, -127));
        assert!(held.turn(0, f32::NAN) && !held.turn(7, 1.0));
        held.release_all();
        assert_eq!(held.keys(), KeySet(0));
    }

    #[test]
    fn a_keyboard_with_too_many_keys_does_not_overflow() {
        let keys = (0..40).map(|k| format!("F{k}")).collect();
        let held = HeldKeys::new(&Keyboard { keys, ..Keyboard::default() });
        assert_eq!(held.bit("F30"), Some(KeySet(1 << 30)));
        assert_eq!(held.bit("F31"), None);
    }
}
