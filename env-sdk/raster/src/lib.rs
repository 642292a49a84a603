//! Pictures of environments as pixels, without a browser: what Python's `render()` returns. The shapes are those of a
//! browser's canvas; texts are in one font on every machine, and antialiasing differs from that of browsers.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod images;
mod text;

use footlights_env::{
    BundledImage, Viewport,
    surface::{Color, Item, Shape},
};
use resvg::tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Rect, Stroke, Transform,
};

use crate::{images::Images, text::Texts};

/// No side of a picture has more pixels than this.
const MAX_PIXELS: u32 = 8_192;

/// A picture: rows from the top, four bytes (red, green, blue, alpha) a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// `4 * width * height` bytes, alpha not premultiplied.
    pub rgba: Vec<u8>,
}

/// Paints draw lists. Images and texts that were painted once cost little the next time.
///
/// ```
/// use footlights_env::{Surface, Viewport, surface::Color};
/// use footlights_raster::Rasteriser;
///
/// let mut surface = Surface::new();
/// surface.rect(0.0, 0.0, 20.0, 10.0).fill(Color::rgb(0, 0, 255));
/// let picture = Rasteriser::new(&[]).paint(surface.items(), Viewport { width: 20.0, height: 10.0 }, 40);
/// assert_eq!((picture.width, picture.height), (40, 20));
/// assert_eq!(&picture.rgba[..4], [0, 0, 255, 255]);
/// ```
pub struct Rasteriser {
    images: Images,
    texts: Texts,
}

impl Rasteriser {
    /// With the images that an environment brings with it. What is drawn of other images, and of those that are neither SVG
    /// nor PNG, is a box with a cross.
    #[must_use]
    pub fn new(images: &[BundledImage]) -> Self {
        Self { images: Images::read(images), texts: Texts::new() }
    }

    /// Paints the items by depth and id on white, `width` pixels wide, 1 to 8,192.
    #[must_use]
    pub fn paint(&mut self, items: &[Item], viewport: Viewport, width: u32) -> Picture {
        let width = width.clamp(1, MAX_PIXELS);
        let scale = width as f32 / viewport.width;
        let height = ((viewport.height * scale).round() as u32).clamp(1, MAX_PIXELS);
        let Some(mut pixmap) = Pixmap::new(width, height) else {
            return Picture { width: 0, height: 0, rgba: Vec::new() };
        };
        pixmap.fill(resvg::tiny_skia::Color::WHITE);
        let mut sorted: Vec<&Item> = items.iter().filter(|item| item.alpha > 0.0).collect();
        sorted.sort_by_key(|item| (item.depth, item.id));
        for item in sorted {
            self.item(&mut pixmap, item, scale);
        }
        let rgba = pixmap.pixels().iter().flat_map(|pixel| {
            let color = pixel.demultiply();
            [color.red(), color.green(), color.blue(), color.alpha()]
        });
        Picture { width, height, rgba: rgba.collect() }
    }

    fn item(&mut self, pixmap: &mut Pixmap, item: &Item, scale: f32) {
        let alpha = item.alpha.min(1.0);
        match &item.shape {
            Shape::Sound { .. } => {}
            Shape::Text { x, y, size, align, text } => {
                if let Some(drawn) = self.texts.draw(text, size * scale, item.fill) {
                    let left = x * scale - drawn.width() as f32 * text::part_left_of_point(*align);
                    let top = y * scale - drawn.height() as f32 / 2.0;
                    put(pixmap, drawn, left, top, alpha);
                }
            }
            Shape::Image { x, y, width, height, name, frame } => {
                let (x, y, width, height) = (x * scale, y * scale, width * scale, height * scale);
                match self.images.draw(name, *frame, width, height) {
                    Some(drawn) => put(pixmap, drawn, x, y, alpha),
                    None => placeholder(pixmap, (x, y, width, height), alpha),
                }
            }
            shape => {
                let Some(path) = path(shape) else { return };
                let transform = Transform::from_scale(scale, scale);
                if !matches!(shape, Shape::Line { .. })
                    && let Some(paint) = paint(item.fill, alpha)
                {
                    pixmap.fill_path(&path, &paint, FillRule::Winding, transform, None);
                }
                if item.stroke_width > 0.0
                    && let Some(paint) = paint(item.stroke, alpha)
                {
                    let stroke = Stroke {
                        width: item.stroke_width,
                        line_cap: LineCap::Round,
                        line_join: LineJoin::Round,
                        ..Stroke::default()
                    };
                    pixmap.stroke_path(&path, &paint, &stroke, transform, None);
                }
            }
        }
    }
}

