//! The world beside figures that were not written here, see the module's comment for their source.

use footlights_env::{Stream, prelude::*};

use super::{Action, Config, Failure, Hamlet, State, Variant, places};

fn config(variant: Variant) -> Config {
    Config { variant, ..Config::default() }
}

fn step(variant: Variant, state: &mut State, action: Action) -> Step {
    Hamlet::step(&config(variant), state, &[action], &mut Rng::derive(0, Stream::Environment, 0, 1))
}

/// A person in that cell, at the start in everything else.
fn at(variant: Variant, (x, y): (u8, u8)) -> State {
    State { x, y, ..State::at_start(variant) }
}

#[test]
fn the_first_step_is_worth_what_the_original_pays() {
    for (variant, action, reward) in [
        (Variant::Mood, Action::Up, 1.758125),
        (Variant::Mood, Action::Left, 1.7265),
        (Variant::Stress, Action::Up, 2.158125),
    ] {
        let mut state = State::at_start(variant);
        let paid = step(variant, &mut state, action).rewards[0];
        assert!((state.reward - reward).abs() < 1e-12, "{variant:?} {action:?}: {}", state.reward);
        assert!((f64::from(paid) - reward).abs() < 1e-6);
    }
}

/// The original's own figures for an agent that does nothing about its mood.
#[test]
fn without_company_the_mood_ends_the_episode_at_step_76() {
    let mut state = State::at_start(Variant::Mood);
    let walk = [Action::Up, Action::Down];
    for number in 0.. {
        // A shower and meals do not help.
        let over = step(Variant::Mood, &mut state, walk[number % 2]).terminated[0];
        assert_eq!(over, number + 1 == 76, "step {}", number + 1);
        if over {
            break;
        }
    }
    assert_eq!(state.failure, Some(Failure::MoodDepleted));
    assert!(state.reward < -90.0);
}

#[test]
fn a_wall_costs_a_walk_and_waiting_costs_time_only() {
    let mut at_the_wall = at(Variant::Mood, (4, 0));
    step(Variant::Mood, &mut at_the_wall, Action::Up);
    assert_eq!((at_the_wall.x, at_the_wall.y, at_the_wall.meters[0]), (4, 0, 99.0));
    let mut waiting = State::at_start(Variant::Mood);
    step(Variant::Mood, &mut waiting, Action::Wait);
    assert_eq!(waiting.meters, [99.5, 99.7, 99.6, 50.0, 99.9, 49.4]);
}

#[test]
fn a_place_that_cannot_be_paid_or_is_not_there_costs_energy() {
    for state in [
        State { meters: [80.0, 80.0, 80.0, 14.0, 80.0, 40.0], ..at(Variant::Mood, (7, 0)) },
        at(Variant::Mood, (4, 4)),
    ] {
        let mut after = state.clone();
        let reported = step(Variant::Mood, &mut after, Action::Interact);
        assert!(reported.infos.is_empty());
        assert_eq!(after.meters[0], state.meters[0] - 1.5);
        assert_eq!(after.meters[3], state.meters[3]);
    }
}

#[test]
fn a_shift_pays_half_to_those_who_are_tired_or_dirty() {
    for (energy, hygiene, money) in [(40.0, 40.0, 30.0), (39.0, 100.0, 15.0), (100.0, 39.0, 15.0)] {
        let mut state =
            State { meters: [energy, hygiene, 90.0, 0.0, 90.0, 50.0], ..at(Variant::Mood, (6, 6)) };
        let reported = step(Variant::Mood, &mut state, Action::Interact);
        assert_eq!(state.meters[3], money);
        assert_eq!(reported.infos[0].key, "used_job");
    }
}

#[test]
fn stress_rises_and_ends_nothing() {
    let mut state = State { meters: [90.0, 90.0, 90.0, 0.0, 100.0, 0.0], ..at(Variant::Stress, (6, 6)) };
    assert!(!step(Variant::Stress, &mut state, Action::Interact).terminated[0]);
    assert_eq!((state.meters[4], state.failure), (100.0, None));
    assert!(places(Variant::Stress).iter().all(|place| place.name != "Gym"));
}

