//! Numbers, names and sentences for participants.

use footlights_env::surface::{Item, Shape};
use footlights_protocol::{
    Outcome,
    wire::{CloseCode, Presence, SeatName},
    words::{Text, Words, texts},
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
pub(super) fn duration(ms: f64, words: &Words) -> String {
    let seconds = (ms / 1000.0).round().max(0.0) as u64;
    match (seconds / 60, seconds % 60) {
        (1, 0) => words.get(texts::ONE_MINUTE).into(),
        (minutes, 0) => words.counted(texts::MINUTES, minutes, &[]),
        _ if seconds == 1 => words.get(texts::ONE_SECOND).into(),
        _ if seconds < 120 => words.counted(texts::SECONDS, seconds, &[]),
        _ => words.with(texts::CLOCK_MINUTES, &[("time", &clock(ms))]),
    }
}

/// A score without a tail of zeros; at most two decimals.
pub fn score(value: f32, words: &Words) -> String {
    let hundredths = (f64::from(value) * 100.0).round() as i64;
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    let number = match part {
        0 => format!("{sign}{whole}"),
        part if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
        part => format!("{sign}{whole}.{part:02}"),
    };
    // A typographic minus is easier to see.
    words.number_words(&number).replace('-', "\u{2212}")
}

/// What a seat is called, in the participant's language.
pub fn seat_name(name: &str, words: &Words) -> String {
    match SeatName::of(name) {
        Some(SeatName::You) => words.get(texts::SEAT_YOU).into(),
        Some(SeatName::Partner) => words.get(texts::SEAT_PARTNER).into(),
        Some(SeatName::Player(n)) => words.with(texts::SEAT_PLAYER, &[("n", &n.to_string())]),
        Some(SeatName::Computer) => words.get(texts::SEAT_COMPUTER).into(),
        None => name.to_owned(),
    }
}

/// A picture with its texts in the participant's language; none if it has no text or the page is in English.
pub fn translated(items: &[Item], words: &Words) -> Option<Vec<Item>> {
    let has_text = |item: &Item| matches!(item.shape, Shape::Text { .. });
    if words.table().next().is_none() || !items.iter().any(has_text) {
        return None;
    }
    let mut items = items.to_vec();
    for item in &mut items {
        if let Shape::Text { text, .. } = &mut item.shape {
            *text = words.translate(text);
        }
    }
    Some(items)
}

/// Whole seconds of a time in ms, the one that has begun included.
pub fn seconds(ms: f64) -> u32 {
    (ms / 1000.0).ceil() as u32
}

/// The words on a button.
pub fn button_words(button: Button) -> Text {
    match button {
        Button::TryNow => texts::TRY_NOW,
        Button::Reload => texts::RELOAD,
        Button::PlayHere => texts::PLAY_HERE,
        Button::Continue => texts::CONTINUE,
        Button::Ready => texts::I_AM_READY,
        Button::WaitAgain => texts::WAIT_AGAIN,
    }
}

/// The presence of a player in words; `None` for a policy that has held the seat from the start.
pub(super) fn presence(presence: Presence, name: &str, grace_ms: f64, words: &Words) -> Option<String> {
    let text = match presence {
        Presence::Policy if SeatName::of(name) == Some(SeatName::Computer) => return None,
        Presence::Policy => texts::COMPUTER_PLAYS,
        Presence::Expected => texts::EXPECTED,
        Presence::Here => texts::HERE,
        Presence::Away => texts::AWAY,
        Presence::Reconnecting if grace_ms > 0.0 => {
            return Some(words.with(texts::RECONNECTING_FOR, &[("time", &clock(grace_ms))]));
        }
        Presence::Reconnecting => texts::RECONNECTING,
        Presence::Left => texts::LEFT,
    };
    Some(words.get(text).into())
}

/// Why a game ended early, as a heading and a sentence; `None` if it did not. `two` is whether there are two players.
pub(super) fn early_end(outcome: Outcome, two: bool) -> Option<(Text, Text)> {
    Some(match outcome {
        Outcome::Completed => return None,
        Outcome::PartnerLeft if two => (texts::PARTNER_LEFT, texts::PARTNER_LEFT_WHY),
        Outcome::PartnerLeft => (texts::PLAYER_LEFT, texts::PLAYER_LEFT_WHY),
        Outcome::NoShow if two => (texts::UNMATCHED_TWO, texts::NO_SHOW_TWO_WHY),
        Outcome::NoShow => (texts::UNMATCHED_MORE, texts::NO_SHOW_MORE_WHY),
        Outcome::LobbyTimeout => (texts::NO_MATCH, texts::NO_MATCH_WHY),
        Outcome::Failed => (texts::FAILED, texts::FAILED_WHY),
        Outcome::Void if two => (texts::PARTNER_LEFT, texts::VOID_TWO_WHY),
        Outcome::Void => (texts::PLAYER_LEFT, texts::VOID_MORE_WHY),
        Outcome::Left => (texts::LEFT_TOO_LONG, texts::LEFT_TOO_LONG_WHY),
        Outcome::Excluded => (texts::EXCLUDED, texts::EXCLUDED_WHY),
        Outcome::Abandoned => (texts::ABANDONED, texts::ABANDONED_WHY),
    })
}

/// Why the server closed a connection with this code, as a heading and a sentence.
pub(super) fn refusal(code: u16) -> (Text, Text) {
    let is = |known: CloseCode| code == known.code();
    match () {
        () if is(CloseCode::Malformed) => (texts::MALFORMED, texts::MALFORMED_WHY),
        () if is(CloseCode::TooLarge) => (texts::TOO_LARGE, texts::TOO_LARGE_WHY),
        () if is(CloseCode::TooFrequent) => (texts::TOO_FREQUENT, texts::TOO_FREQUENT_WHY),
        () if is(CloseCode::Ticket) => (texts::TICKET, texts::TICKET_WHY),
        () if is(CloseCode::Mismatch) => (texts::MISMATCH, texts::MISMATCH_WHY),
        () if is(CloseCode::Replaced) => (texts::REPLACED, texts::REPLACED_WHY),
        () if is(CloseCode::Over) => (texts::PART_OVER, texts::PART_OVER_WHY),
        () if is(CloseCode::Silent) => (texts::SILENT, texts::SILENT_WHY),
        () if is(CloseCode::Unavailable) => (texts::UNAVAILABLE, texts::UNAVAILABLE_WHY),
        () if is(CloseCode::NotReady) => (texts::NOT_READY, texts::NOT_READY_WHY),
        () => (texts::CLOSED, texts::CLOSED_WHY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_scores_read_well() {
        assert_eq!([0.0, 1.0, 27_000.0, 100_000.0].map(clock), ["0:00", "0:01", "0:27", "1:40"]);
        assert_eq!(stopwatch(1999.0), "0:01");
        let limits = [300_000.0, 60_000.0, 90_000.0, 150_000.0].map(|ms| duration(ms, &Words::default()));
        assert_eq!(limits, ["5 minutes", "a minute", "90 seconds", "2:30 minutes"]);
        assert_eq!(
            [0.0, -0.0, 3.0, -2.0, 0.25, 1.005].map(|value| score(value, &Words::default())),
            ["0", "0", "3", "\u{2212}2", "0.25", "1"]
        );
    }

    #[test]
    fn every_close_code_has_words_of_its_own() {
        let mut seen: Vec<_> = (4001..=4011).map(|code| refusal(code).0.0).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 11);
    }
}
