use footlights_env::{Discrete as _, Stream, conformance, msgpack};
use serde_json::json;

use super::*;
use crate::grid::Facing;

const N: Action = Action::North;
const S: Action = Action::South;
const E: Action = Action::East;
const W: Action = Action::West;
const I: Action = Action::Interact;
const O: Action = Action::Stay;

/// A kitchen in which one cook reaches everything from one cell, but the serving counter.
const SMALL: [&str; 4] = ["XPXX", "O1TX", "X  S", "XDXX"];

fn small() -> Config {
    Config { layout: Layout::grid(&SMALL), cook_time: 3, ..Config::default() }
}

fn make(config: &Value) -> Result<Box<dyn Simulation>, EnvError> {
    Ok(Box::new(Sim::<Overcooked>::from_json(config)?))
}

struct Game {
    config: Config,
    state: State,
}

impl Game {
    fn new(config: Config) -> Self {
        assert_eq!(Overcooked::validate(&config), Ok(()));
        let state = Overcooked::reset(&config, &mut rng());
        Self { config, state }
    }

    fn step(&mut self, actions: &[Action]) -> Step {
        Overcooked::step(&self.config, &mut self.state, actions, &mut rng())
    }

    /// One cook's actions, one after the other. What was paid in each step.
    fn alone(&mut self, actions: &[Action]) -> Vec<f32> {
        actions.iter().map(|action| self.step(&[*action]).rewards[0]).collect()
    }

    fn positions(&self) -> Vec<(u16, u16)> {
        let kitchen = self.config.layout.kitchen().unwrap();
        self.state.cooks.iter().map(|cook| kitchen.position(cook.place)).collect()
    }
}

fn rng() -> Rng {
    Rng::derive(1, Stream::Environment, 0, 0)
}

fn events(step: &Step) -> Vec<&'static str> {
    step.infos.iter().map(|info| info.key).collect()
}

#[test]
fn a_soup_is_cooked_and_delivered() {
    let mut game = Game::new(small());
    // Three onions from the west into the pot in the north, then a start with empty hands.
    let fill = [W, I, N, I];
    assert_eq!(game.alone(&[fill, fill, fill].concat()), [0.0; 12]);
    assert!(game.state.pots[0].ingredients.is_full() && game.state.pots[0].is_idle());
    assert_eq!(events(&game.step(&[I])), Vec::<&str>::new());
    assert!(game.state.pots[0].is_cooking(&game.config));
    // A dish from the south; the soup is ready when it is there.
    game.alone(&[S, S, I, N, N]);
    assert!(game.state.pots[0].is_ready(&game.config));
    let taken = game.step(&[I]);
    assert_eq!(events(&taken), ["shaped_reward", "soup_pickup"]);
    assert_eq!(game.state.pots[0], Pot::default());
    assert_eq!(game.alone(&[S, E, E]), [0.0; 3]);
    let delivered = game.step(&[I]);
    assert_eq!((delivered.rewards[0], events(&delivered)), (20.0, vec!["delivered", "soup_delivery"]));
    assert_eq!((game.state.deliveries, game.state.cooks[0].held.is_empty()), (1, true));
}

#[test]
fn in_2019_a_full_pot_cooks_by_itself_and_others_cannot_be_started() {
    let mut game = Game::new(Config { dynamics: Dynamics::AutoCook, ..small() });
    game.alone(&[W, I, N, I, I]);
    assert!(game.state.pots[0].is_idle());
    game.alone(&[W, I, N, I, W, I, N, I]);
    assert_eq!(game.state.pots[0].cooking, Some(1));
    game.alone(&[O, O, O]);
    assert!(game.state.pots[0].is_ready(&game.config));
}

