//! The last page: asks until everything is saved, then follows its link by itself.

use footlights_canvas::dom::{OrMissing, Result, number, sleep, warn, window};
use wasm_bindgen::JsCast;
use web_sys::{
    HtmlAnchorElement, HtmlElement, HtmlFormElement, HtmlTemplateElement, Response, UrlSearchParams,
};

use super::{request::post, swap::swap};

/// Pauses between requests whether everything is saved, ms; the last one repeats.
const PAUSES_MS: [i32; 6] = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/// After this many attempts the participant gets the code without a confirmation.
const CODE_FALLBACK_ATTEMPTS: usize = 5;

/// Takes the steps of the last page, if the scene is one.
pub async fn mount(scene: &HtmlElement) -> Result<()> {
    if let Some(form) = scene.query_selector("form[data-complete]")? {
        return finish(form.dyn_into()?).await;
    }
    if let Some(link) = scene.query_selector("a[data-redirect]")? {
        return redirect(link.dyn_into()?).await;
    }
    Ok(())
}

/// Asks whether everything is saved, and shows the page that says so.
async fn finish(form: HtmlFormElement) -> Result<()> {
    let path = form.get_attribute("action").or_missing("form action")?;
    let mut tries = 0;
    while form.is_connected() {
        match post(&path, &UrlSearchParams::new()?).await {
            Ok(answer) if answer.ok() => {
                let key = kept_under(&form);
                if let (Some(key), Ok(Some(storage))) = (key, window()?.local_storage()) {
                    let _ = storage.remove_item(&key);
                }
                return swap(&answer).await;
            }
            Ok(answer) => warn("not saved yet", &Response::status(&answer).into()),
            Err(error) => warn("not saved yet", &error),
        }
        tries += 1;
        if tries == CODE_FALLBACK_ATTEMPTS {
            give_code(&form)?;
        }
        sleep(PAUSES_MS.get(tries - 1).or(PAUSES_MS.last()).copied().unwrap_or(0)).await?;
    }
    Ok(())
}

fn kept_under(form: &HtmlFormElement) -> Option<String> {
    form.get_attribute("action").map(|path| format!("footlights:{path}"))
}

/// Saving takes too long: shows the code in place of the form, and keeps the answers here for another try.
fn give_code(form: &HtmlFormElement) -> Result<()> {
    let section = form.closest("section")?.or_missing("section")?;
    if let Some(backup) = section.query_selector("[data-backup]")?
        && let (Some(key), Ok(Some(storage))) = (kept_under(form), window()?.local_storage())
    {
        let _ = storage.set_item(&key, &backup.text_content().unwrap_or_default());
    }
    if let Some(template) = section.query_selector("template")? {
        let template: HtmlTemplateElement = template.dyn_into()?;
        section.append_child(&template.content())?;
        form.set_hidden(true);
    }
    Ok(())
}

/// Counts down and follows the link, unless the participant wants to stay.
async fn redirect(link: HtmlAnchorElement) -> Result<()> {
    let words = link.text_content().unwrap_or_default();
    let seconds: u32 = link.dataset().get("redirect").and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    for left in (1..=seconds).rev() {
        link.set_text_content(Some(&format!("{words} ({})", number(left.into()))));
        sleep(1_000).await?;
        if !link.is_connected() {
            return Ok(());
        }
        if link.dataset().get("stay").is_some() {
            link.set_text_content(Some(&words));
            return Ok(());
        }
    }
    window()?.location().assign(&link.href())
}

/// A button with `data-stay` stops the countdown.
pub fn stay(button: &HtmlElement) -> Result<()> {
    let section = button.closest("section")?.or_missing("section")?;
    if let Some(link) = section.query_selector("a[data-redirect]")? {
        link.set_attribute("data-stay", "")?;
    }
    button.set_hidden(true);
    Ok(())
}
