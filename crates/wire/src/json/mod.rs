//! JSON as the readers and writers of this crate use it: objects opened one level at a time, texts borrowed from the
//! body, numbers and everything nobody looks into kept as the bytes they came in.
//!
//! Promises: no recursion, so depth costs no stack; memory is bounded by the input; an object in which a key stands
//! twice is refused, since two readers could take different ones. Leaves out: numbers as floats.

mod object;
mod out;
mod scan;

pub use object::{Doubled, Object, array, fragment, text};
pub use out::Out;

use std::borrow::Cow;

/// A text, borrowed from the body unless it held escapes.
pub type Text<'a> = Cow<'a, str>;

/// A whole JSON value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment<'a>(Cow<'a, str>);

impl<'a> Fragment<'a> {
    /// A value that stands in a body.
    pub(crate) fn borrowed(value: &'a str) -> Self {
        Self(Cow::Borrowed(value))
    }

    /// A value that comes from elsewhere; `None` if it is no whole JSON.
    pub fn read(value: &'a str) -> Option<Self> {
        fragment(value.as_bytes()).ok().map(Self::borrowed)
    }

    /// A value that was put together here; must be whole JSON.
    pub(crate) fn owned(value: String) -> Self {
        Self(Cow::Owned(value))
    }

    /// The JSON.
    pub fn get(&self) -> &str {
        &self.0
    }

    /// The value as a whole number, if it is one.
    pub fn whole_number(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The value if it is `true` or `false`.
    pub fn truth(&self) -> Option<bool> {
        self.0.parse().ok()
    }

    /// The value as a text, if it is one.
    pub fn text(&self) -> Option<Text<'_>> {
        text(&self.0)
    }

    /// The same, independent of the body.
    pub fn into_owned(self) -> Fragment<'static> {
        Fragment(Cow::Owned(self.0.into_owned()))
    }

    /// A text as JSON.
    pub(crate) fn from_text(text: &str) -> Fragment<'static> {
        let mut out = Out::default();
        out.text(text);
        Fragment(Cow::Owned(out.into_text()))
    }
}
