//! What counts as a cycle, in small crates that are only read.

use std::path::Path;

use footlights_modules::{Cycle, cycles};

fn found(fixture: &str) -> Vec<Cycle> {
    // Asked when the test runs: two checkouts may share a target directory.
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    cycles(&Path::new(&package).join("tests").join(fixture).join("lib.rs")).unwrap()
}

fn names(cycle: &Cycle) -> Vec<&str> {
    cycle.files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect()
}

#[test]
fn modules_that_use_each_other_through_a_third_and_a_re_export_are_a_cycle() {
    let cycles = found("cycle");
    assert_eq!(cycles.iter().map(names).collect::<Vec<_>>(), [["a.rs", "b.rs", "c.rs"]]);
    let said = cycles[0].to_string();
    assert!(
        said.contains("a.rs uses crate::Second of ") && said.contains("c.rs uses first::one of "),
        "{said}"
    );
}

#[test]
fn a_parent_that_uses_its_child_and_is_used_by_it_is_a_cycle() {
    assert_eq!(found("child").iter().map(names).collect::<Vec<_>>(), [["lib.rs", "part.rs"]]);
}

#[test]
fn re_exports_tests_and_modules_by_name_alone_are_no_cycle() {
    assert_eq!(found("fine"), []);
}