/// The outline of a shape, in world units; none of what has none.
fn path(shape: &Shape) -> Option<Path> {
    let mut path = PathBuilder::new();
    match shape {
        Shape::Rect { x, y, width, height, radius } => {
            let radius = radius.min(width / 2.0).min(height / 2.0);
            if radius > 0.0 {
                let (right, bottom) = (x + width, y + height);
                let quarter = std::f32::consts::FRAC_PI_2;
                let corners = [
                    (right - radius, y + radius, -quarter),
                    (right - radius, bottom - radius, 0.0),
                    (x + radius, bottom - radius, quarter),
                    (x + radius, y + radius, 2.0 * quarter),
                ];
                for (x, y, from) in corners {
                    arc(&mut path, (x, y), radius, from, from + quarter);
                }
                path.close();
            } else {
                path.push_rect(Rect::from_xywh(*x, *y, *width, *height)?);
            }
        }
        Shape::Circle { x, y, radius } => path.push_circle(*x, *y, *radius),
        Shape::Ellipse { x, y, rx, ry, rotation } => {
            let bounds = Rect::from_ltrb(-rx, -ry, *rx, *ry)?;
            let turned = Transform::from_rotate(rotation.to_degrees()).post_translate(*x, *y);
            return PathBuilder::from_oval(bounds)?.transform(turned);
        }
        Shape::Arc { x, y, radius, start, end } => {
            // As a canvas does: at most a full turn, and clockwise.
            let turn = (end - start).clamp(-std::f32::consts::TAU, std::f32::consts::TAU);
            let turn = if turn < 0.0 { turn + std::f32::consts::TAU } else { turn };
            arc(&mut path, (*x, *y), *radius, *start, start + turn);
            path.close();
        }
        Shape::Line { x1, y1, x2, y2 } => {
            path.move_to(*x1, *y1);
            path.line_to(*x2, *y2);
        }
        Shape::Polygon { points } => {
            let (first, others) = points.split_first()?;
            path.move_to(first.0, first.1);
            others.iter().for_each(|(x, y)| path.line_to(*x, *y));
            path.close();
        }
        Shape::Text { .. } | Shape::Image { .. } | Shape::Sound { .. } => return None,
    }
    path.finish()
}

/// Goes along an arc, which is a line of small steps: a quarter of a pixel off at most in a disc of 200 pixels.
fn arc(path: &mut PathBuilder, (x, y): (f32, f32), radius: f32, from: f32, to: f32) {
    const STEPS_A_TURN: f32 = 96.0;
    let steps = ((to - from).abs() / std::f32::consts::TAU * STEPS_A_TURN).ceil().max(1.0);
    for step in 0..=steps as u32 {
        let angle = from + (to - from) * step as f32 / steps;
        let (at_x, at_y) =
            (x + radius * footlights_env::math::cosf(angle), y + radius * footlights_env::math::sinf(angle));
        if path.is_empty() { path.move_to(at_x, at_y) } else { path.line_to(at_x, at_y) }
    }
}

/// Paint of a colour; none of one that is not seen.
fn paint(color: Color, alpha: f32) -> Option<Paint<'static>> {
    let [red, green, blue, own] = color.bytes();
    let alpha = (f32::from(own) * alpha).round() as u8;
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, alpha);
    (alpha > 0).then_some(paint)
}

fn put(pixmap: &mut Pixmap, drawn: &Pixmap, left: f32, top: f32, opacity: f32) {
    let paint = PixmapPaint { opacity, ..PixmapPaint::default() };
    let place = Transform::from_translate(left.round(), top.round());
    pixmap.draw_pixmap(0, 0, drawn.as_ref(), &paint, place, None);
}

