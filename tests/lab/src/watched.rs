//! What tests watch: agents that are not trained, so that everything is known of them.

use footlights::environments::{
    hamlet::{Config, Hamlet, Variant},
    overcooked::{self, Greedy, Layout, Overcooked},
};
use footlights::prelude::*;

/// Always does the same.
struct Always(i32);

impl Policy for Always {
    fn act(&mut self, _: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
        Ok(ActionValue::Discrete(self.0))
    }
}

/// Walks down, against the wall and on.
pub fn down() -> Checkpoint {
    Checkpoint::new::<Hamlet>("down", Config::default(), || Ok(Box::new(Always(1))))
}

/// Acts at random where stress counts.
pub fn stressed() -> Checkpoint {
    Checkpoint::random::<Hamlet>("stressed", Config { variant: Variant::Stress, ..Config::default() })
}

/// Two scripted cooks.
pub fn cooks() -> Checkpoint {
    let config =
        overcooked::Config { layout: Layout::named("cramped_room"), ..overcooked::Config::default() };
    let layout = config.layout.clone();
    Checkpoint::new::<Overcooked>("cooks", config, move || Ok(Box::new(Greedy::on(&layout))))
}
