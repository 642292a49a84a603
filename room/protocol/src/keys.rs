//! From keys to actions: which keys a seat has, what each chord of them means, and when a press counts.
//!
//! The browser only says which keys are held. What that means is decided here, on the server, so that a forged client
//! can do nothing that a keyboard cannot.

use std::{
    collections::VecDeque,
    ops::{BitOr, BitOrAssign},
};

use footlights_env::ActionValue;
use serde::{Deserialize, Serialize};

/// Some of the keys of one [`Keyboard`]: bit k stands for key k of [`Keyboard::keys`].
///
/// ```
/// use footlights_protocol::KeySet;
///
/// let left = KeySet(0b01);
/// let both = left | KeySet(0b10);
/// assert!(both.contains(left));
/// assert_eq!(both.without(left), KeySet(0b10));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySet(pub u32);

impl KeySet {
    /// No key.
    pub const EMPTY: Self = Self(0);

    /// Only the key at this place of [`Keyboard::keys`]; empty if `place` is 32 or more.
    #[must_use]
    pub fn key(place: usize) -> Self {
        Self(u32::try_from(place).ok().and_then(|place| 1u32.checked_shl(place)).unwrap_or(0))
    }

    /// Whether it has no key beyond the first `count` of a keyboard.
    #[must_use]
    pub fn is_within(self, count: usize) -> bool {
        let beyond = u32::try_from(count).ok().and_then(|count| self.0.checked_shr(count));
        beyond.unwrap_or(0) == 0
    }

    /// Whether no key is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many keys are in it.
    #[must_use]
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether every key of `other` is in it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether at least one key of `other` is in it.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The keys that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for KeySet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for KeySet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// When a key counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputMode {
    /// In every tick while it is held.
    #[default]
    PressedKeys,
    /// Once for each press.
    KeyDown,
    /// Once for each release.
    KeyUp,
}

/// What happens in a tick for which there is no action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingAction {
    /// The scene's default action is taken.
    #[default]
    Default,
    /// The seat's previous action is taken again.
    Previous,
}

/// One meaning of one or more keys held together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chord {
    /// These keys must be held.
    pub keys: KeySet,
    /// What it does.
    pub action: ActionValue,
    /// For the key legend; empty to leave it out.
    pub label: String,
}

/// The keys of one seat.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Keyboard {
    /// `KeyboardEvent.code` of each key; the place is its bit.
    pub keys: Vec<String>,
    /// In the order in which they were configured.
    pub chords: Vec<Chord>,
}

impl Keyboard {
    /// How many keys there can be.
    pub const MAX_KEYS: usize = 31;

    /// Adds a meaning; the keys get bits as they come.
    pub fn add(&mut self, codes: &[&str], action: ActionValue, label: &str) {
        let mut chord = KeySet::EMPTY;
        for code in codes {
            let place = match self.keys.iter().position(|known| known == code) {
                Some(place) => place,
                None => {
                    self.keys.push((*code).to_owned());
                    self.keys.len() - 1
                }
            };
            chord |= KeySet::key(place);
        }
        self.chords.push(Chord { keys: chord, action, label: label.to_owned() });
    }

    /// The meaning of the keys held: of all chords that are complete, the one with the most keys, and of those the
    /// first configured.
    pub fn chord(&self, held: KeySet) -> Option<&Chord> {
        let mut best: Option<&Chord> = None;
        for chord in self.chords.iter().filter(|chord| !chord.keys.is_empty() && held.contains(chord.keys)) {
            if best.is_none_or(|b| chord.keys.len() > b.keys.len()) {
                best = Some(chord);
            }
        }
        best
    }
}

/// How many presses wait for their ticks at most; further ones push out the oldest.
const MAX_QUEUED: usize = 8;

/// One seat's keys over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyState {
    held: KeySet,
    /// Pressed since the last tick: a tap between two ticks must not get lost.
    tapped: KeySet,
    /// Held, or tapped before it, in the last tick.
    seen: KeySet,
    queue: VecDeque<ActionValue>,
}

