//! What participants read, in their language.
//!
//! Every sentence is a constant of [`texts`], in English. A language is a table from the English sentence to its own:
//! translators see both, and a sentence that a table does not have is shown in English. Names in braces stand for what is
//! filled in; a [`Counted`] sentence has a form for each plural category of the language (Unicode CLDR, "Language Plural
//! Rules"), under its English form for many with the category behind it: `{n} characters left [few]`.

mod sentence;
pub mod texts;

pub use sentence::{Counted, Text};

/// Which form of a sentence a number takes, by the plural rules of Unicode's CLDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// `zero`.
    Zero,
    /// `one`.
    One,
    /// `two`.
    Two,
    /// `few`.
    Few,
    /// `many`.
    Many,
    /// `other`: every language has it.
    Other,
}

impl Category {
    /// All categories.
    pub const ALL: [Self; 6] = [Self::Zero, Self::One, Self::Two, Self::Few, Self::Many, Self::Other];

    /// The category's name in the CLDR.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }

    /// The category of that name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "zero" => Self::Zero,
            "one" => Self::One,
            "two" => Self::Two,
            "few" => Self::Few,
            "many" => Self::Many,
            _ => Self::Other,
        }
    }
}

/// The plural category of a number in a language, named by its BCP 47 tag.
pub type PluralRule = fn(language: &str, n: u64) -> Category;

fn english(_: &str, n: u64) -> Category {
    if n == 1 { Category::One } else { Category::Other }
}

/// The sentences of one language.
///
/// ```
/// use footlights_protocol::words::{Words, texts};
///
/// let german = Words::new("de", [("Continue".to_owned(), "Weiter".to_owned())]);
/// assert_eq!(german.get(texts::CONTINUE), "Weiter");
/// assert_eq!(german.get(texts::SAVED), "Your data are saved.");
/// ```
#[derive(Debug, Clone)]
pub struct Words {
    language: String,
    /// In the order of their keys.
    table: Vec<(String, String)>,
    plural: PluralRule,
}

impl Default for Words {
    fn default() -> Self {
        Self { language: "en".into(), table: Vec::new(), plural: english }
    }
}

impl Words {
    /// The language of that BCP 47 tag, with its table: the English sentence, and the language's. Of two entries with one key
    /// the later counts.
    #[must_use]
    pub fn new(language: &str, table: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut table: Vec<(String, String)> = table.into_iter().collect();
        // A stable sort leaves equal keys in their order.
        table.sort_by(|(a, _), (b, _)| a.cmp(b));
        table.reverse();
        table.dedup_by(|(a, _), (b, _)| a == b);
        table.reverse();
        Self { language: language.into(), table, plural: english }
    }

    /// Sets how the language counts; without this it counts as English does.
    #[must_use]
    pub fn counting(mut self, plural: PluralRule) -> Self {
        self.plural = plural;
        self
    }

    /// The language's BCP 47 tag.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Everything in the table.
    pub fn table(&self) -> impl Iterator<Item = (&str, &str)> {
        self.table.iter().map(|(english, own)| (english.as_str(), own.as_str()))
    }

    /// The language's sentence for an English one; none if the table does not have it.
    #[must_use]
    pub fn find(&self, english: &str) -> Option<&str> {
        let place = self.table.binary_search_by(|(known, _)| known.as_str().cmp(english)).ok()?;
        self.table.get(place).map(|(_, own)| own.as_str())
    }

    /// A sentence.
    #[must_use]
    pub fn get(&self, text: Text) -> &str {
        self.find(text.0).unwrap_or(text.0)
    }

    /// A sentence with values in place of the names in braces.
    #[must_use]
    pub fn with(&self, text: Text, values: &[(&str, &str)]) -> String {
        fill(self.get(text), values)
    }

    /// A sentence with a number in it, and with other values.
    #[must_use]
    pub fn counted(&self, text: Counted, n: u64, values: &[(&str, &str)]) -> String {
        let category = (self.plural)(&self.language, n);
        let form = |category: Category| self.find(&form_key(text.other, category));
        let words = form(category).or_else(|| form(Category::Other)).unwrap_or(match english("", n) {
            Category::One => text.one,
            _ => text.other,
        });
        let words = fill(words, values);
        fill(&words, &[("n", &n.to_string())])
    }

    /// A text that was made without knowing the language, such as a label of an environment, in the language: as it stands in
    /// the table; or with its numbers taken out, as in `{n} steps`; or else its parts, where commas or plus signs part them.
    /// What the table does not have stays as it is.
    #[must_use]
    pub fn translate(&self, text: &str) -> String {
        if self.table.is_empty() {
            return text.to_owned();
        }
        if let Some(own) = self.find_counting(text) {
            return own;
        }
        for (separator, shown) in [(", ", self.get(texts::LIST_SEPARATOR)), (" + ", " + ")] {
            if text.contains(separator) {
                let parts: Vec<String> = text.split(separator).map(|part| self.translate(part)).collect();
                return parts.join(shown);
            }
        }
        text.to_owned()
    }

