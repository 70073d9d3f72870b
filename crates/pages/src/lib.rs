//! The pages that people see: templates, their view types, the stylesheet.
//!
//! A crate of its own, so that an edited template builds in seconds: `cargo run -p pages --example gallery -- FOLDER` writes
//! every page in every state into a folder.
//!
//! Promises: pure, no I/O and no clock: a page is a function of what it is given; whatever comes from outside is escaped by the
//! type of its template; no script, no cookie, nothing from another origin; a state is never told by colour alone.
//! Leaves out: addresses, headers, caching (the program's web kit), where the values come from (its domains).

pub mod assets;
mod frame;
mod home;
mod life;
mod privacy;
mod problem;
mod standing;
mod trust;
mod words;

pub use frame::{Frame, Style, Tab};
pub use home::{Home, Way};
pub use life::Life;
pub use privacy::Privacy;
pub use problem::Problem;
pub use standing::{Counts, Look, Red, Standing, State};
pub use trust::Trust;

/// A page as HTML.
///
/// A template writes into a string and holds only what always has a text form, so it can't fail.
pub fn html(page: &impl askama::Template) -> String {
    page.render().expect("writing into a string does not fail")
}
