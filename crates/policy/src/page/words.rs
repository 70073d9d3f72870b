//! The page's words: a small part of Markdown, read into blocks.
//!
//! Promises: what isn't understood is an error with its line, never silently text; a number in braces is the value in
//! force; the number of a promise becomes a link to it.
//! Leaves out: everything of Markdown that the page doesn't use (images, HTML, nested lists, code blocks).

use serde::Serialize;

use super::anchor::promise_anchor;
use super::table::Listing;
use crate::document::PromiseId;

/// A block of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list.
    List(Vec<Vec<Span>>),
    /// One of the page's tables.
    Table(Listing),
}

/// A piece of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// As it is.
    Text(String),
    /// Stressed.
    Strong(String),
    /// A name of the program.
    Code(String),
    /// A link: to an anchor of the page, a page of the program, or an address.
    Link {
        /// Its words.
        text: String,
        /// Where it leads.
        href: String,
    },
    /// A number in force.
    Number {
        /// Its key in the document.
        key: String,
        /// Its value in words.
        text: String,
    },
}

impl Span {
    /// Its letters alone.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text)
            | Self::Strong(text)
            | Self::Code(text)
            | Self::Link { text, .. }
            | Self::Number { text, .. } => text,
        }
    }
}

/// Resolves what stands in braces: the key's value in words, or nothing if there is no such key.
pub(super) type Resolve<'a> = &'a dyn Fn(&str) -> Option<Span>;

/// What is wrong with the words, and in which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WordsError {
    /// Counted from one.
    pub line: usize,
    /// What.
    pub what: String,
}

/// A file of words: what stands above the first heading, then a part for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// Above the first heading.
    pub lead: Vec<Block>,
    /// Each heading's clause, its words, and the blocks below it.
    pub parts: Vec<Part>,
}

/// What stands below a heading `## <clause> <words>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The clause it answers.
    pub clause: String,
    /// Its heading.
    pub heading: String,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// Reads a file of words.
pub(super) fn read(text: &str, resolve: Resolve<'_>) -> Result<Words, WordsError> {
    let mut words = Words::default();
    let mut paragraph: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let at = |what: String| WordsError { line: number, what };
        let line = line.trim_end();
        let continues = !line.is_empty() && !line.starts_with(['#', '-', '{']);
        if continues || (line.starts_with('{') && !line.starts_with("{table ")) {
            let (_, open) = paragraph.get_or_insert_with(|| (number, String::new()));
            if !open.is_empty() {
                open.push(' ');
            }
            open.push_str(line.trim_start());
            continue;
        }
        close(&mut words, &mut paragraph, resolve)?;
        if let Some(heading) = line.strip_prefix("## ") {
            let (clause, heading) = heading
                .split_once(' ')
                .ok_or_else(|| at("a heading is `## <clause> <words>`".to_owned()))?;
            words.parts.push(Part {
                clause: clause.to_owned(),
                heading: heading.to_owned(),
                blocks: Vec::new(),
            });
        } else if let Some(item) = line.strip_prefix("- ") {
            paragraph = Some((number, format!("- {item}")));
        } else if let Some(name) = line.strip_prefix("{table ").and_then(|rest| rest.strip_suffix('}')) {
            let listing = Listing::ALL.into_iter().find(|listing| listing.name() == name);
            let listing = listing.ok_or_else(|| at(format!("there is no table `{name}`")))?;
            blocks(&mut words).push(Block::Table(listing));
        } else if !line.is_empty() {
            return Err(at(format!("`{line}` is not understood here")));
        }
    }
    close(&mut words, &mut paragraph, resolve)?;
    Ok(words)
}

fn blocks(words: &mut Words) -> &mut Vec<Block> {
    match words.parts.last_mut() {
        Some(part) => &mut part.blocks,
        None => &mut words.lead,
    }
}

/// Ends a paragraph or an item of a list. Items that follow one another are one list.
fn close(words: &mut Words, paragraph: &mut Option<(usize, String)>, resolve: Resolve<'_>) -> Result<(), WordsError> {
    let Some((line, text)) = paragraph.take() else {
        return Ok(());
    };
    let at = |what| WordsError { line, what };
    let blocks = blocks(words);
    match text.strip_prefix("- ") {
        None => blocks.push(Block::Paragraph(spans(&text, resolve).map_err(at)?)),
        Some(item) => {
            let item = spans(item, resolve).map_err(at)?;
            match blocks.last_mut() {
                Some(Block::List(items)) => items.push(item),
                _ => blocks.push(Block::List(vec![item])),
            }
        }
    }
    Ok(())
}

/// Reads a line's spans.
pub(super) fn spans(text: &str, resolve: Resolve<'_>) -> Result<Vec<Span>, String> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['*', '`', '[', '{']) {
        plain(&rest[..at], &mut spans);
        rest = &rest[at..];
        let (span, after) = marked(rest, resolve)?;
        spans.push(span);
        rest = after;
    }
    plain(rest, &mut spans);
    Ok(spans)
}

fn marked<'a>(text: &'a str, resolve: Resolve<'_>) -> Result<(Span, &'a str), String> {
    let between = |open: &str, close: &str| -> Result<(&'a str, &'a str), String> {
        text.strip_prefix(open)
            .and_then(|rest| rest.split_once(close))
            .filter(|(inside, _)| !inside.is_empty())
            .ok_or_else(|| format!("`{text}` begins with a `{open}` that no `{close}` ends"))
    };
    match text.as_bytes().first() {
        Some(b'*') => between("**", "**").map(|(strong, rest)| (Span::Strong(strong.to_owned()), rest)),
        Some(b'`') => between("`", "`").map(|(code, rest)| (Span::Code(code.to_owned()), rest)),
        Some(b'[') => {
            let (words, _) = between("[", "](")?;
            let (href, rest) = text[words.len() + 3..]
                .split_once(')')
                .ok_or_else(|| format!("`{text}` is a link without an end"))?;
            let link = Span::Link {
                text: words.to_owned(),
                href: href.to_owned(),
            };
            Ok((link, rest))
        }
        _ => {
            let (key, rest) = between("{", "}")?;
            let span = resolve(key).ok_or_else(|| format!("`{{{key}}}` is nothing that the page knows"))?;
            Ok((span, rest))
        }
    }
}

/// Text as it is, with numbers of promises as links.
pub(super) fn linked(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    plain(text, &mut spans);
    spans
}

fn plain(text: &str, spans: &mut Vec<Span>) {
    let mut from = 0;
    for (at, _) in text.match_indices("P-") {
        let length = text[at + 2..]
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(text.len() - at - 2);
        let number = text[at..at + 2 + length].trim_end_matches('.');
        if let Ok(id) = number.parse::<PromiseId>() {
            push(&text[from..at], spans);
            spans.push(Span::Link {
                text: number.to_owned(),
                href: format!("#{}", promise_anchor(id)),
            });
            from = at + number.len();
        }
    }
    push(&text[from..], spans);
}

fn push(text: &str, spans: &mut Vec<Span>) {
    if !text.is_empty() {
        spans.push(Span::Text(text.to_owned()));
    }
}
