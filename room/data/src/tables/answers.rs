//! Answers, long: one row a question and sending of its page.

use super::{
    column::{COUNT, Column, ColumnType, LabeledValue, csv, scene_id, subject_id},
    iso8601,
};
use crate::{record::RecordError, session::TimedSubmission};
use footlights_experiment::{Experiment, Scene};

/// The columns of answers; the same for all scenes.
pub fn answers_columns(experiment: &Experiment) -> Vec<Column> {
    let mut questions: Vec<LabeledValue> = Vec::new();
    for question in experiment.scenes().into_iter().flat_map(Scene::recorded) {
        match questions.iter_mut().find(|known| known.value == question.id) {
            Some(known) if known.meaning.split(" / ").all(|label| label != question.label) => {
                known.meaning = format!("{} / {}", known.meaning, question.label);
            }
            Some(_) => {}
            None => questions.push(LabeledValue::new(question.id, question.label)),
        }
    }
    vec![
        subject_id(),
        scene_id("The page on which the question was asked."),
        Column::new(
            "question_id",
            ColumnType::Levels(questions),
            "The question; two pages may have one of the same name.",
        ),
        Column::new(
            "attempt",
            COUNT,
            "Which sending of the page it was, from 1; wrong answers to a comprehension check lead to another.",
        ),
        Column::new(
            "answer",
            ColumnType::Text,
            "The answer; several options as a list in JSON. Empty where the question was left out. The participants' table says for each question what its answers look like.",
        ),
        Column::new(
            "correct",
            ColumnType::Boolean,
            "Whether the answer was right. Empty where no answer is right or wrong.",
        ),
        Column::new("answered_at", ColumnType::Time, "When the page was sent, by the server's clock."),
    ]
}

/// One participant's answers on one scene as CSV, header included, in the order of sending and of asking.
pub fn answers_csv(
    experiment: &Experiment,
    scene: &Scene,
    subject: &str,
    submissions: &[TimedSubmission],
) -> Result<Vec<u8>, RecordError> {
    let asked: Vec<String> = scene.recorded().into_iter().map(|question| question.id).collect();
    let mut rows = Vec::new();
    for answered in submissions.iter().filter(|answered| answered.scene == scene.id()) {
        let submission = &answered.submission;
        // An answer to a question that a deployment took away is data all the same.
        let gone = submission.answers.keys().filter(|id| !asked.contains(id));
        for question in asked.iter().chain(gone) {
            rows.push([
                subject.to_owned(),
                answered.scene.clone(),
                question.clone(),
                submission.attempt.to_string(),
                submission.answers.get(question).map(ToString::to_string).unwrap_or_default(),
                submission.correct.get(question).map(bool::to_string).unwrap_or_default(),
                iso8601(answered.at_ms),
            ]);
        }
    }
    csv(&answers_columns(experiment), rows)
}
