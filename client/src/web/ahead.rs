//! The images of later games, loaded while the participant reads.
//!
//! A page names them by links, which a browser without the page's program follows itself (Safari follows none). What such
//! a link loads is asked for again by each page; an image that this document keeps is not, which on a slow line is a
//! second between a button and the game's first picture.

use std::cell::RefCell;

use footlights_canvas::dom::Result;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlImageElement};

thread_local! {
    /// The images that were begun, by their paths.
    static IMAGES: RefCell<Vec<(String, HtmlImageElement)>> = const { RefCell::new(Vec::new()) };
}

/// Loads the images that links of `page` name, each once, and removes those links.
pub fn load(page: &Document) -> Result<()> {
    let links = page.query_selector_all("link[rel=prefetch][as=image]")?;
    for link in (0..links.length()).filter_map(|place| links.get(place)) {
        let link: Element = link.dyn_into()?;
        let path = link.get_attribute("href").unwrap_or_default();
        link.remove();
        IMAGES.with_borrow_mut(|images| -> Result<()> {
            if !images.iter().any(|(known, _)| *known == path) {
                let image = HtmlImageElement::new()?;
                image.set_src(&path);
                images.push((path, image));
            }
            Ok(())
        })?;
    }
    Ok(())
}
