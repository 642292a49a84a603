//! Numbers, names and sentences for participants.

use footlights_protocol::{
    Outcome,
    wire::{COMPUTER, CloseCode, Presence},
};

use crate::netcode::Button;

/// Milliseconds as minutes and seconds, rounded up: 0:00 is over.
pub fn clock(ms: f64) -> String {
    let seconds = (ms / 1000.0).ceil().max(0.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Milliseconds that have passed, rounded down.
pub(super) fn stopwatch(ms: f64) -> String {
    clock((ms / 1000.0).floor() * 1000.0)
}

/// A limit in words.
pub(super) fn duration(ms: f64) -> String {
    let seconds = (ms / 1000.0).round().max(0.0) as u64;
    match (seconds / 60, seconds % 60) {
        (1, 0) => "a minute".into(),
        (minutes, 0) => format!("{minutes} minutes"),
        _ if seconds == 1 => "a second".into(),
        _ if seconds < 120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", clock(ms)),
    }
}

/// A score without a tail of zeros; at most two decimals.
pub fn score(value: f32) -> String {
    let hundredths = (f64::from(value) * 100.0).round() as i64;
    // A typographic minus is easier to see.
    let sign = if hundredths < 0 { "\u{2212}" } else { "" };
    let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    match part {
        0 => format!("{sign}{whole}"),
        part if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
        part => format!("{sign}{whole}.{part:02}"),
    }
}

/// Whole seconds of a time in ms, the one that has begun included.
pub fn seconds(ms: f64) -> u32 {
    (ms / 1000.0).ceil() as u32
}

/// The words on a button.
pub fn button_words(button: Button) -> &'static str {
    match button {
        Button::TryNow => "Try now",
        Button::Reload => "Reload the page",
        Button::PlayHere => "Play here instead",
        Button::Continue => "Continue",
        Button::Ready => "I am ready",
        Button::WaitAgain => "Wait again",
    }
}

/// The presence of a player in words; `None` for a policy that has held the seat from the start.
pub(super) fn presence(presence: Presence, name: &str, grace_ms: f64) -> Option<String> {
    Some(match presence {
        Presence::Policy if name == COMPUTER => return None,
        Presence::Policy => "left; the computer plays instead".into(),
        Presence::Expected => "expected".into(),
        Presence::Here => "here".into(),
        Presence::Away => "away".into(),
        Presence::Reconnecting if grace_ms > 0.0 => format!("reconnecting {}", clock(grace_ms)),
        Presence::Reconnecting => "reconnecting".into(),
        Presence::Left => "left".into(),
    })
}

/// Why a game ended early, as a heading and a sentence; `None` if it did not. `two` is whether there are two players.
pub(super) fn early_end(outcome: Outcome, two: bool) -> Option<(&'static str, &'static str)> {
    match outcome {
        Outcome::Completed => None,
        Outcome::PartnerLeft if two => Some((
            "Your partner left",
            "Your partner lost the connection and did not come back, so the game ends here. What you have played counts.",
        )),
        Outcome::PartnerLeft => Some((
            "A player left",
            "Another player lost the connection and did not come back, so the game ends here. What you have played \
             counts.",
        )),
        Outcome::NoShow if two => Some((
            "Your partner did not come",
            "You were matched, but your partner never reached the game. This is not your fault.",
        )),
        Outcome::NoShow => {
            Some(("Not everybody came", "Another player never reached the game. This is not your fault."))
        }
        Outcome::LobbyTimeout => {
            Some(("No match this time", "No other player came in time. This is not your fault."))
        }
        Outcome::Failed => {
            Some(("The game had to stop", "Something went wrong on our side. What you have played counts."))
        }
        Outcome::Void if two => Some((
            "Your partner left",
            "Your partner lost the connection and did not come back, so the game ends here and does not count. This is \
             not your fault.",
        )),
        Outcome::Void => Some((
            "A player left",
            "Another player lost the connection and did not come back, so the game ends here and does not count. This \
             is not your fault.",
        )),
        Outcome::Left => Some((
            "You were away for too long",
            "The other players could not wait any longer, so the game is over for you. What you have played is saved.",
        )),
        Outcome::Excluded => Some((
            "The game ends here for you",
            "Your connection was too slow for this game, or you were away from it for too long. What you have played is saved.",
        )),
        Outcome::Abandoned => Some((
            "The game ended early",
            "No player was connected for too long. What you have played counts.",
        )),
    }
}

/// Why the server closed a connection with this code, as a heading and a sentence.
pub(super) fn refusal(code: u16) -> (&'static str, &'static str) {
    let is = |known: CloseCode| code == known.code();
    match () {
        () if is(CloseCode::Malformed) => (
            "This page and the server misunderstood each other",
            "The server could not read a message of this page. Reloading the page brings you back to the same place.",
        ),
        () if is(CloseCode::TooLarge) => (
            "This page sent too much at once",
            "The server refused a message because of its size. Reloading the page brings you back to the same place.",
        ),
        () if is(CloseCode::TooFrequent) => (
            "Too many key presses at once",
            "This page sent more key presses than a person can make, so the connection was closed. Check for a stuck key or \
             a key-repeating program, then reload the page.",
        ),
        () if is(CloseCode::Ticket) => (
            "Your place in the game could not be confirmed",
            "It may have expired while you were away. Reload the page to see where you are now.",
        ),
        () if is(CloseCode::Mismatch) => (
            "This page is out of date",
            "The study was updated since the page was loaded. Reload the page to get the current version.",
        ),
        () if is(CloseCode::Replaced) => (
            "You opened the study somewhere else",
            "You take part in the other tab or window now, and this one is disconnected. You can close this tab.",
        ),
        () if is(CloseCode::Over) => {
            ("This part is over", "There is nothing more to do here. Please continue with the next part.")
        }
        () if is(CloseCode::Silent) => (
            "The connection was silent for too long",
            "Your computer may have been asleep. Reload the page to continue.",
        ),
        () if is(CloseCode::Unavailable) => (
            "The game is not available any more",
            "The server has lost this game, and you cannot bring it back. Reload the page to continue with the study \
             from where it is now.",
        ),
        () if is(CloseCode::NotReady) => (
            "You were not ready in time",
            "A game was about to start, and the others play without you. You can wait for another one.",
        ),
        () => ("The connection was closed", "The server ended the connection. Reload the page to continue."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_scores_read_well() {
        assert_eq!([0.0, 1.0, 27_000.0, 100_000.0].map(clock), ["0:00", "0:01", "0:27", "1:40"]);
        assert_eq!(stopwatch(1999.0), "0:01");
        let limits = [300_000.0, 60_000.0, 90_000.0, 150_000.0].map(duration);
        assert_eq!(limits, ["5 minutes", "a minute", "90 seconds", "2:30 minutes"]);
        assert_eq!([0.0, -0.0, 3.0, -2.0, 0.25, 1.005].map(score), ["0", "0", "3", "\u{2212}2", "0.25", "1"]);
    }

    #[test]
    fn every_close_code_has_words_of_its_own() {
        let mut seen: Vec<_> = (4001..=4011).map(refusal).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 11);
    }
}
