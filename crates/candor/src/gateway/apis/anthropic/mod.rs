//! Anthropic's API.

pub(super) mod models;
