//! The language of what participants read: tables of sentences, and a study in several languages.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::OnceLock};

use footlights_protocol::words::{Category, Words, form_key, names, texts};
use icu_locale_core::LanguageIdentifier;
use icu_plurals::{PluralCategory, PluralRules};

/// The language of a study that says nothing else.
pub const ENGLISH: &str = "en";

/// The languages with a table, by their tags.
const TABLES: [(&str, &str); 8] = [
    ("ar", include_str!("ar.json")),
    ("de", include_str!("de.json")),
    ("es", include_str!("es.json")),
    ("fr", include_str!("fr.json")),
    ("he", include_str!("he.json")),
    ("ja", include_str!("ja.json")),
    ("nl", include_str!("nl.json")),
    ("zh", include_str!("zh.json")),
];

/// Where decimals begin with a point although the language's usually begin with a comma (Unicode CLDR, `decimal`).
const POINTS: [(&str, &str); 16] = [
    ("de", "CH"),
    ("de", "LI"),
    ("es", "419"),
    ("es", "BR"),
    ("es", "BZ"),
    ("es", "CU"),
    ("es", "DO"),
    ("es", "GT"),
    ("es", "HN"),
    ("es", "MX"),
    ("es", "NI"),
    ("es", "PA"),
    ("es", "PE"),
    ("es", "PR"),
    ("es", "SV"),
    ("es", "US"),
];

/// Languages that are written from right to left (Unicode CLDR, `characterOrder`).
const RIGHT_TO_LEFT: [&str; 15] =
    ["ar", "arc", "ckb", "dv", "fa", "he", "ks", "lrc", "mzn", "nqo", "ps", "sd", "ug", "ur", "yi"];
/// Scripts that are: they count before the language (ISO 15924).
const RIGHT_TO_LEFT_SCRIPTS: [&str; 8] = ["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Syrc", "Thaa"];

/// What an experiment says in a language other than English, or in words of its own.
#[derive(Debug, Default)]
pub(crate) struct OwnWords {
    /// By the English sentence.
    pub(crate) table: BTreeMap<String, String>,
    /// Why a file of words could not be read.
    pub(crate) problem: Option<String>,
    /// Made when it is asked for first.
    all: OnceLock<Words>,
}

impl Clone for OwnWords {
    /// What is made is not copied: the copy may be for another language.
    fn clone(&self) -> Self {
        Self { table: self.table.clone(), problem: self.problem.clone(), all: OnceLock::new() }
    }
}

impl OwnWords {
    pub(crate) fn insert(&mut self, english: &str, own: &str) {
        self.table.insert(english.into(), own.into());
        self.all = OnceLock::new();
    }

    /// All sentences of a language, with these in place of its own.
    pub(crate) fn of(&self, language: &str) -> &Words {
        self.all.get_or_init(|| {
            let known = table(language).unwrap_or_default();
            let own = self.table.iter().map(|(english, own)| (english.clone(), own.clone()));
            Words::new(language, known.into_iter().chain(own)).counting(category)
        })
    }

    pub(crate) fn insert_json(&mut self, json: &str) {
        match serde_json::from_str::<BTreeMap<String, String>>(json) {
            Ok(table) => self.table.extend(table),
            Err(error) => self.problem = Some(error.to_string()),
        }
        self.all = OnceLock::new();
    }
}

pub(crate) fn is_english(language: &str) -> bool {
    language.split('-').next() == Some(ENGLISH)
}

/// The table for a language; none for English, and where there is none.
pub(crate) fn table(language: &str) -> Option<BTreeMap<String, String>> {
    let tag: LanguageIdentifier = language.parse().ok()?;
    // The table of Chinese has simplified characters.
    let script = tag.script.as_ref().map(|script| script.as_str());
    let region = tag.region.as_ref().map(|region| region.as_str());
    let traditional =
        script == Some("Hant") || script.is_none() && matches!(region, Some("TW" | "HK" | "MO"));
    let (_, json) = TABLES.iter().find(|(known, _)| *known == tag.language.as_str() && !traditional)?;
    let mut table: BTreeMap<String, String> = serde_json::from_str(json).ok()?;
    if POINTS.contains(&(tag.language.as_str(), region.unwrap_or_default())) {
        table.insert(texts::DECIMAL_SIGN.0.into(), ".".into());
    }
    Some(table)
}

