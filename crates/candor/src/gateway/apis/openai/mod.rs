//! OpenAI's API.

pub(super) mod models;
