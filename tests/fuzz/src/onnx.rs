//! Model files: a damaged one is refused or works, and never brings the process down.

use std::time::Duration;

use footlights_env::{Agent, AgentSpec, Policy as _, PolicyError, Space, Spec, Stream, Viewport};
use footlights_onnx::{
    Config, Model,
    export::{Dense, mlp},
};

use crate::target::Target;

/// How many numbers the models of the seeds observe, and how many actions they choose from.
const SHAPES: [(usize, u32); 2] = [(12, 6), (3, 3)];

pub struct Onnx;

fn spec((observed, actions): (usize, u32)) -> Spec {
    Spec {
        id: "fuzz-v0".into(),
        agents: vec![AgentSpec::new(
            Space::Discrete { n: actions },
            Space::uniform_box(observed, -10.0, 10.0),
        )],
        max_steps: 100,
        reward_range: (0.0, 0.0),
        viewport: Viewport { width: 1.0, height: 1.0 },
    }
}

impl Target for Onnx {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let layer = |inputs: usize, outputs: usize| Dense {
            weights: (0..inputs * outputs).map(|k| (k % 7) as f32 * 0.1 - 0.3).collect(),
            bias: vec![0.1; outputs],
        };
        let shipped = include_bytes!("../../../examples/models/slime_volleyball.onnx");
        vec![mlp(&[layer(12, 4), layer(4, 6)]), mlp(&[layer(3, 3)]), shipped.to_vec()]
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn read(&self, input: &[u8]) -> String {
        SHAPES.map(|shape| load(input, shape)).join("\n")
    }
}

fn load(input: &[u8], shape: (usize, u32)) -> String {
    let spec = spec(shape);
    let model = match Model::load(input, Config::new("p"), &spec) {
        Ok(model) => model,
        Err(PolicyError::Load { why, .. }) => return why,
        Err(other) => panic!("{other}"),
    };
    let mut policy = model.policy().expect("a model that loads makes policies");
    let seen = vec![0.5; spec.observation_space(Agent(0)).len()];
    for tick in 0..3 {
        let mut rng = footlights_env::Rng::derive(0, Stream::Policy(0), 0, tick);
        if let Err(why) = policy.act(&seen, &mut rng) {
            return why.to_string();
        }
    }
    "works".into()
}
