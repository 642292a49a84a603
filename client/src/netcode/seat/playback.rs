//! Plays streamed pictures: puts them together from what changed, and says what to paint at a given moment.
//!
//! What arrived is on its way to the screen with the next painted picture. A movement is spread over the time until the
//! next frame is due, and over one tick at most, so that the screen is never more than one tick behind the newest frame
//! and nothing is ever extrapolated. A clock that follows the earliest arrivals and allows for their usual jitter tells
//! when the next frame is due. A late frame moves faster (twice the speed at most) to catch up; frames that arrive
//! together are not played one after the other; a first or a full picture, a jump of several ticks, and ticks that come
//! as fast as the screen refreshes are shown as they are.

use footlights_env::{
    Viewport,
    surface::{Delta, Item, Scene, delta::Misfit},
};
use footlights_protocol::{MonotonicMs, Tick};

/// A frame so many ticks after its predecessor is a jump, not a movement.
const JUMP_TICKS: u32 = 4;

/// Predicts when frames arrive: at `base + tick · tick_ms`, plus the usual jitter.
#[derive(Debug, Clone)]
struct FrameClock {
    tick_ms: f64,
    base: Option<MonotonicMs>,
    jitter_ms: f64,
}

impl FrameClock {
    fn arrived(&mut self, tick: Tick, now: MonotonicMs) {
        let base = now - f64::from(tick) * self.tick_ms;
        let known = *self.base.get_or_insert(base);
        let late = base - known;
        if late > 4.0 * self.tick_ms {
            // The game was paused: its schedule moved.
            self.base = Some(base);
        } else if late < 0.0 {
            self.base = Some(base);
            self.jitter_ms -= self.jitter_ms / 16.0;
        } else {
            // Creeps up slowly, so that a schedule that slips is followed and one late frame is not.
            self.base = Some(known + late / 128.0);
            self.jitter_ms += (late - self.jitter_ms) / 16.0;
        }
    }

    fn due(&self, tick: Tick) -> MonotonicMs {
        self.base.unwrap_or_default() + f64::from(tick) * self.tick_ms + self.jitter_ms.min(self.tick_ms)
    }
}

/// The pictures of one game.
#[derive(Debug, Clone)]
pub struct Playback {
    viewport: Viewport,
    before: Scene,
    after: Scene,
    /// What leads from `before` to `after`: `before` is kept one step behind by applying it late.
    step: Delta,
    tick: Option<Tick>,
    clock: FrameClock,
    begun: MonotonicMs,
    lasts_ms: f64,
    refresh_ms: f64,
    painted_at: Option<MonotonicMs>,
    at_rest: bool,
}

impl Playback {
    /// Nothing to show yet, in a game with `fps` ticks a second.
    #[must_use]
    pub fn new(viewport: Viewport, fps: f32) -> Self {
        let fps = if fps.is_finite() && fps > 0.0 { f64::from(fps) } else { 30.0 };
        Self {
            viewport,
            before: Scene::default(),
            after: Scene::default(),
            step: Delta::default(),
            tick: None,
            clock: FrameClock { tick_ms: 1000.0 / fps, base: None, jitter_ms: 0.0 },
            begun: MonotonicMs::default(),
            lasts_ms: 0.0,
            refresh_ms: 1000.0 / 60.0,
            painted_at: None,
            at_rest: true,
        }
    }

    /// The viewport of the pictures.
    pub fn viewport(&self) -> Viewport {
        self.viewport
    }

