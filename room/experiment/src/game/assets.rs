//! The pictures, sounds and other files of a game, by the names that its environment draws them by.

use std::collections::{BTreeMap, BTreeSet};

use footlights_env::surface::{Item, Shape};
use serde::{Deserialize, Serialize};

/// What browsers load before a game begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Assets {
    /// The images that the environment may draw, by name.
    pub images: BTreeMap<String, Image>,
    /// The sounds that the environment may play: files by name.
    pub sounds: BTreeMap<String, String>,
    /// Files that are loaded besides.
    #[serde(rename = "assets")]
    pub files: Vec<String>,
}

/// An image file, and the frames in it.
///
/// ```
/// use footlights_experiment::Image;
///
/// // One picture; eight of the same size, counted by rows; and as many as an atlas names.
/// let pot = Image::new("pot.png");
/// let cook = Image::sheet("cook.png", 4, 2);
/// let kitchen = Image::atlas("kitchen.png", r#"{ "frames": { "onion": { "frame": { "x": 0, "y": 0, "w": 16, "h": 16 } } } }"#);
/// assert!(cook.frames.validate().is_ok() && kitchen.frames.validate().is_ok());
/// assert!(Image::atlas("kitchen.png", "no JSON").frames.validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Image {
    /// A file among the experiments' assets.
    pub file: String,
    /// What is in it.
    #[serde(flatten)]
    pub frames: Frames,
}

/// How the frames of an image file are found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Frames {
    /// All frames have one size and lie in rows.
    #[allow(missing_docs, reason = "the names say it")]
    Sheet { columns: u16, rows: u16 },
    /// Every frame has a name, and lies at (x, y, width, height), in pixels of the file.
    Atlas {
        /// By name.
        frames: BTreeMap<String, [u32; 4]>,
    },
    /// The description of an atlas could not be read.
    Unreadable {
        /// Why not.
        error: String,
    },
}

impl Image {
    /// A file that is one picture.
    #[must_use]
    pub fn new(file: &str) -> Self {
        Self::sheet(file, 1, 1)
    }

    /// A sprite sheet: `columns` times `rows` frames of the same size, counted from 0, row by row.
    #[must_use]
    pub fn sheet(file: &str, columns: u16, rows: u16) -> Self {
        Self { file: file.into(), frames: Frames::Sheet { columns, rows } }
    }

    /// An atlas with named frames. `json` is its description as
    /// [TexturePacker](https://www.codeandweb.com/texturepacker) and other packers write it ("JSON Hash" or "JSON Array",
    /// without rotation or trimming), such as `include_str!("../assets/kitchen.json")`. A description that cannot be read
    /// is an error of the configuration.
    #[must_use]
    pub fn atlas(file: &str, json: &str) -> Self {
        let frames = match parse_atlas(json) {
            Ok(frames) => Frames::Atlas { frames },
            Err(error) => Frames::Unreadable { error },
        };
        Self { file: file.into(), frames }
    }
}

impl Frames {
    /// Finds what is wrong with the frames.
    ///
    /// # Errors
    /// A sheet without frames, or a description that cannot be read.
    pub fn validate(&self) -> Result<(), String> {
        match self {
            Self::Sheet { columns: 0, .. } | Self::Sheet { rows: 0, .. } => {
                Err("a sheet needs at least one column and one row".into())
            }
            Self::Sheet { .. } => Ok(()),
            Self::Atlas { frames } => match frames.iter().find(|(_, [_, _, w, h])| *w == 0 || *h == 0) {
                Some((name, _)) => Err(format!("the frame {name:?} has no size")),
                None if frames.is_empty() => Err("the atlas has no frames".into()),
                None => Ok(()),
            },
            Self::Unreadable { error } => Err(format!("the atlas cannot be read: {error}")),
        }
    }

    /// Whether the file has that frame: a number below `columns` times `rows`, or a name of the atlas.
    fn has(&self, name: Option<&str>, number: u16) -> bool {
        match (self, name) {
            (Self::Sheet { columns, rows }, None) => {
                u32::from(number) < u32::from(*columns) * u32::from(*rows)
            }
            (Self::Atlas { frames }, Some(name)) => frames.contains_key(name),
            _ => false,
        }
    }
}

/// Endings of image files that packers leave in the names of frames.
const ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "webp", "gif", "svg"];

