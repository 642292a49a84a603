//! What a seat's controls are at, whatever moves them: the keyboard, fingers on the touch buttons, a gamepad, or a pointer.

use footlights_protocol::{KeySet, MonotonicMs, keys::Keyboard};

/// A keyboard that does not say which of its keys it is, such as one on a screen, may not tell of a release either. Its key
/// is held for this long after it went down, ms: longer than a key takes to repeat for the first time,
const FIRST_REPEAT_MS: f64 = 1_000.0;
/// and this long after each repeat, ms.
const REPEAT_MS: f64 = 300.0;

/// The keys that are held now.
#[derive(Debug, Clone, Default)]
pub struct HeldKeys {
    codes: Vec<String>,
    pressed: KeySet,
    /// Keys whose release may never be told, and when they are released.
    unsure: Vec<(KeySet, MonotonicMs)>,
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

    /// A key goes down whose release may never be told.
    pub fn press_unsure(&mut self, bit: KeySet, now: MonotonicMs) {
        let before = self.unsure.len();
        self.unsure.retain(|(key, _)| *key != bit);
        let repeats = self.unsure.len() < before;
        self.unsure.push((bit, now + if repeats { REPEAT_MS } else { FIRST_REPEAT_MS }));
    }

    /// A key goes up.
    pub fn release(&mut self, bit: KeySet) {
        self.pressed = self.pressed.without(bit);
        self.unsure.retain(|(key, _)| *key != bit);
    }

    /// Releases the keys whose release may never be told, once it is time. True if there was one.
    pub fn expire(&mut self, now: MonotonicMs) -> bool {
        let before = self.unsure.len();
        self.unsure.retain(|(_, until)| now < *until);
        self.unsure.len() < before
    }

    /// Whether keys are held whose release may never be told.
    pub fn is_unsure(&self) -> bool {
        !self.unsure.is_empty()
    }

    /// Releases what the keyboard holds: browsers do not report every release after this.
    pub fn release_keyboard(&mut self) {
        self.pressed = KeySet::EMPTY;
        self.unsure.clear();
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
        self.release_keyboard();
        self.touches.clear();
        self.pad = KeySet::EMPTY;
        self.levels = Default::default();
    }

    /// All keys that are held by anything, and where the axes are.
    pub fn keys(&self) -> KeySet {
        let keys = self.touches.iter().fold(self.pressed | self.pad, |all, (_, keys)| all | *keys);
        let keys = self.unsure.iter().fold(keys, |all, (key, _)| all | *key);
        self.levels.iter().enumerate().fold(keys, |held, (axis, level)| match level {
            0 => held,
            level => held.with_level(axis, *level),
        })
    }
}

/// The `KeyboardEvent.code` of a key that has none: what an American keyboard calls the key with this
/// `KeyboardEvent.key`. Keyboards on screens and of remote machines know only the letter.
///
/// ```
/// use footlights_client::netcode::code_of;
///
/// assert_eq!(code_of("KeyW", "z"), "KeyW");
/// assert_eq!(code_of("", "w"), "KeyW");
/// assert_eq!(code_of("Unidentified", "Left"), "ArrowLeft");
/// ```
pub fn code_of(code: &str, key: &str) -> String {
    if has_code(code) {
        return code.to_owned();
    }
    let mut letters = key.chars();
    match (letters.next(), letters.next()) {
        (Some(' '), None) => "Space".into(),
        (Some(letter), None) if letter.is_ascii_alphabetic() => format!("Key{}", letter.to_ascii_uppercase()),
        (Some(digit), None) if digit.is_ascii_digit() => format!("Digit{digit}"),
        _ => match key {
            "Left" | "Up" | "Right" | "Down" => format!("Arrow{key}"),
            "Spacebar" => "Space".into(),
            "Shift" | "Control" | "Alt" => format!("{key}Left"),
            named => named.to_owned(),
        },
    }
}

/// Whether a keyboard says which of its keys it is.
pub fn has_code(code: &str) -> bool {
    !code.is_empty() && code != "Unidentified"
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
    fn what_the_keyboard_holds_is_released_and_fingers_and_gamepads_stay() {
        let mut held = held();
        held.press(KeySet(1));
        held.touch(7, KeySet(2));
        held.release_keyboard();
        assert_eq!(held.keys(), KeySet(2));
    }

    #[test]
    fn a_key_whose_release_is_never_told_is_released_after_its_last_repeat() {
        let mut held = held();
        held.press_unsure(KeySet(1), MonotonicMs(0.0));
        assert!(!held.expire(MonotonicMs(FIRST_REPEAT_MS - 1.0)));
        held.press_unsure(KeySet(1), MonotonicMs(700.0));
        assert!(!held.expire(MonotonicMs(700.0 + REPEAT_MS - 1.0)));
        assert_eq!(held.keys(), KeySet(1));
        assert!(held.expire(MonotonicMs(700.0 + REPEAT_MS)));
        assert_eq!(held.keys(), KeySet::EMPTY);
        held.press_unsure(KeySet(1), MonotonicMs(2_000.0));
        held.release(KeySet(1));
        assert!(!held.is_unsure() && held.keys().is_empty());
    }

    #[test]
    fn a_key_without_a_code_is_known_by_its_letter() {
        for (code, key, found) in [
            ("", "a", "KeyA"),
            ("", "A", "KeyA"),
            ("", "7", "Digit7"),
            ("", " ", "Space"),
            ("Unidentified", "ArrowUp", "ArrowUp"),
            ("", "Enter", "Enter"),
            ("", "Shift", "ShiftLeft"),
            ("", "Unidentified", "Unidentified"),
            ("", "é", "é"),
            ("ArrowUp", "ArrowUp", "ArrowUp"),
        ] {
            assert_eq!(code_of(code, key), found);
        }
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
