//! The images of an environment, and their frames in the sizes that were drawn.

use std::collections::BTreeMap;

use footlights_env::{BundledImage, Frames};
use resvg::{
    tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform},
    usvg,
};

enum Source {
    Svg(Box<usvg::Tree>),
    Pixels(Pixmap),
}

impl Source {
    fn read(bytes: &[u8]) -> Option<Self> {
        Pixmap::decode_png(bytes)
            .map(Self::Pixels)
            .or_else(|_| {
                usvg::Tree::from_data(bytes, &usvg::Options::default()).map(|tree| Self::Svg(Box::new(tree)))
            })
            .ok()
    }

    fn size(&self) -> (f32, f32) {
        match self {
            Self::Svg(tree) => (tree.size().width(), tree.size().height()),
            Self::Pixels(pixmap) => (pixmap.width() as f32, pixmap.height() as f32),
        }
    }
}

struct Sheet {
    source: Source,
    frames: Frames,
}

/// The size of what was drawn, by name and frame.
type Key = (String, u16, u32, u32);

/// The images by name.
pub struct Images {
    sheets: BTreeMap<&'static str, Sheet>,
    drawn: BTreeMap<Key, Pixmap>,
}

/// How many frames are kept as they were drawn; with more of them all are forgotten.
const MAX_KEPT: usize = 4_096;

impl Images {
    pub fn read(images: &[BundledImage]) -> Self {
        let sheet = |image: &BundledImage| {
            let source = Source::read(image.bytes)?;
            Some((image.name, Sheet { source, frames: image.image("").frames }))
        };
        Self { sheets: images.iter().filter_map(sheet).collect(), drawn: BTreeMap::new() }
    }

    /// A frame in that size, in pixels; none if there is no such frame.
    pub fn draw(&mut self, name: &str, frame: u16, width: f32, height: f32) -> Option<&Pixmap> {
        let pixels = (width.round().max(1.0) as u32, height.round().max(1.0) as u32);
        let key = (name.to_owned(), frame, pixels.0, pixels.1);
        if !self.drawn.contains_key(&key) {
            let drawn = self.scaled(name, frame, pixels)?;
            if self.drawn.len() >= MAX_KEPT {
                self.drawn.clear();
            }
            self.drawn.insert(key.clone(), drawn);
        }
        self.drawn.get(&key)
    }

    fn scaled(&self, name: &str, frame: u16, (width, height): (u32, u32)) -> Option<Pixmap> {
        let (name, named) = name.split_once('/').map_or((name, None), |(name, frame)| (name, Some(frame)));
        let sheet = self.sheets.get(name)?;
        let [x, y, part_width, part_height] = area(&sheet.frames, sheet.source.size(), named, frame)?;
        let transform = Transform::from_translate(-x, -y)
            .post_scale(width as f32 / part_width, height as f32 / part_height);
        let mut pixmap = Pixmap::new(width, height)?;
        match &sheet.source {
            Source::Svg(tree) => resvg::render(tree, transform, &mut pixmap.as_mut()),
            Source::Pixels(pixels) => {
                let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
                pixmap.draw_pixmap(0, 0, pixels.as_ref(), &paint, transform, None);
            }
        }
        Some(pixmap)
    }
}

/// Where a frame lies in the file: x, y, width, height.
fn area(frames: &Frames, (width, height): (f32, f32), named: Option<&str>, frame: u16) -> Option<[f32; 4]> {
    if !frames.has(named, frame) {
        return None;
    }
    match (frames, named) {
        (Frames::Atlas { frames }, Some(named)) => {
            frames.get(named).map(|area| area.map(|number| number as f32))
        }
        (Frames::Sheet { columns, rows }, None) => {
            let (width, height) = (width / f32::from(*columns), height / f32::from(*rows));
            Some([f32::from(frame % columns) * width, f32::from(frame / columns) * height, width, height])
        }
        _ => None,
    }
}
