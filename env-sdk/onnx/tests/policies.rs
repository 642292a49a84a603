//! What a policy does once its model is loaded.

mod common;

use common::{constant_logits, discrete, feed_forward, lstm, lstm_config, play, rng, spec, summing};
use footlights_env::{Policy, PolicyError};
use footlights_onnx::{Config, Model, export::file};

fn load(bytes: &[u8], config: Config, observation: usize, actions: u32) -> Model {
    Model::load(bytes, config, &spec(observation, actions)).unwrap()
}

#[test]
fn argmax_takes_the_largest_logit_and_the_first_of_equals() {
    for (logits, action) in [(&[0.0, 3.0, 1.0][..], 1), (&[2.0, 2.0, 1.0], 0), (&[-5.0, -3.0, -1.0], 2)] {
        let mut policy = load(&constant_logits(logits), Config::new("p"), 1, 3).policy().unwrap();
        assert_eq!(discrete(policy.act(&[0.7], &mut rng(0, 0)).unwrap()), action);
    }
}

#[test]
fn softmax_frequencies_match_the_distribution() {
    let logits = [0.0f32, 1.0, 2.0, -1.0];
    for temperature in [0.5, 1.0, 2.0] {
        let config = Config::new("p").softmax(temperature);
        let mut policy = load(&constant_logits(&logits), config, 1, 4).policy().unwrap();
        let draws = 20_000;
        let mut counts = [0u32; 4];
        for tick in 0..draws {
            counts[discrete(policy.act(&[0.0], &mut rng(1, tick)).unwrap()) as usize] += 1;
        }
        let weights = logits.map(|l| footlights_env::math::exp(f64::from(l / temperature)));
        for (count, weight) in counts.iter().zip(weights) {
            let expected = weight / weights.iter().sum::<f64>();
            let found = f64::from(*count) / f64::from(draws);
            // Four standard deviations of the widest binomial here.
            assert!((found - expected).abs() < 0.015, "{temperature}: {found} for {expected}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_actions_and_another_seed_others() {
    let model = load(&feed_forward(16), Config::new("p").softmax(1.0), 12, 6);
    let run = |seed| play(&mut model.policy().unwrap(), seed, 12, 0..200);
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn argmax_draws_nothing_from_the_generator() {
    let mut policy = load(&feed_forward(16), Config::new("p"), 12, 6).policy().unwrap();
    let mut used = rng(1, 0);
    policy.act(&[0.1; 12], &mut used).unwrap();
    assert_eq!(used.next_u64(), rng(1, 0).next_u64());
}

#[test]
fn recurrent_state_goes_from_step_to_step_and_reset_clears_it() {
    let config = Config::new("sum").recurrent("h", "h_next");
    let mut policy = load(&file(summing()), config, 3, 3).policy().unwrap();
    let act = |policy: &mut footlights_onnx::OnnxPolicy, seen: [f32; 3]| {
        discrete(policy.act(&seen, &mut rng(0, 0)).unwrap())
    };
    assert_eq!(act(&mut policy, [0.0, 2.0, 0.0]), 1);
    // Alone it would choose 2; on top of what it remembers it does not.
    assert_eq!(act(&mut policy, [0.0, 0.0, 1.0]), 1);
    assert_eq!(act(&mut policy, [0.0, 0.0, 1.5]), 2);
    policy.reset();
    assert_eq!(act(&mut policy, [1.0, 0.0, 0.0]), 0);
}

#[test]
fn seats_of_one_model_do_not_share_their_state() {
    let model = load(&file(summing()), Config::new("sum").recurrent("h", "h_next"), 3, 3);
    let (mut one, mut two) = (model.policy().unwrap(), model.policy().unwrap());
    one.act(&[0.0, 9.0, 0.0], &mut rng(0, 0)).unwrap();
    assert_eq!(discrete(two.act(&[0.0, 0.0, 1.0], &mut rng(0, 0)).unwrap()), 2);
}

#[test]
fn an_lstm_with_two_states_and_fixed_sequence_lengths_remembers() {
    let model = load(&lstm(), lstm_config(), 4, 3);
    let mut kept = model.policy().unwrap();
    let with_memory = play(&mut kept, 5, 4, 0..60);
    let mut forgetful = model.policy().unwrap();
    let without: Vec<i32> = (0..60)
        .flat_map(|tick| {
            forgetful.reset();
            play(&mut forgetful, 5, 4, tick..tick + 1)
        })
        .collect();
    assert_ne!(with_memory, without);
    assert!((0..3).all(|action| with_memory.contains(&action)), "{with_memory:?}");
}

#[test]
fn an_action_is_held_for_the_frame_skip() {
    let every = load(&feed_forward(16), Config::new("p"), 12, 6);
    let third = load(&feed_forward(16), Config::new("p").frame_skip(3), 12, 6);
    let decided = play(&mut every.policy().unwrap(), 2, 12, 0..60);
    let held = play(&mut third.policy().unwrap(), 2, 12, 0..60);
    let expected: Vec<i32> = (0..60).map(|tick| decided[tick / 3 * 3]).collect();
    assert_eq!(held, expected);
    assert_ne!(held, decided);
}

#[test]
fn saved_in_the_middle_of_an_episode_it_goes_on_as_if_nothing_had_happened() {
    let models = [
        (load(&lstm(), lstm_config().softmax(0.7).frame_skip(3), 4, 3), 4),
        (load(&lstm(), lstm_config(), 4, 3), 4),
        (load(&feed_forward(8), Config::new("p").frame_skip(4), 12, 6), 12),
        (load(&feed_forward(8), Config::new("p"), 12, 6), 12),
    ];
    for (model, width) in models {
        for at in [0, 1, 7, 20] {
            let mut through = model.policy().unwrap();
            play(&mut through, 3, width, 0..at);
            let saved = through.save().unwrap();
            let mut restored = model.policy().unwrap();
            play(&mut restored, 99, width, 0..5);
            restored.load(&saved).unwrap();
            assert_eq!(restored.save().unwrap(), saved);
            assert_eq!(play(&mut restored, 3, width, at..60), play(&mut through, 3, width, at..60));
        }
    }
}

#[test]
fn a_policy_without_memory_saves_nothing() {
    let mut policy = load(&feed_forward(8), Config::new("p"), 12, 6).policy().unwrap();
    play(&mut policy, 1, 12, 0..5);
    assert!(policy.save().unwrap().is_empty());
}

#[test]
fn a_foreign_or_damaged_save_is_refused_and_changes_nothing() {
    let mut policy = load(&lstm(), lstm_config(), 4, 3).policy().unwrap();
    play(&mut policy, 1, 4, 0..5);
    let before = policy.save().unwrap();
    let mut other =
        load(&file(summing()), Config::new("sum").recurrent("h", "h_next"), 3, 3).policy().unwrap();
    play(&mut other, 1, 3, 0..5);
    let mut not_finite = before.clone();
    let number = not_finite.iter().position(|byte| *byte == 0xca).unwrap();
    not_finite[number + 1..number + 5].copy_from_slice(&f32::NAN.to_be_bytes());
    for saved in [&b""[..], b"\x00", &other.save().unwrap(), &before[..before.len() - 1], &not_finite] {
        assert!(matches!(policy.load(saved), Err(PolicyError::State { .. })), "{saved:?}");
        assert_eq!(policy.save().unwrap(), before);
    }
}

#[test]
fn what_cannot_be_decided_is_an_error_and_the_next_step_works_again() {
    let mut policy = load(&feed_forward(8), Config::new("p"), 12, 6).policy().unwrap();
    let error = |result| match result {
        Err(PolicyError::Act { name, why }) => format!("{name}: {why}"),
        other => panic!("{other:?}"),
    };
    assert!(error(policy.act(&[f32::NAN; 12], &mut rng(0, 0))).contains("p: the observation is not finite"));
    assert_eq!(error(policy.act(&[0.0; 11], &mut rng(0, 0))), "p: 11 numbers came where 12 were expected");
    assert!(policy.act(&[0.0; 12], &mut rng(0, 0)).is_ok());

    let config = Config::new("sum").recurrent("h", "h_next");
    let mut policy = load(&file(summing()), config, 3, 3).policy().unwrap();
    policy.act(&[f32::MAX; 3], &mut rng(0, 0)).unwrap();
    let before = policy.save().unwrap();
    assert!(error(policy.act(&[f32::MAX; 3], &mut rng(0, 0))).contains("not finite"));
    assert_eq!(policy.save().unwrap(), before);
}
