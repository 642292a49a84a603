//! The page around a scene: sends forms, swaps scenes without a reload, and knows whether fingers are in use.
//!
//! Full screen and this module survive a change of scene because the document does.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, DomParser, Element, Event, FormData, HtmlButtonElement, HtmlElement, HtmlFormElement,
    HtmlInputElement, PointerEvent, RequestInit, Response, SubmitEvent, SupportedType, UrlSearchParams,
};

use super::{
    dom::{Listener, OrMissing, Result, child, document, now, number, warn, window, words},
    draft,
    game::{self, Game},
    last, screening, tab,
};

thread_local! {
    /// The game of the current scene, if it is one.
    static GAME: RefCell<Option<Rc<RefCell<Game>>>> = const { RefCell::new(None) };
}

/// Takes over the page.
pub fn take_over() -> Result<()> {
    let document = document()?;
    let listeners = [
        Listener::new(&document, "submit", submitted)?,
        Listener::new(&document, "click", clicked)?,
        Listener::new(&document, "input", entered)?,
        Listener::new(&document, "pointerdown", |event: PointerEvent| {
            if event.pointer_type() == "touch" {
                touch_in_use();
            }
        })?,
    ];
    // They listen as long as the document lives.
    listeners.into_iter().for_each(std::mem::forget);
    if window()?.match_media("(pointer: coarse)")?.is_some_and(|query| query.matches()) {
        touch_in_use();
    }
    // At once: whoever waited would find their answers overwritten by older ones.
    draft::restore(&scene()?)?;
    tab::take_over()
}

/// Says on the page what state it is in.
pub fn set_state(state: &str) -> Result<()> {
    let data = document()?.body().or_missing("body")?.dataset();
    if data.get("state").as_deref() != Some(state) {
        data.set("state", state)?;
    }
    Ok(())
}

