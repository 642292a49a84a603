mod part;

pub struct Whole {
    part: part::Part,
}
