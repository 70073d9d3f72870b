//! The codes as the documentation has them: a table, and a section each. A test compares it with `docs/reference/errors.md`;
//! `CANDOR_BLESS=1` rewrites that.

use super::{Code, Part, Retry, Told};
use crate::gateway::refusal::status_of_anthropic;
use std::fmt::Write;
use wire::neutral::{Fault, Format};

impl Part {
    const ALL: [Self; 7] = [
        Self::WhoAsks,
        Self::WhatWasAsked,
        Self::HowMuch,
        Self::Provider,
        Self::Service,
        Self::Stream,
        Self::Sandbox,
    ];

    /// Its heading, and what holds for all of its codes.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::WhoAsks => ("Who asks", ""),
            Self::WhatWasAsked => ("What was asked", ""),
            Self::HowMuch => ("How much was asked", ""),
            Self::Provider => ("The model's provider", ""),
            Self::Service => ("This service", ""),
            Self::Stream => (
                "In the middle of a stream",
                "The status was 200 when the stream began, so its last event tells it: in a chat completion `data: {\"error\": …}` without `[DONE]`, in a response `event: error`, in a message `event: error`. What came until then is charged, and the\nreceipt says `interrupted`.\n\n",
            ),
            Self::Sandbox => ("The sandbox", ""),
        }
    }
}

/// The part of `docs/reference/errors.md` that follows from the table.
pub fn reference() -> String {
    let mut page =
        String::from("| code | status, `type` | Anthropic's status, `type` | `x-should-retry` |\n|---|---|---|---|\n");
    for code in Code::ALL {
        line(&mut page, *code);
    }
    for part in Part::ALL {
        let (title, about) = part.words();
        write!(page, "\n## {title}\n\n{about}").expect("writing into a string does not fail");
        let sections: Vec<String> = Code::ALL
            .iter()
            .filter(|code| code.row().part == part)
            .map(|code| section(*code))
            .collect();
        page.push_str(&sections.join("\n"));
    }
    page
}

fn line(page: &mut String, code: Code) {
    let row = code.row();
    let retry = match row.retry {
        Retry::Later => "`true`",
        Retry::Never => "`false`",
    };
    let name = row.name;
    let line = match row.told {
        Told::Status(status) => {
            let fault = Fault::from_status(status);
            format!(
                "| [`{name}`](#{name}) | {status} `{}` | {} `{}` | {retry} |",
                row.kind,
                status_of_anthropic(code.status()).as_u16(),
                fault.name(Format::Messages)
            )
        }
        Told::InStream => format!("| [`{name}`](#{name}) | in a stream, `{}` | in a stream | |", row.kind),
        Told::AsAsked => format!("| [`{name}`](#{name}) | as asked for | as asked for | by the status |"),
    };
    page.push_str(&line);
    page.push('\n');
}

fn section(code: Code) -> String {
    let row = code.row();
    let status = match row.told {
        Told::Status(status) if status_of_anthropic(code.status()) == code.status() => format!("{status}. "),
        Told::Status(status) => format!(
            "{status}, for Anthropic's clients {}. ",
            status_of_anthropic(code.status()).as_u16()
        ),
        Told::InStream | Told::AsAsked => String::new(),
    };
    format!(
        "### `{}`\n\n{status}{} **What to do:** {}\n",
        row.name, row.means, row.remedy
    )
}
