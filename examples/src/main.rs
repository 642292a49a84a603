//! The command of the examples.
footlights::main!(footlights_examples::app);
