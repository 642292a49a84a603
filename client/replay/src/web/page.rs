//! The page: turns clicks and keys into moves of the [`ReplayController`], and shows where it is.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use footlights_canvas::{
    Canvas,
    dom::{Label, Listener, OrMissing, Result, child, document, now, warn, window},
};
use footlights_env::Agent;
use footlights_protocol::MonotonicMs;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Element, Event, EventTarget, HtmlButtonElement, HtmlElement, HtmlFieldSetElement, HtmlInputElement,
    HtmlOptionElement, HtmlSelectElement, KeyboardEvent, ResizeObserver,
};

use super::{
    film::{self, Film},
    load,
    rows::RowsView,
    save,
    verdict::{reason, say},
};
use crate::{
    address::{AddressUpdate, ReplayAddress},
    controller::ReplayController,
    position::ReplayPosition,
    rows::StepRows,
};

/// Steps of an arrow with the Shift key.
const LEAP: i64 = 10;

thread_local! {
    /// The page, as long as the document lives.
    static PAGE: RefCell<Option<Rc<RefCell<Page>>>> = const { RefCell::new(None) };
}

struct Page {
    me: Weak<RefCell<Self>>,
    player: ReplayController,
    game: String,
    views: Vec<SeatView>,
    controls: Controls,
    rows: RowsView,
    /// The seat whose rows are shown and whose pictures are saved.
    seat: usize,
    seats: Vec<HtmlInputElement>,
    film: Option<Film>,
    film_button: Label,
    saved: Label,
    frame: Option<i32>,
    animate: Closure<dyn FnMut(f64)>,
    repaint: bool,
    shown: Option<(ReplayPosition, bool)>,
    address: ReplayAddress,
    listeners: Vec<Listener>,
    _resized: Closure<dyn FnMut()>,
}

/// One seat's picture.
struct SeatView {
    agent: Agent,
    canvas: Canvas,
    facts: Label,
}

struct Controls {
    all: HtmlFieldSetElement,
    play: Label,
    scrub: HtmlInputElement,
    place: Label,
    status: Label,
    episode: HtmlSelectElement,
}

fn by_id<T: JsCast>(id: &str) -> Result<T> {
    Ok(document()?.get_element_by_id(id).or_missing(id)?.dyn_into()?)
}

fn all<T: JsCast>(selector: &str) -> Result<Vec<T>> {
    let found = document()?.query_selector_all(selector)?;
    Ok((0..found.length()).filter_map(|k| found.item(k)?.dyn_into().ok()).collect())
}

/// Loads the game, checks it, and lets it be watched.
pub async fn open() -> Result<()> {
    let section: HtmlElement =
        document()?.query_selector("[data-kind=replay]")?.or_missing("replay")?.dyn_into()?;
    let data = section.dataset();
    let game = data.get("game").or_missing("data-game")?;
    let player = load::replay(&data.get("file").or_missing("data-file")?).await?;
    say(&player.checked().words(), !player.checked().is_fine());
    if player.episodes().next().is_none() {
        return Ok(());
    }
    let page = Page::new(player, game)?;
    page.borrow_mut().begin()?;
    PAGE.with_borrow_mut(|slot| *slot = Some(page));
    Ok(())
}

/// Runs `act` on the page and shows what has come of it.
fn with(me: &Weak<RefCell<Page>>, act: impl FnOnce(&mut Page) -> Result<()>) {
    if let Some(page) = me.upgrade()
        && let Ok(mut page) = page.try_borrow_mut()
        && let Err(error) = act(&mut page).and_then(|()| page.show())
    {
        warn("the replay page", &error);
    }
}

