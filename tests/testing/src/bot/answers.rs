//! Fills in a form from what the form itself says; only what is right in a check comes from elsewhere.

use footlights_env::Rng;

use crate::page::{Control, Takes};

/// What a page's program finds out for a screening, of a computer that does for any study.
const DEVICE: [(&str, &str); 4] =
    [("window_width", "1440"), ("window_height", "900"), ("ping_ms", "31.5"), ("touch", "false")];
/// How often somebody says something where nothing must be said.
const TALKATIVE: f32 = 0.7;
const WORDS: [&str; 8] = ["It", "was", "fun", "and", "then", "we", "both", "jumped"];

/// How a question with right answers is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Right,
    Wrong,
}

/// What is sent for a form: (name, value) pairs. `right` knows the right answers of a check, by question.
pub fn answer(
    controls: &[Control],
    right: impl Fn(&str) -> Option<Vec<String>>,
    check: Check,
    rng: &mut Rng,
) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    for control in controls {
        let right = right(&control.name);
        let values = match (&right, check) {
            (Some(right), Check::Right) => right.clone(),
            (Some(right), Check::Wrong) => wrong(&control.takes, right, rng),
            (None, _) => any(control, rng),
        };
        sent.extend(values.into_iter().map(|value| (control.name.clone(), value)));
    }
    sent
}

fn any(control: &Control, rng: &mut Rng) -> Vec<String> {
    match &control.takes {
        Takes::Text(most) if control.required || rng.unit() < TALKATIVE => vec![words(*most, rng)],
        Takes::Text(_) => Vec::new(),
        Takes::Number { min, max, step } => vec![number(*min, *max, *step, rng)],
        Takes::One(options) => pick(options, rng).into_iter().collect(),
        // At least one: a form cannot say that it must be.
        Takes::Several(options) => {
            let chosen: Vec<String> = options.iter().filter(|_| rng.unit() < 0.4).cloned().collect();
            if chosen.is_empty() { pick(options, rng).into_iter().collect() } else { chosen }
        }
        Takes::Hidden(value) => {
            let known = DEVICE.iter().find(|(name, _)| *name == control.name);
            vec![known.map_or_else(|| value.clone(), |(_, value)| (*value).to_owned())]
        }
    }
}

/// An answer that can be sent and is not right; the right one where there is no other.
fn wrong(takes: &Takes, right: &[String], rng: &mut Rng) -> Vec<String> {
    let others = |options: &[String]| -> Vec<String> {
        options.iter().filter(|option| !right.contains(option)).cloned().collect()
    };
    let found = match takes {
        Takes::One(options) | Takes::Several(options) => {
            // Where several options are all of them right, one alone is not.
            let others = others(options);
            pick(&others, rng).or_else(|| right.first().filter(|_| right.len() > 1).cloned())
        }
        Takes::Number { min, max, step } => (0..20)
            .map(|_| number(*min, *max, *step, rng))
            .find(|value| right.iter().all(|right| right.parse::<f64>().ok() != value.parse().ok())),
        Takes::Text(most) => Some(words(*most, rng)).filter(|words| !right.contains(words)),
        Takes::Hidden(_) => None,
    };
    found.map_or_else(|| right.to_vec(), |value| vec![value])
}

fn pick(options: &[String], rng: &mut Rng) -> Option<String> {
    options.get(rng.below(options.len().max(1) as u32) as usize).cloned()
}

fn words(most: Option<usize>, rng: &mut Rng) -> String {
    let count = 1 + rng.below(12);
    let words: Vec<&str> =
        (0..count).filter_map(|_| WORDS.get(rng.below(WORDS.len() as u32) as usize).copied()).collect();
    let text: String = words.join(" ").chars().take(most.unwrap_or(usize::MAX)).collect();
    text.trim_end().to_owned()
}

fn number(min: Option<f64>, max: Option<f64>, step: Option<f64>, rng: &mut Rng) -> String {
    let low = min.unwrap_or_else(|| max.map_or(0.0, |max| max - 100.0));
    let high = max.unwrap_or(low + 100.0);
    let value = match step.filter(|step| *step > 0.0) {
        Some(step) => low + step * (rng.unit_f64() * (((high - low) / step).floor() + 1.0)).floor(),
        None => rng.uniform_f64(low, high),
    };
    // As people write numbers: 0.3, not 0.30000000000000004.
    let text = format!("{:.6}", value.clamp(low, high));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;
    use footlights_experiment::{Experiment, Page, Question, Scene, Screening};

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
            let sent = answer(&controls, |_| None, Check::Right, &mut rng(seed));
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
            let sent = answer(&controls, |_| None, Check::Right, &mut rng(*seed));
            sent.iter().all(|(name, _)| name != "why")
        });
        assert!((30..200).contains(&silent.count()));
    }

    #[test]
    fn a_check_is_passed_or_failed_as_asked() {
        let questions = [
            Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]),
            Question::multiple_choice("keys", "Keys?", &["a", "b"]).multiple().correct(&["a", "b"]),
            Question::number_input("points", "Points?", 0.0, 3.0).correct(&["2"]),
            Question::text_box("word", "Word?").correct(&["slime"]),
        ];
        let takes = [
            Takes::One(options(&["left", "right"])),
            Takes::Several(options(&["a", "b"])),
            Takes::Number { min: Some(0.0), max: Some(3.0), step: Some(1.0) },
            Takes::Text(Some(200)),
        ];
        let page = questions.iter().cloned().fold(Page::new("check", "Check"), Page::ask);
        let controls: Vec<Control> =
            page.questions.iter().zip(takes).map(|(q, takes)| control(&q.id, takes, true)).collect();
        let right = |id: &str| page.questions.iter().find(|q| q.id == id)?.right.clone();
        for seed in 0..50 {
            let mistakes = |check| {
                let sent = answer(&controls, right, check, &mut rng(seed));
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
        let sent = answer(&controls, |_| None, Check::Right, &mut rng(1));
        assert_eq!(sent, DEVICE.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
