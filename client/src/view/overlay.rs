//! What lies over the picture whenever the participant cannot play, with words for it and a way out.

use footlights_protocol::{
    MonotonicMs, Outcome, ShownResult, Tick,
    wire::{Phase, Presence, Status},
};

use super::words::{clock, duration, early_end, refusal, score, seconds, stopwatch};
use crate::netcode::{
    Button, Connection, Finished, LobbyConnection, Play, PlayStage, ReadyCheck, SceneAdvance, SeatConnection,
    Stop,
};

/// After this many failed attempts, reloading the page is offered too.
const OFFER_RELOAD_AFTER: usize = 3;

/// The mood of an overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Wait.
    Calm,
    /// Something good.
    Good,
    /// Something is wrong and will probably pass.
    Warn,
    /// Something is wrong and will not pass by itself.
    Bad,
}

impl Tone {
    /// The word for the style sheet.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultLine {
    /// The player's name for this participant.
    pub name: String,
    /// The player's score.
    pub score: String,
    /// Whether it is this participant's.
    pub own: bool,
}

/// What lies over the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// The overlay's name; the value of `data-overlay`.
    pub name: &'static str,
    /// The close code behind it.
    pub code: Option<u16>,
    /// Its mood.
    pub tone: Tone,
    /// The heading.
    pub title: String,
    /// What it means and how it goes on.
    pub text: String,
    /// A number or a clock that counts; not read aloud.
    pub figure: String,
    /// What the figure means.
    pub caption: String,
    /// The part of a wait that has passed, 0 to 1; `None` without a limit.
    pub part: Option<f64>,
    /// How many participants are here, and how many are needed.
    pub here: Option<(u32, u32)>,
    /// The result, a line for each player.
    pub rows: Vec<ResultLine>,
    /// The server's explanation, for support.
    pub detail: String,
    /// Ways out; the first is the recommended one.
    pub buttons: Vec<Button>,
}

impl Overlay {
    fn new(name: &'static str, tone: Tone, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name,
            code: None,
            tone,
            title: title.into(),
            text: text.into(),
            figure: String::new(),
            caption: String::new(),
            part: None,
            here: None,
            rows: Vec::new(),
            detail: String::new(),
            buttons: Vec::new(),
        }
    }
}

/// The state of the page in a word; the value of `data-state`.
pub fn state(play: &Play) -> &'static str {
    match play.stage() {
        PlayStage::Stopped(..) => "problem",
        PlayStage::Loading => "loading",
        PlayStage::Lobby(lobby) if lobby.connection().is_open() => "lobby",
        PlayStage::Lobby(lobby) => unconnected(lobby.connection()),
        PlayStage::Seat(seat, _) if seat.is_unmatched() => "lobby",
        PlayStage::Seat(_, Some(_)) => "finished",
        PlayStage::Seat(seat, None) if !seat.connection().is_open() && !seat.runs_offline() => {
            unconnected(seat.connection())
        }
        PlayStage::Seat(seat, None) => match seat.status().map(|status| status.phase) {
            None => "connecting",
            Some(Phase::Gathering) => "gathering",
            Some(Phase::Countdown) if !seat.has_begun() => "countdown",
            Some(Phase::Countdown | Phase::Running) => "running",
            Some(Phase::Paused) => "paused",
            Some(Phase::Over) => "finished",
        },
    }
}

fn unconnected(connection: &Connection) -> &'static str {
    if connection.attempts() == 0 { "connecting" } else { "reconnecting" }
}

/// The title of the tab: what a participant who looks at another tab must know.
pub fn title(play: &Play, scene: &str) -> String {
    let news = match (state(play), play.stage()) {
        ("lobby", PlayStage::Lobby(lobby)) if lobby.check().is_some_and(|check| !check.mine) => {
            "▶ Are you ready?".into()
        }
        ("lobby", PlayStage::Lobby(lobby)) => {
            lobby.status().map_or("Waiting".into(), |w| format!("({}/{}) Waiting", w.here, w.needed))
        }
        ("connecting" | "gathering" | "countdown", PlayStage::Seat(..)) if !play.focused() => {
            "▶ Your game starts".into()
        }
        ("running", _) if !play.focused() => match notice(play) {
            "" => "▶ Your game runs".into(),
            words => format!("⚠ {words}"),
        },
        ("paused", _) => "Paused".into(),
        ("reconnecting", _) => "Reconnecting".into(),
        ("finished", _) => "Finished".into(),
        ("problem", _) => "Stopped".into(),
        _ => return scene.to_owned(),
    };
    if scene.is_empty() { news } else { format!("{news} – {scene}") }
}

