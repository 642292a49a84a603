//! What the trained agents of Hamlet do, as their list says.

use footlights::env::{Agent, Rng, Stream};
use footlights::environments::hamlet::Action;

/// Plays an episode of a checkpoint; returns its steps, its reward, and how often it pressed interact.
fn play(name: &str) -> (u32, f64, u32) {
    let all = footlights_examples::app().checkpoints();
    let checkpoint = all.iter().find(|checkpoint| checkpoint.name == name).unwrap();
    let mut sim = checkpoint.environment.make().unwrap();
    let mut policy = checkpoint.policy().unwrap().unwrap();
    sim.reset(1, 0);
    let (mut reward, mut interacts) = (0.0, 0);
    loop {
        let mut observation = Vec::new();
        sim.observe(Agent(0), &mut observation);
        let mut rng = Rng::derive(1, Stream::Policy(0), 0, sim.tick() + 1);
        let action = policy.act(&observation, &mut rng).unwrap();
        interacts += u32::from(action == Action::Interact.into());
        let step = sim.step(&[action]).unwrap();
        reward += f64::from(step.rewards[0]);
        if step.done() {
            return (sim.tick(), reward, interacts);
        }
    }
}

#[test]
fn each_checkpoint_lives_as_long_as_it_says() {
    let app = footlights_examples::app();
    let scores: Vec<(String, Option<f64>)> =
        app.checkpoints().into_iter().map(|checkpoint| (checkpoint.name, checkpoint.score)).collect();
    for (name, steps) in [
        ("checkpoint_ep50", 76),
        ("reward_hacking", 80),
        ("checkpoint_ep455", 152),
        ("checkpoint_ep1000", 437),
        ("trained_agent", 500),
    ] {
        let (lived, reward, _) = play(name);
        let told = scores.iter().find(|(known, _)| known == name).unwrap().1.unwrap();
        assert_eq!(lived, steps, "{name}");
        assert!((reward - told).abs() < 0.1, "{name}: {reward} in place of {told}");
    }
}

/// The aim: as long as an episode lasts, with more reward than a player who looks ahead (856, see the task's source).
#[test]
fn the_trained_agent_plays_better_than_one_that_looks_ahead() {
    let (lived, reward, _) = play("trained_agent");
    assert!(lived == 500 && reward > 856.0, "{lived} steps, {reward}");
}

#[test]
fn one_checkpoint_shows_what_hacking_a_reward_is() {
    let (lived, _, interacts) = play("reward_hacking");
    assert!(4 * interacts >= 3 * lived, "{interacts} of {lived}");
}
