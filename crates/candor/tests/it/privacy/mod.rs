//! What is promised about people's data, kept by the running code.

mod interrupted;
mod sweep;
