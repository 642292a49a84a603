//! The draw list: what an environment wants shown, as data.
//!
//! World units inside a declared viewport, origin at the top left, y down. A [`Surface`] is filled again for every
//! picture; [`delta::Encoder`] sends only what changed, [`delta::Scene`] puts it together again, and a painter paints
//! it. Nothing in here knows a canvas.

pub mod delta;
mod item;
pub mod testing;

pub use delta::{Delta, Encoder, Record, Scene};
pub use item::{AUTO_ID, Align, Color, Item, Shape, Style, Surface};
