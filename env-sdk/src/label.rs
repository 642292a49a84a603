//! Names and meanings of an environment's numbers, for people who read the data.

use std::borrow::Cow;

use crate::{
    agent::Agent,
    record::{RecordKind, RecordValue},
};

/// The name and the meaning of a number that an environment reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Short, without spaces. For an [`Info`](crate::Info) its key.
    pub name: Cow<'static, str>,
    /// In a sentence.
    pub meaning: Cow<'static, str>,
    /// Such as `court units`; empty where there is none.
    pub unit: &'static str,
}

impl Label {
    /// A label; `unit` may be empty.
    #[must_use]
    pub const fn new(name: &'static str, meaning: &'static str, unit: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), meaning: Cow::Borrowed(meaning), unit }
    }
}

/// A recorded column of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLabel {
    /// Its name, meaning and unit.
    pub label: Label,
    /// What its values are.
    pub kind: RecordKind,
}

/// Labels of what one agent observes and does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentLabels {
    /// The places of the observation, in order; all of them or none.
    pub observations: Vec<Label>,
    /// The actions of a [`Space::Discrete`](crate::Space::Discrete), in order; all of them or none.
    pub actions: Vec<&'static str>,
}

impl AgentLabels {
    /// Sets the labels of the observation's places.
    #[must_use]
    pub fn observing(mut self, observations: impl Into<Vec<Label>>) -> Self {
        self.observations = observations.into();
        self
    }
}

/// What an environment's numbers mean; the codebook of every export says it to analysts.
///
/// ```
/// use footlights_env::{Agent, Discrete, Label, Labels, RecordKind};
///
/// #[derive(Clone, Copy, Discrete)]
/// enum Move {
///     Stay,
///     Go,
/// }
///
/// let agent = Move::labels().observing([Label::new("x", "Where the agent is", "cells")]);
/// let labels = Labels::homogeneous(2, agent)
///     .info("hits", "Hits in this step", "")
///     .state("board", "All cells, row by row", "", RecordKind::Json);
/// assert_eq!(labels.actions(Agent(1)), ["stay", "go"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// By agent; without entries nothing is labelled.
    pub agents: Vec<AgentLabels>,
    /// Every [`Info`](crate::Info) that a step may report. Each is a column of the data; one that is not listed here is
    /// in none.
    pub infos: Vec<Label>,
    /// What [`Environment::record`](crate::Environment::record) returns, in order.
    pub state: Vec<StateLabel>,
}

impl Labels {
    /// The same labels for each of `agents` agents.
    #[must_use]
    pub fn homogeneous(agents: usize, labels: AgentLabels) -> Self {
        Self { agents: vec![labels; agents], ..Self::default() }
    }

    /// Adds an info that steps report.
    #[must_use]
    pub fn info(mut self, name: &'static str, meaning: &'static str, unit: &'static str) -> Self {
        self.infos.push(Label::new(name, meaning, unit));
        self
    }

    /// Adds a column of the state that is recorded.
    #[must_use]
    pub fn state(
        mut self,
        name: impl Into<Cow<'static, str>>,
        meaning: impl Into<Cow<'static, str>>,
        unit: &'static str,
        kind: RecordKind,
    ) -> Self {
        self.state
            .push(StateLabel { label: Label { name: name.into(), meaning: meaning.into(), unit }, kind });
        self
    }

    /// Whether these are values of the declared columns of the state, in order.
    ///
    /// # Errors
    /// A sentence that names the column, or the number of columns, that differs.
    pub fn check_record(&self, values: &[RecordValue]) -> Result<(), String> {
        if self.state.len() != values.len() {
            let (declared, recorded) = (self.state.len(), values.len());
            return Err(format!("{recorded} values are recorded, the labels declare {declared}"));
        }
        match self.state.iter().zip(values).find(|(column, value)| column.kind != value.kind()) {
            Some((column, value)) => Err(format!(
                "{:?} is recorded as {value:?}, declared as {:?}",
                column.label.name, column.kind
            )),
            None => Ok(()),
        }
    }

    /// Labels of the places of an agent's observation.
    #[must_use]
    pub fn observations(&self, agent: Agent) -> &[Label] {
        self.agents.get(agent.index()).map_or(&[], |labels| &labels.observations)
    }

    /// Labels of an agent's actions.
    #[must_use]
    pub fn actions(&self, agent: Agent) -> &[&'static str] {
        self.agents.get(agent.index()).map_or(&[], |labels| &labels.actions)
    }
}
