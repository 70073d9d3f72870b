//! What is promised about people's data, kept by the running code.

mod forgotten;
mod interrupted;
mod jumped;
mod killed;
mod sweep;
