use crate::a as first;

pub fn third() -> u8 {
    assert_eq!(first::one(todo()), 1);
    3
}
