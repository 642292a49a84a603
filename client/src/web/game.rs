//! A game scene on the page: turns what happens into [`Input`]s, does what [`Play`] says, and shows how it stands.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use footlights_canvas::{Canvas, Images};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use super::{
    controls::Controls,
    diagnostics::Diagnostics,
    dom::{Listener, OrMissing, Result, attentive, child, document, now, warn, window},
    gamepad, input,
    overlay::OverlayView,
    page,
    panel::PanelView,
    problem, simulation,
    socket::{Socket, SocketEvent},
    sound,
};
use crate::{
    netcode::{Held, Input, Output, Play},
    view,
};

/// Clocks and countdowns are looked at this often, ms.
const GLANCE_MS: f64 = 250.0;

/// A game scene. Dropping it closes its socket and ends its timers.
pub struct Game {
    me: Weak<RefCell<Self>>,
    play: Play,
    pub(super) held: Held,
    pub(super) controls: Controls,
    pub(super) overlay: OverlayView,
    socket: Option<Socket>,
    canvas: Canvas,
    panel: PanelView,
    status: HtmlElement,
    /// Whose keys the controls show.
    seated: Option<u8>,
    next: String,
    title: String,
    spoken: String,
    gamepad: u32,
    pub(super) gamepads: bool,
    diagnostics: Diagnostics,
    timer: Ticket,
    frame: Ticket,
    listeners: Vec<Listener>,
    watch: Option<input::Watch>,
}

/// A callback that the browser was asked for.
struct Ticket {
    closure: Closure<dyn FnMut(f64)>,
    id: Option<i32>,
    at: f64,
}

impl Ticket {
    fn new(me: &Weak<RefCell<Game>>, call: fn(&mut Game, f64)) -> Self {
        let me = me.clone();
        let closure = Closure::new(move |at: f64| with(&me, |game| call(game, at)));
        Self { closure, id: None, at: f64::INFINITY }
    }
}

