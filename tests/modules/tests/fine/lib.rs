mod part;

pub use part::Part;

pub struct Whole;

#[cfg(test)]
mod tests {
    use super::Part;
}
