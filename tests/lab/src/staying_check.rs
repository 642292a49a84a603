//! What the edge tests play when somebody leaves: two people, little grace, and a policy that plays on. Not on the front
//! page.

use std::collections::BTreeMap;

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::experiment::{
    Answer, DropoutRule, Experiment, GameScene, Globals, Page, PresenceRule, Scene, Seat,
    hooks::Hooks,
    record::{EpisodeRecord, GameInfo, StepRecord},
};
use footlights::protocol::Outcome;

use footlights_examples::slime_controls;

pub fn experiment() -> Experiment {
    let one_life = Config { lives: 1, ..Config::default() };
    let game = GameScene::new::<SlimeVolleyball>("game", one_life)
        .seat(Seat::Human)
        .seat(Seat::Human)
        .episodes(3)
        .countdown_ms(0)
        .gather_ms(4_000)
        .grace_ms(2_000)
        .on_dropout(DropoutRule::Replace(Seat::Random))
        .attention_rule(
            PresenceRule::new(1_500.0, "Please come back to the game.")
                .exclude(3_000.0, "You were away from the game for too long."),
        )
        .hooks(|| Box::<Sides>::default());

    Experiment::new("staying_check", "Staying together")
        .unlisted()
        .scene(Scene::start(Page::new("start", "Staying together")))
        .scene(slime_controls(game))
        .scene(Scene::end(Page::new("end", "Thank you")))
}

/// Counts how often the ball changes sides.
#[derive(Default)]
struct Sides {
    changes: u32,
    /// Of the game, with those of the episodes before.
    all: u32,
    left: Option<bool>,
}

/// The ball's horizontal place in what the left player observes; the net is at 0.
const BALL_X: usize = 4;

impl Hooks for Sides {
    fn columns(&self) -> Vec<String> {
        vec!["side_changes".into()]
    }

    fn globals(&self) -> Vec<String> {
        vec!["side_changes".into()]
    }

    fn episode_start(&mut self, _episode: u32, _initial: &[f32]) {
        (self.changes, self.left) = (0, None);
    }

    fn tick(&mut self, row: &StepRecord) -> Vec<f64> {
        let left = row.observations.get(BALL_X).map(|x| *x > 0.0);
        if self.left.is_some() && self.left != left {
            self.changes += 1;
            self.all += 1;
        }
        self.left = left;
        vec![f64::from(self.changes)]
    }

    fn episode_end(&mut self, _episode: &EpisodeRecord) -> BTreeMap<String, f64> {
        BTreeMap::from([("side_changes".into(), f64::from(self.changes))])
    }

    fn game_end(&mut self, game: &GameInfo, _outcome: Outcome) -> Vec<Globals> {
        let all = Globals::from([("side_changes".into(), Answer::Number(f64::from(self.all)))]);
        vec![all; game.seats.len()]
    }

    fn save(&self) -> Vec<u8> {
        let side = self.left.map_or(2, u8::from);
        [&self.changes.to_le_bytes()[..], &self.all.to_le_bytes(), &[side]].concat()
    }

    fn load(&mut self, state: &[u8]) -> Result<(), String> {
        let [a, b, c, d, e, f, g, h, side] = state else { return Err(format!("{} bytes", state.len())) };
        self.changes = u32::from_le_bytes([*a, *b, *c, *d]);
        self.all = u32::from_le_bytes([*e, *f, *g, *h]);
        self.left = (*side < 2).then_some(*side == 1);
        Ok(())
    }
}
