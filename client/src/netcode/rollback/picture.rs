//! Between two ticks the picture is on its way to the next one, which is known already; a correction is not a jump but
//! a short glide.

use std::collections::BTreeMap;

use env_sdk::{
    Agent, Surface, View, Viewport, math,
    surface::{Encoder, Item, Scene},
};
use room::timeline::Timeline;

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
    errors: BTreeMap<u16, (f32, f32)>,
    /// Where they were shown when the correction came.
    shown: Option<BTreeMap<u16, (f32, f32)>>,
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
            errors: BTreeMap::new(),
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
        self.shown = None;
        self.outdated();
    }

    pub fn repaint(&mut self) {
        self.repaint = true;
    }

    /// The present is about to be another one.
    pub fn correct(&mut self) {
        if let (None, Some(part)) = (&self.shown, self.part) {
            let items = self.after.items_between(&self.before, part, self.viewport);
            self.shown = Some(self.places(&items));
        }
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
        for error in self.errors.values_mut() {
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

    /// Items are not where they were shown: they glide from there.
    fn glide(&mut self, shown: &BTreeMap<u16, (f32, f32)>, items: &[Item]) {
        let jump = JUMP * self.viewport.width;
        for item in items.iter().filter(|item| item.tween) {
            let ((x, y), Some(old)) = (item.shape.place(), shown.get(&item.id)) else { continue };
            let (dx, dy) = (old.0 - x, old.1 - y);
            if dx.abs().max(dy.abs()) < jump {
                self.errors.insert(item.id, (dx, dy));
            } else {
                self.errors.remove(&item.id);
            }
        }
    }

    /// Where items are shown now, by id.
    fn places(&self, items: &[Item]) -> BTreeMap<u16, (f32, f32)> {
        let place = |item: &Item| {
            let (x, y) = item.shape.place();
            let (dx, dy) = self.errors.get(&item.id).copied().unwrap_or_default();
            (item.id, (x + dx, y + dy))
        };
        items.iter().filter(|item| item.tween).map(place).collect()
    }
}
