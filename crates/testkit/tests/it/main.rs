//! The tools of tests, tested: a fault that isn't made, or a cut that isn't seen, would let every test above pass emptily.

#![expect(clippy::unwrap_used, reason = "tests")]

mod both;
mod upstream;
