//! The page around the scenes: what it listens to as long as the document lives.

use footlights_canvas::dom::{Listener, Result, document, window};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlButtonElement, HtmlInputElement, KeyboardEvent, PointerEvent};

use super::{
    ahead, clipboard, draft, form, last, layout, length, mount,
    scene::scene,
    slider,
    swap::{self, Lifecycle},
    tab_lease,
};

/// Takes over the page.
pub fn take_over() -> Result<()> {
    swap::register(Lifecycle { mount: mount::mount, unmount: mount::end_game });
    let document = document()?;
    let listeners = [
        Listener::new(&document, "submit", form::submitted)?,
        Listener::new(&document, "click", clicked)?,
        Listener::new(&document, "input", entered)?,
        // A browser tells of a slider that was moved, and not of one that was pressed where it stands.
        Listener::new(&document, "pointerup", |event: Event| {
            if slider::of(&event).is_some() {
                entered(event);
            }
        })?,
        Listener::new(&document, "keydown", |event: KeyboardEvent| {
            // Who types an answer tells which keyboard they have.
            layout::learn(&event);
            if slider::of(&event).is_some() && slider::is_key(&event.key()) {
                if event.key() == " " {
                    event.prevent_default();
                }
                entered(event.into());
            }
        })?,
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
    ahead::load(&document)?;
    // At once: later it would overwrite what was entered meanwhile.
    draft::restore(&scene()?)?;
    tab_lease::take_over()
}

fn touch_in_use() {
    if let Some(body) = document().ok().and_then(|document| document.body()) {
        let _ = body.class_list().add_1("touch");
    }
}

/// Buttons of pages say in an attribute what they do.
fn clicked(event: Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let button =
        target.and_then(|target| target.closest("[data-copy], [data-stay], [data-take]").ok().flatten());
    let Some(button) = button.and_then(|button| button.dyn_into::<HtmlButtonElement>().ok()) else { return };
    let data = button.dataset();
    if data.get("take").is_some() {
        tab_lease::claim();
    } else if data.get("stay").is_some() {
        let _ = last::stay(&button);
    } else {
        spawn_local(clipboard::copy(button));
    }
}

/// Something was entered. A slider that was moved or pressed has a value from then on, and shows it.
fn entered(event: Event) {
    if let Some(field) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
        if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
            slider::touch(input);
        }
        length::show(&field);
    }
    draft::changed(&event, form::entries);
}
