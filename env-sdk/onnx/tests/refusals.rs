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
        expect![[
            r#"nothing is said about the input "h" FLOAT [?, 3]: it must take the observation, a part of it or the action mask, or be recurrent or fixed"#
        ]],
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
        expect![[
            r#"the output "logits" gives [1, 1], but there are 6 actions; name it with `action` if it is the action itself"#
        ]],
    );
    let box_of = |places| Space::uniform_box(places, 0.0, 1.0);
    let continuous = Spec { agents: vec![AgentSpec::new(box_of(2), box_of(12))], ..spec(12, 6) };
    check(
        &feed_forward(8),
        Config::new("p"),
        &continuous,
        expect![
            "test-v0: logits choose among discrete actions, and the actions are a Box; name the output with `action` or `gaussian`"
        ],
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
fn types_and_shapes_must_be_known() {
    let config = || Config::new("p").recurrent("h", "h_next");
    let mut graph = summing();
    retype(&mut graph.input[0], 8, &[1, 3]);
    check(
        &file(graph),
        config(),
        &spec(3, 3),
        expect![[r#"the input "obs" STRING [1, 3] must be of numbers or booleans, and of known shape"#]],
    );

    let mut graph = summing();
    graph.input[0].r#type = None;
    check(
        &file(graph),
        config(),
        &spec(3, 3),
        expect![[
            r#"the input "obs" UNDEFINED of unknown shape must be of numbers or booleans, and of known shape"#
        ]],
    );

    let mut graph = summing();
    retype(&mut graph.input[1], 7, &[1, 3]);
    check(
        &file(graph),
        config(),
        &spec(3, 3),
        expect![[r#"the state input "h" INT64 [1, 3] must be FLOAT"#]],
    );
}

#[test]
fn parts_must_be_of_the_observation_and_fit_their_inputs() {
    let check = |config: Config, expected: Expect| check(&feed_forward(8), config, &spec(20, 6), expected);
    check(
        Config::new("p").part("obs", 0..11),
        expect![[r#"the input "obs" takes [1, 12], but 0..11 are 11 numbers"#]],
    );
    check(
        Config::new("p").part("obs", 10..22),
        expect![[r#"the input "obs" takes the numbers 10..22, but observations have 20 numbers"#]],
    );
    check(
        Config::new("p").part("obs", 0..12).transposed(&[3, 5], &[1, 0]),
        expect![[r#"the input "obs" has the shape [3, 5], but takes 12 numbers"#]],
    );
    check(
        Config::new("p").part("obs", 0..12).mask("legal"),
        expect![[
            r#"the model has no input "legal"; its inputs are "obs" FLOAT [?, 12], its outputs "logits" FLOAT [?, 6]"#
        ]],
    );
}

#[test]
fn a_mask_must_have_a_number_for_each_action() {
    check(
        &file(summing()),
        Config::new("p").mask("h"),
        &spec(3, 4),
        expect![[r#"the mask "h" takes [1, 3], but there are 4 actions"#]],
    );
}

#[test]
fn outputs_must_have_the_numbers_of_an_action() {
    let force = |numbers: usize| {
        let agent = AgentSpec::new(Space::uniform_box(numbers, -1.0, 1.0), Space::uniform_box(12, -1.0, 1.0));
        Spec { agents: vec![agent], ..spec(12, 6) }
    };
    let check = |config: Config, numbers: usize, expected: Expect| {
        check(&feed_forward(8), config, &force(numbers), expected);
    };
    let p = || Config::new("p");
    check(
        p().action("logits"),
        2,
        expect![[r#"the output "logits" gives [1, 6], but actions have 2 numbers"#]],
    );
    check(
        p().gaussian_in_one("logits"),
        2,
        expect![[
            r#"the output "logits" gives [1, 6], but actions have 2 numbers, so means and deviations are twice as many"#
        ]],
    );
    check(
        p().gaussian_of("logits", &[0.0, 1.0]),
        6,
        expect!["2 logarithms of deviations are given, but actions have 6 numbers"],
    );
    let discrete = |config: Config, expected: Expect| {
        expected.assert_eq(&refusal(&feed_forward(8), config, &spec(12, 6)));
    };
    discrete(
        p().action("logits"),
        expect![[r#"the output "logits" gives [1, 6], but the action is one number; name it with `logits`"#]],
    );
    discrete(
        p().gaussian("logits", "s"),
        expect!["test-v0: a Gaussian gives the numbers of a Box, and the actions are discrete"],
    );
    let heads = Config::new("p").heads(&["logits", "h_next"]).fixed("h", &[1, 3], &[0.0]);
    expect!["the heads have 3 × 3 choices, but there are 6 actions"].assert_eq(&refusal(
        &file(summing()),
        heads,
        &spec(3, 6),
    ));
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