impl Page {
    fn new(player: ReplayController, game: String) -> Result<Rc<RefCell<Self>>> {
        let viewport = player.viewport();
        let shape = format!("{} / {}", viewport.width, viewport.height);
        let mut views = Vec::new();
        for (agent, figure) in player.agents().zip(all::<Element>("#views figure")?) {
            let frame: HtmlElement = figure.query_selector(".stage")?.or_missing("stage")?.dyn_into()?;
            frame.style().set_property("aspect-ratio", &shape)?;
            let facts: HtmlElement = figure.query_selector(".told")?.or_missing("told")?.dyn_into()?;
            let canvas = Canvas::new(frame.into(), &format!("What {agent} saw"))?;
            views.push(SeatView { agent, canvas, facts: Label::new(facts) });
        }
        let episode: HtmlSelectElement = by_id("episode")?;
        for (number, steps) in player.episodes() {
            let option: HtmlOptionElement = child(&episode, "option", "")?.dyn_into()?;
            option.set_value(&number.to_string());
            option.set_text(&format!("{number} ({steps} steps)"));
        }
        let controls = Controls {
            all: by_id("controls")?,
            play: Label::new(by_id("play")?),
            scrub: by_id("scrub")?,
            place: Label::new(by_id("where")?),
            status: Label::new(by_id("status")?),
            episode,
        };
        let seats: Vec<HtmlInputElement> = all("input[name=seat]")?;
        let seat = seats.iter().position(HtmlInputElement::checked).unwrap_or(0);
        let (rows, film_button, saved) =
            (RowsView::new()?, Label::new(by_id("film")?), Label::new(by_id("export-status")?));
        Ok(Rc::new_cyclic(|me: &Weak<RefCell<Self>>| {
            let (animated, resized) = (me.clone(), me.clone());
            RefCell::new(Self {
                me: me.clone(),
                player,
                game,
                views,
                controls,
                rows,
                seat,
                seats,
                film: None,
                film_button,
                saved,
                frame: None,
                animate: Closure::new(move |at: f64| {
                    with(&animated, |page| {
                        page.frame = None;
                        page.player.advance(MonotonicMs(at));
                        page.paint()
                    });
                }),
                repaint: true,
                shown: None,
                address: ReplayAddress::default(),
                listeners: Vec::new(),
                _resized: Closure::new(move || {
                    with(&resized, |page| {
                        page.repaint = true;
                        Ok(())
                    });
                }),
            })
        }))
    }

    /// Listens, and goes to where the address says.
    fn begin(&mut self) -> Result<()> {
        let observer = ResizeObserver::new(self._resized.as_ref().unchecked_ref())?;
        for frame in all::<Element>("#views .stage")? {
            observer.observe(&frame);
        }
        self.click("play", Self::toggle)?;
        self.click("back", |page| page.step(-1))?;
        self.click("ahead", |page| page.step(1))?;
        self.click("first", |page| page.stand(0))?;
        self.click("last", |page| page.stand(u32::MAX))?;
        self.click("picture", Self::save_picture)?;
        self.click("film", Self::toggle_film)?;
        self.on(&by_id::<EventTarget>("scrub")?, "input", |page, _: Event| {
            page.stand(page.controls.scrub.value().parse().unwrap_or(0))
        })?;
        self.on(&by_id::<EventTarget>("episode")?, "change", |page, _: Event| {
            let episode = page.controls.episode.value().parse().unwrap_or(0);
            page.player.seek(ReplayPosition { episode, step: 0 });
            Ok(())
        })?;
        self.on(&by_id::<EventTarget>("speed")?, "change", |page, _: Event| {
            let speed: HtmlSelectElement = by_id("speed")?;
            page.player.set_speed(speed.value().parse().unwrap_or(1.0));
            Ok(())
        })?;
        self.on(&by_id::<EventTarget>("filter")?, "input", |page, _: Event| {
            let filter: HtmlInputElement = by_id("filter")?;
            page.rows.filter(&filter.value());
            Ok(())
        })?;
        for (k, seat) in self.seats.clone().iter().enumerate() {
            self.on(seat, "change", move |page, _: Event| page.sit(k))?;
        }
        self.on(&document()?.into(), "keydown", |page, event: KeyboardEvent| page.key(&event))?;
        self.on(&document()?.into(), "visibilitychange", |page, _: Event| {
            if let Some(film) = &page.film {
                film.hold(document()?.hidden());
            }
            Ok(())
        })?;
        self.on(&window()?.into(), "hashchange", |page, _: Event| page.follow_address())?;
        self.controls.all.set_disabled(false);
        by_id::<HtmlButtonElement>("picture")?.set_disabled(false);
        let film: HtmlButtonElement = by_id("film")?;
        film.set_disabled(self.film_kind().is_none());
        self.film_button.set(film_words(self.film_kind()));
        self.follow_address()?;
        self.sit(self.seat)?;
        self.show()
    }