/// Runs `act` on the game, if it is still there and nothing broke.
pub(super) fn with(me: &Weak<RefCell<Game>>, act: impl FnOnce(&mut Game)) {
    if let Some(game) = me.upgrade().filter(|_| !problem::is_shown())
        && let Ok(mut game) = game.try_borrow_mut()
    {
        act(&mut game);
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
        let label = if title.is_empty() { "Game".to_owned() } else { format!("Game: {title}") };
        let canvas = Canvas::new(frame.clone().into(), &label)?;
        canvas.element().set_id("stage");
        let controls = Controls::new(section)?;
        let overlay = OverlayView::new(section)?;
        let status = child(section, "p", "visually-hidden")?;
        status.set_attribute("role", "status")?;

        let game = Rc::new_cyclic(|me: &Weak<RefCell<Self>>| {
            RefCell::new(Self {
                me: me.clone(),
                play: Play::new(
                    &lobby,
                    simulation::fingerprint(&env),
                    simulation::ENGINE,
                    attentive(),
                    now(),
                ),
                held: Held::default(),
                controls,
                overlay,
                socket: None,
                canvas,
                panel,
                status,
                seated: None,
                next,
                title,
                spoken: String::new(),
                gamepad: 0,
                gamepads: false,
                diagnostics: Diagnostics::default(),
                timer: Ticket::new(me, |game, _| {
                    game.timer.id = None;
                    game.drive(Input::Wake);
                }),
                frame: Ticket::new(me, |game, at| {
                    game.frame.id = None;
                    game.animate(at);
                }),
                listeners: Vec::new(),
                watch: None,
            })
        });
        {
            let mut this = game.borrow_mut();
            let me = Rc::downgrade(&game);
            this.listeners = input::listen(&me, section, &this.controls, &this.overlay, &this.panel)?;
            let assets = data.get("assets").unwrap_or_default();
            let painted = me.clone();
            this.canvas.images = Images::load(&assets, move || with(&painted, Self::repaint))?;
            this.watch = Some(input::Watch::new(&me, &frame)?);
        }
        // Nobody waits for somebody who does not know yet what their opponent does.
        let me = Rc::downgrade(&game);
        simulation::load(&data, move || with(&me, |game| game.drive(Input::Wake)))?;
        Ok(game)
    }

    /// One event of the page, and all that follows from it.
    pub(super) fn drive(&mut self, input: Input<'_>) {
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
    pub(super) fn keys_changed(&mut self, at: f64) {
        let bits = self.held.bits();
        self.controls.hold(bits);
        self.drive(Input::Held { bits, at });
    }

    /// Whether the participant plays now, so that keys mean the game and not the page.
    pub(super) fn plays(&self) -> bool {
        self.play.seat().is_some_and(|seat| seat.welcome().is_some()) && view::state(&self.play) != "problem"
    }

    /// What is painted is out of date though no frame came.
    fn repaint(&mut self) {
        if let Some(seat) = self.play.seat_mut() {
            seat.repaint();
        }
    }

    /// The box of the canvas has another size.
    pub(super) fn fit(&mut self) -> Result<()> {
        if let Some(seat) = self.play.seat_mut()
            && let Some(viewport) = seat.viewport()
            && self.canvas.fit(viewport)?
        {
            seat.repaint();
            self.paint(now());
        }
        Ok(())
    }

    fn perform(&mut self, output: Output) -> Result<()> {
        match output {
            Output::Connect(path) => {
                let me = self.me.clone();
                self.socket = None;
                self.socket = Some(Socket::open(&path, move |event| {
                    with(&me, |game| match event {
                        SocketEvent::Opened => game.drive(Input::Opened),
                        SocketEvent::Message(bytes) => game.drive(Input::Message(&bytes)),
                        SocketEvent::Closed(code) => game.drive(Input::Closed(code)),
                    });
                })?);
            }
            Output::Disconnect => self.socket = None,
            Output::Send(bytes) => {
                if let Some(socket) = &self.socket {
                    socket.send(&bytes);
                }
            }
            Output::Call => sound::call(),
            Output::Advance => {
                let (me, next) = (self.me.clone(), self.next.clone());
                spawn_local(async move {
                    if let Err(error) = page::advance(&next).await {
                        warn("the next scene is not there yet", &error);
                        with(&me, |game| game.drive(Input::NotAdvanced));
                    }
                });
            }
            Output::Reload => window()?.location().reload()?,
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
            self.held = Held::new(&welcome.keyboard);
            self.controls.set(&welcome.keyboard)?;
        }
        page::set_state(view::state(&self.play))?;
        document()?.set_title(&view::title(&self.play, &self.title));
        let mut spoken = None;
        if let Some(panel) = self.play.seat().and_then(|seat| view::panel(seat, now)) {
            if self.spoken != panel.spoken {
                self.spoken.clone_from(&panel.spoken);
                spoken = Some(panel.spoken.clone());
            }
            self.panel.set(panel)?;
        }
        self.panel.notice.set(view::notice(&self.play));
        spoken = self.overlay.set(view::overlay(&self.play, now))?.or(spoken);
        if let Some(words) = spoken {
            self.status.set_text_content(Some(&words));
        }
        // Panels take their space from the canvas.
        self.fit()
    }

    /// Asks for the next look at the clock, and for the next frame while there are pictures.
    fn wait(&mut self) {
        let Ok(window) = window() else { return };
        let at = self.play.wake_at().min(now() + GLANCE_MS);
        if self.timer.id.is_none() || at + 1.0 < self.timer.at {
            if let Some(id) = self.timer.id.take() {
                window.clear_timeout_with_handle(id);
            }
            self.timer.at = at;
            self.timer.id = window
                .set_timeout_with_callback_and_timeout_and_arguments_0(
                    self.timer.closure.as_ref().unchecked_ref(),
                    (at - now()).ceil().max(0.0) as i32,
                )
                .ok();
        }
        if self.frame.id.is_none() && self.plays() {
            self.frame.id = window.request_animation_frame(self.frame.closure.as_ref().unchecked_ref()).ok();
        }
    }

    fn animate(&mut self, at: f64) {
        if self.gamepads {
            let held = gamepad::held(self.controls.pads(), self.gamepad);
            if held != self.gamepad {
                self.gamepad = held;
                self.held.pad(held);
                self.keys_changed(now());
            }
        }
        self.paint(at);
        self.wait();
    }

    fn paint(&mut self, at: f64) {
        let Some(items) = self.play.seat_mut().and_then(|seat| seat.picture(at)) else { return };
        if let Err(error) = self.canvas.paint(&items) {
            warn("a picture failed", &error);
        }
        self.diagnostics.painted();
    }
}

impl Drop for Game {
    fn drop(&mut self) {
        if let Ok(window) = window() {
            if let Some(id) = self.timer.id {
                window.clear_timeout_with_handle(id);
            }
            if let Some(id) = self.frame.id {
                let _ = window.cancel_animation_frame(id);
            }
        }
    }
}

/// Where a game is mounted: the section of the scene, if it is one.
pub fn section(scene: &Element) -> std::result::Result<Option<HtmlElement>, JsValue> {
    let section = scene.query_selector("[data-kind=game]")?;
    Ok(section.and_then(|section| section.dyn_into().ok()))
}
