//! The picture of a session.

use footlights_canvas::{AssetEvent, Assets, Canvas, dom};
use footlights_env::{
    Viewport, msgpack,
    surface::{Delta, Scene},
};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use web_sys::{Element, HtmlCanvasElement};

/// A canvas that shows the pictures of a session.
#[wasm_bindgen]
pub struct Stage {
    canvas: Canvas,
    scene: Scene,
    before: Scene,
    viewport: Viewport,
}

#[wasm_bindgen]
impl Stage {
    /// A canvas in a box of the page, empty as yet.
    ///
    /// # Errors
    /// The browser has no canvas.
    #[wasm_bindgen(constructor)]
    pub fn new(frame: Element, label: &str) -> Result<Self, JsValue> {
        let canvas = Canvas::new(frame, label)?;
        let viewport = Viewport { width: 1.0, height: 1.0 };
        Ok(Self { canvas, scene: Scene::default(), before: Scene::default(), viewport })
    }

    /// Loads the images of an environment; `loaded` is called after each of them.
    ///
    /// # Errors
    /// The browser refuses to load any.
    pub fn images(&mut self, json: &str, loaded: js_sys::Function) -> Result<(), JsValue> {
        let tell = move |event: AssetEvent| match event {
            AssetEvent::Failed(file) => dom::warn("an image cannot be loaded", &file.into()),
            AssetEvent::Loaded | AssetEvent::Settled => {
                let _ = loaded.call0(&JsValue::NULL);
            }
        };
        self.canvas.assets = Assets::load_images(json, tell)?;
        Ok(())
    }

    /// Takes a picture of the session.
    ///
    /// # Errors
    /// It does not follow the one before; the next full one does.
    pub fn picture(&mut self, bytes: &[u8]) -> Result<(), JsError> {
        let (viewport, delta): (Viewport, Delta) = msgpack::decode(bytes)?;
        self.viewport = viewport;
        self.before = if delta.full { Scene::default() } else { self.scene.clone() };
        self.scene.apply(&delta)?;
        Ok(())
    }

    /// Paints it, `t` of the way from the one before (0) to it (1).
    ///
    /// # Errors
    /// The browser refuses.
    pub fn paint(&mut self, t: f32) -> Result<(), JsValue> {
        self.canvas.fit(self.viewport)?;
        self.canvas.paint(&self.scene.items_between(&self.before, t, self.viewport))
    }

    /// The canvas.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn canvas(&self) -> HtmlCanvasElement {
        self.canvas.element().clone()
    }

    /// The width of what is shown, in world units.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn width(&self) -> f32 {
        self.viewport.width
    }

    /// The height of what is shown.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn height(&self) -> f32 {
        self.viewport.height
    }
}
