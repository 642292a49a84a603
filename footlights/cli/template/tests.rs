//! What must hold for every environment and every experiment of this lab.
footlights::tests!({{lab_crate}}::app);
