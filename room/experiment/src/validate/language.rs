//! Validates the language of an experiment, its own words, and the same experiment in other languages.

use footlights_protocol::words::names;
use icu_locale_core::LanguageIdentifier;

use super::same_study;
use crate::{
    experiment::Experiment,
    language::{is_english, known_keys, nearest, required, table},
};

impl Experiment {
    /// Finds what is wrong with the language, the words and the translations: the option, and why.
    pub(crate) fn validate_language(&self) -> Result<(), (&'static str, String)> {
        for experiment in self.all_languages() {
            experiment.validate_words()?;
        }
        let mut seen = Vec::new();
        for language in self.languages() {
            if seen.contains(&language) {
                return Err(("translated", format!("two of the languages are {language:?}")));
            }
            seen.push(language);
        }
        for other in &self.translations {
            if !other.translations.is_empty() {
                let why = format!("the experiment in {:?} has translations of its own", other.language);
                return Err(("translated", why));
            }
            if let Some(why) = same_study::difference(self, other) {
                return Err(("translated", format!("in {:?}, {why}", other.language)));
            }
            other.validate().map_err(|error| ("translated", format!("in {:?}, {error}", other.language)))?;
        }
        Ok(())
    }

    fn validate_words(&self) -> Result<(), (&'static str, String)> {
        if let Some(problem) = &self.words.problem {
            return Err(("words_from", format!("not a JSON object of texts: {problem}")));
        }
        match self.language.parse::<LanguageIdentifier>() {
            Ok(tag) if tag.to_string() == self.language => {}
            Ok(tag) => {
                return Err(("language", format!("{:?} is written {:?}", self.language, tag.to_string())));
            }
            Err(_) => {
                let why =
                    format!("{:?} is not the tag of a language, such as \"de\" or \"pt-BR\"", self.language);
                return Err(("language", why));
            }
        }
        let known = known_keys();
        for (english, own) in &self.words.table {
            let Some(wanted) = known.get(english.as_str()) else {
                let nearest = nearest(english, known.keys().copied());
                return Err((
                    "word",
                    format!("{english:?} is no sentence of Footlights; one is {nearest:?}"),
                ));
            };
            if let Some(name) = names(own).into_iter().find(|name| !wanted.contains(name)) {
                return Err(("word", format!("{own:?} has {{{name}}}, which {english:?} does not have")));
            }
        }
        let words = self.words();
        if table(&self.language).is_some() || is_english(&self.language) {
            return Ok(());
        }
        let missing: Vec<String> = required(&self.language).filter(|key| words.find(key).is_none()).collect();
        match missing.first() {
            None => Ok(()),
            Some(first) => Err((
                "language",
                format!(
                    "there is no table for {:?}, so the study must give every sentence by `words_from`; {} are missing, first {first:?}",
                    self.language,
                    missing.len()
                ),
            )),
        }
    }
}
