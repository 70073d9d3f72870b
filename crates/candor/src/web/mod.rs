//! The web kit: headers, mounting, pages, problem details. No domain in it.
//!
//! Leaves out: forms, CSRF, sessions' cookie and languages, which come with sign-in. Until then no cookie exists.

pub mod headers;
pub mod problem;
pub mod routes;
pub mod site;