    /// The language's sentence for a text; if the text is not in the table, for the text without its numbers.
    fn find_counting(&self, text: &str) -> Option<String> {
        if let Some(own) = self.find(text) {
            return Some(own.to_owned());
        }
        let (pattern, numbers) = take_numbers(text);
        let first = numbers.first()?;
        if pattern == "{n}" {
            return Some(self.number_words(first));
        }
        let known = texts::ENVIRONMENTS_COUNTED.iter().find(|counted| counted.one == pattern);
        let other = known.map_or(pattern.as_str(), |counted| counted.other);
        let form = |category| self.find(&form_key(other, category));
        let whole: Option<u64> = first.parse().ok();
        let counted = whole.and_then(|n| form((self.plural)(&self.language, n)));
        let own = counted.or_else(|| form(Category::Other)).or_else(|| self.find(&pattern))?;
        let mut numbers = numbers.into_iter();
        let mut filled = String::new();
        let mut rest = own;
        while let Some((before, after)) = rest.split_once("{n}") {
            filled.push_str(before);
            filled.push_str(&self.number_words(numbers.next().unwrap_or_default()));
            rest = after;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// A number that is written with a point, as the language writes it.
    #[must_use]
    pub fn number_words(&self, number: &str) -> String {
        number.replace('.', self.get(texts::DECIMAL_SIGN)).replace('-', self.get(texts::MINUS))
    }
}

/// The key of one form of a counted sentence.
#[must_use]
pub fn form_key(other: &str, category: Category) -> String {
    format!("{other} [{}]", category.as_str())
}

/// Replaces every `{name}` that has a value.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(name, next)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, next))
        });
        rest = match known {
            Some((value, next)) => {
                filled.push_str(value);
                next
            }
            None => {
                filled.push('{');
                after
            }
        };
    }
    filled.push_str(rest);
    filled
}

/// A text with `{n}` in place of each of its numbers, and the numbers.
fn take_numbers(text: &str) -> (String, Vec<&str>) {
    let (mut pattern, mut numbers) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let mut end = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
        // A point at the end closes a sentence.
        while from.get(..end).is_some_and(|number| number.ends_with('.')) {
            end -= 1;
        }
        let (number, after) = from.split_at(end);
        pattern.push_str(before);
        pattern.push_str("{n}");
        numbers.push(number);
        rest = after;
    }
    pattern.push_str(rest);
    (pattern, numbers)
}

/// The names in braces of a sentence, sorted.
#[must_use]
pub fn names(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split('{').skip(1).filter_map(|after| after.split_once('}')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(table: &[(&str, &str)]) -> Words {
        Words::new("xx", table.iter().map(|(key, own)| ((*key).to_owned(), (*own).to_owned())))
    }

    #[test]
    fn what_a_table_does_not_have_stays_english() {
        let words = words(&[("Continue", "Weiter"), ("Continue", "Nur zu")]);
        assert_eq!(words.get(texts::CONTINUE), "Nur zu", "the later entry counts");
        assert_eq!(words.get(texts::SAVED), texts::SAVED.0);
        assert_eq!(words.counted(texts::MORE_PLAYERS, 1, &[]), "Waiting for another player");
        assert_eq!(words.counted(texts::MORE_PLAYERS, 3, &[]), "Waiting for 3 more players");
    }

    #[test]
    fn values_fill_names_and_nothing_else() {
        assert_eq!(fill("{a} {b} {", &[("a", "{b}"), ("b", "2")]), "{b} 2 {");
        assert_eq!(fill("no names", &[("a", "1")]), "no names");
    }

    #[test]
    fn numbers_choose_a_form_of_the_language() {
        let table = words(&[
            ("Waiting for {n} more players [one]", "noch {n}"),
            ("Waiting for {n} more players [few]", "wenige {n}"),
            ("Waiting for {n} more players [other]", "viele {n}"),
        ])
        .counting(|_, n| match n {
            1 => Category::One,
            2..=4 => Category::Few,
            _ => Category::Many,
        });
        let said = |n| table.counted(texts::MORE_PLAYERS, n, &[]);
        assert_eq!([1, 3, 7].map(said), ["noch 1", "wenige 3", "viele 7"]);
    }

    #[test]
    fn texts_of_environments_are_translated_with_their_numbers() {
        let words = words(&[
            ("{n} steps [one]", "{n} Schritt"),
            ("{n} steps [other]", "{n} Schritte"),
            ("onion", "Zwiebel"),
            ("{n} onions", "{n} Zwiebeln"),
            ("Lives", "Leben"),
            (".", ","),
        ]);
        for (text, own) in [
            ("Lives", "Leben"),
            ("12 steps", "12 Schritte"),
            ("2.5 onions", "2,5 Zwiebeln"),
            ("2.5", "2,5"),
            ("1 step", "1 Schritt"),
            ("3 onions + onion, 2 onions", "3 Zwiebeln + Zwiebel, 2 Zwiebeln"),
            ("3 – 4", "3 – 4"),
            ("Something else", "Something else"),
            ("", ""),
        ] {
            assert_eq!(words.translate(text), own);
        }
        assert_eq!(Words::default().translate("12 steps"), "12 steps");
    }
}