/// A warning that stands while the participant plays, and covers nothing; empty if there is none.
pub fn notice(play: &Play) -> &str {
    match play.stage() {
        PlayStage::Seat(seat, None) => seat.notice(),
        _ => "",
    }
}

/// What lies over the picture now; `None` while the participant can play.
pub fn overlay(play: &Play, now: MonotonicMs) -> Option<Overlay> {
    match play.stage() {
        PlayStage::Loading => {
            Some(Overlay::new("loading", Tone::Calm, "Loading the game", "One moment, please."))
        }
        PlayStage::Lobby(lobby) => Some(in_lobby(lobby, now)),
        PlayStage::Seat(seat, Some(advance)) => Some(finished(seat, advance, play.shown_result(), now)),
        PlayStage::Seat(seat, None) => in_seat(seat, now),
        PlayStage::Stopped(stop, seat, advance) => Some(stopped(stop, seat.is_some(), advance.as_ref(), now)),
    }
}

fn in_lobby(lobby: &LobbyConnection, now: MonotonicMs) -> Overlay {
    if !lobby.connection().is_open() && lobby.connection().attempts() > 0 {
        return reconnecting(
            lobby.connection(),
            "Your place in the waiting room is lost while you are offline.",
            now,
        );
    }
    if let Some(check) = lobby.check() {
        return ready_check(check, now);
    }
    let Some(waiting) = lobby.status() else { return connecting() };
    let missing = waiting.needed.saturating_sub(waiting.here);
    let title = match missing {
        _ if waiting.full => "All places are taken".to_owned(),
        0 if waiting.needed < 2 => "Your game is being prepared".to_owned(),
        0 => "Looking for your game".to_owned(),
        1 => "Waiting for another player".to_owned(),
        n => format!("Waiting for {n} more players"),
    };
    let again = match (lobby.is_rematch(), waiting.needed) {
        (true, 2) => "Your partner did not come. We are looking for another one. ",
        (true, _) => "Not everybody came. We are looking for other players. ",
        (false, _) if waiting.again => {
            "Another player was not ready, so you wait again, ahead of those who came later. "
        }
        (false, _) => "",
    };
    let when = match (waiting.full, missing) {
        (true, _) => "You are in line: the game starts as soon as there is room for you.",
        (_, 0) => "The game starts in a moment.",
        _ if waiting.needed == 2 => "The game starts as soon as both of you are here.",
        _ => "The game starts as soon as everybody is here.",
    };
    let text = format!(
        "{again}{when} Please keep this page open: a sound and the title of this tab will tell you. If it does not start \
         within {}, this page tells you what happens next.",
        duration(waiting.limit_ms()),
    );
    Overlay {
        figure: stopwatch(waiting.waited_ms(now)),
        caption: format!("waited, {} at most", clock(waiting.limit_ms())),
        part: (waiting.limit_ms() > 0.0).then(|| waiting.waited_ms(now) / waiting.limit_ms()),
        // A larger number means nothing: not all of them will play together.
        here: (waiting.here <= waiting.needed && !waiting.full).then_some((waiting.here, waiting.needed)),
        ..Overlay::new("lobby", Tone::Calm, title, text)
    }
}

fn ready_check(check: &ReadyCheck, now: MonotonicMs) -> Overlay {
    let (title, text) = if check.mine {
        ("You are ready", "The game starts as soon as the others are ready, too.")
    } else {
        (
            "Are you ready?",
            "Your game is about to start. Press the button before the time is up, or it starts without you.",
        )
    };
    Overlay {
        figure: clock(check.remaining_ms(now)),
        caption: format!("left; {} of {} are ready", check.ready, check.needed),
        buttons: if check.mine { Vec::new() } else { vec![Button::Ready] },
        ..Overlay::new("ready-check", Tone::Good, title, text)
    }
}

fn connecting() -> Overlay {
    Overlay::new("connecting", Tone::Calm, "Connecting…", "This takes a moment.")
}

