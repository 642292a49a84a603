//! Runs of real environments.

use footlights_env::Simulation;
use footlights_environments::registry;
use footlights_learn::{
    Common, Run, Shaping, evaluate, ppo,
    run::{Length, Method, Settings},
};

fn game(id: &str) -> Box<dyn Simulation> {
    registry().get(id).unwrap().make_default().unwrap()
}

fn settings(seed: u64, games: usize, steps: u64) -> Settings {
    let common =
        Common { seed, hidden: vec![32], games, rate: 3e-3, reward_scale: 0.02, ..Common::default() };
    let method = Method::Ppo(ppo::Settings { horizon: 64, batch: 128, ..ppo::Settings::default() });
    Settings { common, method, length: Length::Steps(steps) }
}

fn finish(run: &mut Run) -> Vec<f64> {
    let mut past = Vec::new();
    while !run.is_over() {
        let finished = run.round().unwrap().finished;
        past.extend(finished.iter().filter(|one| one.against_past.is_some()).map(|one| one.reward()));
    }
    past
}

#[test]
fn one_agent_learns_to_balance_a_pole() {
    let sim = game("cart-pole-v1");
    let score = |run: &Run| evaluate::play(sim.as_ref(), &run.network(), run.output(), 9, 20).unwrap().mean();
    let mut run = Run::new(sim.as_ref(), settings(1, 8, 60_000)).unwrap();
    let before = score(&run);
    assert!(finish(&mut run).is_empty(), "one agent has nobody to play with");
    let after = score(&run);
    assert!(before < 50.0 && after > 200.0, "{before} {after}");
}

#[test]
fn the_seed_decides_what_is_learnt() {
    let learnt = |seed| {
        let mut run = Run::new(game("slime-volleyball-v0").as_ref(), settings(seed, 4, 3_000)).unwrap();
        let past = finish(&mut run);
        assert!(!past.is_empty(), "games with earlier selves are told apart");
        run.network()
    };
    let one = learnt(1);
    assert_eq!(one, learnt(1));
    assert_ne!(one, learnt(2));
}

#[test]
fn only_an_info_that_the_environment_reports_can_be_paid() {
    let mut wanted = settings(1, 1, 100);
    wanted.common.shaping = Some(Shaping { info: "luck".into(), weight: 1.0, until: 0.5 });
    let refused = Run::new(game("overcooked-v0").as_ref(), wanted).err().unwrap().to_string();
    assert_eq!(refused, "overcooked-v0: its steps report no info \"luck\"");
}
