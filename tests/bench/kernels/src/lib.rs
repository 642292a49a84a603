//! What is timed on two targets: the same source, called by the benchmarks natively and through Node.js in WebAssembly.
//!
//! Nothing here knows a clock. Each kernel does what it is told so many times and returns what it did, so that no
//! compiler can leave it out; whoever calls takes the time.

pub mod inference;
pub mod steps;
#[cfg(target_arch = "wasm32")]
mod web;
