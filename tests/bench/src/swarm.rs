//! An environment that does nothing but draw: how cost grows with the length of the draw list.

use footlights_env::prelude::*;

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

#[derive(Debug, Clone, Copy, Discrete)]
pub enum Nothing {
    Nothing,
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
            agents: vec![
                AgentSpec::new(Nothing::space(), Space::uniform_box(1, 0.0, f32::MAX)).noop(Nothing::Nothing),
            ],
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
        Step::solo(0.0, false)
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
