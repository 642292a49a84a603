//! What each bot does beside taking part: drawn from the seed before it comes. It decides when, never how.

use footlights_env::{Rng, Stream};

/// How often bots misbehave, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Chances {
    /// Closes everything at a random moment and never comes back.
    pub dropout: f64,
    /// Loads the page anew in a random scene.
    pub reload: f64,
    /// Looks at another tab for some seconds of a game.
    pub hide: f64,
    /// Takes its time on pages, over a slow connection.
    pub slow: f64,
    /// Opens the experiment in a second tab.
    pub second_tab: f64,
}

/// A moment of a walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The scene, counted from 0 as the bot comes to them.
    pub scene: usize,
    /// How much of the time that somebody spends there is over, 0 to 1.
    pub share: f64,
}

/// What one bot does.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Plan {
    /// When it comes, ms after the first may.
    pub arrive_ms: f64,
    /// When it leaves for good.
    pub dropout: Option<Moment>,
    /// Leaves without a word, as a lost connection does.
    pub silent: bool,
    /// When it loads the page anew.
    pub reload: Option<Moment>,
    /// When it opens a second tab.
    pub second_tab: Option<Moment>,
    /// How long after the start of its first game it looks away, and for how long, ms.
    pub hide: Option<(f64, f64)>,
    /// How long a message takes each way, ms; people with slow connections also read slowly.
    pub slow_ms: Option<f64>,
}

impl Plan {
    /// The plan of the bot with that number. `scenes` is how many scenes there are before the last page.
    pub fn draw(seed: u64, bot: u32, chances: &Chances, scenes: usize, arrive_ms: f64) -> Self {
        let mut rng = Rng::derive(seed, Stream::Order, bot, 0);
        let mut happens = |chance: f64| {
            // The same number of draws whatever happens: one option does not change what another one does.
            let (dice, scene, share) = (rng.unit_f64(), rng.unit_f64(), rng.unit_f64());
            let scene = ((scene * scenes as f64) as usize).min(scenes.saturating_sub(1));
            (dice < chance).then_some(Moment { scene, share })
        };
        let dropout = happens(chances.dropout);
        let reload = happens(chances.reload);
        let second_tab = happens(chances.second_tab);
        let hide = happens(chances.hide).map(|_| ());
        let slow = happens(chances.slow).map(|_| ());
        Self {
            dropout,
            reload,
            second_tab,
            hide: hide.map(|()| (rng.uniform_f64(500.0, 4_000.0), rng.uniform_f64(1_000.0, 8_000.0))),
            slow_ms: slow.map(|()| rng.uniform_f64(50.0, 200.0)),
            silent: rng.unit() < 0.5,
            arrive_ms: rng.uniform_f64(0.0, arrive_ms.max(f64::MIN_POSITIVE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Chances = Chances { dropout: 0.5, reload: 0.5, hide: 0.5, slow: 0.5, second_tab: 0.5 };

    fn plans(chances: &Chances) -> Vec<Plan> {
        (0..400).map(|bot| Plan::draw(7, bot, chances, 5, 1_000.0)).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_does_not() {
        assert_eq!(plans(&HALF), plans(&HALF));
        assert_ne!(Plan::draw(7, 0, &HALF, 5, 1_000.0), Plan::draw(8, 0, &HALF, 5, 1_000.0));
    }

    #[test]
    fn everything_happens_as_often_as_asked_and_not_at_all_when_not_asked() {
        let plans = plans(&HALF);
        let count = |is: fn(&Plan) -> bool| plans.iter().filter(|plan| is(plan)).count();
        let counts = [
            count(|p| p.dropout.is_some()),
            count(|p| p.reload.is_some()),
            count(|p| p.hide.is_some()),
            count(|p| p.slow_ms.is_some()),
            count(|p| p.second_tab.is_some()),
        ];
        assert!(counts.iter().all(|count| (150..250).contains(count)), "{counts:?}");
        let never = Plan::draw(7, 0, &Chances::default(), 5, 0.0);
        let nothing = (never.dropout, never.reload, never.second_tab, never.hide, never.slow_ms);
        assert_eq!(nothing, (None, None, None, None, None));
        assert!(never.arrive_ms < 1.0);
    }

    #[test]
    fn moments_lie_all_over_the_walk() {
        let plans = plans(&Chances { dropout: 1.0, ..HALF });
        for scene in 0..5 {
            assert!(plans.iter().filter(|p| p.dropout.is_some_and(|m| m.scene == scene)).count() > 40);
        }
        let late = plans.iter().filter(|plan| plan.arrive_ms > 500.0).count();
        assert!((150..250).contains(&late), "{late}");
    }

    #[test]
    fn one_option_does_not_change_what_another_one_draws() {
        let without = Chances { dropout: 0.0, ..HALF };
        for bot in 0..50 {
            let (one, other) = (Plan::draw(7, bot, &HALF, 5, 0.0), Plan::draw(7, bot, &without, 5, 0.0));
            assert_eq!((one.reload, one.second_tab), (other.reload, other.second_tab));
        }
    }
}
