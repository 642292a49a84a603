//! The pictures, sounds and other files of a game, by the names that its environment draws them by.

use std::collections::{BTreeMap, BTreeSet};

use footlights_env::{
    Environment, Image,
    surface::{Item, Shape},
};
use serde::Serialize;

/// What browsers load before a game begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Assets {
    /// The images that the environment may draw, by name: those that it brings with it, and the scene's.
    pub images: BTreeMap<String, Image>,
    /// The sounds that the environment may play: files by name.
    pub sounds: BTreeMap<String, String>,
    /// Files that are loaded besides.
    #[serde(rename = "assets")]
    pub files: Vec<String>,
}

/// The longest path of a file, in bytes: a browser says in a message which file it cannot load.
const MAX_FILE: usize = 200;

/// Whether a path can be part of an address as it is.
fn is_file(path: &str) -> bool {
    let plain = !path.is_empty() && path.len() <= MAX_FILE && !path.starts_with('/');
    plain && !path.contains(['?', '#', '%', '\\']) && path.split('/').all(|part| part != "..")
}

impl Assets {
    /// What an environment brings with it.
    pub(crate) fn bundled<E: Environment>() -> Self {
        let images = E::IMAGES.iter().map(|image| (image.name.to_owned(), image.image(E::ID)));
        Self { images: images.collect(), ..Self::default() }
    }

    /// Every file that browsers load.
    pub fn all_files(&self) -> impl Iterator<Item = &str> {
        self.image_files().chain(self.other_files())
    }

    /// The files of images.
    pub fn image_files(&self) -> impl Iterator<Item = &str> {
        self.images.values().map(|image| image.file.as_str())
    }

    /// Every other file that browsers load.
    pub fn other_files(&self) -> impl Iterator<Item = &str> {
        self.sounds.values().chain(&self.files).map(String::as_str)
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
