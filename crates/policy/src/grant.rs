//! The permission to open one person's values for one purpose, and the one authority that gives it.
//!
//! Promises: an [`Authority`] is handed out once a process, so whoever took it (the gate, in `serve`) is the only one
//! that can mint; a [`Grant`] can't be made in any other way.
//! Leaves out: the rules by which a grant is refused; they are the gate's.

use std::sync::atomic::{AtomicBool, Ordering};

use base::ids::SubjectId;

use crate::purpose::Purpose;

static TAKEN: AtomicBool = AtomicBool::new(false);

/// The right to mint grants.
#[derive(Debug)]
pub struct Authority(());

impl Authority {
    /// The authority, at the first call in the process; `None` ever after.
    #[must_use]
    pub fn take() -> Option<Self> {
        (!TAKEN.swap(true, Ordering::SeqCst)).then_some(Self(()))
    }

    /// As many authorities as tests like; the feature is never on in the program.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub const fn for_tests() -> Self {
        Self(())
    }

    /// A grant for one person and one purpose.
    #[must_use]
    pub const fn mint(&self, subject: SubjectId, purpose: Purpose) -> Grant {
        Grant { subject, purpose }
    }
}

/// The permission to open one person's values for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    subject: SubjectId,
    purpose: Purpose,
}

impl Grant {
    /// Whose values.
    #[must_use]
    pub const fn subject(&self) -> SubjectId {
        self.subject
    }

    /// What for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personal::Personal;

    #[test]
    fn the_authority_is_handed_out_once() {
        assert!(Authority::take().is_some());
        assert!(Authority::take().is_none());
        assert!(Authority::take().is_none());
    }

    #[test]
    fn a_grant_opens_and_says_for_whom_and_what_for() {
        let subject = SubjectId::from_bytes([7; 16]);
        let grant = Authority::for_tests().mint(subject, Purpose::Rights);
        assert_eq!((grant.subject(), grant.purpose()), (subject, Purpose::Rights));
        let doubled = Personal::new(21).map(|number| number * 2);
        assert_eq!(**doubled.as_ref().open(&grant), 42);
        assert_eq!(doubled.into_inner(&grant), 42);
    }
}
