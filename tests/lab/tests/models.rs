//! Models as they come from other programs do natively what they do in onnxruntime; tests of the edge and of browsers ask the
//! same of the modules there.

use std::collections::BTreeMap;

use footlights::env::{ActionValue, Agent, Policy, Rng, Sim, Simulation, Stream};
use footlights_test_lab::models_check::{Models, TICKS, fixtures};
use serde_json::Value;

fn expected() -> BTreeMap<String, Vec<Value>> {
    serde_json::from_str(include_str!("../models/actions.json")).unwrap()
}

/// What a model does in each tick.
fn played(agent: Agent, policy: &mut dyn Policy) -> Vec<ActionValue> {
    let mut sim = Sim::<Models>::new(()).unwrap();
    sim.reset(0, 0);
    let idle: Vec<ActionValue> =
        sim.spec().agents().map(|agent| sim.spec().noop(agent).unwrap().clone()).collect();
    let mut actions = Vec::new();
    while sim.tick() < TICKS {
        let mut observation = Vec::new();
        sim.observe(agent, &mut observation);
        let mut rng = Rng::derive(0, Stream::Policy(agent.0), 0, sim.tick() + 1);
        let action = policy.act_masked(&observation, &sim.action_mask(agent), &mut rng).unwrap();
        assert!(sim.is_valid(agent, &action), "{agent} does {action} in tick {}", sim.tick());
        actions.push(action);
        sim.step(&idle).unwrap();
    }
    actions
}

#[test]
fn every_model_does_what_it_does_in_onnxruntime() {
    let expected = expected();
    assert_eq!(expected.len(), fixtures().len());
    for (agent, fixture) in (1..).map(Agent).zip(fixtures()) {
        let mut policy = fixture.policy(agent).unwrap_or_else(|why| panic!("{}: {why}", fixture.name));
        for (tick, (found, expected)) in
            played(agent, policy.as_mut()).iter().zip(&expected[fixture.name]).enumerate()
        {
            let is_same = match (found, expected) {
                (ActionValue::Discrete(found), expected) => expected.as_i64() == Some(i64::from(*found)),
                (ActionValue::Continuous(found), Value::Array(expected)) => {
                    // Both compute with 32 bits, in another order.
                    let near = |(found, expected): (&f32, &Value)| {
                        (f64::from(*found) - expected.as_f64().unwrap()).abs() < 1e-5
                    };
                    found.len() == expected.len() && found.iter().zip(expected).all(near)
                }
                (ActionValue::Continuous(_), _) => false,
            };
            assert!(is_same, "{}, tick {tick}: {found} and not {expected}", fixture.name);
        }
    }
}
