//! From one picture to the next in few bytes.
//!
//! Places and sizes are rounded to a grid of 1/8192 of the viewport's longer side, so half a pixel on a 4K screen, and
//! what moved is sent as the difference on that grid: one byte a coordinate for most movements. Differences are taken
//! between rounded values, so errors do not add up: a scene that took every delta holds exactly the rounded picture.

use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::item::{Align, Color, Item, Shape, Surface};
use crate::spec::Viewport;

/// Steps of the grid along the viewport's longer side.
pub const GRID: f32 = 8192.0;
/// Angles are sent in this fraction of a radian.
const ANGLE: f32 = 1000.0;
/// How many numbers of style stand behind the geometry in [`Record::nums`]. Geometry is first, because what changes
/// most often should need the small bits of the mask.
const STYLE: usize = 6;
/// [`Record::kind`] of a text.
const TEXT: u8 = 6;
/// [`Record::kind`] of an image.
const IMAGE: u8 = 7;

/// An item as numbers on the grid: what travels, and what a delta is taken of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The item's id.
    pub id: u16,
    /// Which shape.
    pub kind: u8,
    /// Geometry, then style (fill, stroke, stroke width, depth, alpha, flags).
    pub nums: Vec<i32>,
    /// The text of a text, the name of an image or of a sound; otherwise empty.
    pub text: String,
}

/// What changed from one picture to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub struct Delta {
    /// Forget everything first.
    pub full: bool,
    /// New items, or ones that changed their nature.
    pub put: Vec<Record>,
    /// Runs of `id, mask, difference…`: bit k of the mask says that number k of the record changed.
    pub moved: Vec<i32>,
    /// Ids that are no longer in the picture.
    pub gone: Vec<u16>,
}

/// A delta as it travels: most pictures differ in what moved, and in nothing else.
#[derive(Serialize, Deserialize)]
struct Packed {
    moved: Vec<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rest: Option<(bool, Vec<Record>, Vec<u16>)>,
}

impl From<Delta> for Packed {
    fn from(Delta { full, put, moved, gone }: Delta) -> Self {
        let rest = full || !put.is_empty() || !gone.is_empty();
        Self { moved, rest: rest.then_some((full, put, gone)) }
    }
}

impl From<Packed> for Delta {
    fn from(Packed { moved, rest }: Packed) -> Self {
        let (full, put, gone) = rest.unwrap_or_default();
        Self { full, put, moved, gone }
    }
}

impl Delta {
    /// Whether the pictures are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.full && self.put.is_empty() && self.moved.is_empty() && self.gone.is_empty()
    }
}

