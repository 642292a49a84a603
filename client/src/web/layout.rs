//! What stands on the keys of this participant's keyboard. A browser tells where a key is (`KeyboardEvent.code`), and what
//! it means there (`KeyboardEvent.key`) once it is pressed; Chromium also tells before.

use std::{cell::RefCell, collections::BTreeMap};

use footlights_canvas::dom::{Result, window};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::KeyboardEvent;

thread_local! {
    /// The letter of each key that was pressed on this page.
    static LETTERS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Remembers the letter of a key that goes down.
pub fn learn(event: &KeyboardEvent) {
    let (code, key) = (event.code(), event.key());
    let mut letters = key.chars();
    // With a modifier a key means something else than what stands on it.
    let is_modified = event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing();
    let is_letter = letters.next().is_some_and(|letter| !letter.is_whitespace() && !letter.is_control());
    // With Shift a digit is a sign.
    let is_plain = !event.shift_key() || code.starts_with("Key");
    if is_letter && letters.next().is_none() && is_plain && !is_modified && !code.is_empty() {
        LETTERS.with_borrow_mut(|known| known.insert(code, capital(&key)));
    }
}

/// What stands on a key, as far as it was learnt.
pub fn learnt(code: &str) -> Option<String> {
    LETTERS.with_borrow(|known| known.get(code).cloned())
}

/// Learns what stands on these keys where the browser tells before they are pressed.
pub async fn ask(codes: Vec<String>) -> Result<()> {
    let keyboard = Reflect::get(window()?.navigator().as_ref(), &"keyboard".into())?;
    if keyboard.is_undefined() {
        return Ok(());
    }
    let layout: Function = Reflect::get(&keyboard, &"getLayoutMap".into())?.dyn_into()?;
    let layout = JsFuture::from(layout.call0(&keyboard)?.dyn_into::<Promise>()?).await?;
    let get: Function = Reflect::get(&layout, &"get".into())?.dyn_into()?;
    for code in codes {
        if let Some(letter) = get.call1(&layout, &JsValue::from(&code))?.as_string() {
            LETTERS.with_borrow_mut(|known| known.insert(code, capital(&letter)));
        }
    }
    Ok(())
}

/// The letter as it stands on a key. Some have no capital of one letter.
fn capital(letter: &str) -> String {
    let capital = letter.to_uppercase();
    if capital.chars().count() == 1 { capital } else { letter.to_owned() }
}
