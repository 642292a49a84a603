mod a;
mod b;
mod c;

pub use b::Second;
