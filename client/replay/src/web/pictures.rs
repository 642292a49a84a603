//! What each seat saw: a canvas, and a line of facts below it.

use footlights_canvas::{
    AssetEvent, Assets, Canvas,
    dom::{Label, OrMissing, Result, warn},
};
use footlights_env::Agent;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlCanvasElement, HtmlElement, ResizeObserver};

use super::elements::all;
use crate::controller::ReplayController;

/// The pictures of all seats.
pub struct Pictures {
    views: Vec<SeatView>,
    /// Whether the pictures must be painted again.
    is_outdated: bool,
    /// Called when a picture's box gets another size.
    resized: Option<Closure<dyn FnMut()>>,
}

/// One seat's picture.
struct SeatView {
    agent: Agent,
    canvas: Canvas,
    facts: Label,
}

impl Pictures {
    /// In the places that the page has for them; nothing is painted yet.
    pub fn new(player: &ReplayController) -> Result<Self> {
        let viewport = player.viewport();
        let shape = format!("{} / {}", viewport.width, viewport.height);
        let mut views = Vec::new();
        for (agent, figure) in player.agents().zip(all::<Element>("#views figure")?) {
            let frame: HtmlElement = figure.query_selector(".stage")?.or_missing("stage")?.dyn_into()?;
            frame.style().set_property("aspect-ratio", &shape)?;
            let facts: HtmlElement = figure.query_selector(".told")?.or_missing("told")?.dyn_into()?;
            let canvas = Canvas::new(frame.into(), &format!("What {agent} saw"))?;
            views.push(SeatView { agent, canvas, facts: Label::new(facts) });
        }
        Ok(Self { views, is_outdated: true, resized: None })
    }

    /// Loads what the scene may draw; calls `loaded` after each image. Replays are silent: the views of all seats are shown
    /// at once.
    pub fn load(&mut self, assets: &str, loaded: impl Fn() + Clone + 'static) -> Result<()> {
        for view in &mut self.views {
            let loaded = loaded.clone();
            let tell = move |event: AssetEvent| match event {
                AssetEvent::Loaded => loaded(),
                AssetEvent::Failed(file) => warn("an image or a sound cannot be loaded", &file.into()),
                AssetEvent::Settled => {}
            };
            view.canvas.assets = Assets::load_images(assets, tell)?;
        }
        Ok(())
    }

    /// Calls `resized` whenever the box of a picture gets another size.
    pub fn watch(&mut self, resized: impl FnMut() + 'static) -> Result<()> {
        let resized = self.resized.insert(Closure::new(resized));
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref())?;
        for frame in all::<Element>("#views .stage")? {
            observer.observe(&frame);
        }
        Ok(())
    }

    /// The agent of a seat, and its canvas.
    pub fn of(&self, seat: usize) -> Option<(Agent, &HtmlCanvasElement)> {
        self.views.get(seat).map(|view| (view.agent, view.canvas.element()))
    }

    /// They must be painted again.
    pub fn outdate(&mut self) {
        self.is_outdated = true;
    }

    /// Whether they must be painted again.
    pub fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Says below each what its agent did and got.
    pub fn tell(&mut self, player: &ReplayController) {
        for view in &mut self.views {
            let mut facts = Vec::new();
            if let (Some(action), Some(reward)) = (player.action(view.agent), player.reward(view.agent)) {
                facts.push(format!("Action: {action}"));
                facts.push(format!("reward: {reward}"));
            }
            facts.push(format!("sum of rewards: {}", player.score(view.agent)));
            facts.extend(
                player.hud(view.agent).into_iter().map(|item| format!("{}: {}", item.label, item.value)),
            );
            view.facts.set(&facts.join(" · "));
        }
    }

    /// Paints them, if they are outdated, or in any case while they are `moving`.
    pub fn paint(&mut self, player: &mut ReplayController, moving: bool) -> Result<()> {
        let viewport = player.viewport();
        // A canvas that was hidden until now takes space from the others.
        let mut fresh = false;
        for view in &mut self.views {
            fresh |= view.canvas.fit(viewport)?;
        }
        if moving || fresh || self.is_outdated {
            self.is_outdated = false;
            for view in &mut self.views {
                view.canvas.paint(&player.items(view.agent))?;
            }
        }
        Ok(())
    }
}
