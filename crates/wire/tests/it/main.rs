//! Tests of the wire formats through their public face.

mod answers;
mod corpus;
mod edges;
mod event_stream;
mod hostile;
mod matrix;
mod passing;
mod there_and_back;
mod thinking;
mod verdicts;

/// So many cases of a law, or as many as `PROPTEST_CASES` says if that is more.
fn cases(least: u32) -> proptest::test_runner::Config {
    let usual = proptest::test_runner::Config::default();
    proptest::test_runner::Config {
        cases: usual.cases.max(least),
        ..usual
    }
}
