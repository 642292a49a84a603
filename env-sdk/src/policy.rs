//! What chooses an agent's action when no person does.

use crate::{
    error::PolicyError,
    rng::Rng,
    space::{ActionValue, Space},
};

/// Chooses actions from observations. An action is an *input* to the simulation: it is recorded, and a replay takes the
/// recorded one.
///
/// ```
/// use footlights_env::{ActionValue, Policy, PolicyError, Rng};
///
/// /// Pushes towards the middle.
/// struct Centre;
///
/// impl Policy for Centre {
///     fn act(&mut self, observation: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
///         let x = observation.first().copied().unwrap_or_default();
///         Ok(ActionValue::Discrete(if x < 0.0 { 2 } else { 0 }))
///     }
/// }
/// ```
pub trait Policy {
    /// The next action for this flat observation.
    ///
    /// # Errors
    ///
    /// When the policy cannot choose. The game takes its default action instead and logs the error.
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError>;

    /// The same where it is known which actions the rules allow now: `mask[k]` says it of the discrete action `k`
    /// (PettingZoo's [action mask](https://pettingzoo.farama.org/tutorials/custom_environment/3-action-masking/)). It is
    /// empty where [`Simulation::action_mask`](crate::Simulation::action_mask) is. Rooms call this function; a policy that
    /// does not write it is asked by [`Policy::act`], without the mask.
    ///
    /// # Errors
    ///
    /// As [`Policy::act`].
    fn act_masked(
        &mut self,
        observation: &[f32],
        _mask: &[bool],
        rng: &mut Rng,
    ) -> Result<ActionValue, PolicyError> {
        self.act(observation, rng)
    }

    /// What the policy thought of each discrete action when it last decided, for people who watch it; none where that cannot
    /// be told, as of a script.
    fn preferences(&self) -> Option<Preferences> {
        None
    }

    /// Forgets everything, at the start of an episode.
    fn reset(&mut self) {}

    /// Recurrent state, for a snapshot; empty when there is none.
    ///
    /// # Errors
    ///
    /// When the state cannot be written. The game ends then, because it could not go on from its snapshot.
    fn save(&self) -> Result<Vec<u8>, PolicyError> {
        Ok(Vec::new())
    }

    /// Restores what [`Policy::save`] returned.
    ///
    /// # Errors
    ///
    /// When it is no state of this policy; nothing has changed then.
    fn load(&mut self, _saved: &[u8]) -> Result<(), PolicyError> {
        Ok(())
    }
}

/// What a policy thinks of each discrete action, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Preferences {
    /// The sum of rewards that it expects (Q-values).
    Values(Vec<f32>),
    /// The probability with which it acts so.
    Probabilities(Vec<f32>),
}

/// Uniform over an action space.
///
/// ```
/// use footlights_env::{Policy, RandomPolicy, Rng, Space, Stream};
///
/// let mut policy = RandomPolicy(Space::Discrete { n: 3 });
/// let action = policy.act(&[], &mut Rng::derive(1, Stream::Policy(0), 0, 1))?;
/// assert!(policy.0.contains(&action));
/// # Ok::<(), footlights_env::PolicyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RandomPolicy(pub Space);

impl Policy for RandomPolicy {
    fn act(&mut self, _observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        Ok(self.0.sample(rng))
    }
}
