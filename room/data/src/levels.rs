//! The columns that say to which levels of an experiment's factors a row belongs.

use footlights_experiment::{Condition, Experiment};

use crate::column::{Column, ColumnType, Field, LabeledValue};

/// One column a factor, such as `condition.tone`.
pub(crate) fn columns<R: 'static>(
    experiment: &Experiment,
    condition: impl Fn(&R) -> &Condition + Copy + Send + Sync + 'static,
) -> Vec<Column<R>> {
    let column = |(factor, levels): (String, Vec<String>)| {
        let words =
            format!("The level of {factor}. Empty where it was not drawn, or belongs to nobody here.");
        Column::new(format!("condition.{factor}"), labeled(levels), words, move |row: &R| {
            condition(row).get(&factor).map_or(Field::Missing, |level| Field::text(level))
        })
    };
    experiment.factors().into_iter().map(column).collect()
}

/// The levels as what a column can hold.
pub(crate) fn labeled(levels: Vec<String>) -> ColumnType {
    ColumnType::Levels(levels.into_iter().map(|level| LabeledValue::new(&level, &level)).collect())
}
