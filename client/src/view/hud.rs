//! The panel around the picture: players, scores, time left, and the connections.

use footlights_protocol::{MonotonicMs, wire::Presence};

use super::words::{clock, presence, score};
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

/// The panel of a seat; `None` before the room's welcome.
pub fn panel(seat: &SeatConnection, now: MonotonicMs) -> Option<Panel> {
    let welcome = seat.welcome()?;
    let (own, hud) = (welcome.agent.index(), seat.hud());
    let is_known = hud.episodes > 0;
    let seats: Vec<SeatLine> = (0..)
        .zip(&welcome.names)
        .map(|(agent, name)| SeatLine {
            name: name.clone(),
            score: hud.scores.get(agent).copied().unwrap_or(Some(0.0)).map(score).unwrap_or_default(),
            own: agent == own,
        })
        .collect();
    let presences = seat.status().map_or(&[][..], |status| &status.seats);
    let grace = seat.remaining_ms(now);
    let others = || (0..).zip(welcome.names.iter().zip(presences)).filter(|(agent, _)| *agent != own);
    let lines = |grace| -> Vec<String> {
        let line = |name: &str, how| Some(format!("{name}: {}", presence(how, name, grace)?));
        others().filter_map(|(_, (name, how))| line(name, *how)).collect()
    };
    // After the end a closed connection is no news.
    let quality = if seat.finished().is_some() { ConnectionQuality::Good } else { seat.quality(now) };
    Some(Panel {
        you: if seats.len() > 1 {
            format!("You are player {} of {}", own + 1, seats.len())
        } else {
            String::new()
        },
        seats,
        round: if hud.episodes > 1 {
            format!("Round {} of {}", hud.episode, hud.episodes)
        } else {
            String::new()
        },
        time: if is_known { clock(f64::from(hud.seconds_left) * 1000.0) } else { String::new() },
        items: hud.items.iter().map(|item| (item.label.clone(), item.value.clone())).collect(),
        missing: others().any(|(_, (_, how))| !matches!(how, Presence::Here | Presence::Policy)),
        others: lines(grace),
        spoken: lines(0.0).join(", "),
        quality,
        link: match (quality, seat.rtt()) {
            (ConnectionQuality::Lost, _) => "no connection".into(),
            // A round trip without an answer takes at least as long as it has taken so far.
            (_, Some(rtt)) => format!("{} ms", rtt.max(seat.connection().unanswered_ms(now)).round() as u32),
            (_, None) => "…".into(),
        },
    })
}
