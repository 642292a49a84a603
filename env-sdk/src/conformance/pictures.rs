//! Gate 5: pictures are sound.

use super::episode::episode;
use crate::{
    environment::View,
    simulation::Simulation,
    surface::{Encoder, Record, Scene, Shape, Surface},
};

/// Gate 5: valid ids, finite, the same for the same state, and every picture survives its delta. Items may lie off the
/// viewport only where nothing of the viewport's neighbourhood (one viewport to each side) is left.
pub(super) fn pictures(sim: &mut dyn Simulation) -> Result<(), String> {
    let views: Vec<View> =
        sim.spec().agents().map(View::Agent).chain(std::iter::once(View::Spectator)).collect();
    let viewport = sim.spec().viewport;
    for view in views {
        let (mut encoder, mut scene) = (Encoder::new(viewport), Scene::default());
        let (mut once, mut twice) = (Surface::new(), Surface::new());
        episode(sim, 6, 0, |sim, _| {
            once.clear();
            twice.clear();
            sim.draw(view, &mut once);
            sim.draw(view, &mut twice);
            if once != twice {
                return Err(format!("tick {}: two pictures of one state differ", sim.tick()));
            }
            if once.items().is_empty() {
                return Err(format!("tick {}: nothing is drawn", sim.tick()));
            }
            let mut ids: Vec<u16> = once.items().iter().map(|item| item.id).collect();
            ids.sort_unstable();
            if let Some(id) =
                ids.windows(2).find_map(|w| w.first().copied().filter(|first| Some(first) == w.last()))
            {
                return Err(format!("tick {}: id {id} is used twice", sim.tick()));
            }
            let (w, h) = (viewport.width, viewport.height);
            for item in once.items() {
                let inside = points(&item.shape)
                    .iter()
                    .all(|(x, y)| *x >= -w && *x <= 2.0 * w && *y >= -h && *y <= 2.0 * h);
                if !inside {
                    return Err(format!(
                        "tick {}: item {} is far outside: {:?}",
                        sim.tick(),
                        item.id,
                        item.shape
                    ));
                }
            }
            scene.apply(&encoder.encode(&once)).map_err(|e| e.to_string())?;
            match once.items().iter().find(|item| scene.get(item.id) != Some(&Record::of(item, viewport))) {
                Some(item) => Err(format!("tick {}: item {} is lost in the delta", sim.tick(), item.id)),
                None => Ok(()),
            }
        })?;
    }
    Ok(())
}

fn points(shape: &Shape) -> Vec<(f32, f32)> {
    use Shape::{Arc, Circle, Ellipse, Image, Line, Polygon, Rect, Sound, Text};
    match shape {
        Rect { x, y, width, height, .. } | Image { x, y, width, height, .. } => {
            vec![(*x, *y), (x + width, y + height)]
        }
        Circle { x, y, .. } | Ellipse { x, y, .. } | Arc { x, y, .. } | Text { x, y, .. } => vec![(*x, *y)],
        Line { x1, y1, x2, y2 } => vec![(*x1, *y1), (*x2, *y2)],
        Polygon { points } => points.clone(),
        Sound { .. } => Vec::new(),
    }
}
