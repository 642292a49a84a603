//! Each gate of the conformance kit refuses an environment with the flaw that it is there for.

use std::cell::Cell;

use footlights_env::{
    ActionValue, Agent, Entry, Environment, PerAgent, Rng, Space, Spec, Step, Surface, View, Viewport,
    conformance,
};
use serde::{Deserialize, Serialize};

const NONE: u8 = 0;
const REMEMBERS_OUTSIDE_THE_STATE: u8 = 1;
const FORGETS_A_FIELD_IN_THE_SNAPSHOT: u8 = 2;
const OBSERVES_OUTSIDE_THE_SPACE: u8 = 3;
const REWARDS_OUTSIDE_THE_RANGE: u8 = 4;
const NEVER_ENDS: u8 = 5;
const IGNORES_THE_SEED: u8 = 6;
const DRAWS_SOMETHING_ELSE_EVERY_TIME: u8 = 7;
const STEPS_WITHOUT_REWARDS: u8 = 8;

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

#[derive(Clone, Copy)]
struct Go(i32);

impl TryFrom<ActionValue> for Go {
    type Error = ();

    fn try_from(action: ActionValue) -> Result<Self, ()> {
        match action {
            ActionValue::Discrete(n) => Ok(Self(n)),
            ActionValue::Continuous(_) => Err(()),
        }
    }
}

impl From<Go> for ActionValue {
    fn from(go: Go) -> Self {
        Self::Discrete(go.0)
    }
}

impl<const FLAW: u8> Environment for Counter<FLAW> {
    type Config = ();
    type State = State;
    type Action = Go;
    type Observation = [f32; 1];

    const ID: &'static str = "counter-v0";

    fn spec(_: &()) -> Spec {
        Spec {
            id: Self::ID.into(),
            agents: 1,
            action_space: Space::Discrete { n: 3 },
            observation_space: Space::uniform_box(1, 0.0, 1e6),
            max_steps: 40,
            reward_range: (0.0, 2.0),
            viewport: Viewport { width: 100.0, height: 100.0 },
        }
    }

    fn reset(_: &(), rng: &mut Rng) -> State {
        let stride = if FLAW == IGNORES_THE_SEED { 5 } else { rng.below(1_000) };
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
        let action = actions.first().map_or(0, |go| go.0 as u32);
        state.sum += state.stride + action + extra;
        let reward = if FLAW == REWARDS_OUTSIDE_THE_RANGE { -1.0 } else { action as f32 };
        let rewards: PerAgent<f32> = std::iter::once(reward).collect();
        Step {
            rewards: if FLAW == STEPS_WITHOUT_REWARDS { PerAgent::new() } else { rewards },
            terminated: std::iter::once(FLAW != NEVER_ENDS && state.tick == 20).collect(),
            truncated: std::iter::once(false).collect(),
            infos: Vec::new(),
        }
    }

    fn observe(_: &(), state: &State, _: Agent) -> [f32; 1] {
        [if FLAW == OBSERVES_OUTSIDE_THE_SPACE { -1.0 } else { state.sum as f32 }]
    }

    fn draw(_: &(), state: &State, _: View, surface: &mut Surface) {
        let shift = if FLAW == DRAWS_SOMETHING_ELSE_EVERY_TIME { (outside() % 50) as f32 } else { 0.0 };
        surface.circle(20.0 + state.tick as f32 + shift, 50.0, 2.0).id(1).tween();
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
    expect(refused::<IGNORES_THE_SEED>(), "spaces", "32 seeds");
    // The gate that plays whole episodes first says so.
    expect(refused::<NEVER_ENDS>(), "save", "did not end");
}

#[test]
fn a_picture_that_its_arguments_do_not_decide_is_refused() {
    expect(refused::<DRAWS_SOMETHING_ELSE_EVERY_TIME>(), "draw", "two pictures");
}
