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
    /// Leaves a page lie for one to three minutes.
    pub idle: f64,
    /// Is behind a proxy that lets no WebSocket through.
    pub no_sockets: f64,
    /// Has a browser that keeps no cookies, as a private window in a frame.
    pub no_cookies: f64,
    /// Has a browser that runs no scripts.
    pub no_script: f64,
    /// Is behind a proxy that cuts every WebSocket after some seconds.
    pub cuts: f64,
    /// Closes the lid of the computer for 20 to 90 seconds.
    pub sleep: f64,
    /// Does one of all these and nothing else, each as likely.
    pub misbehave: f64,
}

impl Chances {
    /// Everything but [`Chances::misbehave`].
    fn kinds(&mut self) -> [&mut f64; 11] {
        let Self {
            dropout,
            reload,
            hide,
            slow,
            second_tab,
            idle,
            no_sockets,
            no_cookies,
            no_script,
            cuts,
            sleep,
            ..
        } = self;
        [dropout, reload, hide, slow, second_tab, idle, no_sockets, no_cookies, no_script, cuts, sleep]
    }

    /// Those of somebody who does one thing: the kind at the share `kind` of all kinds, 0 to 1.
    fn only(kind: f64) -> Self {
        let mut chances = Self::default();
        let kinds = chances.kinds();
        let place = ((kind * kinds.len() as f64) as usize).min(kinds.len() - 1);
        *kinds[place] = 1.0;
        chances
    }
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
    /// Which page it leaves lie, for how long, ms: the first that it reads in this scene or a later one.
    pub idle: Option<(usize, f64)>,
    /// No WebSocket opens.
    pub no_sockets: bool,
    /// Cookies are not kept.
    pub no_cookies: bool,
    /// Scripts are not run.
    pub no_script: bool,
    /// Every WebSocket is cut after so long, ms.
    pub cut_ms: Option<f64>,
    /// When everything stands still, and for how long, ms.
    pub sleep: Option<(Moment, f64)>,
}

impl Plan {
    /// The plan of the bot with that number. `scenes` is how many scenes there are before the last page.
    pub fn draw(seed: u64, bot: u32, chances: &Chances, scenes: usize, arrive_ms: f64) -> Self {
        let mut rng = Rng::derive(seed, Stream::Order, bot, 0);
        let (misbehaves, kind) = (rng.unit_f64() < chances.misbehave, rng.unit_f64());
        let chances = if misbehaves { Chances::only(kind) } else { *chances };
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
        let idle = happens(chances.idle);
        let no_sockets = happens(chances.no_sockets).is_some();
        let no_cookies = happens(chances.no_cookies).is_some();
        let no_script = happens(chances.no_script).is_some();
        let cuts = happens(chances.cuts).map(|_| ());
        let sleep = happens(chances.sleep);
        Self {
            dropout,
            reload,
            second_tab,
            hide: hide.map(|()| (rng.uniform_f64(500.0, 4_000.0), rng.uniform_f64(1_000.0, 8_000.0))),
            slow_ms: slow.map(|()| rng.uniform_f64(50.0, 200.0)),
            silent: rng.unit() < 0.5,
            arrive_ms: rng.uniform_f64(0.0, arrive_ms.max(f64::MIN_POSITIVE)),
            idle: idle.map(|moment| (moment.scene, rng.uniform_f64(60_000.0, 180_000.0))),
            no_sockets,
            // Who has neither is asked to allow cookies, and comes in with them.
            no_cookies: no_cookies && !no_script,
            no_script,
            cut_ms: cuts.map(|()| rng.uniform_f64(5_000.0, 30_000.0)),
            sleep: sleep.map(|moment| (moment, rng.uniform_f64(20_000.0, 90_000.0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Chances = Chances {
        dropout: 0.5,
        reload: 0.5,
        hide: 0.5,
        slow: 0.5,
        second_tab: 0.5,
        idle: 0.5,
        no_sockets: 0.5,
        no_cookies: 0.5,
        no_script: 0.5,
        cuts: 0.5,
        sleep: 0.5,
        misbehave: 0.0,
    };

    /// What a plan does, in the order of [`Chances::kinds`].
    fn does(p: &Plan) -> [bool; 11] {
        [
            p.dropout.is_some(),
            p.reload.is_some(),
            p.hide.is_some(),
            p.slow_ms.is_some(),
            p.second_tab.is_some(),
            p.idle.is_some(),
            p.no_sockets,
            p.no_cookies,
            p.no_script,
            p.cut_ms.is_some(),
            p.sleep.is_some(),
        ]
    }

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
        let counts: Vec<usize> =
            (0..11).map(|kind| plans.iter().filter(|plan| does(plan)[kind]).count()).collect();
        // Those without scripts keep cookies.
        let (cookies, mut others) = (counts[7], counts);
        others.remove(7);
        assert!((70..130).contains(&cookies), "{cookies}");
        assert!(others.iter().all(|count| (150..250).contains(count)), "{others:?}");
        let never = Plan::draw(7, 0, &Chances::default(), 5, 0.0);
        assert_eq!(does(&never), [false; 11]);
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

    #[test]
    fn who_misbehaves_does_one_thing_and_nothing_else_and_each_kind_comes_up() {
        let plans = plans(&Chances { misbehave: 0.3, ..Chances::default() });
        let counts: Vec<usize> =
            plans.iter().map(|plan| does(plan).into_iter().filter(|does| *does).count()).collect();
        assert!(counts.iter().all(|count| *count < 2));
        assert!((90..150).contains(&counts.iter().sum::<usize>()), "{counts:?}");
        for kind in 0..11 {
            assert!(plans.iter().filter(|plan| does(plan)[kind]).count() > 3, "{kind}");
        }
    }
}
