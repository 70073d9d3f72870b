//! What a rule tells: where something lies, and what kind of thing it is.

use std::ops::Range;

/// What was found.
///
/// The order is that of precedence: where two findings overlap they become one, of the kind that stands first here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A credential: an API key, a token, a password, a private key.
    Key,
    /// An e-mail address.
    Email,
    /// An international bank account number (ISO 13616).
    Iban,
    /// A number of a payment card (ISO/IEC 7812).
    Card,
    /// An address of a machine: IPv4, IPv6 or of its hardware.
    Address,
    /// A social security number of the United States.
    SocialSecurity,
    /// A telephone number.
    Phone,
}

impl Kind {
    /// Every kind, in the order of precedence.
    pub const ALL: [Self; 7] = [
        Self::Key,
        Self::Email,
        Self::Iban,
        Self::Card,
        Self::Address,
        Self::SocialSecurity,
        Self::Phone,
    ];

    /// Its name in one word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Email => "email",
            Self::Iban => "iban",
            Self::Card => "card",
            Self::Address => "address",
            Self::SocialSecurity => "ssn",
            Self::Phone => "phone",
        }
    }

    /// What [`scrub`](crate::scrub) writes in its place.
    #[must_use]
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Key => "[key]",
            Self::Email => "[email]",
            Self::Iban => "[iban]",
            Self::Card => "[card]",
            Self::Address => "[address]",
            Self::SocialSecurity => "[ssn]",
            Self::Phone => "[phone]",
        }
    }
}

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Only what is very likely meant: for a text that somebody goes on reading, as a prompt is.
    Strict,
    /// Whatever could be one, also disguised (encoded, spelled with look-alikes, inside longer numbers): for a text that is
    /// bound for a log, where a word too few harms nobody.
    Wide,
}

/// A place in a text, and what lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Finding {
    pub(crate) const fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self { kind, start, end }
    }

    /// The bytes of the text that it covers; both ends are borders of characters.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}
