//! Agents whose spaces differ: each acts and observes in its own.

use footlights_env::{
    ActionValue, Agent, AgentLabels, AgentSpec, Entry, EnvError, Environment, Labels, NotAnAction, Rng, Sim,
    Simulation, Space, Spec, Step, Surface, View, Viewport, conformance, fingerprint,
};
use serde::{Deserialize, Serialize};

/// A driver steers by a number and sees two; a navigator calls one of three words and sees one.
struct Rally;

#[derive(Clone, Serialize, Deserialize)]
struct State {
    place: f32,
    aim: f32,
}

#[derive(Clone, Copy)]
enum Act {
    Steer(f32),
    Call(u8),
}

impl TryFrom<ActionValue> for Act {
    type Error = NotAnAction;

    fn try_from(value: ActionValue) -> Result<Self, NotAnAction> {
        match &value {
            ActionValue::Continuous(by) if by.len() == 1 => Ok(Self::Steer(by[0])),
            ActionValue::Discrete(word @ 0..3) => Ok(Self::Call(*word as u8)),
            _ => Err(NotAnAction { value, n: 3 }),
        }
    }
}

impl From<Act> for ActionValue {
    fn from(act: Act) -> Self {
        match act {
            Act::Steer(by) => Self::Continuous(vec![by]),
            Act::Call(word) => Self::Discrete(word.into()),
        }
    }
}

impl Environment for Rally {
    type Config = ();
    type State = State;
    type Action = Act;
    type Observation = Vec<f32>;

    const ID: &'static str = "rally-v0";

    fn spec(_: &()) -> Spec {
        let driver = AgentSpec::new(Space::uniform_box(1, -1.0, 1.0), Space::uniform_box(2, -50.0, 50.0));
        let navigator = AgentSpec::new(Space::Discrete { n: 3 }, Space::uniform_box(1, -1.0, 1.0));
        Spec {
            id: Self::ID.into(),
            agents: vec![driver.noop(Act::Steer(0.0)), navigator],
            max_steps: 30,
            reward_range: (-100.0, 0.0),
            viewport: Viewport { width: 100.0, height: 10.0 },
        }
    }

    fn reset(_: &(), rng: &mut Rng) -> State {
        State { place: rng.uniform(-5.0, 5.0), aim: rng.uniform(-1.0, 1.0) }
    }

    fn step(_: &(), state: &mut State, actions: &[Act], _: &mut Rng) -> Step {
        for action in actions {
            match action {
                Act::Steer(by) => state.place += by,
                Act::Call(word) => state.aim = f32::from(*word) - 1.0,
            }
        }
        let off = (state.place - state.aim).abs();
        Step::all([-off, -off], false)
    }

    fn observe(_: &(), state: &State, agent: Agent) -> Vec<f32> {
        if agent == Agent(0) { vec![state.place, state.aim] } else { vec![state.aim] }
    }

    fn draw(_: &(), state: &State, _: View, surface: &mut Surface) {
        surface.circle(50.0 + state.place, 5.0, 1.0).id(1);
    }

    fn labels(_: &()) -> Labels {
        let words = AgentLabels { actions: vec!["left", "on", "right"], ..AgentLabels::default() };
        Labels { agents: vec![AgentLabels::default(), words], ..Labels::default() }
    }
}

#[test]
fn roles_pass_the_gates_and_are_random_each_in_its_own_space() {
    conformance::check(&Entry::of::<Rally>()).unwrap();
    let sim = Sim::<Rally>::new(()).unwrap();
    let actions = conformance::random_actions(&sim, 3);
    assert!(matches!(actions[..], [ActionValue::Continuous(_), ActionValue::Discrete(_)]));
}

#[test]
fn an_action_of_the_other_role_is_refused() {
    let mut sim = Sim::<Rally>::new(()).unwrap();
    let (steer, call) = (ActionValue::from(Act::Steer(0.5)), ActionValue::from(Act::Call(2)));
    assert!(sim.is_valid(Agent(0), &steer) && !sim.is_valid(Agent(1), &steer));
    assert!(!sim.is_valid(Agent(2), &call), "there is no such agent");
    let refused = sim.step(&[call.clone(), call.clone()]);
    assert!(matches!(refused, Err(EnvError::Action { agent: Agent(0), .. })), "{refused:?}");
    assert!(sim.step(&[steer, call]).is_ok());
}

#[test]
fn the_declaration_of_roles_is_part_of_the_fingerprint() {
    let mut sim = Sim::<Rally>::new(()).unwrap();
    assert_eq!(fingerprint(&mut sim), fingerprint(&mut Sim::<Rally>::new(()).unwrap()));
    assert_eq!(sim.spec().shared_spaces(), None);
    assert_eq!(sim.spec().noop(Agent(1)), None);
}
