//! Text as people type and paste it. A page and the server clean it in the same way, so both count the same characters
//! and see the same option.

/// What nobody sees at the end of a text: spaces of every script, and marks that only join or direct letters.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// A text of several lines: every line ends with a line feed, whatever ended it before; control characters that are
/// neither line nor tab are left out, and so is what nobody sees at both ends.
///
/// ```
/// use footlights_protocol::text::clean_lines;
///
/// assert_eq!(clean_lines(" one\r\n\ttwo\0\u{a0}"), "one\n\ttwo");
/// ```
#[must_use]
pub fn clean_lines(text: &str) -> String {
    let unified =
        text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let kept: String = unified.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    kept.trim_matches(is_blank).to_owned()
}

/// A text of one line: as [`clean_lines`], and a run of line ends and tabs becomes one space.
///
/// ```
/// use footlights_protocol::text::clean_line;
///
/// assert_eq!(clean_line("Yes\u{a0}"), "Yes");
/// assert_eq!(clean_line("pasted\r\n\tfrom a table"), "pasted from a table");
/// ```
#[must_use]
pub fn clean_line(text: &str) -> String {
    let lines = clean_lines(text);
    let pieces = lines.split(['\n', '\t']).filter(|piece| !piece.is_empty());
    pieces.fold(String::with_capacity(lines.len()), |mut line, piece| {
        if !line.is_empty() && !line.ends_with(' ') && !piece.starts_with(' ') {
            line.push(' ');
        }
        line.push_str(piece);
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_does_not_count_and_what_joins_letters_stays() {
        for blank in ["", " ", "\u{a0}", "\u{3000}", "\u{200b}\u{feff}", "\r\n", "\0", "\u{200f}"] {
            assert_eq!(clean_lines(blank), "", "{blank:?}");
            assert_eq!(clean_line(&format!("{blank}a{blank}")), "a", "{blank:?}");
        }
        // A family is one picture of several, and Persian words are held apart without a space.
        for text in ["👩\u{200d}👧", "می\u{200c}خواهم", "שלום \u{200f}(a)", "e\u{301}"] {
            assert_eq!((clean_lines(text), clean_line(text)), (text.to_owned(), text.to_owned()));
        }
    }

    #[test]
    fn the_same_lines_are_the_same_text_however_a_browser_ends_them() {
        for ends in ["a\nb\n\nc", "a\r\nb\r\n\r\nc", "a\rb\r\rc"] {
            assert_eq!(clean_lines(ends), "a\nb\n\nc");
            assert_eq!(clean_line(ends), "a b c");
        }
    }
}
