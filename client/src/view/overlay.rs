//! What lies over the picture whenever the participant cannot play, with words for it and a way out.

use footlights_protocol::{
    MonotonicMs, Outcome, ShownResult, Tick,
    wire::{Phase, Presence, Status},
    words::{Text, Words, texts},
};

use super::wording::{clock, duration, early_end, refusal, score, seat_name, seconds, stopwatch};
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
pub fn title(play: &Play, scene: &str, words: &Words) -> String {
    let say = |text: Text| words.get(text).to_owned();
    let news = match (state(play), play.stage()) {
        ("lobby", PlayStage::Lobby(lobby)) if lobby.check().is_some_and(|check| !check.mine) => {
            say(texts::TITLE_READY)
        }
        ("lobby", PlayStage::Lobby(lobby)) => lobby.status().map_or(say(texts::TITLE_WAITING), |waiting| {
            let [here, needed] = [waiting.here, waiting.needed].map(|people| people.to_string());
            words.with(texts::TITLE_WAITING_OF, &[("here", &here), ("needed", &needed)])
        }),
        ("connecting" | "gathering" | "countdown", PlayStage::Seat(..)) if !play.focused() => {
            say(texts::TITLE_STARTS)
        }
        ("running", _) if !play.focused() => match notice(play) {
            "" => say(texts::TITLE_RUNS),
            warning => format!("⚠ {}", words.translate(warning)),
        },
        ("paused", _) => say(texts::TITLE_PAUSED),
        ("reconnecting", _) => say(texts::TITLE_RECONNECTING),
        ("finished", _) => say(texts::TITLE_FINISHED),
        ("problem", _) => say(texts::TITLE_STOPPED),
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
pub fn overlay(play: &Play, now: MonotonicMs, words: &Words) -> Option<Overlay> {
    match play.stage() {
        PlayStage::Loading => {
            let text = words.get(texts::ONE_MOMENT_PLEASE);
            Some(Overlay::new("loading", Tone::Calm, words.get(texts::LOADING_GAME), text))
        }
        PlayStage::Lobby(lobby) => Some(in_lobby(lobby, now, words)),
        PlayStage::Seat(seat, Some(advance)) => {
            Some(finished(seat, advance, play.shown_result(), now, words))
        }
        PlayStage::Seat(seat, None) => in_seat(seat, now, words),
        PlayStage::Stopped(stop, seat, advance) => {
            Some(stopped(stop, seat.is_some(), advance.as_ref(), now, words))
        }
    }
}

fn in_lobby(lobby: &LobbyConnection, now: MonotonicMs, words: &Words) -> Overlay {
    if !lobby.connection().is_open() && lobby.connection().attempts() > 0 {
        return reconnecting(lobby.connection(), texts::LOBBY_OFFLINE, now, words);
    }
    if let Some(check) = lobby.check() {
        return ready_check(check, now, words);
    }
    let Some(waiting) = lobby.status() else { return connecting(words) };
    let missing = waiting.needed.saturating_sub(waiting.here);
    let title = match missing {
        _ if waiting.full => words.get(texts::ALL_TAKEN).to_owned(),
        0 if waiting.needed < 2 => words.get(texts::PREPARING).to_owned(),
        0 => words.get(texts::LOOKING).to_owned(),
        n => words.counted(texts::MORE_PLAYERS, n.into(), &[]),
    };
    let again = match (lobby.is_rematch(), waiting.needed) {
        (true, 2) => Some(texts::REMATCH_TWO),
        (true, _) => Some(texts::REMATCH_MORE),
        (false, _) if waiting.again => Some(texts::WAIT_AGAIN_WHY),
        (false, _) => None,
    };
    let when = match (waiting.full, missing) {
        (true, _) => texts::IN_LINE,
        (_, 0) => texts::STARTS_SOON,
        _ if waiting.needed == 2 => texts::STARTS_WITH_BOTH,
        _ => texts::STARTS_WITH_ALL,
    };
    let keep_open = words.with(texts::KEEP_OPEN, &[("time", &duration(waiting.limit_ms(), words))]);
    let mut sentences: Vec<&str> = again.into_iter().chain([when]).map(|text| words.get(text)).collect();
    sentences.push(&keep_open);
    let text = sentences.join(words.get(texts::SENTENCE_SPACE));
    Overlay {
        figure: stopwatch(waiting.waited_ms(now)),
        caption: words.with(texts::WAITED, &[("time", &clock(waiting.limit_ms()))]),
        part: (waiting.limit_ms() > 0.0).then(|| waiting.waited_ms(now) / waiting.limit_ms()),
        // A larger number means nothing: not all of them will play together.
        here: (waiting.here <= waiting.needed && !waiting.full).then_some((waiting.here, waiting.needed)),
        ..Overlay::new("lobby", Tone::Calm, title, text)
    }
}

fn ready_check(check: &ReadyCheck, now: MonotonicMs, words: &Words) -> Overlay {
    let (title, text) = if check.mine {
        (texts::YOU_ARE_READY, texts::OTHERS_READY_SOON)
    } else {
        (texts::ARE_YOU_READY, texts::PRESS_READY)
    };
    let [ready, needed] = [check.ready, check.needed].map(|people| people.to_string());
    Overlay {
        figure: clock(check.remaining_ms(now)),
        caption: words.with(texts::READY_OF, &[("ready", &ready), ("needed", &needed)]),
        buttons: if check.mine { Vec::new() } else { vec![Button::Ready] },
        ..Overlay::new("ready-check", Tone::Good, words.get(title), words.get(text))
    }
}

fn connecting(words: &Words) -> Overlay {
    Overlay::new("connecting", Tone::Calm, words.get(texts::CONNECTING), words.get(texts::TAKES_A_MOMENT))
}

fn reconnecting(connection: &Connection, text: Text, now: MonotonicMs, words: &Words) -> Overlay {
    let title = words.get(texts::CONNECTION_LOST);
    let mut overlay = Overlay::new("reconnecting", Tone::Warn, title, words.get(text));
    overlay.caption = words.with(texts::ATTEMPT, &[("n", &connection.attempts().to_string())]);
    overlay.buttons.push(Button::TryNow);
    overlay.figure = match connection.retry_in(now) {
        Some(pause) if pause > 0.0 => in_seconds(texts::RETRY_IN, pause, words),
        _ => words.get(texts::CONNECTING).into(),
    };
    if connection.attempts() >= OFFER_RELOAD_AFTER {
        overlay.text.push_str(words.get(texts::SENTENCE_SPACE));
        overlay.text.push_str(words.get(texts::CHECK_CONNECTION));
        overlay.buttons.push(Button::Reload);
    }
    overlay
}

/// A sentence that counts the seconds until something happens.
fn in_seconds(text: Text, ms: f64, words: &Words) -> String {
    words.with(text, &[("n", &seconds(ms).to_string())])
}

fn in_seat(seat: &SeatConnection, now: MonotonicMs, words: &Words) -> Option<Overlay> {
    if seat.is_unmatched() {
        let two = seat.welcome().is_none_or(|welcome| welcome.names.len() == 2);
        let (title, text) = if two {
            (texts::UNMATCHED_TWO, texts::UNMATCHED_TWO_WHY)
        } else {
            (texts::UNMATCHED_MORE, texts::UNMATCHED_MORE_WHY)
        };
        return Some(Overlay::new("unmatched", Tone::Calm, words.get(title), words.get(text)));
    }
    if !seat.connection().is_open() {
        if seat.runs_offline() {
            return None;
        }
        return Some(match seat.connection().attempts() {
            0 => connecting(words),
            _ => reconnecting(seat.connection(), texts::GAME_WAITS, now, words),
        });
    }
    let Some(status) = seat.status() else { return Some(connecting(words)) };
    let two = status.seats.len() == 2;
    let left = seat.remaining_ms(now);
    match status.phase {
        Phase::Running => None,
        Phase::Countdown if seat.has_begun() => None,
        Phase::Gathering => {
            let title = if two { texts::ON_THE_WAY_TWO } else { texts::ON_THE_WAY_MORE };
            let text = words.get(texts::MATCHED);
            let mut overlay = Overlay::new("gathering", Tone::Good, words.get(title), text);
            overlay.here = Some(arrived(status));
            wait(&mut overlay, left, words.get(texts::UNTIL_CANCELLED));
            Some(overlay)
        }
        Phase::Countdown => {
            let again = seat.tick().is_some_and(|tick| tick > Tick::ZERO);
            let hud = seat.hud();
            let title = match (again, hud.episodes > 1) {
                (_, true) => round(hud.episode, hud.episodes, words),
                (true, false) => words.get(texts::GAME_CONTINUES).into(),
                (false, false) => words.get(texts::GET_READY).into(),
            };
            let figure = if left > 0.0 { seconds(left).to_string() } else { words.get(texts::GO).into() };
            Some(Overlay { figure, ..Overlay::new("countdown", Tone::Good, title, "") })
        }
        Phase::Paused => Some(paused(seat, status, two, left, words)),
        Phase::Over => {
            let text = words.get(texts::RESULT_SOON);
            Some(Overlay {
                buttons: vec![Button::Reload],
                ..Overlay::new("finished", Tone::Calm, words.get(texts::GAME_IS_OVER), text)
            })
        }
    }
}

fn arrived(status: &Status) -> (u32, u32) {
    let participants = status.seats.iter().filter(|how| **how != Presence::Policy);
    let here = participants.clone().filter(|how| matches!(how, Presence::Here | Presence::Away));
    (here.count() as u32, participants.count() as u32)
}

/// Which round of how many.
pub(super) fn round(episode: u32, episodes: u32, words: &Words) -> String {
    words.with(texts::ROUND_OF, &[("n", &episode.to_string()), ("all", &episodes.to_string())])
}

fn wait(overlay: &mut Overlay, left: f64, caption: &str) {
    if left > 0.0 {
        overlay.figure = clock(left);
        overlay.caption = caption.into();
    }
}

fn paused(seat: &SeatConnection, status: &Status, two: bool, left: f64, words: &Words) -> Overlay {
    let names = seat.welcome().map_or(&[][..], |welcome| &welcome.names);
    let lost: Vec<&str> = status
        .seats
        .iter()
        .zip(names)
        .filter(|(how, _)| **how == Presence::Reconnecting)
        .map(|(_, name)| name.as_str())
        .collect();
    let (title, text) = match lost.as_slice() {
        [] => (words.get(texts::GAME_IS_PAUSED).to_owned(), words.get(texts::CONTINUES_SOON).to_owned()),
        [_] if two => {
            (words.get(texts::WAITING_FOR_PARTNER).to_owned(), words.get(texts::PARTNER_LOST).to_owned())
        }
        [one] => {
            let name = seat_name(one, words);
            let named = |text| words.with(text, &[("name", &name)]);
            (named(texts::WAITING_FOR_NAME), named(texts::NAME_LOST))
        }
        several => (
            words.counted(texts::WAITING_FOR_PLAYERS, several.len() as u64, &[]),
            words.get(texts::THEY_LOST).to_owned(),
        ),
    };
    let mut overlay = Overlay::new("paused", Tone::Warn, title, text);
    wait(&mut overlay, left, words.get(texts::UNTIL_STOPPED));
    overlay
}

fn finished(
    seat: &SeatConnection,
    advance: &SceneAdvance,
    chosen: &ShownResult,
    now: MonotonicMs,
    words: &Words,
) -> Overlay {
    let end = seat.finished();
    let names = seat.welcome().map_or(&[][..], |welcome| &welcome.names);
    let own = seat.welcome().map_or(0, |welcome| welcome.agent.index());
    let (tone, title, text) = match end.and_then(|end| early_end(end.outcome, names.len() == 2)) {
        Some((title, text)) => (Tone::Warn, words.get(title), words.get(text)),
        None => result(chosen, end, own, words),
    };
    let mut overlay = Overlay::new("finished", tone, title, text);
    if end.is_some_and(|end| end.outcome == Outcome::Excluded) && !seat.notice().is_empty() {
        overlay.text = words.translate(seat.notice());
    }
    overlay.rows = (0..)
        .zip(names.iter().zip(end.map_or(&[][..], |end| &end.scores)))
        .filter_map(|(agent, (name, value))| {
            let score = score((*value)?, words);
            Some(ResultLine { name: seat_name(name, words), score, own: agent == own })
        })
        .collect();
    let left = (advance.due - now).max(0.0);
    overlay.caption = match (advance.under_way, advance.failures) {
        (true, _) => words.get(texts::CONTINUING).into(),
        (false, 0) if advance.due == MonotonicMs::NEVER => words.get(texts::SAVING_GAME).into(),
        (false, 0) => in_seconds(texts::CONTINUING_IN, left, words),
        (false, _) => in_seconds(texts::NOT_YET_SAVED_IN, left, words),
    };
    if now >= advance.allowed && !advance.under_way {
        overlay.buttons.push(Button::Continue);
    }
    if advance.failures >= OFFER_RELOAD_AFTER {
        overlay.buttons.push(Button::Reload);
    }
    overlay
}

fn result<'a>(
    chosen: &'a ShownResult,
    end: Option<&Finished>,
    own: usize,
    words: &'a Words,
) -> (Tone, &'a str, &'a str) {
    match (chosen, end.map(|end| end.scores.as_slice())) {
        (ShownResult::Words(chosen), _) => (Tone::Good, chosen, ""),
        (ShownResult::WinOrLose, Some([Some(a), Some(b)])) if a != b => {
            let won = if own == 0 { a > b } else { b > a };
            if won {
                (Tone::Good, words.get(texts::YOU_WON), "")
            } else {
                (Tone::Calm, words.get(texts::YOU_LOST), "")
            }
        }
        _ => (Tone::Good, words.get(texts::GAME_OVER), words.get(texts::THANKS)),
    }
}

fn stopped(
    stop: &Stop,
    has_seat: bool,
    advance: Option<&SceneAdvance>,
    now: MonotonicMs,
    words: &Words,
) -> Overlay {
    let under_way = advance.is_some_and(|advance| advance.under_way);
    match stop {
        Stop::TimedOut { message } => Overlay {
            buttons: if under_way { Vec::new() } else { vec![Button::Continue] },
            caption: match advance {
                Some(advance) if !advance.under_way => {
                    in_seconds(texts::GOING_ON_IN, (advance.due - now).max(0.0), words)
                }
                _ => words.get(texts::CONTINUING).into(),
            },
            ..Overlay::new("timed-out", Tone::Warn, words.get(texts::NO_MATCH), words.translate(message))
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
            let (title, text) = (words.get(title), words.get(text));
            Overlay { code: Some(*code), buttons, detail, ..Overlay::new("closed", tone, title, text) }
        }
    }
}
