//! Fetching what is stored, and making a simulation of this build from it.

use footlights_canvas::dom::{Result, now, sleep, window};
use footlights_data::replay::Replay;
use js_sys::{JSON, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::verdict::{reason, say};
use crate::controller::ReplayController;

/// The check gives way to the page after this time, ms.
const SLICE_MS: f64 = 12.0;
/// The shortest time between two reports of progress, ms: a screen reader reads them aloud.
const REPORT_MS: f64 = 1_000.0;

/// A file; an error has the server's own words.
pub async fn file(path: &str) -> Result<Vec<u8>> {
    let fetched = JsFuture::from(window()?.fetch_with_str(path)).await;
    let response: Response = match fetched {
        Ok(response) => response.dyn_into()?,
        Err(_) => {
            return Err(
                "the server cannot be reached; please check the connection and reload the page".into()
            );
        }
    };
    if response.ok() {
        return Ok(Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?).to_vec());
    }
    let body = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let explained =
        JSON::parse(&body).ok().and_then(|body| Reflect::get(&body, &"error".into()).ok()?.as_string());
    Err(match response.status() {
        401 => "you are signed out; please reload the page and sign in again".into(),
        status => explained.unwrap_or_else(|| format!("the server answered {status}")).into(),
    })
}

/// The replay at that address, checked.
pub async fn replay(path: &str) -> Result<ReplayController> {
    let cannot = |why: &str| -> JsValue { format!("This game cannot be played again here: {why}.").into() };
    let bytes = match file(path).await {
        Ok(bytes) => bytes,
        Err(error) => return Err(cannot(&reason(&error))),
    };
    let replay = Replay::decode(&bytes).map_err(|error| cannot(&error.to_string()))?;
    let registry = footlights_app::installed().registry();
    let made = registry.get(&replay.environment).and_then(|entry| {
        Ok((entry.make(&replay.config())?, entry.fingerprint_of(&replay.fingerprinted_config())?))
    });
    let (sim, here) = made.map_err(|error| cannot(&error.to_string()))?;
    let mut player = ReplayController::open(replay, sim, here);
    let (mut began, mut reported) = (now(), now());
    while player.check(64) {
        if now() - began > SLICE_MS {
            let checked = player.checked();
            if now() - reported > REPORT_MS {
                reported = now();
                say(
                    &format!(
                        "Playing the game again to check it: step {} of {}…",
                        checked.steps, checked.all
                    ),
                    false,
                );
            }
            sleep(0).await?;
            began = now();
        }
    }
    Ok(player)
}
