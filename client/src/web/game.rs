//! A game scene on the page: turns events into [`PlayInput`]s, performs what [`Play`] asks for, and shows how it stands.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use footlights_canvas::{
    AssetEvent, Assets, Canvas,
    dom::{Listener, OrMissing, Result, attentive, child, now, sleep, warn, window},
};
use footlights_protocol::{MonotonicMs, ShownResult, words::texts};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::{
    axes::{Axes, is_lifted},
    controls::Controls,
    diagnostics::Diagnostics,
    inputs::Inputs,
    listeners::{Receiver, ResizeWatch, Targets, UserEvent, listen, time_of},
    overlay::OverlayView,
    panel::PanelView,
    problem,
    schedule::Schedule,
    screen::Screen,
    simulation,
    socket::{Socket, SocketEvent},
    sound, swap, words,
};
use crate::{
    netcode::{Play, PlayInput, PlayOutput},
    view,
};

/// How often clocks and countdowns are updated at least, ms.
const UI_POLL_MS: f64 = 250.0;
/// A game begins without the images that are not there after this time, ms: placeholders are painted then. A participant
/// who reloads the page waits this long at most, so the game's grace time is not used up.
const IMAGES_TIMEOUT_MS: i32 = 8_000;

/// A game scene. Dropping it closes its socket and ends its timers.
pub struct Game {
    me: Weak<RefCell<Self>>,
    play: Play,
    inputs: Inputs,
    /// The canvas.
    picture: HtmlElement,
    screen: Screen,
    socket: Option<Socket>,
    /// The agent whose keys the controls show.
    seated: Option<u8>,
    /// Where the next scene is asked for.
    next: String,
    diagnostics: Diagnostics,
    schedule: Schedule,
    listeners: Vec<Listener>,
    watch: Option<ResizeWatch>,
}

/// Runs `act` on the game, if it is still there and nothing broke.
fn with(me: &Weak<RefCell<Game>>, act: impl FnOnce(&mut Game)) {
    if let Some(game) = me.upgrade().filter(|_| !problem::is_shown())
        && let Ok(mut game) = game.try_borrow_mut()
    {
        act(&mut game);
    }
}

/// What is loaded before the lobby is joined.
#[derive(Default)]
struct Loading {
    images: Cell<bool>,
    policies: Cell<bool>,
}

impl Loading {
    /// One of the two is there, or cannot be: with the second, the game goes on to the lobby.
    fn done(&self, part: &Cell<bool>, game: &Weak<RefCell<Game>>) {
        if !part.replace(true) && self.images.get() && self.policies.get() {
            with(game, |game| game.drive(PlayInput::Loaded));
        }
    }
}

impl Game {
    /// Fills the scene's section.
    pub fn mount(section: &HtmlElement) -> Result<Rc<RefCell<Self>>> {
        let data = section.dataset();
        let env = data.get("env").or_missing("data-env")?;
        let lobby = data.get("lobby").or_missing("data-lobby")?;
        let next = data.get("next").or_missing("data-next")?;
        let title = data.get("title").unwrap_or_default();

        section.set_inner_html("");
        let panel = PanelView::new(section)?;
        let frame = child(section, "div", "stage")?;
        let words = words::all();
        let label = if title.is_empty() {
            words.get(texts::CANVAS).to_owned()
        } else {
            words.with(texts::CANVAS_OF, &[("title", &title)])
        };
        // A screen reader finds the page by its heading, and a running game shows none.
        footlights_canvas::dom::words(section, "h1", "visually-hidden", &label)?;
        let canvas = Canvas::new(frame.clone().into(), &label)?;
        canvas.element().set_id("stage");
        let picture: HtmlElement = canvas.element().clone().into();
        let axes = Axes::new(section)?;
        let controls = Controls::new(section)?;
        let overlay = OverlayView::new(section)?;
        let screen = Screen::new(canvas, panel, overlay, section, title)?;
        let play = Play::new(&lobby, simulation::fingerprint(&env), simulation::ENGINE, attentive(), now())
            .ending_with(shown_result(&data.get("result").unwrap_or_default()))
            .in_room(data.get("room"), now())
            .loading();

        let game = Rc::new_cyclic(|me: &Weak<RefCell<Self>>| {
            let (timed, framed) = (me.clone(), me.clone());
            RefCell::new(Self {
                me: me.clone(),
                play,
                inputs: Inputs::new(controls, axes),
                picture,
                screen,
                socket: None,
                seated: None,
                next,
                diagnostics: Diagnostics::default(),
                schedule: Schedule::new(
                    move |_| {
                        with(&timed, |game| {
                            game.schedule.timer_ran();
                            game.drive(PlayInput::Wake);
                        });
                    },
                    move |at| {
                        with(&framed, |game| {
                            game.schedule.frame_ran();
                            game.animate(at);
                        });
                    },
                ),
                listeners: Vec::new(),
                watch: None,
            })
        });
        {
            let mut this = game.borrow_mut();
            let me = Rc::downgrade(&game);
            let tell: Receiver = Rc::new(move |event| with(&me, |game| game.on_event(event)));
            let targets = Targets {
                section,
                thumbs: this.inputs.controls().thumbs(),
                picture: &this.picture,
                axes: this.inputs.axes().root(),
                overlay: this.screen.overlay().root(),
                full_screen: &this.screen.panel().full_screen,
            };
            let listeners = listen(&tell, &targets)?;
            this.listeners = listeners;
            this.watch = Some(ResizeWatch::new(&tell, &frame)?);
        }
        // The lobby comes after the images and the policies: no partner shall wait for a participant who cannot play yet.
        let loading = Rc::new(Loading::default());
        Self::load_assets(&game, &data.get("assets").unwrap_or_default(), &loading)?;
        let me = Rc::downgrade(&game);
        simulation::load(&data, move || loading.done(&loading.policies, &me))?;
        if let Ok(mut game) = game.try_borrow_mut() {
            game.show()?;
        }
        Ok(game)
    }

