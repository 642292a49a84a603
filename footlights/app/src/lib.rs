//! What a deployment is made of: the environments and the experiments of a lab.
//!
//! A lab's crate has one function that returns an [`App`]. Each WebAssembly module that is built from the crate calls
//! [`install`] with it when it starts, and what serves or simulates asks [`installed`].
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

#[cfg(feature = "experiments")]
mod check;
#[cfg(all(feature = "experiments", not(target_arch = "wasm32")))]
mod review;

use std::sync::OnceLock;

use footlights_env::{Entry, Environment, Policy, Registry};
use footlights_experiment::{Checkpoint, Experiment};

#[cfg(feature = "experiments")]
pub use check::{Checked, Problem};
#[cfg(all(feature = "experiments", not(target_arch = "wasm32")))]
pub use review::Review;

#[cfg(feature = "experiments")]
type MakeExperiment = Box<dyn Fn() -> Experiment + Send + Sync>;
#[cfg(feature = "experiments")]
type MakeCheckpoint = Box<dyn Fn() -> Checkpoint + Send + Sync>;

/// The environments and the experiments of a deployment.
///
/// ```
/// use footlights_app::App;
/// use footlights_environments::mountain_car::{Config, MountainCar, Rocker};
/// use footlights_experiment::prelude::*;
///
/// fn hill() -> Experiment {
///     Experiment::new("hill", "Up the hill")
///         .scene(Scene::start(Page::new("start", "Up the hill").text("Rock the car until it reaches the flag.")))
///         .scene(GameScene::new::<MountainCar>("game", Config::default()).seat(Seat::Human))
///         .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
/// }
///
/// let app = App::new()
///     .environment::<MountainCar>()
///     .policy::<MountainCar>("scripted", |_| Box::new(Rocker))
///     .experiment(hill);
/// assert!(app.registry().get("mountain-car-v0").is_ok());
/// ```
#[must_use]
pub struct App {
    registry: Registry,
    assets: &'static str,
    #[cfg(feature = "experiments")]
    experiments: Vec<MakeExperiment>,
    #[cfg(feature = "experiments")]
    checkpoints: Vec<MakeCheckpoint>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            registry: Registry::default(),
            assets: "assets",
            #[cfg(feature = "experiments")]
            experiments: Vec::new(),
            #[cfg(feature = "experiments")]
            checkpoints: Vec::new(),
        }
    }
}

impl App {
    /// An app with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder with the pictures and sounds that experiments name, from the folder of the lab's package; `assets` without
    /// this.
    pub fn assets(mut self, folder: &'static str) -> Self {
        self.assets = folder;
        self
    }

    /// Adds an environment, so that browsers can simulate it, replays can be played again, and the conformance kit and
    /// `rollout` know it. One of the same id is replaced.
    pub fn environment<E: Environment>(mut self) -> Self {
        self.registry = self.registry.with(Entry::of::<E>());
        self
    }

    /// Adds a policy written in Rust to an environment, by a name: for programs that play environments without an experiment,
    /// such as a trainer in Python. `make` is given the configuration that it plays. Seats of experiments do not need it; they
    /// are given their policies directly.
    ///
    /// An environment that was not added is added.
    pub fn policy<E: Environment>(
        mut self,
        name: &'static str,
        make: fn(&E::Config) -> Box<dyn Policy>,
    ) -> Self {
        let entry = self.registry.get(E::ID).cloned().unwrap_or_else(|_| Entry::of::<E>());
        self.registry = self.registry.with(entry.scripted::<E>(name, make));
        self
    }

    /// Adds an experiment: a function that makes it, such as `hill::experiment`. The front page lists experiments in the
    /// order in which they were added.
    ///
    /// A function and not the experiment itself, because the pages of participants are built from the same app and must
    /// not carry what makes every experiment.
    pub fn experiment(self, make: impl Fn() -> Experiment + Send + Sync + 'static) -> Self {
        #[cfg(feature = "experiments")]
        {
            let mut app = self;
            app.experiments.push(Box::new(make));
            app
        }
        #[cfg(not(feature = "experiments"))]
        {
            drop(make);
            self
        }
    }

    /// Adds a policy that people can watch at `/watch`: a function that makes its [`Checkpoint`]. Those of one environment are
    /// listed in the order in which they were added, and a session begins with the last one of the environment that was
    /// named first. A name counts once.
    pub fn checkpoint(self, make: impl Fn() -> Checkpoint + Send + Sync + 'static) -> Self {
        #[cfg(feature = "experiments")]
        {
            let mut app = self;
            app.checkpoints.push(Box::new(make));
            app
        }
        #[cfg(not(feature = "experiments"))]
        {
            drop(make);
            self
        }
    }

    /// The environments.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The folder of the assets, from that of the lab's package.
    #[must_use]
    pub fn assets_folder(&self) -> &'static str {
        self.assets
    }

    /// The experiments, made anew, in the order of the front page.
    #[cfg(feature = "experiments")]
    #[must_use]
    pub fn experiments(&self) -> Vec<Experiment> {
        self.experiments.iter().map(|make| make()).collect()
    }

    /// The policies that people can watch, made anew, in the order of adding.
    #[cfg(feature = "experiments")]
    #[must_use]
    pub fn checkpoints(&self) -> Vec<Checkpoint> {
        self.checkpoints.iter().map(|make| make()).collect()
    }
}

static INSTALLED: OnceLock<App> = OnceLock::new();

/// Makes `app` the one that this module serves or simulates. The first call counts: a module is built from one app.
pub fn install(app: fn() -> App) {
    INSTALLED.get_or_init(app);
}

/// The app of this module; one with nothing in it where none was installed.
pub fn installed() -> &'static App {
    INSTALLED.get_or_init(App::default)
}
