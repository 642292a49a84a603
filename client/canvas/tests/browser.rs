//! What the painter puts on a real canvas, and what becomes of files, in a browser engine.
#![cfg(target_arch = "wasm32")]

use std::{cell::RefCell, rc::Rc};

use footlights_canvas::{
    AssetEvent, Assets, Canvas,
    dom::{Label, Listener, child, document, element, sleep},
};
use footlights_env::{
    Surface, Viewport,
    surface::{Align, Color},
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{CanvasRenderingContext2d, Event, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

const VIEWPORT: Viewport = Viewport { width: 20.0, height: 10.0 };
const RED: Color = Color::rgb(200, 30, 40);
const BLUE: Color = Color::rgb(30, 60, 200);

/// A canvas in a box of 400 by 300 pixels: its picture is 400 by 200.
fn canvas() -> Canvas {
    let frame: HtmlElement = child(&document().unwrap().body().unwrap(), "div", "").unwrap();
    frame.set_attribute("style", "width: 400px; height: 300px").unwrap();
    let mut canvas = Canvas::new(frame.into(), "A test").unwrap();
    assert!(canvas.fit(VIEWPORT).unwrap());
    canvas
}

/// The colour at a place of the world: red, green, blue, alpha.
fn at(canvas: &Canvas, x: f64, y: f64) -> [u8; 4] {
    let element = canvas.element();
    let context: CanvasRenderingContext2d = element.get_context("2d").unwrap().unwrap().dyn_into().unwrap();
    let scale = f64::from(element.width()) / f64::from(VIEWPORT.width);
    let data = context.get_image_data(x * scale, y * scale, 1.0, 1.0).unwrap().data();
    [data[0], data[1], data[2], data[3]]
}

fn rgb(color: Color) -> [u8; 4] {
    color.bytes()
}

const NOTHING: [u8; 4] = [0, 0, 0, 0];

#[wasm_bindgen_test]
fn a_picture_keeps_its_shape_in_its_box() {
    let canvas = canvas();
    let (width, height) = (canvas.element().width(), canvas.element().height());
    assert_eq!(width, 2 * height);
    assert_eq!(canvas.element().client_width(), 400);
}

#[wasm_bindgen_test]
fn every_shape_is_where_it_was_drawn() {
    let mut canvas = canvas();
    let mut surface = Surface::new();
    surface.rect(1.0, 1.0, 4.0, 2.0).fill(RED);
    surface.circle(10.0, 5.0, 2.0).fill(BLUE);
    surface.line(0.0, 9.0, 20.0, 9.0).stroke(RED, 0.5);
    surface.polygon(vec![(14.0, 1.0), (19.0, 1.0), (19.0, 6.0)]).fill(BLUE);
    surface.ellipse(3.0, 6.0, 2.0, 0.5).fill(RED);
    canvas.paint(surface.items()).unwrap();
    for (x, y, color) in [
        (3.0, 2.0, rgb(RED)),
        (0.5, 0.5, NOTHING),
        (10.0, 5.0, rgb(BLUE)),
        (11.8, 6.8, NOTHING),
        (7.0, 9.0, rgb(RED)),
        (18.0, 2.0, rgb(BLUE)),
        (14.5, 5.0, NOTHING),
        (4.5, 6.0, rgb(RED)),
        (4.5, 6.6, NOTHING),
    ] {
        assert_eq!(at(&canvas, x, y), color, "at {x}, {y}");
    }
}

#[wasm_bindgen_test]
fn greater_depths_lie_above_and_what_is_invisible_is_not_painted() {
    let mut canvas = canvas();
    let mut surface = Surface::new();
    surface.rect(0.0, 0.0, 10.0, 10.0).id(1).fill(RED);
    surface.rect(0.0, 0.0, 5.0, 10.0).id(2).fill(BLUE);
    surface.rect(0.0, 0.0, 2.0, 10.0).id(3).fill(RED).alpha(0.0);
    canvas.paint(surface.items()).unwrap();
    assert_eq!(at(&canvas, 1.0, 5.0), rgb(BLUE));
    assert_eq!(at(&canvas, 7.0, 5.0), rgb(RED));
    surface.clear();
    canvas.paint(surface.items()).unwrap();
    assert_eq!(at(&canvas, 7.0, 5.0), NOTHING, "the next picture begins with nothing");
}

#[wasm_bindgen_test]
fn the_corners_of_a_round_box_are_empty() {
    let mut canvas = canvas();
    let mut surface = Surface::new();
    let shape = footlights_env::surface::Shape::Rect { x: 1.0, y: 1.0, width: 6.0, height: 6.0, radius: 2.0 };
    surface.add(shape).fill(RED);
    canvas.paint(surface.items()).unwrap();
    for (x, y) in [(1.2, 1.2), (6.8, 1.2), (1.2, 6.8), (6.8, 6.8)] {
        assert_eq!(at(&canvas, x, y), NOTHING, "at {x}, {y}");
    }
    for (x, y) in [(4.0, 1.2), (1.2, 4.0), (6.8, 4.0), (4.0, 6.8), (4.0, 4.0)] {
        assert_eq!(at(&canvas, x, y), rgb(RED), "at {x}, {y}");
    }
}

#[wasm_bindgen_test]
fn a_text_is_painted_in_its_colour() {
    let mut canvas = canvas();
    let mut surface = Surface::new();
    surface.text(10.0, 5.0, 6.0, Align::Center, "███").fill(RED);
    canvas.paint(surface.items()).unwrap();
    assert_eq!(at(&canvas, 10.0, 5.0), rgb(RED));
    assert_eq!(at(&canvas, 1.0, 1.0), NOTHING);
}

#[wasm_bindgen_test]
async fn a_file_that_is_not_there_is_told_and_its_image_is_a_box_with_a_cross() {
    let mut canvas = canvas();
    let told = Rc::new(RefCell::new(Vec::new()));
    let heard = told.clone();
    let json = r#"{"images": {"cook": {"file": "none.png", "columns": 2, "rows": 1}}, "sounds": {"bell": "none.wav"}}"#;
    canvas.assets = Assets::load(json, move |event| {
        heard.borrow_mut().push(match event {
            AssetEvent::Loaded => "loaded".to_owned(),
            AssetEvent::Failed(file) => file,
            AssetEvent::Settled => "settled".to_owned(),
        });
    })
    .unwrap();
    for _ in 0..100 {
        if told.borrow().len() == 3 {
            break;
        }
        sleep(50).await.unwrap();
    }
    let mut told = told.borrow().clone();
    assert!(told.iter().position(|word| word == "none.png") < told.iter().position(|word| word == "settled"));
    told.sort();
    assert_eq!(told, ["none.png", "none.wav", "settled"]);
    let mut surface = Surface::new();
    surface.image(4.0, 2.0, 6.0, 6.0, "cook", 0);
    canvas.paint(surface.items()).unwrap();
    let [r, g, b, _] = at(&canvas, 7.0, 5.0);
    assert!(r == g && g == b, "grey where the two lines of the cross meet");
    assert_ne!(at(&canvas, 7.0, 5.0), NOTHING);
    assert_eq!(at(&canvas, 12.0, 5.0), NOTHING);
}

#[wasm_bindgen_test]
fn what_is_not_understood_of_a_scenes_files_is_left_out() {
    for json in ["", "7", "{", r#"{"images": 3}"#, r#"{"images": {"cook": 7}, "sounds": [1]}"#] {
        let assets = Assets::load(json, |_| {}).unwrap();
        assert!(assets.image("cook", 0).is_none() && assets.image("cook/onion", 0).is_none(), "{json}");
    }
    assert!(Assets::load("", |_| {}).unwrap().is_settled());
}

#[wasm_bindgen_test]
fn a_listener_hears_until_it_is_dropped_and_a_label_hides_where_it_has_no_text() {
    let button = element("button", "").unwrap();
    let count = Rc::new(RefCell::new(0));
    let counted = count.clone();
    let listener = Listener::new(&button, "click", move |_: Event| *counted.borrow_mut() += 1).unwrap();
    button.click();
    drop(listener);
    button.click();
    assert_eq!(*count.borrow(), 1);
    let mut label = Label::new(button);
    label.set("Ready");
    assert!(!label.element().hidden());
    label.set("");
    assert!(label.element().hidden());
}
