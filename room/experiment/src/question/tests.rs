//! What answers are accepted, which questions are refused, and what they look like as HTML.

use footlights_env::{Rng, Stream};
use footlights_protocol::words::Words;
use proptest::prelude::*;

use crate::{Answer, Question};

fn question(builder: impl Into<Question>) -> Question {
    builder.into()
}

fn text(answer: &str) -> Result<Option<Answer>, String> {
    Ok(Some(Answer::Text(answer.into())))
}

fn number(answer: f64) -> Result<Option<Answer>, String> {
    Ok(Some(Answer::Number(answer)))
}

#[test]
fn what_is_required_must_be_answered_and_what_is_optional_need_not() {
    let asked = question(Question::text_box("why", "Why?"));
    assert_eq!(asked.accept(&["  "]), Err("Please answer this question.".into()));
    assert_eq!(asked.accept(&[]), Err("Please answer this question.".into()));
    assert_eq!(question(Question::text_box("why", "Why?").optional()).accept(&[""]), Ok(None));
}

#[test]
fn text_has_a_length_and_lines_only_where_they_are_asked_for() {
    let short = question(Question::text_box("a", "A").max_chars(3));
    assert_eq!(short.accept(&[" äöü "]), text("äöü"));
    assert!(short.accept(&["abcd"]).unwrap_err().contains("3 characters"));
    // What is pasted is cleaned, and counted as it is kept.
    assert_eq!(short.accept(&["a\r\nb"]), text("a b"));
    assert_eq!(question(Question::text_area("a", "A")).accept(&["a\r\nb"]), text("a\nb"));
    assert_eq!(question(Question::text_area("a", "A")).accept(&["a\0b\u{feff}"]), text("ab"));
    let lines = question(Question::text_area("a", "A").max_chars(20));
    assert_eq!(lines.accept(&["a\r\n".repeat(10).as_str()]), text("a\na\na\na\na\na\na\na\na\na"));
    assert!(lines.accept(&["👩‍👧".repeat(7).as_str()]).unwrap_err().contains("it has 21, which is 1 too many"));
}

#[test]
fn numbers_lie_between_their_bounds_and_on_their_steps() {
    let age = question(Question::number_input("age", "Age", 18.0, 99.0));
    assert_eq!(age.accept(&["18"]), number(18.0));
    for bad in ["17", "100", "18.5", "NaN", "inf", "eighteen", "0x20"] {
        assert!(age.accept(&[bad]).is_err(), "{bad}");
    }
    assert!(age.accept(&["20", "21"]).is_err());
    let slider = question(Question::slider("s", "S", 0.0, 1.0, 0.1));
    assert_eq!(slider.accept(&["0.3"]), number(0.3));
    assert!(slider.accept(&["0.35"]).is_err());
    let any = question(Question::number_input("n", "N", 0.0, 1.0).step(0.0));
    assert_eq!(any.accept(&["0.123"]), number(0.123));
    let likert = question(Question::scale("l", "L", 7));
    assert_eq!(likert.accept(&["7"]), number(7.0));
    assert!(likert.accept(&["8"]).is_err() && likert.accept(&["0"]).is_err());
}

#[test]
fn only_options_that_were_offered_are_chosen() {
    let choice = || Question::multiple_choice("c", "C", &["red", "blue"]);
    let one = question(choice());
    assert_eq!(one.accept(&["blue"]), text("blue"));
    assert!(one.accept(&["green"]).is_err() && one.accept(&["red", "blue"]).is_err());
    let any = question(choice().multiple());
    let both = Answer::Several(vec!["red".into(), "blue".into()]);
    assert_eq!(any.accept(&["blue", "red", "blue"]), Ok(Some(both)));
    assert!(any.accept(&["blue", "green"]).is_err());
    assert!(any.accept(&[]).is_err());
}

