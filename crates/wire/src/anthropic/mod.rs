//! Anthropic's formats: messages and the counting of their tokens, the list of models, errors.

pub mod error;
pub mod messages;
pub mod model;
