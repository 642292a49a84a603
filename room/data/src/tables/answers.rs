//! Answers, long: one row a question and sending of its page.

use super::{
    column::{COUNT, Column, Kind, Level, csv, scene_id, subject_id},
    iso8601,
};
use crate::{record::RecordError, session::Answered};
use footlights_experiment::{Experiment, Question, Scene};

/// The columns of answers; the same for all scenes.
pub fn answers_columns(experiment: &Experiment) -> Vec<Column> {
    let mut questions: Vec<Level> = Vec::new();
    for question in experiment.scenes().into_iter().flat_map(Scene::recorded) {
        match questions.iter_mut().find(|known| known.value == question.id) {
            Some(known) if known.meaning.split(" / ").all(|label| label != question.label) => {
                known.meaning = format!("{} / {}", known.meaning, question.label);
            }
            Some(_) => {}
            None => questions.push(Level::new(question.id, question.label)),
        }
    }
    vec![
        subject_id(),
        scene_id("The page on which the question was asked."),
        Column::new(
            "question_id",
            Kind::Levels(questions),
            "The question; two pages may have one of the same name.",
        ),
        Column::new(
            "attempt",
            COUNT,
            "Which sending of the page it was, from 1; wrong answers to a comprehension check lead to another.",
        ),
        Column::new(
            "answer",
            Kind::Text,
            "The answer; several options as a list in JSON. Empty where the question was left out. The participants' table says for each question what its answers look like.",
        ),
        Column::new(
            "correct",
            Kind::Boolean,
            "Whether the answer was right. Empty where no answer is right or wrong.",
        ),
        Column::new("answered_at", Kind::Time, "When the page was sent, by the server's clock."),
    ]
}

/// One participant's answers on one scene as CSV, header included, in the order of sending and of asking.
pub fn answers_csv(
    experiment: &Experiment,
    scene: &Scene,
    subject: &str,
    sheets: &[Answered],
) -> Result<Vec<u8>, RecordError> {
    let asked: Vec<String> = scene.recorded().into_iter().map(|question| question.id).collect();
    let mut rows = Vec::new();
    for answered in sheets.iter().filter(|answered| answered.scene == scene.id()) {
        let sheet = &answered.sheet;
        // An answer to a question that a deployment took away is data all the same.
        let gone = sheet.answers.keys().filter(|id| !asked.contains(id));
        for question in asked.iter().chain(gone) {
            rows.push([
                subject.to_owned(),
                answered.scene.clone(),
                question.clone(),
                sheet.attempt.to_string(),
                sheet.answers.get(question).map(ToString::to_string).unwrap_or_default(),
                sheet.correct.get(question).map(bool::to_string).unwrap_or_default(),
                iso8601(answered.at_ms),
            ]);
        }
    }
    csv(&answers_columns(experiment), rows)
}

/// What the answers to a question look like.
pub(super) fn kind_of(question: &Question) -> Kind {
    use footlights_experiment::Kind as Asked;
    let ends = |low: f64, high: f64, words: &(String, String)| {
        let ends = [(low, &words.0), (high, &words.1)].into_iter().filter(|(_, words)| !words.is_empty());
        Kind::Scale(low, high, ends.map(|(value, words)| Level::new(value.to_string(), words)).collect())
    };
    match &question.kind {
        Asked::TextBox { .. } | Asked::Own { .. } => Kind::Text,
        Asked::NumberInput { min, max, .. } => Kind::Number(Some(*min), Some(*max)),
        Asked::Slider { min, max, ends: words, .. } => ends(*min, *max, words),
        Asked::Scale { points, ends: words } => ends(1.0, f64::from(*points), words),
        Asked::MultipleChoice { options, several, .. } => {
            let levels = options.iter().map(|option| Level::new(option, option)).collect();
            if *several { Kind::List(levels) } else { Kind::Levels(levels) }
        }
    }
}
