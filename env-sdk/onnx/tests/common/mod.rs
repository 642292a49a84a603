//! Tiny models that the tests build for themselves.
#![allow(dead_code)]

use footlights_env::{ActionValue, AgentSpec, Policy, PolicyError, Rng, Space, Spec, Stream, Viewport};
use footlights_onnx::{
    Config, Model,
    export::{Dense, file, mlp, node, tensor, value},
};
use tract_onnx::pb::{AttributeProto, GraphProto, ValueInfoProto, type_proto};

/// An environment's declaration with so many observed numbers and actions.
pub fn spec(observation: usize, actions: u32) -> Spec {
    let observations = Space::uniform_box(observation, -10.0, 10.0);
    Spec {
        id: "test-v0".into(),
        agents: vec![AgentSpec::new(Space::Discrete { n: actions }, observations)],
        max_steps: 100,
        reward_range: (0.0, 0.0),
        viewport: Viewport { width: 1.0, height: 1.0 },
    }
}

/// Two layers with arbitrary but fixed weights: 12 observed numbers, 6 actions.
pub fn feed_forward(hidden: usize) -> Vec<u8> {
    let mut rng = Rng::derive(3, Stream::Environment, 0, 0);
    let mut layer = |inputs: usize, outputs: usize| Dense {
        weights: (0..inputs * outputs).map(|_| rng.uniform(-0.5, 0.5)).collect(),
        bias: (0..outputs).map(|_| rng.uniform(-0.5, 0.5)).collect(),
    };
    mlp(&[layer(12, hidden), layer(hidden, hidden), layer(hidden, 6)])
}

/// `logits` = the bias, whatever is observed (one number).
pub fn constant_logits(logits: &[f32]) -> Vec<u8> {
    mlp(&[Dense { weights: vec![0.0; logits.len()], bias: logits.to_vec() }])
}

/// Adds up the observations (3 numbers) in its state; the logits are the sums.
pub fn summing() -> GraphProto {
    GraphProto {
        name: "summing".into(),
        input: vec![value("obs", 3), value("h", 3)],
        node: vec![
            node("Add", &["obs", "h"], "h_next", Vec::new()),
            node("Identity", &["h_next"], "logits", Vec::new()),
        ],
        output: vec![value("logits", 3), value("h_next", 3)],
        ..GraphProto::default()
    }
}

/// A standard LSTM (4 observed numbers, 5 hidden units, 3 actions) whose sequence lengths are an input.
pub fn lstm() -> Vec<u8> {
    let mut rng = Rng::derive(4, Stream::Environment, 0, 0);
    let mut random = |name: &str, shape: &[usize]| {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.uniform(-1.0, 1.0)).collect();
        tensor(name, shape, &values)
    };
    let weights = vec![
        random("w", &[1, 20, 4]),
        random("r", &[1, 20, 5]),
        random("b", &[1, 40]),
        random("out", &[5, 3]),
    ];
    let hidden = AttributeProto { name: "hidden_size".into(), i: 5, r#type: 2, ..AttributeProto::default() };
    let mut cell = node("LSTM", &["obs", "w", "r", "b", "seq_lens", "h", "c"], "y", vec![hidden]);
    cell.output = vec![String::new(), "h_next".into(), "c_next".into()];
    let mut lens = value("seq_lens", 1);
    retype(&mut lens, 6, &[1]);
    let shaped = |name: &str, dims: &[i64]| {
        let mut value = value(name, 1);
        retype(&mut value, 1, dims);
        value
    };
    file(GraphProto {
        name: "lstm".into(),
        initializer: weights,
        input: vec![shaped("obs", &[1, 1, 4]), lens, shaped("h", &[1, 0, 5]), shaped("c", &[1, 0, 5])],
        node: vec![cell, node("MatMul", &["h_next", "out"], "logits", Vec::new())],
        output: vec![value("logits", 3), shaped("h_next", &[1, 1, 5]), shaped("c_next", &[1, 1, 5])],
        ..GraphProto::default()
    })
}

/// Gives a tensor another element type and shape; 0 stands for an open dimension.
pub fn retype(value: &mut ValueInfoProto, elem_type: i32, dims: &[i64]) {
    use tract_onnx::pb::{
        TensorShapeProto, tensor_shape_proto::Dimension, tensor_shape_proto::dimension::Value,
    };
    let dim = |n: &i64| match n {
        0 => Value::DimParam("open".into()),
        n => Value::DimValue(*n),
    };
    let dim = dims.iter().map(|n| Dimension { value: Some(dim(n)), ..Dimension::default() }).collect();
    let tensor = type_proto::Tensor { elem_type, shape: Some(TensorShapeProto { dim }) };
    value.r#type.as_mut().unwrap().value = Some(type_proto::Value::TensorType(tensor));
}

/// How an LSTM of [`lstm`]'s kind is wired.
pub fn lstm_config() -> Config {
    Config::new("lstm").recurrent("h", "h_next").recurrent("c", "c_next").fixed("seq_lens", &[1], &[1.0])
}

/// Why a model was refused.
pub fn refusal(bytes: &[u8], config: Config, spec: &Spec) -> String {
    match Model::load(bytes, config, spec) {
        Err(PolicyError::Load { why, .. }) => why,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

/// The generator of one tick.
pub fn rng(seed: u64, tick: u32) -> Rng {
    Rng::derive(seed, Stream::Policy(0), 0, tick)
}

/// The actions that a policy takes for so many random observations.
pub fn play(policy: &mut dyn Policy, seed: u64, observation: usize, ticks: std::ops::Range<u32>) -> Vec<i32> {
    ticks
        .map(|tick| {
            let mut world = Rng::derive(seed, Stream::Environment, 0, tick);
            let seen: Vec<f32> = (0..observation).map(|_| world.uniform(-2.0, 2.0)).collect();
            discrete(policy.act(&seen, &mut rng(seed, tick)).unwrap())
        })
        .collect()
}

/// The action's number.
pub fn discrete(action: ActionValue) -> i32 {
    match action {
        ActionValue::Discrete(action) => action,
        ActionValue::Continuous(_) => panic!("a continuous action"),
    }
}
