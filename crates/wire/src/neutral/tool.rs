//! Tools that the model may call.

use super::{CacheMark, Place, Rest};
use crate::json::{Fragment, Text};

/// What a tool takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolKind {
    /// JSON that fits a schema.
    Function,
    /// Free text.
    Custom,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool<'a> {
    /// A tool of the client, called by name.
    Called {
        /// What it takes.
        kind: ToolKind,
        /// Its name.
        name: Text<'a>,
        /// What it does, for the model.
        description: Option<Text<'a>>,
        /// The schema of a function's arguments.
        schema: Option<Fragment<'a>>,
        /// Do the arguments always fit?
        strict: Option<bool>,
        /// The grammar of a custom tool's text.
        grammar: Option<Fragment<'a>>,
        /// Marks the end of what the provider shall keep for the next request.
        cache: Option<CacheMark<'a>>,
        /// Where it stands in the request.
        place: Place,
        /// Members that no reader knows.
        rest: Rest<'a>,
    },
    /// A tool that the provider runs itself: search, code, and the like.
    Hosted {
        /// Its type.
        name: Text<'a>,
        /// All of it.
        whole: Fragment<'a>,
        /// Where it stands in the request.
        place: Place,
    },
}

/// Whether the model calls a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// As it likes.
    Auto,
    /// It doesn't.
    None,
    /// It calls one at least.
    Required,
    /// It calls this one.
    Named(ToolKind, Text<'a>),
    /// Only these may be called.
    Allowed {
        /// Must one be called?
        required: bool,
        /// Their names.
        names: Vec<(ToolKind, Text<'a>)>,
    },
    /// A choice that only the source format knows.
    Other(Fragment<'a>),
}
