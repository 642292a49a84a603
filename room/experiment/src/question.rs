//! Questions on a page, and the rules for their answers. The page's HTML and the server follow the same ones; the
//! server decides.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// In the data: letters, digits, `_` and `-`.
    pub id: String,
    /// What is asked.
    pub label: String,
    /// Whether the page may be left without an answer.
    pub required: bool,
    /// What an answer looks like.
    pub kind: Kind,
    /// In a comprehension check: what is right, in any order.
    pub right: Option<Vec<String>>,
}

/// What an answer looks like.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Free text.
    TextBox {
        /// More than one line.
        multiline: bool,
        /// At most so many characters (Unicode scalar values).
        max_chars: u32,
    },
    /// A number typed in.
    NumberInput {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// Distance between two answers, counted from `min`; 0 allows any number.
        step: f64,
    },
    /// A number chosen on a line. It has no value until it is touched.
    Slider {
        /// Left end.
        min: f64,
        /// Right end.
        max: f64,
        /// Distance between two answers.
        step: f64,
        /// Words at the left and the right end.
        ends: (String, String),
    },
    /// A Likert scale: 1 to `points`.
    Scale {
        /// How many there are.
        points: u8,
        /// Words at 1 and at `points`.
        ends: (String, String),
    },
    /// One of some options, or several.
    MultipleChoice {
        /// In the order in which they are shown; the words are the answer.
        options: Vec<String>,
        /// Any number of them.
        several: bool,
        /// As boxes side by side, to be chosen at a glance.
        boxes: bool,
        /// Files in `examples/assets/` by option; shown over the option's words.
        images: BTreeMap<String, String>,
    },
    /// A field in the page's own HTML, under the question's id.
    CustomHtml {
        /// At most so many characters.
        max_chars: u32,
    },
}

/// An accepted answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A number.
    Number(f64),
    /// A text, or the option.
    Text(String),
    /// The options, in the order in which they were shown.
    Several(Vec<String>),
}

impl Answer {
    /// For participants to read.
    pub fn words(&self) -> String {
        match self {
            Self::Several(chosen) => chosen.join(", "),
            Self::Number(_) | Self::Text(_) => self.to_string(),
        }
    }
}

impl std::fmt::Display for Answer {
    /// As it stands in the data; several options as a JSON list.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Several(chosen) => write!(f, "{}", serde_json::Value::from(chosen.as_slice())),
        }
    }
}

/// What the longest text may be, in characters.
const MAX_CHARS: u32 = 10_000;

impl Question {
    fn new(id: &str, label: &str, kind: Kind) -> Self {
        Self { id: id.into(), label: label.into(), required: true, kind, right: None }
    }

    /// A line of text, 200 characters at most.
    pub fn text_box(id: &str, label: &str) -> Self {
        Self::new(id, label, Kind::TextBox { multiline: false, max_chars: 200 })
    }

    /// Several lines of text, 2,000 characters at most.
    pub fn text_area(id: &str, label: &str) -> Self {
        Self::new(id, label, Kind::TextBox { multiline: true, max_chars: 2_000 })
    }

    /// A whole number.
    pub fn number_input(id: &str, label: &str, min: f64, max: f64) -> Self {
        Self::new(id, label, Kind::NumberInput { min, max, step: 1.0 })
    }

    /// A number on a line.
    pub fn slider(id: &str, label: &str, min: f64, max: f64, step: f64) -> Self {
        Self::new(id, label, Kind::Slider { min, max, step, ends: Default::default() })
    }

    /// A Likert scale with so many points.
    pub fn scale(id: &str, label: &str, points: u8) -> Self {
        Self::new(id, label, Kind::Scale { points, ends: Default::default() })
    }

    /// One of these options.
    pub fn multiple_choice(id: &str, label: &str, options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let images = BTreeMap::new();
        Self::new(id, label, Kind::MultipleChoice { options, several: false, boxes: false, images })
    }

    /// One of these options, as boxes side by side.
    pub fn option_cards(id: &str, label: &str, options: &[&str]) -> Self {
        let mut question = Self::multiple_choice(id, label, options);
        if let Kind::MultipleChoice { boxes, .. } = &mut question.kind {
            *boxes = true;
        }
        question
    }

