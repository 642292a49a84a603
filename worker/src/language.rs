//! Which language of an experiment a person gets.

use footlights_experiment::Experiment;
use worker::{Request, Url};

/// The parameter of an address that asks for a language.
pub const LANGUAGE: &str = "lang";
/// The field of a form with the language that somebody chose before they began. No question can be called so.
pub const LANGUAGE_FIELD: &str = "footlights.lang";

/// The language that the address asks for, or else the browser.
pub fn asked<'a>(experiment: &'a Experiment, url: &Url, request: &Request) -> &'a str {
    let header = request.headers().get("accept-language").ok().flatten().unwrap_or_default();
    experiment.language_for(chosen(url).as_deref(), &header)
}

/// The language that the address asks for.
pub fn chosen(url: &Url) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == LANGUAGE).map(|(_, value)| value.into_owned())
}
