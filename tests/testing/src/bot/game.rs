//! A game scene as a bot plays it: the browser's own netcode, random keys, and the overlay's buttons pressed as somebody
//! does who reads them.

use std::collections::VecDeque;

use footlights_client::{
    netcode::{Button, LocalEngine, MakeFn, Play, PlayInput, PlayOutput, SeatConnection},
    view,
};
use footlights_env::Rng;
use footlights_protocol::{
    KeySet, MonotonicMs,
    wire::{self, ClientToTabLease, Phase},
};

use super::{
    habits::Habits,
    io::{Line, Output},
    style::Style,
};
use crate::{
    diary::Diary,
    page::{Page, Way},
};

/// How often a bot looks at what lies over the picture, ms.
const GLANCE_MS: f64 = 300.0;
/// How long a button is offered before it is pressed, ms; reloading is what people do last.
const READ_MS: f64 = 1_500.0;
const RELOAD_MS: f64 = 12_000.0;

/// What the page must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Ask for the next scene.
    Advance,
    /// Load the page anew.
    Reload,
}

/// A game scene.
pub struct Game {
    play: Play,
    style: Style,
    /// Mean time between two changes of the keys, ms.
    keys_ms: f64,
    scene: String,
    /// Where to post when the game is over.
    pub next: String,
    /// When the participant came to this scene.
    since: MonotonicMs,
    room: Option<String>,
    held: KeySet,
    key_at: MonotonicMs,
    glance_at: MonotonicMs,
    offered: Option<(&'static str, Button, MonotonicMs)>,
    /// How long after the first running tick the bot looks away, and for how long.
    hide: Option<(f64, f64)>,
    /// When it looks away or back.
    look_at: MonotonicMs,
    away: bool,
}

/// What a bot knows about the environments of a build. Bots run no policies: they guess what those do, and are
/// corrected.
#[derive(Debug, Clone, Copy)]
pub struct Environments {
    /// Makes the environment of an id with a packed configuration.
    pub make: MakeFn,
    /// The fingerprint of the environment of an id.
    pub fingerprint: fn(&str) -> Option<u64>,
}

impl Game {
    /// The game of `scene`, in which the participant has been since `since`.
    pub fn new(
        page: &Page,
        environments: Environments,
        habits: &Habits,
        hide: Option<(f64, f64)>,
        since: MonotonicMs,
        now: MonotonicMs,
    ) -> Option<Self> {
        let Way::Play { environment, lobby, room, next } = &page.way else { return None };
        let digest = (environments.fingerprint)(environment);
        let engine = LocalEngine { make: environments.make, infer: |_, _| None };
        Some(Self {
            play: Play::new(lobby, digest, Some(engine), true, now).in_room(room.clone(), now),
            style: habits.style,
            keys_ms: 1_000.0 / habits.key_changes_per_second.max(0.001),
            scene: page.scene.clone(),
            next: next.clone(),
            since,
            room: None,
            held: KeySet::EMPTY,
            key_at: MonotonicMs::NEVER,
            glance_at: now + GLANCE_MS,
            offered: None,
            hide,
            look_at: MonotonicMs::NEVER,
            away: false,
        })
    }

    pub fn seat(&self) -> Option<&SeatConnection> {
        self.play.seat()
    }

    pub fn take_measured(&mut self) -> Vec<f64> {
        self.play.seat_mut().map(|seat| seat.take_measured().collect()).unwrap_or_default()
    }

    /// Whether the bot has looked away already.
    pub fn has_hidden(&self) -> bool {
        self.hide.is_none()
    }

    /// What the participant sees, in a word.
    pub fn state(&self) -> &'static str {
        view::state(&self.play)
    }

    /// When to call with [`PlayInput::Wake`] at the latest.
    pub fn wake_at(&self) -> MonotonicMs {
        self.play.wake_at().min(self.key_at).min(self.glance_at).min(self.look_at)
    }

    /// One event of the page, and all that follows from it.
    pub fn handle(
        &mut self,
        now: MonotonicMs,
        input: PlayInput<'_>,
        rng: &mut Rng,
        diary: &mut Diary,
        out: &mut VecDeque<Output>,
    ) -> Option<Turn> {
        let mut turn = self.drive(now, input, diary, out);
        self.see(now, rng, diary);
        if now >= self.key_at {
            self.key_at = now + 2.0 * self.keys_ms * rng.unit_f64();
            if let Some(keys) = self.other_keys(rng) {
                self.held = keys;
                turn = turn.or(self.drive(now, PlayInput::Held { keys, at: now }, diary, out));
            }
        }
        if now >= self.look_at {
            turn = turn.or(self.look(now, diary, out));
        }
        if now >= self.glance_at {
            self.glance_at = now + GLANCE_MS;
            if let Some(button) = self.button(now) {
                turn = turn.or(self.drive(now, PlayInput::Pressed(button), diary, out));
            }
        }
        turn
    }

