//! A permission cannot be made outside the step that decides.

use proxy::Permitted;

#[test]
fn a_permission_cannot_be_written_down() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/forged/*.rs");
}

/// The type can be named here: the cases fail for want of a right, not of a name.
#[test]
fn a_permission_can_be_named() {
    assert!(std::any::type_name::<Permitted>().ends_with("::Permitted"));
}