/// Goes on from a game: asks for the next scene and shows it. An error if the server will not have that yet.
pub async fn advance(path: &str) -> Result<()> {
    let answer = post(path, &UrlSearchParams::new()?).await?;
    if answer.ok() {
        return swap(&answer).await;
    }
    // Perhaps the study has gone on: in another window, or with an answer that was lost on its way.
    let current =
        JsFuture::from(window()?.fetch_with_str(&window()?.location().href()?)).await?.dyn_into()?;
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

/// Enters full screen, or leaves it.
pub fn toggle_full_screen() {
    let Ok(document) = document() else { return };
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(root) = document.document_element()
        && let Err(error) = root.request_fullscreen()
    {
        warn("no full screen", &error);
    }
    // The keys are for the game again, not for the button.
    let _ = scene().and_then(|scene| scene.focus());
}

fn scene() -> Result<HtmlElement> {
    Ok(document()?.get_element_by_id("scene").or_missing("scene")?.dyn_into()?)
}

/// Ends the game of the current scene, if it is one: the scene's element is free for something else.
pub fn unmount() -> Result<HtmlElement> {
    GAME.with_borrow_mut(|game| *game = None);
    scene()
}

/// Brings the current scene to life.
pub fn mount() -> Result<()> {
    let scene = unmount()?;
    if let Some(form) = screening::form(&scene)? {
        spawn_local(async move {
            if let Err(error) = screening::measure(&form).await {
                warn("nothing was measured", &error);
                let _ = complain(&form, "Your connection could not be measured.");
                let reload = words(&form, "a", "button", "Reload the page");
                let _ = reload.and_then(|link| link.set_attribute("href", ""));
            }
        });
    }
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

fn touch_in_use() {
    if let Some(body) = document().ok().and_then(|document| document.body()) {
        let _ = body.class_list().add_1("touch");
    }
}

/// Sends a form of the scene in the background; forms that go elsewhere are the browser's.
fn submitted(event: SubmitEvent) {
    let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else {
        return;
    };
    let inside = scene().is_ok_and(|scene| scene.contains(Some(&form)));
    if event.default_prevented() || !inside || !form.method().eq_ignore_ascii_case("post") {
        return;
    }
    event.prevent_default();
    if form.get_attribute("aria-busy").is_some() {
        return;
    }
    let button = event.submitter().and_then(|button| button.dyn_into::<HtmlButtonElement>().ok());
    let _ = form.set_attribute("aria-busy", "true");
    spawn_local(async move {
        if let Err(error) = send(&form, button.as_ref()).await {
            warn("the form was not sent", &error);
            let _ = form.remove_attribute("aria-busy");
            let _ = complain(&form, NOT_SENT);
        }
    });
}

const NOT_SENT: &str = "That could not be sent. Nothing you entered is lost. Please check your connection and press the button again.";

async fn send(form: &HtmlFormElement, button: Option<&HtmlButtonElement>) -> Result<()> {
    if form.get_attribute("data-screening").is_some() {
        screening::fill_in(form)?;
    }
    let body = entries(form)?;
    if let Some(button) = button.filter(|button| !button.name().is_empty()) {
        body.append(&button.name(), &button.value());
    }
    let path = form.get_attribute("action").or_missing("form action")?;
    let answer = post(&path, &body).await?;
    if answer.ok() {
        draft::forget(form);
    }
    swap(&answer).await
}

/// What is entered in a form.
fn entries(form: &HtmlFormElement) -> Result<UrlSearchParams> {
    let body = UrlSearchParams::new()?;
    for entry in FormData::new_with_form(form)?.entries() {
        let entry: js_sys::Array = entry?.dyn_into()?;
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string()) {
            body.append(&name, &value);
        }
    }
    // A slider that nobody touched stands somewhere, and says nothing.
    let untouched = form.query_selector_all("input[type=range]:not([data-touched])")?;
    for slider in (0..untouched.length()).filter_map(|k| untouched.item(k)) {
        let slider: Element = slider.dyn_into()?;
        body.delete(&slider.get_attribute("name").unwrap_or_default());
    }
    Ok(body)
}

/// Posts in the background.
pub async fn post(path: &str, body: &UrlSearchParams) -> Result<Response> {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(body);
    JsFuture::from(window()?.fetch_with_str_and_init(path, &options)).await?.dyn_into()
}

async fn parse(answer: &Response) -> Result<Document> {
    let html = JsFuture::from(answer.text()?).await?.as_string().unwrap_or_default();
    DomParser::new()?.parse_from_string(&html, SupportedType::TextHtml)
}

/// Puts the scene of an answer in the place of the current one.
pub async fn swap(answer: &Response) -> Result<()> {
    show(answer, &parse(answer).await?)
}

fn show(answer: &Response, page: &Document) -> Result<()> {
    let Some(next) = page.get_element_by_id("scene") else {
        // Not one of our pages: loaded as it is.
        if answer.ok() {
            return window()?.location().set_href(&answer.url());
        }
        return Err(format!("the server answered {}", answer.status()).into());
    };
    let document = document()?;
    // The old game lets go of its listeners and its socket before its elements go.
    GAME.with_borrow_mut(|game| *game = None);
    scene()?.replace_with_with_node_1(&document.adopt_node(&next)?)?;
    replace(&document, page, "header.bar")?;
    document.set_title(&page.title());
    // An answer to a form that leads nowhere else belongs to the address where the form is.
    if answer.ok() && answer.redirected() {
        window()?.history()?.replace_state_with_url(&JsValue::NULL, "", Some(&answer.url()))?;
    }
    window()?.scroll_to_with_x_and_y(0.0, 0.0);
    draft::restore(&scene()?)?;
    mount()?;
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

/// What was entered is still there: says so, and that it can be sent again.
fn complain(form: &HtmlFormElement, why: &str) -> Result<()> {
    let notice: Element = match form.query_selector(".notice")? {
        Some(notice) => notice,
        None => {
            let notice = child(form, "p", "notice")?;
            notice.set_attribute("role", "alert")?;
            notice.into()
        }
    };
    notice.set_text_content(None);
    words(&notice, "span", "", why)?;
    Ok(())
}

/// Buttons of pages say in an attribute what they do.
fn clicked(event: Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let button =
        target.and_then(|target| target.closest("[data-copy], [data-stay], [data-take]").ok().flatten());
    let Some(button) = button.and_then(|button| button.dyn_into::<HtmlButtonElement>().ok()) else { return };
    let data = button.dataset();
    if data.get("take").is_some() {
        tab::take();
    } else if data.get("stay").is_some() {
        let _ = last::stay(&button);
    } else {
        spawn_local(copied(button));
    }
}

/// A button with `data-copy` copies the text of the element that this selector names.
async fn copied(button: HtmlButtonElement) {
    let done = copy(&button).await;
    if let Err(error) = &done {
        warn("nothing was copied", error);
    }
    let text = if done.is_ok() { "Copied" } else { "Please copy it by hand" };
    button.set_text_content(Some(text));
    let _ = button.set_attribute("aria-live", "polite");
    let _ = button.dataset().set("copied", &number(now()));
}

/// Something was entered. A slider that was moved has a value from then on, and shows it.
fn entered(event: Event) {
    if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
        show_slider(&input);
    }
    draft::keep(&event, entries);
}

/// A slider with a value shows it.
pub fn show_slider(slider: &HtmlInputElement) {
    if slider.type_() != "range" {
        return;
    }
    let _ = slider.dataset().set("touched", "");
    let output = slider.parent_element().and_then(|parent| parent.query_selector("output").ok().flatten());
    if let Some(output) = output {
        output.set_text_content(Some(&slider.value()));
    }
}

async fn copy(button: &HtmlElement) -> Result<()> {
    let selector = button.dataset().get("copy").unwrap_or_default();
    let source = document()?.query_selector(&selector)?.or_missing(&selector)?;
    let text = source.text_content().unwrap_or_default();
    JsFuture::from(window()?.navigator().clipboard().write_text(text.trim())).await?;
    Ok(())
}
