//! The page: turns clicks and keys into moves of the [`ReplayController`], and shows where it is.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use footlights_canvas::dom::{Listener, OrMissing, Result, document, now, warn, window};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Element, Event, EventTarget, HtmlCanvasElement, HtmlElement, HtmlSelectElement, KeyboardEvent,
};

use super::{
    controls::Controls,
    elements::by_id,
    film::Film,
    frames::Frames,
    load,
    pictures::Pictures,
    save,
    saving::Saving,
    seats::Seats,
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
    pictures: Pictures,
    controls: Controls,
    seats: Seats,
    saving: Saving,
    frames: Frames,
    /// What is shown, and whether it plays.
    shown: Option<(ReplayPosition, bool)>,
    address: ReplayAddress,
    listeners: Vec<Listener>,
}

/// Loads the game, checks it, and lets it be watched.
pub async fn open() -> Result<()> {
    let section: HtmlElement =
        document()?.query_selector("[data-kind=replay]")?.or_missing("replay")?.dyn_into()?;
    let data = section.dataset();
    let game = data.get("game").or_missing("data-game")?;
    let player = load::replay(&data.get("file").or_missing("data-file")?).await?;
    say(&player.checked().words(), !player.checked().is_fine());
    // The game of this build differs from the first step on, so its pictures are not those that participants saw.
    if player.checked().steps == 0 {
        let watch: HtmlElement = section.query_selector(".watch")?.or_missing("watch")?.dyn_into()?;
        watch.set_hidden(true);
        return Ok(());
    }
    let page = Page::new(player, game)?;
    page.borrow_mut().begin(&data.get("assets").unwrap_or_default())?;
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
        let pictures = Pictures::new(&player)?;
        let controls = Controls::new(&player)?;
        let (seats, saving) = (Seats::new()?, Saving::new()?);
        Ok(Rc::new_cyclic(|me: &Weak<RefCell<Self>>| {
            let framed = me.clone();
            RefCell::new(Self {
                me: me.clone(),
                player,
                game,
                pictures,
                controls,
                seats,
                saving,
                frames: Frames::new(move |at| {
                    with(&framed, |page| {
                        page.frames.came();
                        page.player.advance(at);
                        page.paint()
                    });
                }),
                shown: None,
                address: ReplayAddress::default(),
                listeners: Vec::new(),
            })
        }))
    }

    /// Listens, and goes to where the address says.
    fn begin(&mut self, assets: &str) -> Result<()> {
        let painted = self.me.clone();
        self.pictures.load(assets, move || {
            with(&painted, |page| {
                page.pictures.outdate();
                Ok(())
            });
        })?;
        let resized = self.me.clone();
        self.pictures.watch(move || {
            with(&resized, |page| {
                page.pictures.outdate();
                Ok(())
            });
        })?;
        self.click("play", Self::toggle)?;
        self.click("back", |page| page.step(-1))?;
        self.click("ahead", |page| page.step(1))?;
        self.click("first", |page| page.stand(0))?;
        self.click("last", |page| page.stand(u32::MAX))?;
        self.click("picture", Self::save_picture)?;
        self.click("film", Self::toggle_film)?;
        self.on(&by_id::<EventTarget>("scrub")?, "input", |page, _: Event| page.stand(page.controls.step()))?;
        self.on(&by_id::<EventTarget>("episode")?, "change", |page, _: Event| {
            let episode = page.controls.episode();
            page.player.seek(ReplayPosition { episode, step: 0 });
            Ok(())
        })?;
        self.on(&by_id::<EventTarget>("speed")?, "change", |page, _: Event| {
            let speed: HtmlSelectElement = by_id("speed")?;
            page.player.set_speed(speed.value().parse().unwrap_or(1.0));
            Ok(())
        })?;
        self.on(&by_id::<EventTarget>("filter")?, "input", |page, _: Event| page.seats.filter())?;
        for (k, seat) in self.seats.inputs().to_vec().iter().enumerate() {
            self.on(seat, "change", move |page, _: Event| page.sit(k))?;
        }
        self.on(&document()?.into(), "keydown", |page, event: KeyboardEvent| page.key(&event))?;
        self.on(&document()?.into(), "visibilitychange", |page, _: Event| {
            if let Some(film) = page.saving.film() {
                film.hold(document()?.hidden());
            }
            Ok(())
        })?;
        self.on(&window()?.into(), "hashchange", |page, _: Event| page.follow_address())?;
        self.controls.set_disabled(false);
        self.saving.begin(self.pictures.of(0).map(|(_, canvas)| canvas))?;
        self.follow_address()?;
        self.sit(self.seats.chosen())?;
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
        if self.saving.film().is_some()
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
        let Some(path) = self.seats.choose(seat) else {
            self.seats.rows_mut().without("No rows are stored of this seat: only participants have some, until their data are deleted. What was done here stands in the others' rows.");
            return Ok(());
        };
        self.seats.rows_mut().without("Loading the rows…");
        let (me, game) = (self.me.clone(), self.game.clone());
        spawn_local(async move {
            let loaded = load::file(&path).await;
            let rows = match &loaded {
                Ok(bytes) => StepRows::parse(bytes, &game).map_err(|error| error.to_string()),
                Err(error) => Err(format!("The rows of this seat cannot be loaded: {}.", reason(error))),
            };
            with(&me, |page| {
                // The reader may have chosen another seat meanwhile.
                if page.seats.chosen() == seat {
                    match rows {
                        Ok(rows) => page.seats.rows_mut().set(rows, &path)?,
                        Err(why) => page.seats.rows_mut().without(&why),
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
        if self.saving.film().is_none() {
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
            self.pictures.outdate();
            self.controls.show_place(&self.player)?;
            self.pictures.tell(&self.player);
            self.seats.show(place);
            self.controls.show_state(&self.player, before);
        }
        let steps = f64::from(self.player.steps().max(1));
        self.saving.show_progress((100.0 * f64::from(place.step) / steps).floor(), playing);
        let due = self.keep_address(place, playing)?;
        if playing || self.pictures.is_outdated() || due || self.saving.film().is_some() {
            self.frames.ask()?;
        }
        Ok(())
    }

    fn paint(&mut self) -> Result<()> {
        let moving = self.player.is_playing() || self.saving.film().is_some();
        self.pictures.paint(&mut self.player, moving)
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

    /// The beginning of a saved file's name, and the canvas that the file is made of.
    fn file_to_save(&self) -> Result<(String, &HtmlCanvasElement)> {
        let (agent, canvas) = self.pictures.of(self.seats.chosen()).or_missing("seat")?;
        Ok((format!("{}_{agent}_e{}", self.game, self.player.place().episode), canvas))
    }

    fn save_picture(&mut self) -> Result<()> {
        self.player.pause();
        self.pictures.outdate();
        self.paint()?;
        let step = self.player.place().step;
        let (name, canvas) = self.file_to_save()?;
        let (name, me) = (format!("{name}_s{step}.png"), self.me.clone());
        let saved_as = name.clone();
        save::picture(canvas, name, move |saved| {
            with(&me, |page| {
                let words = if saved {
                    format!("Saved as {saved_as}.")
                } else {
                    "The browser made no picture.".into()
                };
                page.saving.say(&words);
                Ok(())
            });
        })
    }

    fn toggle_film(&mut self) -> Result<()> {
        if let Some(film) = self.saving.film() {
            film.cancel();
            return Ok(());
        }
        let me = self.me.clone();
        let (name, canvas) = self.file_to_save()?;
        match Film::record(canvas, &name, move |saved| with(&me, |page| page.filmed(saved))) {
            Ok(film) => {
                self.saving.record(film);
                self.lock(true);
                self.player.play_episode(now());
                by_id::<HtmlSelectElement>("speed")?.set_value("1");
            }
            Err(error) => self.saving.say(&format!("The browser cannot record this: {}.", reason(&error))),
        }
        Ok(())
    }

    fn filmed(&mut self, saved: Option<String>) -> Result<()> {
        self.player.pause();
        self.lock(false);
        self.saving.finish(saved, self.pictures.of(0).map(|(_, canvas)| canvas));
        Ok(())
    }

    /// While a film is recorded nothing else moves the game.
    fn lock(&self, locked: bool) {
        self.controls.set_disabled(locked);
        self.seats.set_disabled(locked);
    }
}

/// Where the address leads, if anywhere.
fn here() -> Result<Option<ReplayPosition>> {
    Ok(ReplayPosition::parse(&window()?.location().hash()?))
}
