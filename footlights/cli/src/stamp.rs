//! Remembering what an output was made from, so that it is not made again from the same.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use footlights_env::digest;

/// What one output was or would be made from.
pub struct Stamp {
    path: PathBuf,
    inputs: String,
}

impl Stamp {
    /// The stamp kept at `path`, for the inputs as they are now: files and directories by their contents, and `settings`
    /// by its text.
    pub fn new(path: PathBuf, files: &[PathBuf], settings: &str) -> Result<Self> {
        let mut inputs = format!("{settings}\n");
        for file in files {
            describe(file, &mut inputs)?;
        }
        Ok(Self { path, inputs })
    }

    /// Whether the output was made from just these inputs, and is still there.
    pub fn holds(&self, output: &Path) -> bool {
        output.exists() && std::fs::read_to_string(&self.path).is_ok_and(|kept| kept == self.inputs)
    }

    /// Notes that the output has been made.
    pub fn keep(&self) -> Result<()> {
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&self.path, &self.inputs).with_context(|| format!("writing {}", self.path.display()))
    }
}

/// A line for each file below `path`, in the order of their names.
fn describe(path: &Path, into: &mut String) -> Result<()> {
    let reading = || format!("reading {}", path.display());
    if path.is_dir() {
        let entries = std::fs::read_dir(path).with_context(reading)?;
        let mut entries = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| describe(entry, into));
    }
    let bytes = std::fs::read(path).with_context(reading)?;
    into.push_str(&format!("{:016x} {}\n", digest::of_bytes(&bytes), path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of its own for each test, removed with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("footlights-stamp-{name}-{}", std::process::id()));
            std::fs::create_dir_all(path.join("in/deep")).unwrap();
            std::fs::write(path.join("in/a"), "1").unwrap();
            std::fs::write(path.join("in/deep/b"), "2").unwrap();
            std::fs::write(path.join("out"), "").unwrap();
            Self(path)
        }

        fn stamp(&self, settings: &str) -> Stamp {
            Stamp::new(self.0.join("stamps/one"), &[self.0.join("in")], settings).unwrap()
        }

        fn holds(&self, settings: &str) -> bool {
            self.stamp(settings).holds(&self.0.join("out"))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_same_inputs_are_not_worked_on_twice() {
        let scratch = Scratch::new("same");
        assert!(!scratch.holds("v1"), "nothing was made yet");
        scratch.stamp("v1").keep().unwrap();
        assert!(scratch.holds("v1"));
        std::fs::write(scratch.0.join("in/a"), "1").unwrap();
        assert!(scratch.holds("v1"), "a new date alone is not a change");
    }

    #[test]
    fn any_change_is_noticed() {
        type Change = fn(&Path);
        let changes: [(&str, Change); 4] = [
            ("content", |dir| std::fs::write(dir.join("in/deep/b"), "3").unwrap()),
            ("added", |dir| std::fs::write(dir.join("in/c"), "").unwrap()),
            ("removed", |dir| std::fs::remove_file(dir.join("in/a")).unwrap()),
            ("no output", |dir| std::fs::remove_file(dir.join("out")).unwrap()),
        ];
        for (name, change) in changes {
            let scratch = Scratch::new(&name.replace(' ', "-"));
            scratch.stamp("v1").keep().unwrap();
            change(&scratch.0);
            assert!(!scratch.holds("v1"), "{name}");
        }
        let scratch = Scratch::new("settings");
        scratch.stamp("v1").keep().unwrap();
        assert!(!scratch.holds("v2"));
    }
}
