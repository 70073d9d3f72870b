//! The data folder.

pub(crate) mod files;
