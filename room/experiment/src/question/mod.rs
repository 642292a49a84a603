//! Questions on a page. A [`Question`] has an id, a label and a kind; a [`QuestionKind`] says in one file which answers
//! it accepts, how the page shows it, and how the codebook describes it. The browser follows the same rules as the
//! server, and the server decides.

mod choice;
mod custom_html;
mod definition;
mod field;
mod kind;
mod number;
mod numeral;
mod range;
mod scale;
mod slider;
mod text;

pub use choice::MultipleChoice;
pub use custom_html::CustomHtml;
pub use definition::{Question, QuestionBuilder};
pub use field::FieldContext;
pub use kind::QuestionKind;
pub use number::NumberInput;
pub use scale::Scale;
pub use slider::Slider;
pub use text::TextBox;

#[cfg(test)]
mod tests;
