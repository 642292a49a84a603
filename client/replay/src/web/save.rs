//! Files that the browser makes: pictures, and what `film` records.

use footlights_canvas::dom::{OrMissing, Result, document, element, sleep, warn};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlAnchorElement, HtmlCanvasElement, Url};

/// How long a file stays for the browser to fetch, ms.
const KEPT_MS: i32 = 60_000;

/// Gives the reader a file under that name.
pub fn file(blob: &Blob, name: &str) -> Result<()> {
    let url = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = element("a", "")?.dyn_into()?;
    link.set_href(&url);
    link.set_download(name);
    document()?.body().or_missing("body")?.append_child(&link)?;
    link.click();
    link.remove();
    spawn_local(async move {
        let _ = sleep(KEPT_MS).await;
        let _ = Url::revoke_object_url(&url);
    });
    Ok(())
}

/// Saves what a canvas shows now as PNG; `done` gets whether that worked.
pub fn picture(canvas: &HtmlCanvasElement, name: String, done: impl FnOnce(bool) + 'static) -> Result<()> {
    let made = Closure::once_into_js(move |blob: JsValue| {
        let saved = blob.dyn_into::<Blob>().and_then(|blob| file(&blob, &name));
        if let Err(error) = &saved {
            warn("no picture was saved", error);
        }
        done(saved.is_ok());
    });
    canvas.to_blob(made.unchecked_ref())
}