/// What a browser sends for an option: the value of its control, with the line ends of a form.
#[test]
fn every_option_that_is_offered_can_be_chosen_whatever_is_in_it() {
    let options = [
        "Yes ",
        "\u{a0}No",
        "both\r\nlines",
        "tab\there",
        "a+b=c & <d>",
        "100 %",
        "שלום\u{200f}",
        "はい。",
        "😀",
        "e\u{301}",
        "a,b;\"c\"",
        "-1",
        "=A1",
        "NA",
        "\u{feff}marked",
        "{{braces}}",
    ];
    for several in [false, true] {
        let builder = Question::multiple_choice("c", "C?", &options).option_image("Yes ", "yes.png");
        let choice = question(if several { builder.multiple() } else { builder });
        assert_eq!(choice.validate(), Ok(()));
        for option in options {
            for sent in [option.to_owned(), option.replace("\r\n", "\n"), format!(" {option}\u{a0}")] {
                assert!(matches!(choice.accept(&[&sent]), Ok(Some(_))), "{sent:?}");
                let again =
                    choice.render(&[("c".into(), sent.clone())], None, &Words::default()).into_string();
                assert_eq!(again.matches(" checked").count(), 1, "{sent:?} is still chosen");
            }
        }
    }
    let check = question(Question::option_cards("c", "C?", &["Yes ", "No"]).correct(&["Yes "]));
    assert_eq!(check.validate(), Ok(()));
    assert_eq!(check.is_correct(check.accept(&["Yes"]).unwrap().as_ref()), Some(true));
}

#[test]
fn every_value_that_a_slider_can_send_is_accepted() {
    for (min, max, step) in
        [(0.1, 0.7, 0.2), (-1.0, 1.0, 0.1), (0.0, 1e9, 0.1), (0.0, 1.0, 1.0 / 3.0), (5e-7, 1e-6, 1e-7)]
    {
        let slider = question(Question::slider("s", "S", min, max, step));
        assert_eq!(slider.validate(), Ok(()), "{min} {max} {step}");
        let steps = ((max - min) / step + 1e-9).floor();
        for k in [0.0, 1.0, 2.0, 3.0, steps / 2.0, steps - 1.0, steps]
            .map(f64::floor)
            .into_iter()
            .filter(|k| *k <= steps)
        {
            // As browsers compute it, and as they write it.
            let sent = (min + k * step).to_string();
            assert!(matches!(slider.accept(&[&sent]), Ok(Some(_))), "{sent} of {min} to {max} by {step}");
        }
    }
    let several = question(Question::custom_html("own", "Own"));
    assert_eq!(several.accept(&["a", "b "]), Ok(Some(Answer::Several(vec!["a".into(), "b".into()]))));
}

