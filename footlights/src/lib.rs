//! Footlights runs behavioural experiments in which people play reinforcement-learning environments with each other and
//! with trained policies, in the browser, from Cloudflare's edge.
//!
//! This crate is what a lab's repository depends on. The repository is one package: `src/lib.rs` has a function `app` that
//! names the lab's environments and experiments, and `src/main.rs` is one line.
//!
//! ```
//! // src/lib.rs
//! use footlights::environments::mountain_car::{Config, MountainCar, Push};
//! use footlights::prelude::*;
//!
//! pub fn app() -> App {
//!     App::new().environment::<MountainCar>().experiment(hill)
//! }
//!
//! fn hill() -> Experiment {
//!     Experiment::new("hill", "Up the hill")
//!         .scene(Scene::start(Page::new("start", "Up the hill").text("Rock the car until it reaches the flag.")))
//!         .scene(
//!             GameScene::new::<MountainCar>("game", Config::default())
//!                 .seat(Seat::Human)
//!                 .action(&["ArrowLeft"], Push::Left, "left")
//!                 .action(&["ArrowRight"], Push::Right, "right"),
//!         )
//!         .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
//! }
//! # assert_eq!(app().registry().iter().count(), 1);
//! ```
//!
//! ```ignore
//! // src/main.rs
//! footlights::main!(my_lab::app);
//! ```
//!
//! `cargo run -- dev` serves it on this machine, `cargo run -- deploy` at Cloudflare.

pub use footlights_app::App;
pub use footlights_data as data;
pub use footlights_env as env;
pub use footlights_environments as environments;
pub use footlights_experiment as experiment;
pub use footlights_onnx as onnx;
pub use footlights_protocol as protocol;

#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub use footlights_cli as cli;

#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub use footlights_testing as testing;

/// Everything that environments and experiments usually need: `use footlights::prelude::*;`.
pub mod prelude {
    pub use footlights_app::App;
    pub use footlights_env::prelude::*;
    pub use footlights_experiment::prelude::*;
}

/// A model file of this lab, by its path from the folder of the package: `footlights::model!("models/cook.onnx")`, for a
/// `static`; see [`onnx::ModelFile`].
#[macro_export]
macro_rules! model {
    ($path:expr) => {
        $crate::onnx::ModelFile::new(
            ::core::concat!(::core::env!("CARGO_PKG_NAME"), "/", $path),
            $crate::model_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", $path)),
        )
    };
}

#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
#[macro_export]
macro_rules! model_bytes {
    ($path:expr) => {
        ::core::include_bytes!($path)
    };
}

/// WebAssembly modules ask their host.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[macro_export]
macro_rules! model_bytes {
    ($path:expr) => {
        &[]
    };
}

/// The whole `main` of a lab's program: `footlights::main!(my_lab::app);`.
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
#[macro_export]
macro_rules! main {
    ($app:path) => {
        fn main() -> ::std::process::ExitCode {
            $crate::cli::main($app, ::core::env!("CARGO_MANIFEST_DIR"))
        }
    };
}

/// The tests of a lab: `footlights::tests!(my_lab::app);` in a file of its `tests/` folder.
#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
#[macro_export]
macro_rules! tests {
    ($app:path) => {
        #[test]
        fn environments_pass_the_conformance_kit() {
            $crate::testing::lab::environments_conform($app);
        }

        #[test]
        fn environments_keep_their_golden_digests() {
            $crate::testing::lab::goldens_hold($app, ::core::env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn experiments_are_configured_right() {
            $crate::testing::lab::experiments_are_right($app, ::core::env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn bots_walk_through_every_experiment() {
            $crate::testing::lab::bots_walk_through($app);
        }
    };
}