/// The category of a number, by the CLDR's rules for the language.
fn category(language: &str, n: u64) -> Category {
    let rules = language.parse().ok().and_then(|tag: LanguageIdentifier| {
        PluralRules::try_new_cardinal((&icu_locale_core::Locale::from(tag)).into()).ok()
    });
    match rules.map(|rules| rules.category_for(n)) {
        Some(PluralCategory::Zero) => Category::Zero,
        Some(PluralCategory::One) => Category::One,
        Some(PluralCategory::Two) => Category::Two,
        Some(PluralCategory::Few) => Category::Few,
        Some(PluralCategory::Many) => Category::Many,
        Some(PluralCategory::Other) | None => Category::Other,
    }
}

/// The categories of the numbers that participants meet.
fn categories(language: &str) -> Vec<Category> {
    let mut categories: Vec<Category> = (0..=1_000).map(|n| category(language, n)).collect();
    categories.sort_unstable();
    categories.dedup();
    categories
}

/// Every key that a table can have, with the names in its braces.
pub(crate) fn known_keys() -> BTreeMap<&'static str, Vec<&'static str>> {
    static FORMS: OnceLock<Vec<(String, &'static str)>> = OnceLock::new();
    let forms = FORMS.get_or_init(|| {
        let counted = texts::ALL_COUNTED.iter().copied().flatten();
        counted
            .flat_map(|text| Category::ALL.map(|category| (form_key(text.other, category), text.other)))
            .collect()
    });
    let plain = texts::ALL.iter().copied().flatten().map(|text| (text.0, names(text.0)));
    plain.chain(forms.iter().map(|(key, other)| (key.as_str(), names(other)))).collect()
}

/// Every key that a table of a language must have.
pub(crate) fn required(language: &str) -> impl Iterator<Item = String> {
    let categories = categories(language);
    let counted = texts::ALL_COUNTED.iter().copied().flatten();
    let forms = counted.flat_map(move |text| {
        categories.clone().into_iter().map(move |category| form_key(text.other, category))
    });
    texts::ALL.iter().copied().flatten().map(|text| text.0.to_owned()).chain(forms)
}

/// The sentence that begins most alike.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    let alike = |known: &str| wrong.chars().zip(known.chars()).take_while(|(a, b)| a == b).count();
    known.max_by_key(|known| alike(known)).unwrap_or_default()
}

/// The tags of an `Accept-Language` header, the most wanted first. A weight that is no number counts as nothing.
pub(crate) fn preferred(accept_language: &str) -> impl Iterator<Item = &str> {
    let mut wanted: Vec<(u32, &str)> = accept_language
        .split(',')
        .filter_map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let tag = parts.next().filter(|tag| !tag.is_empty() && *tag != "*")?;
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(1.0, |weight| weight.parse::<f64>().unwrap_or(0.0));
            // In thousandths: the header has three digits at most.
            Some(((weight.clamp(0.0, 1.0) * 1_000.0).round() as u32, tag))
        })
        .filter(|(weight, _)| *weight > 0)
        .collect();
    wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    wanted.into_iter().map(|(_, tag)| tag)
}

/// The language that suits a tag: the same one, or else the first of the same language.
pub(crate) fn best<'a>(known: &[&'a str], tag: &str) -> Option<&'a str> {
    // What Java and old browsers still call Hebrew, Indonesian and Yiddish is written as it is today.
    let tag: LanguageIdentifier = match tag {
        "iw" | "iw-IL" => "he".parse().ok()?,
        tag => tag.parse().ok()?,
    };
    let same = known.iter().find(|known| **known == tag.to_string());
    same.or_else(|| known.iter().find(|known| known.split('-').next() == Some(tag.language.as_str())))
        .copied()
}

/// What a language is called in itself; its tag where that is not known here.
#[must_use]
pub fn own_name(language: &str) -> &str {
    match language.split('-').next().unwrap_or_default() {
        "ar" => "العربية",
        "de" => "Deutsch",
        "en" => "English",
        "es" => "Español",
        "fr" => "Français",
        "he" => "עברית",
        "ja" => "日本語",
        "nl" => "Nederlands",
        "zh" => "中文",
        _ => language,
    }
}

/// Whether a language is written from right to left.
#[must_use]
pub fn is_right_to_left(language: &str) -> bool {
    let Ok(tag) = language.parse::<LanguageIdentifier>() else { return false };
    match tag.script {
        Some(script) => RIGHT_TO_LEFT_SCRIPTS.contains(&script.as_str()),
        None => RIGHT_TO_LEFT.contains(&tag.language.as_str()),
    }
}