/// Where an image is not there: a box with a cross.
fn placeholder(pixmap: &mut Pixmap, (x, y, width, height): (f32, f32, f32, f32), alpha: f32) {
    const GREY: u8 = 0x99;
    let Some(bounds) = Rect::from_xywh(x, y, width, height) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(bounds);
    for (from, to) in [((x, y), (x + width, y + height)), ((x + width, y), (x, y + height))] {
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
    }
    let stroke = Stroke { width: (width.min(height) / 24.0).max(1.0), ..Stroke::default() };
    if let (Some(path), Some(paint)) = (path.finish(), paint(Color::rgb(GREY, GREY, GREY), alpha)) {
        pixmap.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::{Surface, View};

    use super::*;

    fn at(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
        let start = 4 * (y * picture.width + x) as usize;
        picture.rgba[start..start + 4].try_into().unwrap()
    }

    fn painted(draw: impl FnOnce(&mut Surface)) -> Picture {
        let mut surface = Surface::new();
        draw(&mut surface);
        Rasteriser::new(&[]).paint(surface.items(), Viewport { width: 10.0, height: 10.0 }, 100)
    }

    const WHITE: [u8; 4] = [255; 4];
    const RED: [u8; 4] = [255, 0, 0, 255];

    #[test]
    fn shapes_are_where_a_canvas_has_them() {
        let red = Color::rgb(255, 0, 0);
        let rect = painted(|surface| {
            surface.rect(2.0, 3.0, 4.0, 5.0).fill(red);
        });
        assert_eq!(
            [at(&rect, 21, 31), at(&rect, 59, 79), at(&rect, 61, 50), at(&rect, 30, 81)],
            [RED, RED, WHITE, WHITE]
        );
        let circle = painted(|surface| {
            surface.circle(5.0, 5.0, 2.0).fill(red);
        });
        assert_eq!([at(&circle, 50, 50), at(&circle, 50, 31), at(&circle, 34, 34)], [RED, RED, WHITE]);
        let ellipse = painted(|surface| {
            surface
                .add(Shape::Ellipse {
                    x: 5.0,
                    y: 5.0,
                    rx: 4.0,
                    ry: 1.0,
                    rotation: std::f32::consts::FRAC_PI_2,
                })
                .fill(red);
        });
        assert_eq!([at(&ellipse, 50, 15), at(&ellipse, 15, 50)], [RED, WHITE]);
        // Angles go clockwise on the screen, and the chord closes the sector: the lower half.
        let arc = painted(|surface| {
            surface.arc(5.0, 5.0, 3.0, 0.0, std::f32::consts::PI).fill(red);
        });
        assert_eq!([at(&arc, 50, 70), at(&arc, 50, 30)], [RED, WHITE]);
        let line = painted(|surface| {
            surface.line(1.0, 5.0, 9.0, 5.0).stroke(red, 1.0);
        });
        assert_eq!([at(&line, 50, 47), at(&line, 50, 56), at(&line, 6, 50)], [RED, WHITE, RED]);
        let triangle = painted(|surface| {
            surface.polygon(vec![(1.0, 1.0), (9.0, 1.0), (1.0, 9.0)]).fill(red);
        });
        assert_eq!([at(&triangle, 20, 20), at(&triangle, 80, 80)], [RED, WHITE]);
    }

    #[test]
    fn the_deeper_item_lies_below_and_the_fainter_one_shows_what_lies_under_it() {
        let picture = painted(|surface| {
            surface.rect(0.0, 0.0, 10.0, 10.0).id(1).fill(Color::BLACK).depth(2).alpha(0.5);
            surface.rect(0.0, 0.0, 10.0, 10.0).id(2).fill(Color::rgb(255, 0, 0)).depth(1);
        });
        let [red, green, blue, alpha] = at(&picture, 50, 50);
        assert!(
            (126..=129).contains(&red) && (green, blue, alpha) == (0, 0, 255),
            "{red} {green} {blue} {alpha}"
        );
    }

    #[test]
    fn a_text_is_painted_around_its_point() {
        use footlights_env::surface::Align;
        let dark = |picture: &Picture, from: u32, to: u32| {
            let is_dark = |(x, y)| at(picture, x, y)[0] < 128;
            (from..to).flat_map(|x| (35..65).map(move |y| (x, y))).filter(|place| is_dark(*place)).count()
        };
        for (align, left, right) in
            [(Align::Left, false, true), (Align::Center, true, true), (Align::Right, true, false)]
        {
            let picture = painted(|surface| {
                surface.text(5.0, 5.0, 2.0, align, "HHH").fill(Color::BLACK);
            });
            assert_eq!(
                (dark(&picture, 0, 48) > 20, dark(&picture, 52, 100) > 20),
                (left, right),
                "{align:?}"
            );
        }
    }

    #[test]
    fn an_image_that_is_not_there_is_a_box_with_a_cross() {
        let picture = painted(|surface| {
            surface.image(2.0, 2.0, 6.0, 6.0, "plate", 0);
        });
        assert_eq!([at(&picture, 50, 50)[0], at(&picture, 50, 25)[0]], [0x99, 255]);
    }

    #[test]
    fn sprites_of_an_environment_are_painted() {
        let registry = footlights_environments::registry();
        let entry = registry.get("overcooked-v0").unwrap();
        let mut sim = entry.make_default().unwrap();
        sim.reset(1, 0);
        let mut surface = Surface::new();
        sim.draw(View::Spectator, &mut surface);
        let mut rasteriser = Rasteriser::new(entry.images);
        let picture = rasteriser.paint(surface.items(), sim.spec().viewport, 500);
        assert_eq!((picture.width, picture.height), (500, 400));
        // The pot is dark in its middle, the counter beside it is of wood.
        let [red, green, blue, _] = at(&picture, 250, 42);
        assert!(red < 110 && green < 120 && blue < 130, "{red} {green} {blue}");
        let [red, green, blue, _] = at(&picture, 150, 30);
        assert!(red > 180 && blue < 140 && green > 130, "{red} {green} {blue}");
        assert_eq!(picture, rasteriser.paint(surface.items(), sim.spec().viewport, 500));
    }
}
