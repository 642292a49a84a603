//! `hamlet-v0`: one person looks after six needs in a small town: work pays, food, sleep, washing and company cost.
//!
//! The rules, the order of their floating-point operations, rewards and observations are those of Hamlet
//! (<https://github.com/foundryside-dev/hamlet>) in two of its versions: `mood`, its version of 2025-10-29, and `stress`,
//! the version of the day before. The world is deterministic; nothing in it is random.
//!
//! World units are cells; the origin is the top left corner of the grid, y down.

mod action;
mod config;
mod observation;
mod picture;
mod places;
mod reward;
#[cfg(test)]
mod tests;
mod world;

use footlights_env::prelude::*;
use serde_json::{Value, json};

pub use action::Action;
pub use config::{Config, SIDE, Variant};
pub use places::{Place, places};
pub use world::{Failure, Meters, State};

/// The environment.
pub struct Hamlet;

impl Environment for Hamlet {
    type Config = Config;
    type State = State;
    type Action = Action;
    type Observation = [f32; observation::LENGTH];

    const ID: &'static str = "hamlet-v0";
    const IMAGES: &'static [BundledImage] =
        &[bundled_image!("hamlet", "hamlet.svg", BundledFrames::Atlas(include_str!("hamlet.json")))];

    fn spec(config: &Config) -> Spec {
        let actions = if config.wait { 6 } else { 5 };
        let agent = AgentSpec::new(Space::Discrete { n: actions }, observation::space());
        Spec {
            id: Self::ID.into(),
            agents: vec![if config.wait { agent.noop(Action::Wait) } else { agent }],
            max_steps: config.max_steps,
            reward_range: reward::RANGE,
            viewport: Viewport { width: SIDE.into(), height: SIDE.into() },
        }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.max_steps == 0 { Err("max_steps must be at least 1".into()) } else { Ok(()) }
    }

    fn reset(config: &Config, _: &mut Rng) -> State {
        State::at_start(config.variant)
    }

    fn step(config: &Config, state: &mut State, actions: &[Action], _: &mut Rng) -> Step {
        let action = actions.first().copied().unwrap_or(Action::Wait);
        let before = world::normalised(config.variant, &state.meters);
        let used = world::live(config.variant, state, action);
        state.reward = reward::of(config.variant, state, &before, used);
        let step = Step::solo(state.reward as f32, state.failure.is_some());
        match used {
            Some(place) => step.info(Agent(0), place.used, 1.0),
            None => step,
        }
    }

    fn observe(config: &Config, state: &State, _: Agent) -> [f32; observation::LENGTH] {
        observation::of(config.variant, state)
    }

    fn labels(config: &Config) -> Labels {
        let mut actions = Action::labels();
        if !config.wait {
            actions.actions.pop();
        }
        let agent = actions.observing(observation::labels(config.variant));
        let mut labels = Labels::homogeneous(1, agent);
        for place in places(config.variant) {
            labels = labels.info(place.used, place.meaning, "");
        }
        labels = labels
            .state("x", "The column of the person's cell, from the left", "cells", RecordKind::Number)
            .state("y", "The row of the person's cell, from the top", "cells", RecordKind::Number);
        for rule in world::meters(config.variant) {
            labels = labels.state(rule.name, rule.meaning, "points", RecordKind::Number);
        }
        labels
            .state("reward", "The reward of the last step, in double precision", "", RecordKind::Number)
            .state("failure_reason", "Why the episode ended; empty while it has not", "", RecordKind::Text)
    }

    fn record(_: &Config, state: &State) -> Vec<RecordValue> {
        let meters = state.meters.map(RecordValue::from);
        let place = [f64::from(state.x).into(), f64::from(state.y).into()];
        let end = [state.reward.into(), state.failure.map_or("", Failure::reason).into()];
        place.into_iter().chain(meters).chain(end).collect()
    }

    /// `meters` is the list of the raw values in the original's order.
    fn describe(_: &Config, state: &State) -> Value {
        json!({
            "x": state.x,
            "y": state.y,
            "meters": state.meters,
            "reward": state.reward,
            "failure_reason": state.failure.map(Failure::reason),
        })
    }

    fn draw(config: &Config, state: &State, _: View, surface: &mut Surface) {
        picture::draw(config.variant, state, surface);
    }

    fn overview(config: &Config, state: &State) -> Overview {
        let meters = world::meters(config.variant).into_iter().zip(state.meters).map(|(rule, value)| {
            let bounds = (rule.low, rule.high);
            // The scales are the original's.
            match rule.name {
                "money" | "mood" | "stress" => Meter::plain(rule.name, rule.title, value, bounds),
                _ => Meter::share(rule.name, rule.title, value, bounds),
            }
        });
        let places = places(config.variant).iter().map(|place| Landmark {
            kind: place.name,
            title: place.title,
            x: place.x.into(),
            y: place.y.into(),
        });
        Overview {
            positions: [Some((state.x.into(), state.y.into()))].into_iter().collect(),
            meters: [meters.collect()].into_iter().collect(),
            places: places.collect(),
            failure: state.failure.map(Failure::reason),
        }
    }

    fn hud(config: &Config, state: &State, _: View) -> Vec<HudItem> {
        let rules = world::meters(config.variant);
        let shown = rules.iter().zip(&state.meters).map(|(rule, value)| HudItem {
            label: rule.title.into(),
            value: if rule.name == "money" { format!("${value:.0}") } else { format!("{value:.0} %") },
        });
        shown.collect()
    }
}
