//! The page, made from the folder `policy/` as it is.

use std::collections::BTreeSet;

use policy::page::{Listing, Making, NamedRecipient, Operator, Page, Updated};
use policy::parameters::Override;
use policy::{Document, Inventory, Parameters};

fn page_with(overrides: &[Override], operator: &Operator, named: &[NamedRecipient]) -> Page {
    let document = Document::embedded().unwrap();
    let making = Making {
        document: &document,
        parameters: &Parameters::of(&document, overrides).unwrap(),
        inventory: &Inventory::default(),
        operator,
        named,
    };
    making.page(None).unwrap()
}

fn page() -> Page {
    page_with(&[], &Operator::default(), &[])
}

#[test]
fn every_promise_stands_on_the_page_once_with_an_anchor() {
    let page = page();
    let anchors: BTreeSet<&str> = page.promises().map(|promise| promise.anchor.as_str()).collect();
    assert_eq!((anchors.len(), page.promises().count()), (65, 65));
    assert!(anchors.contains("P-13.3"));
}

#[test]
fn two_pages_with_one_hash_say_the_same_and_another_number_is_another_hash() {
    let week = Override {
        key: "retention.generation_log".to_owned(),
        value: "7d".to_owned(),
    };
    let shorter = page_with(&[week], &Operator::default(), &[]);
    assert_eq!(page().hash, page().hash);
    assert_ne!(page().hash, shorter.hash);
    let number = shorter
        .content
        .numbers
        .iter()
        .find(|row| row.key == "retention.generation_log")
        .unwrap();
    assert_eq!(
        (number.value.as_str(), number.stricter.as_ref().unwrap().than.as_str()),
        ("7 days", "30 days")
    );
    assert_eq!(page().updated, Updated::NotYet);
}

#[test]
fn every_row_has_a_cell_a_column() {
    let page = page();
    let mut rows = 0;
    for listing in Listing::ALL {
        let table = page.table(listing);
        rows += table.rows.len();
        for row in &table.rows {
            assert_eq!(row.cells.len(), table.columns.len(), "{}", table.caption);
            assert!(row.cells.iter().all(|cell| !cell.is_empty()), "{}", table.caption);
        }
    }
    assert!(rows > 50, "{rows}");
}
