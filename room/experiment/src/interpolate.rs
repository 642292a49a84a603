//! Text with the names of globals in it.

use footlights_protocol::words::Words;

use crate::answer::Globals;

/// Replaces every `{name}` in a paragraph by the global of that name; a name that is not known yet becomes nothing. A number
/// has two decimals at most, and with `{name:1}` exactly one. `{{` stands for a brace.
///
/// ```
/// use footlights_experiment::{Answer, Globals, interpolate};
///
/// let globals = Globals::from([("game.score".to_owned(), Answer::Number(3.0))]);
/// assert_eq!(interpolate("You won {game.score} points.", &globals), "You won 3 points.");
/// assert_eq!(interpolate("That is {game.score:2} euros.", &globals), "That is 3.00 euros.");
/// ```
#[must_use]
pub fn interpolate(text: &str, globals: &Globals) -> String {
    interpolate_in(text, globals, &Words::default())
}

/// The same for a participant who reads `words`: numbers have the decimal sign of their language.
///
/// ```
/// use footlights_experiment::{Answer, Experiment, Globals, interpolate_in};
///
/// let study = Experiment::new("studie", "Eine Studie").language("de");
/// let globals = Globals::from([("game.score".to_owned(), Answer::Number(2.5))]);
/// assert_eq!(interpolate_in("{game.score:2} Euro", &globals, study.words()), "2,50 Euro");
/// ```
#[must_use]
pub fn interpolate_in(text: &str, globals: &Globals, words: &Words) -> String {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Words(piece) => filled.push_str(piece),
            Piece::Name(name) => {
                let (name, decimals) = with_decimals(name);
                let value = globals.get(name).map(|value| value.words_in(words, decimals));
                filled.push_str(&value.unwrap_or_default());
            }
        }
    }
    filled
}

/// The most decimals that a text can ask for.
const MOST_DECIMALS: usize = 9;

/// A name, and the decimals that stand behind a colon.
fn with_decimals(name: &str) -> (&str, Option<usize>) {
    let asked = name.split_once(':').and_then(|(name, decimals)| Some((name, decimals.parse().ok()?)));
    match asked {
        Some((name, decimals)) if decimals <= MOST_DECIMALS => (name, Some(decimals)),
        _ => (name, None),
    }
}

/// The completion code in an address.
const CODE: &str = "code";

/// An address with the values of globals in place of their names, as an address writes them, and with the completion code:
/// in place of `{code}`, otherwise as `cc=CODE` at the end.
///
/// ```
/// use footlights_experiment::{Answer, Globals, address};
///
/// let globals = Globals::from([("url.id".to_owned(), Answer::Text("4 7".into()))]);
/// let credit = "https://uni.example/credit?token=2&survey_code={url.id}";
/// assert_eq!(address(credit, &globals, None), "https://uni.example/credit?token=2&survey_code=4%207");
/// let complete = "https://app.prolific.com/submissions/complete";
/// assert_eq!(address(complete, &globals, Some("C1")), "https://app.prolific.com/submissions/complete?cc=C1");
/// assert_eq!(address("https://a.b/{code}", &globals, Some("C1")), "https://a.b/C1");
/// ```
#[must_use]
pub fn address(url: &str, globals: &Globals, code: Option<&str>) -> String {
    let mut filled = String::with_capacity(url.len());
    for piece in pieces(url) {
        match piece {
            Piece::Words(words) => filled.push_str(words),
            Piece::Name(CODE) => filled.push_str(&encoded(code.unwrap_or_default())),
            // A program reads it, so a number has all its digits.
            Piece::Name(name) => {
                filled.push_str(&encoded(&globals.get(name).map(ToString::to_string).unwrap_or_default()));
            }
        }
    }
    match code.filter(|_| names(url).all(|name| name != CODE)) {
        Some(code) => with_code(&filled, code),
        None => filled,
    }
}

/// An address with `cc=CODE` appended, as recruiters expect it.
fn with_code(url: &str, code: &str) -> String {
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}cc={code}{fragment}")
}

/// A value as a part of an address: everything but letters, digits and `-._~` is encoded (RFC 3986, section 2.3).
fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The names of globals in an address.
pub(crate) fn names_in_address(url: &str) -> impl Iterator<Item = &str> {
    names(url).filter(|name| *name != CODE)
}

/// The names of globals in a text.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(with_decimals(name).0),
        Piece::Words(_) => None,
    })
}

enum Piece<'a> {
    Words(&'a str),
    Name(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.push(Piece::Words(before));
        rest = if let Some(literal) = after.strip_prefix('{') {
            pieces.push(Piece::Words("{"));
            literal
        } else if let Some((name, next)) = after.split_once('}') {
            pieces.push(Piece::Name(name));
            next
        } else {
            pieces.push(Piece::Words("{"));
            after
        };
    }
    pieces.push(Piece::Words(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;

    #[test]
    fn a_code_is_appended_to_an_address_whatever_it_has_already() {
        let none = Globals::new();
        for (url, filled) in [
            ("https://a.b/c", "https://a.b/c?cc=X1"),
            ("https://a.b/c?d=e", "https://a.b/c?d=e&cc=X1"),
            ("https://a.b/c#f", "https://a.b/c?cc=X1#f"),
            ("https://a.b/c?done={code}&d=e", "https://a.b/c?done=X1&d=e"),
        ] {
            assert_eq!(address(url, &none, Some("X1")), filled);
        }
        assert_eq!(address("https://a.b/c", &none, None), "https://a.b/c");
    }

    #[test]
    fn numbers_are_rounded_for_people_and_exact_for_programs() {
        let score = |number: f64| Globals::from([("game.score".to_owned(), Answer::Number(number))]);
        for (number, words) in [
            (6.333_333_432_674_408, "6.33"),
            (0.100_000_001_490_116_12, "0.1"),
            (-0.001, "0"),
            (-2.5, "-2.5"),
            (1e21, "1000000000000000000000"),
            (1200.0, "1200"),
            (f64::from(0.1f32) * 3.0, "0.3"),
        ] {
            assert_eq!(interpolate("{game.score}", &score(number)), words);
        }
        assert_eq!(interpolate("{game.score:1} {game.score:0}", &score(6.35)), "6.3 6");
        assert_eq!(interpolate("{game.score:12}", &score(1.0)), "", "no such name");
        assert_eq!(address("https://a.b/{game.score}", &score(6.25), None), "https://a.b/6.25");
    }

    #[test]
    fn values_cannot_change_an_address() {
        let globals = Globals::from([
            ("url.id".to_owned(), Answer::Text("a&b=#/?é".into())),
            ("game.score".to_owned(), Answer::Number(-1.5)),
        ]);
        let url = "https://a.b/?id={url.id}&score={game.score}&none={url.none}";
        assert_eq!(address(url, &globals, None), "https://a.b/?id=a%26b%3D%23%2F%3F%C3%A9&score=-1.5&none=");
    }
}
