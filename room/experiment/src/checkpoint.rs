//! A policy as it was at one point of its training, for people who watch.

use footlights_env::{Environment, Policy, PolicyError};

use crate::{
    game::{Assets, EnvironmentRef},
    seat::PolicyFactory,
};

/// A policy that a page lets people watch, with the environment that it plays. Where the environment has several agents, it
/// holds every seat.
///
/// ```
/// use footlights_environments::mountain_car::{Config, MountainCar, Rocker};
/// use footlights_experiment::Checkpoint;
///
/// let skilled = Checkpoint::new::<MountainCar>("skilled", Config::default(), || Ok(Box::new(Rocker)))
///     .trained(20_000)
///     .scored(-118.0)
///     .about("Rocks until it is fast enough.");
/// assert_eq!(skilled.environment.id, "mountain-car-v0");
/// ```
#[derive(Clone)]
#[must_use]
pub struct Checkpoint {
    /// Its name, by which it is chosen.
    pub name: String,
    /// What it plays.
    pub environment: EnvironmentRef,
    /// The images that its environment brings with it.
    pub assets: Assets,
    /// The steps after which it was taken from its training.
    pub training_step: Option<u64>,
    /// The mean of what it is rewarded in an episode.
    pub score: Option<f64>,
    /// What there is to see, in a sentence.
    pub about: String,
    make: Option<PolicyFactory>,
}

impl Checkpoint {
    /// A checkpoint; `make` makes its policy for one seat, as for [`Seat::policy`](crate::Seat::policy).
    pub fn new<E: Environment>(
        name: &str,
        config: E::Config,
        make: impl Fn() -> Result<Box<dyn Policy>, PolicyError> + Send + Sync + 'static,
    ) -> Self {
        Self { make: Some(std::sync::Arc::new(make)), ..Self::random::<E>(name, config) }
    }

    /// An agent that acts at random, as before any training.
    pub fn random<E: Environment>(name: &str, config: E::Config) -> Self {
        let environment = EnvironmentRef::of::<E>(&config);
        Self {
            name: name.into(),
            environment,
            assets: Assets::bundled::<E>(),
            training_step: None,
            score: None,
            about: String::new(),
            make: None,
        }
    }

    /// A checkpoint that a running deployment learnt; `environment` is the one that it plays.
    #[cfg(feature = "json")]
    pub fn learnt(
        name: &str,
        environment: EnvironmentRef,
        make: impl Fn() -> Result<Box<dyn Policy>, PolicyError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            environment,
            assets: Assets::default(),
            training_step: None,
            score: None,
            about: String::new(),
            make: Some(std::sync::Arc::new(make)),
        }
    }

    /// The same environment with another policy, under another name.
    pub fn with(
        &self,
        name: &str,
        make: impl Fn() -> Result<Box<dyn Policy>, PolicyError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), make: Some(std::sync::Arc::new(make)), ..self.clone() }
    }

    /// Says after how many steps of training it was taken.
    pub fn trained(mut self, steps: u64) -> Self {
        self.training_step = Some(steps);
        self
    }

    /// Says what it is rewarded in an episode, on average.
    pub fn scored(mut self, mean: f64) -> Self {
        self.score = Some(mean);
        self
    }

    /// Says in a sentence what there is to see.
    pub fn about(mut self, sentence: &str) -> Self {
        self.about = sentence.into();
        self
    }

    /// Its policy, for one seat; none for one that acts at random.
    ///
    /// # Errors
    /// The policy cannot be made, for example because its model does not fit the environment.
    pub fn policy(&self) -> Result<Option<Box<dyn Policy>>, PolicyError> {
        self.make.as_ref().map(|make| make()).transpose()
    }
}
