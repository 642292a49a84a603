//! Replaces the current scene by the one in an answer of the server, without a reload.
//!
//! What lives in a scene is not known here: [`register`] says once how a scene is brought to life and how it ends. So a
//! game, which is one of these scenes, can ask for the next one.

use std::cell::Cell;

use footlights_canvas::dom::{Result, document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, HtmlElement, Response, UrlSearchParams};

use super::{
    ahead, draft,
    request::{address, current_page, parse, post},
    scene::scene,
};

/// How scenes come to life and end.
#[derive(Clone, Copy)]
pub struct Lifecycle {
    /// Brings the scene that is on the page to life.
    pub mount: fn() -> Result<()>,
    /// Ends it: listeners and sockets go before the elements do.
    pub unmount: fn(),
}

thread_local! {
    static LIFECYCLE: Cell<Option<Lifecycle>> = const { Cell::new(None) };
}

/// Sets how scenes come to life and end. Without it they are only shown.
pub fn register(lifecycle: Lifecycle) {
    LIFECYCLE.set(Some(lifecycle));
}

/// Continues after a game: asks for the next scene and shows it.
///
/// # Errors
/// The server does not give the next scene yet.
pub async fn advance(path: &str) -> Result<()> {
    let answer = post(path, &UrlSearchParams::new()?).await?;
    if answer.ok() {
        return swap(&answer).await;
    }
    // The experiment may have gone on: in another window, or with an answer that was lost on its way.
    let current = current_page().await?;
    let page = parse(&current).await?;
    let scene_of = |place: &Document| {
        let section = place.query_selector("#scene [data-scene]").ok().flatten();
        section.and_then(|section| section.get_attribute("data-scene"))
    };
    if current.ok() && scene_of(&page) != scene_of(&document()?) {
        return show(&current, &page);
    }
    Err(format!("the server answered {}", answer.status()).into())
}

/// Shows the scene of an answer in place of the current one.
///
/// # Errors
/// The answer is no page of ours, and no success either.
pub async fn swap(answer: &Response) -> Result<()> {
    show(answer, &parse(answer).await?)
}

fn show(answer: &Response, page: &Document) -> Result<()> {
    let Some(next) = page.get_element_by_id("scene") else {
        // Not one of our pages: the browser loads it.
        if answer.ok() {
            return window()?.location().set_href(&answer.url());
        }
        return Err(format!("the server answered {}", answer.status()).into());
    };
    ahead::load(page)?;
    let document = document()?;
    let lifecycle = LIFECYCLE.get();
    if let Some(Lifecycle { unmount, .. }) = lifecycle {
        unmount();
    }
    scene()?.replace_with_with_node_1(&document.adopt_node(&next)?)?;
    replace(&document, page, "header.bar")?;
    document.set_title(&page.title());
    // An answer to a form that leads nowhere else belongs to the address where the form is.
    if let Some(address) = address(answer).filter(|_| answer.ok()) {
        window()?.history()?.replace_state_with_url(&JsValue::NULL, "", Some(&address))?;
    }
    window()?.scroll_to_with_x_and_y(0.0, 0.0);
    draft::restore(&scene()?)?;
    if let Some(Lifecycle { mount, .. }) = lifecycle {
        mount()?;
    }
    match scene()?.query_selector("[aria-invalid=true], fieldset[aria-describedby] input")? {
        Some(wrong) => wrong.dyn_into::<HtmlElement>()?.focus(),
        None => scene()?.focus(),
    }
}

fn replace(document: &Document, page: &Document, selector: &str) -> Result<()> {
    if let (Some(old), Some(new)) = (document.query_selector(selector)?, page.query_selector(selector)?) {
        old.replace_with_with_node_1(&document.adopt_node(&new)?)?;
    }
    Ok(())
}