/// A delta that does not fit the picture it was applied to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the delta does not fit the picture: {0}")]
pub struct Misfit(&'static str);

fn unit(viewport: Viewport) -> f32 {
    let longer = if viewport.height > viewport.width { viewport.height } else { viewport.width };
    longer / GRID
}

impl Record {
    /// The item on the grid of `viewport`. Numbers beyond the grid are cut to what fits 24 bits.
    #[must_use]
    pub fn of(item: &Item, viewport: Viewport) -> Self {
        let mut record = Self::default();
        record.set(item, viewport);
        record
    }

    /// Becomes the item on the grid of `viewport`, in the memory that it has.
    fn set(&mut self, item: &Item, viewport: Viewport) {
        let Self { id, kind, nums, text } = self;
        let unit = unit(viewport);
        let on_grid = |v: f32| ((v / unit).round() as i32).clamp(-0x7f_ffff, 0x7f_ffff);
        let angle = |v: f32| ((v * ANGLE).round() as i32).clamp(-0x7f_ffff, 0x7f_ffff);
        *id = item.id;
        nums.clear();
        text.clear();
        *kind = match &item.shape {
            Shape::Rect { x, y, width, height, radius } => {
                nums.extend([*x, *y, *width, *height, *radius].map(on_grid));
                0
            }
            Shape::Circle { x, y, radius } => {
                nums.extend([*x, *y, *radius].map(on_grid));
                1
            }
            Shape::Ellipse { x, y, rx, ry, rotation } => {
                nums.extend([*x, *y, *rx, *ry].map(on_grid));
                nums.push(angle(*rotation));
                2
            }
            Shape::Arc { x, y, radius, start, end } => {
                nums.extend([*x, *y, *radius].map(on_grid));
                nums.extend([angle(*start), angle(*end)]);
                3
            }
            Shape::Line { x1, y1, x2, y2 } => {
                nums.extend([*x1, *y1, *x2, *y2].map(on_grid));
                4
            }
            Shape::Polygon { points } => {
                nums.extend(points.iter().flat_map(|(x, y)| [on_grid(*x), on_grid(*y)]));
                5
            }
            Shape::Text { x, y, size, align, text: words } => {
                nums.extend([*x, *y, *size].map(on_grid));
                nums.push(*align as i32);
                text.push_str(words);
                TEXT
            }
            Shape::Image { x, y, width, height, name, frame } => {
                nums.extend([*x, *y, *width, *height].map(on_grid));
                nums.push(i32::from(*frame));
                text.push_str(name);
                IMAGE
            }
            Shape::Sound { name } => {
                text.push_str(name);
                8
            }
        };
        nums.extend([
            item.fill.0 as i32,
            item.stroke.0 as i32,
            on_grid(item.stroke_width),
            i32::from(item.depth),
            (item.alpha * 255.0).round() as i32,
            i32::from(item.tween) | i32::from(item.persistent) << 1,
        ]);
    }

    /// The item again; `None` if the record is malformed.
    #[must_use]
    pub fn item(&self, viewport: Viewport) -> Option<Item> {
        let unit = unit(viewport);
        let at = |v: &i32| *v as f32 * unit;
        let turn = |v: &i32| *v as f32 / ANGLE;
        let (geometry, style) = self.nums.split_at_checked(self.nums.len().checked_sub(STYLE)?)?;
        let [fill, stroke, width, depth, alpha, flags] = style else { return None };
        let shape = match (self.kind, geometry) {
            (0, [x, y, w, h, r]) => {
                Shape::Rect { x: at(x), y: at(y), width: at(w), height: at(h), radius: at(r) }
            }
            (1, [x, y, r]) => Shape::Circle { x: at(x), y: at(y), radius: at(r) },
            (2, [x, y, rx, ry, t]) => {
                Shape::Ellipse { x: at(x), y: at(y), rx: at(rx), ry: at(ry), rotation: turn(t) }
            }
            (3, [x, y, r, s, e]) => {
                Shape::Arc { x: at(x), y: at(y), radius: at(r), start: turn(s), end: turn(e) }
            }
            (4, [x1, y1, x2, y2]) => Shape::Line { x1: at(x1), y1: at(y1), x2: at(x2), y2: at(y2) },
            (5, points) => Shape::Polygon {
                points: points
                    .chunks_exact(2)
                    .filter_map(|p| p.first().zip(p.last()))
                    .map(|(x, y)| (at(x), at(y)))
                    .collect(),
            },
            (6, [x, y, size, align]) => Shape::Text {
                x: at(x),
                y: at(y),
                size: at(size),
                align: match align {
                    1 => Align::Center,
                    2 => Align::Right,
                    _ => Align::Left,
                },
                text: self.text.clone(),
            },
            (IMAGE, [x, y, w, h, frame]) => Shape::Image {
                x: at(x),
                y: at(y),
                width: at(w),
                height: at(h),
                name: self.text.clone(),
                frame: u16::try_from(*frame).ok()?,
            },
            (8, []) => Shape::Sound { name: self.text.clone() },
            _ => return None,
        };
        Some(Item {
            id: self.id,
            shape,
            fill: Color(*fill as u32),
            stroke: Color(*stroke as u32),
            stroke_width: at(width),
            depth: i16::try_from(*depth).ok()?,
            alpha: *alpha as f32 / 255.0,
            tween: flags & 1 != 0,
            persistent: flags & 2 != 0,
        })
    }

    /// Whether a painter may show places between `self` and `next`.
    #[must_use]
    pub fn tweens(&self) -> bool {
        self.flags() & 1 != 0
    }

    fn flags(&self) -> i32 {
        self.nums.last().copied().unwrap_or(0)
    }

    /// The record `t` of the way from `self` to `next`, where both are the same thing and it may be tweened.
    #[must_use]
    pub fn between(&self, next: &Self, t: f32) -> Self {
        let mut out = next.clone();
        if self.kind == next.kind && self.nums.len() == next.nums.len() && next.tweens() {
            // The last number of a text is its alignment, that of an image its frame: there is nothing between two of them.
            let choices = usize::from(matches!(next.kind, TEXT | IMAGE));
            let geometry = next.nums.len().saturating_sub(STYLE + choices);
            for (slot, (a, b)) in out.nums.iter_mut().zip(self.nums.iter().zip(&next.nums)).take(geometry) {
                *slot = (*a as f32 + b.wrapping_sub(*a) as f32 * t).round() as i32;
            }
        }
        out
    }
}

/// Remembers what one viewer has and says what it lacks. Cost grows with the items drawn; those that are drawn as they
/// were cost a comparison. Items that are drawn in the order of their ids are found without a search.
#[derive(Debug, Clone)]
pub struct Encoder {
    viewport: Viewport,
    /// What the viewer has, by id.
    known: Vec<Known>,
    /// Where in `known` the item after the last one would stand.
    next: usize,
    /// The item at hand; its memory serves the next one.
    drawn: Record,
    /// Counts the pictures.
    picture: u32,
    fresh: bool,
}

/// An item that the viewer has.
#[derive(Debug, Clone)]
struct Known {
    item: Item,
    record: Record,
    /// The last picture with it.
    picture: u32,
}

impl Encoder {
    /// An encoder for a viewer that has nothing yet: its first delta is a full picture.
    #[must_use]
    pub fn new(viewport: Viewport) -> Self {
        let (known, drawn) = (Vec::new(), Record::default());
        Self { viewport, known, next: 0, drawn, picture: 0, fresh: true }
    }

    /// Makes the next delta a full picture: a viewer came (back), or an episode starts.
    pub fn restart(&mut self) {
        self.known.clear();
        self.fresh = true;
    }

    /// What changed since the last call.
    pub fn encode(&mut self, surface: &Surface) -> Delta {
        let mut delta = Delta { full: std::mem::take(&mut self.fresh), ..Delta::default() };
        self.picture = self.picture.wrapping_add(1);
        self.next = 0;
        let picture = self.picture;
        if delta.full {
            // What comes behind all that is known is known at once.
            let mut items: Vec<&Item> = surface.items().iter().collect();
            items.sort_unstable_by_key(|item| item.id);
            items.into_iter().for_each(|item| self.put(item, &mut delta));
        } else {
            surface.items().iter().for_each(|item| self.put(item, &mut delta));
        }
        self.known.retain(|known| {
            let keep = known.item.persistent || known.picture == picture;
            if !keep {
                delta.gone.push(known.item.id);
            }
            keep
        });
        delta
    }

    /// What changed of one item.
    fn put(&mut self, item: &Item, delta: &mut Delta) {
        let picture = self.picture;
        let place = self.place(item.id);
        self.next = place.unwrap_or_else(|place| place) + 1;
        match place {
            Ok(place) => {
                let Some(known) = self.known.get_mut(place) else { return };
                known.picture = picture;
                if known.item == *item {
                    return;
                }
                self.drawn.set(item, self.viewport);
                if !push_difference(&known.record, &self.drawn, &mut delta.moved) {
                    delta.put.push(self.drawn.clone());
                }
                known.item.clone_from(item);
                std::mem::swap(&mut known.record, &mut self.drawn);
            }
            Err(place) => {
                let record = Record::of(item, self.viewport);
                delta.put.push(record.clone());
                self.known.insert(place, Known { item: item.clone(), record, picture });
            }
        }
    }

    /// Where that item is among what the viewer has, or where it belongs.
    fn place(&self, id: u16) -> Result<usize, usize> {
        match self.known.get(self.next) {
            Some(known) if known.item.id == id => Ok(self.next),
            _ => self.known.binary_search_by_key(&id, |known| known.item.id),
        }
    }
}

/// Appends `id, mask, difference…`, or nothing where no number differs; false if the two are too different for that.
fn push_difference(old: &Record, new: &Record, out: &mut Vec<i32>) -> bool {
    if old.kind != new.kind || old.text != new.text || old.nums.len() != new.nums.len() || new.nums.len() > 31
    {
        return false;
    }
    let start = out.len();
    out.extend([i32::from(new.id), 0]);
    let mut mask = 0;
    for (bit, (a, b)) in old.nums.iter().zip(&new.nums).enumerate() {
        if a != b {
            mask |= 1 << bit;
            out.push(b.wrapping_sub(*a));
        }
    }
    match out.get_mut(start + 1) {
        Some(slot) if mask != 0 => *slot = mask,
        _ => out.truncate(start),
    }
    true
}

/// A picture put together from deltas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    records: LiteMap<u16, Record>,
}

