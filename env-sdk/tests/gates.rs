//! Each gate of the conformance kit refuses an environment with the flaw that it is there for.

use std::cell::Cell;

use footlights_env::{
    ActionValue, Agent, AgentSpec, Discrete, Entry, Environment, Label, Labels, RecordKind, RecordValue, Rng,
    Sim, Simulation, Space, Spec, Step, Surface, View, Viewport, conformance,
};
use serde::{Deserialize, Serialize};

const NONE: u8 = 0;
const REMEMBERS_OUTSIDE_THE_STATE: u8 = 1;
const FORGETS_A_FIELD_IN_THE_SNAPSHOT: u8 = 2;
const OBSERVES_OUTSIDE_THE_SPACE: u8 = 3;
const REWARDS_OUTSIDE_THE_RANGE: u8 = 4;
const HAS_NO_STEPS: u8 = 5;
const STARTS_ELSEWHERE_EVERY_TIME: u8 = 6;
const DRAWS_SOMETHING_ELSE_EVERY_TIME: u8 = 7;
const STEPS_WITHOUT_REWARDS: u8 = 8;
const NEVER_TERMINATES: u8 = 9;
const LABELS_TOO_FEW_PLACES: u8 = 10;
const DOES_NOTHING_OUTSIDE_THE_SPACE: u8 = 11;
const RECORDS_WHAT_IT_DID_NOT_DECLARE: u8 = 12;
const RECORDS_A_TEXT_AS_A_NUMBER: u8 = 13;
const RECORDS_NAN: u8 = 14;
const REPORTS_AN_INFO_WITHOUT_A_LABEL: u8 = 15;

thread_local!(static OUTSIDE: Cell<u32> = const { Cell::new(0) });

fn outside() -> u32 {
    OUTSIDE.with(|count| {
        count.set(count.get() + 1);
        count.get()
    })
}

/// Counts up by a stride that the seed decides, for twenty ticks.
struct Counter<const FLAW: u8>;

#[derive(Clone, Serialize, Deserialize)]
struct State {
    tick: u32,
    sum: u32,
    stride: u32,
    #[serde(skip)]
    hidden: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Discrete)]
enum Go {
    Stay,
    Walk,
    Run,
}

impl<const FLAW: u8> Environment for Counter<FLAW> {
    type Config = ();
    type State = State;
    type Action = Go;
    type Observation = [f32; 1];

    const ID: &'static str = "counter-v0";

    fn spec(_: &()) -> Spec {
        let noop = if FLAW == DOES_NOTHING_OUTSIDE_THE_SPACE { 3 } else { 0 };
        let agent = AgentSpec::new(Go::space(), Space::uniform_box(1, 0.0, 1e6));
        Spec {
            id: Self::ID.into(),
            agents: vec![agent.noop(ActionValue::Discrete(noop))],
            max_steps: if FLAW == HAS_NO_STEPS { 0 } else { 40 },
            reward_range: (0.0, 2.0),
            viewport: Viewport { width: 100.0, height: 100.0 },
        }
    }

    fn reset(_: &(), rng: &mut Rng) -> State {
        let stride = if FLAW == STARTS_ELSEWHERE_EVERY_TIME { outside() } else { rng.below(1_000) };
        State { tick: 0, sum: stride, stride, hidden: 0 }
    }

    fn step(_: &(), state: &mut State, actions: &[Go], _: &mut Rng) -> Step {
        state.tick += 1;
        state.hidden += 1;
        let extra = match FLAW {
            REMEMBERS_OUTSIDE_THE_STATE => outside(),
            FORGETS_A_FIELD_IN_THE_SNAPSHOT => state.hidden,
            _ => 0,
        };
        let action = actions.first().map_or(0, |go| go.index() as u32);
        state.sum += state.stride + action + extra;
        let reward = if FLAW == REWARDS_OUTSIDE_THE_RANGE { -1.0 } else { action as f32 };
        let step = Step::solo(reward, FLAW != NEVER_TERMINATES && state.tick == 20);
        match FLAW {
            STEPS_WITHOUT_REWARDS => Step { rewards: Default::default(), ..step },
            REPORTS_AN_INFO_WITHOUT_A_LABEL => step.info(Agent(0), "speed", 1.0),
            _ => step,
        }
    }

    fn observe(_: &(), state: &State, _: Agent) -> [f32; 1] {
        [if FLAW == OBSERVES_OUTSIDE_THE_SPACE { -1.0 } else { state.sum as f32 }]
    }

    fn draw(_: &(), state: &State, _: View, surface: &mut Surface) {
        let shift = if FLAW == DRAWS_SOMETHING_ELSE_EVERY_TIME { (outside() % 50) as f32 } else { 0.0 };
        surface.circle(20.0 + state.tick as f32 + shift, 50.0, 2.0).id(1).tween();
    }

