//! Fills in a form. The experiment's questions say what can be answered; a control that belongs to no question, or to one
//! that stands in the page's own HTML, is filled in from what the form itself says.

use footlights_env::Rng;
use footlights_experiment::Question;

use crate::page::{Control, Takes};

/// What a page's program finds out for a screening, of a computer that meets the requirements of most experiments.
pub(crate) const DEVICE: [(&str, &str); 6] = [
    ("window_width", "1440"),
    ("window_height", "900"),
    ("ping_ms", "31.5"),
    ("touch", "false"),
    ("mouse", "true"),
    ("socket", "true"),
];
/// How often a bot answers a question that it may leave out.
const TALKATIVE: f32 = 0.7;
/// How many characters a text has at most if the form does not say.
const MAX_CHARS: u32 = 2_000;
/// How many samples a bot draws to find a wrong answer.
const SAMPLES: usize = 50;

/// How a question with a right answer is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Right,
    Wrong,
}

/// What is sent for a form: (name, value) pairs.
pub fn answer(
    controls: &[Control],
    questions: &[Question],
    check: Check,
    rng: &mut Rng,
) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    for (place, control) in controls.iter().enumerate() {
        let values = match questions.iter().find(|question| question.id == control.name) {
            // The kind answers for all controls of its question at once: a page may have several lists under one name.
            Some(question)
                if question.has_control()
                    && controls.iter().take(place).any(|before| before.name == control.name) =>
            {
                Vec::new()
            }
            Some(question) => answer_question(question, control, check, rng),
            None => answer_control(control, rng),
        };
        sent.extend(values.into_iter().map(|value| (control.name.clone(), value)));
    }
    sent
}

fn answer_question(question: &Question, control: &Control, check: Check, rng: &mut Rng) -> Vec<String> {
    match (&question.correct, check) {
        (Some(correct), Check::Right) => correct.clone(),
        (Some(correct), Check::Wrong) => wrong(question, rng).unwrap_or_else(|| correct.clone()),
        (None, _) if matches!(control.takes, Takes::Hidden(_)) || !question.has_control() => {
            answer_control(control, rng)
        }
        (None, _) if question.required || rng.unit() < TALKATIVE => question.sample(rng),
        (None, _) => Vec::new(),
    }
}

/// An answer that is accepted but not right, if one is found.
fn wrong(question: &Question, rng: &mut Rng) -> Option<Vec<String>> {
    (0..SAMPLES).map(|_| question.sample(rng)).find(|sample| {
        let given: Vec<&str> = sample.iter().map(String::as_str).collect();
        question.accept(&given).is_ok_and(|answer| question.is_correct(answer.as_ref()) == Some(false))
    })
}

/// Fills in a control from what the form says.
fn answer_control(control: &Control, rng: &mut Rng) -> Vec<String> {
    let name = control.name.as_str();
    let question: Question = match &control.takes {
        Takes::Hidden(value) => {
            let known = DEVICE.iter().find(|(known, _)| *known == name);
            return vec![known.map_or_else(|| value.clone(), |(_, value)| (*value).to_owned())];
        }
        Takes::Text(_) if !control.required && rng.unit() >= TALKATIVE => return Vec::new(),
        Takes::Text(most) => {
            let most = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(MAX_CHARS);
            Question::text_box(name, name).max_chars(most).into()
        }
        Takes::Number { min, max, step } => {
            let low = min.unwrap_or_else(|| max.map_or(0.0, |max| max - 100.0));
            let high = max.unwrap_or(low + 100.0);
            Question::number_input(name, name, low, high).step(step.unwrap_or(0.0)).into()
        }
        Takes::One(options) => Question::multiple_choice(name, name, &words(options)).into(),
        // At least one: a form cannot say that it must be.
        Takes::Several(options) => Question::multiple_choice(name, name, &words(options)).multiple().into(),
    };
    question.sample(rng)
}

