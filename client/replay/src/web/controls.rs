//! The buttons and fields below the pictures that show the state of the replay.

use footlights_canvas::dom::{Label, Result, child};
use wasm_bindgen::JsCast;
use web_sys::{HtmlFieldSetElement, HtmlInputElement, HtmlOptionElement, HtmlSelectElement};

use super::elements::by_id;
use crate::{controller::ReplayController, position::ReplayPosition};

/// The controls.
pub struct Controls {
    all: HtmlFieldSetElement,
    play: Label,
    scrub: HtmlInputElement,
    place: Label,
    status: Label,
    episode: HtmlSelectElement,
}

impl Controls {
    /// Those of the page, with the episodes that can be watched. They are disabled.
    pub fn new(player: &ReplayController) -> Result<Self> {
        let episode: HtmlSelectElement = by_id("episode")?;
        for (number, steps) in player.episodes() {
            let option: HtmlOptionElement = child(&episode, "option", "")?.dyn_into()?;
            option.set_value(&number.to_string());
            option.set_text(&format!("{number} ({steps} steps)"));
        }
        Ok(Self {
            all: by_id("controls")?,
            play: Label::new(by_id("play")?),
            scrub: by_id("scrub")?,
            place: Label::new(by_id("where")?),
            status: Label::new(by_id("status")?),
            episode,
        })
    }

    /// Lets them be used, or not.
    pub fn set_disabled(&self, disabled: bool) {
        self.all.set_disabled(disabled);
    }

    /// The step that the reader chose.
    pub fn step(&self) -> u32 {
        self.scrub.value().parse().unwrap_or(0)
    }

    /// The episode that the reader chose.
    pub fn episode(&self) -> u32 {
        self.episode.value().parse().unwrap_or(0)
    }

    /// Shows where the player is.
    pub fn show_place(&mut self, player: &ReplayController) -> Result<()> {
        let (place, steps) = (player.place(), player.steps());
        let (at, end) = (player.seconds(place.step), player.seconds(steps));
        self.scrub.set_max(&steps.to_string());
        self.scrub.set_value(&place.step.to_string());
        self.scrub
            .set_attribute("aria-valuetext", &format!("step {} of {steps}, {at:.1} seconds", place.step))?;
        self.place.set(&format!("{} of {steps} · {at:.1} of {end:.1} s", place.step));
        let episode = place.episode.to_string();
        if self.episode.value() != episode {
            self.episode.set_value(&episode);
        }
        Ok(())
    }

    /// Shows the position and whether the replay plays. `before` is what the last call showed.
    pub fn show_state(&mut self, player: &ReplayController, before: Option<(ReplayPosition, bool)>) {
        let (place, playing) = (player.place(), player.is_playing());
        self.play.set(if playing { "Pause" } else { "Play" });
        // A screen reader must not read every step of a game that is playing.
        if playing && before.is_none_or(|(_, played)| !played) {
            self.status.set("Playing");
        } else if !playing && before.is_some() {
            let end = if player.is_over() { ", the end" } else { "" };
            self.status.set(&format!("Episode {}, step {}{end}", place.episode, place.step));
        }
    }
}