fn reconnecting(connection: &Connection, text: &str, now: MonotonicMs) -> Overlay {
    let mut overlay = Overlay::new("reconnecting", Tone::Warn, "Connection lost", text);
    overlay.caption = format!("attempt {}", connection.attempts());
    overlay.buttons.push(Button::TryNow);
    match connection.retry_in(now) {
        Some(pause) if pause > 0.0 => {
            overlay.figure = format!("Trying again in {} s", seconds(pause));
        }
        _ => overlay.figure = "Connecting…".into(),
    }
    if connection.attempts() >= OFFER_RELOAD_AFTER {
        overlay.text.push_str(
            " Please check your internet connection. Some networks at work or at school let pages through and not the \
             connection that the game needs: another network may help. If it stays lost, the study goes on without the \
             game once the time is over.",
        );
        overlay.buttons.push(Button::Reload);
    }
    overlay
}

fn in_seat(seat: &SeatConnection, now: MonotonicMs) -> Option<Overlay> {
    if seat.is_unmatched() {
        let two = seat.welcome().is_none_or(|welcome| welcome.names.len() == 2);
        let (title, text) = if two {
            ("Your partner did not come", "We are looking for another one.")
        } else {
            ("Not everybody came", "We are looking for other players.")
        };
        return Some(Overlay::new("unmatched", Tone::Calm, title, text));
    }
    if !seat.connection().is_open() {
        if seat.runs_offline() {
            return None;
        }
        return Some(match seat.connection().attempts() {
            0 => connecting(),
            _ => reconnecting(
                seat.connection(),
                "The game waits for you for a while. This page connects again by itself.",
                now,
            ),
        });
    }
    let Some(status) = seat.status() else { return Some(connecting()) };
    let two = status.seats.len() == 2;
    let left = seat.remaining_ms(now);
    match status.phase {
        Phase::Running => None,
        Phase::Countdown if seat.has_begun() => None,
        Phase::Gathering => {
            let title = if two { "Your partner is on the way" } else { "The other players are on the way" };
            let text = "You were matched. The game starts as soon as everybody has arrived.";
            let mut overlay = Overlay::new("gathering", Tone::Good, title, text);
            overlay.here = Some(arrived(status));
            wait(&mut overlay, left, "until the game is cancelled");
            Some(overlay)
        }
        Phase::Countdown => {
            let again = seat.tick().is_some_and(|tick| tick > Tick::ZERO);
            let hud = seat.hud();
            let title = match (again, hud.episodes > 1) {
                (_, true) => format!("Round {} of {}", hud.episode, hud.episodes),
                (true, false) => "The game continues".into(),
                (false, false) => "Get ready".into(),
            };
            let figure = if left > 0.0 { seconds(left).to_string() } else { "Go".into() };
            Some(Overlay { figure, ..Overlay::new("countdown", Tone::Good, title, "") })
        }
        Phase::Paused => Some(paused(seat, status, two, left)),
        Phase::Over => {
            let text = "Your result will be here in a moment.";
            Some(Overlay {
                buttons: vec![Button::Reload],
                ..Overlay::new("finished", Tone::Calm, "The game is over", text)
            })
        }
    }
}

fn arrived(status: &Status) -> (u32, u32) {
    let participants = status.seats.iter().filter(|how| **how != Presence::Policy);
    let here = participants.clone().filter(|how| matches!(how, Presence::Here | Presence::Away));
    (here.count() as u32, participants.count() as u32)
}

fn wait(overlay: &mut Overlay, left: f64, caption: &str) {
    if left > 0.0 {
        overlay.figure = clock(left);
        overlay.caption = caption.into();
    }
}

fn paused(seat: &SeatConnection, status: &Status, two: bool, left: f64) -> Overlay {
    let names = seat.welcome().map_or(&[][..], |welcome| &welcome.names);
    let lost: Vec<&str> = status
        .seats
        .iter()
        .zip(names)
        .filter(|(how, _)| **how == Presence::Reconnecting)
        .map(|(_, name)| name.as_str())
        .collect();
    let (title, text) = match lost.as_slice() {
        [] => ("The game is paused".into(), "It continues in a moment.".to_owned()),
        [one] => {
            let who = if two { "Your partner".to_owned() } else { (*one).to_owned() };
            let text = format!(
                "{who} lost the connection and may come back. The game continues as soon as they are back."
            );
            (format!("Waiting for {}", if two { "your partner" } else { *one }), text)
        }
        several => (
            format!("Waiting for {} players", several.len()),
            "They lost the connection and may come back. The game continues as soon as they are back."
                .to_owned(),
        ),
    };
    let mut overlay = Overlay::new("paused", Tone::Warn, title, text);
    wait(&mut overlay, left, "until the game stops waiting. What you have played counts.");
    overlay
}