/// What packers write of a frame.
#[derive(Deserialize)]
struct PackedFrame {
    frame: Area,
    #[serde(default)]
    rotated: bool,
    #[serde(default)]
    trimmed: bool,
    /// In "JSON Array" only.
    #[serde(default)]
    filename: String,
}

#[derive(Deserialize)]
struct Area {
    x: u32,
    y: u32,
    w: u32,
    h: u32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PackedFrames {
    Hash(BTreeMap<String, PackedFrame>),
    Array(Vec<PackedFrame>),
}

#[derive(Deserialize)]
struct PackedAtlas {
    frames: PackedFrames,
}

fn parse_atlas(json: &str) -> Result<BTreeMap<String, [u32; 4]>, String> {
    let atlas: PackedAtlas = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let frames: Vec<(String, PackedFrame)> = match atlas.frames {
        PackedFrames::Hash(frames) => frames.into_iter().collect(),
        PackedFrames::Array(frames) => {
            frames.into_iter().map(|frame| (frame.filename.clone(), frame)).collect()
        }
    };
    let mut found = BTreeMap::new();
    for (name, PackedFrame { frame: Area { x, y, w, h }, rotated, trimmed, .. }) in frames {
        if rotated {
            return Err(format!("the frame {name:?} is rotated: pack the atlas without rotation"));
        }
        if trimmed {
            return Err(format!("the frame {name:?} is trimmed: pack the atlas without trimming"));
        }
        // The names of packers are those of files; what is drawn need not know which kind of file it was.
        let ending = name.rsplit_once('.').filter(|(_, ending)| ENDINGS.contains(ending));
        let name = ending.map_or(name.as_str(), |(name, _)| name).to_owned();
        if found.insert(name.clone(), [x, y, w, h]).is_some() {
            return Err(format!("there are two frames {name:?}"));
        }
    }
    Ok(found)
}

/// The longest path of a file, in bytes: a browser says in a message which file it cannot load.
const MAX_FILE: usize = 200;

/// Whether a path can be part of an address as it is.
fn is_file(path: &str) -> bool {
    let plain = !path.is_empty() && path.len() <= MAX_FILE && !path.starts_with('/');
    plain && !path.contains(['?', '#', '%', '\\']) && path.split('/').all(|part| part != "..")
}

impl Assets {
    /// Every file that browsers load.
    pub fn all_files(&self) -> impl Iterator<Item = &str> {
        let images = self.images.values().map(|image| &image.file);
        images.chain(self.sounds.values()).chain(&self.files).map(String::as_str)
    }

    /// Finds the first wrong option, and what is wrong with it.
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        for (name, image) in &self.images {
            let wrong = |why: String| ("image", format!("{name:?}: {why}"));
            image.frames.validate().map_err(wrong)?;
            if name.contains('/') {
                return Err(wrong("a slash in a name stands before the name of a frame".into()));
            }
        }
        match self.all_files().find(|file| !is_file(file)) {
            Some(file) => Err((
                "asset",
                format!("{file:?} is no path of at most {MAX_FILE} bytes without ? # % \\ and .."),
            )),
            None => Ok(()),
        }
    }

