//! Tidiness: what a reader would otherwise have to hold up in every review.

mod files;
mod lengths;
mod words;

use crate::check::Check;

/// All checks of this folder.
pub(crate) const CHECKS: &[Check] = &[
    lengths::files,
    lengths::functions,
    files::heads,
    files::reachable,
    files::migrations,
    words::banned,
    words::sql,
    words::day_counts,
    words::exceptions,
    words::sleeps,
];
