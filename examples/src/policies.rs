//! The trained policies that the experiments use.

use footlights::environments::{
    overcooked::{self, Greedy, Layout, Overcooked},
    slime_volleyball::{Config, SlimeVolleyball},
};
use footlights::onnx::{self, ModelFile};
use footlights::prelude::*;

static SLIME_VOLLEYBALL: ModelFile = footlights::model!("models/slime_volleyball.onnx");
static CRAMPED_ROOM: ModelFile = footlights::model!("models/overcooked_cramped_room.onnx");
static COORDINATION_RING: ModelFile = footlights::model!("models/overcooked_coordination_ring.onnx");

/// A policy for Slime Volleyball, trained by `cargo run --release -p footlights-trainer -- slime-volleyball-v0`. It decides 15 times a second and
/// draws its actions at random, so it errs now and then and a participant can win.
///
/// # Errors
/// The model cannot be loaded, or does not fit the environment.
pub fn slime_volleyball() -> Result<Box<dyn Policy>, PolicyError> {
    let config = onnx::Config::new("slime_volleyball").softmax(0.7).frame_skip(2);
    SLIME_VOLLEYBALL.policy(config, &SlimeVolleyball::spec(&Config::default()))
}

/// The kitchens of Overcooked with a trained cook.
pub const WITH_A_TRAINED_COOK: [&str; 2] = ["cramped_room", "coordination_ring"];

/// A cook for a kitchen of Overcooked: a trained one, made as `models/README.md` says, or a scripted one where there is none.
/// The trained ones draw their actions, as in training.
///
/// # Errors
/// As [`slime_volleyball`].
pub fn cook(kitchen: &str) -> Result<Box<dyn Policy>, PolicyError> {
    let config = overcooked::Config { layout: Layout::named(kitchen), ..overcooked::Config::default() };
    let model = match kitchen {
        "cramped_room" => &CRAMPED_ROOM,
        "coordination_ring" => &COORDINATION_RING,
        _ => return Ok(Box::new(Greedy::on(&config.layout))),
    };
    model.policy(onnx::Config::new(kitchen).sampled(), &Overcooked::spec(&config))
}
