//! The search with all rules at once, and what is made of it.
//!
//! Promises: time linear in the length of the text; a text without anything suspicious is looked through once, and nothing is
//! allocated for it; findings are in order and don't overlap.
//! Leaves out: who calls it for which text.

use std::borrow::Cow;

use crate::{Finding, Kind, Width, card, email, encoded, iban, key, network, phone};

/// Everything in `text` that has the shape of personal data or a secret, in order, without overlaps.
///
/// ```
/// use detect::{Kind, Width, find};
/// let text = "charge 4242 4242 4242 4242 and tell ada@example.org";
/// let found = find(text, Width::Strict);
/// assert_eq!(found.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [Kind::Card, Kind::Email]);
/// assert_eq!(&text[found[1].range()], "ada@example.org");
/// ```
#[must_use]
pub fn find(text: &str, width: Width) -> Vec<Finding> {
    let mut found = Vec::new();
    let seen = Seen::of(text);
    if seen.is_clean(text, width) {
        return found;
    }
    plain(text, width, &mut found);
    if width == Width::Wide {
        encoded::find(text, &mut found, plain);
    }
    merged(found)
}

/// `text` with a word such as `[email]` in place of each thing that a wide search finds.
///
/// ```
/// assert_eq!(detect::scrub("no route for ada@example.org (sk-proj-0123456789abcdef)"), "no route for [email] ([key])");
/// assert!(matches!(detect::scrub("listening"), std::borrow::Cow::Borrowed(_)));
/// ```
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    replaced(text, &find(text, Width::Wide), 0)
}

/// The same for a text that comes right after another, as lines of a log do: what begins in `before` and ends in `text` goes from
/// `text`, though neither alone would tell. Of `before` the last [`REACH`] bytes are looked at.
///
/// ```
/// assert_eq!(detect::scrub_after("card 4242 4242", "4242 4242 was declined"), "[card] was declined");
/// ```
// keeps P-2.5: sentences that others wrote go through here before they are logged.
#[must_use]
pub fn scrub_after<'t>(before: &str, text: &'t str) -> Cow<'t, str> {
    let before = &before[before.ceil_char_boundary(before.len().saturating_sub(REACH))..];
    if before.is_empty() {
        return scrub(text);
    }
    let joined = format!("{before}\n{text}");
    replaced(text, &find(&joined, Width::Wide), before.len() + 1)
}

/// How much of the text before [`scrub_after`] looks at, in bytes: what is longer than that is known by its first half.
pub const REACH: usize = 96;

/// The rules that read a text as it stands.
fn plain(text: &str, width: Width, found: &mut Vec<Finding>) {
    key::find(text, width, found);
    email::find(text, width, found);
    iban::find(text, width, found);
    card::find(text, width, found);
    network::find(text, width, found);
    phone::find(text, width, found);
}

/// In order, overlaps as one. A number's end inside something else says nothing: the kind that goes before wins.
fn merged(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_unstable_by_key(|finding| (finding.start, finding.kind));
    let mut merged: Vec<Finding> = Vec::with_capacity(found.len());
    for finding in found {
        match merged.last_mut() {
            // The login of a URL ends at its `@`: what follows is a host, and no mailbox.
            Some(last) if finding.start < last.end && (last.kind, finding.kind) == (Kind::Key, Kind::Email) => {}
            Some(last) if finding.start < last.end => {
                last.end = last.end.max(finding.end);
                last.kind = last.kind.min(finding.kind);
            }
            _ => merged.push(finding),
        }
    }
    merged
}

/// `text` without what was `found`, whose places count from `offset` bytes before it.
fn replaced<'t>(text: &'t str, found: &[Finding], offset: usize) -> Cow<'t, str> {
    let mut clean = String::new();
    let mut done = 0;
    let mut any = false;
    for finding in found.iter().filter(|finding| finding.end > offset) {
        clean.push_str(&text[done..finding.start.max(offset) - offset]);
        clean.push_str(finding.kind.placeholder());
        done = finding.end - offset;
        any = true;
    }
    if !any {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[done..]);
    Cow::Owned(clean)
}

/// What kinds of signs a text holds, from one look at it.
struct Seen {
    marked: bool,
    longest_row: usize,
}

impl Seen {
    fn of(text: &str) -> Self {
        let mut seen = Self {
            marked: false,
            longest_row: 0,
        };
        let mut row = 0;
        for byte in text.bytes() {
            // Digits, marks that something below needs, and whatever is not ASCII: it may be a digit.
            seen.marked |= !byte.is_ascii()
                || byte.is_ascii_digit()
                || matches!(byte, b'@' | b':' | b'=' | b'_' | b'-' | b'%' | b'&' | b'\\');
            row = if byte.is_ascii_alphanumeric() { row + 1 } else { 0 };
            seen.longest_row = seen.longest_row.max(row);
        }
        seen
    }

    /// Can no rule find anything? Each needs a mark, but for what is named by words, spelled in words, or a row of letters.
    fn is_clean(&self, text: &str, width: Width) -> bool {
        !self.marked && (width == Width::Strict || self.longest_row < 16) && !spells(text)
    }
}

/// Do the words stand in it that tell a credential or a number without any mark?
fn spells(text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    has("earer") || has("EARER") || card::is_spelled(text)
}
