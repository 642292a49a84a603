//! Everything that a participant does, as it comes from the page.

use std::{cell::RefCell, rc::Weak};

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver};

use super::{
    controls::Controls,
    dom::{Listener, Result, attentive, document, now, warn, window},
    game::{Game, with},
    overlay::OverlayView,
    page,
    panel::PanelView,
};
use crate::netcode::Input;

type Me = Weak<RefCell<Game>>;

/// An event older than this says nothing about the time of its key, ms.
const STALE_MS: f64 = 1000.0;

/// Listens to everything that concerns a game.
pub fn listen(
    me: &Me,
    section: &HtmlElement,
    controls: &Controls,
    overlay: &OverlayView,
    panel: &PanelView,
) -> Result<Vec<Listener>> {
    let (window, document) = (window()?, document()?);
    let thumbs: &EventTarget = controls.thumbs();
    let mut all = vec![
        on(me, &window, "keydown", |game, event| key(game, event, true))?,
        on(me, &window, "keyup", |game, event| key(game, event, false))?,
        on(me, thumbs, "pointerdown", finger)?,
        on(me, &window, "pointermove", moved)?,
        on(me, &window, "pointerup", lifted)?,
        on(me, &window, "pointercancel", lifted)?,
        on(me, overlay.root(), "click", |game, event: Event| {
            if let Some(button) = game.overlay.button(event.target()) {
                game.drive(Input::Pressed(button));
            }
        })?,
        on(me, &window, "online", |game, _: Event| game.drive(Input::Online))?,
        on(me, &window, "gamepadconnected", |game, _: Event| game.gamepads = true)?,
        Listener::new(&panel.full_screen, "click", |_: Event| page::toggle_full_screen())?,
    ];
    for kind in ["focus", "blur"] {
        all.push(on(me, &window, kind, |game, _: Event| attention(game))?);
    }
    all.push(on(me, &document, "visibilitychange", |game, _: Event| attention(game))?);
    // Fingers that rest on the game must not scroll, zoom, select or open menus.
    for kind in ["touchmove", "contextmenu", "selectstart", "dblclick"] {
        all.push(on(me, section, kind, |game, event: Event| {
            if game.plays() && !game.overlay.contains(event.target()) {
                event.prevent_default();
            }
        })?);
    }
    Ok(all)
}

/// Watches the size of an element until it is dropped.
pub struct Watch {
    observer: ResizeObserver,
    _closure: Closure<dyn FnMut()>,
}

impl Watch {
    /// Fits the picture into `frame` whenever that gets another size.
    pub fn new(me: &Me, frame: &HtmlElement) -> Result<Self> {
        let me = me.clone();
        let closure = Closure::<dyn FnMut()>::new(move || {
            with(&me, |game| {
                if let Err(error) = game.fit() {
                    warn("the picture does not fit", &error);
                }
            });
        });
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref())?;
        observer.observe(frame);
        Ok(Self { observer, _closure: closure })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

fn on<E: JsCast>(
    me: &Me,
    target: &EventTarget,
    kind: &'static str,
    act: impl Fn(&mut Game, E) + 'static,
) -> Result<Listener> {
    let me = me.clone();
    Listener::new(target, kind, move |event: E| with(&me, |game| act(game, event)))
}

fn attention(game: &mut Game) {
    let attentive = attentive();
    if !attentive {
        game.held.release_all();
        game.keys_changed(now());
    }
    game.drive(Input::Attention(attentive));
}

/// When the event happened, on the clock of [`now`].
fn time_of(event: &Event) -> f64 {
    let (at, now) = (event.time_stamp(), now());
    if at <= now && now - at < STALE_MS { at } else { now }
}

fn key(game: &mut Game, event: KeyboardEvent, down: bool) {
    let Some(bit) = game.held.bit(&event.code()) else { return };
    // A shortcut of the browser is not a move, unless that modifier is one of the game's own keys.
    let shortcut = [
        (event.ctrl_key(), "ControlLeft", "ControlRight"),
        (event.meta_key(), "MetaLeft", "MetaRight"),
        (event.alt_key(), "AltLeft", "AltRight"),
    ];
    let foreign = |(held, left, right): &(bool, &str, &str)| {
        *held && game.held.bit(left).or(game.held.bit(right)).is_none()
    };
    if down && shortcut.iter().any(foreign) {
        return;
    }
    let on_button = game.overlay.button(event.target()).is_some();
    if !game.plays() || (on_button && !event.repeat()) {
        return;
    }
    // Arrows must not scroll, Space must not press a button, Tab-like keys must not leave.
    event.prevent_default();
    if event.repeat() {
        return;
    }
    if down {
        game.held.press(bit);
    } else {
        game.held.release(bit);
    }
    game.keys_changed(time_of(&event));
}

fn finger(game: &mut Game, event: PointerEvent) {
    event.prevent_default();
    let bits = game.controls.at(event.client_x(), event.client_y());
    game.held.touch(event.pointer_id(), bits);
    game.keys_changed(time_of(&event));
}

fn moved(game: &mut Game, event: PointerEvent) {
    if game.held.touches(event.pointer_id()) {
        game.held.touch(event.pointer_id(), game.controls.at(event.client_x(), event.client_y()));
        game.keys_changed(time_of(&event));
    }
}

fn lifted(game: &mut Game, event: PointerEvent) {
    if game.held.touches(event.pointer_id()) {
        game.held.lift(event.pointer_id());
        game.keys_changed(time_of(&event));
    }
}