impl Scene {
    /// Brings the picture up to date.
    ///
    /// # Errors
    ///
    /// When the delta does not follow the picture; the picture is unusable until the next full delta.
    pub fn apply(&mut self, delta: &Delta) -> Result<(), Misfit> {
        if delta.full {
            self.records.clear();
        }
        let mut rest = delta.moved.iter();
        while let Some(id) = rest.next() {
            let id = u16::try_from(*id).map_err(|_| Misfit("an id out of range"))?;
            let mask = *rest.next().ok_or(Misfit("a mask is missing"))?;
            let record = self.records.get_mut(&id).ok_or(Misfit("an unknown id moved"))?;
            if mask < 0 || (mask as u32) >> record.nums.len().min(31) != 0 {
                return Err(Misfit("a mask beyond the record"));
            }
            for (bit, number) in record.nums.iter_mut().enumerate().take(31) {
                if mask & (1 << bit) != 0 {
                    *number = number.wrapping_add(*rest.next().ok_or(Misfit("a difference is missing"))?);
                }
            }
        }
        for id in &delta.gone {
            self.records.remove(id).ok_or(Misfit("an unknown id went"))?;
        }
        for record in &delta.put {
            self.records.insert(record.id, record.clone());
        }
        Ok(())
    }

    /// The records by id.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// The record of that id.
    #[must_use]
    pub fn get(&self, id: u16) -> Option<&Record> {
        self.records.get(&id)
    }

