//! Whether the tables are whole, and whether they say what the CLDR says.

use std::collections::{BTreeMap, BTreeSet};

use footlights_env::{ActionValue, Agent, Rng, Stream, Surface, View, surface::Shape};
use icu_decimal::{DecimalFormatter, input::Decimal};
use icu_locale::{LocaleDirectionality, locale};
use icu_locale_core::Locale;

use super::*;

/// What may stand in the place of a name.
fn shown(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace())
}

#[test]
fn every_table_has_every_sentence_with_the_names_of_the_english_one() {
    for (language, json) in TABLES {
        let table: BTreeMap<String, String> = serde_json::from_str(json).unwrap();
        let required: BTreeSet<String> = required(language).collect();
        let found: BTreeSet<String> = table.keys().cloned().collect();
        let missing: Vec<_> = required.difference(&found).collect();
        assert!(missing.is_empty(), "{language} lacks {missing:?}");
        let unknown: Vec<_> = found.difference(&required).collect();
        assert!(unknown.is_empty(), "{language} has {unknown:?}");
        for (key, known) in known_keys().iter().filter(|(key, _)| table.contains_key(**key)) {
            let own = &table[*key];
            assert!(shown(own) || !shown(key), "{language}: {key:?} is empty");
            if key.ends_with(']') {
                assert!(names(own).iter().all(|name| known.contains(name)), "{language}: {key:?}: {own:?}");
            } else {
                assert_eq!(&names(own), known, "{language}: {key:?}: {own:?}");
            }
        }
    }
}

#[test]
fn decimals_begin_as_the_cldr_says() {
    let half: Decimal = "0.5".parse().unwrap();
    let regions = [
        "de-AT", "de-CH", "de-LI", "es-419", "es-AR", "es-BO", "es-BR", "es-BZ", "es-CL", "es-CO", "es-CR",
        "es-CU", "es-DO", "es-EC", "es-GT", "es-HN", "es-MX", "es-NI", "es-PA", "es-PE", "es-PR", "es-PY",
        "es-SV", "es-US", "es-UY", "es-VE", "fr-BE", "fr-CA", "nl-BE",
    ];
    for language in TABLES.iter().map(|(language, _)| *language).chain(regions) {
        // Digits are Latin ones everywhere.
        let locale: Locale = format!("{language}-u-nu-latn").parse().unwrap();
        let formatter = DecimalFormatter::try_new((&locale).into(), Default::default()).unwrap();
        let words = OwnWords::default();
        assert_eq!(words.of(language).number_words("0.5"), formatter.format(&half).to_string(), "{language}");
    }
}

#[test]
fn pages_run_in_the_direction_that_the_cldr_says() {
    let directionality = LocaleDirectionality::new_extended();
    let tags = RIGHT_TO_LEFT.into_iter().chain([
        "de", "en", "zh", "ja", "ru", "hi", "tr", "az", "az-Arab", "uz-Arab", "pa-Arab", "ks-Deva",
        "sd-Deva", "ar-Latn", "he-IL", "ar-EG", "ku", "ku-Arab", "ha", "ms-Arab", "rhg-Rohg", "ff-Adlm",
        "syr-Syrc",
    ]);
    for tag in tags {
        let language: LanguageIdentifier = tag.parse().unwrap();
        assert_eq!(is_right_to_left(tag), directionality.is_right_to_left(&language), "{tag}");
    }
    assert!(!is_right_to_left("no tag") && locale!("he") == "he".parse().unwrap());
}

#[test]
fn what_environments_write_is_in_the_tables() {
    let known = known_keys();
    let of = |text: &str| {
        let words = Words::new("xx", known.keys().map(|key| ((*key).to_owned(), "x".to_owned())));
        // Every part of a known text is replaced by the letter.
        words.translate(text).chars().all(|c| !c.is_alphabetic() || c == 'x')
    };
    for entry in footlights_environments::registry().iter() {
        let mut simulation = entry.make_default().unwrap();
        simulation.reset(7, 0);
        let agents = simulation.spec().agents.len();
        let mut rng = Rng::derive(7, Stream::Policy(0), 0, 0);
        for _ in 0..120 {
            let spaces = (0..agents).map(|agent| simulation.spec().action_space(Agent(agent as u8)).clone());
            let actions: Vec<ActionValue> = spaces.map(|space| space.sample(&mut rng)).collect();
            if simulation.step(&actions).is_err() {
                break;
            }
            for view in (0..agents).map(|agent| View::Agent(Agent(agent as u8))).chain([View::Spectator]) {
                let mut surface = Surface::new();
                simulation.draw(view, &mut surface);
                for item in surface.items() {
                    if let Shape::Text { text, .. } = &item.shape {
                        assert!(of(text), "{}: {text:?}", entry.id);
                    }
                }
                for item in simulation.hud(view) {
                    assert!(of(&item.label) && of(&item.value), "{}: {item:?}", entry.id);
                }
            }
        }
    }
}

#[test]
fn the_language_that_a_browser_wants_most_is_taken() {
    let known = ["en", "de", "pt-BR", "he"];
    for (header, language) in [
        ("de-AT,de;q=0.9,en;q=0.8", Some("de")),
        ("en;q=0.5, de;q=0.9", Some("de")),
        ("fr, de;q=0", None),
        ("pt", Some("pt-BR")),
        ("iw", Some("he")),
        ("DE", Some("de")),
        ("*", None),
        ("", None),
        (",;q=1,de;q=NaN,en;q=2,🙂;q=inf", Some("en")),
        ("de;q=x,en;q=0.1", Some("en")),
    ] {
        assert_eq!(preferred(header).find_map(|tag| best(&known, tag)), language, "{header}");
    }
}

#[test]
fn chinese_in_traditional_characters_has_no_table() {
    for (tag, has) in [
        ("zh", true),
        ("zh-CN", true),
        ("zh-Hans-HK", true),
        ("zh-TW", false),
        ("zh-Hant", false),
        ("en", false),
    ] {
        assert_eq!(table(tag).is_some(), has, "{tag}");
    }
}
