pub struct Part;

impl Part {
    pub fn of(whole: &super::Whole) -> &Self {
        &whole.part
    }
}