    fn load_assets(game: &Rc<RefCell<Self>>, assets: &str, loading: &Rc<Loading>) -> Result<()> {
        let (me, waiting) = (Rc::downgrade(game), loading.clone());
        let loaded = Assets::load(assets, move |event| match event {
            AssetEvent::Loaded => with(&me, Self::repaint),
            AssetEvent::Failed(file) => with(&me, |game| game.drive(PlayInput::AssetFailed(&file))),
            AssetEvent::Settled => waiting.done(&waiting.images, &me),
        })?;
        let me = Rc::downgrade(game);
        if loaded.is_settled() {
            loading.done(&loading.images, &me);
        } else {
            let loading = loading.clone();
            spawn_local(async move {
                let _ = sleep(IMAGES_TIMEOUT_MS).await;
                loading.done(&loading.images, &me);
            });
        }
        game.borrow_mut().screen.set_assets(loaded);
        Ok(())
    }

    /// The participant did something.
    fn on_event(&mut self, event: UserEvent) {
        match event {
            UserEvent::Key(event, is_down) => self.on_key(&event, is_down),
            UserEvent::FingerDown(event) => {
                event.prevent_default();
                // A mouse that is released beside the window tells only who holds it.
                let _ = self.inputs.controls().thumbs().set_pointer_capture(event.pointer_id());
                self.inputs.finger_down(&event);
                self.keys_changed(time_of(&event));
            }
            UserEvent::FingerMoved(event) => {
                if self.inputs.finger_moved(&event) {
                    self.keys_changed(time_of(&event));
                }
            }
            UserEvent::FingerLifted(event) => {
                if self.inputs.finger_lifted(&event) {
                    self.keys_changed(time_of(&event));
                }
            }
            UserEvent::Pointed(event) => self.inputs.axes_mut().pointed(&event, &self.picture),
            // A mouse that is released is still over the picture.
            UserEvent::PointerGone(event) => {
                if event.type_() != "pointerup" || is_lifted(&event) {
                    self.inputs.axes_mut().rest();
                }
            }
            UserEvent::Slid => self.inputs.axes_mut().slid(),
            UserEvent::SliderLeft => self.inputs.axes_mut().rest(),
            UserEvent::OverlayClicked(event) => {
                if let Some(button) = self.screen.overlay().button(event.target()) {
                    self.drive(PlayInput::Pressed(button));
                }
            }
            UserEvent::Online => self.drive(PlayInput::Online),
            UserEvent::GamepadConnected => self.inputs.gamepad_connected(),
            UserEvent::ReleasesLost => {
                if self.inputs.release_keyboard() {
                    self.keys_changed(now());
                }
            }
            UserEvent::AttentionChanged => {
                let attentive = attentive();
                if !attentive {
                    self.inputs.release_all();
                    self.keys_changed(now());
                }
                self.drive(PlayInput::Attention(attentive));
            }
            // Fingers that rest on the game must not scroll, zoom, select or open menus.
            UserEvent::Gesture(event) => {
                if self.plays() && !self.screen.overlay().contains(event.target()) {
                    event.prevent_default();
                }
            }
            UserEvent::Resized => {
                if let Err(error) = self.fit() {
                    warn("the picture does not fit", &error);
                }
            }
        }
    }

    fn on_key(&mut self, event: &KeyboardEvent, is_down: bool) {
        let mut has_changed = self.inputs.release_lost(event, is_down);
        if self.inputs.is_meant(event, is_down) {
            let on_button = self.screen.overlay().button(event.target()).is_some();
            let plays = self.plays();
            if plays && (!on_button || event.repeat()) {
                // Arrows must not scroll, Space must not press a button, Tab-like keys must not leave.
                event.prevent_default();
            }
            // A key that goes up is held no longer, wherever the page is by then. One that repeats is held, also if the page
            // had to release it meanwhile.
            if !is_down || plays && !on_button {
                has_changed |= self.inputs.key(event, is_down);
            }
        }
        if is_down {
            // The page has learnt it before the event came here.
            self.inputs.controls().relabel(&event.code());
        }
        if has_changed {
            self.keys_changed(time_of(event));
        }
    }