    /// The newest tick; `None` before the first frame.
    pub fn tick(&self) -> Option<Tick> {
        self.tick
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// The change does not fit the last picture. Only a full picture helps.
    pub fn push(&mut self, tick: Tick, delta: Delta, now: MonotonicMs) -> Result<(), Misfit> {
        self.before.apply(&std::mem::take(&mut self.step))?;
        self.after.apply(&delta)?;
        let jumped = self.tick.is_none_or(|last| tick - last >= JUMP_TICKS || tick <= last);
        self.tick = Some(tick);
        self.clock.arrived(tick, now);
        let tick_ms = self.clock.tick_ms;
        let glides = !delta.full && !jumped && !delta.moved.is_empty() && tick_ms > 1.5 * self.refresh_ms;
        self.begun = now;
        self.lasts_ms =
            if glides { (self.clock.due(tick.next()) - now).clamp(tick_ms / 2.0, tick_ms) } else { 0.0 };
        // An empty step changes nothing on the screen, unless the last movement was still under way.
        self.at_rest &= delta.is_empty();
        self.step = delta;
        Ok(())
    }

    /// The next picture must be painted even if nothing changed: the canvas is new.
    pub fn repaint(&mut self) {
        self.at_rest = self.tick.is_none();
    }

    /// The picture to paint at `now`, in painting order; `None` if the last one still holds. Call once a refresh of the
    /// screen.
    pub fn picture(&mut self, now: MonotonicMs) -> Option<Vec<Item>> {
        if let Some(last) = self.painted_at.replace(now) {
            let interval = now - last;
            if interval > 1.0 && interval < 100.0 {
                self.refresh_ms += (interval - self.refresh_ms) / 32.0;
            }
        }
        if self.at_rest {
            return None;
        }
        let t = self.progress(now);
        self.at_rest = t >= 1.0;
        Some(self.after.items_between(&self.before, t, self.viewport))
    }

    /// How far between the last two frames the screen is, 0 to 1.
    fn progress(&self, now: MonotonicMs) -> f32 {
        if self.lasts_ms > 0.0 { ((now - self.begun) / self.lasts_ms).clamp(0.0, 1.0) as f32 } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::{
        Surface,
        surface::{Encoder, Shape},
    };
    use proptest::prelude::*;

    use super::*;

    const VIEW: Viewport = Viewport { width: 1000.0, height: 500.0 };
    const TICK: f64 = 1000.0 / 30.0;

    /// A disc that moves 3 units a tick, sent as it would be by a room.
    struct Source {
        encoder: Encoder,
        playback: Playback,
    }

    impl Source {
        fn new(fps: f32) -> Self {
            Self { encoder: Encoder::new(VIEW), playback: Playback::new(VIEW, fps) }
        }

        fn push(&mut self, tick: Tick, now: MonotonicMs) {
            let mut surface = Surface::new();
            surface.rect(0.0, 0.0, VIEW.width, VIEW.height).id(1).persistent();
            surface.circle(3.0 * tick.0 as f32, 10.0, 5.0).id(2).tween();
            self.playback.push(tick, self.encoder.encode(&surface), now).unwrap();
        }

        /// Where the disc is painted, in ticks.
        fn shown(&mut self, now: MonotonicMs) -> Option<f64> {
            self.playback.picture(now).map(|items| match items.last().unwrap().shape {
                Shape::Circle { x, .. } => f64::from(x) / 3.0,
                _ => panic!("the disc is painted last"),
            })
        }
    }

    #[test]
    fn on_a_steady_line_movement_is_even_and_one_tick_behind_at_most() {
        let mut source = Source::new(30.0);
        for tick in 0..60 {
            let arrival = f64::from(tick) * TICK;
            source.push(Tick(tick), MonotonicMs(arrival));
            for quarter in 0..4 {
                let now = arrival + f64::from(quarter) * TICK / 4.0;
                if let (Some(at), true) = (source.shown(MonotonicMs(now)), tick > 1) {
                    let ideal = f64::from(tick) - 1.0 + f64::from(quarter) / 4.0;
                    assert!((at - ideal).abs() < 0.1, "tick {tick} + {quarter}/4: {at}");
                }
            }
        }
    }

    #[test]
    fn a_late_frame_catches_up_and_a_missing_one_leaves_the_picture_at_rest() {
        let mut source = Source::new(30.0);
        for tick in 0..30 {
            source.push(Tick(tick), MonotonicMs(f64::from(tick) * TICK));
            source.shown(MonotonicMs(f64::from(tick) * TICK));
            source.shown(MonotonicMs(f64::from(tick) * TICK + TICK / 2.0));
        }
        // Frame 30 is 25 ms late: it is complete before frame 31 is due.
        let late = 30.0 * TICK + 25.0;
        assert_eq!(source.shown(MonotonicMs(late - 10.0)).map(f64::round), Some(29.0));
        assert_eq!(source.shown(MonotonicMs(late - 5.0)), None, "at rest, nothing to paint");
        source.push(Tick(30), MonotonicMs(late));
        assert!(source.shown(MonotonicMs(late + TICK / 2.0 + 3.0)).unwrap() > 29.95);
    }

    #[test]
    fn frames_that_arrive_together_are_not_played_one_after_the_other() {
        let mut source = Source::new(30.0);
        for tick in 0..10 {
            source.push(Tick(tick), MonotonicMs(f64::from(tick) * TICK));
        }
        for tick in 10..13 {
            source.push(Tick(tick), MonotonicMs(12.0 * TICK));
        }
        assert!(source.shown(MonotonicMs(12.0 * TICK)).unwrap() > 10.95);
    }

    #[test]
    fn after_a_hidden_time_the_newest_picture_is_there_at_once() {
        let mut source = Source::new(30.0);
        for tick in 0..3000 {
            source.push(Tick(tick), MonotonicMs(f64::from(tick) * TICK));
        }
        assert!(source.shown(MonotonicMs(2999.0 * TICK + 40.0)).unwrap() > 2998.95);
    }

    #[test]
    fn after_a_pause_of_the_game_the_clock_follows_its_new_schedule() {
        let mut source = Source::new(30.0);
        for tick in 0..30 {
            source.push(Tick(tick), MonotonicMs(f64::from(tick) * TICK));
        }
        for tick in 30..60 {
            source.push(Tick(tick), MonotonicMs(20_000.0 + f64::from(tick) * TICK));
        }
        let half = source.shown(MonotonicMs(20_000.0 + 59.5 * TICK)).unwrap();
        assert!((half - 58.5).abs() < 0.1, "{half}");
    }

    #[test]
    fn a_new_episode_does_not_glide_and_nothing_is_painted_twice() {
        let mut source = Source::new(30.0);
        source.push(Tick(5), MonotonicMs(0.0));
        assert!(source.shown(MonotonicMs(0.0)).is_some_and(|at| (at - 5.0).abs() < 0.05));
        assert_eq!(source.shown(MonotonicMs(16.0)), None);
        source.encoder.restart();
        source.push(Tick(6), MonotonicMs(TICK));
        assert!(source.shown(MonotonicMs(TICK)).is_some_and(|at| (at - 6.0).abs() < 0.05));
        assert_eq!(source.shown(MonotonicMs(TICK + 16.0)), None);
        source.playback.repaint();
        assert!(source.shown(MonotonicMs(TICK + 17.0)).is_some());
    }

    #[test]
    fn ticks_as_fast_as_the_screen_are_shown_without_delay() {
        let mut source = Source::new(60.0);
        for tick in 0..60 {
            let now = f64::from(tick) * 1000.0 / 60.0;
            source.push(Tick(tick), MonotonicMs(now));
            let at = source.shown(MonotonicMs(now)).unwrap();
            assert!((at - f64::from(tick)).abs() < 0.05, "{at}");
        }
    }

    #[test]
    fn a_delta_that_does_not_fit_is_an_error_and_a_full_one_heals_it() {
        let mut source = Source::new(30.0);
        source.push(Tick(1), MonotonicMs(0.0));
        let wrong = Delta { gone: vec![99], ..Delta::default() };
        assert!(source.playback.push(Tick(2), wrong, MonotonicMs(TICK)).is_err());
        source.encoder.restart();
        source.push(Tick(3), MonotonicMs(2.0 * TICK));
        assert!(source.shown(MonotonicMs(2.0 * TICK)).is_some_and(|at| (at - 3.0).abs() < 0.05));
    }

    proptest! {
        #[test]
        fn under_jitter_nothing_moves_backwards_or_falls_more_than_a_tick_behind(
            delays in proptest::collection::vec(0f64..90.0, 40..80),
        ) {
            let mut source = Source::new(30.0);
            let (mut arrival, mut shown) = (0f64, 0f64);
            for (tick, delay) in (0u32..).zip(&delays) {
                // In order, as over TCP.
                arrival = arrival.max(f64::from(tick) * TICK + delay);
                source.push(Tick(tick), MonotonicMs(arrival));
                for k in 0..3 {
                    if let Some(at) = source.shown(MonotonicMs(arrival + f64::from(k) * 4.0)) {
                        prop_assert!(at >= shown - 0.05 && at > f64::from(tick) - 1.05, "{at} after {shown}");
                        shown = at;
                    }
                }
            }
        }
    }
}
