use crate::Second;

pub fn one(second: Second) -> u8 {
    second.0
}
