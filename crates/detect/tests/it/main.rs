//! What the crate promises, measured on data that others can check (see `tests/data/README.md`).
#![expect(clippy::unwrap_used, reason = "tests")]

mod cards;
mod costs;
mod ordinary;
mod personal;
mod scrubbing;
mod secrets;

use serde::de::DeserializeOwned;

/// The rows of a file in `tests/data`, given as its text.
fn rows<T: DeserializeOwned>(file: &str) -> Vec<T> {
    file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A share in thousandths, rounded down, so that a floor is an integer.
fn per_mille(part: usize, whole: usize) -> usize {
    assert!(whole > 0, "a share of nothing");
    1000 * part / whole
}