#[test]
fn what_a_soup_pays_is_what_the_orders_say() {
    let config = Config {
        all_orders: vec![Recipe::of(3, 0), Recipe::of(1, 1)],
        bonus_orders: vec![Recipe::of(1, 1)],
        onion_value: Some(4.0),
        tomato_value: Some(7.0),
        ..small()
    };
    let values = [(3, 0, 12.0), (1, 1, 22.0), (2, 0, 0.0), (0, 1, 0.0)];
    for (onions, tomatoes, value) in values {
        assert_eq!(config.value(Ingredients::of(onions, tomatoes)), value, "{onions} {tomatoes}");
    }
    assert_eq!(config.highest_value(), 22.0);
    // The order in which ingredients were added does not matter.
    let mixed = Ingredients::default().with(Ingredient::Tomato).with(Ingredient::Onion);
    assert_eq!(config.value(mixed), 22.0);
}

#[test]
fn cooks_who_would_meet_or_swap_turn_and_stay() {
    let grid = ["XXXXXX", "O1 2PX", "X 3  S", "XDXXXX"];
    let mut game = Game::new(Config { layout: Layout::grid(&grid), ..Config::default() });
    let before = game.positions();
    // The first two want the cell between them; the third one does not move either.
    game.step(&[E, W, S]);
    assert_eq!(game.positions(), before);
    assert_eq!(
        game.state.cooks.iter().map(|cook| cook.facing).collect::<Vec<_>>(),
        [Facing::East, Facing::West, Facing::South]
    );
    // One follows another in the same step.
    game.step(&[E, E, N]);
    assert_eq!(game.positions(), before);
    game.step(&[O, O, N]);
    assert_eq!(game.positions(), [(1, 1), (3, 1), (2, 1)]);
    game.step(&[E, O, S]);
    assert_eq!(game.positions(), [(2, 1), (3, 1), (2, 2)]);
}

#[test]
fn a_layout_that_is_no_kitchen_is_refused_with_the_reason() {
    let refusals: [(&[&str], &str); 10] = [
        (&[], "3 to 32 rows and columns"),
        (&["XPX", "O1", "XDS"], "row 2 has 2 cells, the first one has 3"),
        (&["XPX", "O1 ", "XDS"], "row 2, column 3: there is floor on the border"),
        (&["XPX", "O1S", "XD1"], "floor on the border"),
        (&["XPX", "O?S", "XDX"], "'?' is none of"),
        (&["XPX", "O S", "XDX"], "cooks begin at 1, 2 and so on, each once; there is \"\""),
        (&["XPXX", "O13S", "XDXX"], "there is \"13\""),
        (&["XXX", "O1S", "XDX"], "no pot (P)"),
        (&["XPX", "O1S", "XXX"], "no dishes (D)"),
        (&["XPX", "X1S", "XDX"], "no onions (O) and no tomatoes (T)"),
    ];
    for (grid, why) in refusals {
        let told = Overcooked::validate(&Config { layout: Layout::grid(grid), ..Config::default() });
        assert!(
            told.clone().is_err_and(|told| told.starts_with("layout: ") && told.contains(why)),
            "{told:?}"
        );
    }
    let told = Overcooked::validate(&Config { layout: Layout::named("cramped"), ..Config::default() });
    assert!(told.unwrap_err().contains("no layout \"cramped\"; there are cramped_room, "));
    let none = make(&json!({ "layout": 3 })).err().unwrap().to_string();
    assert!(none.contains("layout must be a name, or"), "{none}");
}

#[test]
fn a_wrong_option_is_refused_by_its_name() {
    let wrong = [
        (json!({ "cook_time": 0 }), "cook_time must be 1 to"),
        (json!({ "onion_time": 3 }), "onion_time and tomato_time are set together"),
        (json!({ "tomato_value": 3 }), "onion_value and tomato_value are set together"),
        (json!({ "delivery_reward": -1 }), "delivery_reward must be 0 to"),
        (json!({ "shaped_rewards": { "dish_pickup": 1e9 } }), "shaped_rewards.dish_pickup must be 0 to"),
        (json!({ "all_orders": [{ "ingredients": [] }] }), "all_orders: a recipe has 1 to 3 ingredients"),
        (
            json!({ "all_orders": [{ "ingredients": ["onion", "tomato"] }, { "ingredients": ["tomato", "onion"] }] }),
            "all_orders: the recipe [Tomato, Onion] is there twice",
        ),
        (
            json!({ "bonus_orders": [{ "ingredients": ["tomato"] }] }),
            "bonus_orders: [Tomato] is not among all_orders",
        ),
        (json!({ "horizon": 0 }), "horizon must be 1 to"),
        (json!({ "cooktime": 3 }), "cooktime"),
    ];
    for (config, why) in wrong {
        let told = make(&config).err().map(|error| error.to_string());
        assert!(told.clone().is_some_and(|told| told.contains(why)), "{config}: {told:?}");
    }
}

