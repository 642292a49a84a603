//! The panel around the picture: players, scores, time left, and the connections.

use footlights_protocol::{
    MonotonicMs,
    wire::Presence,
    words::{Text, Words, texts},
};

use super::{
    overlay::round,
    wording::{clock, presence, score, seat_name},
};
use crate::netcode::{ConnectionQuality, SeatConnection};

/// One seat in the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatLine {
    /// Its name for this participant.
    pub name: String,
    /// Its score; empty where this participant is not told it.
    pub score: String,
    /// Whether it is this participant's.
    pub own: bool,
}

/// Everything in the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Which player this participant is.
    pub you: String,
    /// By agent.
    pub seats: Vec<SeatLine>,
    /// `Round 1 of 5`; empty if there is only one.
    pub round: String,
    /// Time left in the round; empty before the first state arrives.
    pub time: String,
    /// The environment's own lines.
    pub items: Vec<(String, String)>,
    /// The presence of the other participants, a line each: `Partner: reconnecting 0:27`.
    pub others: Vec<String>,
    /// The same without counters, to be read aloud when it changes.
    pub spoken: String,
    /// Whether one of them is absent.
    pub missing: bool,
    /// The participant's own connection.
    pub quality: ConnectionQuality,
    /// The participant's own connection in words: `38 ms`.
    pub link: String,
}

/// The own connection in a sentence.
pub fn quality_words(quality: ConnectionQuality) -> Text {
    match quality {
        ConnectionQuality::Good => texts::QUALITY_GOOD,
        ConnectionQuality::Fair => texts::QUALITY_FAIR,
        ConnectionQuality::Poor => texts::QUALITY_POOR,
        ConnectionQuality::Lost => texts::QUALITY_LOST,
    }
}

/// The panel of a seat; `None` before the room's welcome.
pub fn panel(seat: &SeatConnection, now: MonotonicMs, words: &Words) -> Option<Panel> {
    let welcome = seat.welcome()?;
    let (own, hud) = (welcome.agent.index(), seat.hud());
    let is_known = hud.episodes > 0;
    let seats: Vec<SeatLine> = (0..)
        .zip(&welcome.names)
        .map(|(agent, name)| SeatLine {
            name: seat_name(name, words),
            score: hud
                .scores
                .get(agent)
                .copied()
                .unwrap_or(Some(0.0))
                .map(|value| score(value, words))
                .unwrap_or_default(),
            own: agent == own,
        })
        .collect();
    let presences = seat.status().map_or(&[][..], |status| &status.seats);
    let grace = seat.remaining_ms(now);
    let others = || (0..).zip(welcome.names.iter().zip(presences)).filter(|(agent, _)| *agent != own);
    let lines = |grace| -> Vec<String> {
        let line = |name: &str, how| {
            let presence = presence(how, name, grace, words)?;
            Some(words.with(texts::NAME_IS, &[("name", &seat_name(name, words)), ("presence", &presence)]))
        };
        others().filter_map(|(_, (name, how))| line(name, *how)).collect()
    };
    // After the end a closed connection is no news.
    let quality = if seat.finished().is_some() { ConnectionQuality::Good } else { seat.quality(now) };
    Some(Panel {
        you: if seats.len() > 1 {
            let [n, all] = [own + 1, seats.len()].map(|number| number.to_string());
            words.with(texts::PLAYER_OF, &[("n", &n), ("all", &all)])
        } else {
            String::new()
        },
        seats,
        round: if hud.episodes > 1 { round(hud.episode, hud.episodes, words) } else { String::new() },
        time: if is_known { clock(f64::from(hud.seconds_left) * 1000.0) } else { String::new() },
        items: hud
            .items
            .iter()
            .map(|item| (words.translate(&item.label), words.translate(&item.value)))
            .collect(),
        missing: others().any(|(_, (_, how))| !matches!(how, Presence::Here | Presence::Policy)),
        others: lines(grace),
        spoken: lines(0.0).join(words.get(texts::LIST_SEPARATOR)),
        quality,
        link: match (quality, seat.rtt()) {
            (ConnectionQuality::Lost, _) => words.get(texts::NO_CONNECTION).into(),
            // A round trip without an answer takes at least as long as it has taken so far.
            (_, Some(rtt)) => {
                let ms = rtt.max(seat.connection().unanswered_ms(now)).round() as u32;
                words.with(texts::MILLISECONDS, &[("n", &ms.to_string())])
            }
            (_, None) => "…".into(),
        },
    })
}