    /// What is drawn or played among `items` and was not declared, each in words, once.
    #[must_use]
    pub fn undeclared(&self, items: &[Item]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for item in items {
            match &item.shape {
                Shape::Image { name, frame, .. } => {
                    let (sheet, named) = match name.split_once('/') {
                        Some((sheet, named)) => (sheet, Some(named)),
                        None => (name.as_str(), None),
                    };
                    match self.images.get(sheet) {
                        None => found.insert(format!("the image {sheet:?}")),
                        Some(image) if image.frames.has(named, *frame) => false,
                        Some(_) => found.insert(match named {
                            Some(named) => format!("the frame {named:?} of the image {sheet:?}"),
                            None => format!("frame {frame} of the image {sheet:?}"),
                        }),
                    };
                }
                Shape::Sound { name } if !self.sounds.contains_key(name) => {
                    found.insert(format!("the sound {name:?}"));
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::Surface;

    use super::*;

    const FRAME: &str = r#""frame": { "x": 1, "y": 2, "w": 3, "h": 4 }, "rotated": false, "trimmed": false"#;

    #[test]
    fn both_forms_of_a_packers_file_name_the_same_frames() {
        let hash =
            format!(r#"{{ "frames": {{ "onion.png": {{ {FRAME} }} }}, "meta": {{ "image": "k.png" }} }}"#);
        let array = format!(r#"{{ "frames": [ {{ "filename": "onion.png", {FRAME} }} ] }}"#);
        let expected = Frames::Atlas { frames: BTreeMap::from([("onion".into(), [1, 2, 3, 4])]) };
        assert_eq!(Image::atlas("k.png", &hash).frames, expected);
        assert_eq!(Image::atlas("k.png", &array).frames, expected);
    }

    #[test]
    fn what_is_wrong_with_an_atlas_is_told() {
        let why = |json: &str| Image::atlas("k.png", json).frames.validate().unwrap_err();
        assert!(why("{").contains("cannot be read"));
        assert!(why(r#"{ "frames": {} }"#).contains("no frames"));
        assert!(
            why(r#"{ "frames": { "a": { "frame": { "x": 0, "y": 0, "w": 0, "h": 1 } } } }"#)
                .contains("no size")
        );
        let rotated = FRAME.replace("\"rotated\": false", "\"rotated\": true");
        assert!(why(&format!(r#"{{ "frames": {{ "a": {{ {rotated} }} }} }}"#)).contains("without rotation"));
        let numbered = Image::atlas(
            "k.png",
            &format!(r#"{{ "frames": {{ "walk.01": {{ {FRAME} }}, "walk.02": {{ {FRAME} }} }} }}"#),
        );
        assert!(numbered.frames.has(Some("walk.02"), 0));
        let trimmed = FRAME.replace("\"trimmed\": false", "\"trimmed\": true");
        assert!(why(&format!(r#"{{ "frames": {{ "a": {{ {trimmed} }} }} }}"#)).contains("without trimming"));
        let twice = format!(r#"{{ "frames": {{ "a.png": {{ {FRAME} }}, "a.jpg": {{ {FRAME} }} }} }}"#);
        assert!(why(&twice).contains("two frames"));
    }

    #[test]
    fn what_was_not_declared_is_found_in_a_picture() {
        let atlas = Image::atlas("k.png", &format!(r#"{{ "frames": {{ "onion": {{ {FRAME} }} }} }}"#));
        let assets = Assets {
            images: BTreeMap::from([("cook".into(), Image::sheet("c.png", 2, 2)), ("kitchen".into(), atlas)]),
            sounds: BTreeMap::from([("ding".into(), "ding.mp3".into())]),
            ..Assets::default()
        };
        let mut surface = Surface::new();
        surface.image(0.0, 0.0, 1.0, 1.0, "cook", 3);
        surface.image(0.0, 0.0, 1.0, 1.0, "kitchen/onion", 0);
        surface.sound("ding");
        surface.circle(0.0, 0.0, 1.0);
        assert_eq!(assets.undeclared(surface.items()), BTreeSet::new());
        surface.clear();
        surface.image(0.0, 0.0, 1.0, 1.0, "cook", 4);
        surface.image(0.0, 0.0, 1.0, 1.0, "cook/onion", 0);
        surface.image(0.0, 0.0, 1.0, 1.0, "kitchen", 0);
        surface.image(0.0, 0.0, 1.0, 1.0, "kitchen/pot", 0);
        surface.image(0.0, 0.0, 1.0, 1.0, "plate", 0);
        surface.sound("dong");
        let found: Vec<String> = assets.undeclared(surface.items()).into_iter().collect();
        assert_eq!(found.len(), 6, "{found:?}");
    }

    #[test]
    fn a_sheet_without_frames_and_a_slash_in_a_name_are_refused() {
        let with = |name: &str, image| Assets {
            images: BTreeMap::from([(name.into(), image)]),
            ..Assets::default()
        };
        assert!(with("a", Image::sheet("a.png", 0, 1)).validate().is_err());
        assert!(with("a/b", Image::new("a.png")).validate().is_err());
        assert!(with("a", Image::new("a.png")).validate().is_ok());
        for file in ["", "/a.png", "../a.png", "a.png?x", "a#b.png", "100%.png", "a\\b.png", &"a".repeat(201)]
        {
            assert!(with("a", Image::new(file)).validate().is_err(), "{file}");
        }
        assert!(with("a", Image::new("kitchen/Tür 1.png")).validate().is_ok());
    }
}
