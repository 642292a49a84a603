//! A model that does not fit is refused when it is loaded, in words that say what to change.

mod common;

use common::{constant_logits, feed_forward, lstm, lstm_config, refusal, retype, spec, summing};
use expect_test::{Expect, expect};
use footlights_env::{Agent, AgentSpec, PolicyError, Space, Spec};
use footlights_onnx::{
    Config, Model,
    export::{file, node},
};

fn check(bytes: &[u8], config: Config, spec: &Spec, expected: Expect) {
    expected.assert_eq(&refusal(bytes, config, spec));
}

#[test]
fn missing_tensors_are_listed_with_those_that_exist() {
    let config = Config::new("p").observation("image").logits("policy");
    check(
        &feed_forward(8),
        config,
        &spec(12, 6),
        expect![[
            r#"the model has no input "image" and no output "policy"; its inputs are "obs" FLOAT [?, 12], its outputs "logits" FLOAT [?, 6]"#
        ]],
    );
    check(
        &lstm(),
        lstm_config().recurrent("cell", "cell_next"),
        &spec(4, 3),
        expect![[
            r#"the model has no input "cell" and no output "cell_next"; its inputs are "obs" FLOAT [1, 1, 4], "seq_lens" INT32 [1], "h" FLOAT [1, ?, 5], "c" FLOAT [1, ?, 5], its outputs "logits" FLOAT [?, 3], "h_next" FLOAT [1, 1, 5], "c_next" FLOAT [1, 1, 5]"#
        ]],
    );
}

#[test]
fn an_input_without_a_source_is_named() {
    check(
        &file(summing()),
        Config::new("p"),
        &spec(3, 3),
        expect![[r#"nothing is said about the input "h" FLOAT [?, 3]: it must be recurrent or fixed"#]],
    );
}

#[test]
fn observation_and_action_sizes_must_be_the_environments() {
    check(
        &feed_forward(8),
        Config::new("p"),
        &spec(10, 6),
        expect![[r#"the input "obs" takes [1, 12], but observations have 10 numbers"#]],
    );
    check(
        &feed_forward(8),
        Config::new("p"),
        &spec(12, 5),
        expect![[r#"the output "logits" gives [1, 6], but there are 5 actions"#]],
    );
    check(
        &constant_logits(&[0.0]),
        Config::new("p"),
        &spec(1, 6),
        expect![[r#"the output "logits" gives [1, 1], but there are 6 actions"#]],
    );
    let box_of = |places| Space::uniform_box(places, 0.0, 1.0);
    let continuous = Spec { agents: vec![AgentSpec::new(box_of(2), box_of(12))], ..spec(12, 6) };
    check(
        &feed_forward(8),
        Config::new("p"),
        &continuous,
        expect!["test-v0 has continuous actions; logits choose among discrete ones"],
    );
}

#[test]
fn where_roles_differ_a_model_is_loaded_for_one_of_them() {
    let (driver, navigator) = (spec(12, 6).agents.remove(0), spec(3, 2).agents.remove(0));
    let roles = Spec { agents: vec![navigator, driver], ..spec(12, 6) };
    check(
        &feed_forward(8),
        Config::new("p"),
        &roles,
        expect!["the agents of test-v0 have different spaces: load it for one of them"],
    );
    let load = |agent| Model::load_for(&feed_forward(8), Config::new("p"), &roles, agent);
    assert!(load(Agent(1)).is_ok());
    let why = |agent| match load(agent) {
        Err(PolicyError::Load { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(Agent(0)), r#"the input "obs" takes [1, 12], but observations have 3 numbers"#);
    assert_eq!(why(Agent(2)), "test-v0 has no agent player_2");
}

#[test]
fn types_must_be_float() {
    let config = || Config::new("p").recurrent("h", "h_next");
    let mut graph = summing();
    retype(&mut graph.input[0], 7, &[1, 3]);
    check(
        &file(graph),
        config(),
        &spec(3, 3),
        expect![[r#"the input "obs" INT64 [1, 3] must be FLOAT and of known shape"#]],
    );

    let mut graph = summing();
    let to = tract_onnx::pb::AttributeProto { name: "to".into(), i: 7, r#type: 2, ..Default::default() };
    graph.node[1] = node("Cast", &["h_next"], "logits", vec![to]);
    check(&file(graph), config(), &spec(3, 3), expect![[r#"the output "logits" must be F32, not I64"#]]);

    let mut graph = summing();
    graph.input[0].r#type = None;
    check(
        &file(graph),
        config(),
        &spec(3, 3),
        expect![[r#"the input "obs" UNDEFINED of unknown shape must be FLOAT and of known shape"#]],
    );
}

#[test]
fn a_states_input_and_output_must_have_one_shape() {
    let mut graph = summing();
    graph.node.push(node("Concat", &["h_next", "h_next"], "doubled", vec![axis(1)]));
    graph.output[1].name = "doubled".into();
    let config = Config::new("p").recurrent("h", "doubled");
    check(
        &file(graph),
        config,
        &spec(3, 3),
        expect![[r#"the state input "h" takes [1, 3], its output "doubled" gives [1, 6]"#]],
    );
}

#[test]
fn a_fixed_value_must_fit_its_input() {
    let config = |shape: &[u32], values: &[f32]| {
        Config::new("p").recurrent("h", "h_next").recurrent("c", "c_next").fixed("seq_lens", shape, values)
    };
    check(
        &lstm(),
        config(&[2], &[1.0]),
        &spec(4, 3),
        expect![[r#"the fixed value of shape [2] does not fit the input "seq_lens" INT32 [1]"#]],
    );
    check(
        &lstm(),
        config(&[1], &[1.0, 1.0]),
        &spec(4, 3),
        expect![[r#"the fixed input "seq_lens" has shape [1] but 2 values"#]],
    );
}

#[test]
fn a_graph_that_contradicts_itself_is_refused() {
    let config = || Config::new("p").recurrent("h", "h_next");
    let mut graph = summing();
    retype(&mut graph.input[1], 1, &[1, 4]);
    check(
        &file(graph),
        config(),
        &spec(3, 3),
        expect![[
            r#"the output "logits" has no definite shape (1,broadcast((3), (4))) although all inputs have"#
        ]],
    );

    let mut graph = summing();
    graph.node[0].op_type = "Conv4D".into();
    check(
        &file(graph),
        config(),
        &spec(3, 3),
        expect![[r#"node "h_next": operator "Conv4D" is not supported"#]],
    );
}

#[test]
fn open_dimensions_become_one() {
    let mut graph = summing();
    retype(&mut graph.input[0], 1, &[0, 0, 3]);
    retype(&mut graph.input[1], 1, &[0, 0, 3]);
    Model::load(&file(graph), Config::new("p").recurrent("h", "h_next"), &spec(3, 3)).unwrap();
}

fn axis(i: i64) -> tract_onnx::pb::AttributeProto {
    tract_onnx::pb::AttributeProto { name: "axis".into(), i, r#type: 2, ..Default::default() }
}
