//! Saves a picture or a film of the replay, and tells the reader how far it is.

use footlights_canvas::dom::{Label, Result, now};
use web_sys::{HtmlButtonElement, HtmlCanvasElement};

use super::{
    elements::by_id,
    film::{self, Film},
};

/// The film that is being recorded, and the words about what is saved.
pub struct Saving {
    film: Option<Film>,
    button: Label,
    status: Label,
}

impl Saving {
    /// Nothing is saved yet.
    pub fn new() -> Result<Self> {
        Ok(Self {
            film: None,
            button: Label::new(by_id("film")?),
            status: Label::new(by_id("export-status")?),
        })
    }

    /// Lets the reader save pictures of this canvas, and films where the browser records some.
    pub fn begin(&mut self, canvas: Option<&HtmlCanvasElement>) -> Result<()> {
        by_id::<HtmlButtonElement>("picture")?.set_disabled(false);
        let button: HtmlButtonElement = by_id("film")?;
        button.set_disabled(kind(canvas).is_none());
        self.offer(canvas);
        Ok(())
    }

    /// The film that is being recorded.
    pub fn film(&self) -> Option<&Film> {
        self.film.as_ref()
    }

    /// Says how the saving went.
    pub fn say(&mut self, words: &str) {
        self.status.set(words);
    }

    /// A film is being recorded from now on.
    pub fn record(&mut self, film: Film) {
        self.film = Some(film);
        self.say("Recording while it plays, as long as the episode lasts. Keep this page in view.");
    }

    /// Shows that `done` percent of a film are recorded. Once the replay stands still, the film ends after a rest.
    pub fn show_progress(&mut self, done: f64, playing: bool) {
        let Some(film) = &mut self.film else { return };
        self.button.set(&format!("Cancel ({done} %)"));
        if !playing && film.rest(now()) {
            film.end();
        }
    }

    /// The film is over, and was saved under that name if at all.
    pub fn finish(&mut self, saved: Option<String>, canvas: Option<&HtmlCanvasElement>) {
        self.film = None;
        self.offer(canvas);
        self.say(&saved.map_or("Nothing was saved.".into(), |name| format!("Saved as {name}.")));
    }

    /// Says on the button which film can be recorded.
    fn offer(&mut self, canvas: Option<&HtmlCanvasElement>) {
        self.button.set(match kind(canvas) {
            Some("webm") => "This episode (WebM)",
            Some(_) => "This episode (MP4)",
            None => "This browser records no films",
        });
    }
}

/// The end of the name of a film that this browser records, if it does.
fn kind(canvas: Option<&HtmlCanvasElement>) -> Option<&'static str> {
    Some(film::kind(canvas?)?.1)
}
