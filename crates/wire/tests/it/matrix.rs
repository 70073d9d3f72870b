//! The documentation shows the table that the writers obey. `WIRE_BLESS=1` writes it.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads a document, and one switch of its own"
)]

use std::path::Path;

#[test]
fn the_matrix_in_the_documentation_is_the_table_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/translation.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let (before, rest) = page
        .split_once("`WIRE_BLESS=1 cargo test -p wire matrix` -->\n")
        .expect("a beginning");
    let (_, after) = rest.split_once("<!-- end of matrix -->").expect("an end");
    let expected = format!(
        "{before}`WIRE_BLESS=1 cargo test -p wire matrix` -->\n\n{}\n<!-- end of matrix -->{after}",
        wire::feature::matrix()
    );
    if std::env::var_os("WIRE_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("a writable page");
    } else {
        assert!(page == expected, "run it with WIRE_BLESS=1");
    }
}