#[test]
fn a_wrong_question_is_refused_by_name() {
    fn wrong(question: impl Into<Question>, words: &str) {
        let question = question.into();
        let message = question.validate().unwrap_err();
        assert!(message.contains(words) && message.contains(&question.id), "{message}");
    }
    wrong(Question::text_box("a b", "A"), "letters, digits");
    wrong(Question::text_box("a", " "), "label");
    wrong(Question::text_box("a", "A").max_chars(0), "max_chars");
    wrong(Question::number_input("a", "A", 2.0, 1.0), "min must be less than max");
    wrong(Question::slider("a", "A", 0.0, 1.0, 0.0), "step");
    wrong(Question::slider("a", "A", 0.0, 1.0, 2.0), "step must fit");
    wrong(Question::scale("a", "A", 1), "2 to 11 points");
    wrong(Question::multiple_choice("a", "A", &["x"]), "at least two options");
    wrong(Question::multiple_choice("a", "A", &["x", "x"]), "\"x\"");
    wrong(Question::multiple_choice("a", "A", &["x ", "x"]), "\"x\" is empty or appears twice");
    wrong(Question::multiple_choice("a", "A", &["x", "\u{200b}"]), "empty");
    wrong(Question::option_cards("a", "A", &["x", "y"]).option_image("z", "z.png"), "\"z\"");
    wrong(Question::multiple_choice("a", "A", &["x", "y"]).correct(&["z"]), "nobody can give");
    wrong(Question::number_input("a", "A", 0.0, 5.0).correct(&["6"]), "nobody can give");
    assert_eq!(question(Question::number_input("a", "A", 0.0, 1.0).step(0.0)).validate(), Ok(()));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_accepted_within_the_rules_or_refused(given: Vec<String>) {
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let asked = [
            question(Question::text_box("a", "A")),
            question(Question::number_input("a", "A", 0.0, 9.0)),
            question(Question::scale("a", "A", 5)),
            question(Question::multiple_choice("a", "A", &["x", "y"]).multiple()),
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

/// One question of every kind and option. The compiler cannot know them: a new kind is added here, and its HTML to
/// `rendered.txt`.
fn every_kind() -> Vec<Question> {
    vec![
        Question::text_box("name", "Your <name>").max_chars(7).into(),
        Question::text_area("why", "Why?").optional().into(),
        Question::number_input("age", "Age", 18.0, 99.0).into(),
        Question::number_input("exact", "Exact", -1.0, 1.0).step(0.0).optional().into(),
        Question::slider("skill", "Whose?", -2.0, 2.0, 0.5).anchors("Mine", "\"Yours\"").into(),
        Question::slider("plain", "Plain", 0.0, 100.0, 1.0).into(),
        Question::scale("fun", "Fun", 3).anchors("None & nil", "Much").into(),
        Question::scale("bare", "Bare", 2).optional().into(),
        Question::multiple_choice("one", "One", &["a<b", "c"]).into(),
        Question::multiple_choice("some", "Some", &["a", "b"]).multiple().into(),
        Question::option_cards("card", "Card", &["x", "y"]).into(),
        Question::multiple_choice("picture", "Picture", &["x", "y"]).option_image("x", "x.png").into(),
        Question::custom_html("own", "Own").into(),
    ]
}

/// `rendered.txt` has the HTML on the first visit, and after a refused answer.
#[test]
fn html_is_as_it_always_was_and_escapes_what_researchers_and_participants_wrote() {
    let sent = ["a\"b", "x & <y>", "200", "0.5", "1.5", "3", "3", "1", "a<b", "b", "y", "x", "z"];
    assert_eq!(every_kind().len(), sent.len(), "one sent value for each question");
    let mut expected = include_str!("rendered.txt").lines();
    for (question, sent) in every_kind().iter().zip(sent) {
        let id = &question.id;
        let sent = [(id.clone(), sent.to_owned()), (id.clone(), "a".to_owned())];
        let first = format!("first {id} {}", question.render(&[], None, &Words::default()).into_string());
        let again = format!(
            "again {id} {}",
            question.render(&sent, Some("Not <right>."), &Words::default()).into_string()
        );
        assert_eq!(Some(first.trim_end()), expected.next());
        assert_eq!(Some(again.trim_end()), expected.next());
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn the_configuration_has_the_name_and_the_parameters_of_the_kind() {
    let json = |builder| serde_json::to_value::<Question>(builder).unwrap();
    assert_eq!(
        json(Question::slider("s", "S", 0.0, 1.0, 0.5).anchors("low", "high").optional().into()),
        serde_json::json!({
            "id": "s", "label": "S", "required": false, "right": null,
            "kind": { "kind": "slider", "min": 0.0, "max": 1.0, "step": 0.5, "ends": ["low", "high"] },
        })
    );
    assert_eq!(
        json(Question::multiple_choice("c", "C", &["x", "y"]).correct(&["y"]).into()),
        serde_json::json!({
            "id": "c", "label": "C", "required": true, "right": ["y"],
            "kind": {
                "kind": "multiple_choice", "options": ["x", "y"], "several": false, "boxes": false, "images": {},
            },
        })
    );
}

#[test]
fn every_sample_is_an_answer_that_is_accepted() {
    for question in every_kind() {
        for seed in 0..200 {
            let mut rng = Rng::derive(seed, Stream::Policy(0), 0, 0);
            let sample = question.sample(&mut rng);
            let given: Vec<&str> = sample.iter().map(String::as_str).collect();
            assert!(matches!(question.accept(&given), Ok(Some(_))), "{}: {given:?}", question.id);
        }
    }
}
