//! What a seat is sent of a game in which it sees only a part of the world.

use footlights_env::RecordValue;
use footlights_environments::commons_harvest::{Action, CommonsHarvest, Config};
use footlights_experiment::{GameScene, Seat, record::StepRecord};
use footlights_protocol::{KeySet, ShownScores};
use footlights_testing::World;

/// How far a player sees, in cells to each side.
const SIGHT: f64 = 3.0;
const LEFT: KeySet = KeySet(1);
const RIGHT: KeySet = KeySet(2);

/// An orchard for two, in which nothing grows back: so what happens in one place does not depend on another.
fn orchard(shown: ShownScores) -> GameScene {
    let config = Config { players: 2, regrowth: 0.0, ..Config::default() };
    GameScene::new::<CommonsHarvest>("game", config)
        .action(&["ArrowLeft"], Action::West, "left")
        .action(&["ArrowRight"], Action::East, "right")
        .seat(Seat::Human)
        .seat(Seat::Human)
        .countdown_ms(0)
        .scores(shown)
        .max_steps(12)
}

/// A game in which the first player stands and the second holds a key: what the first was sent, and the rows.
fn play(shown: ShownScores, seed: u64, held: KeySet) -> (Vec<u64>, Vec<StepRecord>) {
    let mut world = World::new(orchard(shown), seed);
    let (standing, walking) = (world.join(0), world.join(1));
    world.hold(walking, held);
    world.play_out(60_000);
    (world.browser(standing).messages.clone(), world.host.record().rows)
}

/// The cell of a player in a row.
fn cell(row: &StepRecord, player: usize) -> [f64; 2] {
    [0, 1].map(|axis| match row.state[4 * player + axis] {
        RecordValue::Number(at) => at,
        ref other => panic!("{other:?}"),
    })
}

fn is_seen(row: &StepRecord) -> bool {
    let (own, other) = (cell(row, 0), cell(row, 1));
    (0..2).all(|axis| (own[axis] - other[axis]).abs() <= SIGHT)
}

/// Pairs of games that differ only in where the second player goes, who is never seen by the first one.
fn unseen(shown: ShownScores) -> Vec<[(Vec<u64>, Vec<StepRecord>); 2]> {
    let pairs = (0..40).map(|seed| [LEFT, RIGHT].map(|held| play(shown, seed, held)));
    pairs.filter(|games| games.iter().all(|(_, rows)| !rows.iter().any(is_seen))).collect()
}

fn eaten(rows: &[StepRecord]) -> f32 {
    rows.iter().map(|row| row.rewards[1]).sum()
}

#[test]
fn a_seat_is_sent_the_same_bytes_whatever_happens_outside_its_window() {
    let games = unseen(ShownScores::Own);
    let differ = games.iter().filter(|[one, other]| {
        let last = |rows: &[StepRecord]| cell(rows.last().unwrap(), 1);
        last(&one.1) != last(&other.1) && eaten(&one.1) != eaten(&other.1)
    });
    assert!(differ.count() >= 3, "the other player walks and eats differently");
    for [one, other] in &games {
        assert!(one.0.len() > 12, "{} messages", one.0.len());
        assert_eq!(one.0, other.0);
    }
}

#[test]
fn with_everybodys_scores_it_is_told_what_others_eat() {
    let told = |[one, other]: &[(Vec<u64>, Vec<StepRecord>); 2]| {
        (one.0 != other.0, eaten(&one.1) != eaten(&other.1))
    };
    let told: Vec<(bool, bool)> = unseen(ShownScores::All).iter().map(told).collect();
    assert!(told.contains(&(true, true)));
    assert!(told.iter().all(|(differs, ate)| differs == ate), "{told:?}");
}
