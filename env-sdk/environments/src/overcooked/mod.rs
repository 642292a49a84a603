//! `overcooked-v0`: cooks carry onions and tomatoes to pots, dishes to soups, and soups to a counter, for a common reward.
//!
//! The rules, their order within a step, the observation and the logged events are those of overcooked_ai 1.1.0
//! (<https://github.com/HumanCompatibleAI/overcooked_ai>), the environment of Carroll et al. 2019, "On the Utility of
//! Learning about Humans for Human-AI Coordination" (<https://arxiv.org/abs/1910.05789>). A layout has as many cooks as it
//! has starting places; what the reference defines for two cooks only is said where it is.
//!
//! World units are cells; the origin is the top left corner of the grid, y down.

mod action;
mod config;
mod data;
mod events;
mod greedy;
mod kitchen;
mod menu;
mod observation;
mod picture;
mod recipe;
mod rules;
mod state;
#[cfg(test)]
mod tests;
mod things;

use footlights_env::prelude::*;
use serde_json::Value;

pub use action::Action;
pub use config::{Config, Dynamics, ShapedRewards};
pub use data::to_dict;
pub use greedy::Greedy;
pub use kitchen::{Kitchen, LAYOUTS, Layout, Place, Tile};
pub use recipe::Recipe;
pub use state::{Cook, Pot, State};
pub use things::{Ingredient, Ingredients, Slot, Thing};

/// The environment.
pub struct Overcooked;

impl Environment for Overcooked {
    type Config = Config;
    type State = State;
    type Action = Action;
    type Observation = Vec<f32>;

    const ID: &'static str = "overcooked-v0";
    const IMAGES: &'static [BundledImage] = &[bundled_image!(
        "overcooked",
        "overcooked.svg",
        BundledFrames::Atlas(include_str!("overcooked.json"))
    )];

    fn spec(config: &Config) -> Spec {
        let (width, height, cooks) = config
            .layout
            .kitchen()
            .map_or((1, 1, 1), |kitchen| (kitchen.width, kitchen.height, kitchen.starts.len()));
        // A layout that is no kitchen is refused by `validate`.
        let numbers = usize::from(width) * usize::from(height) * observation::layers(cooks);
        let highest = f32::from(config.longest_time()).max(things::MAX_INGREDIENTS as f32);
        let agent = AgentSpec::new(Action::space(), Space::uniform_box(numbers, 0.0, highest));
        Spec {
            id: Self::ID.into(),
            agents: vec![agent.noop(Action::Stay); cooks],
            max_steps: config.horizon,
            reward_range: (0.0, config.highest_value() * cooks as f32),
            viewport: Viewport { width: width.into(), height: height.into() },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        config.layout.kitchen().map_err(|why| format!("layout: {why}"))?;
        config.times()?;
        config.values()?;
        config.orders()?;
        config.horizon()
    }

    fn reset(config: &Config, _: &mut Rng) -> State {
        config.layout.kitchen().map(State::at_start).unwrap_or_default()
    }

    fn step(config: &Config, state: &mut State, actions: &[Action], _: &mut Rng) -> Step {
        let Ok(kitchen) = config.layout.kitchen() else { return Step::default() };
        let outcome = rules::step(config, kitchen, state, actions);
        let paid: f32 = outcome.delivered.iter().sum();
        let mut step = Step::all(actions.iter().map(|_| paid), false);
        let numbers = [("delivered", &outcome.delivered), ("shaped_reward", &outcome.shaped)];
        for (key, values) in numbers {
            for (agent, value) in (0..).map(Agent).zip(values).filter(|(_, value)| **value != 0.0) {
                step = step.info(agent, key, f64::from(*value));
            }
        }
        for (agent, event) in outcome.events.iter() {
            step = step.info(agent, event, 1.0);
        }
        step
    }

    fn observe(config: &Config, state: &State, agent: Agent) -> Vec<f32> {
        config
            .layout
            .kitchen()
            .map(|kitchen| observation::of(config, kitchen, state, agent))
            .unwrap_or_default()
    }

    fn draw(config: &Config, state: &State, view: View, surface: &mut Surface) {
        if let Ok(kitchen) = config.layout.kitchen() {
            picture::draw(config, kitchen, state, view, surface);
        }
    }

    fn overview(config: &Config, state: &State) -> Overview {
        let Ok(kitchen) = config.layout.kitchen() else { return Overview::default() };
        let cooks = state.cooks.iter().map(|cook| {
            let (x, y) = kitchen.position(cook.place);
            Some((f32::from(x), f32::from(y)))
        });
        Overview { positions: cooks.collect(), ..Overview::default() }
    }

    fn labels(config: &Config) -> Labels {
        config.layout.kitchen().map(|kitchen| data::labels(config, kitchen)).unwrap_or_default()
    }

    fn record(config: &Config, state: &State) -> Vec<RecordValue> {
        config.layout.kitchen().map(|kitchen| data::record(config, kitchen, state)).unwrap_or_default()
    }

    fn describe(config: &Config, state: &State) -> Value {
        config.layout.kitchen().map(|kitchen| data::to_dict(config, kitchen, state)).unwrap_or_default()
    }

    fn hud(config: &Config, state: &State, _: View) -> Vec<HudItem> {
        data::hud(config, state)
    }
}
