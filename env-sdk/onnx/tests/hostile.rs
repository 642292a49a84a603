//! A damaged or malicious model file is refused or works; it never brings the process down.

mod common;

use common::{feed_forward, lstm, lstm_config, refusal, rng, spec, summing};
use footlights_env::{Agent, Policy, PolicyError, Spec};
use footlights_onnx::{
    Config, Model,
    export::{file, node},
};
use tract_onnx::pb::{AttributeProto, attribute_proto::AttributeType};

fn models() -> [(Vec<u8>, Config, Spec); 3] {
    [
        (feed_forward(4), Config::new("p"), spec(12, 6)),
        (lstm(), lstm_config(), spec(4, 3)),
        (file(summing()), Config::new("p").recurrent("h", "h_next"), spec(3, 3)),
    ]
}

const PANICKED: &str = "the runtime panicked over it";

/// Loads the bytes and, if that works, plays a little. Only a panic is a failure.
fn try_out(bytes: &[u8], config: &Config, spec: &Spec) -> bool {
    let model = match Model::load(bytes, config.clone(), spec) {
        Ok(model) => model,
        Err(PolicyError::Load { why, .. }) if why != PANICKED => return false,
        Err(other) => panic!("{other}"),
    };
    let mut policy = model.policy().unwrap();
    let seen = vec![0.5; spec.observation_space(Agent(0)).len()];
    (0..3).all(|tick| policy.act(&seen, &mut rng(0, tick)).is_ok())
}

#[test]
fn a_truncated_file_does_no_harm() {
    for (bytes, config, spec) in models() {
        assert!(try_out(&bytes, &config, &spec));
        for length in 0..bytes.len() - 1 {
            let _ = try_out(&bytes[..length], &config, &spec);
        }
    }
}

#[test]
fn a_flipped_bit_does_no_harm() {
    for (bytes, config, spec) in models() {
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            let _ = try_out(&damaged, &config, &spec);
        }
    }
}

#[test]
fn a_fault_on_which_the_runtime_panics_is_refused_where_panics_unwind() {
    let mut graph = summing();
    let out_of_range = AttributeProto {
        name: "perm".into(),
        ints: vec![0, 7],
        r#type: AttributeType::Ints as i32,
        ..AttributeProto::default()
    };
    graph.node[1] = node("Transpose", &["h_next"], "logits", vec![out_of_range]);
    let why = refusal(&file(graph), Config::new("p").recurrent("h", "h_next"), &spec(3, 3));
    assert_eq!(why, PANICKED);
}