fn words(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;
    use footlights_experiment::{Experiment, Page, Scene, Screening};

    use super::*;

    fn rng(seed: u64) -> Rng {
        Rng::derive(seed, Stream::Policy(0), 0, 0)
    }

    fn control(name: &str, takes: Takes, required: bool) -> Control {
        Control { name: name.into(), takes, required }
    }

    fn options(all: &[&str]) -> Vec<String> {
        all.iter().map(|option| (*option).to_owned()).collect()
    }

    fn survey() -> (Page, Vec<Control>) {
        let page = Page::new("survey", "Survey")
            .ask(Question::text_box("name", "Name").max_chars(7))
            .ask(Question::text_area("why", "Why?").optional())
            .ask(Question::number_input("age", "Age", 18.0, 99.0))
            .ask(Question::number_input("share", "Share", 0.1, 0.7).step(0.2))
            .ask(Question::number_input("exact", "Exact", -1.0, 1.0).step(0.0))
            .ask(Question::slider("skill", "Skill", -2.0, 2.0, 0.5))
            .ask(Question::scale("fun", "Fun", 7))
            .ask(Question::multiple_choice("one", "One", &["a", "b", "c"]))
            .ask(Question::multiple_choice("some", "Some", &["a", "b", "c"]).multiple());
        let number = |min, max, step| Takes::Number { min: Some(min), max: Some(max), step };
        let controls = vec![
            control("name", Takes::Text(Some(7)), true),
            control("why", Takes::Text(Some(2_000)), false),
            control("age", number(18.0, 99.0, Some(1.0)), true),
            control("share", number(0.1, 0.7, Some(0.2)), true),
            control("exact", number(-1.0, 1.0, None), true),
            control("skill", number(-2.0, 2.0, Some(0.5)), false),
            control("fun", Takes::One((1..=7).map(|point| point.to_string()).collect()), true),
            control("one", Takes::One(options(&["a", "b", "c"])), true),
            control("some", Takes::Several(options(&["a", "b", "c"])), false),
        ];
        (page, controls)
    }

    #[test]
    fn every_kind_of_question_is_answered_so_that_the_server_accepts_it() {
        let (page, controls) = survey();
        let mut all = std::collections::BTreeSet::new();
        for seed in 0..300 {
            let sent = answer(&controls, &page.questions, Check::Right, &mut rng(seed));
            if let Err(complaints) = page.accept(&sent) {
                panic!("{complaints:?} for {sent:?}");
            }
            all.extend(sent);
        }
        // Both ends of a scale are reached, and an optional question is sometimes left out.
        for point in ["1", "7"] {
            assert!(all.contains(&("fun".to_owned(), point.to_owned())));
        }
        let silent = (0..300).filter(|seed| {
            let sent = answer(&controls, &page.questions, Check::Right, &mut rng(*seed));
            sent.iter().all(|(name, _)| name != "why")
        });
        assert!((30..200).contains(&silent.count()));
    }

    #[test]
    fn a_question_with_several_controls_is_answered_once() {
        let (page, controls) = survey();
        let twice: Vec<Control> = controls.iter().chain(&controls).cloned().collect();
        let sent = |controls: &[Control]| answer(controls, &page.questions, Check::Right, &mut rng(1));
        assert_eq!(sent(&twice), sent(&controls));
    }

    /// A form is also filled in when nothing is known but what it says itself, as with controls in a page's own HTML.
    #[test]
    fn a_form_of_unknown_questions_is_answered_so_that_the_server_accepts_it() {
        let (page, controls) = survey();
        for seed in 0..300 {
            let sent = answer(&controls, &[], Check::Right, &mut rng(seed));
            if let Err(complaints) = page.accept(&sent) {
                panic!("{complaints:?} for {sent:?}");
            }
        }
    }

    #[test]
    fn a_check_is_passed_or_failed_as_asked() {
        let page = Page::new("check", "Check")
            .ask(Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]))
            .ask(Question::multiple_choice("keys", "Keys?", &["a", "b"]).multiple().correct(&["a", "b"]))
            .ask(Question::number_input("points", "Points?", 0.0, 3.0).correct(&["2"]))
            .ask(Question::text_box("word", "Word?").correct(&["slime"]));
        let takes = [
            Takes::One(options(&["left", "right"])),
            Takes::Several(options(&["a", "b"])),
            Takes::Number { min: Some(0.0), max: Some(3.0), step: Some(1.0) },
            Takes::Text(Some(200)),
        ];
        let controls: Vec<Control> =
            page.questions.iter().zip(takes).map(|(q, takes)| control(&q.id, takes, true)).collect();
        for seed in 0..50 {
            let mistakes = |check| {
                let sent = answer(&controls, &page.questions, check, &mut rng(seed));
                page.mistakes(&page.accept(&sent).unwrap()).len()
            };
            assert_eq!((mistakes(Check::Right), mistakes(Check::Wrong)), (0, 4));
        }
    }

    #[test]
    fn a_screening_is_passed_by_a_good_device() {
        let screening = Screening::new("s").min_window(1_000, 700).max_ping_ms(100.0);
        let experiment = Experiment::new("e", "E").scene(screening);
        let Some(Scene::Screening(_)) = experiment.find("s") else { panic!("no screening") };
        let controls: Vec<Control> = Screening::questions()
            .into_iter()
            .map(|question| control(&question.id, Takes::Hidden(String::new()), false))
            .collect();
        let sent = answer(&controls, &Screening::questions(), Check::Right, &mut rng(1));
        assert_eq!(sent, DEVICE.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
