//! What the fuzzer needs to know about something that it feeds.

use std::time::Duration;

/// Something that reads what strangers send.
pub trait Target {
    /// Valid inputs to begin with.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// The longest time that one input may take.
    fn limit(&self) -> Duration;

    /// Reads an input. The answer tells apart what should be tried further, such as the words of an error. It panics
    /// where something is wrong.
    fn read(&self, input: &[u8]) -> String;
}
