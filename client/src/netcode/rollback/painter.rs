//! Makes pictures between two ticks: each is on its way to the next state, which is predicted already. A correction of a
//! wrong prediction is a short glide instead of a jump.

use footlights_env::{
    Agent, Surface, View, Viewport, math,
    surface::{Encoder, Item, Scene},
};
use footlights_protocol::{MonotonicMs, Tick, timeline::Timeline};
use litemap::LiteMap;

/// Time in which a correction fades to 1/e, ms.
const GLIDE_MS: f64 = 60.0;
/// A correction over more than this share of the picture's width is a jump after all.
const JUMP_SHARE: f32 = 0.25;
/// A correction under this share of the picture's width is over.
const DONE_SHARE: f32 = 0.000_5;

/// Pictures of one seat's present.
#[derive(Debug, Clone)]
pub struct Painter {
    viewport: Viewport,
    tick: Option<Tick>,
    before: Scene,
    after: Scene,
    /// How far the last picture was on its way; `None` before the first.
    fraction: Option<f32>,
    painted_at: Option<MonotonicMs>,
    /// The distance from where items are to where they are shown, by id.
    offsets: LiteMap<u16, (f32, f32)>,
    /// Where items would be now without the correction, and without older offsets.
    uncorrected: Option<LiteMap<u16, (f32, f32)>>,
    repaint: bool,
}

impl Painter {
    /// Nothing to paint yet.
    pub fn new(viewport: Viewport) -> Self {
        Self {
            viewport,
            tick: None,
            before: Scene::default(),
            after: Scene::default(),
            fraction: None,
            painted_at: None,
            offsets: LiteMap::new(),
            uncorrected: None,
            repaint: false,
        }
    }

    /// The states that were set are not those of the present any more.
    pub fn outdated(&mut self) {
        self.tick = None;
    }

    /// Whether the states must be set for the present at `tick`.
    pub fn is_outdated(&self, tick: Tick) -> bool {
        self.tick != Some(tick)
    }

    /// The next picture has nothing to do with the last one: nothing glides.
    pub fn jump(&mut self) {
        self.offsets.clear();
        (self.uncorrected, self.fraction) = (None, None);
        self.outdated();
    }

    /// The next picture must be painted even if nothing changed.
    pub fn repaint(&mut self) {
        self.repaint = true;
    }

    /// Whether there is a picture to glide from.
    pub fn has_painted(&self) -> bool {
        self.fraction.is_some()
    }

    /// The present is about to be corrected. The states that were set last, `fraction` of the way, are what would be shown
    /// otherwise.
    pub fn correct(&mut self, fraction: f32) {
        let items = self.after.items_between(&self.before, fraction, self.viewport);
        self.uncorrected.get_or_insert_with(|| places(&items));
    }

    /// Sets the state to paint and the one after it, as seen by `me`. Without a next state nothing moves.
    pub fn set(&mut self, before: &Timeline, after: Option<&Timeline>, me: Agent) {
        self.tick = Some(before.tick());
        self.before = self.scene(before, me);
        self.after = match after {
            Some(after) => self.scene(after, me),
            None => self.before.clone(),
        };
        self.repaint = true;
    }

    fn scene(&self, state: &Timeline, me: Agent) -> Scene {
        let mut surface = Surface::new();
        state.sim().draw(View::Agent(me), &mut surface);
        let mut scene = Scene::default();
        // A full picture fits any.
        let _ = scene.apply(&Encoder::new(self.viewport).encode(&surface));
        scene
    }

    /// The items `fraction` of the way to the next state; `None` if they are painted already.
    pub fn paint(&mut self, fraction: f32, now: MonotonicMs) -> Option<Vec<Item>> {
        let passed = self.painted_at.replace(now).map_or(0.0, |at| (now - at).max(0.0));
        let fades = math::exp(-passed / GLIDE_MS) as f32;
        for (_, offset) in self.offsets.iter_mut() {
            *offset = (offset.0 * fades, offset.1 * fades);
        }
        let done = DONE_SHARE * self.viewport.width;
        self.offsets.retain(|_, (x, y)| x.abs().max(y.abs()) > done);
        if !self.repaint
            && self.fraction == Some(fraction)
            && self.offsets.is_empty()
            && self.uncorrected.is_none()
        {
            return None;
        }
        let mut items = self.after.items_between(&self.before, fraction, self.viewport);
        if let Some(uncorrected) = self.uncorrected.take() {
            self.glide(&uncorrected, &items);
        }
        for item in &mut items {
            if let Some((x, y)) = self.offsets.get(&item.id) {
                item.shape.shift(*x, *y);
            }
        }
        self.fraction = Some(fraction);
        self.repaint = false;
        Some(items)
    }

