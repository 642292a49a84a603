//! The panel above the picture: builds it once, and touches what changes.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use super::words::{self, say};
use crate::view::{Panel, quality_words};
use footlights_canvas::dom::{self, Label, Result, child, document};
use footlights_protocol::words::texts;

const FULL_SCREEN_ICON: &str =
    "<svg viewBox='0 0 24 24' aria-hidden='true'><path d='M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5'/></svg>";

/// The panel.
pub struct PanelView {
    root: HtmlElement,
    /// Switches full screen.
    pub full_screen: HtmlButtonElement,
    seats: HtmlElement,
    you: Label,
    time: Label,
    round: Label,
    items: HtmlElement,
    partner: Label,
    /// What the participant must know while playing.
    pub notice: Label,
    link: HtmlElement,
    link_text: Label,
    shown: Option<Panel>,
}

impl PanelView {
    /// An empty panel at the end of `parent`, hidden until there is something in it.
    pub fn new(parent: &Element) -> Result<Self> {
        let root = child(parent, "div", "hud")?;
        root.set_id("hud");
        root.set_hidden(true);
        let seats = child(&root, "ul", "seats")?;
        mark(&seats, "score")?;
        let middle = child(&root, "div", "clock")?;
        let time = child(&middle, "span", "time")?;
        mark(&time, "time")?;
        time.set_attribute("role", "timer")?;
        let round = child(&middle, "span", "round")?;
        mark(&round, "round")?;
        let side = child(&root, "div", "side")?;
        let link = child(&side, "span", "link")?;
        link.set_id("link");
        link.set_attribute("role", "img")?;
        let bars = child(&link, "span", "bars")?;
        for _ in 0..3 {
            child(&bars, "i", "")?;
        }
        let link_text = child(&link, "span", "ms")?;
        let full_screen: HtmlButtonElement = child(&side, "button", "icon")?.dyn_into()?;
        full_screen.set_type("button");
        full_screen.set_attribute("aria-label", &say(texts::FULL_SCREEN))?;
        full_screen.set_title(&say(texts::FULL_SCREEN));
        full_screen.set_inner_html(FULL_SCREEN_ICON);
        // An iPhone has none.
        full_screen.set_hidden(!document()?.fullscreen_enabled());
        let below = child(&root, "div", "notes")?;
        let you = child(&below, "span", "you")?;
        mark(&you, "you")?;
        let items = child(&below, "span", "items")?;
        mark(&items, "items")?;
        let partner = child(&below, "span", "partner")?;
        partner.set_id("partner");
        let notice = child(&below, "p", "advice")?;
        notice.set_attribute("role", "status")?;
        notice.set_hidden(true);
        Ok(Self {
            root,
            full_screen,
            seats,
            you: Label::new(you),
            time: Label::new(time),
            round: Label::new(round),
            items,
            partner: Label::new(partner),
            notice: Label::new(notice),
            link,
            link_text: Label::new(link_text),
            shown: None,
        })
    }

    /// Shows `panel`.
    pub fn set(&mut self, panel: Panel) -> Result<()> {
        if self.shown.as_ref() == Some(&panel) {
            return Ok(());
        }
        self.root.set_hidden(false);
        self.you.set(&panel.you);
        self.time.set(&panel.time);
        self.round.set(&panel.round);
        self.partner.set(&panel.others.join(" · "));
        let old = self.shown.as_ref();
        if old.is_none_or(|old| old.seats != panel.seats) {
            self.seats.set_inner_html("");
            for seat in &panel.seats {
                let chip = child(&self.seats, "li", if seat.own { "own" } else { "" })?;
                dom::words(&chip, "span", "name", &seat.name)?;
                dom::words(&chip, "b", "", &seat.score)?;
            }
        }
        if old.is_none_or(|old| old.items != panel.items) {
            self.items.set_inner_html("");
            self.items.set_hidden(panel.items.is_empty());
            for (label, value) in &panel.items {
                let item = dom::words(&self.items, "span", "", &format!("{label} "))?;
                dom::words(&item, "b", "", value)?;
            }
        }
        self.partner.element().class_list().toggle_with_force("missing", panel.missing)?;
        self.link_text.set(&panel.link);
        let quality = panel.quality.as_str();
        self.link.dataset().set("quality", quality)?;
        let words = words::all();
        let quality = words.get(quality_words(panel.quality));
        let label = [quality, &panel.link].join(words.get(texts::LIST_SEPARATOR));
        self.link.set_attribute("aria-label", &label)?;
        self.link.set_title(quality);
        self.shown = Some(panel);
        Ok(())
    }
}

fn mark(element: &HtmlElement, name: &str) -> Result<()> {
    element.dataset().set("hud", name)
}