    /// Handles one event of the page, and everything that follows from it.
    fn drive(&mut self, input: PlayInput<'_>) {
        self.play.handle(now(), input);
        while let Some(output) = self.play.poll() {
            if let Err(error) = self.perform(output) {
                warn("the page failed", &error);
            }
        }
        if let Err(error) = self.show() {
            warn("the page failed", &error);
        }
        self.wait();
    }

    /// The keys may have changed, by an event at the time `at`.
    fn keys_changed(&mut self, at: MonotonicMs) {
        let keys = self.inputs.show();
        self.drive(PlayInput::Held { keys, at });
    }

    /// Whether the participant plays now, so that keys mean the game and not the page.
    fn plays(&self) -> bool {
        self.play.seat().is_some_and(|seat| seat.welcome().is_some()) && view::state(&self.play) != "problem"
    }

    /// The picture is out of date though no frame arrived.
    fn repaint(&mut self) {
        if let Some(seat) = self.play.seat_mut() {
            seat.repaint();
        }
    }

    /// Fits the picture into its box.
    fn fit(&mut self) -> Result<()> {
        if let Some(seat) = self.play.seat_mut()
            && let Some(viewport) = seat.viewport()
            && self.screen.fit(viewport)?
        {
            seat.repaint();
            self.paint(now());
        }
        Ok(())
    }

    fn perform(&mut self, output: PlayOutput) -> Result<()> {
        match output {
            PlayOutput::Connect(path) => {
                let me = self.me.clone();
                self.socket = None;
                self.socket = Some(Socket::open(&path, move |event| {
                    with(&me, |game| match event {
                        SocketEvent::Opened => game.drive(PlayInput::Opened),
                        SocketEvent::Message(bytes) => game.drive(PlayInput::Message(&bytes)),
                        SocketEvent::Closed(code) => game.drive(PlayInput::Closed(code)),
                    });
                })?);
            }
            PlayOutput::Disconnect => self.socket = None,
            PlayOutput::Send(bytes) => {
                if let Some(socket) = &self.socket {
                    socket.send(&bytes);
                }
            }
            PlayOutput::Call => sound::call(),
            PlayOutput::Advance => {
                let (me, next) = (self.me.clone(), self.next.clone());
                spawn_local(async move {
                    if let Err(error) = swap::advance(&next).await {
                        warn("the next scene is not there yet", &error);
                        with(&me, |game| game.drive(PlayInput::NotAdvanced));
                    }
                });
            }
            PlayOutput::Reload => window()?.location().reload()?,
        }
        Ok(())
    }

    fn show(&mut self) -> Result<()> {
        let now = now();
        self.diagnostics.update(&mut self.play);
        if !self.play.take_news() {
            return Ok(());
        }
        let welcome = self.play.seat().and_then(|seat| seat.welcome());
        if let Some(welcome) = welcome.filter(|welcome| self.seated != Some(welcome.agent.0)) {
            self.seated = Some(welcome.agent.0);
            self.inputs.set(&welcome.keyboard)?;
            // A finger that moves an axis must not scroll the page.
            let touch = if self.inputs.axes().is_empty() { "" } else { "none" };
            self.picture.style().set_property("touch-action", touch)?;
        }
        self.screen.show(&self.play, now)?;
        // Panels take their space from the canvas.
        self.fit()
    }

    /// Asks for the next look at the clock, and for the next frame while there are pictures.
    fn wait(&mut self) {
        self.schedule.wake_at(self.play.wake_at().min(now() + UI_POLL_MS));
        if self.plays() {
            self.schedule.request_frame();
        }
    }

    fn animate(&mut self, at: MonotonicMs) {
        let (pressed, turned) = (self.inputs.poll_gamepad(), self.inputs.poll_axes(at));
        if pressed || turned || self.inputs.expire(at) {
            self.keys_changed(now());
        }
        self.paint(at);
        self.wait();
    }

    fn paint(&mut self, at: MonotonicMs) {
        let Some(items) = self.play.seat_mut().and_then(|seat| seat.picture(at)) else { return };
        self.screen.paint(&items);
        self.diagnostics.painted();
    }
}

/// The section of the scene that holds a game, if it is one.
pub fn section(scene: &Element) -> std::result::Result<Option<HtmlElement>, JsValue> {
    let section = scene.query_selector("[data-kind=game]")?;
    Ok(section.and_then(|section| section.dyn_into().ok()))
}

/// What the page says of the result, as the page's HTML has it.
fn shown_result(told: &str) -> ShownResult {
    match (told, told.strip_prefix("words:")) {
        (_, Some(words)) => ShownResult::Words(words.to_owned()),
        ("win_or_lose", None) => ShownResult::WinOrLose,
        _ => ShownResult::GameOver,
    }
}
