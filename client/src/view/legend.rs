//! The key legend, and the touch buttons and gamepad controls that stand for the same keys.

use footlights_env::ActionValue;
use footlights_protocol::{
    KeySet,
    keys::{Chord, Keyboard},
};

/// A key as it is drawn in the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCap {
    /// `KeyboardEvent.code`.
    pub code: String,
    /// Its label on an American keyboard.
    pub name: String,
}

/// One line of the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLegend {
    /// Combinations of keys that do it; the keys of one must be held together.
    pub combinations: Vec<Vec<KeyCap>>,
    /// What it does.
    pub label: String,
}

/// The direction in which a key points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Direction {
    Left,
    Up,
    Down,
    Right,
}

/// A touch button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchPad {
    /// The keys that it holds.
    pub keys: KeySet,
    /// Its label: an arrow, or what it does.
    pub face: String,
    /// What it does.
    pub label: String,
    /// The direction in which it points; `None` for an action.
    pub direction: Option<Direction>,
}

/// The touch buttons under each thumb.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TouchPads {
    /// Under the left one.
    pub left: Vec<TouchPad>,
    /// Under the right one.
    pub right: Vec<TouchPad>,
}

impl TouchPads {
    /// The keys of the pad with this direction; none without one.
    pub fn pointing(&self, direction: Direction) -> KeySet {
        let all = self.left.iter().chain(&self.right);
        all.filter(|pad| pad.direction == Some(direction)).map(|pad| pad.keys).next().unwrap_or_default()
    }

    /// The keys of the n-th pad without a direction; without any, the one that points up stands in for the first.
    pub fn action(&self, n: usize) -> KeySet {
        let mut actions =
            self.left.iter().chain(&self.right).filter(|pad| pad.direction.is_none()).peekable();
        if actions.peek().is_none() && n == 0 {
            return self.pointing(Direction::Up);
        }
        actions.nth(n).map_or(KeySet::EMPTY, |pad| pad.keys)
    }
}

/// The label of the key with that `KeyboardEvent.code` on an American keyboard.
pub fn key_name(code: &str) -> String {
    let name = match code {
        "ArrowLeft" => "←",
        "ArrowUp" => "↑",
        "ArrowRight" => "→",
        "ArrowDown" => "↓",
        "Escape" => "Esc",
        "ShiftLeft" | "ShiftRight" => "Shift",
        "ControlLeft" | "ControlRight" => "Ctrl",
        "AltLeft" => "Alt",
        "AltRight" => "AltGr",
        "Comma" => ",",
        "Period" => ".",
        "Slash" => "/",
        "Semicolon" => ";",
        "Quote" => "'",
        "Minus" => "-",
        "Equal" => "=",
        "BracketLeft" => "[",
        "BracketRight" => "]",
        "Backslash" => "\\",
        "Backquote" => "`",
        _ => code.strip_prefix("Key").or(code.strip_prefix("Digit")).unwrap_or(code),
    };
    name.to_owned()
}

/// The lines of the legend: one a label, in the order in which they were configured.
pub fn legend(keyboard: &Keyboard) -> Vec<KeyLegend> {
    let mut lines: Vec<KeyLegend> = Vec::new();
    for chord in keyboard.chords.iter().filter(|chord| !chord.label.is_empty()) {
        let way: Vec<KeyCap> = codes(keyboard, chord.keys).map(cap).collect();
        match lines.iter_mut().find(|line| line.label == chord.label) {
            Some(line) => line.combinations.push(way),
            None => lines.push(KeyLegend { combinations: vec![way], label: chord.label.clone() }),
        }
    }
    for axis in keyboard.axes.iter().filter(|axis| !(axis.down | axis.up).is_empty()) {
        let ends = codes(keyboard, axis.down).chain(codes(keyboard, axis.up));
        lines.push(KeyLegend {
            combinations: ends.map(|code| vec![cap(code)]).collect(),
            label: axis.label.clone(),
        });
    }
    lines
}

/// The touch buttons: one for each action that a single key has. Left and right are under the left thumb, everything
/// else under the right one; upwards joins the directions when there is something else for the right thumb.
pub fn pads(keyboard: &Keyboard) -> TouchPads {
    let mut seen: Vec<&ActionValue> = Vec::new();
    let mut all: Vec<TouchPad> = Vec::new();
    for chord in keyboard.chords.iter().filter(|chord| chord.keys.len() == 1) {
        if !seen.contains(&&chord.action) {
            seen.push(&chord.action);
            all.extend(pad(keyboard, chord));
        }
    }
    let is_side = |pad: &TouchPad| matches!(pad.direction, Some(Direction::Left | Direction::Right));
    let actions = all.iter().any(|pad| pad.direction.is_none());
    let vertical = all.iter().any(|pad| pad.direction.is_some() && !is_side(pad));
    if !actions && !vertical && all.len() == 2 {
        // Nothing but two sides: one for each thumb.
        let (left, right) = all.into_iter().partition(|pad| pad.direction != Some(Direction::Right));
        return TouchPads { left, right };
    }
    let (mut left, right): (Vec<TouchPad>, Vec<TouchPad>) =
        all.into_iter().partition(|pad| if actions { pad.direction.is_some() } else { is_side(pad) });
    // Of two with the same direction the first configured stays first.
    left.sort_unstable_by_key(|pad| (pad.direction.map(|direction| direction as u8), pad.keys.0));
    TouchPads { left, right }
}

