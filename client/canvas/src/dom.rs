//! Small things that every part of the shell needs from the page.

use footlights_protocol::MonotonicMs;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AddEventListenerOptions, Document, Element, Event, EventTarget, HtmlElement, Window};

/// What can go wrong with the page is a JavaScript error.
pub type Result<T> = std::result::Result<T, JsValue>;

/// Something the page should have.
pub trait OrMissing<T> {
    /// An error that names what is missing.
    fn or_missing(self, what: &str) -> Result<T>;
}

impl<T> OrMissing<T> for Option<T> {
    fn or_missing(self, what: &str) -> Result<T> {
        self.ok_or_else(|| js_sys::Error::new(&format!("the page has no {what}")).into())
    }
}

/// The window.
pub fn window() -> Result<Window> {
    web_sys::window().or_missing("window")
}

/// The document.
pub fn document() -> Result<Document> {
    window()?.document().or_missing("document")
}

/// What the page's monotonic clock shows.
pub fn now() -> MonotonicMs {
    let performance = window().ok().and_then(|window| window.performance());
    MonotonicMs(performance.map_or(0.0, |performance| performance.now()))
}

/// Whether the page is in view and has the focus.
pub fn attentive() -> bool {
    document().is_ok_and(|document| !document.hidden() && document.has_focus().unwrap_or(true))
}

/// A new element.
pub fn element(tag: &str, class: &str) -> Result<HtmlElement> {
    let element: HtmlElement = document()?.create_element(tag)?.dyn_into()?;
    if !class.is_empty() {
        element.set_class_name(class);
    }
    Ok(element)
}

/// A new element at the end of `parent`.
pub fn child(parent: &Element, tag: &str, class: &str) -> Result<HtmlElement> {
    let element = element(tag, class)?;
    parent.append_child(&element)?;
    Ok(element)
}

/// A new element with a text at the end of `parent`.
pub fn words(parent: &Element, tag: &str, class: &str, text: &str) -> Result<HtmlElement> {
    let element = child(parent, tag, class)?;
    element.set_text_content(Some(text));
    Ok(element)
}

/// Says something in the console.
pub fn warn(what: &str, error: &JsValue) {
    let console = js_sys::Reflect::get(&js_sys::global(), &"console".into());
    let log = console.as_ref().ok().and_then(|console| js_sys::Reflect::get(console, &"error".into()).ok());
    if let (Ok(console), Some(log)) = (console, log.and_then(|log| log.dyn_into::<js_sys::Function>().ok())) {
        let _ = log.call2(&console, &what.into(), error);
    }
}

/// An element whose text is only touched when it changes.
pub struct Label {
    element: HtmlElement,
    text: String,
}

impl Label {
    /// Around an element that has no text yet.
    pub fn new(element: HtmlElement) -> Self {
        Self { element, text: String::new() }
    }

    /// The element.
    pub fn element(&self) -> &HtmlElement {
        &self.element
    }

    /// Shows `text`; hides the element where there is none.
    pub fn set(&mut self, text: &str) {
        if self.text != text {
            self.text.clear();
            self.text.push_str(text);
            self.element.set_text_content(Some(text));
        }
        if self.element.hidden() != text.is_empty() {
            self.element.set_hidden(text.is_empty());
        }
    }
}

/// Listens until it is dropped.
pub struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `hear` with every event of that kind; it may prevent the default.
    pub fn new<E: JsCast>(
        target: &EventTarget,
        kind: &'static str,
        mut hear: impl FnMut(E) + 'static,
    ) -> Result<Self> {
        let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            // Every kind is registered with the type that the browser sends for it.
            hear(event.unchecked_into());
        });
        let options = AddEventListenerOptions::new();
        options.set_passive(false);
        target.add_event_listener_with_callback_and_add_event_listener_options(
            kind,
            closure.as_ref().unchecked_ref(),
            &options,
        )?;
        Ok(Self { target: target.clone(), kind, closure })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ =
            self.target.remove_event_listener_with_callback(self.kind, self.closure.as_ref().unchecked_ref());
    }
}

/// Resolves after so many milliseconds.
pub async fn sleep(ms: i32) -> Result<()> {
    let window = window()?;
    let promise = js_sys::Promise::new(&mut |resolve, reject| {
        if let Err(error) = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms) {
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    wasm_bindgen_futures::JsFuture::from(promise).await.map(drop)
}

/// A number as text. JavaScript knows how to write it; Rust would bring some kilobytes of code along for that.
pub fn number(value: f64) -> String {
    js_sys::Number::from(value).to_string_with_radix(10).map(String::from).unwrap_or_default()
}
