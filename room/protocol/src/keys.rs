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

/// What a seat's controls are at: some of the keys of one [`Keyboard`], and where its axes are. Bit k stands for key k of
/// [`Keyboard::keys`]; each axis takes eight bits from the top, see [`KeySet::level`].
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

    /// Where the axis at this place of [`Keyboard::axes`] is, from -[`MAX_LEVEL`] to [`MAX_LEVEL`]; 0 is at rest.
    ///
    /// ```
    /// use footlights_protocol::KeySet;
    ///
    /// let half_left = KeySet(0b1).with_level(0, -64);
    /// assert_eq!((half_left.level(0), half_left.level(1)), (-64, 0));
    /// assert!(half_left.contains(KeySet(0b1)));
    /// ```
    ///
    /// [`MAX_LEVEL`]: KeySet::MAX_LEVEL
    #[must_use]
    pub fn level(self, place: usize) -> i8 {
        let byte = axis_shift(place).map_or(0, |shift| self.0 >> shift & 0xff);
        // -128 is no level of an axis.
        (byte as u8 as i8).max(-Self::MAX_LEVEL)
    }

    /// The same with that axis elsewhere.
    #[must_use]
    pub fn with_level(self, place: usize, level: i8) -> Self {
        let Some(shift) = axis_shift(place) else { return self };
        Self(self.0 & !(0xff << shift) | u32::from(level as u8) << shift)
    }

    /// The farthest that an axis is from its rest.
    pub const MAX_LEVEL: i8 = i8::MAX;

    /// Whether no key is in it, and every axis is at rest.
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

/// How many bits of a [`KeySet`] an axis takes.
const AXIS_BITS: u32 = 8;
/// How many bits a [`KeySet`] has for keys and axes.
const BITS: u32 = 31;

/// Where the bits of an axis begin; none of one that no seat has.
fn axis_shift(place: usize) -> Option<u32> {
    let place = u32::try_from(place).ok().filter(|place| (*place as usize) < Keyboard::MAX_AXES)?;
    Some(BITS - AXIS_BITS * (place + 1))
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

/// A control for one number of a continuous action: a pointer, a finger, a stick, a slider or two keys move it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// The number at the left or lower end,
    pub low: f32,
    /// at the right or upper end,
    pub high: f32,
    /// and where nothing moves it.
    pub rest: f32,
    /// Keys that take it to the lower end.
    pub down: KeySet,
    /// Keys that take it to the upper end.
    pub up: KeySet,
    /// What it moves, for the legend.
    pub label: String,
}

impl Axis {
    /// The number for what a seat's controls are at. Keys come before everything else; both ends at once are rest.
    fn number(&self, place: usize, held: KeySet) -> f32 {
        let level = match (held.intersects(self.down), held.intersects(self.up)) {
            (true, false) => -KeySet::MAX_LEVEL,
            (false, true) => KeySet::MAX_LEVEL,
            (true, true) => 0,
            (false, false) => held.level(place),
        };
        let part = f32::from(level) / f32::from(KeySet::MAX_LEVEL);
        let end = if part < 0.0 { self.low } else { self.high };
        self.rest + part.abs() * (end - self.rest)
    }
}

/// The keys of one seat, and its axes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Keyboard {
    /// `KeyboardEvent.code` of each key; the place is its bit.
    pub keys: Vec<String>,
    /// In the order in which they were configured.
    pub chords: Vec<Chord>,
    /// For each number of a continuous action, in order; none where keys choose among actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
}

impl Keyboard {
    /// How many keys there can be where there is no axis.
    pub const MAX_KEYS: usize = BITS as usize;
    /// How many axes there can be.
    pub const MAX_AXES: usize = 2;

    /// How many keys there can be beside the axes.
    #[must_use]
    pub fn max_keys(&self) -> usize {
        Self::MAX_KEYS.saturating_sub(self.axes.len() * AXIS_BITS as usize)
    }

    /// The bits of the axes.
    fn axis_bits(&self) -> KeySet {
        (0..self.axes.len())
            .filter_map(axis_shift)
            .fold(KeySet::EMPTY, |all, shift| all | KeySet(0xff << shift))
    }

    /// What is held of the keys alone.
    #[must_use]
    pub fn keys_of(&self, held: KeySet) -> KeySet {
        held.without(self.axis_bits())
    }

    /// Whether these are controls that the seat has.
    #[must_use]
    pub fn has(&self, held: KeySet) -> bool {
        self.keys_of(held).is_within(self.keys.len().min(self.max_keys()))
    }

    /// The bit of a key, which is added if there is none yet.
    fn key(&mut self, code: &str) -> KeySet {
        let known = self.keys.iter().position(|known| known == code);
        KeySet::key(known.unwrap_or_else(|| {
            self.keys.push(code.to_owned());
            self.keys.len() - 1
        }))
    }

