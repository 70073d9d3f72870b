//! The web kit: headers, mounting, whole answers, errors, problem details. No domain in it.
//!
//! Leaves out: forms, CSRF, sessions' cookie and languages, which come with sign-in. Until then no cookie exists.

pub mod around;
pub mod content;
mod errors;
pub mod headers;
pub mod kit;
pub mod problem;
pub mod routes;
pub mod site;