    fn drive(
        &mut self,
        now: MonotonicMs,
        input: PlayInput<'_>,
        diary: &mut Diary,
        out: &mut VecDeque<Output>,
    ) -> Option<Turn> {
        self.play.handle(now, input);
        let mut turn = None;
        while let Some(output) = self.play.poll() {
            match output {
                PlayOutput::Connect(path) => {
                    if let Some(game) = game_of(&path) {
                        // Who reloads in a game has not waited for it again.
                        if diary.games.iter().all(|played| played.scene != self.scene) {
                            diary.waits_ms.push(now - self.since);
                        }
                        diary.game(&self.scene, game);
                        self.room = Some(game.to_owned());
                    }
                    out.push_back(Output::Connect(Line::Game, path));
                }
                PlayOutput::Disconnect => out.push_back(Output::Disconnect(Line::Game)),
                PlayOutput::Send(bytes) => out.push_back(Output::Say(Line::Game, bytes)),
                PlayOutput::Call => {}
                PlayOutput::Advance => turn = Some(Turn::Advance),
                PlayOutput::Reload => turn = Some(Turn::Reload),
            }
        }
        turn
    }

    /// Takes note of how it stands.
    fn see(&mut self, now: MonotonicMs, rng: &mut Rng, diary: &mut Diary) {
        let (Some(room), Some(seat)) = (&self.room, self.play.seat()) else { return };
        let framed = diary.games.iter().any(|played| played.scene == self.scene && played.tick.is_some());
        let played = diary.game(&self.scene, room);
        played.tick = seat.tick().or(played.tick);
        if let Some(finished) = seat.finished() {
            played.outcome = Some(finished.outcome);
            played.saved |= finished.saved;
        }
        if played.tick.is_some() && !framed {
            diary.first_frames_ms.push(now - self.since);
        }
        let running = seat.connection().is_open() && seat.status().is_some_and(|s| s.phase == Phase::Running);
        if running && self.key_at == MonotonicMs::NEVER && self.style == Style::Random {
            self.key_at = now + 2.0 * self.keys_ms * rng.unit_f64();
        }
        if !running {
            self.key_at = MonotonicMs::NEVER;
        } else if let Some((after, _)) = self.hide.filter(|_| self.look_at == MonotonicMs::NEVER) {
            self.look_at = now + after;
        }
    }

    /// What one of the keyboard's meanings takes, or nothing; never what is held already.
    fn other_keys(&self, rng: &mut Rng) -> Option<KeySet> {
        let keyboard = &self.play.seat()?.welcome()?.keyboard;
        let chords = keyboard.chords.iter().map(|chord| chord.keys);
        let axes = keyboard
            .axes
            .iter()
            .enumerate()
            .map(|(axis, _)| KeySet::EMPTY.with_level(axis, rng.below(255) as u8 as i8));
        let axes: Vec<KeySet> = axes.collect();
        let choices: Vec<KeySet> = std::iter::once(KeySet::EMPTY)
            .chain(chords)
            .chain(axes)
            .filter(|keys| *keys != self.held)
            .collect();
        choices.get(rng.below(choices.len() as u32) as usize).copied()
    }

    /// Looks away, or back.
    fn look(&mut self, now: MonotonicMs, diary: &mut Diary, out: &mut VecDeque<Output>) -> Option<Turn> {
        self.look_at = MonotonicMs::NEVER;
        if let Some((_, lasts)) = self.hide.take() {
            diary.hidden += 1;
            self.away = true;
            self.look_at = now + lasts;
            // A page that loses the focus lets go of every key.
            self.held = KeySet::EMPTY;
            let _ = self.drive(now, PlayInput::Held { keys: KeySet::EMPTY, at: now }, diary, out);
        } else {
            self.away = false;
        }
        out.push_back(Output::Say(Line::Tab, wire::encode(&ClientToTabLease::Visible(!self.away))));
        self.drive(now, PlayInput::Attention(!self.away), diary, out)
    }

    /// The way out that the overlay offers first, once it has been there for as long as somebody takes to read it.
    fn button(&mut self, now: MonotonicMs) -> Option<Button> {
        let overlay = view::overlay(&self.play, now, &footlights_protocol::words::Words::default());
        // Trying again goes by itself.
        let offered = overlay
            .filter(|overlay| overlay.name != "reconnecting")
            .and_then(|overlay| Some((overlay.name, *overlay.buttons.first()?)));
        let Some((name, button)) = offered else {
            self.offered = None;
            return None;
        };
        let since = match self.offered {
            Some((before, same, since)) if before == name && same == button => since,
            _ => now,
        };
        self.offered = Some((name, button, since));
        let patience = if button == Button::Reload { RELOAD_MS } else { READ_MS };
        let due = now - since >= patience;
        if due {
            self.offered = None;
        }
        due.then_some(button)
    }
}

/// The game whose socket is at that path; `None` for a lobby's.
fn game_of(path: &str) -> Option<&str> {
    let (path, _) = path.strip_prefix("/rooms/")?.split_once('?')?;
    path.rsplit('/').next()
}