fn finished(
    seat: &SeatConnection,
    advance: &SceneAdvance,
    chosen: &ShownResult,
    now: MonotonicMs,
) -> Overlay {
    let end = seat.finished();
    let names = seat.welcome().map_or(&[][..], |welcome| &welcome.names);
    let own = seat.welcome().map_or(0, |welcome| welcome.agent.index());
    let (tone, title, text) = match end.and_then(|end| early_end(end.outcome, names.len() == 2)) {
        Some((title, text)) => (Tone::Warn, title, text),
        None => result(chosen, end, own),
    };
    let mut overlay = Overlay::new("finished", tone, title, text);
    if end.is_some_and(|end| end.outcome == Outcome::Excluded) && !seat.notice().is_empty() {
        overlay.text = seat.notice().to_owned();
    }
    overlay.rows = (0..)
        .zip(names.iter().zip(end.map_or(&[][..], |end| &end.scores)))
        .filter_map(|(agent, (name, value))| {
            let score = score((*value)?);
            Some(ResultLine { name: name.clone(), score, own: agent == own })
        })
        .collect();
    let left = (advance.due - now).max(0.0);
    overlay.caption = match (advance.under_way, advance.failures) {
        (true, _) => "Continuing…".into(),
        (false, 0) if advance.due == MonotonicMs::NEVER => {
            "Saving your data… Please keep this page open.".into()
        }
        (false, 0) => format!("Your data are saved. Continuing in {} s", seconds(left)),
        (false, _) => format!("Your data are not confirmed yet. Trying again in {} s", seconds(left)),
    };
    if now >= advance.allowed && !advance.under_way {
        overlay.buttons.push(Button::Continue);
    }
    if advance.failures >= OFFER_RELOAD_AFTER {
        overlay.buttons.push(Button::Reload);
    }
    overlay
}

fn result<'a>(chosen: &'a ShownResult, end: Option<&Finished>, own: usize) -> (Tone, &'a str, &'static str) {
    match (chosen, end.map(|end| end.scores.as_slice())) {
        (ShownResult::Words(words), _) => (Tone::Good, words, ""),
        (ShownResult::WinOrLose, Some([Some(a), Some(b)])) if a != b => {
            let won = if own == 0 { a > b } else { b > a };
            if won { (Tone::Good, "You won", "") } else { (Tone::Calm, "You lost", "") }
        }
        _ => (Tone::Good, "Game over", "Thank you for playing."),
    }
}

fn stopped(stop: &Stop, has_seat: bool, advance: Option<&SceneAdvance>, now: MonotonicMs) -> Overlay {
    let under_way = advance.is_some_and(|advance| advance.under_way);
    match stop {
        Stop::TimedOut { message } => Overlay {
            buttons: if under_way { Vec::new() } else { vec![Button::Continue] },
            caption: match advance {
                Some(advance) if !advance.under_way => {
                    format!("Continuing in {} s", seconds((advance.due - now).max(0.0)))
                }
                _ => "Continuing…".into(),
            },
            ..Overlay::new("timed-out", Tone::Warn, "No match this time", message)
        },
        Stop::Refused { code, reason } => {
            let (title, text) = refusal(*code);
            let replaced = *code == footlights_protocol::wire::CloseCode::Replaced.code();
            let over = *code == footlights_protocol::wire::CloseCode::Over.code();
            let not_ready = *code == footlights_protocol::wire::CloseCode::NotReady.code();
            let buttons = match () {
                () if under_way => Vec::new(),
                () if replaced => vec![Button::PlayHere],
                () if over => vec![Button::Continue],
                () if not_ready => vec![Button::WaitAgain],
                () => vec![Button::Reload],
            };
            let tone = if not_ready || (replaced && has_seat) { Tone::Warn } else { Tone::Bad };
            let detail = reason.clone();
            Overlay { code: Some(*code), buttons, detail, ..Overlay::new("closed", tone, title, text) }
        }
    }
}
