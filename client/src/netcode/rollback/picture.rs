//! Between two ticks the picture is on its way to the next one, which is known already; a correction is not a jump but
//! a short glide.

use footlights_env::{
    Agent, Surface, View, Viewport, math,
    surface::{Encoder, Item, Scene},
};
use footlights_protocol::timeline::Timeline;
use litemap::LiteMap;

/// What is left of a correction after this time is a third of it (1/e), ms.
const GLIDE_MS: f64 = 60.0;
/// A correction over more than this share of the picture's width is a jump after all.
const JUMP: f32 = 0.25;
/// What is less than this share of the picture's width is over.
const OVER: f32 = 0.000_5;

/// Pictures of one seat's present.
#[derive(Debug, Clone)]
pub struct Painter {
    viewport: Viewport,
    tick: Option<u32>,
    before: Scene,
    after: Scene,
    part: Option<f32>,
    at: Option<f64>,
    /// Where items are shown beside where they are, by id.
    errors: LiteMap<u16, (f32, f32)>,
    /// Where they would be now without the correction that came, and without older errors.
    shown: Option<LiteMap<u16, (f32, f32)>>,
    repaint: bool,
}

impl Painter {
    pub fn new(viewport: Viewport) -> Self {
        Self {
            viewport,
            tick: None,
            before: Scene::default(),
            after: Scene::default(),
            part: None,
            at: None,
            errors: LiteMap::new(),
            shown: None,
            repaint: false,
        }
    }

    /// The two states are not those of the present any more.
    pub fn outdated(&mut self) {
        self.tick = None;
    }

    pub fn is_outdated(&self, tick: u32) -> bool {
        self.tick != Some(tick)
    }

    /// The next picture has nothing to do with the last one.
    pub fn jump(&mut self) {
        self.errors.clear();
        (self.shown, self.part) = (None, None);
        self.outdated();
    }

    pub fn repaint(&mut self) {
        self.repaint = true;
    }

    pub fn has_painted(&self) -> bool {
        self.part.is_some()
    }

    /// The present is about to be another one; what was set last, `part` of the way, is what would be shown otherwise.
    pub fn correct(&mut self, part: f32) {
        let items = self.after.items_between(&self.before, part, self.viewport);
        self.shown.get_or_insert_with(|| places(&items));
    }

    /// The states to paint.
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

    /// The items `part` of the way to the next tick; `None` if they are painted already.
    pub fn paint(&mut self, part: f32, now: f64) -> Option<Vec<Item>> {
        let passed = self.at.replace(now).map_or(0.0, |at| (now - at).max(0.0));
        let fades = math::exp(-passed / GLIDE_MS) as f32;
        for (_, error) in self.errors.iter_mut() {
            *error = (error.0 * fades, error.1 * fades);
        }
        let over = OVER * self.viewport.width;
        self.errors.retain(|_, (x, y)| x.abs().max(y.abs()) > over);
        if !self.repaint && self.part == Some(part) && self.errors.is_empty() && self.shown.is_none() {
            return None;
        }
        let mut items = self.after.items_between(&self.before, part, self.viewport);
        if let Some(shown) = self.shown.take() {
            self.glide(&shown, &items);
        }
        for item in &mut items {
            if let Some((x, y)) = self.errors.get(&item.id) {
                item.shape.shift(*x, *y);
            }
        }
        self.part = Some(part);
        self.repaint = false;
        Some(items)
    }

    /// Items are not where they would have been: they glide from there.
    fn glide(&mut self, shown: &LiteMap<u16, (f32, f32)>, items: &[Item]) {
        let jump = JUMP * self.viewport.width;
        for (id, (x, y)) in places(items) {
            let Some(old) = shown.get(&id) else { continue };
            let error = self.errors.entry(id).or_default();
            *error = (error.0 + old.0 - x, error.1 + old.1 - y);
            if error.0.abs().max(error.1.abs()) >= jump {
                self.errors.remove(&id);
            }
        }
    }
}

/// Where items that glide are, by id.
fn places(items: &[Item]) -> LiteMap<u16, (f32, f32)> {
    let tweened = items.iter().filter(|item| item.tween);
    let mut places: Vec<(u16, (f32, f32))> = tweened.map(|item| (item.id, item.shape.place())).collect();
    places.sort_unstable_by_key(|(id, _)| *id);
    LiteMap::from_sorted_store_unchecked(places)
}
