//! The web kit: layout, forms, CSRF, sessions' cookie, i18n, problem details. No domain in it.

pub mod problem;
