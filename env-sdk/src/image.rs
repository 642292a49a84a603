//! The images that an environment draws by name: a file, and where its frames lie.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An image that an environment brings with it; see [`bundled_image`](crate::bundled_image).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundledImage {
    /// The name that it is drawn by.
    pub name: &'static str,
    /// The name of its file.
    pub file: &'static str,
    /// The file; empty in WebAssembly, where browsers load it from its address.
    pub bytes: &'static [u8],
    /// What is in it.
    pub frames: BundledFrames,
}

/// How the frames of a bundled image are found; see [`Frames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundledFrames {
    /// All frames have one size and lie in rows.
    #[allow(missing_docs, reason = "the names say it")]
    Sheet { columns: u16, rows: u16 },
    /// Every frame has a name; this is the description as [`Image::atlas`] reads it.
    Atlas(&'static str),
}

impl BundledImage {
    /// Where the file lies among the assets: in a folder called like its environment.
    #[must_use]
    pub fn path(&self, environment: &str) -> String {
        format!("{environment}/{}", self.file)
    }

    /// The image as a game declares it.
    #[must_use]
    pub fn image(&self, environment: &str) -> Image {
        let path = self.path(environment);
        match self.frames {
            BundledFrames::Sheet { columns, rows } => Image::sheet(&path, columns, rows),
            BundledFrames::Atlas(json) => Image::atlas(&path, json),
        }
    }
}

/// Bundles an image file with an environment: its name, its file beside the one that says this, and its frames.
///
/// ```
/// use footlights_env::{BundledFrames, BundledImage, bundled_image};
///
/// // In an environment: `const IMAGES: &'static [BundledImage] = &[…];`. Here the "image" is this crate's manifest.
/// const IMAGES: &[BundledImage] =
///     &[bundled_image!("cook", "../Cargo.toml", BundledFrames::Sheet { columns: 4, rows: 2 })];
/// assert_eq!((IMAGES[0].name, IMAGES[0].bytes.is_empty()), ("cook", false));
/// ```
#[macro_export]
macro_rules! bundled_image {
    ($name:literal, $file:literal, $frames:expr) => {
        $crate::BundledImage {
            name: $name,
            file: $file,
            #[cfg(not(target_arch = "wasm32"))]
            bytes: include_bytes!($file),
            #[cfg(target_arch = "wasm32")]
            bytes: &[],
            frames: $frames,
        }
    };
}

/// An image file, and the frames in it.
///
/// ```
/// use footlights_env::Image;
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
    /// A file among the assets.
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
    #[must_use]
    pub fn has(&self, name: Option<&str>, number: u16) -> bool {
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

#[cfg(test)]
mod tests {
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
}