    /// Adds a control for the next number of a continuous action, with keys that take it to its ends.
    pub fn add_axis(&mut self, (low, high): (f32, f32), down: &[&str], up: &[&str], label: &str) {
        let mut keys = |codes: &[&str]| codes.iter().fold(KeySet::EMPTY, |all, code| all | self.key(code));
        let (down, up) = (keys(down), keys(up));
        let rest = footlights_env::math::clamp(0.0, low, high);
        self.axes.push(Axis { low, high, rest, down, up, label: label.to_owned() });
    }

    /// The continuous action for what the controls are at; none where there are no axes.
    fn continuous(&self, held: KeySet) -> Option<ActionValue> {
        if self.axes.is_empty() {
            return None;
        }
        let numbers = self.axes.iter().enumerate().map(|(place, axis)| axis.number(place, held));
        Some(ActionValue::Continuous(numbers.collect()))
    }

    /// Adds a meaning; the keys get bits as they come.
    pub fn add(&mut self, codes: &[&str], action: ActionValue, label: &str) {
        let chord = codes.iter().fold(KeySet::EMPTY, |chord, code| chord | self.key(code));
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
        let keys = |held: KeySet| keyboard.keys_of(held);
        let (pressed, released) = (keys(held.without(self.held)), keys(self.held.without(held)));
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
            InputMode::PressedKeys if self.seen.is_empty() => None,
            InputMode::PressedKeys => {
                let chord = keyboard.chord(self.seen).map(|chord| chord.action.clone());
                chord.or_else(|| keyboard.continuous(self.seen))
            }
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

    fn wheel() -> Keyboard {
        let mut keyboard = Keyboard::default();
        keyboard.add_axis((-2.0, 2.0), &["ArrowLeft"], &["ArrowRight"], "torque");
        keyboard.add_axis((0.0, 1.0), &[], &["ArrowUp"], "gas");
        keyboard
    }

    fn taken(held: &[KeySet]) -> Vec<Option<Vec<f32>>> {
        let (mut input, wheel) = (KeyState::default(), wheel());
        let take = |held: &KeySet| {
            input.change(*held, InputMode::PressedKeys, &wheel);
            input.take(InputMode::PressedKeys, &wheel).map(|action| match action {
                ActionValue::Continuous(numbers) => numbers,
                ActionValue::Discrete(number) => panic!("discrete {number}"),
            })
        };
        held.iter().map(take).collect()
    }

    #[test]
    fn an_axis_goes_from_its_rest_to_its_ends() {
        let at = |first, second| KeySet::EMPTY.with_level(0, first).with_level(1, second);
        let seen = taken(&[at(0, 0), at(127, 0), at(-127, 127), at(-128, -127)]);
        assert_eq!(seen, [None, Some(vec![2.0, 0.0]), Some(vec![-2.0, 1.0]), Some(vec![-2.0, 0.0])]);
        let [Some(half)] = &taken(&[at(64, 32)])[..] else { panic!("no action") };
        assert!((half[0] - 2.0 * 64.0 / 127.0).abs() < 1e-6 && (half[1] - 32.0 / 127.0).abs() < 1e-6);
    }

    #[test]
    fn keys_take_an_axis_to_its_ends_and_a_tap_is_not_lost() {
        let (left, right, up) = (KeySet(1), KeySet(2), KeySet(4));
        let stick = KeySet::EMPTY.with_level(0, 100);
        let seen = taken(&[left, right | up, left | right, stick | left]);
        assert_eq!(seen, [[-2.0, 0.0], [2.0, 1.0], [0.0, 0.0], [-2.0, 0.0]].map(|pair| Some(pair.to_vec())));
        let (mut input, wheel) = (KeyState::default(), wheel());
        input.change(left, InputMode::PressedKeys, &wheel);
        input.change(NONE, InputMode::PressedKeys, &wheel);
        let tapped = input.take(InputMode::PressedKeys, &wheel);
        assert_eq!(tapped, Some(ActionValue::Continuous(vec![-2.0, 0.0])));
        // What an axis passed through between two ticks does not count: it is where it is.
        input.change(stick, InputMode::PressedKeys, &wheel);
        input.change(NONE, InputMode::PressedKeys, &wheel);
        assert_eq!(input.take(InputMode::PressedKeys, &wheel), None);
    }

    #[test]
    fn a_seat_has_its_own_keys_and_axes_and_no_others() {
        let wheel = wheel();
        assert_eq!((wheel.keys.len(), wheel.max_keys()), (3, 15));
        assert!(wheel.has(KeySet(0b111).with_level(0, -127).with_level(1, 127)));
        assert!(!wheel.has(KeySet(0b1000)) && !wheel.has(KeySet(1 << 31)));
        assert!(!keyboard().has(KeySet::EMPTY.with_level(0, 1)));
        assert_eq!(wheel.keys_of(KeySet(0b101).with_level(1, 9)), KeySet(0b101));
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