impl KeyState {
    /// The keys that are held now changed to `held`.
    pub fn change(&mut self, held: KeySet, mode: InputMode, keyboard: &Keyboard) {
        let (pressed, released) = (held.without(self.held), self.held.without(held));
        let before = self.held;
        self.held = held;
        self.tapped |= pressed;
        // The chord a press completes, or a release breaks, must hold one of the keys that changed.
        let chord = match mode {
            InputMode::PressedKeys => None,
            InputMode::KeyDown if !pressed.is_empty() => {
                keyboard.chord(held).filter(|chord| chord.keys.intersects(pressed))
            }
            InputMode::KeyUp if !released.is_empty() => {
                keyboard.chord(before).filter(|chord| chord.keys.intersects(released))
            }
            _ => None,
        };
        if let Some(chord) = chord {
            self.queue.push_back(chord.action.clone());
            if self.queue.len() > MAX_QUEUED {
                self.queue.pop_front();
            }
        }
    }

    /// Nobody holds anything any more: the connection is gone.
    pub fn release(&mut self) {
        *self = Self::default();
    }

    /// The keys that the last tick saw: held, or tapped since the tick before.
    pub fn seen(&self) -> KeySet {
        self.seen
    }

    /// The action for the tick that comes, if there is one.
    pub fn take(&mut self, mode: InputMode, keyboard: &Keyboard) -> Option<ActionValue> {
        self.seen = self.held | std::mem::take(&mut self.tapped);
        match mode {
            InputMode::PressedKeys => keyboard.chord(self.seen).map(|chord| chord.action.clone()),
            InputMode::KeyDown | InputMode::KeyUp => self.queue.pop_front(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyboard() -> Keyboard {
        let mut keyboard = Keyboard::default();
        keyboard.add(&["ArrowLeft"], ActionValue::Discrete(1), "left");
        keyboard.add(&["ArrowUp"], ActionValue::Discrete(3), "jump");
        keyboard.add(&["ArrowLeft", "ArrowUp"], ActionValue::Discrete(2), "");
        keyboard
    }

    const NONE: KeySet = KeySet::EMPTY;
    const LEFT: KeySet = KeySet(1);
    const UP: KeySet = KeySet(2);

    fn actions(mode: InputMode, changes: &[Option<KeySet>]) -> Vec<i32> {
        let (mut input, keyboard) = (KeyState::default(), keyboard());
        let mut out = Vec::new();
        for change in changes {
            match change {
                Some(held) => input.change(*held, mode, &keyboard),
                None => out.push(match input.take(mode, &keyboard) {
                    Some(ActionValue::Discrete(a)) => a,
                    _ => 0,
                }),
            }
        }
        out
    }

    #[test]
    fn a_held_key_acts_in_every_tick_and_a_chord_beats_its_parts() {
        let seen = actions(
            InputMode::PressedKeys,
            &[Some(LEFT), None, None, Some(LEFT | UP), None, Some(UP), None, Some(NONE), None, None],
        );
        assert_eq!(seen, [1, 1, 2, 3, 0, 0]);
    }

    #[test]
    fn a_tap_between_two_ticks_is_not_lost() {
        assert_eq!(actions(InputMode::PressedKeys, &[None, Some(UP), Some(NONE), None, None]), [0, 3, 0]);
    }

    #[test]
    fn key_down_acts_once_a_press_in_the_order_of_the_presses() {
        let seen = actions(InputMode::KeyDown, &[Some(LEFT), Some(NONE), Some(UP), None, None, None, None]);
        assert_eq!(seen, [1, 3, 0, 0]);
        assert_eq!(actions(InputMode::KeyDown, &[Some(LEFT), Some(LEFT | UP), None, None, None]), [1, 2, 0]);
    }

    #[test]
    fn key_up_acts_once_a_release() {
        assert_eq!(actions(InputMode::KeyUp, &[Some(UP), None, None, Some(NONE), None, None]), [0, 0, 3, 0]);
    }

    #[test]
    fn presses_beyond_the_queue_push_out_the_oldest() {
        let mut changes = vec![Some(UP), Some(NONE)];
        for _ in 0..20 {
            changes.extend([Some(LEFT), Some(NONE)]);
        }
        changes.extend([None; 10]);
        let seen = actions(InputMode::KeyDown, &changes);
        assert_eq!(seen, [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    }
}