    /// A field that the page's own HTML has under this id: `<input name="id">`. At most 2,000 characters. The label
    /// is for the codebook.
    pub fn custom_html(id: &str, label: &str) -> Self {
        Self::new(id, label, Kind::CustomHtml { max_chars: 2_000 })
    }

    /// An image over the words of an option: a file in `examples/assets/`.
    pub fn option_image(mut self, option: &str, file: &str) -> Self {
        if let Kind::MultipleChoice { images, .. } = &mut self.kind {
            images.insert(option.into(), file.into());
        }
        self
    }

    /// In a comprehension check: the right answer, or all right options.
    pub fn correct(mut self, answers: &[&str]) -> Self {
        self.right = Some(answers.iter().map(|answer| (*answer).to_owned()).collect());
        self
    }

    /// Whether an answer is right; `None` where there is no right one.
    pub fn is_right(&self, answer: Option<&Answer>) -> Option<bool> {
        let right: BTreeSet<&str> = self.right.as_ref()?.iter().map(String::as_str).collect();
        Some(match answer {
            None => right.is_empty(),
            Some(Answer::Number(number)) => right.iter().any(|right| right.parse() == Ok(*number)),
            Some(Answer::Text(text)) => right.contains(text.as_str()),
            Some(Answer::Several(chosen)) => {
                chosen.iter().map(String::as_str).collect::<BTreeSet<_>>() == right
            }
        })
    }

    /// The page may be left without an answer.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Words at the ends of a slider or a scale.
    pub fn anchors(mut self, low: &str, high: &str) -> Self {
        if let Kind::Slider { ends, .. } | Kind::Scale { ends, .. } = &mut self.kind {
            *ends = (low.into(), high.into());
        }
        self
    }

    /// Any number of the options; if the question is required, one at least.
    pub fn multiple(mut self) -> Self {
        if let Kind::MultipleChoice { several, .. } = &mut self.kind {
            *several = true;
        }
        self
    }

    /// The distance between two answers of a number input; 0 allows any number.
    pub fn step(mut self, distance: f64) -> Self {
        if let Kind::NumberInput { step, .. } = &mut self.kind {
            *step = distance;
        }
        self
    }

    /// At most so many characters of text.
    pub fn max_chars(mut self, most: u32) -> Self {
        if let Kind::TextBox { max_chars, .. } = &mut self.kind {
            *max_chars = most;
        }
        self
    }

