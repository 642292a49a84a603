//! Text with the names of globals in it.

use crate::answer::Globals;

/// Replaces every `{name}` in a paragraph by the global of that name; a name that is not known yet becomes nothing.
/// `{{` stands for a brace.
///
/// ```
/// use footlights_experiment::{Answer, Globals, interpolate};
///
/// let globals = Globals::from([("game.score".to_owned(), Answer::Number(3.0))]);
/// assert_eq!(interpolate("You won {game.score} points.", &globals), "You won 3 points.");
/// ```
#[must_use]
pub fn interpolate(text: &str, globals: &Globals) -> String {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Words(words) => filled.push_str(words),
            Piece::Name(name) => {
                filled.push_str(&globals.get(name).map(|value| value.words()).unwrap_or_default())
            }
        }
    }
    filled
}

/// The names of globals in a text.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
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
