//! The page as Markdown.
//!
//! Promises: everything that the page says, with its anchors; a stray character of a value can't turn into markup.
//! Leaves out: what is not on the page.

use std::fmt::Write as _;

use super::table::{Cell, Table};
use super::words::{Block, Span};
use super::{Clause, Page, Promised, Section, Standing, phrases};

impl Page {
    /// The page as Markdown (with tables as GitHub draws them, and anchors as HTML).
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n\n", self.content.title);
        let day = self.updated_day().unwrap_or_else(|| phrases::DRAFT.to_owned());
        let _ = writeln!(text, "- {}: {day}", phrases::UPDATED);
        let _ = writeln!(text, "- {}: {}", phrases::VERSION, self.version);
        let _ = writeln!(text, "- {}: `{}`\n", phrases::HASH, self.hash);
        self.blocks(&self.content.lead, &mut text);
        for section in &self.content.sections {
            self.section(section, &mut text);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    fn section(&self, section: &Section, text: &mut String) {
        let _ = writeln!(
            text,
            "<a id=\"{}\"></a>\n\n## {}. {}\n",
            section.anchor,
            section.number,
            escaped(&section.title)
        );
        self.blocks(&section.lead, text);
        for clause in &section.clauses {
            self.clause(clause, text);
        }
    }

    fn clause(&self, clause: &Clause, text: &mut String) {
        let _ = writeln!(
            text,
            "<a id=\"{}\"></a>\n\n### {}\n",
            clause.anchor,
            escaped(&clause.heading)
        );
        self.blocks(&clause.words, text);
        for promise in &clause.promises {
            promised(promise, text);
        }
        if !clause.see.is_empty() {
            let links = clause
                .see
                .iter()
                .map(|id| format!("[{id}](#{})", super::promise_anchor(*id)));
            let _ = writeln!(text, "{}: {}\n", phrases::SEE, links.collect::<Vec<_>>().join(", "));
        }
    }

    fn blocks(&self, blocks: &[Block], text: &mut String) {
        for block in blocks {
            match block {
                Block::Paragraph(spans) => {
                    let _ = writeln!(text, "{}\n", line(spans));
                }
                Block::List(items) => {
                    for item in items {
                        let _ = writeln!(text, "- {}", line(item));
                    }
                    text.push('\n');
                }
                Block::Table(listing) => table(&self.table(*listing), text),
            }
        }
    }
}

fn promised(promise: &Promised, text: &mut String) {
    let _ = writeln!(
        text,
        "> <a id=\"{}\"></a>**{}** {}\n>",
        promise.anchor,
        promise.id,
        line(&promise.words)
    );
    let _ = match &promise.state {
        Standing::Planned { awaits } => writeln!(text, "> *{}: {}*\n", phrases::PLANNED, escaped(awaits)),
        Standing::InForce(evidence) => writeln!(
            text,
            "> *{} {}. {}: {}; {}: {}; {}: {}*\n",
            phrases::IN_FORCE,
            evidence.since,
            phrases::KEPT_BY,
            names(&evidence.controls),
            phrases::LOOKED_AT_BY,
            names(&evidence.probes),
            phrases::BROKEN_BY,
            names(&evidence.planted_breaches),
        ),
    };
}

fn names(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn table(table: &Table, text: &mut String) {
    let _ = writeln!(text, "**{}**\n", escaped(&table.caption));
    if table.rows.is_empty() {
        let _ = writeln!(text, "{}\n", phrases::NO_ROWS);
        return;
    }
    let _ = writeln!(text, "| {} |", table.columns.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(table.columns.len()));
    for row in &table.rows {
        let mut cells: Vec<String> = row.cells.iter().map(cell).collect();
        if let (Some(anchor), Some(first)) = (&row.anchor, cells.first_mut()) {
            *first = format!("<a id=\"{anchor}\"></a>{first}");
        }
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push('\n');
}

fn cell(cell: &Cell) -> String {
    cell.iter().map(|spans| line(spans)).collect::<Vec<_>>().join("<br>")
}

fn line(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Text(text) | Span::Number { text, .. } => escaped(text),
            Span::Strong(text) => format!("**{}**", escaped(text)),
            Span::Code(text) => format!("`{text}`"),
            Span::Link { text, href } => format!("[{}]({href})", escaped(text)),
        })
        .collect()
}

/// What an operator wrote is text, whatever it looks like.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => escaped.extend(['\\', letter]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(letter),
        }
    }
    escaped
}