    /// Finds what is wrong with the configuration.
    pub(super) fn check(&self) -> Result<(), String> {
        let id = &self.id;
        if !crate::id::is_id(id) {
            return Err(format!("question {id:?}: the id must be letters, digits, _ and -"));
        }
        let wrong = |why: &str| Err(format!("question {id:?}: {why}"));
        if let Some(right) = &self.right {
            let given: Vec<&str> = right.iter().map(String::as_str).collect();
            match self.accept(&given) {
                Ok(answer) if self.is_right(answer.as_ref()) == Some(true) => {}
                _ => return wrong(&format!("the right answer {right:?} cannot be given")),
            }
        }
        match &self.kind {
            _ if self.label.trim().is_empty() => {
                wrong("the label is empty, and screen readers have nothing to say")
            }
            Kind::TextBox { max_chars, .. } if !(1..=MAX_CHARS).contains(max_chars) => {
                wrong("max_chars must be 1 to 10,000")
            }
            Kind::NumberInput { min, max, step } | Kind::Slider { min, max, step, .. } => {
                let ordered = min.is_finite() && max.is_finite() && min < max;
                let positive = step.is_finite()
                    && (*step > 0.0 || *step == 0.0 && matches!(self.kind, Kind::NumberInput { .. }));
                match (ordered, positive) {
                    (false, _) => wrong("min must be less than max"),
                    (true, false) => wrong("step must be more than 0"),
                    (true, true) if *step > max - min => wrong("step must fit between min and max"),
                    (true, true) => Ok(()),
                }
            }
            Kind::Scale { points, .. } if !(2..=11).contains(points) => wrong("a scale has 2 to 11 points"),
            Kind::MultipleChoice { options, images, .. } => {
                if let Some(image) = images.keys().find(|image| !options.contains(image)) {
                    return wrong(&format!("there is an image for {image:?}, which is no option"));
                }
                let mut seen = BTreeSet::new();
                match options.iter().find(|option| option.trim().is_empty() || !seen.insert(option.as_str()))
                {
                    Some(option) => wrong(&format!("option {option:?} is empty or there twice")),
                    None if options.len() < 2 => wrong("there must be two options at least"),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Judges what was sent for this question: no value, one, or several. `None` is an answer left out; an error is
    /// for the participant.
    pub fn accept(&self, given: &[&str]) -> Result<Option<Answer>, String> {
        let given: Vec<&str> =
            given.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
        if given.is_empty() {
            return if self.required { Err("Please answer this question.".into()) } else { Ok(None) };
        }
        let answer = match (&self.kind, given.as_slice()) {
            (Kind::TextBox { max_chars, multiline }, [text]) => prose(text, *max_chars, *multiline)?,
            (Kind::CustomHtml { max_chars }, [text]) => prose(text, *max_chars, true)?,
            (Kind::NumberInput { min, max, step } | Kind::Slider { min, max, step, .. }, [number]) => {
                Answer::Number(within(number, *min, *max, *step)?)
            }
            (Kind::Scale { points, .. }, [point]) => {
                Answer::Number(within(point, 1.0, f64::from(*points), 1.0)?)
            }
            (Kind::MultipleChoice { options, several: false, .. }, [choice]) => {
                let known = options.iter().find(|option| option == choice);
                Answer::Text(known.ok_or("Please choose one of the options.")?.clone())
            }
            (Kind::MultipleChoice { options, several: true, .. }, choices) => {
                if choices.iter().any(|choice| !options.iter().any(|option| option == choice)) {
                    return Err("Please choose among the options.".into());
                }
                let chosen = options.iter().filter(|option| choices.contains(&option.as_str()));
                Answer::Several(chosen.cloned().collect())
            }
            _ => return Err("Please give one answer.".into()),
        };
        Ok(Some(answer))
    }
}

fn prose(text: &str, most: u32, multiline: bool) -> Result<Answer, String> {
    let found = text.chars().count();
    if found > most as usize {
        return Err(format!("Please use {most} characters at most; these are {found}."));
    }
    // A browser cannot send them from a single line.
    if text.chars().any(|c| c.is_control() && !(multiline && matches!(c, '\n' | '\r' | '\t'))) {
        return Err("Please use letters, digits and signs only.".into());
    }
    Ok(Answer::Text(text.to_owned()))
}

fn within(text: &str, min: f64, max: f64, step: f64) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "Please enter a number.".to_owned())?;
    if !(min..=max).contains(&number) {
        return Err(format!("Please enter a number from {min} to {max}."));
    }
    let steps = (number - min) / step;
    // As a browser does: what is a rounding away from a step is on it.
    if step > 0.0 && (steps - steps.round()).abs() > 1e-6 {
        return Err(if step == 1.0 && min == min.round() {
            "Please enter a whole number.".into()
        } else {
            format!("Please enter a number in steps of {step} from {min} on.")
        });
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::question::*;

    fn text(answer: &str) -> Result<Option<Answer>, String> {
        Ok(Some(Answer::Text(answer.into())))
    }

    fn number(answer: f64) -> Result<Option<Answer>, String> {
        Ok(Some(Answer::Number(answer)))
    }

    #[test]
    fn what_is_required_must_be_answered_and_what_is_optional_need_not() {
        let asked = Question::text_box("why", "Why?");
        assert_eq!(asked.accept(&["  "]), Err("Please answer this question.".into()));
        assert_eq!(asked.accept(&[]), Err("Please answer this question.".into()));
        assert_eq!(asked.optional().accept(&[""]), Ok(None));
    }

    #[test]
    fn text_has_a_length_and_lines_only_where_they_are_asked_for() {
        let short = Question::text_box("a", "A").max_chars(3);
        assert_eq!(short.accept(&[" äöü "]), text("äöü"));
        assert!(short.accept(&["abcd"]).unwrap_err().contains("3 characters"));
        assert!(short.accept(&["a\nb"]).is_err());
        assert_eq!(Question::text_area("a", "A").accept(&["a\r\nb"]), text("a\r\nb"));
        assert!(Question::text_area("a", "A").accept(&["a\0b"]).is_err());
    }

    #[test]
    fn numbers_lie_between_their_bounds_and_on_their_steps() {
        let age = Question::number_input("age", "Age", 18.0, 99.0);
        assert_eq!(age.accept(&["18"]), number(18.0));
        for bad in ["17", "100", "18.5", "NaN", "inf", "eighteen", "0x20"] {
            assert!(age.accept(&[bad]).is_err(), "{bad}");
        }
        assert!(age.accept(&["20", "21"]).is_err());
        let slider = Question::slider("s", "S", 0.0, 1.0, 0.1);
        assert_eq!(slider.accept(&["0.3"]), number(0.3));
        assert!(slider.accept(&["0.35"]).is_err());
        assert_eq!(Question::number_input("n", "N", 0.0, 1.0).step(0.0).accept(&["0.123"]), number(0.123));
        let likert = Question::scale("l", "L", 7);
        assert_eq!(likert.accept(&["7"]), number(7.0));
        assert!(likert.accept(&["8"]).is_err() && likert.accept(&["0"]).is_err());
    }

    #[test]
    fn only_options_that_were_offered_are_chosen() {
        let one = Question::multiple_choice("c", "C", &["red", "blue"]);
        assert_eq!(one.accept(&["blue"]), text("blue"));
        assert!(one.accept(&["green"]).is_err() && one.accept(&["red", "blue"]).is_err());
        let any = one.multiple();
        let both = Answer::Several(vec!["red".into(), "blue".into()]);
        assert_eq!(any.accept(&["blue", "red", "blue"]), Ok(Some(both)));
        assert!(any.accept(&["blue", "green"]).is_err());
        assert!(any.accept(&[]).is_err());
    }

    #[test]
    fn a_wrong_question_is_refused_by_name() {
        let wrong = |question: Question, words: &str| {
            let message = question.check().unwrap_err();
            assert!(message.contains(words) && message.contains(&question.id), "{message}");
        };
        wrong(Question::text_box("a b", "A"), "letters, digits");
        wrong(Question::text_box("a", " "), "label");
        wrong(Question::text_box("a", "A").max_chars(0), "max_chars");
        wrong(Question::number_input("a", "A", 2.0, 1.0), "min must be less than max");
        wrong(Question::slider("a", "A", 0.0, 1.0, 0.0), "step");
        wrong(Question::slider("a", "A", 0.0, 1.0, 2.0), "step must fit");
        wrong(Question::scale("a", "A", 1), "2 to 11 points");
        wrong(Question::multiple_choice("a", "A", &["x"]), "two options");
        wrong(Question::multiple_choice("a", "A", &["x", "x"]), "\"x\"");
        wrong(Question::option_cards("a", "A", &["x", "y"]).option_image("z", "z.png"), "\"z\"");
        wrong(Question::multiple_choice("a", "A", &["x", "y"]).correct(&["z"]), "cannot be given");
        wrong(Question::number_input("a", "A", 0.0, 5.0).correct(&["6"]), "cannot be given");
        assert_eq!(Question::number_input("a", "A", 0.0, 1.0).step(0.0).check(), Ok(()));
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_accepted_within_the_rules_or_refused(given: Vec<String>) {
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            let asked = [
                Question::text_box("a", "A"),
                Question::number_input("a", "A", 0.0, 9.0),
                Question::scale("a", "A", 5),
                Question::multiple_choice("a", "A", &["x", "y"]).multiple(),
            ];
            for question in asked {
                match question.accept(&given) {
                    Ok(Some(Answer::Text(text))) => prop_assert!(text.chars().count() <= 200),
                    Ok(Some(Answer::Number(number))) => prop_assert!((0.0..=9.0).contains(&number)),
                    Ok(Some(Answer::Several(chosen))) => prop_assert!((1..=2).contains(&chosen.len())),
                    Ok(None) => prop_assert!(false, "they are required"),
                    Err(why) => prop_assert!(!why.is_empty()),
                }
            }
        }
    }
}
