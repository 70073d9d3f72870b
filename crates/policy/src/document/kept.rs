//! How a kind of data may be kept, as the document says it.
//!
//! Promises: the same ways as a table's [`Retention`], so that each can be compared with the other.
//! Leaves out: words for people (the page's).

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::inventory::Retention;

/// A way in which a kind of data may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Kept {
    /// So long as this parameter says: `retention.generation_log`.
    Parameter(String),
    /// With the account: `while_account`.
    WhileAccount,
    /// With the fiscal year and as much more as the parameter says: `fiscal_year + retention.billing`.
    FiscalYearPlus(String),
    /// It stays, and is about nobody: `evidence`.
    Evidence,
}

impl Kept {
    /// Is this how `retention` keeps a table?
    #[must_use]
    pub fn is(&self, retention: Retention) -> bool {
        match (self, retention) {
            (Self::Parameter(key), Retention::Parameter(declared))
            | (Self::FiscalYearPlus(key), Retention::FiscalYearPlus(declared)) => key == declared,
            (Self::WhileAccount, Retention::WhileAccount) | (Self::Evidence, Retention::Evidence) => true,
            _ => false,
        }
    }

    /// The parameter that it names.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Parameter(key) | Self::FiscalYearPlus(key) => Some(key),
            Self::WhileAccount | Self::Evidence => None,
        }
    }
}

impl From<String> for Kept {
    fn from(text: String) -> Self {
        match text.as_str() {
            "while_account" => Self::WhileAccount,
            "evidence" => Self::Evidence,
            _ => match text.strip_prefix("fiscal_year + ") {
                Some(key) => Self::FiscalYearPlus(key.to_owned()),
                None => Self::Parameter(text),
            },
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(key) => f.write_str(key),
            Self::WhileAccount => f.write_str("while_account"),
            Self::FiscalYearPlus(key) => write!(f, "fiscal_year + {key}"),
            Self::Evidence => f.write_str("evidence"),
        }
    }
}

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
