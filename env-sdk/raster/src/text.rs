//! Texts, in a font that is the same on every machine.

use std::{collections::BTreeMap, sync::Arc};

use footlights_env::surface::{Align, Color};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg,
};

/// How many texts are kept as they were drawn; with more of them all are forgotten.
const MAX_KEPT: usize = 1_024;

/// How much of a text's width is left of its point.
pub fn part_left_of_point(align: Align) -> f32 {
    match align {
        Align::Left => 0.0,
        Align::Center => 0.5,
        Align::Right => 1.0,
    }
}

pub struct Texts {
    options: usvg::Options<'static>,
    drawn: BTreeMap<(String, u32, u32), Option<Pixmap>>,
}

impl Texts {
    pub fn new() -> Self {
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
        let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
        Self { options, drawn: BTreeMap::new() }
    }

    /// A line of text, `size` pixels high: as wide as it is, and two sizes high with the line in the middle. None where
    /// nothing is seen.
    pub fn draw(&mut self, text: &str, size: f32, color: Color) -> Option<&Pixmap> {
        let key = (text.to_owned(), (size * 4.0).round() as u32, color.0);
        if !self.drawn.contains_key(&key) {
            if self.drawn.len() >= MAX_KEPT {
                self.drawn.clear();
            }
            let drawn = self.paint(text, size, color);
            self.drawn.insert(key.clone(), drawn);
        }
        self.drawn.get(&key).and_then(Option::as_ref)
    }

    fn paint(&self, text: &str, size: f32, color: Color) -> Option<Pixmap> {
        let [red, green, blue, alpha] = color.bytes();
        let escaped: String = text
            .chars()
            .map(|letter| match letter {
                '<' => "&lt;".to_owned(),
                '&' => "&amp;".to_owned(),
                letter if letter.is_control() => " ".to_owned(),
                letter => letter.to_string(),
            })
            .collect();
        // Wider than any line of it.
        let widest = 2.0 * size * (text.chars().count() + 1) as f32;
        // The middle of capital letters is 0.35 above the base line.
        let svg = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{widest}" height="{height}"><text x="0" y="{base}" xml:space="preserve" font-family="Ubuntu" font-weight="300" font-size="{size}" fill="#{red:02x}{green:02x}{blue:02x}" fill-opacity="{opacity}" stroke="#{red:02x}{green:02x}{blue:02x}" stroke-opacity="{opacity}" stroke-width="{stroke}">{escaped}</text></svg>"##,
            height = 2.0 * size,
            base = size * 1.35,
            opacity = f32::from(alpha) / 255.0,
            // The font is a light one; pages use a bolder one.
            stroke = size * 0.05,
        );
        let tree = usvg::Tree::from_str(&svg, &self.options).ok()?;
        let width = tree.root().abs_bounding_box().right().ceil();
        let mut pixmap = Pixmap::new((width.max(1.0)) as u32, (2.0 * size).ceil().max(1.0) as u32)?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        Some(pixmap)
    }
}
