//! Everything that a participant does in a game, from the browser's events to [`UserEvent`]s.

use std::rc::Rc;

use footlights_canvas::dom::{Listener, Result, document, now, window};
use footlights_protocol::MonotonicMs;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver};

use super::full_screen;

/// An event older than this says nothing about the time of its key, ms.
const STALE_MS: f64 = 1000.0;

/// What the participant did.
pub enum UserEvent {
    /// A key went down (`true`) or up.
    Key(KeyboardEvent, bool),
    /// A finger came down on the touch controls.
    FingerDown(PointerEvent),
    /// A finger moved anywhere.
    FingerMoved(PointerEvent),
    /// A finger was lifted anywhere.
    FingerLifted(PointerEvent),
    /// A pointer is over the picture, or a finger on it.
    Pointed(PointerEvent),
    /// It is gone.
    PointerGone(PointerEvent),
    /// A slider of an axis was moved,
    Slid,
    /// and let go.
    SliderLeft,
    /// The overlay was clicked.
    OverlayClicked(Event),
    /// The network is back.
    Online,
    /// A gamepad was connected.
    GamepadConnected,
    /// Something begins during which a browser may not tell of keys that go up.
    ReleasesLost,
    /// The page may have gained or lost visibility or focus.
    AttentionChanged,
    /// A gesture that would scroll, zoom, select or open a menu.
    Gesture(Event),
    /// The box of the picture has another size.
    Resized,
}

/// Receives what the participant did.
pub type Receiver = Rc<dyn Fn(UserEvent)>;

/// The elements of a game that are listened to.
pub struct Targets<'a> {
    /// The scene.
    pub section: &'a HtmlElement,
    /// The touch controls.
    pub thumbs: &'a HtmlElement,
    /// The picture.
    pub picture: &'a HtmlElement,
    /// The sliders of the axes.
    pub axes: &'a HtmlElement,
    /// The overlay.
    pub overlay: &'a HtmlElement,
    /// The button that switches full screen.
    pub full_screen: &'a HtmlElement,
}

/// Listens to everything that concerns a game, until the listeners are dropped.
pub fn listen(tell: &Receiver, targets: &Targets<'_>) -> Result<Vec<Listener>> {
    let (window, document) = (window()?, document()?);
    let mut all = vec![
        on(tell, &window, "keydown", |event| UserEvent::Key(event, true))?,
        on(tell, &window, "keyup", |event| UserEvent::Key(event, false))?,
        on(tell, targets.thumbs, "pointerdown", UserEvent::FingerDown)?,
        on(tell, &window, "pointermove", UserEvent::FingerMoved)?,
        on(tell, &window, "pointerup", UserEvent::FingerLifted)?,
        on(tell, &window, "pointercancel", UserEvent::FingerLifted)?,
        on(tell, targets.axes, "input", |_: Event| UserEvent::Slid)?,
        on(tell, targets.overlay, "click", UserEvent::OverlayClicked)?,
        on(tell, &window, "online", |_: Event| UserEvent::Online)?,
        on(tell, &window, "gamepadconnected", |_: Event| UserEvent::GamepadConnected)?,
        Listener::new(targets.full_screen, "click", |_: Event| full_screen::toggle())?,
        on(tell, &document, "visibilitychange", |_: Event| UserEvent::AttentionChanged)?,
    ];
    // A menu, a drag, an input method, and the way into full screen take the keyboard away without taking the focus.
    for kind in ["contextmenu", "dragstart", "compositionstart"] {
        all.push(on(tell, &window, kind, |_: Event| UserEvent::ReleasesLost)?);
    }
    all.push(on(tell, &document, "fullscreenchange", |_: Event| UserEvent::ReleasesLost)?);
    for kind in ["focus", "blur"] {
        all.push(on(tell, &window, kind, |_: Event| UserEvent::AttentionChanged)?);
    }
    for kind in ["pointerdown", "pointermove"] {
        all.push(on(tell, targets.picture, kind, UserEvent::Pointed)?);
    }
    for kind in ["pointerup", "pointerleave", "pointercancel"] {
        all.push(on(tell, targets.picture, kind, UserEvent::PointerGone)?);
    }
    for kind in ["pointerup", "pointercancel", "focusout"] {
        all.push(on(tell, targets.axes, kind, |_: Event| UserEvent::SliderLeft)?);
    }
    for kind in ["touchmove", "contextmenu", "selectstart", "dblclick"] {
        all.push(on(tell, targets.section, kind, UserEvent::Gesture)?);
    }
    Ok(all)
}

fn on<E: JsCast + 'static>(
    tell: &Receiver,
    target: &EventTarget,
    kind: &'static str,
    make: fn(E) -> UserEvent,
) -> Result<Listener> {
    let tell = tell.clone();
    Listener::new(target, kind, move |event: E| tell(make(event)))
}

/// Watches the size of an element until it is dropped.
pub struct ResizeWatch {
    observer: ResizeObserver,
    _closure: Closure<dyn FnMut()>,
}

impl ResizeWatch {
    /// Reports [`UserEvent::Resized`] whenever `frame` gets another size.
    pub fn new(tell: &Receiver, frame: &HtmlElement) -> Result<Self> {
        let tell = tell.clone();
        let closure = Closure::<dyn FnMut()>::new(move || tell(UserEvent::Resized));
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref())?;
        observer.observe(frame);
        Ok(Self { observer, _closure: closure })
    }
}

impl Drop for ResizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// When the event happened, on the clock of [`now`].
pub fn time_of(event: &Event) -> MonotonicMs {
    let (at, now) = (MonotonicMs(event.time_stamp()), now());
    if at <= now && now - at < STALE_MS { at } else { now }
}
