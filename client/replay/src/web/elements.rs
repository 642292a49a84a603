//! The elements of the server's page that this program fills.

use footlights_canvas::dom::{OrMissing, Result, document};
use wasm_bindgen::JsCast;

/// The element with that id.
pub fn by_id<T: JsCast>(id: &str) -> Result<T> {
    Ok(document()?.get_element_by_id(id).or_missing(id)?.dyn_into()?)
}

/// Every element that a selector names, in the document's order.
pub fn all<T: JsCast>(selector: &str) -> Result<Vec<T>> {
    let found = document()?.query_selector_all(selector)?;
    Ok((0..found.length()).filter_map(|k| found.item(k)?.dyn_into().ok()).collect())
}
