//! The sentences of the page's language: what the server put into the page, or English.

use std::{cell::RefCell, rc::Rc};

use footlights_canvas::dom::{Result, document};
use footlights_protocol::words::{Category, Text, Words};
use wasm_bindgen::{JsCast, JsValue};

thread_local! {
    static WORDS: RefCell<Rc<Words>> = RefCell::default();
}

/// The sentences of the page.
pub fn all() -> Rc<Words> {
    WORDS.with_borrow(Rc::clone)
}

/// A sentence.
pub fn say(text: Text) -> String {
    all().get(text).to_owned()
}

/// Reads what the page has; each page brings what its own program says.
pub fn read() -> Result<()> {
    let document = document()?;
    let root = document.document_element();
    let language = root.and_then(|root| root.get_attribute("lang")).unwrap_or_default();
    let table = match document.get_element_by_id("words") {
        Some(element) => parse(&element.text_content().unwrap_or_default())?,
        None => Vec::new(),
    };
    let words =
        if table.is_empty() { Words::default() } else { Words::new(&language, table).counting(category) };
    WORDS.replace(Rc::new(words));
    Ok(())
}

fn parse(json: &str) -> Result<Vec<(String, String)>> {
    let object: js_sys::Object = js_sys::JSON::parse(json)?.dyn_into()?;
    let text = |value: JsValue| value.as_string().unwrap_or_default();
    let entries = js_sys::Object::entries(&object);
    let pairs = entries.iter().filter_map(|entry| entry.dyn_into().ok());
    Ok(pairs.map(|entry: js_sys::Array| (text(entry.get(0)), text(entry.get(1)))).collect())
}

/// The plural category of a number: browsers know the rules of every language.
fn category(language: &str, n: u64) -> Category {
    let languages = js_sys::Array::of1(&language.into());
    let rules = js_sys::Intl::PluralRules::new(&languages, &js_sys::Object::new());
    Category::of(&String::from(rules.select(n as f64)))
}
