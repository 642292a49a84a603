//! What a kind of question must be able to do.

use std::fmt::Debug;

use footlights_env::Rng;
use footlights_protocol::words::{Words, texts};
use maud::Markup;
use serde_json::{Value, json};

use super::field::FieldContext;
use crate::{answer::Answer, values::ColumnType};

/// A kind of question: everything that distinguishes a slider from a text box, in one place.
///
/// Implement this trait to ask in a way of your own; no other code needs to know the kind.
///
/// ```
/// use footlights_env::Rng;
/// use footlights_experiment::{
///     Answer, Page, Question,
///     question::{FieldContext, QuestionKind},
///     values::ColumnType,
/// };
/// use maud::{Markup, html};
///
/// /// A day of the calendar.
/// #[derive(Debug)]
/// struct Date;
///
/// impl QuestionKind for Date {
///     fn name(&self) -> &str {
///         "date"
///     }
///
///     fn accept(&self, given: &[&str]) -> Result<Answer, String> {
///         match given {
///             [date] if date.len() == 10 => Ok(Answer::Text((*date).to_owned())),
///             _ => Err("Please choose a date.".into()),
///         }
///     }
///
///     fn column(&self) -> ColumnType {
///         ColumnType::Time
///     }
///
///     fn render(&self, field: &FieldContext<'_>) -> Markup {
///         field.labelled(html! {
///             input id=(field.element_id()) name=(field.name()) type="date" value=(field.value())
///                 required[field.is_required()] aria-invalid=[field.aria_invalid()]
///                 aria-describedby=[field.aria_describedby()];
///         })
///     }
///
///     fn sample(&self, rng: &mut Rng) -> Vec<String> {
///         vec![format!("2000-01-{:02}", 1 + rng.below(28))]
///     }
/// }
///
/// let page = Page::new("about_you", "About you").ask(Question::of_kind("birthday", "Your birthday", Date));
/// let sent = [("birthday".to_owned(), "2000-01-31".to_owned())];
/// assert_eq!(page.accept(&sent).unwrap()["birthday"], Answer::Text("2000-01-31".into()));
/// ```
pub trait QuestionKind: Debug + Send + Sync {
    /// The kind's name in the configuration that is stored with the data.
    fn name(&self) -> &str;

    /// The kind's parameters in the configuration that is stored with the data, as a JSON object.
    fn parameters(&self) -> Value {
        json!({})
    }

    /// Refuses parameters that cannot work. The worker validates every question when it starts.
    ///
    /// # Errors
    /// What is wrong, for the researcher.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// The files among the experiments' assets that the question shows.
    fn files(&self) -> Vec<String> {
        Vec::new()
    }

    /// Turns the values that a form sent into an answer. `given` has at least one value; every value is
    /// [cleaned](footlights_protocol::text::clean_lines) and none is empty. Questions without an answer never get here.
    ///
    /// All controls of a question send under its one name, in the order of the page, and what the participant left empty
    /// is dropped. So the place of a value does not tell which control sent it; where a kind has several controls, each
    /// value must say that itself.
    ///
    /// The values that a researcher gives to [`correct`](super::QuestionBuilder::correct) come through here, too.
    ///
    /// # Errors
    /// What is wrong with the answer, as a sentence for the participant.
    fn accept(&self, given: &[&str]) -> Result<Answer, String>;

    /// The same for a participant who reads `words`: a kind whose sentences are in several languages implements this, too.
    ///
    /// # Errors
    /// What is wrong with the answer, as a sentence for the participant.
    fn accept_in(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        let _ = words;
        self.accept(given)
    }

    /// What a participant reads who left out a question that must be answered.
    fn missing(&self, words: &Words) -> String {
        words.get(texts::MISSING).into()
    }

    /// What the answers look like, for the codebook.
    fn column(&self) -> ColumnType;

    /// The question as HTML: usually a control inside [`FieldContext::labelled`], or several inside
    /// [`FieldContext::grouped`]. The name of every control must be [`FieldContext::name`].
    fn render(&self, field: &FieldContext<'_>) -> Markup;

    /// Whether [`render`](Self::render) makes a control. A kind whose control stands in the page's own HTML returns
    /// `false`: the page then shows its errors above the form.
    fn has_control(&self) -> bool {
        true
    }

    /// What a participant reads for an answer that a page shows again; none where that is the answer itself.
    fn label_of(&self, answer: &Answer) -> Option<Answer> {
        let _ = answer;
        None
    }

    /// A random answer that [`accept`](Self::accept) takes, encoded as a browser would send it: one value, or several.
    /// Simulated participants answer with it.
    fn sample(&self, rng: &mut Rng) -> Vec<String>;
}
