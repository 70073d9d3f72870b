//! The binary: hands its arguments to the library and exits with the status that it answers.

fn main() {}
