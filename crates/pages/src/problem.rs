//! A page for what could not be shown.

use askama::Template;

use crate::Frame;

/// The page.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub struct Problem<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, as a heading.
    pub title: &'a str,
    /// What is wrong, and what to do.
    pub detail: &'a str,
}
