//! Makes the pages of the book, after a look at its links: `footlights-book [DIRECTORY]`, without one only the look.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use mdbook_driver::MDBook;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

fn main() -> Result<()> {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book");
    let broken = broken_links(&book.join("src"))?;
    if !broken.is_empty() {
        bail!("links of the book that lead nowhere:\n  {}", broken.join("\n  "));
    }
    let Some(directory) = std::env::args_os().nth(1).map(PathBuf::from) else { return Ok(()) };
    let directory = std::path::absolute(directory)?;
    let mut book = MDBook::load(book)?;
    book.config.build.build_dir = directory.clone();
    book.build()?;
    println!("{}", directory.join("index.html").display());
    Ok(())
}

/// What a chapter links to, and where it can be linked to.
struct Chapter {
    links: Vec<String>,
    anchors: BTreeSet<String>,
}

/// The links from chapter to chapter, and to pictures, behind which there is nothing.
fn broken_links(src: &Path) -> Result<Vec<String>> {
    let mut chapters = BTreeMap::new();
    for entry in std::fs::read_dir(src)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            chapters.insert(name, chapter(&std::fs::read_to_string(path)?));
        }
    }
    let mut broken = Vec::new();
    for (name, chapter) in &chapters {
        for link in chapter.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let is_there = match chapters.get(if file.is_empty() { name.as_str() } else { file }) {
                Some(other) => anchor.is_empty() || other.anchors.contains(anchor),
                None => src.join(file).is_file(),
            };
            if !is_there {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    // A chapter that nobody finds is no chapter.
    let listed = chapters.get("SUMMARY.md").map(|summary| summary.links.clone()).unwrap_or_default();
    let missing = chapters.keys().filter(|name| *name != "SUMMARY.md" && !listed.contains(name));
    broken.extend(missing.map(|name| format!("SUMMARY.md does not list {name}")));
    Ok(broken)
}

fn chapter(text: &str) -> Chapter {
    let mut chapter = Chapter { links: Vec::new(), anchors: BTreeSet::new() };
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                chapter.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                chapter.anchors.extend(heading.take().map(|words| anchor(&words)));
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            _ => {}
        }
    }
    chapter
}

/// The id that mdBook gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_lowercase().next().unwrap_or(c)),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_headings_are_found() {
        let found =
            chapter("# What does `tween` do?\n\nSee [there](b.md#x) and ![a start page](img/start.png).\n");
        assert_eq!(found.links, ["b.md#x", "img/start.png"]);
        assert!(found.anchors.contains("what-does-tween-do"));
    }

    /// A folder with the chapters, removed with it.
    struct Book(PathBuf);

    impl Book {
        fn new(name: &str, chapters: &[(&str, &str)]) -> Self {
            let path = std::env::temp_dir().join(format!("footlights-book-{name}-{}", std::process::id()));
            std::fs::create_dir_all(path.join("img")).unwrap();
            for (name, text) in chapters {
                std::fs::write(path.join(name), text).unwrap();
            }
            Self(path)
        }
    }

    impl Drop for Book {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_link_that_leads_nowhere_and_a_chapter_that_nobody_finds_are_told() {
        let book = Book::new(
            "broken",
            &[
                ("SUMMARY.md", "- [A](a.md)\n"),
                (
                    "a.md",
                    "# Top\n[own](#top) [there](b.md#end) [away](https://example.org/x) [to](mailto:x@y.z)\n",
                ),
                (
                    "b.md",
                    "# End\n[no file](c.md) [no heading](a.md#bottom) [no own](#top)\n![none](img/none.png)\n",
                ),
            ],
        );
        let told = [
            "b.md: c.md",
            "b.md: a.md#bottom",
            "b.md: #top",
            "b.md: img/none.png",
            "SUMMARY.md does not list b.md",
        ];
        assert_eq!(broken_links(&book.0).unwrap(), told);
    }

    #[test]
    fn the_snippets_of_every_chapter_are_compiled() {
        let compiled = include_str!("lib.rs");
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/book/src")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_chapter = name.ends_with(".md") && name != "SUMMARY.md";
            assert!(!is_chapter || compiled.contains(&format!("/{name}\"")), "lib.rs lacks {name}");
        }
    }
}
