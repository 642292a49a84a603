//! Who holds a seat of a game: a participant, or a policy.

use std::sync::Arc;

use footlights_env::{Agent, Policy, PolicyError, RandomPolicy, Simulation};
use serde::Serialize;

/// Makes a policy when a room opens or an episode begins. A factory that loads a model should keep it, so that only the
/// first call is slow.
pub type PolicyFactory = Arc<dyn Fn() -> Result<Box<dyn Policy>, PolicyError> + Send + Sync>;

/// Who holds an agent's seat.
///
/// ```
/// use footlights_environments::slime_volleyball::{Chaser, Config, SlimeVolleyball};
/// use footlights_experiment::{GameScene, Seat};
///
/// let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
///     .seat(Seat::Human)
///     .seat(Seat::policy("chaser", || Ok(Box::new(Chaser))));
/// assert_eq!(game.seats[1].name(), "chaser");
/// ```
#[derive(Clone, Serialize)]
#[serde(tag = "holder", rename_all = "snake_case")]
#[must_use]
pub enum Seat {
    /// A participant.
    Human,
    /// A trained or scripted policy; see [`Seat::policy`].
    Policy {
        /// The policy's name in the data.
        name: String,
        /// Makes the policy.
        #[serde(skip)]
        make: PolicyFactory,
    },
    /// A policy that draws every action uniformly at random.
    Random,
}

impl Seat {
    /// A seat for a trained or scripted policy. `name` stands in the data; `make` may capture what it needs, such as a
    /// condition's parameters.
    pub fn policy(
        name: &str,
        make: impl Fn() -> Result<Box<dyn Policy>, PolicyError> + Send + Sync + 'static,
    ) -> Self {
        Self::Policy { name: name.into(), make: Arc::new(make) }
    }

    /// The name of the seat's holder in the data.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Human => "human",
            Self::Policy { name, .. } => name,
            Self::Random => "random",
        }
    }

    /// Whether a participant holds the seat.
    #[must_use]
    pub fn is_human(&self) -> bool {
        matches!(self, Self::Human)
    }
}

/// A new policy for a seat; `None` if a participant holds it.
///
/// # Errors
/// The policy cannot be made, for example because its model does not fit the environment.
pub fn make_policy(
    seat: &Seat,
    agent: Agent,
    sim: &dyn Simulation,
) -> Result<Option<Box<dyn Policy>>, PolicyError> {
    Ok(match seat {
        Seat::Policy { make, .. } => Some(make()?),
        Seat::Random => Some(Box::new(RandomPolicy(sim.spec().action_space(agent).clone()))),
        Seat::Human => None,
    })
}
