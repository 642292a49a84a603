//! The seat that the reader chose, and its rows.

use footlights_canvas::dom::Result;
use web_sys::HtmlInputElement;

use super::{
    elements::{all, by_id},
    rows::RowsView,
};
use crate::position::ReplayPosition;

/// The choice of a seat, whose rows are shown and whose pictures are saved.
pub struct Seats {
    chosen: usize,
    inputs: Vec<HtmlInputElement>,
    rows: RowsView,
}

impl Seats {
    /// The seats of the page, with the choice that it makes.
    pub fn new() -> Result<Self> {
        let inputs: Vec<HtmlInputElement> = all("input[name=seat]")?;
        let chosen = inputs.iter().position(HtmlInputElement::checked).unwrap_or(0);
        Ok(Self { chosen, inputs, rows: RowsView::new()? })
    }

    /// The seat that is chosen.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// What the reader chooses a seat with.
    pub fn inputs(&self) -> &[HtmlInputElement] {
        &self.inputs
    }

    /// Chooses a seat. Returns the address of its rows, if some are stored.
    pub fn choose(&mut self, seat: usize) -> Option<String> {
        self.chosen = seat;
        self.inputs.get(seat).and_then(|input| input.get_attribute("data-file"))
    }

    /// The rows of the seat that is chosen.
    pub fn rows_mut(&mut self) -> &mut RowsView {
        &mut self.rows
    }

    /// Shows the row of that step.
    pub fn show(&mut self, place: ReplayPosition) {
        self.rows.show(place);
    }

    /// Shows only the columns that the reader asks for.
    pub fn filter(&mut self) -> Result<()> {
        let filter: HtmlInputElement = by_id("filter")?;
        self.rows.filter(&filter.value());
        Ok(())
    }

    /// Lets another seat be chosen, or not.
    pub fn set_disabled(&self, disabled: bool) {
        self.inputs.iter().for_each(|input| input.set_disabled(disabled));
    }
}
