//! Actions that are chosen from a list: the derive's counterpart.

use crate::{label::AgentLabels, space::ActionValue, space::Space};

/// A value that is none of the actions of a list.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{value} is none of the {n} actions")]
pub struct NotAnAction {
    /// The value.
    pub value: ActionValue,
    /// How many actions there are; they are numbered from 0.
    pub n: usize,
}

/// One agent's action out of a list; `#[derive(Discrete)]` implements it for an enum without fields.
///
/// The derive also writes `TryFrom<ActionValue>` and `Into<ActionValue>`, which [`Environment::Action`] demands. The
/// list is the single place that says how many actions there are, in which order, and what they are called.
///
/// [`Environment::Action`]: crate::Environment::Action
///
/// ```
/// use footlights_env::{AgentSpec, Discrete, Space};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Discrete)]
/// enum Move {
///     Noop,
///     Left,
///     Right,
/// }
///
/// assert_eq!(Move::space(), Space::Discrete { n: 3 });
/// assert_eq!(Move::Left.label(), "left");
/// let agent = AgentSpec::new(Move::space(), Space::uniform_box(2, -1.0, 1.0)).noop(Move::Noop);
/// assert!(agent.action_space.contains(&Move::Right.into()));
/// ```
pub trait Discrete: Copy + 'static {
    /// All actions; the action `k` of the space stands at place `k`.
    const ALL: &'static [Self];
    /// Their labels, in the same order.
    const LABELS: &'static [&'static str];
    /// How many there are.
    const N: usize = Self::ALL.len();

    /// The action's number, which is its place in [`Discrete::ALL`].
    fn index(self) -> usize;

    /// The action's label.
    fn label(self) -> &'static str {
        Self::LABELS.get(self.index()).copied().unwrap_or_default()
    }

    /// The action of that number.
    ///
    /// # Errors
    ///
    /// [`NotAnAction`] for another number and for a continuous value.
    fn from_value(value: &ActionValue) -> Result<Self, NotAnAction> {
        let found = match value {
            ActionValue::Discrete(number) => usize::try_from(*number).ok().and_then(|at| Self::ALL.get(at)),
            ActionValue::Continuous(_) => None,
        };
        found.copied().ok_or_else(|| NotAnAction { value: value.clone(), n: Self::N })
    }

    /// The action space: as many numbers as there are actions.
    #[must_use]
    fn space() -> Space {
        Space::Discrete { n: u32::try_from(Self::N).unwrap_or(u32::MAX) }
    }

    /// Labels of an agent with these actions, without those of observations.
    #[must_use]
    fn labels() -> AgentLabels {
        AgentLabels { actions: Self::LABELS.to_vec(), observations: Vec::new() }
    }
}