fn pad(keyboard: &Keyboard, chord: &Chord) -> Option<TouchPad> {
    let code = codes(keyboard, chord.keys).next()?;
    let direction = direction(keyboard, code);
    let label = if chord.label.is_empty() { key_name(code) } else { chord.label.clone() };
    let face = match direction {
        Some(Direction::Left) => "←".into(),
        Some(Direction::Up) => "↑".into(),
        Some(Direction::Right) => "→".into(),
        Some(Direction::Down) => "↓".into(),
        // A touch screen has no keys, so their names mean nothing.
        None => label.clone(),
    };
    Some(TouchPad { keys: chord.keys, face, label, direction })
}

fn codes(keyboard: &Keyboard, keys: KeySet) -> impl Iterator<Item = &str> {
    let places = keyboard.keys.iter().enumerate();
    places.filter(move |(place, _)| keys.intersects(KeySet::key(*place))).map(|(_, code)| code.as_str())
}

fn cap(code: &str) -> KeyCap {
    KeyCap { code: code.to_owned(), name: key_name(code) }
}

/// Letters point somewhere only where they are used as a cross: A and D both.
fn direction(keyboard: &Keyboard, code: &str) -> Option<Direction> {
    let cross = ["KeyA", "KeyD"].iter().all(|letter| keyboard.keys.iter().any(|key| key == letter));
    Some(match code {
        "ArrowLeft" => Direction::Left,
        "ArrowUp" => Direction::Up,
        "ArrowDown" => Direction::Down,
        "ArrowRight" => Direction::Right,
        "KeyA" if cross => Direction::Left,
        "KeyW" if cross => Direction::Up,
        "KeyS" if cross => Direction::Down,
        "KeyD" if cross => Direction::Right,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyboard(keys: &[(&[&str], i32, &str)]) -> Keyboard {
        let mut keyboard = Keyboard::default();
        for (codes, action, label) in keys {
            keyboard.add(codes, ActionValue::Discrete(*action), label);
        }
        keyboard
    }

    fn slime() -> Keyboard {
        keyboard(&[
            (&["ArrowLeft"], 5, "left"),
            (&["ArrowUp"], 3, "jump"),
            (&["ArrowRight"], 1, "right"),
            (&["ArrowLeft", "ArrowUp"], 4, ""),
            (&["KeyA"], 5, "left"),
            (&["KeyW"], 3, "jump"),
            (&["KeyD"], 1, "right"),
        ])
    }

    fn faces(pads: &[TouchPad]) -> Vec<&str> {
        pads.iter().map(|pad| pad.face.as_str()).collect()
    }

    #[test]
    fn the_legend_names_every_key_that_has_a_label_once_a_meaning() {
        let lines: Vec<String> = legend(&slime())
            .iter()
            .map(|line| {
                let combinations: Vec<String> = line
                    .combinations
                    .iter()
                    .map(|way| way.iter().map(|cap| cap.name.clone()).collect::<Vec<_>>().join("+"))
                    .collect();
                format!("{} {}", combinations.join("/"), line.label)
            })
            .collect();
        assert_eq!(lines, ["←/A left", "↑/W jump", "→/D right"]);
    }

    #[test]
    fn the_legend_names_the_keys_of_an_axis() {
        let mut wheel = Keyboard::default();
        wheel.add_axis((-1.0, 1.0), &["ArrowLeft"], &["ArrowRight"], "steer");
        wheel.add_axis((0.0, 1.0), &[], &[], "gas");
        let [line] = &legend(&wheel)[..] else { panic!("one line") };
        let names: Vec<&str> = line.combinations.iter().flatten().map(|cap| cap.name.as_str()).collect();
        assert_eq!((names, line.label.as_str()), (vec!["←", "→"], "steer"));
    }

    #[test]
    fn two_ways_to_do_the_same_share_a_touch_button() {
        let pads = pads(&slime());
        assert_eq!(faces(&pads.left), ["←", "→"]);
        assert_eq!(faces(&pads.right), ["↑"]);
    }

    #[test]
    fn a_cross_and_an_action_take_one_thumb_each() {
        let pads = pads(&keyboard(&[
            (&["ArrowRight"], 1, "right"),
            (&["ArrowUp"], 2, "up"),
            (&["ArrowLeft"], 3, "left"),
            (&["ArrowDown"], 4, "down"),
            (&["Space"], 5, "take"),
            (&["KeyQ"], 6, ""),
        ]));
        assert_eq!(faces(&pads.left), ["←", "↑", "↓", "→"]);
        assert_eq!(faces(&pads.right), ["take", "Q"]);
        assert_eq!(pads.action(0), KeySet(16));
        assert_eq!(pads.pointing(Direction::Up), KeySet(2));
    }

    #[test]
    fn two_sides_take_one_thumb_each() {
        let pads = pads(&keyboard(&[(&["ArrowLeft"], 0, "left"), (&["ArrowRight"], 2, "right")]));
        assert_eq!((faces(&pads.left), faces(&pads.right)), (vec!["←"], vec!["→"]));
    }

    #[test]
    fn letters_without_a_cross_are_actions_and_a_gamepad_jumps_where_nothing_else_is_to_do() {
        let letters = pads(&keyboard(&[(&["KeyS"], 0, "same"), (&["KeyA"], 1, "another")]));
        assert_eq!(faces(&letters.right), ["same", "another"]);
        assert_eq!(letters.action(1), KeySet(2));
        let jump = pads(&slime());
        assert_eq!((jump.action(0), jump.action(1)), (KeySet(2), KeySet(0)));
    }
}
