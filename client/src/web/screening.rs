//! Measures what a screening asks for, and lets the participant send it.

use std::{cell::Cell, rc::Rc};

use footlights_protocol::words::texts;
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement};

use super::{
    socket::{Socket, SocketEvent},
    words::say,
};
use footlights_canvas::dom::{OrMissing, Result, now, number, sleep, window};

/// Round trips that are measured, after one that opens the connection.
const PINGS: usize = 7;

/// The form of a screening, if the scene is one.
pub fn form(scene: &HtmlElement) -> Result<Option<HtmlFormElement>> {
    Ok(scene.query_selector("form[data-screening]")?.and_then(|form| form.dyn_into().ok()))
}

/// A round trip that takes so long is none, ms.
const LATE_MS: i32 = 5_000;
/// A WebSocket that takes so long to open does not open, ms.
const SOCKET_LATE_MS: i32 = 10_000;

/// Takes the median of several round trips and enables the button.
pub async fn measure(form: &HtmlFormElement) -> Result<()> {
    let path = form.get_attribute("data-screening").or_missing("data-screening")?;
    let mut times = Vec::with_capacity(PINGS);
    for ping in 0..=PINGS {
        let began = now();
        // A request that hangs must not hold the participant up.
        let late = future_to_promise(async { sleep(LATE_MS).await.and(Err("no answer".into())) });
        let first = Promise::race(&Array::of2(&window()?.fetch_with_str(&path), &late));
        JsFuture::from(first).await?;
        if ping > 0 {
            times.push(now() - began);
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    set(form, "ping_ms", &number(times.get(PINGS / 2).copied().unwrap_or(0.0)))?;
    let touch = window()?.match_media("(any-pointer: coarse)")?.is_some_and(|query| query.matches());
    set(form, "touch", if touch { "true" } else { "false" })?;
    let mouse = window()?.match_media("(any-pointer: fine)")?.is_some_and(|query| query.matches());
    set(form, "mouse", if mouse { "true" } else { "false" })?;
    // One that does not open may be bad luck.
    let opens = socket_opens(&path).await? || socket_opens(&path).await?;
    set(form, "socket", if opens { "true" } else { "false" })?;
    if let Some(status) = form.query_selector("[role=status]")? {
        status.set_text_content(Some(&say(texts::MEASURED)));
    }
    let button: HtmlButtonElement = form.query_selector("button")?.or_missing("button")?.dyn_into()?;
    button.set_disabled(false);
    button.focus()
}

/// Whether a WebSocket opens. Some networks let pages through, and no WebSocket.
async fn socket_opens(path: &str) -> Result<bool> {
    let socket = Rc::new(Cell::new(None));
    let opens = Promise::new(&mut |resolve, reject| {
        let told = move |event: SocketEvent| {
            let opens = matches!(event, SocketEvent::Opened);
            let _ = resolve.call1(&JsValue::NULL, &opens.into());
        };
        match Socket::open(path, told) {
            Ok(opening) => socket.set(Some(opening)),
            Err(error) => drop(reject.call1(&JsValue::NULL, &error)),
        }
    });
    let late = future_to_promise(async { sleep(SOCKET_LATE_MS).await.and(Ok(false.into())) });
    let opens = JsFuture::from(Promise::race(&Array::of2(&opens, &late))).await;
    drop(socket.take());
    Ok(opens.is_ok_and(|opens| opens.is_truthy()))
}

/// The window's size counts when the button is pressed: until then it can be made larger.
pub fn fill_in(form: &HtmlFormElement) -> Result<()> {
    let window = window()?;
    set(form, "window_width", &number(window.inner_width()?.as_f64().unwrap_or(0.0)))?;
    set(form, "window_height", &number(window.inner_height()?.as_f64().unwrap_or(0.0)))
}

fn set(form: &HtmlFormElement, name: &str, value: &str) -> Result<()> {
    let input = form.query_selector(&format!("input[name={name}]"))?.or_missing(name)?;
    input.dyn_into::<HtmlInputElement>()?.set_value(value);
    Ok(())
}
