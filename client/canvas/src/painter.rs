//! Paints draw lists on a canvas that fits its box and the screen's pixels.

use std::f64::consts::{PI, TAU};

use footlights_env::{
    Viewport,
    surface::{Align, Color, Item, Shape},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

use crate::{
    assets::Assets,
    dom::{OrMissing, Result, child, number, window},
    letterbox::letterbox,
};

/// No side of the canvas has more pixels than this: beyond, painting gets slow and looks the same.
const MAX_PIXELS: f64 = 4096.0;

/// A canvas in a box.
pub struct Canvas {
    frame: Element,
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    /// What the scene may draw and play.
    pub assets: Assets,
    viewport: Viewport,
    /// Pixels a world unit.
    scale: f64,
    fill: Color,
    stroke: Color,
}

impl Canvas {
    /// A canvas inside `frame`, hidden until something is painted.
    pub fn new(frame: Element, label: &str) -> Result<Self> {
        let canvas: HtmlCanvasElement = child(&frame, "canvas", "")?.dyn_into()?;
        canvas.set_hidden(true);
        canvas.set_attribute("role", "img")?;
        canvas.set_attribute("aria-label", label)?;
        let context = canvas.get_context("2d")?.or_missing("2d canvas")?.dyn_into()?;
        let viewport = Viewport { width: 0.0, height: 0.0 };
        Ok(Self {
            frame,
            canvas,
            context,
            assets: Assets::default(),
            viewport,
            scale: 1.0,
            fill: Color::NONE,
            stroke: Color::NONE,
        })
    }

    /// The canvas itself.
    pub fn element(&self) -> &HtmlCanvasElement {
        &self.canvas
    }

    /// Takes on the size of its box; true if everything must be painted again.
    pub fn fit(&mut self, viewport: Viewport) -> Result<bool> {
        let size = (f64::from(viewport.width), f64::from(viewport.height));
        let outer = (f64::from(self.frame.client_width()), f64::from(self.frame.client_height()));
        let (width, height) = letterbox(size, outer);
        if width < 1.0 || height < 1.0 {
            return Ok(false);
        }
        let density = window()?.device_pixel_ratio().min(MAX_PIXELS / width.max(height));
        let pixels = ((width * density).round() as u32, (height * density).round() as u32);
        self.scale = width * density / size.0;
        let known = (self.canvas.width(), self.canvas.height());
        if known == pixels && self.viewport == viewport && !self.canvas.hidden() {
            return Ok(false);
        }
        self.viewport = viewport;
        self.canvas.set_width(pixels.0);
        self.canvas.set_height(pixels.1);
        let style = self.canvas.style();
        style.set_property("width", &px(width))?;
        style.set_property("height", &px(height))?;
        self.canvas.set_hidden(false);
        Ok(true)
    }

    /// Paints the items in their order, and plays the sounds that are new among them.
    pub fn paint(&mut self, items: &[Item]) -> Result<()> {
        let (width, height) = (f64::from(self.canvas.width()), f64::from(self.canvas.height()));
        self.context.clear_rect(0.0, 0.0, width, height);
        // The context forgets its colours with every new size, so every picture sets them again.
        (self.fill, self.stroke) = (Color::NONE, Color::NONE);
        self.context.set_line_join("round");
        self.context.set_line_cap("round");
        self.context.set_text_baseline("middle");
        let mut alpha = 1.0;
        self.context.set_global_alpha(alpha);
        for item in items.iter().filter(|item| item.alpha > 0.0) {
            let wanted = f64::from(item.alpha).min(1.0);
            if alpha != wanted {
                alpha = wanted;
                self.context.set_global_alpha(alpha);
            }
            self.item(item)?;
        }
        self.assets.hear(items);
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Result<()> {
        let s = |v: &f32| f64::from(*v) * self.scale;
        let context = &self.context;
        match &item.shape {
            Shape::Text { x, y, size, align, text } => {
                let (x, y, size) = (s(x), s(y), s(size));
                context.set_font(&format!("600 {} system-ui, sans-serif", px(size)));
                context.set_text_align(match align {
                    Align::Left => "left",
                    Align::Center => "center",
                    Align::Right => "right",
                });
                if item.stroke_width > 0.0 && self.prepare_stroke(item) {
                    self.context.stroke_text(text, x, y)?;
                }
                if self.prepare_fill(item) {
                    self.context.fill_text(text, x, y)?;
                }
                return Ok(());
            }
            Shape::Image { x, y, width, height, name, frame } => {
                let (x, y, width, height) = (s(x), s(y), s(width), s(height));
                return match self.assets.image(name, *frame) {
                    Some((image, [sx, sy, sw, sh])) => context
                        .draw_image_with_html_image_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                            image, sx, sy, sw, sh, x, y, width, height,
                        ),
                    None => self.placeholder(x, y, width, height),
                };
            }
            Shape::Sound { .. } => return Ok(()),
            Shape::Rect { x, y, width, height, radius } => {
                let (x, y, width, height) = (s(x), s(y), s(width), s(height));
                context.begin_path();
                match s(radius).min(width / 2.0).min(height / 2.0) {
                    radius if radius > 0.0 => round_rect(context, x, y, width, height, radius)?,
                    _ => context.rect(x, y, width, height),
                }
            }
            Shape::Circle { x, y, radius } => {
                context.begin_path();
                context.arc(s(x), s(y), s(radius).max(0.0), 0.0, TAU)?;
            }
            Shape::Ellipse { x, y, rx, ry, rotation } => {
                context.begin_path();
                let (rx, ry) = (s(rx).max(0.0), s(ry).max(0.0));
                context.ellipse(s(x), s(y), rx, ry, f64::from(*rotation), 0.0, TAU)?;
            }
            Shape::Arc { x, y, radius, start, end } => {
                context.begin_path();
                context.arc(s(x), s(y), s(radius).max(0.0), f64::from(*start), f64::from(*end))?;
                context.close_path();
            }
            Shape::Line { x1, y1, x2, y2 } => {
                context.begin_path();
                context.move_to(s(x1), s(y1));
                context.line_to(s(x2), s(y2));
            }
            Shape::Polygon { points } => {
                context.begin_path();
                for (x, y) in points {
                    context.line_to(s(x), s(y));
                }
                context.close_path();
            }
        }
        if !matches!(item.shape, Shape::Line { .. }) && self.prepare_fill(item) {
            self.context.fill();
        }
        if item.stroke_width > 0.0 && self.prepare_stroke(item) {
            self.context.stroke();
        }
        Ok(())
    }

    /// Sets the inside colour; false if there is none.
    fn prepare_fill(&mut self, item: &Item) -> bool {
        if item.fill != self.fill && visible(item.fill) {
            self.fill = item.fill;
            self.context.set_fill_style_str(&css(item.fill));
        }
        visible(item.fill)
    }

    /// Sets outline colour and width; false if there is none.
    fn prepare_stroke(&mut self, item: &Item) -> bool {
        if item.stroke != self.stroke && visible(item.stroke) {
            self.stroke = item.stroke;
            self.context.set_stroke_style_str(&css(item.stroke));
        }
        self.context.set_line_width(f64::from(item.stroke_width) * self.scale);
        visible(item.stroke)
    }

    /// Where a picture is not there (yet): a box with a cross, so that it is seen to be missing.
    fn placeholder(&mut self, x: f64, y: f64, width: f64, height: f64) -> Result<()> {
        let context = &self.context;
        (self.fill, self.stroke) = (Color::NONE, Color::NONE);
        context.set_fill_style_str("#9993");
        context.set_stroke_style_str("#999");
        context.set_line_width((width.min(height) / 24.0).max(1.0));
        context.fill_rect(x, y, width, height);
        context.begin_path();
        context.rect(x, y, width, height);
        context.move_to(x, y);
        context.line_to(x + width, y + height);
        context.move_to(x + width, y);
        context.line_to(x, y + height);
        context.stroke();
        Ok(())
    }
}

fn visible(color: Color) -> bool {
    let [.., alpha] = color.bytes();
    alpha > 0
}

fn css(color: Color) -> String {
    let [r, g, b, a] = color.bytes();
    format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
}

/// `roundRect` came to browsers later than everything else in here.
fn round_rect(
    context: &CanvasRenderingContext2d,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    radius: f64,
) -> std::result::Result<(), JsValue> {
    let (right, bottom) = (x + width, y + height);
    context.move_to(x + radius, y);
    context.arc(right - radius, y + radius, radius, -PI / 2.0, 0.0)?;
    context.arc(right - radius, bottom - radius, radius, 0.0, PI / 2.0)?;
    context.arc(x + radius, bottom - radius, radius, PI / 2.0, PI)?;
    context.arc(x + radius, y + radius, radius, PI, 1.5 * PI)?;
    context.close_path();
    Ok(())
}

/// A length for CSS.
fn px(length: f64) -> String {
    number(length) + "px"
}
