//! An environment that does nothing but draw: how cost grows with the length of the draw list.

use footlights_env::{
    ActionValue, Agent, Environment, Rng, Space, Spec, Step, Surface, View, Viewport, surface::Color,
};
use serde::{Deserialize, Serialize};

pub struct Swarm;

/// How many discs there are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Config {
    pub discs: u16,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    tick: u32,
}

#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl TryFrom<ActionValue> for Nothing {
    type Error = ();
    fn try_from(_: ActionValue) -> Result<Self, ()> {
        Ok(Self)
    }
}

impl From<Nothing> for ActionValue {
    fn from(_: Nothing) -> Self {
        Self::Discrete(0)
    }
}

impl Environment for Swarm {
    type Config = Config;
    type State = State;
    type Action = Nothing;
    type Observation = [f32; 1];
    const ID: &'static str = "swarm-v0";

    fn spec(_: &Config) -> Spec {
        Spec {
            id: Self::ID.into(),
            agents: 1,
            action_space: Space::Discrete { n: 1 },
            observation_space: Space::uniform_box(1, 0.0, f32::MAX),
            max_steps: u32::MAX,
            reward_range: (0.0, 0.0),
            viewport: Viewport { width: 100.0, height: 100.0 },
        }
    }

    fn reset(_: &Config, _: &mut Rng) -> State {
        State { tick: 0 }
    }

    fn step(_: &Config, state: &mut State, _: &[Nothing], _: &mut Rng) -> Step {
        state.tick += 1;
        let no = || [false].into_iter().collect();
        Step { rewards: [0.0].into_iter().collect(), terminated: no(), truncated: no(), infos: Vec::new() }
    }

    fn observe(_: &Config, state: &State, _: Agent) -> [f32; 1] {
        [state.tick as f32]
    }

    /// Every disc moves a little in every tick.
    fn draw(config: &Config, state: &State, _: View, surface: &mut Surface) {
        for disc in 0..config.discs {
            let x = ((state.tick + u32::from(disc) * 7) % 100) as f32;
            surface.circle(x, f32::from(disc % 100), 1.0).id(disc).fill(Color::WHITE).tween();
        }
    }
}
