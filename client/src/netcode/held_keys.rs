//! The keys of a seat that are held, whatever holds them: the keyboard, fingers on the touch buttons, or a gamepad.

use footlights_protocol::keys::Keyboard;

/// The keys that are held now. Bit k of every mask stands for key k of [`Keyboard::keys`].
#[derive(Debug, Clone, Default)]
pub struct HeldKeys {
    codes: Vec<String>,
    pressed: u32,
    touches: Vec<(i32, u32)>,
    pad: u32,
}

impl HeldKeys {
    /// No key held, on this keyboard. Keys beyond [`Keyboard::MAX_KEYS`] are left out.
    #[must_use]
    pub fn new(keyboard: &Keyboard) -> Self {
        let codes = keyboard.keys.iter().take(Keyboard::MAX_KEYS).cloned().collect();
        Self { codes, ..Self::default() }
    }

    /// The bit of a `KeyboardEvent.code`; `None` where this seat does not use that key.
    pub fn bit(&self, code: &str) -> Option<u32> {
        let place = self.codes.iter().position(|known| known == code)?;
        Some(1 << place)
    }

    /// A key goes down. Repeats change nothing.
    pub fn press(&mut self, bit: u32) {
        self.pressed |= bit;
    }

    /// A key goes up.
    pub fn release(&mut self, bit: u32) {
        self.pressed &= !bit;
    }

    /// Finger `pointer` now lies on the button with these bits; 0 when it lies beside all of them.
    pub fn touch(&mut self, pointer: i32, bits: u32) {
        match self.touches.iter_mut().find(|(id, _)| *id == pointer) {
            Some((_, held)) => *held = bits,
            None => self.touches.push((pointer, bits)),
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

    /// A gamepad holds these bits now.
    pub fn pad(&mut self, bits: u32) {
        self.pad = bits;
    }

    /// Releases everything: after the page has lost the focus, browsers do not report releases.
    pub fn release_all(&mut self) {
        self.pressed = 0;
        self.touches.clear();
        self.pad = 0;
    }

    /// All bits that are held by anything.
    pub fn bits(&self) -> u32 {
        self.touches.iter().fold(self.pressed | self.pad, |all, (_, bits)| all | bits)
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
        assert_eq!(held().bit("ArrowUp"), Some(2));
    }

    #[test]
    fn a_key_held_twice_is_released_when_the_last_holder_lets_go() {
        let mut held = held();
        held.press(1);
        held.touch(7, 1);
        held.pad(2);
        assert_eq!(held.bits(), 3);
        held.release(1);
        assert_eq!(held.bits(), 3);
        held.lift(7);
        held.pad(0);
        assert_eq!(held.bits(), 0);
    }

    #[test]
    fn a_finger_slides_from_one_button_to_the_next() {
        let mut held = held();
        held.touch(7, 1);
        held.touch(7, 2);
        assert_eq!(held.bits(), 2);
        held.touch(7, 0);
        assert!(held.touches(7));
        assert_eq!(held.bits(), 0);
    }

    #[test]
    fn losing_the_focus_releases_everything() {
        let mut held = held();
        held.press(1);
        held.touch(7, 2);
        held.pad(2);
        held.release_all();
        assert_eq!(held.bits(), 0);
        assert!(!held.touches(7));
    }

    #[test]
    fn a_keyboard_with_too_many_keys_does_not_overflow() {
        let keys = (0..40).map(|k| format!("F{k}")).collect();
        let held = HeldKeys::new(&Keyboard { keys, chords: Vec::new() });
        assert_eq!(held.bit("F30"), Some(1 << 30));
        assert_eq!(held.bit("F31"), None);
    }
}
