//! Answers, long: one row a question and submission of its page.

use footlights_experiment::{Condition, Experiment, Scene};
use footlights_protocol::EpochMs;

use crate::{
    column::{COUNT, Column, ColumnType, Field, LabeledValue, SUBJECT, Table, subject_id},
    error::RecordError,
    levels,
    session::{SessionRecord, TimedSubmission},
};

/// One question in one submission of its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// The participant.
    pub subject_id: String,
    /// The page on which the question was asked.
    pub scene_id: String,
    /// The question.
    pub question_id: String,
    /// Which submission of the page it was, from 1.
    pub attempt: u32,
    /// As it stands in the data; `None` where the question was left out.
    pub answer: Option<String>,
    /// Whether it was right; `None` where no answer is right or wrong.
    pub correct: Option<bool>,
    /// When the page was sent.
    pub answered_at_ms: EpochMs,
    /// The participant's level of each factor, as far as they are known.
    pub condition: Condition,
}

impl AnswerRow {
    fn new(session: &SessionRecord, page: &TimedSubmission, question: &str) -> Self {
        let submission = &page.submission;
        Self {
            subject_id: session.subject.clone(),
            scene_id: page.scene.clone(),
            question_id: question.to_owned(),
            attempt: submission.attempt,
            answer: submission.answers.get(question).map(ToString::to_string),
            correct: submission.correct.get(question).copied(),
            answered_at_ms: page.at_ms,
            condition: session.progress.levels(),
        }
    }
}

/// The table of answers; the same for all scenes of an experiment.
#[must_use]
pub fn table(experiment: &Experiment) -> Table<AnswerRow> {
    general(experiment).with(levels::columns(experiment, |row: &AnswerRow| &row.condition))
}

/// The columns that every experiment has. The participant's row says the levels of the factors.
#[must_use]
pub fn general(experiment: &Experiment) -> Table<AnswerRow> {
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
    Table::new(vec![
        subject_id(SUBJECT, |row: &AnswerRow| Field::text(&row.subject_id)),
        Column::new(
            "scene_id",
            ColumnType::Text,
            "The page on which the question was asked.",
            |row: &AnswerRow| Field::text(&row.scene_id),
        ),
        Column::new(
            "question_id",
            ColumnType::Levels(questions),
            "The question; two pages may have one of the same name.",
            |row: &AnswerRow| Field::text(&row.question_id),
        ),
        Column::new(
            "attempt",
            COUNT,
            "Which sending of the page it was, from 1; wrong answers to a comprehension check lead to another.",
            |row: &AnswerRow| row.attempt.into(),
        ),
        Column::new(
            "answer",
            ColumnType::Text,
            "The answer; several options as a list in JSON. Empty where the question was left out. The participants' table says for each question what its answers look like.",
            |row: &AnswerRow| row.answer.clone().into(),
        ),
        Column::new(
            "correct",
            ColumnType::Boolean,
            "Whether the answer was right. Empty where no answer is right or wrong.",
            |row: &AnswerRow| row.correct.into(),
        ),
        Column::new(
            "answered_at",
            ColumnType::Time,
            "When the page was sent, by the server's clock.",
            |row: &AnswerRow| Field::Time(row.answered_at_ms),
        ),
    ])
}

/// Every question of one scene, by submission in order and in the order of asking, whether it was answered or not.
#[must_use]
pub fn rows(scene: &Scene, session: &SessionRecord) -> Vec<AnswerRow> {
    let questions: Vec<String> = scene.recorded().into_iter().map(|question| question.id).collect();
    let mut rows = Vec::new();
    for page in session.submissions.iter().filter(|page| page.scene == scene.id()) {
        // An answer to a question that a deployment took away stays data.
        let gone = page.submission.answers.keys().filter(|id| !questions.contains(id));
        rows.extend(questions.iter().chain(gone).map(|question| AnswerRow::new(session, page, question)));
    }
    rows
}

/// What was answered on any scene, in the order of submissions. As submissions only ever grow, so does this.
pub fn given(session: &SessionRecord) -> impl Iterator<Item = AnswerRow> {
    session.submissions.iter().flat_map(move |page| {
        page.submission.answers.keys().map(move |question| AnswerRow::new(session, page, question))
    })
}

/// One participant's answers on one scene as CSV, header included.
///
/// # Errors
/// As [`Table::csv`].
pub fn csv(experiment: &Experiment, scene: &Scene, session: &SessionRecord) -> Result<Vec<u8>, RecordError> {
    table(experiment).csv(rows(scene, session))
}
