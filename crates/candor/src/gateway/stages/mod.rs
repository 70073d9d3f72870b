//! The stages of a model request, in the order of `pipeline.rs`. Each takes the typed value of the one before.

pub mod accept;
pub mod admit;
pub mod authenticate;
pub mod choose;
pub mod count;
pub mod dispatch;
pub mod failed;
pub mod limit;
pub mod moderate;
pub mod outbound;
pub mod plain;
pub mod read;
pub mod relay;
pub mod reserve;
pub mod screen;
