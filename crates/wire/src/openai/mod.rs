//! OpenAI's formats: chat completions, the list of models, errors.

pub mod chat;
pub mod error;
pub mod model;
pub mod usage;
