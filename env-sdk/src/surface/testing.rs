//! A painter for tests: the picture as text, so that a test can say what it should look like.

use super::item::{Align, Item, Shape};
use crate::spec::Viewport;

/// Paints `items` (in painting order) into `columns` x `rows` characters: `#` for boxes, `o` for round things, `~` for
/// lines, `*` for polygons, `@` for images, texts as themselves, blank for nothing. What is off the viewport is cut.
pub fn render(items: &[Item], viewport: Viewport, columns: usize, rows: usize) -> String {
    let mut cells = vec![vec![' '; columns]; rows];
    let (dx, dy) = (viewport.width / columns as f32, viewport.height / rows as f32);
    for item in items {
        if let Shape::Text { x, y, text, align, .. } = &item.shape {
            let length = text.chars().count();
            let shift = match align {
                Align::Left => 0,
                Align::Center => length / 2,
                Align::Right => length,
            };
            let (row, column) = ((y / dy) as usize, ((x / dx) as usize).saturating_sub(shift));
            for (k, c) in text.chars().enumerate() {
                if let Some(cell) = cells.get_mut(row).and_then(|r| r.get_mut(column + k)) {
                    *cell = c;
                }
            }
            continue;
        }
        for (j, row) in cells.iter_mut().enumerate() {
            for (i, cell) in row.iter_mut().enumerate() {
                let (x, y) = ((i as f32 + 0.5) * dx, (j as f32 + 0.5) * dy);
                if let Some(mark) = covers(&item.shape, x, y, dx.max(dy) / 2.0) {
                    *cell = mark;
                }
            }
        }
    }
    let lines: Vec<String> =
        cells.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect();
    lines.join("\n")
}

fn covers(shape: &Shape, px: f32, py: f32, near: f32) -> Option<char> {
    match shape {
        Shape::Rect { x, y, width, height, .. } => {
            (px >= *x && px <= x + width && py >= *y && py <= y + height).then_some('#')
        }
        Shape::Circle { x, y, radius } => {
            ((px - x) * (px - x) + (py - y) * (py - y) <= radius * radius).then_some('o')
        }
        Shape::Arc { x, y, radius, start, end } => {
            let turn = crate::math::atan2f(py - y, px - x);
            let inside = (px - x) * (px - x) + (py - y) * (py - y) <= radius * radius;
            let full = 2.0 * core::f32::consts::PI;
            let angle = [turn, turn + full].into_iter().any(|t| t >= *start && t <= *end);
            (inside && angle).then_some('o')
        }
        Shape::Ellipse { x, y, rx, ry, .. } => {
            let (u, v) = ((px - x) / rx, (py - y) / ry);
            (u * u + v * v <= 1.0).then_some('o')
        }
        Shape::Line { x1, y1, x2, y2 } => {
            let (dx, dy) = (x2 - x1, y2 - y1);
            let length2 = dx * dx + dy * dy;
            let t = if length2 > 0.0 { ((px - x1) * dx + (py - y1) * dy) / length2 } else { 0.0 };
            let (qx, qy) = (x1 + dx * t.clamp(0.0, 1.0) - px, y1 + dy * t.clamp(0.0, 1.0) - py);
            (qx * qx + qy * qy <= near * near).then_some('~')
        }
        Shape::Polygon { points } => {
            let mut inside = false;
            for ((x1, y1), (x2, y2)) in points.iter().zip(points.iter().cycle().skip(1)) {
                if (*y1 > py) != (*y2 > py) && px < (x2 - x1) * (py - y1) / (y2 - y1) + x1 {
                    inside = !inside;
                }
            }
            inside.then_some('*')
        }
        Shape::Image { x, y, width, height, .. } => {
            (px >= *x && px <= x + width && py >= *y && py <= y + height).then_some('@')
        }
        Shape::Text { .. } | Shape::Sound { .. } => None,
    }
}