    fn labels(_: &()) -> Labels {
        let places = if FLAW == LABELS_TOO_FEW_PLACES { 2 } else { 1 };
        let sum = Label::new("sum", "The sum so far", "");
        Labels::homogeneous(1, Go::labels().observing(vec![sum; places]))
            .state("stride", "What is added in each step", "", RecordKind::Number)
            .state("where", "How far it is, in a word", "", RecordKind::Text)
    }

    fn record(_: &(), state: &State) -> Vec<RecordValue> {
        let stride = f64::from(state.stride);
        let far: RecordValue = if state.sum < 5_000 { "near" } else { "far" }.into();
        match FLAW {
            RECORDS_WHAT_IT_DID_NOT_DECLARE => vec![stride.into()],
            RECORDS_A_TEXT_AS_A_NUMBER => vec![far.clone(), far],
            RECORDS_NAN => vec![f64::NAN.into(), far],
            _ => vec![stride.into(), far],
        }
    }
}

fn refused<const FLAW: u8>() -> (&'static str, String) {
    match conformance::check(&Entry::of::<Counter<FLAW>>()) {
        Ok(_) => ("nothing", String::new()),
        Err(failure) => (failure.gate, failure.what),
    }
}

#[track_caller]
fn expect((found, what): (&'static str, String), gate: &str, words: &str) {
    assert!(found == gate && what.contains(words), "{found}: {what}");
}

#[test]
fn a_sound_environment_passes() {
    expect(refused::<NONE>(), "nothing", "");
}

#[test]
fn what_a_snapshot_does_not_hold_breaks_the_rollback() {
    expect(refused::<REMEMBERS_OUTSIDE_THE_STATE>(), "sync", "rollback");
    expect(refused::<FORGETS_A_FIELD_IN_THE_SNAPSHOT>(), "sync", "rollback");
}

#[test]
fn what_lies_outside_the_declaration_is_refused() {
    expect(refused::<OBSERVES_OUTSIDE_THE_SPACE>(), "spaces", "observes");
    expect(refused::<REWARDS_OUTSIDE_THE_RANGE>(), "spaces", "reward");
    expect(refused::<STEPS_WITHOUT_REWARDS>(), "spaces", "one entry for each");
    expect(refused::<STARTS_ELSEWHERE_EVERY_TIME>(), "spaces", "another start");
    // The gate that plays whole episodes first says so.
    expect(refused::<HAS_NO_STEPS>(), "save", "did not end");
    expect(refused::<DOES_NOTHING_OUTSIDE_THE_SPACE>(), "spaces", "its noop");
}

#[test]
fn labels_and_records_are_those_that_are_declared() {
    expect(refused::<LABELS_TOO_FEW_PLACES>(), "spaces", "explain 2 of 1");
    expect(refused::<REPORTS_AN_INFO_WITHOUT_A_LABEL>(), "spaces", "\"speed\"");
    expect(
        refused::<RECORDS_WHAT_IT_DID_NOT_DECLARE>(),
        "spaces",
        "1 values are recorded, the labels declare 2",
    );
    expect(refused::<RECORDS_A_TEXT_AS_A_NUMBER>(), "spaces", "declared as Number");
    expect(refused::<RECORDS_NAN>(), "spaces", "not finite");
}

#[test]
fn an_episode_that_does_not_terminate_is_truncated_at_the_limit_in_one_place() {
    expect(refused::<NEVER_TERMINATES>(), "nothing", "");
    let mut sim = Sim::<Counter<NEVER_TERMINATES>>::new(()).unwrap();
    let mut ends = |limit: u32| {
        sim.limit_steps(limit);
        sim.reset(1, 0);
        let mut tick = 0;
        loop {
            let step = sim.step(&[Go::Stay.into()]).unwrap();
            tick += 1;
            assert!(!step.terminated[0]);
            if step.done() {
                return (tick, sim.step_limit());
            }
        }
    };
    assert_eq!([ends(100), ends(7), ends(40)], [(40, 40), (7, 7), (40, 40)]);
    // What terminates in the last step is not truncated.
    let mut sim = Sim::<Counter<NONE>>::new(()).unwrap();
    sim.limit_steps(20);
    sim.reset(1, 0);
    let last = (0..20).map(|_| sim.step(&[Go::Run.into()]).unwrap()).last().unwrap();
    assert!(last.terminated[0] && !last.truncated[0]);
}

#[test]
fn a_picture_that_its_arguments_do_not_decide_is_refused() {
    expect(refused::<DRAWS_SOMETHING_ELSE_EVERY_TIME>(), "draw", "two pictures");
}