#[test]
fn an_observation_is_the_cell_the_meters_and_the_grid() {
    let state = at(Variant::Mood, (7, 3));
    let seen = Hamlet::observe(&config(Variant::Mood), &state, Agent(0));
    assert_eq!(seen[..8], [1.0, 3.0 / 7.0, 1.0, 1.0, 1.0, 0.75, 1.0, 0.5]);
    // The person hides the gym; the bed is in cell (1, 1).
    assert_eq!((seen[8 + 3 * 8 + 7], seen[8 + 9], seen[8]), (9.0, 1.0, 0.0));
    let seen = Hamlet::observe(&config(Variant::Stress), &at(Variant::Stress, (4, 4)), Agent(0));
    assert_eq!((seen[0], seen[8 + 4 * 8 + 4]), (0.5, 8.0));
}

#[test]
fn only_people_may_wait() {
    for (wait, actions) in [(false, 5), (true, 6)] {
        let mut sim = Sim::<Hamlet>::new(Config { wait, ..Config::default() }).unwrap();
        sim.reset(1, 0);
        assert_eq!(sim.spec().action_space(Agent(0)), &Space::Discrete { n: actions });
        assert_eq!(sim.labels().actions(Agent(0)).len(), actions as usize);
        assert_eq!(sim.step(&[Action::Wait.into()]).is_ok(), wait);
    }
}

/// A day of five hundred steps, a letter each, as the original plays it: after how many steps which cell, meters, reward, and
/// rewards so far. Its sums are those of double precision, so nothing may be rounded.
#[test]
fn a_life_of_five_hundred_steps_is_the_originals_to_the_bit() {
    const LIFE: &str = "\
        DRDRIUUUUULLLLLIRRRRRRUILLLLDDUDUDUDUDLILDIUDUDUDUDUDUDIURDUDUDUILDDUIDRDDRRRRIUUULLULLILDIUUIRRRRIR\
        RUDUILLLLDDLILDIUDUDUDUDUDUDUDUDIURDUDUDUIDDUDULIDRDRRRDRIUUULLLULILDIUURRRRRRUILLDLDLLILDIUDUDUDUDU\
        DUDUDUDIURDDUDUDUDUDUDULDUIDRRDRRDRIUUULLULLILDIURRDRRRUIIURUILLLLDDLILDIUDUDUDUDUDUDIRDRDRRDRIUUULL\
        LULILDIUDUDUDUDUDUDUDUDIURRRRRRUUDUILDLLDLLILDIUDUDUDUDUDUDUDUDIURDDRDRRDRIUUULLLULILDIUDUDUDUDUDUDU\
        DIURRRRRRUUDUUILDLLDLLILDIUDUDUDUDUDUDUDUDIDRRDRRDRIUUULLLULILDIUDUDUDUDUDUDRLRULDIRURRRRRUUILDLDLLL\
        ";
    #[rustfmt::skip]
    let table = [
        (100, (6, 1), [93.0, 96.40000000000003, 93.1999999999999, 64.0, 65.00000000000057, 40.10000000000012], 1.7620624999999996, 175.75391499999998),
        (200, (1, 2), [80.5, 92.80000000000007, 92.39999999999989, 37.0, 80.00000000000098, 80.1500000000004], 2.05, 362.191946875),
        (300, (4, 3), [71.0, 72.60000000000016, 88.79999999999984, 61.0, 45.00000000000132, 70.25000000000072], 1.1734374999999946, 528.983189375001),
        (400, (1, 2), [82.0, 90.40000000000009, 89.19999999999985, 52.0, 35.000000000001364, 60.300000000001056], 1.6328124999999964, 697.6981668750019),
        (500, (2, 2), [63.0, 62.200000000000216, 93.99999999999991, 31.0, 50.00000000000122, 95.20000000000005], 1.45, 870.5314306250032),
    ];
    let mut state = State::at_start(Variant::Mood);
    let mut sum = 0.0;
    let mut rows = table.into_iter();
    for (number, letter) in (1..).zip(LIFE.chars()) {
        let action = match letter {
            'U' => Action::Up,
            'D' => Action::Down,
            'L' => Action::Left,
            'R' => Action::Right,
            _ => Action::Interact,
        };
        assert!(!step(Variant::Mood, &mut state, action).terminated[0], "step {number}");
        sum += state.reward;
        if number % 100 == 0 {
            let (at, cell, meters, reward, so_far) = rows.next().unwrap();
            assert_eq!(
                (number, (state.x, state.y), state.meters, state.reward, sum),
                (at, cell, meters, reward, so_far)
            );
        }
    }
    assert_eq!(rows.next(), None);
}
