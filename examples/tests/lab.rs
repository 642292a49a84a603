//! What must hold of every environment and every experiment of the examples.
footlights::tests!(footlights_examples::app);
