use super::c::*;

pub struct Second(pub u8);

pub fn three() -> u8 {
    third()
}