    fn on<E: JsCast + 'static>(
        &mut self,
        target: &EventTarget,
        kind: &'static str,
        act: impl Fn(&mut Self, E) -> Result<()> + 'static,
    ) -> Result<()> {
        let me = self.me.clone();
        self.listeners.push(Listener::new(target, kind, move |event: E| with(&me, |page| act(page, event)))?);
        Ok(())
    }

    fn click(&mut self, id: &str, act: fn(&mut Self) -> Result<()>) -> Result<()> {
        self.on(&by_id::<EventTarget>(id)?, "click", move |page, _: Event| act(page))
    }

    fn toggle(&mut self) -> Result<()> {
        if self.player.is_playing() {
            self.player.pause()
        } else {
            self.player.play(now())
        }
        Ok(())
    }

    fn step(&mut self, by: i64) -> Result<()> {
        self.player.step(by);
        Ok(())
    }

    /// To a step of the episode, or to its end.
    fn stand(&mut self, step: u32) -> Result<()> {
        self.player.pause();
        self.player.seek(ReplayPosition { step, ..self.player.place() });
        Ok(())
    }

    /// Keys mean the game, except where the element that has the focus takes them.
    fn key(&mut self, event: &KeyboardEvent) -> Result<()> {
        if self.film.is_some()
            || event.default_prevented()
            || event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
        {
            return Ok(());
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let inside = |selector: &str| {
            target.as_ref().is_some_and(|target| target.closest(selector).ok().flatten().is_some())
        };
        let key = event.key();
        if inside("select, textarea, .table, input:not(#scrub)")
            || (matches!(key.as_str(), " ") && inside("button, a"))
        {
            return Ok(());
        }
        let leap = if event.shift_key() { LEAP } else { 1 };
        let second = (self.player.fps().round() as i64).max(1);
        match key.as_str() {
            " " if event.repeat() => {}
            " " => self.toggle()?,
            "ArrowLeft" | "ArrowDown" => self.step(-leap)?,
            "ArrowRight" | "ArrowUp" => self.step(leap)?,
            "PageUp" => self.step(second)?,
            "PageDown" => self.step(-second)?,
            "Home" => self.stand(0)?,
            "End" => self.stand(u32::MAX)?,
            _ => return Ok(()),
        }
        event.prevent_default();
        Ok(())
    }

    /// Another seat's rows, and its pictures for saving.
    fn sit(&mut self, seat: usize) -> Result<()> {
        self.seat = seat;
        let path = self.seats.get(seat).and_then(|input| input.get_attribute("data-file"));
        let Some(path) = path else {
            self.rows.without("No rows are stored of this seat: only participants have some, until their data are deleted. What was done here stands in the others' rows.");
            return Ok(());
        };
        self.rows.without("Loading the rows…");
        let (me, game) = (self.me.clone(), self.game.clone());
        spawn_local(async move {
            let loaded = load::file(&path).await;
            let rows = match &loaded {
                Ok(bytes) => StepRows::parse(bytes, &game).map_err(|error| error.to_string()),
                Err(error) => Err(format!("The rows of this seat cannot be loaded: {}.", reason(error))),
            };
            with(&me, |page| {
                // The reader may have chosen another seat meanwhile.
                if page.seat == seat {
                    match rows {
                        Ok(rows) => page.rows.set(rows, &path)?,
                        Err(why) => page.rows.without(&why),
                    }
                }
                page.shown = None;
                Ok(())
            });
        });
        Ok(())
    }

    fn follow_address(&mut self) -> Result<()> {
        let Some(place) = here()? else { return Ok(()) };
        self.address.follow(place);
        if self.film.is_none() {
            self.player.pause();
            self.player.seek(place);
        }
        Ok(())
    }

    /// Brings the page up to date, and asks for the next picture while there will be one.
    fn show(&mut self) -> Result<()> {
        let (place, playing) = (self.player.place(), self.player.is_playing());
        if self.shown != Some((place, playing)) {
            let before = self.shown.replace((place, playing));
            self.repaint = true;
            self.show_place(place)?;
            self.controls.play.set(if playing { "Pause" } else { "Play" });
            // A screen reader must not read every step of a game that is playing.
            if playing && before.is_none_or(|(_, played)| !played) {
                self.controls.status.set("Playing");
            } else if !playing && before.is_some() {
                let end = if self.player.is_over() { ", the end" } else { "" };
                self.controls.status.set(&format!("Episode {}, step {}{end}", place.episode, place.step));
            }
        }
        if let Some(film) = &mut self.film {
            let steps = f64::from(self.player.steps().max(1));
            let done = (100.0 * f64::from(place.step) / steps).floor();
            self.film_button.set(&format!("Cancel ({done} %)"));
            if !playing && film.rest(now()) {
                film.end();
            }
        }
        let due = self.keep_address(place, playing)?;
        if self.frame.is_none() && (playing || self.repaint || due || self.film.is_some()) {
            self.frame = Some(window()?.request_animation_frame(self.animate.as_ref().unchecked_ref())?);
        }
        Ok(())
    }

    fn show_place(&mut self, place: ReplayPosition) -> Result<()> {
        let steps = self.player.steps();
        let (at, end) = (self.player.seconds(place.step), self.player.seconds(steps));
        let controls = &mut self.controls;
        controls.scrub.set_max(&steps.to_string());
        controls.scrub.set_value(&place.step.to_string());
        controls
            .scrub
            .set_attribute("aria-valuetext", &format!("step {} of {steps}, {at:.1} seconds", place.step))?;
        controls.place.set(&format!("{} of {steps} · {at:.1} of {end:.1} s", place.step));
        let episode = place.episode.to_string();
        if controls.episode.value() != episode {
            controls.episode.set_value(&episode);
        }
        for view in &mut self.views {
            let mut facts = Vec::new();
            if let (Some(action), Some(reward)) =
                (self.player.action(view.agent), self.player.reward(view.agent))
            {
                facts.push(format!("Action: {action}"));
                facts.push(format!("reward: {reward}"));
            }
            facts.push(format!("sum of rewards: {}", self.player.score(view.agent)));
            facts.extend(
                self.player.hud(view.agent).into_iter().map(|item| format!("{}: {}", item.label, item.value)),
            );
            view.facts.set(&facts.join(" · "));
        }
        self.rows.show(place);
        Ok(())
    }

    fn paint(&mut self) -> Result<()> {
        let viewport = self.player.viewport();
        // A canvas that was hidden until now takes space from the others.
        let mut fresh = false;
        for view in &mut self.views {
            fresh |= view.canvas.fit(viewport)?;
        }
        if self.player.is_playing() || fresh || std::mem::take(&mut self.repaint) || self.film.is_some() {
            self.repaint = false;
            for view in &mut self.views {
                view.canvas.paint(&self.player.items(view.agent))?;
            }
        }
        Ok(())
    }

    /// Lets the address name what is shown, so that it can be shared; true if it will have to be changed soon.
    fn keep_address(&mut self, place: ReplayPosition, playing: bool) -> Result<bool> {
        // While it plays, nothing waits to be written: it would be another one with every picture.
        if playing {
            return Ok(false);
        }
        let due = self.address.keep(here()?, place, now());
        if due == AddressUpdate::Now {
            let history = window()?.history()?;
            history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&place.hash()))?;
            if let Some(here) = here()? {
                self.address.follow(here);
            }
        }
        Ok(due == AddressUpdate::Later)
    }

    /// What a file of what is shown is called.
    fn name(&self) -> Option<(String, &SeatView)> {
        let (view, place) = (self.views.get(self.seat)?, self.player.place());
        Some((format!("{}_{}_e{}", self.game, view.agent, place.episode), view))
    }

    fn save_picture(&mut self) -> Result<()> {
        self.player.pause();
        self.repaint = true;
        self.paint()?;
        let step = self.player.place().step;
        let (name, view) = self.name().or_missing("seat")?;
        let (name, me) = (format!("{name}_s{step}.png"), self.me.clone());
        let saved_as = name.clone();
        save::picture(view.canvas.element(), name, move |saved| {
            with(&me, |page| {
                let words = if saved {
                    format!("Saved as {saved_as}.")
                } else {
                    "The browser made no picture.".into()
                };
                page.saved.set(&words);
                Ok(())
            });
        })
    }

    /// The end of the name of a film that this browser records, if it does.
    fn film_kind(&self) -> Option<&'static str> {
        Some(film::kind(self.views.first()?.canvas.element())?.1)
    }

    fn toggle_film(&mut self) -> Result<()> {
        if let Some(film) = &self.film {
            film.cancel();
            return Ok(());
        }
        let me = self.me.clone();
        let (name, view) = self.name().or_missing("seat")?;
        let film =
            Film::record(view.canvas.element(), &name, move |saved| with(&me, |page| page.filmed(saved)));
        match film {
            Ok(film) => {
                self.film = Some(film);
                self.lock(true);
                self.saved
                    .set("Recording while it plays, as long as the episode lasts. Keep this page in view.");
                self.player.play_episode(now());
                by_id::<HtmlSelectElement>("speed")?.set_value("1");
            }
            Err(error) => self.saved.set(&format!("The browser cannot record this: {}.", reason(&error))),
        }
        Ok(())
    }

    fn filmed(&mut self, saved: Option<String>) -> Result<()> {
        self.film = None;
        self.player.pause();
        self.lock(false);
        self.film_button.set(film_words(self.film_kind()));
        self.saved.set(&saved.map_or("Nothing was saved.".into(), |name| format!("Saved as {name}.")));
        Ok(())
    }

    /// While a film is recorded nothing else moves the game.
    fn lock(&self, locked: bool) {
        self.controls.all.set_disabled(locked);
        self.seats.iter().for_each(|seat| seat.set_disabled(locked));
    }
}

/// Where the address leads, if anywhere.
fn here() -> Result<Option<ReplayPosition>> {
    Ok(ReplayPosition::parse(&window()?.location().hash()?))
}

/// What stands on the button of the film.
fn film_words(kind: Option<&str>) -> &'static str {
    match kind {
        Some("webm") => "This episode (WebM)",
        Some(_) => "This episode (MP4)",
        None => "This browser records no films",
    }
}
