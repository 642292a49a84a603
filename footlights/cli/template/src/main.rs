footlights::main!({{lab_crate}}::app);