#[test]
fn every_layout_is_found_again_in_both_forms_of_its_configuration() {
    for (name, rows) in LAYOUTS {
        for layout in [Layout::named(name), Layout::grid(rows)] {
            let config = Config { layout, ..Config::default() };
            assert_eq!(Overcooked::validate(&config), Ok(()), "{name}");
            let json = serde_json::to_value(&config).unwrap();
            assert_eq!(serde_json::from_value::<Config>(json).unwrap(), config, "{name}");
            let packed = msgpack::encode(&config).unwrap();
            assert_eq!(msgpack::decode::<Config>(&packed).unwrap(), config, "{name}");
        }
    }
}

#[test]
fn the_kit_passes_with_every_number_of_cooks() {
    for name in ["two_kitchens", "canteen", "coordination_ring"] {
        let config = json!({ "layout": name, "horizon": 120, "record_state": true });
        let report = conformance::check_configured(Overcooked::ID, &|| make(&config)).unwrap();
        assert!(report.snapshot_bytes <= 200, "{name}: {} bytes", report.snapshot_bytes);
    }
    let config = serde_json::to_value(small()).unwrap();
    conformance::check_configured(Overcooked::ID, &|| make(&config)).unwrap();
}

#[test]
fn a_policy_sees_in_its_observation_what_is_there() {
    let config = Config { layout: Layout::named("canteen"), ..Config::default() };
    let kitchen = config.layout.kitchen().unwrap();
    let mut game = Game::new(config.clone());
    for tick in 0..300 {
        let mut rng = Rng::derive(3, Stream::Policy(0), 0, tick);
        let actions: Vec<Action> = (0..3).map(|_| *rng.choose(Action::ALL).unwrap()).collect();
        game.step(&actions);
        for own in 0..3_u8 {
            let seen =
                observation::see(kitchen, &Overcooked::observe(&config, &game.state, Agent(own))).unwrap();
            let others = (0..3).filter(|cook| *cook != usize::from(own));
            let cooks = std::iter::once(usize::from(own)).chain(others);
            for (seen, cook) in std::iter::once(&seen.own).chain(&seen.others).zip(cooks) {
                let cook = game.state.cooks[cook];
                assert_eq!((seen.place, seen.facing), (cook.place, cook.facing));
                assert_eq!(seen.held.map(Slot::from).unwrap_or_default(), cook.held);
            }
            let lying: Vec<_> =
                seen.lying.iter().map(|(place, thing)| (*place, Slot::from(*thing))).collect();
            assert_eq!(lying, game.state.counters().collect::<Vec<_>>());
        }
    }
    assert!(game.state.counters().count() > 0);
}

#[test]
fn greedy_cooks_deliver_in_every_layout() {
    for (name, _) in LAYOUTS {
        let config = Config { layout: Layout::named(name), ..Config::default() };
        let mut game = Game::new(config.clone());
        let mut cooks: Vec<Greedy> = game.state.cooks.iter().map(|_| Greedy::on(&config.layout)).collect();
        for tick in 1..=config.horizon {
            let actions = (0..).zip(&mut cooks).map(|(number, cook)| {
                let seen = Overcooked::observe(&config, &game.state, Agent(number));
                let mut rng = Rng::derive(1, Stream::Policy(number), 0, tick);
                Action::try_from(cook.act(&seen, &mut rng).unwrap()).unwrap()
            });
            let actions: Vec<Action> = actions.collect();
            game.step(&actions);
        }
        println!("{name}: {} soups", game.state.deliveries);
        assert!(game.state.deliveries >= 2, "{name}: {} soups", game.state.deliveries);
    }
}
