//! The committed model meets its bars, played the way a room plays it.

use footlights_env::{Discrete as _, Environment as _, Policy, RandomPolicy};
use footlights_environments::slime_volleyball::{Chaser, Config, Move, SlimeVolleyball};
use footlights_onnx::{Model, OnnxPolicy};
use footlights_trainer::{
    evaluate::{Tally, both_sides},
    play_config,
};

const SHIPPED: &[u8] = include_bytes!("../../models/slime_volleyball.onnx");

fn shipped() -> OnnxPolicy {
    let spec = SlimeVolleyball::spec(&Config::default());
    Model::load(SHIPPED, play_config(), &spec).unwrap().policy().unwrap()
}

/// A thousand one-life episodes, half of them from each side.
fn thousand(opponent: &mut dyn Policy) -> Tally {
    let [left, right] = both_sides(&mut shipped(), opponent, 7, 1000).unwrap();
    assert_eq!(left.points() + right.points(), 1000);
    assert!((left.mean() - right.mean()).abs() < 0.2, "it plays both sides alike: {left:?} {right:?}");
    left.and(right)
}

#[test]
fn it_beats_the_scripted_opponent_but_not_always() {
    let tally = thousand(&mut Chaser);
    assert!(tally.mean() > 0.5, "{tally:?}");
    // Who plays no worse than the scripted opponent wins a point in ten at least.
    assert!(tally.lost >= 100, "{tally:?}");
    assert!(tally.drawn < 100, "{tally:?}");
}

#[test]
fn it_beats_random_play() {
    let tally = thousand(&mut RandomPolicy(Move::space()));
    assert!(tally.mean() > 0.8, "{tally:?}");
}

#[test]
fn the_file_is_small() {
    assert!(SHIPPED.len() < 64 * 1024, "{} bytes", SHIPPED.len());
}
