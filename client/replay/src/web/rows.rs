//! The row beside the picture: a table of the columns and values of one seat's file.

use footlights_canvas::dom::{Label, Result, child, element, words};
use web_sys::{HtmlAnchorElement, HtmlElement};

use super::elements::by_id;
use crate::{position::ReplayPosition, rows::StepRows};

/// The word over a group of columns without one of its own.
const PLAIN: &str = "about the row";

/// The table, and what is said above it.
pub struct RowsView {
    note: Label,
    body: HtmlElement,
    file: HtmlAnchorElement,
    rows: Option<StepRows>,
    groups: Vec<Group>,
    filter: String,
    shown: Option<ReplayPosition>,
}

struct Group {
    element: HtmlElement,
    lines: Vec<Line>,
}

struct Line {
    element: HtmlElement,
    name: String,
    value: Label,
}

impl RowsView {
    /// In the place that the page has for it.
    pub fn new() -> Result<Self> {
        Ok(Self {
            note: Label::new(by_id("row-note")?),
            body: by_id("row-body")?,
            file: by_id("rows-file")?,
            rows: None,
            groups: Vec::new(),
            filter: String::new(),
            shown: None,
        })
    }

    /// There are no rows, and why.
    pub fn without(&mut self, why: &str) {
        self.rows = None;
        self.body.set_hidden(true);
        self.note.set(why);
    }

    /// Other rows, from that address.
    pub fn set(&mut self, rows: StepRows, path: &str) -> Result<()> {
        let table: HtmlElement = by_id("columns")?;
        for group in self.groups.drain(..) {
            group.element.remove();
        }
        let mut columns = rows.columns().iter();
        for (word, many) in rows.groups() {
            let group = child(&table, "tbody", "")?;
            let head = child(&group, "tr", "group")?;
            let head = words(&head, "th", "", if word.is_empty() { PLAIN } else { word })?;
            head.set_attribute("colspan", "2")?;
            head.set_attribute("scope", "rowgroup")?;
            let mut lines = Vec::new();
            for name in columns.by_ref().take(many) {
                let line = child(&group, "tr", "")?;
                let title = child(&line, "th", "")?;
                title.set_attribute("scope", "row")?;
                // Long names break after a dot, not anywhere.
                for (k, part) in name.split('.').enumerate() {
                    if k > 0 {
                        title.append_with_str_1(".")?;
                        title.append_child(&*element("wbr", "")?)?;
                    }
                    title.append_with_str_1(part)?;
                }
                let cell = child(&line, "td", "")?;
                let value = child(&cell, "span", "")?;
                lines.push(Line { element: line, name: name.clone(), value: Label::new(value) });
            }
            self.groups.push(Group { element: group, lines });
        }
        self.file.set_href(path);
        self.rows = Some(rows);
        self.body.set_hidden(false);
        self.shown = None;
        self.filter(&self.filter.clone());
        Ok(())
    }

    /// Shows only columns with `text` in their names.
    pub fn filter(&mut self, text: &str) {
        self.filter = text.to_owned();
        let wanted = text.trim().to_lowercase();
        for group in &self.groups {
            let mut any = false;
            for line in &group.lines {
                let shown = line.name.to_lowercase().contains(&wanted);
                line.element.set_hidden(!shown);
                any |= shown;
            }
            group.element.set_hidden(!any);
        }
    }

    /// Shows the row of that step.
    pub fn show(&mut self, place: ReplayPosition) {
        let Some(rows) = self.rows.as_ref().filter(|_| self.shown != Some(place)) else { return };
        self.shown = Some(place);
        let lines = self.groups.iter_mut().flat_map(|group| &mut group.lines);
        match rows.at(place) {
            Some(values) => {
                self.note.set("");
                lines.zip(values).for_each(|(line, value)| line.value.set(value));
            }
            None => {
                let why = match place.step {
                    0 => "A row is about a step, and here is the state before the first one.",
                    _ => "There is no row of this step.",
                };
                self.note.set(why);
                lines.for_each(|line| line.value.set(""));
            }
        }
    }
}
