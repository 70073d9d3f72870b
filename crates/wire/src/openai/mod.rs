//! OpenAI's formats: chat completions, responses, completions, embeddings, moderations, the list of models, errors.

pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod error;
mod media;
pub mod model;
pub mod moderations;
pub mod responses;
mod thinking;
pub mod usage;

pub(crate) use chat::writer::without_tools;