    /// The items in painting order, `t` of the way from `before` (0) to this picture (1).
    #[must_use]
    pub fn items_between(&self, before: &Self, t: f32, viewport: Viewport) -> Vec<Item> {
        let mut items: Vec<Item> = self
            .records
            .values()
            .filter_map(|record| match before.get(record.id) {
                Some(old) if t < 1.0 && record.tweens() => old.between(record, t).item(viewport),
                _ => record.item(viewport),
            })
            .collect();
        items.sort_unstable_by_key(|item| (item.depth, item.id));
        items
    }

    /// The items in painting order.
    #[must_use]
    pub fn items(&self, viewport: Viewport) -> Vec<Item> {
        self.items_between(self, 1.0, viewport)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VIEW: Viewport = Viewport { width: 48.0, height: 24.0 };

    fn surface() -> impl Strategy<Value = Surface> {
        let item =
            (0u16..12, 0u8..6, -10f32..60.0, -10f32..60.0, 0f32..9.0, any::<bool>(), any::<bool>(), -3i16..3);
        proptest::collection::vec(item, 0..10).prop_map(|items| {
            let mut surface = Surface::new();
            let mut used = std::collections::BTreeSet::new();
            for (id, kind, x, y, r, tween, persistent, depth) in items {
                if !used.insert(id) {
                    continue;
                }
                let style = match kind {
                    0 => surface.circle(x, y, r),
                    1 => surface.rect(x, y, r, r),
                    2 => surface.polygon(vec![(x, y), (y, x), (r, r)]),
                    3 => surface.text(x, y, r, Align::Center, format!("{r:.0}")),
                    4 => surface.sound("bell"),
                    _ => surface.image(x, y, r, r, "slime", id),
                };
                let style = style.id(id).depth(depth).fill(Color::rgb(1, 2, id as u8));
                let style = if tween { style.tween() } else { style };
                if persistent {
                    style.persistent();
                }
            }
            surface
        })
    }

    proptest! {
        #[test]
        fn a_scene_that_takes_every_delta_holds_the_same_picture(pictures in proptest::collection::vec(surface(), 1..8)) {
            let mut encoder = Encoder::new(VIEW);
            let mut scene = Scene::default();
            for picture in &pictures {
                scene.apply(&encoder.encode(picture)).unwrap();
                for item in picture.items() {
                    prop_assert_eq!(scene.get(item.id).unwrap(), &Record::of(item, VIEW));
                }
                for record in scene.records() {
                    let drawn = picture.items().iter().any(|item| item.id == record.id);
                    prop_assert!(drawn || record.item(VIEW).unwrap().persistent);
                }
            }
        }

        #[test]
        fn an_arbitrary_delta_never_panics(full: bool, moved: Vec<i32>, gone: Vec<u16>, kind: u8, nums: Vec<i32>) {
            let mut scene = Scene::default();
            let put = vec![Record { id: 1, kind, nums, text: String::new() }];
            let _ = scene.apply(&Delta { full: true, put, ..Delta::default() });
            let _ = scene.apply(&Delta { full, put: vec![], moved, gone });
            let _ = scene.items(VIEW);
        }

        #[test]
        fn an_item_comes_back_within_half_a_step_of_the_grid(picture in surface()) {
            for item in picture.items() {
                let back = Record::of(item, VIEW).item(VIEW).unwrap();
                prop_assert_eq!(Record::of(&back, VIEW), Record::of(item, VIEW));
                if let (Shape::Circle { x, y, .. }, Shape::Circle { x: bx, y: by, .. }) = (&item.shape, &back.shape) {
                    prop_assert!((x - bx).abs() <= 48.0 / GRID && (y - by).abs() <= 48.0 / GRID);
                }
            }
        }
    }

    #[test]
    fn a_disc_that_moves_a_little_costs_four_numbers() {
        let mut encoder = Encoder::new(VIEW);
        let mut surface = Surface::new();
        surface.circle(1.0, 2.0, 0.5).id(7).tween();
        encoder.encode(&surface);
        surface.clear();
        surface.circle(1.5, 2.5, 0.5).id(7).tween();
        let delta = encoder.encode(&surface);
        assert_eq!(delta.moved.len(), 4);
        assert!(delta.put.is_empty() && delta.gone.is_empty() && !delta.full);
    }

    #[test]
    fn no_frame_is_shown_that_was_never_drawn() {
        let walker = |x, frame| {
            let mut surface = Surface::new();
            surface.image(x, 0.0, 1.0, 1.0, "walker", frame).id(1).tween();
            let mut scene = Scene::default();
            scene.apply(&Encoder::new(VIEW).encode(&surface)).unwrap();
            scene
        };
        let between = walker(8.0, 7).items_between(&walker(4.0, 0), 0.5, VIEW);
        let Shape::Image { x, frame, .. } = &between[0].shape else { unreachable!() };
        assert!((x - 6.0).abs() < 0.01 && *frame == 7, "{frame} at {x}");
    }

    #[test]
    fn tweening_is_linear_and_only_where_it_is_allowed() {
        let circle = |x, tween| {
            let mut surface = Surface::new();
            let style = surface.circle(x, 0.0, 1.0).id(1);
            if tween {
                style.tween();
            }
            let mut scene = Scene::default();
            scene.apply(&Encoder::new(VIEW).encode(&surface)).unwrap();
            scene
        };
        let x = |scene: &Scene, before: &Scene| match scene.items_between(before, 0.5, VIEW)[0].shape {
            Shape::Circle { x, .. } => x,
            _ => unreachable!(),
        };
        assert!((x(&circle(8.0, true), &circle(4.0, true)) - 6.0).abs() < 0.01);
        assert!((x(&circle(8.0, false), &circle(4.0, false)) - 8.0).abs() < 0.01);
    }
}
