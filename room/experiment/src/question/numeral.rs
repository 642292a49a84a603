//! Numbers as people write them: with the digits of their script, with a comma or a point, with groups of digits.

use footlights_protocol::words::{Words, texts};

/// Reads a number that somebody typed who begins decimals with `decimal_sign`. `whole` says that only whole numbers are
/// asked for, so a sign before three digits can only part groups.
///
/// # Errors
/// It is none, or it can mean two numbers; as a sentence for the participant.
pub(super) fn read(text: &str, whole: bool, decimal_sign: char, words: &Words) -> Result<f64, String> {
    let no_number = || words.with(texts::NO_NUMBER, &[("half", &words.number_words("0.5"))]);
    // The same sign after what a reader of the script writes.
    let decimal_sign = simplify(decimal_sign).unwrap_or('.');
    let plain: String = text.chars().filter_map(simplify).collect();
    let (number, exponent) = match plain.find(['e', 'E']) {
        // A browser writes a very large or a very small number of a slider so.
        Some(at) => plain.split_at(at),
        None => (plain.as_str(), ""),
    };
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number.strip_prefix('+').unwrap_or(number)),
    };
    let is_sign = |c| matches!(c, '.' | ',');
    let mut signs = digits.match_indices(is_sign);
    let (first, last) = (signs.next(), signs.next_back());
    // Whether a sign can part a group of three digits from those before.
    let parts = |at: usize| digits.len() - at == 4 && (1..=3).contains(&at) && !digits.starts_with('0');
    // Where the decimals begin; the other signs part groups.
    let decimal = match (first, last) {
        (None, _) => None,
        (Some((at, _)), None) if whole && parts(at) => None,
        // Where a comma begins decimals, a point may part groups, and the other way round.
        (Some((at, found)), None) if parts(at) && !found.starts_with(decimal_sign) => {
            let joined = format!("{sign}{}", digits.replace(found, ""));
            let parted = format!("{sign}{}", digits.replace(found, words.get(texts::DECIMAL_SIGN)));
            return Err(words.with(texts::TWO_NUMBERS, &[("one", &joined), ("other", &parted)]));
        }
        (Some((at, _)), None) => Some(at),
        // One sign several times parts groups; of two different ones the last begins the decimals.
        (Some((_, one)), Some((at, other))) => (one != other).then_some(at),
    };
    let (integer, decimals) = decimal.map_or((digits, None), |at| {
        let (integer, decimals) = digits.split_at(at);
        (integer, decimals.get(1..))
    });
    let groups: Vec<&str> = integer.split(is_sign).collect();
    let parted = groups.iter().skip(1).all(|group| group.len() == 3)
        && groups.first().is_some_and(|first| first.len() <= 3);
    if groups.len() > 1 && !parted || !digits.contains(|c: char| c.is_ascii_digit()) {
        return Err(no_number());
    }
    let decimals = decimals.unwrap_or_default();
    let readable = format!("{sign}{}.{decimals}{exponent}", groups.concat());
    // What is no digit is refused here, and so are the words for infinity.
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    match readable.parse::<f64>() {
        Ok(number) if number.is_finite() && readable.chars().all(known) => Ok(number),
        _ => Err(no_number()),
    }
}

/// The same character as a program writes it; none for what only parts groups of digits.
fn simplify(c: char) -> Option<char> {
    /// Zeros of scripts whose nine other digits follow (Unicode, general category Nd).
    const ZEROS: [char; 15] = [
        '\u{660}', '\u{6F0}', '\u{7C0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{BE6}', '\u{C66}',
        '\u{CE6}', '\u{D66}', '\u{E50}', '\u{ED0}', '\u{1040}', '\u{FF10}',
    ];
    let digit = ZEROS.iter().find_map(|zero| {
        let above = u32::from(c).checked_sub(u32::from(*zero))?;
        char::from_digit(above, 10)
    });
    match c {
        '\'' | '\u{2019}' | '\u{66C}' | '_' => None,
        c if c.is_whitespace() => None,
        '\u{2212}' | '\u{2013}' | '\u{FE63}' | '\u{FF0D}' => Some('-'),
        '\u{66B}' | '\u{FF0C}' => Some(','),
        '\u{FF0E}' | '\u{3002}' => Some('.'),
        c => Some(digit.unwrap_or(c)),
    }
}

#[cfg(test)]
mod tests {
    use footlights_protocol::words::Words;

    fn read(text: &str, whole: bool) -> Result<f64, String> {
        super::read(text, whole, '.', &Words::default())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, number) in [
            ("12", 12.0),
            ("0.5", 0.5),
            ("0,5", 0.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("-3", -3.0),
            ("−3,25", -3.25),
            ("+7", 7.0),
            ("1.234,5", 1234.5),
            ("1,234.5", 1234.5),
            ("1 234,5", 1234.5),
            ("1\u{202f}234", 1234.0),
            ("1'234'567", 1_234_567.0),
            ("1.234.567", 1_234_567.0),
            ("1.234", 1.234),
            ("0,125", 0.125),
            ("1234,567", 1234.567),
            ("٣٫٥", 3.5),
            ("۱۲", 12.0),
            ("१२", 12.0),
            ("12。5", 12.5),
            ("1e-7", 1e-7),
            ("0.30000000000000004", 0.300_000_000_000_000_04),
        ] {
            assert_eq!(read(text, false), Ok(number), "{text}");
        }
        assert_eq!(read("1.234", true), Ok(1234.0));
        assert_eq!(read("1,234", true), Ok(1234.0));
        assert_eq!(read("0.125", true), Ok(0.125));
        assert_eq!(read("2,50", true), Ok(2.5));
    }

    #[test]
    fn what_is_no_number_or_two_is_refused() {
        for text in [
            "", "-", ".", "five", "NaN", "inf", "0x20", "1,2,3", "12.34.5", "5 km", "1e", "--3", "1e999", "½",
        ] {
            assert!(read(text, false).is_err(), "{text}");
        }
        let why = read("1,234", false).unwrap_err();
        assert!(why.contains("1234") && why.contains("1.234"), "{why}");
    }

    #[test]
    fn a_comma_begins_decimals_where_the_language_says_so() {
        let german = Words::new("de", [(".".to_owned(), ",".to_owned())]);
        let read = |text, whole| super::read(text, whole, ',', &german);
        for (text, number) in
            [("1,234", 1.234), ("0,5", 0.5), ("1.5", 1.5), ("1.234,5", 1234.5), ("0.125", 0.125)]
        {
            assert_eq!(read(text, false), Ok(number), "{text}");
        }
        assert_eq!(read("1.234", true), Ok(1234.0));
        let why = read("1.234", false).unwrap_err();
        assert!(why.contains("1234") && why.contains("1,234"), "{why}");
    }
}
