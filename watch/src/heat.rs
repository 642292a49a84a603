//! Where agents have been: how often each cell of the world was entered.

use std::collections::BTreeMap;

use footlights_env::{PerAgent, Viewport};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

/// The most cells of a side that are told apart. A larger world has larger cells.
const MOST_CELLS: f32 = 64.0;

/// Counts of cells, by column and row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heat {
    counts: BTreeMap<(u16, u16), u32>,
}

impl Heat {
    /// Counts the cells in which agents are.
    pub fn count(&mut self, positions: &PerAgent<Option<(f32, f32)>>, viewport: Viewport) {
        // A cell is one world unit, or more where the world is wide.
        let side = (viewport.width.max(viewport.height) / MOST_CELLS).max(1.0);
        for (x, y) in positions.iter().flatten() {
            // What lies outside of the world counts for its edge; `as` takes care of what is no number.
            let cell = ((x / side).floor() as u16, (y / side).floor() as u16);
            let count = self.counts.entry(cell).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.counts.clear();
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The counts divided by the largest of them, under keys such as `4,5`.
    #[must_use]
    pub fn shares(&self) -> Shares<'_> {
        Shares(self)
    }
}

/// A heat map as messages have it.
pub struct Shares<'a>(&'a Heat);

impl Serialize for Shares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let most = self.0.counts.values().copied().max().unwrap_or(1).max(1);
        let mut map = serializer.serialize_map(Some(self.0.counts.len()))?;
        for ((x, y), count) in &self.0.counts {
            // Two digits more than eyes see.
            let share = (f64::from(*count) / f64::from(most) * 1e4).round() / 1e4;
            map.serialize_entry(&format!("{x},{y}"), &share)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_and_told_as_shares_of_the_largest() {
        let viewport = Viewport { width: 8.0, height: 8.0 };
        let mut heat = Heat::default();
        for at in [(4.0, 5.0), (4.9, 5.0), (0.0, 7.0), (-1.0, f32::NAN)] {
            heat.count(&[Some(at), None].into_iter().collect(), viewport);
        }
        assert_eq!(serde_json::to_string(&heat.shares()).unwrap(), r#"{"0,0":0.5,"0,7":0.5,"4,5":1.0}"#);
        heat.clear();
        assert!(heat.is_empty());
    }

    #[test]
    fn a_wide_world_has_no_more_cells_than_it_can_show() {
        let mut heat = Heat::default();
        let viewport = Viewport { width: 640.0, height: 10.0 };
        heat.count(&[Some((639.0, 9.0))].into_iter().collect(), viewport);
        assert_eq!(serde_json::to_string(&heat.shares()).unwrap(), r#"{"63,0":1.0}"#);
    }
}
