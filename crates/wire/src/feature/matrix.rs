//! The table as a document.

use super::{TABLE, Verdict};
use crate::neutral::Format;
use std::fmt::Write as _;

/// The matrix of what translates into what, in Markdown.
pub fn matrix() -> String {
    let mut page = String::from(
        "| what | chat says it as | responses say it as | messages say it as | to chat | to responses | to messages |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in TABLE {
        write!(page, "| {} |", row.what).expect("a text takes every text");
        for said_as in row.said_as {
            write!(page, " {} |", said_as.map_or_else(|| "–".to_owned(), quoted)).expect("a text takes every text");
        }
        for format in Format::ALL {
            let cell = match row.verdicts[format as usize] {
                Verdict::Said => "said".to_owned(),
                Verdict::Near(how) => format!("near: {how}"),
                Verdict::Dropped => "**dropped**".to_owned(),
                Verdict::Refused => "**refused**".to_owned(),
            };
            write!(page, " {cell} |").expect("a text takes every text");
        }
        page.push('\n');
    }
    page
}

/// A bare name in backquotes; what has some already is a phrase.
fn quoted(name: &str) -> String {
    if name.contains('`') || name.contains(' ') {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}
