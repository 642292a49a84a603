//! Brings the scene on the page to life: a game, a screening, a last page, or a plain page.

use std::{cell::RefCell, rc::Rc};

use footlights_canvas::dom::{self, Result, warn};
use footlights_protocol::words::texts;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use super::{
    form::complain,
    game::{self, Game},
    last, limit,
    scene::{scene, set_state},
    screening,
    words::{self, say},
};

thread_local! {
    /// The game of the current scene, if it is one.
    static GAME: RefCell<Option<Rc<RefCell<Game>>>> = const { RefCell::new(None) };
}

/// Ends the game of the current scene, if it is one.
pub fn end_game() {
    GAME.with_borrow_mut(|game| *game = None);
}

/// Ends the current scene; its element is free for something else.
pub fn unmount() -> Result<HtmlElement> {
    end_game();
    scene()
}

/// Brings the current scene to life.
pub fn mount() -> Result<()> {
    let scene = unmount()?;
    words::read()?;
    if let Some(form) = screening::form(&scene)? {
        spawn_local(async move {
            if let Err(error) = screening::measure(&form).await {
                warn("nothing was measured", &error);
                let _ = complain(&form, &say(texts::NOT_MEASURED));
                let reload = dom::words(&form, "a", "button", &say(texts::RELOAD));
                let _ = reload.and_then(|link| link.set_attribute("href", ""));
            }
        });
    }
    limit::mount(&scene)?;
    let last_page = scene.clone();
    spawn_local(async move {
        if let Err(error) = last::mount(&last_page).await {
            warn("the last page", &error);
        }
    });
    match game::section(&scene)? {
        Some(section) => {
            let mounted = Game::mount(&section)?;
            section.dataset().set("ready", "")?;
            GAME.with_borrow_mut(|game| *game = Some(mounted));
        }
        None => {
            let problem = scene.query_selector("[data-kind=problem]")?.is_some();
            set_state(if problem { "problem" } else { "page" })?;
        }
    }
    Ok(())
}
