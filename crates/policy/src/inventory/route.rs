//! An address of the program: who is let in, and what happens to data behind it.
//!
//! Promises: whatever answers a request says all of this, or that nothing about a person is behind it and why; an address
//! that works with personal data never answers just anyone.
//! Leaves out: mounting (the web kit's and the gateway's, which take nothing without a declaration).

use std::collections::BTreeSet;

use super::check::Checked;
use crate::category::Category;
use crate::purpose::Purpose;

/// An address, as it is mounted.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// What it is asked with; HEAD comes with GET.
    pub method: Method,
    /// Its path: `{name}` stands for one segment, `{*name}` for all that is left.
    pub path: &'static str,
    /// Who gets an answer.
    pub admits: Admits,
    /// What is done with data.
    pub processing: Processing,
}

/// The methods that are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Does something.
    Post,
}

impl Method {
    /// As requests write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Who gets an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Admits {
    /// Whoever asks.
    Anyone,
    /// Holders of a valid API key.
    ApiKey,
    /// Whoever reaches the operator's own listener.
    Operator,
}

/// What is done with data behind an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processing {
    /// Nothing about a person is read or written, and why.
    Nobody(&'static str),
    /// Data of the one who asks.
    Personal {
        /// What for.
        purpose: Purpose,
        /// Which kinds.
        categories: &'static [Category],
    },
}

impl Route {
    /// What `path` has in place of this route's last parameter, or an empty text where the route has none; `None` if it is
    /// another route's path. For dispatchers that are no router; takes parameters at the end alone.
    #[must_use]
    pub fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        match self.path.split_once('{') {
            None => (path == self.path).then_some(""),
            Some((before, _)) => path.strip_prefix(before),
        }
    }
}

/// Looks for contradictions in the declarations of `routes`.
pub(super) fn check(routes: &[&Route], checked: &mut Checked) {
    let mut seen = BTreeSet::new();
    for route in routes {
        checked.examined += 1;
        let place = format!("{} {}", route.method.as_str(), route.path);
        if !seen.insert((route.method, route.path)) {
            checked.fault(&place, "it is declared twice");
        }
        if !route.path.starts_with('/') {
            checked.fault(&place, "a path begins with a slash");
        }
        match route.processing {
            Processing::Nobody(reason) => checked.reason(&place, reason),
            Processing::Personal { categories, .. } => {
                if !categories.iter().any(|category| category.is_personal()) {
                    checked.fault(
                        &place,
                        "it names no personal data: give the kinds, or say Nobody and why",
                    );
                }
                if route.admits == Admits::Anyone {
                    checked.fault(
                        &place,
                        "it works with personal data and answers anyone: say who is let in",
                    );
                }
            }
        }
    }
}