    /// Items are not where they would have been: they glide from there. A large correction is a jump after all.
    fn glide(&mut self, uncorrected: &LiteMap<u16, (f32, f32)>, items: &[Item]) {
        let jump = JUMP_SHARE * self.viewport.width;
        for (id, (x, y)) in places(items) {
            let Some(old) = uncorrected.get(&id) else { continue };
            let offset = self.offsets.entry(id).or_default();
            *offset = (offset.0 + old.0 - x, offset.1 + old.1 - y);
            if offset.0.abs().max(offset.1.abs()) >= jump {
                self.offsets.remove(&id);
            }
        }
    }
}

/// The places of items that glide, by id.
fn places(items: &[Item]) -> LiteMap<u16, (f32, f32)> {
    let tweened = items.iter().filter(|item| item.tween);
    let mut places: Vec<(u16, (f32, f32))> = tweened.map(|item| (item.id, item.shape.place())).collect();
    places.sort_unstable_by_key(|(id, _)| *id);
    LiteMap::from_sorted_store_unchecked(places)
}

#[cfg(test)]
mod tests {
    use footlights_env::surface::Shape;
    use footlights_protocol::{
        KeySet,
        timeline::{Move, Moves},
    };

    use super::{super::testing, *};

    /// The own player's place across the picture.
    fn x(items: Option<Vec<Item>>) -> Option<f32> {
        items?.iter().find_map(|item| match item.shape {
            Shape::Text { x, .. } if item.tween => Some(x),
            _ => None,
        })
    }

    fn states() -> (Painter, Timeline, Timeline) {
        let before = testing::timeline();
        let mut after = before.clone();
        let left = Moves::from_iter([(Agent(0), Move::Keys(vec![Some(KeySet(1))]))]);
        for _ in 0..10 {
            after.advance(&left).unwrap();
        }
        (Painter::new(before.sim().spec().viewport), before, after)
    }

    #[test]
    fn a_picture_is_painted_once_on_its_way_to_the_next_state() {
        let (mut painter, before, after) = states();
        painter.set(&before, Some(&after), Agent(0));
        let start = x(painter.paint(0.0, MonotonicMs(0.0))).unwrap();
        assert_eq!(x(painter.paint(0.0, MonotonicMs(16.0))), None);
        let half = x(painter.paint(0.5, MonotonicMs(32.0))).unwrap();
        let end = x(painter.paint(1.0, MonotonicMs(48.0))).unwrap();
        assert!((half - (start + end) / 2.0).abs() < 1e-3 && start != end, "{start} {half} {end}");
        painter.repaint();
        assert_eq!(x(painter.paint(1.0, MonotonicMs(64.0))), Some(end));
    }

    #[test]
    fn a_correction_glides_and_a_jump_does_not() {
        let (mut painter, wrong, right) = states();
        painter.set(&wrong, None, Agent(0));
        let from = x(painter.paint(0.0, MonotonicMs(0.0))).unwrap();
        painter.correct(0.0);
        painter.set(&right, None, Agent(0));
        let first = x(painter.paint(0.0, MonotonicMs(0.0))).unwrap();
        assert!((first - from).abs() < 1e-3, "{from} {first}");
        let glide: Vec<f32> =
            (1..).map_while(|k| x(painter.paint(0.0, MonotonicMs(f64::from(k) * 16.0)))).collect();
        let last = *glide.last().unwrap();
        assert!((10..60).contains(&glide.len()) && (last - from).abs() > 1.0, "{from} {glide:?}");
        painter.set(&wrong, None, Agent(0));
        painter.correct(0.0);
        painter.jump();
        painter.set(&right, None, Agent(0));
        let at_once = x(painter.paint(0.0, MonotonicMs(1_016.0))).unwrap();
        assert!((at_once - last).abs() < 0.1, "{at_once} {last}");
    }
}
